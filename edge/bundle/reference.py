"""What a site was like when its bundle was calibrated: shares and means alone, a few kilobytes.

Measured by calibration/site/reference.py, compared with what a run meets by edge/drift/compare.py.
"""

from __future__ import annotations

import itertools
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator
from typing_extensions import Self

from edge.checked import Number, Whole
from edge.errors import InputError

STATISTICS = {
    "noise": "sound",
    "snr": "sound",
    "band": "sound",
    "voice": "sound",
    "brightness": "picture",
    "face_score": "picture",
    "face_size": "picture",
    "labels": "readings",
    "confidence": "readings",
}
"""What is compared -> what it tells of. Units: noise and snr decibels, band hertz, voice deviations from the
mean token, brightness, face_score, face_size and confidence 0..1, labels the number of a label."""
BALANCE = "labels"
RESOLUTION = {
    "noise": 5.0,
    "snr": 5.0,
    "band": 500.0,
    "voice": 0.2,
    "brightness": 0.08,
    "face_score": 0.04,
    "face_size": 0.05,
    "confidence": 0.1,
}
"""A value counts as a normal distribution of this deviation around it: where all values of the calibration
are alike, a change of less than half of it is none."""

Share = Annotated[Number, Field(ge=0.0, le=1.0)]
_FROZEN = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Histogram(BaseModel):
    """How often values of one statistic fell into each bin."""

    model_config = _FROZEN

    edges: tuple[Number, ...] = Field(max_length=100)
    """Rising, between the bins, in the statistic's unit; the first and the last bin are open.
    Of `labels` none: a bin is a label."""
    shares: tuple[Share, ...] = Field(min_length=2, max_length=101)
    """One a bin; their sum is 1."""
    mean: Number
    """Of the values, in the statistic's unit."""
    windows: Whole = Field(ge=1)
    """Windows that were measured."""
    independent: Number = Field(gt=0.0)
    """Independent windows that would vary as much: neighbours share sound, light and speaker."""
    usual: Number = Field(0.0, ge=0.0)
    """Largest excess of the stability index of one person or recording against the whole calibration."""

    @model_validator(mode="after")
    def _bins_agree(self) -> Self:
        if self.edges and len(self.shares) != len(self.edges) + 1:
            raise ValueError(InputError.of("reference_bins", bins=len(self.shares), edges=len(self.edges)))
        if any(not low < high for low, high in itertools.pairwise(self.edges)):
            raise ValueError(InputError.of("reference_edges"))
        if not abs(sum(self.shares) - 1.0) <= 1e-3:
            raise ValueError(InputError.of("reference_shares", total=sum(self.shares)))
        return self


class Reference(BaseModel):
    """What a run is compared with; what was not measured is not listed and not compared."""

    model_config = _FROZEN

    histograms: dict[str, Histogram]
    """Statistic -> its histogram; names: STATISTICS."""
    voice_mean: tuple[Number, ...] = Field((), max_length=4096)
    """Mean audio token, [d]; empty: no voice was heard."""
    voice_deviation: tuple[Annotated[Number, Field(gt=0.0)], ...] = Field((), max_length=4096)
    """Deviation of the windows' mean tokens from it, [d]."""
    confidence: Share | None = None
    """Mean calibrated probability of the likeliest label; None: nothing was read."""

    @model_validator(mode="after")
    def _known(self) -> Self:
        if strange := [name for name in self.histograms if name not in STATISTICS]:
            raise ValueError(InputError.of("reference_strange", names=", ".join(sorted(strange))))
        if len(self.voice_mean) != len(self.voice_deviation):
            raise ValueError(InputError.of("reference_voice"))
        return self
