"""How often each training clip is drawn, and what its label asks for."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from calibration.data.dataset import Example
from export.recipe import Soft

BALANCE = 0.75
"""How far corpora are drawn alike: 0 leaves clips as they come, 1 hears every corpus as often."""


def label_targets(examples: Sequence[Example], k: int, soft: Soft = None) -> Tensor:
    """What the labels ask for, [n, k]: equal shares of the labels a person gave, the soft label of a guess.

    soft: `votes` asks for the shares of the raters' votes, where an example has them.
    """
    targets = torch.zeros(len(examples), k)
    for row, example in enumerate(examples):
        shares = example.votes if soft == "votes" and example.votes is not None else example.soft
        if shares is not None:
            targets[row] = torch.tensor(shares)
        else:
            given = [example.label, *example.also]
            targets[row, given] = 1.0 / len(given)
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
