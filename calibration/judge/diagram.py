"""The reliability diagram: how often the networks are right when they say how sure they are."""

from __future__ import annotations

from pathlib import Path

import cv2

from calibration.judge.metrics import Report
from calibration.judge.plot import BLACK, BLUE, GREY, Plot, write_png
from edge.errors import InputError
from edge.items import Bytes
from edge.words import Language, asked_language, word

SIDE, LEFT, TOP, BARS = 480, 90, 60, 90
"""Side of the plot, its place, height of the counts below it (pixels)."""


def write_diagram(report: Report, path: Path) -> None:
    """Draw a report's reliability diagram into a PNG file. Raises InputError."""
    if path.suffix.lower() != ".png":
        raise InputError.of("diagram_png", path=path)
    write_png(diagram(report, asked_language()), path)


def diagram(report: Report, language: Language = "en") -> Bytes:
    """Accuracy over confidence with the diagonal of perfect calibration, counts below; BGR [h, w, 3]."""
    plot = Plot(SIDE, SIDE, LEFT, TOP, below=BARS + 100, right=40)
    image, base, floor = plot.image, plot.base, plot.base + BARS + 20
    plot.grid((0.0, 0.2, 0.4, 0.6, 0.8, 1.0), BARS + 45)
    plot.line([(0, 0), (1, 1)], GREY)
    points = [(confidence, right) for _, confidence, right in report.reliability]
    plot.line(points, BLUE)
    most = max(count for count, _, _ in report.reliability)
    for (count, _, _), point in zip(report.reliability, points, strict=True):
        x, y = plot.at(*point)
        cv2.circle(image, (x, y), 6, BLUE, -1, cv2.LINE_AA)
        height = max(1, round(count / most * (BARS - 20)))
        cv2.rectangle(image, (x - 9, floor - height), (x + 9, floor), BLUE, -1)
        plot.write(str(count), x - 4 * len(str(count)), floor - height - 5, 0.4)
    plot.frame()
    cv2.line(image, (LEFT, floor), (LEFT + SIDE, floor), BLACK, 1)
    error = report.expected_calibration_error
    plot.write(word("diagram_title", language, count=report.n, error=error), LEFT, 35, 0.6)
    plot.write(word("diagram_right", language), LEFT + 8, TOP + 22)
    plot.write(word("diagram_above", language), LEFT + 8, TOP + 44, 0.45, GREY)
    plot.write(word("diagram_below", language), LEFT + SIDE - 190, base - 14, 0.45, GREY)
    plot.write(word("diagram_confidence", language), LEFT + SIDE // 2 - 110, floor + 55)
    return image
