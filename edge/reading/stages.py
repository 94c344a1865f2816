"""What a pipeline is made of: Protocols, so that it knows no concrete class (edge/app.py names them)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from edge.drift.observation import Observer
from edge.items import AudioChunk, Floats, Frame, People, Tick, Transcript, Window
from edge.perception.speech import Speech
from edge.reading.alarm import Alarms
from edge.reading.encoders import Encoders
from edge.reading.familiar import Familiarity
from edge.reading.fusion import Fusion


class Windower(Protocol):
    """Cuts items into overlapping windows."""

    def add(self, item: AudioChunk | Frame | Tick) -> Sequence[Window]: ...

    def flush(self) -> Sequence[Window]: ...


class SpeechMeter(Protocol):
    """Finds the speech in a window's samples, the first of them heard at `start` (seconds)."""

    def measure(self, samples: Floats, start: float, rate: int) -> Speech: ...


class TranscriptSource(Protocol):
    """Gives what is said in a window's samples, or what was said a little earlier."""

    def transcribe(self, samples: Floats, start: float, rate: int) -> Transcript | None: ...


class Follower(Protocol):
    """Finds who is read in frames given in order of time."""

    @property
    def unread(self) -> People:
        """Faces of the last frame that are not read, numbered from -1 down."""
        ...

    def follow(self, frame: Frame) -> People: ...


@dataclass(frozen=True, slots=True)
class Stages:
    """The parts of a pipeline, in the order a window passes them."""

    windower: Windower
    speech: SpeechMeter
    faces: Follower
    encoders: Encoders
    fusion: Fusion
    transcripts: TranscriptSource | None = None
    familiarity: Familiarity = field(default_factory=lambda: Familiarity({}, 1.0))
    """Compares windows with what the bundle knows; all is familiar where it does not say what that is."""
    observer: Observer | None = None
    """Notes what windows are like; None: nothing is compared."""
    alarms: Alarms = field(default_factory=lambda: Alarms((), lambda: None))
    """None is ever up, without others."""
