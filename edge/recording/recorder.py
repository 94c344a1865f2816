"""What becomes of everything a source gives while a session is recorded."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from edge.errors import EdgeError, InputError
from edge.items import AudioChunk, Frame, Tick
from edge.recording.guard import CHECK_S, NO_CONSENT, ConsentGuard, Space, WallClock
from edge.recording.keys import Secret
from edge.recording.meter import QualityMeter
from edge.recording.script import Prompt
from edge.recording.segments import SEGMENT_S, Segment, Segmenter
from edge.recording.session import Mark, Session
from edge.system.disk import reason
from edge.words import Language, word

FORGET_S = 60.0
"""How much the key f deletes (seconds)."""
DELAY_S = 20.0
"""A reading of interest comes this much later than what it rests on, at most (seconds)."""


class Trigger:
    """Keeps segments in memory until a reading of interest comes.

    before_s, after_s: what is kept around it (seconds).
    """

    def __init__(self, before_s: float, after_s: float) -> None:
        self._before, self._after = before_s, after_s
        self._held: deque[Segment] = deque()
        self._from, self._until = 0.0, float("-inf")
        self.count = 0
        """Readings of interest so far."""

    def fire(self, at_s: float) -> list[Segment]:
        """A reading of interest at a moment of the session: what is to be kept now."""
        self.count += 1
        self._from, self._until = at_s - self._before, at_s + self._after
        found = [one for one in self._held if self._wanted(one)]
        self._held = deque(one for one in self._held if not self._wanted(one))
        return found

    def sift(self, segments: Iterable[Segment]) -> list[Segment]:
        """Of new segments those to be kept; the others stay in memory for a while."""
        found = []
        for one in segments:
            if self._wanted(one):
                found.append(one)
                continue
            self._held.append(one)
            oldest = (one.number + 1) * SEGMENT_S - self._before - DELAY_S
            while self._held and (self._held[0].number + 1) * SEGMENT_S < oldest:
                self._held.popleft()
        return found

    def forget(self) -> None:
        """Drop what is held."""
        self._held.clear()

    def _wanted(self, one: Segment) -> bool:
        start = one.number * SEGMENT_S
        return start < self._until and start + SEGMENT_S > self._from


@dataclass(frozen=True, slots=True)
class Plan:
    """What a session goes by."""

    consents: ConsentGuard
    space: Space
    secret: Secret | None
    """None: nothing is encrypted."""
    meter: QualityMeter | None = None
    script: tuple[Prompt, ...] = ()
    trigger: Trigger | None = None
    """None: everything is kept."""
    most_s: float = float("inf")
    """How much is recorded at most (seconds)."""


class Recorder:
    """Writes a session; says itself when it must end.

    began: when the session did, on the clock of the source. say: gets a line for what a person should know.
    """

    def __init__(
        self,
        session: Session,
        began: float,
        plan: Plan,
        say: Callable[[str], None] = lambda _: None,
        language: Language = "en",
    ) -> None:
        self.session, self.plan = session, plan
        self.prompt = 0
        """Which sentence of the script is read."""
        self.paused = False
        self.ended: EdgeError | None = None
        """Why recording cannot go on."""
        self.over = False
        """Whether recording is over, well or not."""
        self.withdrawn = False
        """Whether it ended because a consent is no longer in force; nothing of it is left then."""
        self.recorded_s = 0.0
        """How much was recorded, pauses left out (seconds)."""
        self.bytes = 0
        """What was written (bytes)."""
        self._segments = Segmenter(began)
        self._clock = WallClock()
        self._say, self._language = say, language
        self._checked = self._now = began
        if plan.script:
            self._note_prompt()

    def take(self, item: AudioChunk | Frame | Tick) -> None:
        """Take the next thing of the source."""
        end = item.start + len(item.samples) / item.rate if isinstance(item, AudioChunk) else item.time
        if not self.paused and end > self._now:
            self.recorded_s += end - self._now
        self._now = max(self._now, end)
        if self.plan.meter and not isinstance(item, Tick):
            self.plan.meter.take(item, not self.paused)
        self._keep(self._segments.take(Tick(self._now) if self.paused else item))
        if self.recorded_s >= self.plan.most_s:
            self.over = True
        if self._now - self._checked >= CHECK_S:
            self._checked = self._now
            self._check()

    def close(self) -> None:
        """Write what is left."""
        if not self.withdrawn:
            self._keep(self._segments.close())

    def act(self, key: str) -> str:
        """Do what a key asks for; the key of the words that say so, empty for none."""
        if key == " ":
            self.paused = not self.paused
            return "record_paused" if self.paused else "record_goes_on"
        if key == "f":
            self.forget()
            return "record_forgotten"
        if key == "n" and self.prompt + 1 < len(self.plan.script):
            self.prompt += 1
            self._note_prompt()
        elif key.isdecimal() and 0 < int(key) <= len(self.session.facts.subjects) > 1:
            self._mark(speaker=self.session.facts.subjects[int(key) - 1])
        elif key == "q":
            self.over = True
        return ""

    def fire(self, moment: float) -> None:
        """A reading of interest; moment: on the clock of the source (seconds)."""
        if self.plan.trigger:
            self._write(self.plan.trigger.fire(moment - self._segments.began))

    def forget(self) -> None:
        """Destroy the last minute, wherever it is."""
        last = self._segments.newest
        first = max(0.0, last - FORGET_S)
        self._segments.forget(int(first // SEGMENT_S))
        if self.plan.trigger:
            self.plan.trigger.forget()
        self.session.forget(first, last + SEGMENT_S)
        self.plan.space.give_back()

    @property
    def speaker(self) -> str:
        """Who speaks now, where somebody said so or there is one alone."""
        subjects = self.session.facts.subjects
        return self._last.speaker or (subjects[0] if len(subjects) == 1 else "")

    @property
    def left_s(self) -> float:
        """Time that the room allows at the rate so far (seconds); infinite at first."""
        rate = self.bytes / self.recorded_s if self.recorded_s > 5.0 else 0.0
        return self.plan.space.left / rate if rate else float("inf")

    @property
    def _last(self) -> Mark:
        marks = self.session.facts.marks
        return marks[-1] if marks else Mark(at_s=0.0)

    def _note_prompt(self) -> None:
        prompt = self.plan.script[self.prompt]
        self._mark(text=prompt.text, label=prompt.label)

    def _mark(self, **changes: str) -> None:
        at = max(0.0, self._now - self._segments.began)
        facts = self.session.facts
        mark = self._last.model_copy(update={"at_s": at, **changes})
        try:
            self.session.note(facts.model_copy(update={"marks": (*facts.marks, mark)}))
        except OSError as error:
            self._stop(InputError.of("record_write", path=self.session.folder, why=reason(error)))

    def _keep(self, segments: list[Segment]) -> None:
        self._write(self.plan.trigger.sift(segments) if self.plan.trigger else segments)

    def _write(self, segments: list[Segment]) -> None:
        try:
            for segment in segments:
                size = self.session.write(segment, self.plan.secret)
                self.plan.space.add(size)
                self.bytes += size
            if segments:
                self.plan.space.require()
        except OSError as error:
            self._stop(InputError.of("record_write", path=self.session.folder, why=reason(error)))
        except InputError as error:
            self._stop(error)

    def _check(self) -> None:
        if missing := self.plan.consents.missing():
            self._stop(missing)
            if missing.key == NO_CONSENT:
                self.withdrawn = True
                self.session.discard()
        elif step := self._clock.step():
            self._say(word("record_clock", self._language, seconds=step))

    def _stop(self, why: EdgeError) -> None:
        if self.ended is None:
            self.ended, self.over = why, True
