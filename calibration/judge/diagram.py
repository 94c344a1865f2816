"""The reliability diagram: how often the networks are right when they say how sure they are."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from calibration.judge.metrics import Report
from edge.display.panel.charset import font
from edge.errors import InputError
from edge.items import Bytes
from edge.words import Language, asked_language, word

SIDE, LEFT, TOP, BARS = 480, 90, 60, 90
"""Side of the plot, its place, height of the counts below it (pixels)."""
BLUE, GREY, LIGHT, BLACK = (178, 114, 0), (140, 140, 140), (225, 225, 225), (30, 30, 30)
"""BGR; the blue is Okabe and Ito's."""


def write_diagram(report: Report, path: Path) -> None:
    """Draw a report's reliability diagram into a PNG file. Raises InputError."""
    if path.suffix.lower() != ".png":
        raise InputError.of("diagram_png", path=path)
    done, encoded = cv2.imencode(".png", diagram(report, asked_language()))
    assert done
    try:
        path.write_bytes(encoded.tobytes())
    except OSError as error:
        raise InputError.of("file_unwritable", path=path, why=error.strerror or error) from error


def diagram(report: Report, language: Language = "en") -> Bytes:
    """Accuracy over confidence with the diagonal of perfect calibration, counts below; BGR [h, w, 3]."""
    image = np.full((TOP + SIDE + BARS + 100, LEFT + SIDE + 40, 3), 255, np.uint8)
    base = TOP + SIDE
    for tick in range(0, 11, 2):
        x, y = _at(tick / 10, tick / 10)
        cv2.line(image, (LEFT, y), (LEFT + SIDE, y), LIGHT, 1)
        cv2.line(image, (x, TOP), (x, base), LIGHT, 1)
        _write(image, f"{tick / 10:.1f}", LEFT - 42, y + 5)
        _write(image, f"{tick / 10:.1f}", x - 12, base + BARS + 45)
    cv2.line(image, _at(0, 0), _at(1, 1), GREY, 2, cv2.LINE_AA)
    points = [_at(confidence, right) for _, confidence, right in report.reliability]
    cv2.polylines(image, [np.array(points, np.int32)], False, BLUE, 2, cv2.LINE_AA)
    most = max(count for count, _, _ in report.reliability)
    floor = base + BARS + 20
    for (count, _, _), (x, y) in zip(report.reliability, points, strict=True):
        cv2.circle(image, (x, y), 6, BLUE, -1, cv2.LINE_AA)
        height = max(1, round(count / most * (BARS - 20)))
        cv2.rectangle(image, (x - 9, floor - height), (x + 9, floor), BLUE, -1)
        _write(image, str(count), x - 4 * len(str(count)), floor - height - 5, 0.4)
    cv2.rectangle(image, (LEFT, TOP), (LEFT + SIDE, base), BLACK, 1)
    cv2.line(image, (LEFT, floor), (LEFT + SIDE, floor), BLACK, 1)
    error = report.expected_calibration_error
    _write(image, word("diagram_title", language, count=report.n, error=error), LEFT, 35, 0.6)
    _write(image, word("diagram_right", language), LEFT + 8, TOP + 22)
    _write(image, word("diagram_above", language), LEFT + 8, TOP + 44, 0.45, GREY)
    _write(image, word("diagram_below", language), LEFT + SIDE - 190, base - 14, 0.45, GREY)
    _write(image, word("diagram_confidence", language), LEFT + SIDE // 2 - 110, floor + 55)
    return image


def _at(confidence: float, right: float) -> tuple[int, int]:
    return LEFT + round(confidence * SIDE), TOP + SIDE - round(right * SIDE)


def _write(
    image: Bytes, text: str, x: int, y: int, size: float = 0.5, colour: tuple[int, int, int] = BLACK
) -> None:
    if text.isascii():
        cv2.putText(image, text, (x, y), cv2.FONT_HERSHEY_SIMPLEX, size, colour, 1, cv2.LINE_AA)
    else:  # the strokes of Hershey have no Japanese
        cv2.putText(image, text, (x, y), colour, font(), round(28 * size), 400)
