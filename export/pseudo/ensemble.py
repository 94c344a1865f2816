"""K calibrated classifiers on clip features, each clip judged only by those that never learned its label."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from calibration.confidence.fitting import fit_scaling
from edge.errors import DatasetError
from edge.items import Floats
from edge.reading.confidence import softmax
from export.training.targets import classifier


@dataclass(frozen=True, eq=False)
class HumanLabelled:
    """Clips that people labelled."""

    features: Floats
    """[n, f]."""
    labels: NDArray[np.int64]
    """[n]."""
    groups: Sequence[str]
    """Who is heard in each; nobody is judged by a fold that heard them."""


@dataclass(frozen=True, eq=False)
class PseudoLabelled:
    """Clips with pseudo-labels."""

    rows: NDArray[np.int64]
    """Places in the pool, [m]."""
    soft: Floats
    """[m, k]."""
    weight: Floats
    """Beside a human-labelled clip, [m]."""


@dataclass(frozen=True, eq=False)
class EnsemblePrediction:
    """What an ensemble makes of its clips."""

    labelled: Floats
    """Calibrated posterior of each human-labelled clip from the fold that never heard its speaker, [n, k]."""
    pool: Floats
    """Calibrated mean posterior of each pool clip, [m, k]."""
    votes: NDArray[np.int64]
    """Likeliest label of each pool clip by each fold, [folds, m]."""
    temperature: float
    model: str
    """Short hash of all weights."""


def no_pseudo_labels(labels: int) -> PseudoLabelled:
    """No clip with a pseudo-label. labels: how many there are."""
    return PseudoLabelled(np.zeros(0, np.int64), np.zeros((0, labels), np.float32), np.zeros(0, np.float32))


def predict_ensemble(
    human: HumanLabelled,
    pool: Floats,
    speakers: Sequence[str],
    guessed: PseudoLabelled,
    halves: NDArray[np.int64],
    folds: int,
) -> EnsemblePrediction:
    """Fit K folds by speaker and ask them about every clip.

    pool: features of the unlabelled clips [m, f]. speakers: who is heard in each. halves: 0 or 1 of each
    pool clip, [m]. Pseudo-labels of one half are learned by the classifiers that judge the other: a guess
    cannot confirm itself. The temperature is fitted on the labelled clips, each judged by the fold that left
    its speaker out (Guo et al. 2017), labels and pseudo-labels.
    Raises DatasetError when there are fewer speakers than folds.
    """
    fold = fold_of(human.groups, folds)
    of_person = dict(zip(human.groups, fold.tolist(), strict=True))
    guessed_fold = np.array([of_person.get(speakers[row], -1) for row in guessed.rows.tolist()], np.int64)
    labels = guessed.soft.shape[1]
    logits = np.zeros((2, folds, len(pool), labels), np.float32)
    held_out = np.zeros((2, len(human.labels), labels), np.float32)
    content = hashlib.sha256()
    sides = (0, 1) if len(guessed.rows) else (0,)
    for side in sides:
        learned = halves[guessed.rows] != side
        for k in range(folds):
            net = train_classifier(human, fold != k, pool, guessed, learned & (guessed_fold != k))
            content.update(b"".join(p.numpy().tobytes() for p in net.parameters()))
            held_out[side, fold == k] = logits_of(net, human.features[fold == k])
            logits[side, k] = logits_of(net, pool)
    if len(sides) == 1:
        logits[1], held_out[1] = logits[0], held_out[0]
    own = logits[halves, :, np.arange(len(pool))].transpose(1, 0, 2)
    mean = held_out.mean(axis=0)
    temperature = fit_scaling(mean, human.labels, with_bias=False).temperature
    return EnsemblePrediction(
        softmax(mean, temperature),
        softmax(own, temperature).mean(axis=0),
        own.argmax(axis=2),
        temperature,
        content.hexdigest()[:16],
    )


def train_on_all(human: HumanLabelled, pool: Floats, guessed: PseudoLabelled) -> nn.Module:
    """One classifier on all that is labelled, by whomever: what a round is judged by."""
    everybody = np.ones(len(human.labels), bool)
    return train_classifier(human, everybody, pool, guessed, np.ones(len(guessed.rows), bool))


def train_classifier(
    human: HumanLabelled,
    chosen: NDArray[np.bool_],
    pool: Floats,
    guessed: PseudoLabelled,
    learned: NDArray[np.bool_],
) -> nn.Module:
    """A classifier on some human-labelled clips and some pseudo-labelled ones, all labels alike in weight."""
    rows = guessed.rows[learned]
    features = np.concatenate([human.features[chosen], pool[rows]])
    labels = guessed.soft.shape[1]
    known = np.eye(labels, dtype=np.float32)[human.labels[chosen]]
    soft = np.concatenate([known, guessed.soft[learned]])
    weight = np.concatenate([np.ones(len(known), np.float32), guessed.weight[learned]])
    mass = (soft * weight[:, None]).sum(axis=0)
    weight = weight * (soft / np.maximum(mass, 1e-6)).sum(axis=1)
    scale = len(weight) / weight.sum()
    x, y, w = (torch.from_numpy(a) for a in (features, soft, (weight * scale).astype(np.float32)))
    return classifier(x, y, w, labels)


@torch.no_grad()
def logits_of(net: nn.Module, features: Floats) -> Floats:
    """Logits, [n, k]."""
    return np.asarray(net(torch.from_numpy(features)).numpy(), np.float32)


def fold_of(groups: Sequence[str], folds: int) -> NDArray[np.int64]:
    """Fold of each clip, [n]: the speakers with most clips first, each to the emptiest fold.

    Raises DatasetError for fewer speakers than folds.
    """
    names, counts = np.unique(np.array(groups), return_counts=True)
    if len(names) < folds:
        raise DatasetError.of("folds_few", count=len(names), folds=folds)
    filled, found = np.zeros(folds, np.int64), {}
    for place in np.argsort(-counts, kind="stable"):
        found[str(names[place])] = emptiest = int(filled.argmin())
        filled[emptiest] += counts[place]
    return np.array([found[group] for group in groups], np.int64)


def half_of(names: Sequence[str]) -> NDArray[np.int64]:
    """0 or 1 of each clip by the hash of its sound, [n]."""
    return np.array([hashlib.sha256(name.encode()).digest()[0] % 2 for name in names], np.int64)
