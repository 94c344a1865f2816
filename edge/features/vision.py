"""Face in a frame -> grey square -> standardised picture."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from edge.bundle.manifest import VisionSpec
from edge.items import Bytes, Face, Floats


def crop(image: Bytes, face: Face, spec: VisionSpec) -> Bytes:
    """The grey square around a face.

    image: RGB [h, w, 3]. Returns [size, size] uint8; what lies outside the picture repeats its edge.
    """
    import cv2

    side = spec.scale * (face.width + face.height) / 2.0
    left = face.left + face.width / 2.0 - side / 2.0
    top = face.top + face.height * (0.5 + spec.shift) - side / 2.0
    # Work on the patch alone: converting a whole frame costs more than everything else here.
    x0, y0 = max(0, int(left)), max(0, int(top))
    x1 = min(image.shape[1], int(np.ceil(left + side)) + 1)
    y1 = min(image.shape[0], int(np.ceil(top + side)) + 1)
    if x1 <= x0 or y1 <= y0:
        return np.zeros((spec.size, spec.size), np.uint8)
    patch = cv2.cvtColor(np.ascontiguousarray(image[y0:y1, x0:x1]), cv2.COLOR_RGB2GRAY)
    step = side / spec.size
    if step > 1.0:  # blur before shrinking, as INTER_AREA would
        patch = cv2.blur(patch, (round(step), round(step)))
    offset = 0.5 * step - 0.5
    matrix = np.array([[step, 0, left - x0 + offset], [0, step, top - y0 + offset]], np.float64)
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return np.asarray(
        cv2.warpAffine(patch, matrix, (spec.size, spec.size), flags=flags, borderMode=cv2.BORDER_REPLICATE),
        np.uint8,
    )


def standardise(crops: Sequence[Bytes] | Bytes) -> Floats:
    """Crops with the light taken out: zero mean, unit deviation each.

    crops: n of [size, size] uint8. Returns [n, 1, size, size]; a flat crop gives zeros.
    """
    faces = np.asarray(crops, np.float32)[:, None]
    mean = faces.mean(axis=(2, 3), keepdims=True)
    deviation = faces.std(axis=(2, 3), keepdims=True)
    return np.asarray((faces - mean) / np.maximum(deviation, 8.0), np.float32)
