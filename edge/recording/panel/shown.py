"""What the panel of `edge record` shows at one moment."""

from __future__ import annotations

from dataclasses import dataclass, field

from edge.labels import Labels
from edge.recording.meter import Quality
from edge.starter_labels import STARTER
from edge.words import Language


@dataclass(frozen=True, slots=True, eq=False)
class Shown:
    """Everything the panel shows at one moment."""

    language: Language = "en"
    labels: Labels = STARTER
    quality: Quality = field(default_factory=Quality)
    subjects: tuple[str, ...] = ()
    speaker: str = ""
    recorded_s: float = 0.0
    left_s: float = float("inf")
    """Until --minutes are over or the room is used up (seconds)."""
    left_gb: float = 0.0
    """Room that is left (gigabytes)."""
    clock: str = ""
    """Time of day."""
    prompt: str = ""
    """To be read out now; empty: there is no script."""
    label: str = ""
    """How it is to be said."""
    number: int = 0
    """Which sentence it is, from 1."""
    count: int = 0
    following: str = ""
    """The next sentence."""
    trigger: int | None = None
    """Readings of interest so far, where only windows around them are kept."""
    paused: bool = False
    note: str = ""
    """What became of a key, or what is wrong."""
    sound: bool = True
    """Whether there is a microphone in the settings; picture: a camera."""
    picture: bool = True
    gone: tuple[str, ...] = ()
    """Devices that do not run: microphone, camera."""
    sealed: bool = True
    """Whether what is written is encrypted."""
