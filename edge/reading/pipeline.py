"""One recording or device from its first item to its last reading.

    source items -> windower -> speech? faces? -> encoders -> fusion -> vote -> Reading -> sinks

Wiring between Protocols; no concrete class is known here (edge/app.py names them).
"""

from __future__ import annotations

import dataclasses
import datetime
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from edge.bundle.manifest import Manifest
from edge.errors import MediaError
from edge.interfaces import Sink
from edge.items import AudioChunk, Face, Frame, People, Prediction, Quality, Reading, State, Tick, Window
from edge.perception.faces import too_dark
from edge.reading.confidence import Checks, Run, prediction_set, watched, worth
from edge.reading.fusion import fused_name
from edge.reading.pace import Pace
from edge.reading.priors import Census, counted
from edge.reading.stages import Stages
from edge.reading.stopwatch import Stopwatch
from edge.reading.summary import Summary
from edge.reading.voting import Ballot, Rules, Tally, vote
from edge.reading.windows import LATE_S
from edge.words import Language, word

WARM_UP_S = 2.0
"""Less than this of the source is too little to read (seconds)."""

Seen = Callable[[Frame, People], None]
"""Told of each picture as it comes, with the faces found last."""
Sensed = Callable[[Window, Sequence[Face | None]], None]
"""Told of each window of one person at most, its sound where it is speech, and the face of each frame."""


@dataclass(slots=True)
class _Memory:
    """What is remembered of one person from window to window."""

    ballot: Ballot
    run: Run = field(default_factory=Run)


