"""Whether a label can be told by one nuisance alone, on people left out, better than chance.

The number is unweighted recall on people left out in folds. Chance is its mean where labels of each person
are shuffled among that person's clips: how often each person shows each label stays. A shortcut is told where
  - few such shuffles do as well, however many nuisances were looked at (permutation test, Bonferroni), and
  - the 95 % interval of the recall over people lies above chance (jackknife, calibration/judge/intervals.py):
    many clips of few people prove little, and
  - recall lies at least WORTH above chance: a long list of clips makes any trifle sure.
Session and person are told apart by name alone, so nobody can be left out: the label of a clip is that of
most other clips of its session (of its person).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calibration.judge.intervals import by_person, intervals
from calibration.quality.measure import Measured
from calibration.quality.nuisances import NUISANCES, Nuisance
from calibration.site.fit.regression import Array, fit_regression

Ints = NDArray[np.int64]
FOLDS = 5
SHUFFLES = 1000
SURE = 0.05
"""How often chance alone may name any nuisance of a folder."""
WORTH = 0.05
"""Recall over chance from which a shortcut matters."""
MOST = 4000
"""Clips looked at; of more, these many drawn evenly over people and labels."""
LEAST = 20
"""Clips from which it is looked at all."""
STRENGTH = 0.02
"""Of the prior on the weights of features of deviation 1."""
REACH = 5.0
"""Features further from their mean are taken for so many deviations."""


@dataclass(frozen=True, slots=True)
class Shortcut:
    """How well a label is told by one nuisance alone."""

    key: str
    """Of the nuisance."""
    recall: float
    """Unweighted recall on people left out, 0..1."""
    chance: float
    """The same where the labels of each person are shuffled."""
    p: float
    """Share of shuffles that do as well, times the nuisances looked at; at most 1."""
    low: float | None
    """Lower end of the 95 % interval of recall over people; None of one person."""
    clips: int
    people: int
    told: bool
    """Whether it is better than chance."""


def shortcuts(measured: Sequence[Measured]) -> list[Shortcut]:
    """Each nuisance that the labelled recordings of named people show, the plainest first."""
    clips = _chosen([one for one in measured if one.clip.label and one.clip.speaker])
    looked: list[tuple[str, list[Measured], Ints, Ints]] = []
    for nuisance in NUISANCES:
        own = _of_two_people([one for one in clips if nuisance.has(one)])
        if len(own) >= LEAST and (found := _predicted(nuisance, own)) is not None:
            looked.append((nuisance.key, own, _labels(own), found))
    for key, part in (("session", "session"), ("person", "speaker")):
        own = [one for one in clips if getattr(one.clip, part)]
        names = [getattr(one.clip, part) for one in own]
        if len(own) >= LEAST and len(set(names)) > 1 and len({one.clip.label for one in own}) > 1:
            looked.append((key, own, _labels(own), _by_name(names, _labels(own))))
    tested = [_tested(key, own, labels, found, len(looked)) for key, own, labels, found in looked]
    return sorted(tested, key=lambda one: (not one.told, one.chance - one.recall))


def lone_labels(measured: Sequence[Measured]) -> dict[str, str]:
    """Label -> the one person who shows it, where others show other labels."""
    who = defaultdict[str, set[str]](set)
    for one in measured:
        if one.clip.label and one.clip.speaker:
            who[one.clip.label].add(one.clip.speaker)
    people = set().union(*who.values())
    return {label: next(iter(names)) for label, names in who.items() if len(names) == 1 < len(people)}


def _labels(clips: Sequence[Measured]) -> Ints:
    return np.asarray(np.unique([one.clip.label for one in clips], return_inverse=True)[1], np.int64)


def _chosen(clips: list[Measured]) -> list[Measured]:
    """At most MOST of them, from each person and label in turn."""
    if len(clips) <= MOST:
        return clips
    kept, taken = [], Counter[tuple[str, str]]()
    order = np.random.default_rng(0).permutation(len(clips))
    for number in order:
        kind = (clips[number].clip.speaker, clips[number].clip.label)
        kept.append((taken[kind], int(number)))
        taken[kind] += 1
    return [clips[number] for number in sorted(number for _, number in sorted(kept)[:MOST])]


def _of_two_people(clips: list[Measured]) -> list[Measured]:
    """Without the labels that one person alone shows: they cannot be learnt of others."""
    lone = lone_labels(clips)
    return [one for one in clips if one.clip.label not in lone]


def _predicted(nuisance: Nuisance, clips: list[Measured]) -> Ints | None:
    """Label of each clip by a regression that never met its person; None where there is nothing to tell."""
    labels, features = _labels(clips), nuisance.features(clips)
    people, who = np.unique([one.clip.speaker for one in clips], return_inverse=True)
    count = labels.max(initial=0) + 1
    if count < 2 or len(people) < 2 or np.all(features == features[0]):
        return None
    order = np.random.default_rng(0).permutation(len(people))
    fold = order[who] % min(FOLDS, len(people))
    found = np.zeros(len(labels), np.int64)
    for number in range(fold.max() + 1):
        out = fold == number
        found[out] = _told_by(features[~out], labels[~out], features[out], count)
    return found


def _told_by(features: Array, labels: Ints, asked: Array, count: int) -> Ints:
    """Likeliest label of each row of `asked`, by a regression on the others in which labels weigh alike."""
    deviation = features.std(axis=0)
    scale = np.where(deviation > 1e-9, deviation, 1.0)
    known, rows = (np.clip((f - features.mean(axis=0)) / scale, -REACH, REACH) for f in (features, asked))
    weigh = 1.0 / np.maximum(np.bincount(labels, minlength=count), 1)[labels]
    model = fit_regression(known, np.zeros((len(labels), count)), np.eye(count)[labels], weigh, STRENGTH)
    return np.asarray(model.logits(rows, np.zeros((len(rows), count))).argmax(axis=1), np.int64)


def _by_name(names: Sequence[str], labels: Ints) -> Ints:
    """The label of most other clips of the same name, [n]; of equals the rarest one of all."""
    _, which = np.unique(names, return_inverse=True)
    count = labels.max() + 1
    table = np.zeros((which.max() + 1, count))
    np.add.at(table, (which, labels), 1.0)
    others = table[which]
    others[np.arange(len(labels)), labels] -= 1.0
    everywhere = np.bincount(labels, minlength=count)
    return np.asarray((others - 1e-3 * everywhere / everywhere.max()).argmax(axis=1), np.int64)


def _tested(key: str, clips: list[Measured], labels: Ints, found: Ints, looked: int) -> Shortcut:
    people, who = np.unique([one.clip.speaker for one in clips], return_inverse=True)
    count = int(labels.max()) + 1
    recall = _recall(labels, found, count)
    shuffled = _shuffled(labels, found, np.zeros_like(who) if key == "person" else who, count)
    chance = float(shuffled.mean())
    p = float((1 + (shuffled >= recall - 1e-12).sum()) / (1 + len(shuffled)))
    counts = by_person(people[who], labels * count + found, count * count)
    span = intervals(counts, lambda cells: {"recall": _unweighted(cells.reshape(count, count))})["recall"]
    low = span[0] if span else None
    steady = key == "person" or (low is not None and low > chance)
    told = p * looked < SURE and steady and recall >= chance + WORTH
    return Shortcut(key, recall, chance, min(1.0, p * looked), low, len(clips), len(people), told)


def _shuffled(labels: Ints, found: Ints, within: Ints, count: int) -> NDArray[np.float64]:
    """Recall where labels change places among the clips of the same person, [SHUFFLES]."""
    rng = np.random.default_rng(0)
    order = np.argsort(within, kind="stable")
    within, found = within[order], found[order]
    recalls = np.empty(SHUFFLES)
    for turn in range(SHUFFLES):
        mixed = labels[order][np.lexsort((rng.random(len(labels)), within))]
        recalls[turn] = _recall(mixed, found, count)
    return recalls


def _recall(labels: Ints, found: Ints, count: int) -> float:
    cells = np.bincount(labels * count + found, minlength=count * count)
    return _unweighted(cells.reshape(count, count))


def _unweighted(cells: Ints) -> float:
    """Mean recall of the labels that occur; cells: [true, told]."""
    total = cells.sum(axis=1)
    return float((cells.diagonal()[total > 0] / total[total > 0]).mean())
