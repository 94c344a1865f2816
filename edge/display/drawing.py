"""Strokes a panel is made of, on RGB uint8 images [h, w, 3]; OpenCV 5, whose built-in font has Japanese."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Literal

import numpy as np

from edge.display.palette import Colour
from edge.errors import InputError
from edge.items import Bytes
from edge.texts import visible

Align = Literal["left", "centre", "right"]
BOLD = 600
"""Weight of headings; Japanese has one weight only."""
_FINE = 4  # bits of a pixel's fraction that OpenCV's shift asks for


@lru_cache(maxsize=1)
def font() -> Any:
    """The built-in face: a sans serif with Japanese to fall back on. Raises InputError."""
    import cv2

    if not hasattr(cv2, "FontFace"):
        raise InputError(
            f"OpenCV {cv2.__version__} cannot write Japanese; run: pip install 'opencv-python>=5', "
            "or use --headless"
        )
    return cv2.FontFace("sans")


@lru_cache(maxsize=2000)
def text_width(words: str, size: int, weight: int = 400) -> int:
    """How far a text reaches (pixels). Raises InputError."""
    import cv2

    words = visible(words, keep="")  # half a character, as in a name that is no text, ends the process there
    left, _, width, _ = cv2.getTextSize((0, 0), words, (0, 0), font(), size, weight)
    return int(left + width)


def fitting(words: str, sizes: Sequence[int], room: int, weight: int = 400) -> int:
    """The first of the sizes at which words keep to the room (pixels), else the last. Raises InputError."""
    return next((size for size in sizes if text_width(words, size, weight) <= room), sizes[-1])


def text(
    image: Bytes,
    at: tuple[int, int],
    words: str,
    size: int,
    colour: Colour,
    weight: int = 400,
    align: Align = "left",
    room: int | None = None,
) -> int:
    """Write words, the baseline at `at`; returns where they end (x, pixels).

    room: width they must keep to; longer ones end in an ellipsis. Raises InputError.
    """
    import cv2

    if room is not None and text_width(words, size, weight) > room:
        while words and text_width(words + "…", size, weight) > room:
            words = words[:-1]
        words += "…"
    x, y = at
    words = visible(words, keep="")
    width = text_width(words, size, weight)
    x -= {"left": 0, "centre": width // 2, "right": width}[align]
    if words:
        cv2.putText(image, words, (x, y), colour, font(), size, weight)
    return x + width


def box(image: Bytes, left: int, top: int, width: int, height: int, colour: Colour) -> None:
    """Fill a rectangle."""
    image[max(0, top) : max(0, top + height), max(0, left) : max(0, left + width)] = colour


def card(image: Bytes, left: int, top: int, width: int, height: int, colour: Colour) -> None:
    """Fill a rectangle with rounded corners."""
    import cv2

    round_ = 10
    box(image, left + round_, top, width - 2 * round_, height, colour)
    box(image, left, top + round_, width, height - 2 * round_, colour)
    for x in (left + round_, left + width - round_ - 1):
        for y in (top + round_, top + height - round_ - 1):
            cv2.circle(image, (x, y), round_, colour, -1, cv2.LINE_AA)


def shape(
    image: Bytes, index: int, centre: tuple[float, float], size: float, colour: Colour, filled: bool
) -> None:
    """The shape of a label by its place in the bundle's list; an outline where it is not filled.

    centre: pixels. size: height and width (pixels).
    """
    import cv2

    corners = _corners(index) * (size / 2.0) + np.array(centre)
    points = np.round(corners * (1 << _FINE)).astype(np.int32)[None]
    if filled:
        cv2.fillPoly(image, points, colour, cv2.LINE_AA, _FINE)
    else:
        thick = max(1, round(size / 10))
        cv2.polylines(image, points, True, colour, thick, cv2.LINE_AA, _FINE)


_CROSS = [(-0.3, -1.0), (0.3, -1.0), (0.3, -0.3), (1.0, -0.3), (1.0, 0.3), (0.3, 0.3)]
_CROSS += [(-x, -y) for x, y in _CROSS]


@lru_cache(maxsize=32)
def _corners(index: int) -> Any:
    """Corners within -1..1, y down: disc, triangle, star, triangle on its tip, diamond, square, six more."""
    ways: list[list[tuple[float, float]]] = [
        [_around(step / 40.0, 0.92) for step in range(40)],
        [(0, -0.95), (1, 0.8), (-1, 0.8)],
        [_around(step / 10.0, 1.05 if step % 2 == 0 else 0.48) for step in range(10)],
        [(0, 0.95), (-1, -0.8), (1, -0.8)],
        [(0, -1), (0.85, 0), (0, 1), (-0.85, 0)],
        [(-0.82, -0.82), (0.82, -0.82), (0.82, 0.82), (-0.82, 0.82)],
        _CROSS,
        [_around(step / 6.0, 1.0) for step in range(6)],
        [(-0.8, -0.95), (0.8, -0.95), (-0.8, 0.95), (0.8, 0.95)],
        [((x - y) * 0.75, (x + y) * 0.75) for x, y in _CROSS],
        [(-1, -0.35), (1, -0.35), (1, 0.35), (-1, 0.35)],
        [(-0.4, -1), (0.4, -1), (0.4, 1), (-0.4, 1)],
    ]
    return np.array(ways[index % len(ways)])


def _around(turn: float, radius: float) -> tuple[float, float]:
    return radius * math.sin(2 * math.pi * turn), -radius * math.cos(2 * math.pi * turn)


def silhouette(image: Bytes, left: float, top: float, width: float, height: float, colour: Colour) -> None:
    """Head and shoulders of nobody where a face is (pixels), in place of the picture."""
    import cv2

    centre, middle = (int(left + width / 2), int(top + height / 2)), int(height)
    shoulders = (centre[0], centre[1] + int(1.5 * middle))
    box(image, centre[0] - int(0.22 * width), centre[1], int(0.44 * width), middle, colour)
    torso = (int(1.3 * width), int(0.8 * middle))
    cv2.ellipse(image, shoulders, torso, 0, 180, 360, colour, -1, cv2.LINE_AA)
    cv2.ellipse(image, centre, (int(0.5 * width), int(0.6 * middle)), 0, 0, 360, colour, -1, cv2.LINE_AA)
