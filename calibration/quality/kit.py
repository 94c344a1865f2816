"""The kit: what 10 to 20 hours of site recordings should hold, as data. Why: words `coverage_why_<key>`.

Where the numbers come from:
  hours      the length of a kit; half of it is kept to judge on
  people     quantile of Student's t of intervals over people (calibration/judge/intervals.py): 12.7 times the
             error with 2, 2.8 with 5, 2.3 with 10; fewer than 5 get no layer of a site's own
  sessions   two of each person: a voice, a seat and a light differ from day to day
  speech     the balance of labels is estimated on 500 windows at least, one a second (DEFAULT of priors)
  labelled   measured on recordings of people never met: 10 clips a label gave 10 points of recall, 80 gave 20
  band       the networks know speech up to 8 kHz; below NARROW of that it is narrow (edge/features/band)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

State = Literal["enough", "less", "far", "unknown"]
"""As asked, less than that, far too little, or nobody knows."""

SPREAD = (10.0, 90.0)
"""Percentiles between which a spread is taken."""
OWN_SPEECH_MIN = 5.0
"""Speech of a person from which that person counts as heard (minutes)."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One thing that is asked of a site's recordings."""

    key: str
    amount: float
    """How much is asked, in the unit of its words."""
    least: float = 0.0
    """Below this nothing can be made of it; 0: it alone spoils nothing."""
    digits: int = 0
    """Decimal places it is shown with."""


KIT = (
    Asked("hours", 10.0, 0.5, 1),
    Asked("speech_min", 120.0, 10.0),
    Asked("people", 10, 2),
    Asked("people_heard", 10),
    Asked("sessions", 20),
    Asked("shifts", 2),
    Asked("conditions", 2),
    Asked("labelled", 80, 10),
    Asked("people_label", 5, 2),
    Asked("pictures_face", 600),
    Asked("snr_spread", 10.0, 0.0, 1),
    Asked("light_spread", 0.10, 0.0, 2),
    Asked("wide", 90.0, 50.0),
)


@dataclass(frozen=True, slots=True)
class Line:
    """What is asked beside what was found."""

    asked: Asked
    found: float | None
    """None where nobody knows: the table does not say, or there are no pictures."""

    @property
    def state(self) -> State:
        """How the two compare."""
        if self.found is None:
            return "unknown"
        if self.found >= self.asked.amount:
            return "enough"
        return "far" if self.found < self.asked.least else "less"

    @property
    def share(self) -> float:
        """How much of what is asked was found, 0..1."""
        return min(1.0, (self.found or 0.0) / self.asked.amount)


def compare(found: Mapping[str, float | None]) -> list[Line]:
    """Each thing of the kit beside what was found under its key."""
    return [Line(asked, found.get(asked.key)) for asked in KIT]
