"""report.html: the facts of report.json as one page that opens anywhere and fetches nothing.

The templates beside this module say everything twice: t("English", "日本語", name=value).
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from calibration.report import figures
from calibration.report.render import Texts, render
from edge.items import MODALITIES
from edge.words import Language, word
from export.deliver.card import LICENCES

TEMPLATES = Path(__file__).parents[1]
MEASURES = {
    "held-out unweighted recall": "検証データの平均再現率",
    "held-out macro F1": "検証データのマクロ F1",
    "held-out accuracy": "検証データの正解率",
    "held-out share of the teacher": "検証データで教師を説明できた割合",
    "accuracy on people learned from": "学習した人での正解率",
}
"""What trainings call their score -> the same in Japanese."""


def page(
    facts: Mapping[str, Any],
    work: Path,
    language: Language = "en",
    other: Mapping[str, str] | None = None,
) -> str:
    """The page. facts: the keys of facts.py. work: the folder the pictures of faces lie below.

    other: file, language and name of the same page in another language.
    """
    told = _Told(facts, work, language)
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
            (row["title"], row["weighted_f1"]["seeds"])
            for row in (facts["trial"] or {"variants": {}})["variants"].values()
        ],
        settings=_settings(facts["recipe"]["content"]),
        rounds=_rounds,
        clock=_clock,
        day=lambda created: datetime.fromisoformat(created).strftime("%Y-%m-%d"),
        **{name: getattr(told, name) for name in dir(told) if not name.startswith("_")},
    )


class _Told:
    """What the templates call: names in the language of the page, and its sections."""

    def __init__(self, facts: Mapping[str, Any], work: Path, language: Language) -> None:
        self._facts, self._work, self._language = facts, work, language
        self._sections: list[tuple[str, str]] = []
        self.t = Texts(language)

    def begin(self, title: str) -> tuple[str, str]:
        """A new section: its place and its numbered title."""
        number = len(self._sections) + 1
        self._sections.append((f"s{number}", f"{number}. {title}"))
        return self._sections[-1]

    def sections(self) -> list[tuple[str, str]]:
        """Those begun so far."""
        return self._sections

    def named(self, name: str) -> str:
        """A label, a modality or a network."""
        return self.t("fusion", "統合") if name == "fusion" else word(name, self._language)

    def set_name(self, title: str) -> str:
        """A held-out set: audio on ravdess, new voices."""
        if self._language == "en":
            return title
        modality, _, rest = title.partition(" on ")
        corpus, _, new = rest.partition(", ")
        return f"{self.parts_name(modality)}：{corpus}{'（初めての話者）' if new else ''}"

    def parts_name(self, name: str) -> str:
        """What a posterior is of: audio, or fused audio+text."""
        if self._language == "en":
            return name
        kind, _, parts = name.rpartition(" ")
        shown = "＋".join(
            word(p, "ja") if p in MODALITIES else {"fused": "統合", "all": "すべて"}.get(p, p)
            for p in parts.split("+")
        )
        return f"統合（{shown}）" if kind else shown

    def score_name(self, name: str) -> str:
        """A score of a report."""
        if self._language == "ja":
            return word(f"metric_{name}", "ja")
        return name.replace("_", " ").replace(" f1", " F1")

    def measure_name(self, name: str) -> str:
        """What a training calls its score."""
        return self.t(name, MEASURES.get(name, name))

    def stage_name(self, name: str) -> str:
        """A stage of `edge bench`."""
        key = f"stage_{name.replace(' ', '_')}"
        shown = word(key, self._language)
        return name if shown == key else shown

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


def _settings(content: Mapping[str, Any]) -> list[tuple[str, Any]]:
    return [
        (f"{part}.{key}" if key else part, value)
        for part, found in content.items()
        for key, value in (found.items() if isinstance(found, dict) else [("", found)])
    ]


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes:02} min"
    return f"{minutes} min {rest:02} s" if minutes else f"{seconds:.1f} s"
