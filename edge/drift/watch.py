"""Drift of a run, told from any thread."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace

from edge.bundle.reference import Reference
from edge.drift.compare import Drift, compared
from edge.drift.observation import Observation
from edge.drift.observed import Observed
from edge.labels import Labels
from edge.words import Language

CONFIRMED = 3
"""Comparisons in a row, a minute apart, that must find a change before it is named."""


class DriftWatch:
    """Takes what a pipeline observes and compares it with the reference once a minute of it.

    say: gets a line when another calibration is called for, once.
    """

    def __init__(
        self,
        reference: Reference,
        labels: Labels,
        hop_s: float,
        say: Callable[[str], None] = lambda _: None,
        language: Language = "en",
    ) -> None:
        self._reference, self._labels = reference, labels
        self._observed = Observed(reference, hop_s)
        self._say, self._language = say, language
        self._rows: Counter[str] = Counter()  # statistic -> comparisons in a row that found a large change
        self._told = False
        self.now: Drift | None = None
        """The newest comparison; None in the first minutes."""

    def take(self, observation: Observation) -> None:
        """Count one window in."""
        if self._observed.add(observation):
            self.now = self._confirmed(compared(self._reference, self._observed, self._labels))
            if self.now and self.now.large and not self._told:
                self._told = True
                self._say(self.now.told(self._language))

    def _confirmed(self, found: Drift) -> Drift | None:
        self._rows = Counter({c.name: self._rows[c.name] + 1 for c in found.changes if c.large})
        changes = tuple(replace(c, large=self._rows[c.name] >= CONFIRMED) for c in found.changes)
        return replace(found, changes=changes) if changes else None
