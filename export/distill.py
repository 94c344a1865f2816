"""What a teacher knows of each clip, as targets a student learns besides the labels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

FOLDS = 5
PENALTY = 3e-3
"""Weight decay of the teacher's own classifier."""
DIRECTIONS = 64
"""Principal directions of the teacher's features that the student imitates."""
TEMPERATURE = 2.0
SOFT, MATCH = 0.5, 0.5
"""Share of the soft labels in the label loss; weight of the feature match."""


@dataclass(frozen=True)
class Lessons:
    """Targets of each training clip."""

    soft: Tensor
    """The teacher's posterior at TEMPERATURE, from a classifier that never heard the speaker, [n, k]."""
    features: Tensor
    """The teacher's features in its DIRECTIONS, each of unit variance, [n, d]."""


def lessons(
    features: NDArray[np.float32],
    labels: NDArray[np.int64],
    speakers: Sequence[str],
    share: NDArray[np.float64],
) -> Lessons:
    """Targets from a teacher's features [n, f] of training clips.

    labels: [n]. speakers: who is heard in each; the mean of a speaker's features is taken off them all.
    share: weight of each clip, sums to 1.
    """
    features = features.copy()
    for name in set(speakers):
        own = np.array([speaker == name for speaker in speakers])
        features[own] -= features[own].mean(axis=0)
    x = torch.from_numpy(features / (features.std(axis=0) + 1e-4)).float()
    y, weight = torch.from_numpy(labels), torch.from_numpy(share * len(share)).float()
    names = sorted(set(speakers))
    fold = torch.tensor([names.index(name) % FOLDS for name in speakers])
    logits = torch.zeros(len(x), int(y.max()) + 1)
    for k in range(FOLDS):
        seen, unseen = fold != k, fold == k
        if unseen.any() and seen.any():
            logits[unseen] = classifier(x[seen], y[seen], weight[seen], logits.shape[1])(x[unseen])
    torch.manual_seed(0)
    directions = torch.pca_lowrank(x, min(DIRECTIONS, *x.shape))[2]
    turned = x @ directions
    turned /= turned.std(dim=0).clamp(min=1e-6)
    # A handful of clips spans fewer directions; the others hold nothing.
    wide = F.pad(turned, (0, DIRECTIONS - turned.shape[1]))
    return Lessons((logits / TEMPERATURE).softmax(dim=1), wide)


def classifier(x: Tensor, y: Tensor, weight: Tensor, k: int) -> nn.Module:
    """Multinomial logistic regression with weight decay, on x [n, f].

    y: labels [n], or soft ones [n, k]. weight: of each row, [n], 1 on average.
    """
    linear = nn.Linear(x.shape[1], k)
    nn.init.zeros_(linear.weight)
    nn.init.zeros_(linear.bias)
    optimizer = torch.optim.LBFGS(linear.parameters(), max_iter=60)

    def loss() -> Tensor:
        optimizer.zero_grad()
        fit = (F.cross_entropy(linear(x), y, reduction="none") * weight).mean()
        total = fit + PENALTY * linear.weight.square().sum()
        total.backward()
        return total

    optimizer.step(loss)
    return linear.requires_grad_(False)


class Taught(nn.Module):
    """A student and the map from its tokens to its teacher's features.

    Gives the student's tokens [b, t, d] and logits [b, k], and what it imitates [b, DIRECTIONS].
    """

    def __init__(self, student: nn.Module, token: int) -> None:
        super().__init__()
        self.student = student
        self.match = nn.Linear(2 * token, DIRECTIONS)

    def forward(self, *inputs: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        tokens, logits = self.student(*inputs)
        return tokens, logits, self.imitated(tokens)

    def imitated(self, tokens: Tensor) -> Tensor:
        """What the student makes of its teacher's features, [b, DIRECTIONS]."""
        spread = (tokens.var(dim=1, unbiased=False) + 1e-4).sqrt()
        found: Tensor = self.match(torch.cat([tokens.mean(dim=1), spread], dim=1))
        return found


def distillation_loss(
    label_loss: Tensor, logits: Tensor, soft: Tensor, found: Tensor, wished: Tensor
) -> Tensor:
    """Labels, soft labels (Hinton et al. 2015) and feature match (Romero et al. 2015) as one loss."""
    kl = F.kl_div((logits / TEMPERATURE).log_softmax(dim=1), soft, reduction="batchmean")
    return (1 - SOFT) * label_loss + SOFT * TEMPERATURE**2 * kl + MATCH * F.mse_loss(found, wished)
