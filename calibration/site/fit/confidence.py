"""Temperature and prediction sets for a site: fitted on people left out, taken where strangers gain."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calibration.confidence.fitting import LEAST
from calibration.confidence.sets import MISS, evidence_of, fit_thresholds
from calibration.judge.metrics import calibration_error
from calibration.site.fit.head import surprise
from calibration.site.fit.people import even_weights, folds
from calibration.site.fit.regression import Array
from edge.bundle.evidence import Evidence
from edge.bundle.site import Part
from edge.reading.confidence import TIE, softmax

TEMPERATURES = np.geomspace(0.2, 50.0, 160)
"""Those that are tried."""


@dataclass(frozen=True, slots=True, eq=False)
class Told:
    """What one posterior says of labelled windows, each by a fit without its person."""

    logits: Array
    """[n, k]."""
    labels: NDArray[np.int64]
    people: NDArray[np.int64]
    clips: NDArray[np.int64]
    targets: Array
    """What the temperature is fitted to, [n, k]; labels alone measure."""

    def take(self, rows: NDArray[np.bool_]) -> Told:
        """Some of the windows; rows: mask [n]."""
        return Told(*(getattr(self, name)[rows] for name in Told.__slots__))


@dataclass(frozen=True, slots=True, eq=False)
class Sureness:
    """How sure one posterior may be on a site."""

    temperature: float
    thresholds: tuple[float, ...] | None
    """None: none were fitted."""
    evidence: tuple[Evidence, ...]
    """What these go by."""
    posteriors: Array
    """Of each window by fits without its person, [n, k]."""
    parts: dict[str, Part]
    """temperature and sets."""


def fit_sureness(
    before: Told,
    told: Told,
    temperature: float,
    bias: Sequence[float] | None,
    thresholds: Sequence[float] | None,
    *,
    changed: bool,
) -> Sureness | None:
    """Temperature and thresholds of one posterior; None where there are too few windows or people to fit any.

    before: as the bundle says it, with its temperature, bias [k] and thresholds [k] (None: no sets). told:
    the same windows with the site head, if it was taken. changed: whether it was; then no temperature is
    there to keep.
    """
    parts = folds(told.people, told.labels)
    if not parts or min(int((~part).sum()) for part in parts) < LEAST:
        return None
    people = len(np.unique(told.people))
    # With a head the bias is the head's.
    added = None if changed else bias
    crossed, sets = np.zeros_like(told.logits), np.zeros_like(told.logits)
    for part in parts:
        rest = told.take(~part)
        found = _temperature(rest, added)
        crossed[part] = softmax(told.logits[part], found, added)
        sets[part] = fit_thresholds(softmax(rest.logits, found, added), rest.labels, rest.people, rest.clips)
    old = np.asarray(softmax(before.logits, temperature, bias), np.float64)
    errors = calibration_error(old, told.labels), calibration_error(crossed, told.labels)
    # One number that changes no answer: nothing is lost where it is no better than the old one.
    taken = changed or (_surprise(crossed, told) < _surprise(old, told) and errors[1] < errors[0])
    new_t = round(float(_temperature(told, added)), 3) if taken else temperature
    kind = "new" if changed else "taken" if taken else "left"
    found_parts = {
        "temperature": Part(
            taken=taken,
            why=f"site_temperature_{kind}",
            measure="calibration_error",
            before=round(errors[0], 4),
            after=round(errors[1], 4),
            people=people,
        )
    }
    posteriors = crossed if taken else old
    new_sets, sets_part = _sets(old, crossed, sets, told, thresholds, taken, people)
    found_parts["sets"] = sets_part
    if new_sets:
        added = added if taken else bias
        rows = softmax(told.logits, new_t, added), told.labels, told.people, told.clips
        final = tuple(round(value, 4) for value in fit_thresholds(*rows))
        return Sureness(new_t, final, evidence_of(*rows), posteriors, found_parts)
    return Sureness(new_t, None, (), posteriors, found_parts)


def _sets(
    old: Array,
    crossed: Array,
    sets: Array,
    told: Told,
    thresholds: Sequence[float] | None,
    taken: bool,
    people: int,
) -> tuple[bool, Part]:
    """Whether new thresholds are taken: they have to be where the temperature changed."""
    true = np.arange(len(told.labels)), told.labels
    weights = even_weights(told.labels, told.people, told.clips)
    after = float(weights @ (crossed[true] >= sets[true] - TIE))
    measured = {"measure": "coverage", "after": round(after, 4), "people": people}
    if thresholds is None:
        return True, Part(taken=True, why="site_sets_new", **measured)
    before = float(weights @ (old[true] >= np.asarray(thresholds)[told.labels] - TIE))
    wished = 1.0 - MISS
    # A set that is too wide misses nothing: what it lacks counts, and only then how wide it is.
    better = max(0.0, wished - after) < max(0.0, wished - before) or before > after >= wished
    why = "site_sets_new" if taken else "site_sets_taken" if better else "site_sets_left"
    return taken or better, Part(taken=taken or better, why=why, before=round(before, 4), **measured)


def _temperature(told: Told, bias: Sequence[float] | None) -> float:
    """The likeliest temperature, labels and people weighed evenly."""
    weights = even_weights(told.labels, told.people, told.clips)
    added = np.zeros(told.logits.shape[1]) if bias is None else np.asarray(bias)
    losses = [float(weights @ surprise(told.logits / t + added, told.targets)) for t in TEMPERATURES]
    return float(TEMPERATURES[int(np.argmin(losses))])


def _surprise(posteriors: Array, told: Told) -> float:
    """Mean of minus the log probability of the targets, labels and people weighed evenly."""
    weights = even_weights(told.labels, told.people, told.clips)
    return float(-(weights @ (np.log(np.maximum(posteriors, 1e-6)) * told.targets).sum(axis=1)))
