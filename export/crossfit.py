"""How sure the fusion may be: asked about people that neither it nor any encoder was trained on.

The fusion head needs examples that the encoders were not trained on, and few people are kept back for that.
So heads are trained that each leave out a part of these people and are asked about that; the head that
ships is trained on all, and takes over their temperature (cross-fitting, as in scikit-learn's
CalibratedClassifierCV with ensemble=False).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from edge.fusion import fused_name
from edge.items import LABELS, MODALITIES
from export.fusion import FusionHead
from export.fusion_training import Pool, compose, even_labels, train_fusion
from export.recipe import Recipe

A_LABEL = 100
"""Windows of each label, of each part, for every combination of modalities."""

Answers = tuple[NDArray[np.float32], NDArray[np.int64]]
"""Logits [n, k] and labels [n]."""


def cross_fitted(
    recipe: Recipe,
    seen: Mapping[str, Pool],
    parts: Sequence[tuple[Mapping[str, Pool], Mapping[str, Pool]]],
    folder: Path,
) -> tuple[dict[str, Answers], dict[str, float]]:
    """What the heads say about windows of people they never met.

    parts: the pools of a part of the people, and of all others. Every part weighs alike, however many
    examples it has. Gives the answers, by the name of what was present (edge.fusion.fused_name), on windows
    that keep the transcript where it is known; and the accuracy on windows as in training, of all modalities
    together and of each alone.
    """
    found: dict[str, list[NDArray[np.float32]]] = {}
    right: dict[str, list[float]] = {}
    wished = []
    for number, (own, others) in enumerate(parts):
        head = train_fusion(recipe, seen, completed(others, seen), own, folder / f"without-{number + 1}")
        labels = even_labels(own, A_LABEL * len(LABELS))
        wished.append(labels.numpy())
        for count in range(1, len(MODALITIES) + 1):
            for present in combinations(MODALITIES, count):
                told = _told(head, compose(own, labels, recipe, _drawn(recipe, 1), present, spoken=1.0))
                found.setdefault(fused_name(present), []).append(told.numpy())
        for name, present in {"all": MODALITIES, **{m: (m,) for m in MODALITIES}}.items():
            told = _told(head, compose(own, labels, recipe, _drawn(recipe, 2), present))
            right.setdefault(name, []).append(float((told.argmax(dim=1) == labels).float().mean()))
    answers = {name: (np.concatenate(rows), np.concatenate(wished)) for name, rows in found.items()}
    return answers, {name: round(float(np.mean(shares)), 3) for name, shares in right.items()}


def completed(own: Mapping[str, Pool], seen: Mapping[str, Pool]) -> dict[str, Pool]:
    """Pools in which no label lacks: examples of training people stand in for those these do not show."""
    whole = dict(own)
    for name in MODALITIES:
        lacking = torch.nonzero(~torch.isin(seen[name].label, own[name].label)).flatten()
        whole[name] = own[name].add(seen[name].take(lacking)) if len(lacking) else own[name]
    return whole


@torch.no_grad()
def _told(head: FusionHead, windows: Sequence[Tensor]) -> Tensor:
    logits: Tensor = head(*windows)[0]
    return logits


def _drawn(recipe: Recipe, number: int) -> np.random.Generator:
    return np.random.default_rng((recipe.seed, number))
