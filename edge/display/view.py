"""What a panel shows, and the board that collects it."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from edge.display.proven import Unproven, proven
from edge.drift.compare import Drift
from edge.items import LIVE, Frame, Health, People, Reading
from edge.labels import Labels
from edge.reading.confidence import undecided
from edge.starter_labels import STARTER
from edge.words import Language, word

TIMELINE_S = 60.0
"""Length of the timeline (seconds)."""
STALE_S = 5.0
"""Silence after which the last reading or picture is no longer shown as the present one (seconds)."""
NOTE_S = 8.0
"""How long a note stays (seconds)."""
SURE, FAIR = 0.7, 0.5
"""Voted probability from which a reading is called highly or fairly sure."""


@dataclass(frozen=True, slots=True)
class Setup:
    """What stays the same while a bundle is shown."""

    labels: Labels = STARTER
    prior: tuple[float, ...] = ()
    """How often each label is met on this site, 0..1; empty where that is not known."""
    margin: float = 0.1
    """Lead a label needs; below it the reading is called doubtful, 0..1."""
    hop_s: float = 1.0
    """Time between readings (seconds)."""
    bundle: str = ""
    """Name of the bundle."""
    purpose: str = ""
    """What the readings are for; empty: the usual warning."""
    window_s: float = 0.0
    """Length of a window (seconds); 0 where that is not known."""
    queue: bool | None = None
    """Whether verdicts can be kept: False without a review queue, None for a past run."""
    unproven: Unproven = frozenset()
    """Labels that no reading rules out are not told as open (edge/display/proven.py)."""
    wall_lead_s: float | None = None
    """Wall clock less the clock of live readings (seconds); None: those of this machine, now."""

    @property
    def marks(self) -> bool:
        """Whether a usual share of each label is worth a mark: equal ones say nothing."""
        return bool(self.prior) and max(self.prior) - min(self.prior) > 1e-6


@dataclass(frozen=True, slots=True)
class ViewOptions:
    """How the person in front of the panel wants it."""

    language: Language = "en"
    privacy: bool = False
    """A silhouette in place of the picture."""
    paused: bool = False
    """The display stands still; reading goes on."""


@dataclass(frozen=True, slots=True)
class Note:
    """What became of what a person asked for."""

    key: str
    """Of the words of edge/words."""
    values: Mapping[str, str] = field(default_factory=dict)
    """Filled in; a label is told in the panel's language."""
    wrong: bool = False

    def told(self, language: Language, labels: Labels) -> str:
        """Its words."""
        values = self.values.items()
        said = {
            name: labels.said(value, language) if value in labels else word(value, language)
            for name, value in values
        }
        return word(self.key, language, **said)


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """Everything a panel shows at one moment."""

    setup: Setup = Setup()
    look: ViewOptions = ViewOptions()
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
    troubles: Mapping[str, str] = field(default_factory=dict)
    """Name of a sink in trouble -> what is wrong and what to do."""
    drift: Drift | None = None
    """What changed since the calibration; None without one to compare with."""
    note: Note | None = None
    wall: float | None = None
    """The moment on the wall clock (seconds since 1970); None for a recording."""
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

    @property
    def age_s(self) -> float | None:
        """How long ago, in the mean, what the current reading rests on was seen and heard (seconds)."""
        reading = self.current
        if reading is None or reading.label is None:
            return None
        return self.silent_s + reading.delay_ms / 1000.0 + self.setup.window_s / 2.0

    @property
    def clock(self) -> str:
        """The time of day, or how far a recording has been read."""
        if self.wall is not None:
            return time.strftime("%H:%M:%S", time.localtime(self.wall))
        return duration(self.now) if self.readings else ""

    @property
    def source(self) -> str:
        """Where the readings come from, in words."""
        source = self.current.source if self.current else ""
        return word(source, self.look.language) if source == LIVE else source


def duration(seconds: float) -> str:
    """Seconds as h:mm:ss."""
    whole = max(0, int(seconds))
    return f"{whole // 3600}:{whole // 60 % 60:02d}:{whole % 60:02d}"


def doubtful(reading: Reading, setup: Setup) -> bool:
    """Whether it is open which label it is, asked for a check or not: few of them are asked about."""
    label = reading.label or ""
    candidates = reading.candidates or (label,)  # a run's file may lack them
    return reading.state == "needs_check" or undecided(label, candidates, reading.margin, setup.margin)


