"""What changed since the calibration, without labels: by how much, and in words.

Expected accuracy is the mean calibrated probability of the likeliest label: confidence-based performance
estimation (Guillory et al. 2021, "Predicting with Confidence on Unseen Distributions"). It is true only if
what a sound or a face means has not changed: it tells of easier or harder windows, not of other people who
show the same emotion otherwise. That is said wherever it is shown.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from edge.bundle.reference import BALANCE, STATISTICS, Histogram, Reference
from edge.drift.observed import Observed
from edge.drift.stability import LARGE, SOME, by_chance, independent, most_by_chance, stability
from edge.labels import Labels
from edge.words import Language, word

LEAST_BLOCKS = 5
"""Minutes in which a statistic was met before it is compared."""
SETTLED_BLOCKS = 30
"""In fewer minutes than these a change must be larger in proportion: a visitor or a truck is no drift."""
NAMED = 3
"""Changes of one kind that are named, the largest."""


@dataclass(frozen=True, slots=True)
class Change:
    """One statistic now and in the calibration."""

    name: str
    """Of STATISTICS."""
    psi: float
    """Population stability index."""
    chance: float
    """What it would come to in the mean if nothing had changed."""
    large: bool
    """Whether it calls for another calibration."""
    some: bool
    before: float
    """Mean of the values; of labels the share of the label that changed most."""
    now: float
    label: str = ""
    """Of labels: that label."""

    def told(self, labels: Labels, language: Language) -> str:
        """Its words: SNR 22 -> 9 dB."""
        said = labels.said(self.label, language) if self.label else ""
        values = {"before": self.before, "now": self.now}
        return word(f"drift_{self.name}", language, **values, **({"label": said} if said else {}))


@dataclass(frozen=True, slots=True)
class Drift:
    """What a run is like beside the calibration."""

    changes: tuple[Change, ...]
    """Of each statistic there was enough of, the largest change first."""
    labels: Labels
    accuracy: float | None = None
    """Expected share of readings that are right, 0..1, under the caveat above; None: nothing was read."""
    accuracy_before: float | None = None
    """The same in the calibration."""

    @property
    def psi(self) -> Mapping[str, float]:
        """Statistic -> its PSI."""
        return {change.name: change.psi for change in self.changes}

    @property
    def large(self) -> tuple[Change, ...]:
        """The changes that call for another calibration."""
        return tuple(change for change in self.changes if change.large)

    def told(self, language: Language) -> str:
        """What to do and why, one line; empty when all is as it was."""
        changes = self.large or tuple(change for change in self.changes if change.some)
        key = "drift_again" if self.large else "drift_some"
        said = [
            word("drift_kind", language, kind=kind, what=what)
            for kind, what in _kinds(changes, self.labels, language)
        ]
        return word(key, language, changes=word("drift_then", language).join(said)) if said else ""

    def brief(self, language: Language) -> tuple[str, str]:
        """The same where there is little room: what to do, and the numbers."""
        kinds = _kinds(self.large, self.labels, language)
        said = word("drift_then", language).join(kind for kind, _ in kinds)
        numbers = [change.told(self.labels, language) for change in self.large[:NAMED]]
        return word("drift_again", language, changes=said), word("drift_and", language).join(numbers)

    def accuracy_told(self, language: Language) -> str:
        """The expected accuracy with its caveat; empty while nothing large changed or it is not known."""
        if not self.large or self.accuracy is None or self.accuracy_before is None:
            return ""
        return word("drift_accuracy", language, now=self.accuracy, before=self.accuracy_before)


def compared(reference: Reference, observed: Observed, labels: Labels) -> Drift:
    """The changes of all statistics that were met in LEAST_BLOCKS minutes."""
    means = observed.means()
    found = []
    for name, before in reference.histograms.items():
        blocks = observed.counts(name)
        if int((blocks.sum(axis=1) > 0).sum()) >= LEAST_BLOCKS:
            found.append(_change(name, before, blocks, means.get(name, 0.0), labels))
    found.sort(key=lambda change: change.chance - change.psi)
    return Drift(tuple(found), labels, observed.confidence(), reference.confidence)


def _change(name: str, before: Histogram, blocks: np.ndarray, mean: float, labels: Labels) -> Change:
    m, bins = before.independent, len(before.shares)
    # A few minutes do not show yet how slowly sound and light change: the calibration does.
    n = max(1.0, min(independent(blocks), float(blocks.sum()) * m / before.windows))
    now, then = blocks.sum(axis=0) / blocks.sum(), np.array(before.shares)
    psi, chance = stability(now, n, then, m), by_chance(bins, n, m)
    sure = psi >= most_by_chance(bins, n, m)
    excess, old, label = psi - chance, before.mean, ""
    if name == BALANCE:
        most = int(np.abs(now - then).argmax())
        old, mean, label = float(then[most]), float(now[most]), tuple(labels)[most]
    early = max(1.0, SETTLED_BLOCKS / int((blocks.sum(axis=1) > 0).sum()))
    large, some = (sure and excess >= max(limit * early, before.usual) for limit in (LARGE, SOME))
    return Change(name, psi, chance, large, some, old, mean, label)


def _kinds(changes: Sequence[Change], labels: Labels, language: Language) -> list[tuple[str, str]]:
    """That the sound, the picture or the readings have changed, each with the largest changes."""
    found: dict[str, list[str]] = {kind: [] for kind in STATISTICS.values()}
    for change in changes:
        found[STATISTICS[change.name]].append(change.told(labels, language))
    joint = word("drift_and", language)
    return [
        (word(f"drift_kind_{kind}", language), joint.join(said[:NAMED]))
        for kind, said in found.items()
        if said
    ]
