"""What a threshold buys on clips that people labelled: how many it takes, and how many of them are right."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calibration.judge.plot import BLUE, GREY, ORANGE, Plot
from edge.items import Bytes, Floats
from edge.labels import Labels
from edge.system.texts import right
from edge.words import Language, word
from export.pseudo.audit import wilson_lower

LEAST = 10
"""Fewer clips than this tell no precision."""
THRESHOLDS = np.round(np.arange(0.30, 0.996, 0.01), 2)
WIDTH, HEIGHT, LEFT, TOP = 640, 400, 80, 90
"""Size of the plot and its place (pixels)."""


@dataclass(frozen=True)
class CurvePoint:
    """What one threshold on the likeliest label's probability gives."""

    threshold: float
    coverage: float
    """Share of clips at or above it, 0..1."""
    precision: float | None
    """Share of those that are right; None for fewer than LEAST clips."""
    bound: float | None
    """Lower end of its 95 % interval."""
    by_label: dict[str, tuple[int, int]]
    """Label -> clips that are given it, and how many of them rightly."""


def curve(
    posteriors: Floats, labels: NDArray[np.int64], agreed: NDArray[np.bool_], names: Labels
) -> list[CurvePoint]:
    """A point for each threshold; posteriors [n, k] of clips whose speaker was never learned, labels [n].

    agreed: clips on which the heads name one label, [n]; the others are never taken. names: of the labels.
    """
    sure, found = posteriors.max(axis=1), posteriors.argmax(axis=1)
    right = found == labels
    points = []
    for threshold in THRESHOLDS:
        taken = agreed & (sure >= threshold - 1e-6)
        n, hits = int(taken.sum()), int((taken & right).sum())
        known = n >= LEAST
        by_label = {
            name: (int((taken & (found == c)).sum()), int((taken & right & (found == c)).sum()))
            for c, name in enumerate(names)
        }
        precision, bound = (hits / n, wilson_lower(hits / n, n)) if known else (None, None)
        points.append(CurvePoint(float(threshold), n / len(labels), precision, bound, by_label))
    return points


def table(points: list[CurvePoint], language: Language = "en") -> str:
    """Some of the points for a person to read; by label: clips given it, and the share that is right."""
    names = "".join(f"{name:>13}" for name in points[0].by_label)
    heads = (("threshold", 9), ("taken", 7), ("right", 7), ("least", 9))
    rows = [" ".join(right(word(f"curve_head_{key}", language), size) for key, size in heads) + f"  {names}"]
    for point in points:
        if round(point.threshold * 100) % 5 or not point.coverage:
            continue
        cells = [
            f"{n:5d} {hits / n:7.3f}" if n else f"{0:5d} {'-':>7}" for n, hits in point.by_label.values()
        ]
        known = (
            (f"{point.precision:7.3f}", f"{point.bound:9.3f}") if point.precision is not None else ("-", "-")
        )
        rows.append(
            f"{point.threshold:9.2f} {point.coverage:7.3f} {known[0]:>7} {known[1]:>9}  " + "".join(cells)
        )
    return "\n".join(rows)


def draw_curve(
    points: list[CurvePoint], thresholds: tuple[float, ...], n: int, language: Language = "en"
) -> Bytes:
    """Coverage and precision over the threshold, those of the policy marked; BGR [h, w, 3]."""
    plot = Plot(WIDTH, HEIGHT, LEFT, TOP, below=110, right=50, first=0.3)
    plot.grid([tick / 10 for tick in range(3, 11)], 24)
    for threshold in sorted({t for t in thresholds if t >= 0.3}):
        plot.line([(threshold, 0.0), (threshold, 1.0)], GREY)
        plot.write(f"{threshold:.2f}", plot.at(threshold, 0.0)[0] - 16, TOP - 8, colour=GREY)
    plot.line([(p.threshold, p.bound) for p in points if p.bound is not None], ORANGE, 1)
    plot.line([(p.threshold, p.precision) for p in points if p.precision is not None], ORANGE, 3)
    plot.line([(p.threshold, p.coverage) for p in points], BLUE, 3)
    plot.frame()
    plot.write(word("curve_title", language, count=n), LEFT, 30, 0.55)
    plot.write(word("curve_marked", language), LEFT, 56, 0.45, GREY)
    plot.write(word("curve_threshold", language), LEFT + WIDTH // 2 - 180, plot.base + 52)
    plot.write(word("curve_right", language), LEFT, plot.base + 85, 0.5, ORANGE)
    plot.write(word("curve_taken", language), LEFT + 330, plot.base + 85, 0.5, BLUE)
    return plot.image
