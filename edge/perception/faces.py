"""Finding faces in pictures, and choosing who is read."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any, Literal

import numpy as np

from edge.errors import EngineError
from edge.items import Bytes, Face, Frame, People
from edge.perception.tracks import FaceTracker, centre, size

SEARCH_SIDE = 320
"""Longer side of the picture faces are searched in (pixels): a face down to a twentieth of it is found."""
MIN_SCORE = 0.7
"""Detections below this are not faces."""
TAKEOVER = 2.0
"""A face this many times larger than the followed one, or closer to the middle, replaces it."""
DARK = 0.05
"""Brightness below which a picture without a face is dark: darkened videos lost theirs at 0.05 to 0.01."""
_ERRORS_ONLY = 2  # OpenCV's LOG_LEVEL_ERROR


def brightness(image: Bytes) -> float:
    """Mean luminance of a picture, 0 black to 1 white.

    image: RGB [h, w, 3]. Every eighth pixel of every eighth row is enough for a mean.
    """
    mean = image[::8, ::8].reshape(-1, 3).mean(axis=0)
    return float(mean @ np.array([0.299, 0.587, 0.114]) / 255.0)


def too_dark(image: Bytes) -> bool:
    """Whether a picture without a face is so dark that one would not be seen. image: RGB [h, w, 3]."""
    return brightness(image) < DARK


class FaceFollower:
    """The face that is read in a stream of pictures: one is chosen, then the same one kept while it stays.

    policy: `nearest` chooses the largest face, `centre` the one closest to the picture's middle; `all` reads
    each face, and `find` gives the largest. While the chosen one is hidden, for up to PATIENCE_S, none is
    read. Wants the pictures in order of time. Loads the detector (YuNet, ONNX) at the first picture.
    """

    def __init__(self, model: Path, policy: Literal["nearest", "centre", "all"] = "nearest") -> None:
        self.model = model
        self.policy = policy
        self._detector: Any = None
        self._tracks = FaceTracker()
        self._chosen = 0  # number of the followed face; 0: none
        self._last: dict[int, Face] = {}
        self.unread: People = {}
        """Faces of the last picture that are not read, numbered from -1 down."""

    def find(self, frame: Frame) -> Face | None:
        """The followed face in pixels of the frame, or None when it is not there. Raises EngineError."""
        seen = self._seen(frame)
        if self._chosen not in self._tracks:
            self._chosen = 0
        if not seen or (self._chosen and self._chosen not in seen):
            return None
        height, width = frame.image.shape[:2]
        ranks = {number: self._rank(face, width, height) for number, face in seen.items()}
        best = max(ranks, key=lambda number: ranks[number])
        if not self._chosen or ranks[best] > TAKEOVER * ranks[self._chosen]:
            self._chosen = best
        return seen[self._chosen]

    def follow(self, frame: Frame) -> People:
        """Whoever is read: each by number where all are, else the chosen one. Raises EngineError.

        A number is nobody's name: who leaves for more than PATIENCE_S gets a new one.
        """
        if self.policy == "all":
            return dict(self._seen(frame).items())
        face = self.find(frame)
        others = [other for other in self._last.values() if other is not face]
        self.unread = {-number: other for number, other in enumerate(others, 1)}
        return {} if face is None else {None: face}

    def _seen(self, frame: Frame) -> dict[int, Face]:
        self._last = self._tracks.update(self._detect(frame.image), frame.time)
        return self._last

    def _rank(self, face: Face, width: int, height: int) -> float:
        if self.policy != "centre":
            return size(face)
        x, y = centre(face)
        # Its size is added so that two faces near the middle do not take turns.
        return 1.0 / (size(face) + math.hypot(x - width / 2.0, y - height / 2.0))

    def _detect(self, image: Bytes) -> list[Face]:
        import cv2

        if self._detector is None:
            self._detector = _load(self.model)
        small, (width, height) = shrink(image)
        searched = (small.shape[1], small.shape[0])
        self._detector.setInputSize(searched)
        found = self._detector.detect(cv2.cvtColor(small, cv2.COLOR_RGB2BGR))[1]
        to_full = np.array([width / searched[0], height / searched[1]] * 2)
        faces = []
        for row in [] if found is None else found:  # left, top, width, height, five landmarks, score
            left, top, wide, high = (float(value) for value in row[:4] * to_full)
            faces.append(Face(left, top, wide, high, float(row[14])))
        return faces


def shrink(image: Bytes) -> tuple[Bytes, tuple[int, int]]:
    """The picture with a longer side of SEARCH_SIDE, and how much of the full one it shows (width, height).

    Halved while it is twice too large, then scaled linearly: every pixel counts, so that noise does not turn
    into faces, at a fraction of the time of one INTER_AREA. An odd row or column at the end is left out.
    """
    import cv2

    halved = 1
    while max(image.shape[:2]) >= 2 * SEARCH_SIDE and min(image.shape[:2]) >= 2:
        height, width = (side // 2 for side in image.shape[:2])
        even = image[: 2 * height, : 2 * width]
        image = np.asarray(cv2.resize(even, (width, height), interpolation=cv2.INTER_AREA), np.uint8)
        halved *= 2
    height, width = image.shape[:2]
    scale = SEARCH_SIDE / max(height, width)
    target = (max(1, round(width * scale)), max(1, round(height * scale)))
    small = np.asarray(cv2.resize(image, target, interpolation=cv2.INTER_LINEAR), np.uint8)
    return small, (width * halved, height * halved)


def _load(model: Path) -> Any:
    import cv2

    from edge.bundle.onnx_file import load_graph

    load_graph(model)  # OpenCV would read values from files beside it
    cv2.setNumThreads(1)  # 3 ms a picture on one core; more threads take the cores from the networks
    logging: Any = getattr(cv2.utils, "logging", cv2)  # where OpenCV 5 and 4 keep it
    level = logging.getLogLevel()
    logging.setLogLevel(_ERRORS_ONLY)  # OpenCV 5 warns about a default of its own
    try:
        return cv2.FaceDetectorYN.create(str(model), "", (SEARCH_SIDE, SEARCH_SIDE), MIN_SCORE)
    except cv2.error:
        raise EngineError.of("face_detector", path=model) from None
    finally:
        logging.setLogLevel(level)


def _overlap(face: Face, other: Face) -> float:
    """Intersection over union, 0..1."""
    across = min(face.left + face.width, other.left + other.width) - max(face.left, other.left)
    down = min(face.top + face.height, other.top + other.height) - max(face.top, other.top)
    if across <= 0 or down <= 0:
        return 0.0
    both = across * down
    return both / (face.width * face.height + other.width * other.height - both)
