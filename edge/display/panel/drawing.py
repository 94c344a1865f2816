"""Strokes a panel is made of."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

import numpy as np

from edge.display.panel.charset import drawable
from edge.display.panel.fonts import reach, write
from edge.display.panel.palette import Colour
from edge.items import Bytes

Align = Literal["left", "centre", "right"]
BOLD = 600
"""Weight of headings; Japanese has one weight only."""
LEAST = 10
"""No text is drawn smaller (pixels): Japanese is not legible below."""
_FINE = 4  # bits of a pixel's fraction that OpenCV's shift asks for


@dataclass(frozen=True, slots=True, eq=False)
class Canvas:
    """An image drawn on in units of a layout, so that strokes and text are sharp at any size."""

    image: Bytes
    """RGB, shape [height, width, 3]."""
    scale: float = 1.0
    """Pixels of a unit."""
    left: float = 0.0
    """Where the layout begins in the image (pixels); so is the next."""
    top: float = 0.0

    def x(self, at: float) -> int:
        """Units from the left -> pixels."""
        return round(self.left + at * self.scale)

    def y(self, at: float) -> int:
        """Units from the top -> pixels."""
        return round(self.top + at * self.scale)

    def size(self, size: float) -> int:
        """Size of text in units -> pixels."""
        return max(LEAST, int(size * self.scale + 1e-6))

    def part(self, left: float, top: float, width: float, height: float) -> Bytes:
        """The pixels of an area in units, as a view."""
        return self.image[
            max(0, self.y(top)) : max(0, self.y(top + height)),
            max(0, self.x(left)) : max(0, self.x(left + width)),
        ]


_reach = lru_cache(maxsize=4000)(reach)


def text_width(canvas: Canvas, words: str, size: float, weight: int = 400) -> float:
    """How far a text reaches (units). Raises InputError."""
    return _reach(drawable(words), canvas.size(size), weight) / canvas.scale


def fitting(canvas: Canvas, words: str, sizes: Sequence[int], room: float, weight: int = 400) -> int:
    """The first of the sizes at which words keep to the room (units), else the last. Raises InputError."""
    return next((size for size in sizes if text_width(canvas, words, size, weight) <= room), sizes[-1])


@lru_cache(maxsize=1000)
def _cut(words: str, pixels: int, weight: int, room: float) -> str:
    """Words that keep to the room (pixels): longer ones end in an ellipsis."""
    if _reach(words, pixels, weight) <= room:
        return words
    while words and _reach(words + "…", pixels, weight) > room:
        words = words[:-1]
    return words + "…"


def text(
    canvas: Canvas,
    at: tuple[float, float],
    words: str,
    size: float,
    colour: Colour,
    weight: int = 400,
    align: Align = "left",
    room: float | None = None,
) -> float:
    """Write words, the baseline at `at`; returns where they end (x, units).

    room: width they must keep to (units); longer ones end in an ellipsis. Raises InputError.
    """
    words, pixels = drawable(words), canvas.size(size)
    if room is not None:
        words = _cut(words, pixels, weight, round(room * canvas.scale))
    width = _reach(words, pixels, weight)
    x = canvas.x(at[0]) - {"left": 0, "centre": width // 2, "right": width}[align]
    if words:
        write(canvas.image, words, (x, canvas.y(at[1])), colour, pixels, weight)
    return (x + width - canvas.left) / canvas.scale


def wrapped(canvas: Canvas, words: str, size: float, room: float, most: int) -> list[str]:
    """Words in so many lines at most that keep to the room (units), broken at spaces where there are some."""
    lines: list[str] = []
    rest = drawable(words)
    while rest:
        if len(lines) == most - 1 or text_width(canvas, rest, size) <= room:
            return [*lines, rest]
        end = next(i for i in range(len(rest), -1, -1) if i < 2 or text_width(canvas, rest[:i], size) <= room)
        end = max(1, end)
        space = rest.rfind(" ", 1, end + 1)
        end = space if space > end // 2 else end
        lines.append(rest[:end])
        rest = rest[end:].lstrip()
    return lines


def box(canvas: Canvas, left: float, top: float, width: float, height: float, colour: Colour) -> None:
    """Fill a rectangle (units); one that is there is a pixel wide and high at least."""
    if width <= 0 or height <= 0:
        return
    x, y = canvas.x(left), canvas.y(top)
    right, bottom = max(x + 1, canvas.x(left + width)), max(y + 1, canvas.y(top + height))
    canvas.image[max(0, y) : max(0, bottom), max(0, x) : max(0, right)] = colour


def rim(canvas: Canvas, left: float, top: float, width: float, height: float, colour: Colour) -> None:
    """Outline a rectangle (units)."""
    thin = 1.0
    box(canvas, left, top, width, thin, colour)
    box(canvas, left, top + height - thin, width, thin, colour)
    box(canvas, left, top, thin, height, colour)
    box(canvas, left + width - thin, top, thin, height, colour)


def card(canvas: Canvas, left: float, top: float, width: float, height: float, colour: Colour) -> None:
    """Fill a rectangle with rounded corners (units)."""
    import cv2

    x, y, right, bottom = canvas.x(left), canvas.y(top), canvas.x(left + width), canvas.y(top + height)
    corner, image = max(1, round(10 * canvas.scale)), canvas.image
    image[y:bottom, x + corner : right - corner] = colour
    image[y + corner : bottom - corner, x:right] = colour
    for across in (x + corner, right - corner - 1):
        for down in (y + corner, bottom - corner - 1):
            cv2.circle(image, (across, down), corner, colour, -1, cv2.LINE_AA)


def shape(
    canvas: Canvas, index: int, centre: tuple[float, float], size: float, colour: Colour, filled: bool
) -> None:
    """The shape of a label by its place in the bundle's list; an outline where it is not filled.

    centre: units. size: height and width (units).
    """
    import cv2

    middle = np.array((canvas.left, canvas.top)) + np.array(centre) * canvas.scale
    corners = _corners(index) * (size * canvas.scale / 2.0) + middle
    points = np.round(corners * (1 << _FINE)).astype(np.int32)[None]
    if filled:
        cv2.fillPoly(canvas.image, points, colour, cv2.LINE_AA, _FINE)
    else:
        thick = max(1, round(size * canvas.scale / 10))
        cv2.polylines(canvas.image, points, True, colour, thick, cv2.LINE_AA, _FINE)


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
    """Head and shoulders of nobody where a face is (pixels), in place of the picture. image: RGB."""
    import cv2

    centre, middle = (int(left + width / 2), int(top + height / 2)), int(height)
    shoulders = (centre[0], centre[1] + int(1.5 * middle))
    neck = centre[0] - int(0.22 * width)
    image[max(0, centre[1]) : max(0, centre[1] + middle), max(0, neck) : max(0, neck + int(0.44 * width))] = (
        colour
    )
    torso = (int(1.3 * width), int(0.8 * middle))
    cv2.ellipse(image, shoulders, torso, 0, 180, 360, colour, -1, cv2.LINE_AA)
    cv2.ellipse(image, centre, (int(0.5 * width), int(0.6 * middle)), 0, 0, 360, colour, -1, cv2.LINE_AA)
