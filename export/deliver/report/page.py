"""report.html: the facts of report.json as one page that opens anywhere and fetches nothing.

The templates beside this module say everything twice: t("English", "日本語", name=value).
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from calibration.report import figures
from calibration.report.render import render
from edge.words import Language, word
from export.deliver.names import LICENCES, Names
from export.fusion.comparison.verdict import notes, share_line, title

TEMPLATES = Path(__file__).parents[1]


def page(
    facts: Mapping[str, Any],
    work: Path,
    language: Language = "en",
    other: Mapping[str, str] | None = None,
) -> str:
    """The page. facts: the keys of facts.py. work: the folder the pictures of faces lie below.

    other: file, language and name of the same page in another language.
    """
    told = _Page(facts, work, language)
    return render(
        TEMPLATES,
        "report/page.html.jinja",
        facts=facts,
        figures=figures,
        language=language,
        other=other,
        made=facts["times"]["created"].replace("T", " ").replace("+00:00", " UTC"),
        judged={title: row for title, row in facts["accuracy"].items() if "int8" in row},
        published=any(row["corpus"] in LICENCES for row in facts["data"]),
        shown_labels=[told.named(label) for label in facts["labels"]],
        trial_rows=[
            (told.variant_name(name), row["weighted_f1"]["seeds"])
            for name, row in (facts["trial"] or {"variants": {}})["variants"].items()
        ],
        settings=_settings(facts["recipe"]["content"]),
        rounds=_rounds,
        clock=partial(_clock, language=language),
        day=lambda created: datetime.fromisoformat(created).strftime("%Y-%m-%d"),
        **{name: getattr(told, name) for name in dir(told) if name[0] != "_" and name != "language"},
    )


class _Page(Names):
    """What the templates call: names in the language of the page, and its sections."""

    def __init__(self, facts: Mapping[str, Any], work: Path, language: Language) -> None:
        super().__init__(language)
        self._facts, self._work = facts, work
        self._sections: list[tuple[str, str]] = []

    def named(self, name: str) -> str:
        """A label by the bundle's own word; else as of `Names`."""
        return self._facts["label_words"][self.language].get(name) or super().named(name)

    def begin(self, heading: str) -> tuple[str, str]:
        """A new section: its place and its numbered title."""
        number = len(self._sections) + 1
        self._sections.append((f"s{number}", f"{number}. {heading}"))
        return self._sections[-1]

    def sections(self) -> list[tuple[str, str]]:
        """Those begun so far."""
        return self._sections

    def stage_name(self, name: str) -> str:
        """A stage of `edge bench`."""
        key = f"stage_{name.replace(' ', '_')}"
        shown = word(key, self.language)
        return name if shown == key else shown

    def variant_name(self, name: str) -> str:
        """A way to fuse of the trial."""
        return title(name, self.language)

    def trial_notes(self) -> list[str]:
        """What a reader of the trial must know."""
        return notes(self.language)

    def trial_shares(self) -> list[str]:
        """Columns of the trial by share of the labels."""
        rows = self._facts["trial"]["by_labels"]
        return [word("fusion_trial_labels", self.language, share=row["share"]) for row in rows]

    def trial_lines(self) -> list[str]:
        """Audio guidance beside the best other way, a sentence a share of the labels."""
        return [share_line(row, self.language) for row in self._facts["trial"]["by_labels"]]

    def confused(self, matrix: Sequence[Sequence[int]]) -> list[tuple[int, str, str]]:
        """The three pairs of labels most often confused: count, true label, answer."""
        labels = [self.named(label) for label in self._facts["labels"]]
        pairs = [
            (matrix[i][j], true, said)
            for i, true in enumerate(labels)
            for j, said in enumerate(labels)
            if i != j and matrix[i][j]
        ]
        return sorted(pairs, key=lambda pair: -pair[0])[:3]

    def picture(self, file: str) -> str:
        """A picture below the work folder, as part of the page."""
        path = self._work / file
        kind = "png" if path.suffix.lower() == ".png" else "jpeg"
        return f"data:image/{kind};base64,{base64.b64encode(path.read_bytes()).decode('ascii')}"


def _rounds(found: Any) -> list[dict[str, Any]] | None:
    """Rounds of the report of `edge pseudo`; None where it has another shape."""
    try:
        return [
            {key: done[key] for key in ("number", "state", "guesses", "why")}
            | {
                "changes": [
                    (float(done["before"][k]), float(done["after"][k]))
                    for k in ("macro_f1", "negative_recall")
                ],
                "thresholds": [float(value) for value in done["thresholds"]],
            }
            for done in found.get("rounds", [])
        ]
    except (AttributeError, KeyError, TypeError, ValueError):
        return None


def _settings(content: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Keys of the recipe and what they say, but for its labels, which are a table of their own."""
    return [
        (f"{part}.{key}" if key else part, _shown(value))
        for part, found in content.items()
        if part != "labels"
        for key, value in (found.items() if isinstance(found, dict) else [("", found)])
    ]


def _shown(value: object) -> str:
    """A value as a person writes it."""
    if value is None or value in ([], {}, ""):
        return "–"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list | tuple):
        return ", ".join(_shown(one) for one in value)
    if isinstance(value, dict):
        return ", ".join(f"{key} = {_shown(one)}" for key, one in value.items())
    return str(value)


def _clock(seconds: float, language: Language) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    h, m, s = ("h", "min", "s") if language == "en" else ("時間", "分", "秒")
    if hours:
        return f"{hours} {h} {minutes:02} {m}"
    return f"{minutes} {m} {rest:02} {s}" if minutes else f"{seconds:.1f} {s}"
