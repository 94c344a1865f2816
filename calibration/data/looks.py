"""What the pictures of a labelled recording show, kept as crops: the pictures themselves pass by."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from edge.bundle.manifest import VisionSpec
from edge.features.vision import crop
from edge.items import Bytes, Frame
from edge.perception.faces import FaceFollower


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """What one sampled frame shows."""

    time: float
    """When it was taken (seconds)."""
    face: Bytes | None
    """Grey crop of the main face; None without one."""
    score: float
    """Detection score, 0..1; 0 without a face."""


class Looker:
    """Looks at the pictures of one recording, in order of time.

    detector: the ONNX file of a face detector.
    """

    def __init__(self, spec: VisionSpec, detector: Path) -> None:
        self._spec = spec
        self._follower = FaceFollower(detector)

    def look(self, frame: Frame) -> Look:
        """The main face of a frame; a picture of crop size is a face."""
        if frame.image.shape[:2] == (self._spec.size, self._spec.size):
            return Look(frame.time, frame.image.mean(axis=2).round().astype(np.uint8), 1.0)
        face = self._follower.find(frame)
        if face is None:
            return Look(frame.time, None, 0.0)
        return Look(frame.time, crop(frame.image, face, self._spec), face.score)
