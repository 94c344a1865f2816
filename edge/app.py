"""Settings + bundle -> concrete parts -> readings. The only place that names concrete classes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from datetime import date
from importlib.resources import files
from pathlib import Path
from types import TracebackType

from typing_extensions import Self

from edge import config
from edge.bundle.folder import Bundle, open_bundle
from edge.bundle.golden import require_golden
from edge.config import Site
from edge.drift.compare import Drift
from edge.drift.observation import Observer
from edge.drift.watch import DriftWatch
from edge.engines import open_engines
from edge.errors import ConfigError, InputError, MediaError
from edge.features.text import load_tokenizer
from edge.interfaces import Device, Sink
from edge.items import LIVE
from edge.perception.faces import FaceFollower
from edge.perception.speech import SpeechDetector
from edge.perception.transcribe import BackgroundTranscriber, SteadyTranscriber, transcriber
from edge.reading.alarm import Alarms
from edge.reading.confidence import DAY_S, Checks, Costs, stands
from edge.reading.encoders import Encoders
from edge.reading.familiar import Familiarity, load_homes
from edge.reading.fusion import Fusion
from edge.reading.pipeline import Pipeline, Seen, Sensed
from edge.reading.site_head import load_site_head
from edge.reading.stages import Stages, TranscriptSource
from edge.reading.stopwatch import Stopwatch
from edge.reading.summary import Summary
from edge.reading.voice import Voice, load_last_layer
from edge.reading.windows import Windower
from edge.review.results import last_read_s
from edge.review.store import DATABASE, Store
from edge.sections import AlarmSettings
from edge.sources.devices.live import Give, LiveSource
from edge.sources.recorded.recording import RecordingSource, recordings
from edge.words import word


def starter_bundle() -> Path:
    """The bundle that ships with the package."""
    return Path(str(files("edge") / "assets" / "starter"))


def demo_clip() -> Path:
    """The clip that ships with the package: it shows the path, not the accuracy."""
    return Path(str(files("edge") / "assets" / "demo.mp4"))


def live_source(site: Site, rate: int, say: Callable[[str], None] = lambda _: None) -> LiveSource:
    """The microphone and the camera of the settings, there or not yet; sound comes at `rate` (hertz).

    say: gets a line when one is missing or lost, and when it is back. Raises ConfigError.
    """
    from edge.sources.devices.addresses import check_address
    from edge.sources.devices.camera import Camera
    from edge.sources.devices.microphone import Microphone
    from edge.sources.devices.news import DeviceNews

    devices: list[Callable[[Give], Device]] = []
    if site.microphone != "off":
        name = None if site.microphone == "default" else site.microphone
        devices.append(lambda give: Microphone(give, rate, name, site.language))
    if site.camera != "off":
        check_address(site.camera)
        devices.append(lambda give: Camera(give, site.camera, site.language))
    if not devices:
        raise ConfigError.of("no_devices")
    return LiveSource(devices, DeviceNews(say, site.language).look)


class Reader:
    """An opened bundle with its engines; reads recordings while its `with` block lasts.

    backend: which one runs the models (edge/engines). say: gets warnings, one line each. Open, read and
    close it on one thread.
    Raises BundleError, EngineError, ConfigError and MissingExtraError on entering.
    """

    def __init__(
        self,
        site: Site,
        *,
        realtime: bool = False,
        stopwatch: Stopwatch | None = None,
        say: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._site = site
        self._say = say
        self._realtime = realtime
        self._stopwatch = stopwatch or Stopwatch()
        self._stack = ExitStack()
        self._summaries: list[Summary] = []  # of every pipeline made

    def __enter__(self) -> Self:
        self.bundle: Bundle = open_bundle(self._site.bundle or starter_bundle())
        self.rules = config.rules(self._site, self.bundle.manifest)
        self.tokenizer = load_tokenizer(self.bundle.path("tokenizer.json"))
        with self._stack as opening:
            models = {name: self.bundle.path(name) for name in self.bundle.manifest.models}
            self.backend, self.engines = open_engines(
                models,
                self._site.backend,
                self._site.threads,
                opening,
                self._site.language,
                fit=lambda engines: require_golden(self.bundle, engines),
            )
            require_golden(self.bundle, self.engines)
            self.bundle.require_unchanged()
            self._site_head = load_site_head(self.bundle)
            self._homes = load_homes(self.bundle)
            self._last_layer = load_last_layer(self.bundle)
            self._transcriber: SteadyTranscriber | None = None
            if self._site.asr:
                recogniser = opening.enter_context(transcriber(self._site.asr))
                self._transcriber = SteadyTranscriber(recogniser, self._say, self._site.language)
            self._stack = opening.pop_all()
        self._checks = self._budget()
        manifest = self.bundle.manifest
        reference = manifest.site.reference if manifest.site else None
        self._watch: DriftWatch | None = None
        if reference and not self._aggregate:
            said = (self._say, self._site.language)
            self._watch = DriftWatch(reference, manifest.full_labels, manifest.hop_s, *said)
        self.take_alarm(self._site.alarm)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def take_alarm(self, alarm: AlarmSettings | None) -> None:
        """Go by these settings from the next window on; from any thread. One line where they do not fit."""
        manifest = self.bundle.manifest
        self._point = alarm.point if alarm else None
        self._checks.costs = alarm.costs if alarm else Costs()
        if alarm and not manifest.full_labels.negative:
            self._say(word("alarm_no_label", self._site.language))
        elif alarm and alarm.bundle and alarm.bundle != manifest.digest:
            self._say(word("alarm_other_bundle", self._site.language, name=manifest.name))

    def _budget(self) -> Checks:
        """The checks of this run; those of today that are on the queue are gone from a limit."""
        manifest, today, queue = self.bundle.manifest, date.today(), self._site.review
        checks = Checks(
            self._site.checks_a_day,
            stands=stands(manifest.window_s, manifest.hop_s),
            day_readings=DAY_S / manifest.hop_s,
            day=today.toordinal(),
        )
        if checks.a_day and queue and (queue.folder / DATABASE).is_file():
            try:
                with Store(queue.folder) as store:
                    checks.asked = store.begun_on(today)
                    if seconds := last_read_s(store, today):
                        checks.day_readings = seconds / manifest.hop_s
            except InputError as error:  # readings go on without a queue
                self._say(error.told(self._site.language))
        return checks

    def left_out(self) -> dict[str, int]:
        """Windows dropped and rested and checks withheld since the start; from any thread."""
        runs = list(self._summaries)
        return {
            "dropped": sum(run.dropped for run in runs),
            "rested": sum(run.rested for run in runs),
            "withheld": self._checks.withheld,
        }

    def drifted(self) -> Drift | None:
        """What changed since the calibration; None where there is nothing to compare with, or not yet."""
        return self._watch.now if self._watch else None

    def pipeline(self) -> Pipeline:
        """A pipeline for one recording, with no memory of earlier ones but how many checks were asked for."""
        manifest = self.bundle.manifest
        labels = manifest.full_labels
        summary = Summary(known=labels)
        voice = Voice(self.engines["audio"].inputs["voice"][1], self._last_layer)
        self._summaries.append(summary)
        transcripts: TranscriptSource | None = self._transcriber
        if self._realtime and self._transcriber:  # a recording read fast waits for its text, life does not
            transcripts = BackgroundTranscriber(self._transcriber)
        return Pipeline(
            manifest,
            self.rules,
            Stages(
                Windower(manifest.window_s, manifest.hop_s, manifest.audio.rate, manifest.vision.faces),
                SpeechDetector(),
                FaceFollower(self.bundle.path("face_detector.onnx"), self._site.faces),
                Encoders(manifest, self.engines, self.tokenizer, self._stopwatch, voice),
                Fusion(manifest, self.engines["fusion"], self._stopwatch, self._site_head),
                transcripts,
                Familiarity(self._homes, manifest.hop_s, self._told, self._site.language),
                Observer(manifest.audio.rate, self._watch.take) if self._watch else None,
                Alarms([labels.index(name) for name in labels.negative], lambda: self._point),
            ),
            realtime=self._realtime,
            stopwatch=self._stopwatch,
            checks=self._checks,
            summary=summary,
            say=self._told,
            language=self._site.language,
        )

    def _told(self, line: str) -> None:
        """Say a line of a run, but where it might be of few people."""
        if not self._aggregate:
            self._say(line)

    @property
    def _aggregate(self) -> bool:
        """Whether nothing may be told of what few people show."""
        return self._site.policy is not None and self._site.policy.aggregate

    def read(
        self, path: Path, sinks: Sequence[Sink], seen: Seen | None = None, sensed: Sensed | None = None
    ) -> Summary:
        """Read one recording into the sinks, states included; `seen` gets pictures, `sensed` windows.

        Raises MediaError, at the end also when there was nothing but states; EngineError; what sinks raise.
        """
        language = self._site.language
        rate = self.bundle.manifest.audio.rate
        with RecordingSource(path, rate, self._realtime, self._note) as source:
            summary = self.pipeline().run(source, path.name, sinks, seen, sensed)
        if not summary.labels:
            found = [f"{word(name, language)} {count}" for name, count in summary.states.most_common()]
            states = ", ".join(found) or word("nothing", language)
            raise MediaError(word("no_emotion", language, path=path, states=states))
        return summary

    def _note(self, note: MediaError) -> None:
        self._say(note.told(self._site.language))

    def watch(
        self,
        source: LiveSource,
        sinks: Sequence[Sink],
        seen: Seen | None = None,
        sensed: Sensed | None = None,
    ) -> Summary:
        """Read live devices into the sinks until the source is stopped; the caller closes it."""
        return self.pipeline().run(source, LIVE, sinks, seen, sensed)

    def read_all(
        self, path: Path, sinks: Sequence[Sink], seen: Seen | None = None, sensed: Sensed | None = None
    ) -> Summary:
        """Read a recording, or each recording of a folder as a world of its own.

        A recording of a folder that cannot be read is passed over and named in a MediaError at the end.
        """
        found = recordings(path, self._note)
        if found == [path]:
            return self.read(path, sinks, seen, sensed)
        total, failures = Summary(known=self.bundle.manifest.full_labels), []
        for recording in found:
            try:
                total += self.read(recording, sinks, seen, sensed)
            except MediaError as error:
                failures.append(error.told(self._site.language))
        if failures:
            values = {"count": len(failures), "total": len(found), "why": "; ".join(failures)}
            raise MediaError(word("some_unread", self._site.language, **values))
        return total
