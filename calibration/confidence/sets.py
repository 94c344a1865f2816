"""Thresholds of prediction sets: from people and clips, however many windows these were cut into.

A clip counts once, and clips of one person as far as they tell more than one of them does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from calibration.confidence.fitting import require_examples
from edge.bundle.evidence import Evidence

MISS = 0.1
"""Share of examples whose true label may fall out of the prediction set."""
ALIKE = 0.15
"""Least correlation of clips of one person, and that of a single one: it was 0.10 to 0.20 on people of four
corpora whom no network was trained on."""


def fit_thresholds(
    posteriors: NDArray[Any],
    labels: NDArray[Any],
    people: NDArray[Any] | None = None,
    clips: NDArray[Any] | None = None,
    miss: float = MISS,
) -> tuple[float, ...]:
    """For each label the probability below which it may be ruled out, [k]; 0: it never is.

    posteriors: [n, k], labels: [n]. people: who each window is of, [n]; None: each is of another person.
    clips: which clip each is of, [n], whatever the person; None: each is one. Class-conditional conformal
    prediction with the score 1 - p (Vovk 2012, Sadinle et al. 2019): of what a person never met shows a share
    1 - miss keeps its label. Scores are pooled with people weighed evenly, in a person clips, in a clip
    windows (Dunn, Wasserman and Ramdas 2023, "Distribution-free prediction sets for two-layer hierarchical
    models"); the finite-sample correction (n + 1) / n is for the effective number of clips (Kish 1965,
    "Survey Sampling"), below 1 / miss - 1 of which nothing is ruled out. Raises InputError for fewer than
    LEAST examples.
    """
    require_examples(labels)
    units = _units(labels, people, clips)
    alike = _alike(posteriors, labels, units, miss)
    return tuple(
        _threshold(posteriors[own, label], _weights(units, own), _effective(units, label, alike), miss)
        if (own := labels == label).any()
        else 0.0
        for label in range(posteriors.shape[1])
    )


def evidence_of(
    posteriors: NDArray[Any],
    labels: NDArray[Any],
    people: NDArray[Any] | None = None,
    clips: NDArray[Any] | None = None,
    miss: float = MISS,
) -> tuple[Evidence, ...]:
    """What fit_thresholds goes by, of each label, [k]; the arguments are its own."""
    units = _units(labels, people, clips)
    alike = _alike(posteriors, labels, units, miss)
    return tuple(
        Evidence(
            clips=int((units.label == label).sum()),
            people=len(np.unique(units.person[units.label == label])),
            effective=round(_effective(units, label, alike), 1),
        )
        for label in range(posteriors.shape[1])
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Units:
    """Clips that are told apart by label, person and clip."""

    label: NDArray[np.int64]
    """[units]."""
    person: NDArray[np.int64]
    """[units]."""
    of: NDArray[np.int64]
    """Unit of each window, [n]."""
    windows: NDArray[np.int64]
    """Windows of each, [units]."""


def _units(labels: NDArray[Any], people: NDArray[Any] | None, clips: NDArray[Any] | None) -> _Units:
    each = np.arange(len(labels))
    clip = each if clips is None else np.unique(clips, return_inverse=True)[1]
    person = clip if people is None else np.unique(people, return_inverse=True)[1]
    rows = np.stack([labels, person, clip], axis=1)
    found, of, windows = np.unique(rows, axis=0, return_inverse=True, return_counts=True)
    return _Units(found[:, 0], found[:, 1], of.reshape(-1), windows)


def _weights(units: _Units, own: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Weight of each window of a label, [own]: people weigh evenly, their clips, and windows of these."""
    of = units.of[own]
    there = np.unique(of)
    _, who, clips = np.unique(units.person[there], return_inverse=True, return_counts=True)
    share = np.zeros(len(units.label))
    share[there] = 1.0 / (clips[who] * units.windows[there])
    return np.asarray(share[of])


def _effective(units: _Units, label: int, alike: float) -> float:
    """Independent clips that the clips of a label are worth.

    people^2 over the sum over people of alike + (1 - alike) / clips. alike: correlation of a person's clips.
    """
    _, clips = np.unique(units.person[units.label == label], return_counts=True)
    if not len(clips):
        return 0.0
    return float(len(clips) ** 2 / (alike + (1.0 - alike) / clips).sum())


def _alike(posteriors: NDArray[Any], labels: NDArray[Any], units: _Units, miss: float) -> float:
    """How alike clips of one person are in whether their label is ruled out, ALIKE at least.

    Intraclass correlation by analysis of variance within each label, pooled (Donner 1986, "A review of
    inference procedures for the intraclass correlation coefficient").
    """
    true = posteriors[np.arange(len(labels)), labels]
    limits = np.array(
        [
            np.quantile(true[labels == k], miss) if (labels == k).any() else 0.0
            for k in range(labels.max() + 1)
        ]
    )
    out = np.bincount(units.of, true <= limits[labels]) / units.windows
    between = within = size = 0.0
    groups = more = 0
    for label in np.unique(units.label):
        own = units.label == label
        _, who, clips = np.unique(units.person[own], return_inverse=True, return_counts=True)
        if len(clips) < 2:
            continue
        means = np.bincount(who, out[own]) / clips
        between += float((clips * (means - out[own].mean()) ** 2).sum())
        within += float(((out[own] - means[who]) ** 2).sum())
        size += clips.sum() - (clips**2).sum() / clips.sum()
        groups += len(clips) - 1
        more += int(clips.sum()) - len(clips)
    if not groups or not more:
        return ALIKE
    a_group, a_clip, each = between / groups, within / more, size / groups
    total = a_group + (each - 1.0) * a_clip
    return float(np.clip((a_group - a_clip) / total, ALIKE, 1.0)) if total > 0 else ALIKE


def _threshold(true: NDArray[Any], weights: NDArray[np.float64], effective: float, miss: float) -> float:
    """The largest probability below which a share `miss` of new clips lies at most; 0: too few to say."""
    order = np.argsort(true, kind="stable")
    shares = weights[order] / weights.sum()
    below = np.concatenate([[0.0], np.cumsum(shares)[:-1]])
    # What is met next is one more clip, and may be lower than all.
    fit = np.flatnonzero((effective * below + 1.0) / (effective + 1.0) <= miss + 1e-9)
    return float(true[order[fit[-1]]]) if len(fit) else 0.0
