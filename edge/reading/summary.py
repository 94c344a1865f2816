"""What a run came to."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from edge.items import State
from edge.labels import Labels
from edge.starter_labels import STARTER


@dataclass(slots=True)
class Summary:
    """Readings counted, and what was left out."""

    states: Counter[State] = field(default_factory=Counter)
    """Readings of each state."""
    labels: Counter[str] = field(default_factory=Counter)
    """Readings of each label."""
    known: Labels = STARTER
    """The labels of the bundle they are read with."""
    dropped: int = 0
    """Windows left out because they came too late to be shown."""
    rested: int = 0
    """Windows passed over because the machine was busy or hot."""
    withheld: int = 0
    """Checks not asked for because the day's limit was used up."""
    hours: int | None = None
    """In aggregate mode, hours told of; then nothing else is counted. Else None."""

    def __add__(self, other: Summary) -> Summary:
        return Summary(
            self.states + other.states,
            self.labels + other.labels,
            self.known,
            self.dropped + other.dropped,
            self.rested + other.rested,
            self.withheld + other.withheld,
        )
