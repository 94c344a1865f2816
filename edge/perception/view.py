"""What hampers a camera's view: darkness, a cover, blur. Once a second is enough."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from edge.items import Bytes
from edge.perception.faces import SEARCH_SIDE, too_dark

BLURRED = 0.01
"""Sharpness below which a picture is blurred. Real videos have 0.046 to 0.33; blurred with a deviation of
3 pixels in a width of 640 they have 0.0025 to 0.0062 (tests/test_view.py)."""
COVERED = (0.25, 0.2)
"""Contrast and detail below which a picture shows nothing. Real videos, darkened ones too, have a contrast of
at least 0.32; shaded surfaces up to 0.18, with a detail of up to 0.19 where the sensor is noisy."""
_COARSE_SIDE = 40  # sensor noise is gone at this size, people are not


def hindrance(image: Bytes) -> Literal["", "dark", "covered", "blurred"]:
    """What hampers the view most; empty when nothing does. image: RGB [h, w, 3]."""
    if too_dark(image):
        return "dark"
    contrast, detail = contents(image)
    if contrast < COVERED[0] and detail < COVERED[1]:
        return "covered"
    return "blurred" if sharpness(image) < BLURRED else ""


def sharpness(image: Bytes) -> float:
    """Variance of the Laplacian over the variance of the picture, at the size faces are searched in.

    The quotient does not depend on light or contrast. image: RGB [h, w, 3]. A flat picture has 0.
    """
    import cv2

    grey = _small(image, SEARCH_SIDE)
    return float(cv2.Laplacian(grey, cv2.CV_32F).var() / max(float(grey.var()), 1.0))


def contents(image: Bytes) -> tuple[float, float]:
    """Contrast and detail of a coarse copy: deviations of it and of its Laplacian over its mean.

    image: RGB [h, w, 3].
    """
    import cv2

    grey = _small(image, _COARSE_SIDE)
    mean = max(float(grey.mean()), 1.0)
    return float(grey.std()) / mean, float(cv2.Laplacian(grey, cv2.CV_32F).std()) / mean


def _small(image: Bytes, side: int) -> Any:
    """Grey copy, float32, no larger than `side`."""
    import cv2

    height, width = image.shape[:2]
    shrink = min(1.0, side / max(height, width))
    size = (max(1, round(width * shrink)), max(1, round(height * shrink)))
    small = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    return cv2.cvtColor(small, cv2.COLOR_RGB2GRAY).astype(np.float32)
