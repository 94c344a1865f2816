"""How often each training clip is drawn, and what its label asks for."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from calibration.data.dataset import Example

BALANCE = 0.75
"""How far corpora are drawn alike: 0 leaves clips as they come, 1 hears every corpus as often."""


def label_targets(examples: Sequence[Example], k: int) -> Tensor:
    """What the labels ask for, [n, k]: one label where a person gave it, the soft label of a guess."""
    targets = F.one_hot(torch.tensor([e.label for e in examples]), k).float()
    for row, example in enumerate(examples):
        if example.soft is not None:
            targets[row] = torch.tensor(example.soft)
    return targets


def draw_share(corpora: Sequence[str], examples: Sequence[Example]) -> NDArray[np.float64]:
    """Chance of each clip to be drawn, [n]: between clips as they come and every corpus alike.

    corpora: of each example. A corpus of pseudo-labels is none to balance: its clips are heard as often as
    their weight says beside an average clip of the others.
    """
    names = np.array(corpora)
    guessed = np.isin(names, [c for c, e in zip(corpora, examples, strict=True) if e.soft is not None])
    share = np.ones(len(names))
    if not guessed.all():
        _, which, sizes = np.unique(names[~guessed], return_inverse=True, return_counts=True)
        share[~guessed] = sizes[which].astype(np.float64) ** -BALANCE
        share[guessed] = share[~guessed].mean()
    share *= [example.weight for example in examples]
    return np.asarray(share / share.sum())
