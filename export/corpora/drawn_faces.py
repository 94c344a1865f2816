"""Drawn faces for a site that records voices alone and keeps the vision network of a bundle.

They stand where an export needs some faces. Each is under every label, so nothing can be learned from them.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from calibration.data.dataset import Example
from calibration.int8.golden_inputs import face
from edge.bundle.manifest import VisionSpec
from edge.labels import Labels
from edge.system.private import make_private, replacing
from export.corpora.fer2013 import CROPS
from export.corpora.readers import Split

CORPUS = "drawn faces"
"""What they are called among the corpora."""
FACES = {"train": 60, "dev": 30}
"""How many are drawn for each role."""


def drawn_faces(labels: Labels, spec: VisionSpec, cache: Path) -> Split:
    """Faces of nobody to train and calibrate the fusion on; none to judge on."""
    make_private(cache)
    path = cache / f"drawn-{spec.size}{CROPS}"
    rng = np.random.default_rng(0)
    crops = np.stack([face(spec.size, rng) for _ in range(sum(FACES.values()))])
    with replacing(path) as part, part.open("wb") as file:
        np.save(file, crops)
    roles: dict[str, list[Example]] = {"train": [], "dev": [], "test": []}
    numbers = iter(range(len(crops)))
    for role, count in FACES.items():
        for number in [next(numbers) for _ in range(count)]:
            who = f"drawn-{number}"
            roles[role] += [
                Example(f"{who}-{label}", label, who, path, tile=(0, number)) for label in range(len(labels))
            ]
    return Split(**roles)
