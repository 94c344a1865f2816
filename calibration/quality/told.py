"""What `edge coverage` prints, and its JSON."""

from __future__ import annotations

from typing import Any

from calibration.quality.advice import next_steps
from calibration.quality.coverage import Coverage
from calibration.quality.kit import Line
from calibration.quality.leaks import Leak
from calibration.quality.nuisances import VOICE
from calibration.quality.shortcuts import Shortcut
from edge.starter_labels import labels_of
from edge.system.texts import columns, left, right
from edge.words import Language, word

SHOWN = 12
"""Leaks of a kind that are printed one by one; the JSON holds all of them."""


def verdict(found: Coverage, language: Language) -> str:
    """Whether it is enough, in a few words."""
    states = {line.state for line in found.lines}
    worst = "far" if "far" in states else "less" if "less" in states else "enough"
    return word(f"coverage_verdict_{'leaks' if found.leaks else worst}", language)


def printed(found: Coverage, language: Language) -> list[str]:
    """Lines for a terminal: is it enough, what is wrong, what to record next."""
    hours = found.line("hours").found or 0.0
    holds = {"clips": len(found.measured), "hours": hours, "unread": len(found.unread)}
    lines = [
        word("coverage_is", language, folder=found.folder, verdict=verdict(found, language)),
        word("coverage_holds", language, **holds),
        "",
        *_table(found, language),
        "",
        word("coverage_head_wrong", language),
    ]
    lines += [f"  {line}" for line in wrong(found, language)]
    lines += ["", word("coverage_head_next", language)]
    steps = [step.told(language) for step in next_steps(found, language)]
    lines += [f"  {number}. {step}" for number, step in enumerate(steps, 1)]
    return lines if steps else [*lines, f"  {word('coverage_nothing_next', language)}"]


def wrong(found: Coverage, language: Language) -> list[str]:
    """Errors and warnings, each a line."""
    error, warning = (word(f"coverage_{kind}", language) for kind in ("error", "warning"))
    texts = [(error, leak_told(leak, language)) for leak in found.leaks[:SHOWN]]
    if len(found.leaks) > SHOWN:
        texts.append((error, word("coverage_more_leaks", language, count=len(found.leaks) - SHOWN)))
    texts += [(warning, text) for text in warnings(found, language)]
    lines = [word("coverage_line", language, kind=kind, text=text) for kind, text in texts]
    lines = lines or [word("coverage_nothing_wrong", language)]
    return lines + unlooked(found, language)


def warnings(found: Coverage, language: Language) -> list[str]:
    """Shortcuts that tell a label, and labels of one person."""
    known = labels_of(found.labels)
    told = [shortcut_told(one, language) for one in found.shortcuts if one.told]
    return told + [
        word("coverage_lone", language, label=known.said(label, language), person=person)
        for label, person in found.lone.items()
    ]


def unlooked(found: Coverage, language: Language) -> list[str]:
    """What was not looked for, and what it takes."""
    keys = ["coverage_not_compared"] if found.sides < 2 else []
    keys += [] if found.shortcuts else ["coverage_not_tried"]
    return [word(key, language) for key in keys]


def leak_told(leak: Leak, language: Language) -> str:
    """A leak with the files it was found in."""
    values = {"one": leak.sides[0], "other": leak.sides[1]}
    values |= {"first": _files(leak.one), "second": _files(leak.other)}
    if leak.kind != "sound":
        values["what"] = leak.what
    return word(f"coverage_leak_{leak.kind}", language, **values)


def shortcut_told(one: Shortcut, language: Language) -> str:
    """A shortcut with its number, what it means and what to record instead."""
    values = {"recall": one.recall, "chance": one.chance, "people": one.people, "clips": one.clips}
    what = word(f"coverage_by_{one.key}", language)
    kind = "voice" if one.key in VOICE else "words" if one.key == "transcript" else "technical"
    told = word("coverage_told", language, what=what, **values)
    means = word(f"coverage_kind_{kind}", language)
    instead = word(f"coverage_next_instead_{one.key}", language)
    return word("coverage_shortcut", language, told=told, means=means, instead=instead)


def amount(line: Line, value: float | None) -> str:
    """A number of the kit as it is shown."""
    return "–" if value is None else f"{value:.{line.asked.digits}f}"


def as_dict(found: Coverage) -> dict[str, Any]:
    """All numbers, for programs: keys are stable."""
    return {
        "schema": 1,
        "folder": str(found.folder),
        "against": None if found.against is None else str(found.against),
        "bad": found.bad,
        "recordings": len(found.measured),
        "unread": [str(error) for error in found.unread],
        "labels": found.labels,
        "kit": [
            {
                "key": line.asked.key,
                "found": line.found,
                "asked": line.asked.amount,
                "least": line.asked.least,
                "state": line.state,
            }
            for line in found.lines
        ],
        "people": [
            {
                "name": one.name,
                "hours": one.hours,
                "speech_min": one.speech_min,
                "sessions": one.sessions,
                "labels": {label: one.labels.get(label, 0) for label in found.labels},
            }
            for one in found.people
        ],
        **{f"hours_by_{part}": hours for part, hours in found.hours_by.items()},
        "sides_compared": found.sides,
        "leaks": [
            {
                "kind": leak.kind,
                "what": leak.what,
                "sides": leak.sides,
                "files": [list(leak.one), list(leak.other)],
            }
            for leak in found.leaks
        ],
        "shortcuts": [
            {
                "key": one.key,
                "recall": one.recall,
                "recall_low": one.low,
                "chance": one.chance,
                "p": one.p,
                "clips": one.clips,
                "people": one.people,
                "told": one.told,
            }
            for one in found.shortcuts
        ],
        "labels_of_one_person": found.lone,
        "next": [
            {"key": step.key, **step.values, "text": {"en": step.told("en"), "ja": step.told("ja")}}
            for step in next_steps(found, "en")
        ],
    }


def _table(found: Coverage, language: Language) -> list[str]:
    head = [word(f"coverage_head_{key}", language) for key in ("what", "found", "asked", "state")]
    rows = [head] + [
        [
            word(f"coverage_kit_{line.asked.key}", language),
            amount(line, line.found),
            amount(line, line.asked.amount),
            word(f"coverage_state_{line.state}", language),
        ]
        for line in found.lines
    ]
    wide = [max(columns(row[place]) for row in rows) for place in range(3)]
    return [
        f"  {left(row[0], wide[0])}  {right(row[1], wide[1])}  {right(row[2], wide[2])}  {row[3]}"
        for row in rows
    ]


def _files(names: tuple[str, ...]) -> str:
    return ", ".join(names[:2]) + (", ..." if len(names) > 2 else "")