def sureness(reading: Reading, setup: Setup) -> str:
    """The key of the words for how sure a reading with a label is.

    One that is likely and still doubtful is not called unlikely: the words say what is open.
    """
    if reading.label is None or reading.probabilities is None:
        return "unsure"
    probability = float(reading.probabilities[setup.labels.index(reading.label)])
    if doubtful(reading, setup):
        if probability < FAIR:
            return "unsure"
        candidates = reading.candidates or (reading.label,)
        if reading.label not in candidates:
            return "ruled_out"
        return "others_open" if len(candidates) > 1 else "undecided"
    return "sure" if probability >= SURE else "fair" if probability >= FAIR else "unsure"


def trouble(health: Health) -> str:
    """The key of the words for what hampers a device; empty when all is well."""
    found = health.warning or ("" if health.state == "running" else health.reason or health.state)
    return "dimmed" if found == "dark" else found  # "dark" is a state of a reading, with other words


def offset_words(offset_ms: float, language: Language) -> str:
    """How far pictures are behind sound by their capture times, or ahead of it. offset_ms: milliseconds."""
    key = "offset_ahead" if round(offset_ms) < 0 else "offset_behind"
    return word(key, language, ms=f"{abs(offset_ms):.0f}")


class PanelState:
    """Collects what comes in; forgets what is older than the timeline."""

    def __init__(self, setup: Setup) -> None:
        self.setup = setup
        self._readings: deque[Reading] = deque()
        self._person: int | None = None  # whose readings are shown where everybody is read
        self._frame: Frame | None = None
        self._faces: People = {}
        self._healths: tuple[Health, ...] = ()
        self._offset_ms: float | None = None
        self._troubles: Mapping[str, str] = {}
        self._drift: Drift | None = None
        self._note: tuple[Note, float] | None = None  # and until when
        self.ended = False
        """Nothing more will come."""

    def write(self, reading: Reading) -> None:
        """Take a reading; one of another source or of an earlier time begins a new timeline."""
        last, reading = self._readings[-1] if self._readings else None, proven(reading, self.setup.unproven)
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

    def feel(
        self,
        healths: Sequence[Health],
        offset_ms: float | None = None,
        troubles: Mapping[str, str] | None = None,
        drift: Drift | None = None,
    ) -> None:
        """Take how devices and sinks are doing, how much later pictures come (ms), and the drift."""
        self._healths, self._offset_ms, self._troubles = tuple(healths), offset_ms, dict(troubles or {})
        self._drift = drift

    def tell(self, note: Note) -> None:
        """Take a note; it stays for NOTE_S."""
        self._note = (note, time.monotonic() + NOTE_S)

    def end(self) -> None:
        """Nothing more will come."""
        self.ended = True

    @property
    def newest(self) -> float:
        """Time of the newest thing taken, on the clock of the readings (seconds)."""
        newest = self._readings[-1].time if self._readings else 0.0
        return max(newest, self._frame.time) if self._frame else newest

    def view(self, look: ViewOptions, now: float | None = None, celsius: float | None = None) -> View:
        """What to show. now: on the clock of the readings (seconds); None: the time of the newest thing."""
        now = self.newest if now is None else now
        return View(
            self.setup,
            look,
            now,
            tuple(reading for reading in self._readings if reading.person in (self._person, None)),
            self._frame,
            self._faces,
            self._present(self._readings[-1].time) if self._readings else {},
            self._healths,
            self._offset_ms,
            celsius,
            self._troubles,
            self._drift,
            self._note[0] if self._note and time.monotonic() < self._note[1] else None,
            self._wall(now),
            self.ended,
        )

    def _wall(self, now: float) -> float | None:
        if not self._readings:
            return None if self.setup.queue is None else time.time()
        if self._readings[-1].source != LIVE:
            return None
        lead = self.setup.wall_lead_s
        return now + (time.time() - time.monotonic() if lead is None else lead)

    def _present(self, now: float) -> dict[int, Reading]:
        """The newest reading of each person read at this time or a hop before: who is in view."""
        return {
            reading.person: reading
            for reading in self._readings
            if reading.person is not None and reading.time > now - 1.5 * self.setup.hop_s
        }
