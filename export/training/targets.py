"""What a teacher knows of each clip, as targets a student learns besides the labels."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

SCORE = "teacher.json"
"""What the teacher scores, kept in the folder its student is trained in."""
FOLDS = 5
LEAST_CLIPS = 20
"""Clips of a person that tell how the person speaks whatever the mood."""
PENALTY = 3e-3
"""Weight decay of the teacher's own classifier."""
DIRECTIONS = 64
"""Principal directions of the teacher's features that the student imitates."""
TEMPERATURE = 2.0


@dataclass(frozen=True)
class TeacherTargets:
    """Targets of each training clip."""

    soft: Tensor
    """The teacher's posterior at TEMPERATURE, from a classifier that never heard the speaker, [n, k]."""
    features: Tensor
    """The teacher's features in its DIRECTIONS, each of unit variance, [n, d]."""
    score: float
    """What the teacher scores on people it never met, by the measure of its student, 0..1."""


@dataclass(frozen=True)
class DevClips:
    """Clips of people never trained on, which a teacher is judged by."""

    features: NDArray[np.float32]
    """The teacher's, [m, f]."""
    speakers: Sequence[str]
    """Who is heard in each, [m]."""
    score: Callable[[Tensor], float]
    """Score of logits [m, k] about them, 0..1."""


def teacher_targets(
    features: NDArray[np.float32],
    labels: NDArray[np.int64],
    speakers: Sequence[str],
    share: NDArray[np.float64],
    dev: DevClips,
    k: int,
) -> TeacherTargets:
    """Targets from a teacher's features [n, f] of training clips.

    labels: [n]. speakers: who is heard in each. share: weight of each clip's label, sums to 1; 0 where it is
    not to be learned from. dev: answered by a classifier trained on all training clips. k: labels.
    """
    plain = torch.from_numpy(_centred(features, speakers))
    x = standardised(plain)
    dev_x = standardised(torch.from_numpy(_centred(dev.features, dev.speakers)), plain)
    y, weight = torch.from_numpy(labels), torch.from_numpy(share * len(share)).float()
    fold = folds_of(speakers, FOLDS)
    logits = torch.zeros(len(x), k)
    for number in range(FOLDS):
        seen, unseen = fold != number, fold == number
        if unseen.any() and seen.any():
            logits[unseen] = classifier(x[seen], y[seen], weight[seen], logits.shape[1])(x[unseen])
    score = dev.score(classifier(x, y, weight, logits.shape[1])(dev_x))
    return targets_from(logits, x, score)


def _centred(features: NDArray[np.float32], speakers: Sequence[str]) -> NDArray[np.float32]:
    """Features [n, f] less the mean of each speaker's; and those of people with fewer than LEAST_CLIPS clips,
    or with one face each, less the mean of them together."""
    features = features.copy()
    _, who, clips = np.unique(np.array(speakers), return_inverse=True, return_counts=True)
    group = np.where(clips[who] >= LEAST_CLIPS, who, len(clips))
    order = np.argsort(group, kind="stable")
    for own in np.split(order, np.flatnonzero(np.diff(group[order])) + 1):
        features[own] -= features[own].mean(axis=0)
    return features


def targets_from(logits: Tensor, features: Tensor, score: float) -> TeacherTargets:
    """Targets from what a teacher answered [n, k] and its standardised features [n, f]."""
    torch.manual_seed(0)
    directions = torch.pca_lowrank(features, min(DIRECTIONS, *features.shape))[2]
    turned = features @ directions
    turned /= turned.std(dim=0).clamp(min=1e-6)
    # A handful of clips spans fewer directions; the others hold nothing.
    wide = F.pad(turned, (0, DIRECTIONS - turned.shape[1]))
    return TeacherTargets((logits / TEMPERATURE).softmax(dim=1), wide, score)


def keep_score(score: float, folder: Path) -> None:
    """Keep what a teacher scores (0..1) beside its student; before that is trained, so it is there after."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / SCORE).write_text(json.dumps({"score": score}) + "\n", encoding="utf-8")


def kept_score(folder: Path) -> float | None:
    """What `keep_score` kept there; None where nothing was."""
    file = folder / SCORE
    return float(json.loads(file.read_text(encoding="utf-8"))["score"]) if file.is_file() else None


def folds_of(speakers: Sequence[str], folds: int) -> Tensor:
    """Fold of each clip, [n]; a speaker is in one fold only."""
    place = {name: number % folds for number, name in enumerate(sorted(set(speakers)))}
    return torch.tensor([place[name] for name in speakers])


def standardised(features: Tensor, by: Tensor | None = None) -> Tensor:
    """Features [n, f] with mean 0 and deviation 1 each; by those of others, where these are given."""
    by = features if by is None else by
    return ((features - by.mean(dim=0)) / (by.std(dim=0, unbiased=False) + 1e-4)).float()


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
