"""The same face from picture to picture: through a hand before it, a passer-by, two people who cross."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from edge.items import Face

PATIENCE_S = 3.0
"""How long a face may be hidden and still be the same one (seconds)."""
REACH = 2.0
"""How far a face may be from where it was, or from where it was going, in its own sizes."""
GROWTH = 2.0
"""How many times larger or smaller than last seen it may be."""


@dataclass(slots=True)
class Track:
    """One face over time."""

    number: int
    """Given once, from 1 on; never to another face."""
    face: Face
    """Where it was seen last."""
    time: float
    """When that was (seconds)."""
    across: float = 0.0
    """Speed of its centre to the right (pixels a second)."""
    down: float = 0.0
    """Speed of its centre downwards (pixels a second)."""

    def move(self, face: Face, time: float) -> None:
        """Take where it is now; the speed is half the newest step and half what it was."""
        passed = time - self.time
        if passed > 0:
            (x, y), (from_x, from_y) = centre(face), centre(self.face)
            self.across = (self.across + (x - from_x) / passed) / 2.0
            self.down = (self.down + (y - from_y) / passed) / 2.0
        self.face, self.time = face, time

    def misfit(self, face: Face, time: float) -> float:
        """How badly a face continues this one: steps and growth out of the expected; infinite: not at all."""
        own = size(self.face)
        growth = abs(math.log(size(face) / own)) / math.log(GROWTH)
        (x, y), (from_x, from_y) = centre(face), centre(self.face)
        passed = time - self.time
        expected = math.hypot(x - from_x - self.across * passed, y - from_y - self.down * passed) / own
        # Who is hidden goes on or stands still: either may be; whose face it is then, the speed tells.
        moved = min(expected, math.hypot(x - from_x, y - from_y) / own)
        return math.inf if growth > 1.0 or moved > REACH else expected + growth


class FaceTracker:
    """Gives each face of a stream of pictures a number that stays its own for as long as it is followed."""

    def __init__(self) -> None:
        self._tracks: list[Track] = []
        self._given = 0

    def update(self, faces: Sequence[Face], time: float) -> dict[int, Face]:
        """Number -> face of what is seen in one picture; pictures must come in order of time."""
        self._tracks = [track for track in self._tracks if time - track.time <= PATIENCE_S]
        fits = sorted(
            (misfit, row, column)
            for row, track in enumerate(self._tracks)
            for column, face in enumerate(faces)
            if (misfit := track.misfit(face, time)) < math.inf
        )
        rows: set[int] = set()
        columns: set[int] = set()
        for _, row, column in fits:
            if row not in rows and column not in columns:
                rows.add(row)
                columns.add(column)
                self._tracks[row].move(faces[column], time)
        seen = {self._tracks[row].number: self._tracks[row].face for row in rows}
        for column, face in enumerate(faces):
            if column not in columns:
                self._given += 1
                self._tracks.append(Track(self._given, face, time))
                seen[self._given] = face
        return seen

    def __contains__(self, number: int) -> bool:
        """Whether a face is followed still, seen or hidden."""
        return any(track.number == number for track in self._tracks)


def size(face: Face) -> float:
    """Mean of its width and height (pixels)."""
    return (face.width + face.height) / 2.0


def centre(face: Face) -> tuple[float, float]:
    """Of its box (pixels)."""
    return face.left + face.width / 2.0, face.top + face.height / 2.0