class Pipeline:
    """Reads one recording or device. Make a new one for each: it remembers faces, votes and what is usual.

    checks: shared by all that one person looks at. summary: counts as it goes. say: gets one line, in a
    language, when something about the site is doubtful.
    """

    def __init__(
        self,
        manifest: Manifest,
        rules: Rules,
        stages: Stages,
        *,
        realtime: bool = False,
        stopwatch: Stopwatch | None = None,
        checks: Checks | None = None,
        summary: Summary | None = None,
        say: Callable[[str], None] = lambda _: None,
        language: Language = "en",
    ) -> None:
        self._manifest = manifest
        self._rules = rules
        self._stages = stages
        self._realtime = realtime
        self._stopwatch = stopwatch or Stopwatch()
        self._faces: dict[float, People] = {}
        self._memories: dict[int | None, _Memory] = {}
        self._census = Census()
        self._checks = checks or Checks()
        self._summary = summary or Summary()
        self._say, self._language = say, language
        self._sensed: Sensed | None = None
        self._watched = watched(manifest.full_labels, rules.settings.events or ())

    def run(
        self,
        items: Iterable[AudioChunk | Frame | Tick],
        source: str,
        sinks: Sequence[Sink],
        seen: Seen | None = None,
        sensed: Sensed | None = None,
    ) -> Summary:
        """Read everything a source gives; one reading a window goes to every sink, each picture to `seen`.

        In real time a window a hop later than the windower may be is dropped: a newer one is already due.
        """
        summary, withheld = self._summary, self._checks.withheld
        self._sensed = sensed
        broken: MediaError | None = None
        began = lead = float("inf")
        patience = self._manifest.hop_s + LATE_S if self._realtime else float("inf")
        pace = Pace(self._manifest.hop_s) if self._realtime else None
        try:
            for item in items:
                start = item.start if isinstance(item, AudioChunk) else item.time
                began = min(began, start)
                lead = min(lead, time.monotonic() - start)
                if seen and isinstance(item, Frame):
                    read = next(reversed(self._faces.values()), {})
                    seen(item, {**read, **self._stages.faces.unread})
                for window in self._stages.windower.add(item):
                    if pace and pace.skip():
                        summary.rested += 1
                    elif time.monotonic() - lead - window.end > patience:
                        summary.dropped += 1
                    else:
                        started = time.monotonic()
                        warm = window.end - began >= WARM_UP_S - 1e-6
                        self._read_into(sinks, window, source, warm=warm)
                        if pace and warm:
                            pace.spent(time.monotonic() - started)
        except MediaError as error:  # cut short: what came before it is read all the same
            broken = error
        # Nothing more will come: what is left is read however short it is, be it a single picture.
        for window in self._stages.windower.flush():
            self._read_into(sinks, window, source)
        summary.withheld = self._checks.withheld - withheld
        if broken is not None:
            raise broken
        return summary

    def _read_into(self, sinks: Sequence[Sink], window: Window, source: str, *, warm: bool = True) -> None:
        """The readings of one window; while the source is not warm yet, that it is warming up."""
        cold = Reading(time=window.end, state="warming_up", source=source)
        for reading in self.read(window, source) if warm else [cold]:
            _write_to_sinks(reading, sinks, self._summary)

    def read(self, window: Window, source: str = "") -> list[Reading]:
        """The reading of one window; where everybody is read, one for each who is seen in it.

        What is heard and said is a person's only when nobody else is seen: else each is read by the face
        alone. Windows must come in order of time. Raises EngineError.
        """
        with self._stopwatch.stage("whole window"):
            heard, loud = self._measure_sound(window)
            pictures = self._find_people(window)
            people = sorted(
                {person for faces in pictures for person in faces}, key=lambda person: person or 0
            )
            if len(people) > 1:
                quality = Quality(face_score=heard.quality.face_score)
                heard = dataclasses.replace(heard, audio=None, text=None, quality=quality)
                shown = zip(window.frames, pictures, strict=True)
                # Batches are full when all are encoded at once.
                self._stages.encoders.see(
                    window.start, [(frame, face) for frame, all_ in shown for face in all_.values()]
                )
            elif self._sensed:
                self._sensed(heard, [faces.get(people[0]) if people else None for faces in pictures])
            found = [
                self._read_one(heard, person, [faces.get(person) for faces in pictures], source)
                for person in people or [None]
            ]
        fullest = max(pictures, key=len, default={})
        given = [
            dataclasses.replace(reading, company=len(fullest) if reading.person in fullest else 0)
            for reading in found
            if reading
        ]
        if given:
            return given
        state, alarm = self._why_nothing(window, loud), self._stages.alarms.silent(window.end, self._rules)
        return [Reading(time=window.end, state=state, source=source, alarm=alarm)]

    def _read_one(
        self, window: Window, person: int | None, faces: Sequence[Face | None], source: str
    ) -> Reading | None:
        """What the window says of one person; None when it holds nothing to read."""
        if faces:
            score = sum(face.score for face in faces if face) / len(faces)
            window = dataclasses.replace(
                window, quality=dataclasses.replace(window.quality, face_score=score)
            )
        found = self._stages.encoders.window(window, faces)
        if not found:
            return None
        met = self._stages.familiarity.meet(window.end, found, self._stages.encoders.mean_token)
        strange = tuple(name for name in found if name in met.unfamiliar)
        known = {name: tokens for name, tokens in found.items() if name not in strange}
        if not known:
            up = self._stages.alarms.silent(window.end, self._rules)
            return Reading(window.end, "unfamiliar", source, person, alarm=up, unfamiliar=strange)
        prediction = self._stages.fusion.predict(window.end, known, window.quality)
        familiar = sum(share * met.weights.get(name, 1.0) for name, share in prediction.weights.items())
        prediction = dataclasses.replace(prediction, familiar=min(1.0, familiar))
        if self._stages.observer:
            self._stages.observer.read(window, faces, self._stages.encoders.mean_token, prediction)
        with self._stopwatch.stage("voting"):
            return dataclasses.replace(self._voted(prediction, source, person), unfamiliar=strange)

    def _measure_sound(self, window: Window) -> tuple[Window, bool]:
        """The window with its sound measured and without what is no clear speech; whether it is loud."""
        quality, audio, text, loud = window.quality, window.audio, window.text, False
        if audio is not None:
            with self._stopwatch.stage("speech detection"):
                speech = self._stages.speech.measure(audio, window.start, self._manifest.audio.rate)
            loud = speech.loud
            if self._stages.observer:
                self._stages.observer.hear(window, speech)
            if speech.present and not loud:
                quality = dataclasses.replace(quality, speech_snr=speech.snr_db)
            else:
                audio = None
        if audio is not None and self._stages.transcripts is not None:
            with self._stopwatch.stage("transcript"):
                said = self._stages.transcripts.transcribe(audio, window.start, self._manifest.audio.rate)
            if said is not None and said.end > window.start:
                # The older a text is, the less of this window it covers.
                share = min(1.0, (said.end - window.start) / (window.end - window.start))
                text = said.text
                quality = dataclasses.replace(quality, transcript_confidence=said.confidence * share)
        return dataclasses.replace(window, audio=audio, text=text, quality=quality), loud

    def _find_people(self, window: Window) -> list[People]:
        """Who is in each of the window's frames."""
        with self._stopwatch.stage("face detection"):
            # Overlapping windows share frames: each is looked at once and forgotten with its window.
            known = self._faces
            self._faces = {
                frame.time: known[frame.time] if frame.time in known else self._stages.faces.follow(frame)
                for frame in window.frames
            }
        return [self._faces[frame.time] for frame in window.frames]

    def _why_nothing(self, window: Window, loud: bool) -> State:
        if window.audio is None and not window.frames:
            return "no_signal"
        if window.frames and all(too_dark(frame.image) for frame in window.frames):
            return "dark"
        if loud:
            return "loud"
        return "no_face" if window.frames and window.audio is None else "no_speech"

    def _voted(self, prediction: Prediction, source: str, person: int | None) -> Reading:
        labels, settings, now = self._manifest.labels, self._rules.settings, prediction.time
        self._memories = {
            who: memory for who, memory in self._memories.items() if not memory.ballot.over(now, settings)
        }
        own = self._memories.get(person) or _Memory(Ballot())
        rules = dataclasses.replace(self._rules, site_prior=self._census.prior(self._rules.site_prior))
        own.ballot, tally = vote(own.ballot, prediction, rules)
        self._memories[person] = own
        self._count(prediction, own.ballot)
        thresholds = self._manifest.voted_thresholds(fused_name(list(prediction.weights)))
        asked = self._asked(own.run, tally)
        return Reading(
            time=prediction.time,
            state="needs_check" if asked else "reading",
            source=source,
            person=person,
            label=labels[tally.label],
            probabilities=tally.probabilities,
            candidates=prediction_set(tally.probabilities, labels, thresholds),
            margin=tally.margin,
            votes=tally.votes,
            held=tally.held,
            weights=prediction.weights,
            delay_ms=tally.delay_ms,
            prediction=prediction,
            alarm=self._stages.alarms.read(prediction, rules, person),
        )

    def _asked(self, run: Run, tally: Tally) -> bool:
        """Whether a reading needs a check: the budget is one for all, a run is one person's."""
        checks, before = self._checks, self._checks.withheld
        value = worth(tally.probabilities, tally.label, self._watched, checks.costs)
        asked = checks.ask(run, tally.label, value, datetime.date.today().toordinal())
        if checks.withheld > before and checks.withheld_today == 1:
            self._say(word("checks_used_up", self._language, count=checks.a_day))
        return asked

    def _count(self, prediction: Prediction, ballot: Ballot) -> None:
        """Count a window in for the site's prior; say so when that begins to be doubtful."""
        before, rules = self._census, self._rules
        if ballot.belief is not None:
            self._census = counted(
                before,
                ballot.belief,
                prediction.probabilities,
                rules.train_prior,
                rules.rates(fused_name(list(prediction.weights))),
            )
        if self._census.doubtful and not before.doubtful:
            self._say(word("prior_doubtful", self._language, gap=self._census.gap))


def _write_to_sinks(reading: Reading, sinks: Sequence[Sink], summary: Summary) -> None:
    for sink in sinks:
        sink.write(reading)
    summary.states[reading.state] += 1
    if reading.label:
        summary.labels[reading.label] += 1
