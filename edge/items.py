"""The things that flow through the pipeline: small frozen dataclasses, a unit on every field.

An absent modality is None or (), never zeros. Times are seconds on one monotonic clock.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

MODALITIES = ("audio", "vision", "text")
LIVE = "live"
"""The source of readings of devices; their times are those since the machine was started."""

Floats = NDArray[np.float32]
Bytes = NDArray[np.uint8]
State = Literal[
    "reading",
    "no_speech",
    "no_face",
    "dark",
    "loud",
    "no_signal",
    "needs_check",
    "warming_up",
    "paused",
    "unfamiliar",
]


@dataclass(frozen=True, slots=True, eq=False)
class AudioChunk:
    """A stretch of sound from one microphone."""

    start: float
    """Time of the first sample (seconds)."""
    rate: int
    """Sample rate (hertz)."""
    samples: Floats
    """Mono samples, shape [n], in -1..1."""


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One picture from one camera."""

    time: float
    """When it was taken (seconds)."""
    image: Bytes
    """RGB, shape [height, width, 3]."""


@dataclass(frozen=True, slots=True)
class Tick:
    """Time that passed at a live source while nothing was heard or seen."""

    time: float
    """Now (seconds)."""


@dataclass(frozen=True, slots=True)
class Face:
    """Where a face is in a frame, in pixels."""

    left: float
    top: float
    width: float
    height: float
    score: float
    """Detector score, 0..1."""


People = Mapping[int | None, Face]
"""Person -> face in one picture: each by number where everybody is read, else None -> the one who is.

Below 0, where a picture is shown: a face that is not read."""


@dataclass(frozen=True, slots=True)
class Quality:
    """How far each modality of a window can be trusted; 0 where the modality is absent."""

    speech_snr: float = 0.0
    """Speech to noise (decibels, clipped to 0..40)."""
    face_score: float = 0.0
    """Mean face-detection score over the sampled frames, 0..1."""
    transcript_confidence: float = 0.0
    """Confidence of the transcript, 0..1."""

    def as_array(self) -> Floats:
        """Shape [3], each entry scaled to 0..1: what the fusion network is given."""
        return np.array([self.speech_snr / 40.0, self.face_score, self.transcript_confidence], np.float32)


@dataclass(frozen=True, slots=True)
class Transcript:
    """What was said in a stretch of sound."""

    text: str
    confidence: float
    """Of the recogniser, 0..1."""
    start: float
    """First instant it was heard (seconds)."""
    end: float
    """End, exclusive (seconds)."""


@dataclass(frozen=True, slots=True, eq=False)
class Window:
    """What was heard, seen and said from start to end."""

    start: float
    """First instant covered (seconds)."""
    end: float
    """End, exclusive (seconds)."""
    audio: Floats | None
    """Samples at the bundle's rate, shape [rate * (end - start)]; None when nothing was heard."""
    frames: tuple[Frame, ...] = ()
    """Sampled frames, oldest first."""
    text: str | None = None
    """What was said; None without a transcript."""
    quality: Quality = Quality()


@dataclass(frozen=True, slots=True)
class Health:
    """How one live device is doing."""

    name: str
    """microphone or camera."""
    state: Literal["opening", "running", "gone"]
    """`gone` after a fault, until the device is back."""
    warning: str = ""
    """silent, clipping, late, dark, blurred or covered; empty when all is well."""
    age_s: float = 0.0
    """Since the capture of the newest sample or frame given (seconds)."""
    rate: float = 0.0
    """Samples or frames a second over the last seconds (hertz)."""
    level_db: float | None = None
    """Sound level of the last second (decibels relative to full scale, 0 at most); None for a camera."""
    dropped: int = 0
    """Chunks or frames that could not be given on since the start."""
    reopened: int = 0
    """Times the device was opened again since the start."""
    error: str = ""
    """Why it was last lost, one line; empty when it never was."""
    reason: str = ""
    """Why it does not run now, a key of edge/words such as why_frozen; empty when it runs or opens."""


@dataclass(frozen=True, slots=True, eq=False)
class Prediction:
    """What the networks make of one window, calibrated but not yet voted."""

    time: float
    """End of the window (seconds)."""
    probabilities: Floats
    """Fused posterior, shape [labels], sums to 1."""
    by_modality: Mapping[str, Floats]
    """Posterior of each present modality alone, shape [labels] each."""
    weights: Mapping[str, float]
    """Share of each present modality in the fusion; sums to 1."""
    quality: Quality = Quality()
    familiar: float = 1.0
    """How much this window says of what one like those of training does, 0..1 (edge/reading/familiar.py)."""

    @property
    def present(self) -> tuple[str, ...]:
        """The modalities this prediction rests on, in the order of MODALITIES."""
        return tuple(name for name in MODALITIES if name in self.by_modality)


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """What a person is shown for one hop."""

    time: float
    """End of the newest window in it (seconds)."""
    state: State
    """`reading`, or why there is none."""
    source: str = ""
    """The recording or device it comes from."""
    person: int | None = None
    """Whose it is, where everybody is read: a number from 1 on, kept while they are in view; else None."""
    label: str | None = None
    """The voted label; None unless state is reading or needs_check."""
    probabilities: Floats | None = None
    """Voted posterior, shape [labels]; None when nothing was read."""
    candidates: tuple[str, ...] = ()
    """Prediction set: every label that cannot be ruled out, likeliest first."""
    margin: float = 0.0
    """Lead of the first label over the second, 0..1."""
    votes: int = 0
    """Windows that took part in the vote."""
    held: bool = False
    """True while a new leader waits out its dwell time and the old label stays."""
    weights: Mapping[str, float] = field(default_factory=dict)
    """Share of each present modality in the newest window."""
    delay_ms: float = 0.0
    """Mean age of the evidence the vote adds to the newest window (milliseconds)."""
    prediction: Prediction | None = None
    """What the newest window says alone; None when nothing was read."""
    company: int = 0
    """Most people in one picture of the newest window; 0 where this one is not among them."""
    alarm: bool = False
    """Whether the alarm of negative emotions is up (edge/reading/alarm.py)."""
    unfamiliar: tuple[str, ...] = ()
    """Modalities left aside because they are unlike everything known (edge/reading/familiar.py)."""
