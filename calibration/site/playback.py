"""Recordings of a site read by the device's own pipeline: predictions, and the calls of the networks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from calibration.data.dataset import Example
from calibration.data.recordings import placed_anywhere
from calibration.site.recordings import UNLABELLED
from edge.bundle.folder import Bundle
from edge.config import Site, rules
from edge.drift.observation import Observation, Observer
from edge.engines import open_engine
from edge.features.text import load_tokenizer
from edge.interfaces import Engine
from edge.items import MODALITIES, AudioChunk, Floats, Frame, Quality, Tick, Transcript
from edge.perception.faces import FaceFollower
from edge.perception.speech import SpeechDetector
from edge.reading.encoders import Encoders, Tokens
from edge.reading.familiar import unadapted_summary
from edge.reading.fusion import Fusion
from edge.reading.pipeline import Pipeline
from edge.reading.site_head import fused_summary
from edge.reading.stages import Stages
from edge.reading.voice import Voice, load_last_layer
from edge.reading.windows import Windower
from edge.sources.recorded.part import Note
from edge.sources.recorded.recording import RecordingSource

Feed = dict[str, NDArray[Any]]


@dataclass(frozen=True, slots=True, eq=False)
class Call:
    """What a network was asked while a clip was played."""

    speaker: str
    """Who was heard or seen."""
    label: int
    """Of the clip, or of the stretch that holds the middle of the window; UNLABELLED where nobody said."""
    feed: Feed


@dataclass(frozen=True, slots=True, eq=False)
class Played:
    """One window as the fusion of a bundle was given it, and what the network answered."""

    speaker: str
    present: tuple[str, ...]
    summary: Floats
    """Of the tokens of all modalities (edge/reading/site_head.py)."""
    logits: Floats
    """Before any calibration, [outputs of the network]."""
    compared: Mapping[str, Floats]
    """Modality -> summary as of an unknown voice (edge/reading/familiar.py)."""


class Tapped(Fusion):
    """A fusion that tells of each window it fuses."""

    tell: Callable[[Mapping[str, Tokens], Floats], None]

    def fused_logits(self, found: Mapping[str, Tokens], quality: Quality) -> tuple[Floats, Floats]:
        logits, weights = super().fused_logits(found, quality)
        self.tell(found, logits)
        return logits, weights


class Kept:
    """An engine that tells of each call it is given."""

    def __init__(self, engine: Engine, tell: Callable[[Feed], None]) -> None:
        self._engine, self._tell = engine, tell

    @property
    def inputs(self) -> Mapping[str, tuple[int, ...]]:
        return self._engine.inputs

    def run(self, inputs: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
        self._tell({name: np.array(values) for name, values in inputs.items()})
        return self._engine.run(inputs)

    def __enter__(self) -> Kept:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None


class TableTranscripts:
    """Gives each window of a clip the transcript that the table has for it."""

    def __init__(self, text: str) -> None:
        self._text = text

    def transcribe(self, samples: Floats, start: float, rate: int) -> Transcript:
        """The transcript, as said in these samples [n]."""
        return Transcript(self._text, 1.0, start, start + len(samples) / rate)


class Playback:
    """Plays recordings through a bundle, one window after the other without overlap.

    Each call of a network is kept until there are `most` of it.
    """

    def __init__(self, bundle: Bundle, most: int = 0) -> None:
        self._bundle, self._most = bundle, most
        self._stack = ExitStack()
        self._voices: dict[str, Voice] = {}
        self._speaker = ""
        self._label: Callable[[], int] = lambda: UNLABELLED
        self.calls: dict[str, list[Call]] = {name: [] for name in bundle.manifest.models}
        """By network."""
        self.windows: list[Played] = []
        self.observed: dict[str, list[tuple[Observation, int]]] = {}
        """Who was heard or seen -> what was observed; its place in `windows` where it was read, else -1."""
        # Windows that overlap say the same twice.
        self._manifest = bundle.manifest.model_copy(update={"hop_s": bundle.manifest.window_s})

    def __enter__(self) -> Playback:
        opened = {
            name: self._stack.enter_context(open_engine(self._bundle.path(name)))
            for name in self._manifest.models
        }
        self._engines: dict[str, Engine] = {
            name: Kept(engine, partial(self._keep, name)) for name, engine in opened.items()
        }
        self._tokenizer = load_tokenizer(self._bundle.path("tokenizer.json"))
        self._untold = Encoders(self._manifest, opened, self._tokenizer)
        self._rules = rules(Site(), self._manifest)
        self._last_layer = load_last_layer(self._bundle)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def play(self, clip: Example, note: Note, stretches: Sequence[Example] = ()) -> float:
        """Play one clip; how long it lasts (seconds). Raises MediaError.

        note: told what is unusual. stretches: of it, that have labels of their own.
        """
        assert clip.path is not None
        manifest, self._speaker = self._manifest, clip.speaker
        fusion = Tapped(manifest, self._engines["fusion"])
        fusion.tell = self._fused
        self._encoders = Encoders(manifest, self._engines, self._tokenizer, voice=self._voice(clip.speaker))
        pipeline = Pipeline(
            manifest,
            self._rules,
            Stages(
                Windower(manifest.window_s, manifest.hop_s, manifest.audio.rate, manifest.vision.faces),
                SpeechDetector(),
                FaceFollower(self._bundle.path("face_detector.onnx")),
                self._encoders,
                fusion,
                TableTranscripts(clip.transcript) if clip.transcript else None,
                observer=Observer(manifest.audio.rate, self._observed),
            ),
        )
        with RecordingSource(clip.path, manifest.audio.rate, note=note) as source:
            timed, first = Timed(source, round(manifest.window_s * manifest.audio.rate)), len(self.windows)
            self._label = lambda: _label_at(clip, stretches, timed.seconds - manifest.window_s / 2)
            pipeline.run(timed, clip.path.name, [])
        if timed.seconds < 2 * manifest.window_s:
            self._place(first, timed.sound())
        return timed.seconds

    def _place(self, first: int, sound: Floats) -> None:
        """Compare the first window of a short clip as in a run, where its sound may lie anywhere in one."""
        place = next((n for n in range(first, len(self.windows)) if "audio" in self.windows[n].present), None)
        if place is None:
            return
        window = placed_anywhere(sound, round(self._manifest.window_s * self._manifest.audio.rate))
        found = unadapted_summary("audio", self._untold.audio(window), None)
        before = self.windows[place]
        self.windows[place] = replace(before, compared={**before.compared, "audio": found})

    def _voice(self, speaker: str) -> Voice:
        """Of a person: known better with each of their clips, as at a workplace."""
        width = self._engines["audio"].inputs["voice"][1]
        return self._voices.setdefault(speaker, Voice(width, self._last_layer))

    def _keep(self, name: str, feed: Feed) -> None:
        if len(self.calls[name]) < self._most:
            self.calls[name].append(Call(self._speaker, self._label(), feed))

    def _observed(self, observation: Observation) -> None:
        place = -1 if observation.probabilities is None else len(self.windows) - 1
        self.observed.setdefault(self._speaker, []).append((observation, place))

    def _fused(self, found: Mapping[str, Tokens], logits: Floats) -> None:
        present = tuple(name for name in MODALITIES if name in found)
        voice = self._encoders.mean_token
        compared = {name: unadapted_summary(name, found[name], voice) for name in present}
        self.windows.append(Played(self._speaker, present, fused_summary(found), logits.copy(), compared))


def _label_at(clip: Example, stretches: Sequence[Example], time: float) -> int:
    """The label of a clip at a time (seconds)."""
    here = (one.label for one in stretches if one.part and one.part[0] <= time < one.part[1])
    return next(here, clip.label)


class Timed:
    """Items of a source, how long they last together, and their first samples of sound, `most` at most."""

    def __init__(self, items: Iterable[AudioChunk | Frame | Tick], most: int) -> None:
        self._items, self.seconds = items, 0.0
        self._most, self._heard = most, list[Floats]()

    def sound(self) -> Floats:
        """The first samples, [n]."""
        return np.concatenate([np.zeros(0, np.float32), *self._heard])[: self._most]

    def __iter__(self) -> Iterator[AudioChunk | Frame | Tick]:
        first: float | None = None
        for item in self._items:
            end = item.start + len(item.samples) / item.rate if isinstance(item, AudioChunk) else item.time
            first = end if first is None else first
            self.seconds = max(self.seconds, end - min(first, 0.0))
            if isinstance(item, AudioChunk) and sum(map(len, self._heard)) < self._most:
                self._heard.append(item.samples)
            yield item
