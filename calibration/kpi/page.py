"""The page of `edge evaluate --report`: KPIs in pairs, one HTML file that opens anywhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from calibration.judge.metrics import Report
from calibration.report import figures, thresholds
from calibration.report.render import Texts, render
from edge.errors import InputError
from edge.labels import Labels
from edge.system.disk import reason
from edge.system.private import write_whole
from edge.system.texts import visible
from edge.words import Language

FOLDER = Path(__file__).parent


def write_page(path: Path, html: str) -> None:
    """Write a page whole or not at all. Raises InputError."""
    try:
        write_whole(path, html)
    except OSError as error:
        raise InputError.of("file_unwritable", path=path, why=reason(error)) from error


def page(
    facts: Mapping[str, Any], report: Report, bundle: str, folder: str, labels: Labels, language: Language
) -> str:
    """The page of the facts of calibration/kpi/facts.py and the scores of the same clips."""
    t = Texts(language)
    device = _curve(facts, "int8", "prior")
    chosen = row(facts["negative"]["rows"], "int8", "prior")
    point = None
    if chosen["detection"] is not None and chosen["false_alarms_per_hour"] is not None:
        point = chosen["false_alarms_per_hour"], chosen["detection"]
    names = {
        "prior": t("vote and site prior", "投票と現場の割合"),
        "vote": t("vote", "投票"),
        "window": t("each window alone", "区間ごと"),
    }
    lines = [(names[way], _curve(facts, "int8", way)) for way in ("prior", "vote", "window")]
    return render(
        FOLDER,
        "page.html.jinja",
        t=t,
        language=language,
        facts=facts,
        report=report,
        bundle=visible(bundle, keep=""),
        recordings=visible(folder, keep=""),
        said=lambda name: visible(labels.said(name, language), keep=""),
        negative=labels.listed(facts["negative"]["labels"], language),
        chosen=chosen,
        ways=names,
        row=row,
        trade_off=thresholds.trade_off(lines, point, facts["definitions"]["budget"], t) if device else None,
        by_threshold=thresholds.by_threshold(device, facts["point"]["threshold"], t) if device else None,
        reliable={
            name: figures.reliability(found["bins"], name, t) for name, found in facts["reliability"].items()
        },
        clean=lambda text: visible(str(text), keep=""),
    )


def row(rows: Sequence[Mapping[str, Any]], precision: str, way: str) -> Mapping[str, Any]:
    """The row of a precision and a way."""
    return next(one for one in rows if (one["precision"], one["way"]) == (precision, way))


def _curve(facts: Mapping[str, Any], precision: str, way: str) -> list[tuple[float, float, float]]:
    """Threshold, false alarms an hour, detection of a curve; empty where either is unknown."""
    points = row(facts["negative"]["curves"], precision, way)["points"]
    return [
        (p["threshold"], p["false_alarms_per_hour"], p["detection"])
        for p in points
        if p["false_alarms_per_hour"] is not None and p["detection"] is not None
    ]
