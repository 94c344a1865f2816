"""report.html: the facts of report.json as one page that opens anywhere and fetches nothing."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from export.deliver.report.html import Html, document, tag
from export.deliver.report.making import (
    origin,
    privacy,
    pseudo_labels,
    quantization,
    speed,
    times,
    training,
    trial,
)
from export.deliver.report.quality import (
    accuracy,
    adaptation,
    answers,
    confidence,
    limits,
    mistakes,
    score_name,
    teachers,
)


def page(facts: Mapping[str, Any], work: Path) -> str:
    """The page. facts: the keys of facts.py. work: the folder the pictures of faces lie below."""
    sections = [
        ("Accuracy", accuracy(facts)),
        ("Adaptation to noise", adaptation(facts)),
        ("Student and teacher", teachers(facts)),
        ("Confusion matrices", answers(facts)),
        ("Confidence", confidence(facts)),
        ("Training", training(facts)),
        ("Fusion on trial", trial(facts)),
        ("Pseudo-labels", pseudo_labels(facts)),
        ("Privacy in training", privacy(facts)),
        ("INT8", quantization(facts)),
        ("Speed", speed(facts)),
        ("Examples it gets wrong", mistakes(facts, work)),
        ("Data, recipe and versions", origin(facts)),
        ("Wall time", times(facts)),
        ("Limits", limits()),
    ]
    made = facts["times"]["created"].replace("T", " ").replace("+00:00", " UTC")
    lead = Html(
        tag("p", f"Report of the export made {made}, recipe {facts['recipe']['sha256']}.", kind="soft")
    )
    shown = [(title, content) for title, content in sections if content]
    return document(f"Bundle {facts['name']}", facts["notice"], Html(lead + _tiles(facts)), shown)


def _tiles(facts: Mapping[str, Any]) -> Html:
    """The numbers a reader wants first."""
    tiles = []
    for title, row in facts["accuracy"].items():
        if "int8" in row:
            name = facts["headline"][title.split()[0]]
            lost = (row["fp32"][name] - row["int8"][name]) * 100
            said = f"{score_name(name)}, {title}; INT8 {_change(-lost)}"
            tiles.append((f"{row['int8'][name]:.3f}", said))
    tiles.append((f"{sum(facts['files'].values()) / 1e6:.1f} MB", "the whole bundle"))
    window = facts["speed"]["stages"]["whole window"]
    tiles.append((f"{window['p50_ms']:.0f} ms", "a window on one thread of this workstation, median"))
    if facts["privacy"].get("epsilon"):
        tiles.append((f"ε = {facts['privacy']['epsilon']:.2f}", "differential privacy of the fusion head"))
    return tag("div", *(tag("div", tag("b", n), tag("span", s), kind="tile") for n, s in tiles), kind="tiles")


def _change(points: float) -> str:
    if abs(points) < 0.05:
        return "as FP32"
    return f"{'gains' if points > 0 else 'loses'} {abs(points):.1f} points"
