"""`edge decide`: the operating point of a bundle on a site's recordings, as facts, lines and a page.

kind, people, hours, episodes   of the streams (calibration/kpi/tracks.py)
other_h        hours without an episode
sure_per_hour  what no false alarm at all in these would still leave possible (95 %, an hour)
wish                {budget, cost_miss, cost_response}
chosen         {threshold, average_s, suppression_s, cost_per_hour, ...pair}; null: nothing fits
before         the pair at the bundle's vote and a threshold of 0.5
before_curve   [[threshold, false alarms an hour, detection]] of the bundle's vote
nearest        {threshold, average_s, suppression_s, detection, false_alarms_per_hour}; null where chosen
trade_off      [{budget, threshold, average_s, suppression_s, detection, false_alarms_per_hour}]
frontier       [[threshold, false alarms an hour, detection]]: what no other point beats in both
left_out       [{person, threshold, average_s, suppression_s, detection, false_alarms_per_hour}]
outside        {detection, false_alarms_per_hour} of all people left out; null of one person
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from calibration.data.dataset import read_judged
from calibration.kpi.alarms import Counts
from calibration.kpi.facts import Asked, streams_of
from calibration.kpi.operating import Choice, Objective, choose, frontier, nearest, search, trade_off
from calibration.kpi.page import FOLDER
from calibration.kpi.pairs import curve, pair, poisson, read
from calibration.kpi.run import asked_at, open_evaluator
from calibration.kpi.tracks import takes
from calibration.report import thresholds
from calibration.report.render import Texts, render
from edge.bundle.folder import Bundle
from edge.config import Site
from edge.errors import DatasetError
from edge.reading.alarm import OperatingPoint
from edge.system.texts import left, right, visible
from edge.words import Language, word


def decide(bundle: Bundle, folder: Path, site: Site, objective: Objective) -> dict[str, Any]:
    """The facts of a choice; the site's prior and vote hold, its [alarm] does not.

    Raises DatasetError where no label is negative, nothing can be judged, or no episode is there to find.
    """
    asked = asked_at(bundle, site.model_copy(update={"alarm": None}))
    if not asked.negative:
        raise DatasetError.of("kpi_no_negative")
    examples = read_judged(folder, bundle.manifest.full_labels)
    with open_evaluator(bundle, None, False) as evaluator:
        evaluator.learn_voices(examples)
        found = takes(evaluator, examples, [()])[0][0]
    if not found:
        raise DatasetError.of("none_judged", count=len(examples), folder=folder)
    streams = streams_of(found, asked)
    searched = search(streams.tracks, asked.rules, asked.negative, asked.hop_s)
    whole = searched.whole(0)
    if not whole.episodes or not whole.other_s:
        raise DatasetError.of("decide_no_pair", episodes=whole.episodes, hours=whole.other_s / 3600)
    scored = [read(track, asked.rules, "prior") for track in streams.tracks]
    choice = choose(searched, objective)
    return {
        "kind": streams.kind,
        "people": len(searched.people),
        "hours": round((whole.other_s + whole.shown_s) / 3600, 4),
        "other_h": round(whole.other_s / 3600, 4),
        "sure_per_hour": round(poisson(0, whole.other_s / 3600)[1], 2),
        "episodes": whole.episodes,
        "wish": asdict(objective),
        "chosen": _chosen(choice) if choice else None,
        "before": pair(scored, asked.negative, asked.point, asked.rules, asked.hop_s).as_dict(),
        "before_curve": _curve(scored, asked),
        "nearest": None if choice else _of(*(nearest(searched) or (None, None))),
        "trade_off": [{"budget": budget, **_at(point, c)} for budget, point, c in trade_off(searched)],
        "frontier": [list(row) for row in frontier(searched)],
        "left_out": [
            {"person": one.person, **(_of(one.point, one.counts) or {"threshold": None})}
            for one in (choice.left_out if choice else ())
        ],
        "outside": _pair_of(choice.outside) if choice and choice.left_out else None,
    }


def evidence_of(folder: Path) -> str:
    """sha256 of the table a point is decided on."""
    return hashlib.sha256((folder / "metadata.csv").read_bytes()).hexdigest()


def table(facts: Mapping[str, Any], language: Language) -> str:
    """The choice for a person at a terminal: the trade-off, what is chosen, and how it spreads."""
    lines = [word("decide_streams", language, **facts, streams=word(f"kpi_{facts['kind']}", language))]
    heads = ("budget", "threshold", "average", "suppression", "found", "false")
    lines += ["", "".join(right(word(f"decide_{head}", language), 13) for head in heads)]
    for row in facts["trade_off"]:
        lines.append(
            f"{row['budget']:13g}{row['threshold']:13g}{row['average_s']:13g}{row['suppression_s']:13g}"
            f"{row['detection']:13.0%}{row['false_alarms_per_hour']:13.1f}"
        )
    lines.append("")
    if (least := facts["sure_per_hour"]) > (budget := facts["wish"]["budget"]):
        values = {"other": facts["other_h"], "least": least, "budget": budget}
        lines.append(word("decide_short", language, **values))
    before = facts["before"]
    lines.append(left(word("decide_before", language), 24) + _said(before, language))
    if not (chosen := facts["chosen"]):
        return "\n".join(lines)
    lines.append(left(word("decide_chosen", language), 24) + _said(chosen, language))
    if chosen["cost_per_hour"] is not None:
        lines.append(word("decide_cost", language, cost=chosen["cost_per_hour"]))
    known = [one["threshold"] for one in facts["left_out"] if one["threshold"] is not None]
    if known:
        values = {"low": min(known), "high": max(known), "people": len(known)}
        lines.append(word("decide_spread", language, **values))
        lines.append(left(word("decide_outside", language), 24) + _said(facts["outside"], language))
    else:
        lines.append(word("decide_one_person", language))
    return "\n".join(lines)


def page(facts: Mapping[str, Any], bundle: str, recordings: str, signed: str, language: Language) -> str:
    """The page of a choice; signed: who decided, or nobody."""
    t, chosen = Texts(language), facts["chosen"]
    lines = [
        (t("threshold, averaging and suppression chosen", "しきい値・平均・抑制を調整"), facts["frontier"]),
        (t("the bundle's vote, threshold alone", "バンドルの投票、しきい値のみ"), facts["before_curve"]),
    ]
    point = (chosen["false_alarms_per_hour"], chosen["detection"]) if chosen else None
    return render(
        FOLDER,
        "decision.html.jinja",
        t=t,
        language=language,
        facts=facts,
        chosen=chosen,
        bundle=visible(bundle, keep=""),
        recordings=visible(recordings, keep=""),
        signed=visible(signed, keep=""),
        clean=lambda text: visible(str(text), keep=""),
        trade_off=thresholds.trade_off(lines, point, facts["wish"]["budget"], t),
    )


def _said(found: Mapping[str, Any], language: Language) -> str:
    if found["detection"] is None or found["false_alarms_per_hour"] is None:
        return word("decide_none", language)
    values = {"found": found["detection"], "false": found["false_alarms_per_hour"]}
    return word("decide_pair", language, **values)


def _chosen(choice: Choice) -> dict[str, Any]:
    cost = None if choice.cost_per_hour is None else round(choice.cost_per_hour, 4)
    return {**asdict(choice.point), "cost_per_hour": cost, **choice.pair.as_dict()}


def _curve(scored: Any, asked: Asked) -> list[list[float]]:
    rows = curve(scored, asked.negative, asked.point, asked.rules, asked.hop_s)
    names = ("threshold", "false_alarms_per_hour", "detection")
    return [[float(row[name] or 0.0) for name in names] for row in rows]


def _of(point: OperatingPoint | None, counts: Counts | None) -> dict[str, Any] | None:
    return None if point is None or counts is None else _at(point, counts)


def _at(point: OperatingPoint, counts: Counts) -> dict[str, Any]:
    return {**asdict(point), **_pair_of(counts)}


def _pair_of(counts: Counts) -> dict[str, Any]:
    values = {"detection": counts.detection, "false_alarms_per_hour": counts.false_per_hour}
    return {name: None if value is None else round(value, 4) for name, value in values.items()}
