"""How sound, faces and words become what the networks take."""

from __future__ import annotations

import itertools

from pydantic import BaseModel, ConfigDict, Field, model_validator
from typing_extensions import Self

from edge.checked import Number, Whole
from edge.errors import InputError


class Spec(BaseModel):
    """Base of every part of the manifest: immutable, finite, unknown keys refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


def in_order(spec: Spec, *names: str) -> None:
    """Raises ValueError, for pydantic, unless these numbers of a spec rise."""
    for low, high in itertools.pairwise(names):
        lower, upper = getattr(spec, low), getattr(spec, high)
        if not lower <= upper:
            raise ValueError(InputError.of("must_order", low=low, lower=lower, high=high, upper=upper))


class AudioSpec(Spec):
    """How sound becomes a log-mel picture."""

    rate: Whole = Field(16000, ge=8000, le=48000)
    """Sample rate (hertz)."""
    fft: Whole = Field(512, ge=64, le=8192)
    """FFT length (samples)."""
    window: Whole = Field(400, ge=32, le=8192)
    """Hann window (samples)."""
    hop: Whole = Field(160, ge=16, le=8192)
    """Step between frames (samples)."""
    mels: Whole = Field(64, ge=4, le=512)
    """Mel bands."""
    f_min: Number = Field(50.0, ge=0.0, le=24000.0)
    """Lower edge of the first band (hertz)."""
    f_max: Number = Field(7600.0, gt=0.0, le=24000.0)
    """Upper edge of the last band (hertz)."""
    range_db: Number = Field(80.0, ge=20.0, le=200.0)
    """Depth below the loudest band that is kept (decibels)."""

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        in_order(self, "hop", "window", "fft")
        in_order(self, "f_min", "f_max")
        if self.f_max > self.rate / 2:
            raise ValueError(
                InputError.of(
                    "must_order", low="f_max", lower=self.f_max, high="rate / 2", upper=self.rate / 2
                )
            )
        return self


class VisionSpec(Spec):
    """How a face becomes the network's picture; the framing is FER2013's, measured from YuNet boxes."""

    size: Whole = Field(48, ge=8, le=512)
    """Side of the square grey crop (pixels)."""
    faces: Whole = Field(8, ge=1, le=64)
    """Frames sampled from a window."""
    scale: Number = Field(1.09, ge=0.2, le=5.0)
    """Side of the crop over the mean of the detected box's width and height."""
    shift: Number = Field(-0.02, ge=-1.0, le=1.0)
    """How far below the box's centre the crop is centred, in box heights."""


class TextSpec(Spec):
    """How a transcript becomes token ids."""

    length: Whole = Field(48, ge=1, le=1024)
    """Tokens kept, the first ones."""
    vocabulary: Whole = Field(8000, ge=2, le=1_000_000)
    """Rows of the embedding table."""
