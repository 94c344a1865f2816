"""What a panel shows, and the board that collects it."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from edge.confidence import needs_check
from edge.items import LABELS, Frame, Health, People, Reading
from edge.words import Language

TIMELINE_S = 60.0
"""Length of the timeline (seconds)."""
STALE_S = 5.0
"""Silence after which the last reading or picture is no longer shown as the present one (seconds)."""
SURE, FAIR = 0.7, 0.5
"""Voted probability from which a reading is called highly or fairly sure."""


@dataclass(frozen=True, slots=True)
class Setup:
    """What stays the same while a bundle is shown."""

    labels: tuple[str, ...] = LABELS
    prior: tuple[float, ...] = ()
    """How often each label is met on this site, 0..1; empty where that is not known."""
    margin: float = 0.1
    """Lead a label needs; below it the reading needs a check, 0..1."""
    hop_s: float = 1.0
    """Time between readings (seconds)."""
    bundle: str = ""
    """Name of the bundle."""
    purpose: str = ""
    """What the readings are for; empty: the usual warning."""


@dataclass(frozen=True, slots=True)
class Look:
    """How the person in front of the panel wants it."""

    language: Language = "en"
    privacy: bool = False
    """A silhouette in place of the picture."""
    paused: bool = False
    """The display stands still; reading goes on."""


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """Everything a panel shows at one moment."""

    setup: Setup = Setup()
    look: Look = Look()
    now: float = 0.0
    """The moment, on the clock of the readings (seconds)."""
    readings: tuple[Reading, ...] = ()
    """The last TIMELINE_S, oldest first; the last one is the current one. Where everybody is read: of one
    person, and of times when nobody was seen."""
    frame: Frame | None = None
    faces: People = field(default_factory=dict)
    """Where the faces are in the frame."""
    others: Mapping[int, Reading] = field(default_factory=dict)
    """Where everybody is read, the current reading of each person, the shown one included."""
    healths: tuple[Health, ...] = ()
    offset_ms: float | None = None
    """Pictures later than sound by their capture times (milliseconds); None when that is not known."""
    celsius: float | None = None
    """Hottest part of the machine (degrees Celsius); None when it does not tell."""
    ended: bool = False
    """Nothing more will come."""

    @property
    def current(self) -> Reading | None:
        """The newest reading."""
        return self.readings[-1] if self.readings else None

    @property
    def present(self) -> Reading | None:
        """The current reading, unless it grew old."""
        return self.current if self.silent_s < STALE_S else None

    @property
    def picture(self) -> Frame | None:
        """The newest picture, unless it grew old: the camera is gone, or a recording's pictures are over."""
        return self.frame if self.frame and self.now - self.frame.time < STALE_S else None

    @property
    def silent_s(self) -> float:
        """How long there has been no reading (seconds); 0 before the first one."""
        return max(0.0, self.now - self.readings[-1].time) if self.readings else 0.0


def doubtful(reading: Reading, setup: Setup) -> bool:
    """Whether it is not sure which label it is, asked for a check or not: checks a day have a limit."""
    label = reading.label or ""
    candidates = reading.candidates or (label,)  # a run's file may lack them
    return reading.state == "needs_check" or needs_check(label, candidates, reading.margin, setup.margin)


def sureness(reading: Reading, setup: Setup) -> Literal["sure", "fair", "unsure"]:
    """The key of the words for how sure a reading with a label is."""
    if reading.label is None or reading.probabilities is None:
        return "unsure"
    if doubtful(reading, setup):
        return "unsure"
    probability = float(reading.probabilities[setup.labels.index(reading.label)])
    return "sure" if probability >= SURE else "fair" if probability >= FAIR else "unsure"


def trouble(health: Health) -> str:
    """The key of the words for what hampers a device; empty when all is well."""
    found = health.warning or ("" if health.state == "running" else health.reason or health.state)
    return "dimmed" if found == "dark" else found  # "dark" is a state of a reading, with other words


class Board:
    """Collects what comes in; forgets what is older than the timeline."""

    def __init__(self, setup: Setup) -> None:
        self.setup = setup
        self._readings: deque[Reading] = deque()
        self._person: int | None = None  # whose readings are shown where everybody is read
        self._frame: Frame | None = None
        self._faces: People = {}
        self._healths: tuple[Health, ...] = ()
        self._offset_ms: float | None = None
        self.ended = False
        """Nothing more will come."""

    def write(self, reading: Reading) -> None:
        """Take a reading; one of another source or of an earlier time begins a new timeline."""
        last = self._readings[-1] if self._readings else None
        if last and (reading.source != last.source or reading.time < last.time):
            self._readings.clear()
            self._person = None
            if self._frame and self._frame.time > reading.time:
                self._frame, self._faces = None, {}
        self._readings.append(reading)
        if reading.person is not None and self._person not in self._present(reading.time):
            self._person = reading.person
        while self._readings[0].time < reading.time - TIMELINE_S:
            self._readings.popleft()

    def see(self, frame: Frame, faces: People) -> None:
        """Take the newest picture and where the faces are in it."""
        self._frame, self._faces = frame, faces

    def feel(self, healths: Sequence[Health], offset_ms: float | None = None) -> None:
        """Take how the devices are doing, and how much later pictures come than sound (milliseconds)."""
        self._healths, self._offset_ms = tuple(healths), offset_ms

    def end(self) -> None:
        """Nothing more will come."""
        self.ended = True

    @property
    def newest(self) -> float:
        """Time of the newest thing taken, on the clock of the readings (seconds)."""
        newest = self._readings[-1].time if self._readings else 0.0
        return max(newest, self._frame.time) if self._frame else newest

    def view(self, look: Look, now: float | None = None, celsius: float | None = None) -> View:
        """What to show. now: on the clock of the readings (seconds); None: the time of the newest thing."""
        return View(
            self.setup,
            look,
            self.newest if now is None else now,
            tuple(reading for reading in self._readings if reading.person in (self._person, None)),
            self._frame,
            self._faces,
            self._present(self._readings[-1].time) if self._readings else {},
            self._healths,
            self._offset_ms,
            celsius,
            self.ended,
        )

    def _present(self, now: float) -> dict[int, Reading]:
        """The newest reading of each person read at this time or a hop before: who is in view."""
        return {
            reading.person: reading
            for reading in self._readings
            if reading.person is not None and reading.time > now - 1.5 * self.setup.hop_s
        }
