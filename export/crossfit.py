"""How sure the fusion may be: asked about people that neither it nor any encoder was trained on.

The fusion head needs examples that the encoders were not trained on, and few people are kept back for that.
So two heads are trained, each on one half of these people, and asked about the other half; the head that
ships is trained on both, and takes over their temperature (cross-fitting, as in scikit-learn's
CalibratedClassifierCV with ensemble=False).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from edge.fusion import fused_name
from edge.items import LABELS, MODALITIES
from export.fusion_training import Pool, compose, train_fusion
from export.recipe import Recipe

A_LABEL = 100
"""Windows of each label, of each half, for every combination of modalities."""

Answers = tuple[NDArray[np.float32], NDArray[np.int64]]
"""Logits [n, k] and labels [n]."""


def cross_fitted(
    recipe: Recipe, seen: Mapping[str, Pool], parts: Sequence[Mapping[str, Pool]], folder: Path
) -> dict[str, Answers]:
    """Answers on windows of unseen people, by the name of what was present (edge.fusion.fused_name).

    parts: two pools that share no person. Where a transcript is known, the windows keep it.
    """
    labels = torch.arange(A_LABEL * len(LABELS)) % len(LABELS)
    found: dict[str, list[NDArray[np.float32]]] = {}
    for number, (own, other) in enumerate((parts, parts[::-1])):
        head = train_fusion(recipe, seen, own, other, folder / f"half-{number + 1}")
        for count in range(1, len(MODALITIES) + 1):
            for present in combinations(MODALITIES, count):
                rng = np.random.default_rng((recipe.seed, 1))
                windows = compose(other, labels, recipe, rng, present, spoken=1.0)
                with torch.no_grad():
                    logits = head(*windows)[0].numpy()
                found.setdefault(fused_name(present), []).append(logits)
    return {name: (np.concatenate(rows), np.tile(labels.numpy(), 2)) for name, rows in found.items()}
