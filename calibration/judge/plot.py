"""A plot of shares over numbers as a picture: frame, grid, ticks, lines, and text in two languages."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from edge.display.panel.fonts import write
from edge.errors import InputError
from edge.items import Bytes
from edge.system.private import replacing

BLUE, ORANGE, GREY, LIGHT, BLACK = (
    (178, 114, 0),
    (0, 159, 230),
    (140, 140, 140),
    (225, 225, 225),
    (30, 30, 30),
)
"""BGR; Okabe and Ito's blue and orange."""
Colour = tuple[int, int, int]


class Plot:
    """x from `first` to 1 to the right, shares 0..1 upwards; sizes and places in pixels."""

    def __init__(
        self, width: int, height: int, left: int, top: int, below: int, right: int, first: float = 0.0
    ) -> None:
        self.width, self.height, self.left, self.top = width, height, left, top
        self.first, self.base = first, top + height
        self.image: Bytes = np.full((self.base + below, left + width + right, 3), 255, np.uint8)

    def at(self, x: float, share: float) -> tuple[int, int]:
        """Where a point lies."""
        along = (x - self.first) / (1.0 - self.first)
        return self.left + round(along * self.width), self.base - round(share * self.height)

    def grid(self, ticks: Sequence[float], below: int) -> None:
        """Lines at ticks of x and at fifths of the share, with their numbers; below: of the frame."""
        for share in (0.0, 0.2, 0.4, 0.6, 0.8, 1.0):
            y = self.at(self.first, share)[1]
            cv2.line(self.image, (self.left, y), (self.left + self.width, y), LIGHT, 1)
            self.write(f"{share:.1f}", self.left - 42, y + 5)
        for tick in ticks:
            x = self.at(tick, 0.0)[0]
            cv2.line(self.image, (x, self.top), (x, self.base), LIGHT, 1)
            self.write(f"{tick:.1f}", x - 12, self.base + below)

    def frame(self) -> None:
        """The frame around the plot, over all that was drawn."""
        cv2.rectangle(self.image, (self.left, self.top), (self.left + self.width, self.base), BLACK, 1)

    def line(self, points: Sequence[tuple[float, float]], colour: Colour, thick: int = 2) -> None:
        """A line through points of x and share."""
        places = np.array([self.at(*point) for point in points], np.int32)
        cv2.polylines(self.image, [places], False, colour, thick, cv2.LINE_AA)

    def write(self, text: str, x: int, y: int, size: float = 0.5, colour: Colour = BLACK) -> None:
        """Text from a place on its base line."""
        if text.isascii():
            cv2.putText(self.image, text, (x, y), cv2.FONT_HERSHEY_SIMPLEX, size, colour, 1, cv2.LINE_AA)
        else:  # the strokes of Hershey have no Japanese
            write(self.image, text, (x, y), colour, round(28 * size), 400)


def write_png(image: Bytes, path: Path) -> None:
    """Write a picture whole or not at all. Raises InputError."""
    done, encoded = cv2.imencode(".png", image)
    assert done
    try:
        with replacing(path) as part:
            part.write_bytes(encoded.tobytes())
    except OSError as error:
        raise InputError.of("file_unwritable", path=path, why=error.strerror or error) from error
