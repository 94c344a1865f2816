"""The page of `edge coverage`: is it enough, what is wrong, what to record next."""

from __future__ import annotations

from pathlib import Path

from calibration.quality.advice import next_steps
from calibration.quality.coverage import Coverage
from calibration.quality.told import SHOWN, amount, leak_told, unlooked, verdict, warnings
from calibration.report import figures
from calibration.report.render import Texts, render
from edge.starter_labels import labels_of
from edge.words import Language, word


def page(found: Coverage, language: Language) -> str:
    """One HTML file that opens anywhere."""
    t, known = Texts(language), labels_of(found.labels)
    rows = [
        (word(f"coverage_by_{one.key}", language), one.recall, one.chance, one.told)
        for one in found.shortcuts
    ]
    chance, recall = t("chance", "偶然"), t("Recall by one thing alone", "一つの手がかりだけによる再現率")
    return render(
        Path(__file__).parent,
        "coverage.html.jinja",
        language=language,
        t=t,
        found=found,
        figures=figures,
        verdict=verdict(found, language),
        amount=amount,
        states={state: word(f"coverage_state_{state}", language) for state in _STATES},
        words={line.asked.key: _of_kit(line.asked.key, language) for line in found.lines},
        leaks=[leak_told(leak, language) for leak in found.leaks[:SHOWN]],
        warnings=warnings(found, language),
        unlooked=unlooked(found, language),
        steps=[step.told(language) for step in next_steps(found, language)],
        shortcuts=figures.over_chance(rows, chance, recall) if rows else None,
        labels=[(name, known.said(name, language)) for name in found.labels],
        parts={
            "shift": t("shift", "勤務帯"),
            "condition": t("condition", "条件"),
            "group": t("group", "グループ"),
        },
    )


_STATES = ("enough", "less", "far", "unknown")


def _of_kit(key: str, language: Language) -> tuple[str, str]:
    return word(f"coverage_kit_{key}", language), word(f"coverage_why_{key}", language)
