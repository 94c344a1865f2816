"""What a threshold buys on clips that people labelled: how many it takes, and how many of them are right."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from edge.items import LABELS, Bytes, Floats
from export.pseudo.audit import wilson_lower

LEAST = 10
"""Fewer clips than this tell no precision."""
THRESHOLDS = np.round(np.arange(0.30, 0.996, 0.01), 2)
WIDTH, HEIGHT, LEFT, TOP = 640, 400, 80, 90
"""Size of the plot and its place (pixels)."""
BLUE, ORANGE, GREY, LIGHT, BLACK = (
    (178, 114, 0),
    (0, 159, 230),
    (140, 140, 140),
    (225, 225, 225),
    (30, 30, 30),
)
"""BGR; Okabe and Ito's blue and orange."""


@dataclass(frozen=True)
class Point:
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


def curve(posteriors: Floats, labels: NDArray[np.int64], agreed: NDArray[np.bool_]) -> list[Point]:
    """A point for each threshold; posteriors [n, k] of clips whose speaker was never learned, labels [n].

    agreed: clips on which the heads name one label, [n]; the others are never taken.
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
            for c, name in enumerate(LABELS)
        }
        precision, bound = (hits / n, wilson_lower(hits / n, n)) if known else (None, None)
        points.append(Point(float(threshold), n / len(labels), precision, bound, by_label))
    return points


def table(points: list[Point]) -> str:
    """Some of the points for a person to read; by label: clips given it, and the share that is right."""
    rows = [
        f"{'threshold':>9} {'taken':>7} {'right':>7} {'at least':>9}  " + "".join(f"{n:>13}" for n in LABELS)
    ]
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


def draw_curve(points: list[Point], thresholds: tuple[float, ...], n: int) -> Bytes:
    """Coverage and precision over the threshold, those of the policy marked; BGR [h, w, 3]."""
    image = np.full((TOP + HEIGHT + 110, LEFT + WIDTH + 50, 3), 255, np.uint8)
    for tick in range(0, 11, 2):
        y = _at(0.3, tick / 10)[1]
        cv2.line(image, (LEFT, y), (LEFT + WIDTH, y), LIGHT, 1)
        _write(image, f"{tick / 10:.1f}", LEFT - 42, y + 5)
    for tick in range(3, 11):
        x = _at(tick / 10, 0)[0]
        cv2.line(image, (x, TOP), (x, TOP + HEIGHT), LIGHT, 1)
        _write(image, f"{tick / 10:.1f}", x - 12, TOP + HEIGHT + 24)
    for threshold in sorted({t for t in thresholds if t >= 0.3}):
        x = _at(threshold, 0)[0]
        cv2.line(image, (x, TOP), (x, TOP + HEIGHT), GREY, 2)
        _write(image, f"{threshold:.2f}", x - 16, TOP - 8, colour=GREY)
    _line(image, [(p.threshold, p.bound) for p in points if p.bound is not None], ORANGE, 1)
    _line(image, [(p.threshold, p.precision) for p in points if p.precision is not None], ORANGE, 3)
    _line(image, [(p.threshold, p.coverage) for p in points], BLUE, 3)
    cv2.rectangle(image, (LEFT, TOP), (LEFT + WIDTH, TOP + HEIGHT), BLACK, 1)
    _write(image, f"What a threshold buys: {n} clips labelled by people, speakers held out", LEFT, 30, 0.55)
    _write(
        image,
        "grey: the policy's thresholds; people who are labelled themselves are told better than these",
        LEFT,
        56,
        0.45,
        GREY,
    )
    _write(
        image, "threshold on the likeliest label's probability", LEFT + WIDTH // 2 - 180, TOP + HEIGHT + 52
    )
    _write(image, "right (thin: 95 % lower bound)", LEFT, TOP + HEIGHT + 85, 0.5, ORANGE)
    _write(image, "share of clips taken", LEFT + 330, TOP + HEIGHT + 85, 0.5, BLUE)
    return image


def write_curve(image: Bytes, path: Path) -> None:
    """Write a PNG whole or not at all."""
    done, encoded = cv2.imencode(".png", image)
    assert done
    scratch = path.with_suffix(".tmp")
    scratch.write_bytes(encoded.tobytes())
    os.replace(scratch, path)


def _at(threshold: float, share: float) -> tuple[int, int]:
    return LEFT + round((threshold - 0.3) / 0.7 * WIDTH), TOP + HEIGHT - round(share * HEIGHT)


def _line(image: Bytes, points: list[tuple[float, float]], colour: tuple[int, int, int], thick: int) -> None:
    places = np.array([_at(*point) for point in points], np.int32)
    cv2.polylines(image, [places], False, colour, thick, cv2.LINE_AA)


def _write(
    image: Bytes, text: str, x: int, y: int, size: float = 0.5, colour: tuple[int, int, int] = BLACK
) -> None:
    cv2.putText(image, text, (x, y), cv2.FONT_HERSHEY_SIMPLEX, size, colour, 1, cv2.LINE_AA)
