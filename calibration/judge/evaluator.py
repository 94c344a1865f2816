"""The networks of a bundle run on labelled clips by the code that the device runs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from calibration.data.dataset import Example, nameless, require_human
from calibration.data.noise import Surroundings
from calibration.data.recordings import placed_anywhere
from calibration.judge.clips import Clips, snr_db
from calibration.judge.met_voices import KNOWN_S, MetVoices, Said, balance_of
from calibration.judge.metrics import Report, reasons, score
from edge.bench.precisions import open_floats
from edge.bundle.folder import Bundle
from edge.engines import open_engine
from edge.errors import DatasetError, MediaError
from edge.features.text import load_tokenizer
from edge.items import Floats, Prediction, Quality
from edge.reading.encoders import Encoders, Tokens
from edge.reading.familiar import load_homes, nearest, unadapted_summary
from edge.reading.fusion import Fusion, fused_name
from edge.reading.site_head import load_site_head
from edge.reading.voice import load_last_layer
from edge.system.output import warn

Modality = Literal["audio", "vision", "text", "fused"]


@dataclass(frozen=True, slots=True, eq=False)
class Predictions:
    """Posteriors of a bundle for labelled examples."""

    examples: list[Example]
    """Those it could judge."""
    posteriors: Floats
    """[examples, labels]."""
    names: list[str]
    """What the manifest calls each of them: audio, vision, text, or what was fused."""
    skipped: Counter[str]
    """How many others could not be judged, by reason."""


class Evaluator:
    """Runs the networks of a bundle on labelled examples, one at a time."""

    def __init__(
        self,
        bundle: Bundle,
        around: Surroundings | None = None,
        say: Callable[[str], object] | None = None,
        *,
        floats: bool = False,
    ) -> None:
        """say: is told of each clip that cannot be decoded, one line; None: on stderr.

        floats: ask the float forms of the networks (edge/engines/float_graph.py), not INT8.
        """
        self._bundle, self._floats = bundle, floats
        self._clips = Clips(bundle, around, say or warn)
        self._stack = ExitStack()
        self._voices: MetVoices | None = None
        self._met: dict[str, dict[str, list[float]]] = {}  # modality -> person -> distance over its limit

    def __enter__(self) -> Evaluator:
        manifest, stack = self._bundle.manifest, self._stack
        if self._floats:
            engines = open_floats(self._bundle, "onnxrt", stack)["fp32"]
        else:
            engines = {
                name: stack.enter_context(open_engine(self._bundle.path(name))) for name in manifest.models
            }
        self.encoders = Encoders(manifest, engines, load_tokenizer(self._bundle.path("tokenizer.json")))
        self._homes = load_homes(self._bundle)
        self.fusion = Fusion(manifest, engines["fusion"], site_head=load_site_head(self._bundle))
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def learn_voices(self, examples: Sequence[Example]) -> None:
        """Know all speakers as after KNOWN_S of speech in a site's balance; undecodable clips are named."""
        manifest = self._bundle.manifest
        size = manifest.models["audio"].inputs["voice"][1]
        shares, layer = balance_of(manifest.site_prior), load_last_layer(self._bundle)
        self._voices = MetVoices(shares, size, manifest.hop_s, layer)
        for example in examples:
            try:
                samples, _ = self._clips.media(example, look=False)
            except MediaError as error:
                self.leave_out(example, error)
                continue
            if samples is not None:
                tokens = [self.encoders.audio(window).tokens for window in self._clips.windows(samples)]
                hops = max(len(tokens), round(self._clips.seconds(example) / manifest.hop_s))
                summaries = [(own.mean(axis=0), own.std(axis=0)) for own in tokens]
                self._voices.hear(example.speaker, Said(example.name, example.label, summaries, hops))

    def by_audio_after(self, example: Example, after: Sequence[float]) -> list[tuple[Floats, float]]:
        """Mean posterior of a clip's sound, and how much of the voice was heard before (seconds).

        One for each of `after`, what is wished for (seconds); none without sound. learn_voices comes first.
        """
        samples, _ = self._clips.media(example, look=False)
        windows = [] if samples is None else self._clips.windows(samples)
        asked = [self._known(example, seconds) for seconds in after if windows]
        # After little speech a voice is the same several times.
        keys = [b"" if voice is None else voice.tobytes() for voice, _ in asked]
        voices = {key: voice for key, (voice, _) in zip(keys, asked, strict=True)}
        found: dict[bytes, list[Floats]] = {key: [] for key in voices}
        for window in windows:
            for key, voice in voices.items():
                found[key].append(self.fusion.posterior("audio", self.encoders.audio(window, voice)))
        read = {key: self._mean(posteriors) for key, posteriors in found.items()}
        return [(read[key], heard) for key, (_, heard) in zip(keys, asked, strict=True)]

    def _known(self, example: Example, seconds: float = KNOWN_S) -> tuple[Floats | None, float]:
        """The voice of a clip's speaker, None where none was learned, and how long it was heard (seconds)."""
        if self._voices is None:
            return None, 0.0
        return self._voices.known(example.speaker, example.name, seconds)

    def score(self, examples: Sequence[Example], modality: Modality, drop: Collection[str] = ()) -> Report:
        """Judge examples by one modality, or by all they hold besides those dropped.

        Raises DatasetError where nothing can be judged, and for pseudo-labels.
        """
        return self.report(self.predict(examples, modality, drop))

    def report(self, found: Predictions) -> Report:
        """Score predictions."""
        rows = [self._bundle.manifest.thresholds(name) for name in found.names]
        thresholds = None if None in rows else np.array(rows)
        labels, speakers = [e.label for e in found.examples], [e.speaker for e in found.examples]
        unknown = nameless(found.examples)
        names = self._bundle.manifest.full_labels
        made = score(found.posteriors, labels, speakers, names, found.skipped, thresholds, unknown)
        return replace(made, unfamiliar=self._unfamiliar(), few=self._few(found.names))

    def _few(self, names: Sequence[str]) -> dict[str, tuple[int, int]]:
        """Labels that the sets of these posteriors always hold, and of how many clips and people they are."""
        manifest = self._bundle.manifest
        rows = [zip(manifest.labels, manifest.evidence.get(name, ()), strict=False) for name in {*names}]
        return {label: (one.clips, one.people) for row in rows for label, one in row if one.few}

    def _unfamiliar(self) -> dict[str, tuple[int, int]]:
        """Modality -> people it is unfamiliar of by the mean of all their windows, and people asked about."""
        return {
            name: (sum(float(np.mean(own)) > 1.0 for own in people.values()), len(people))
            for name, people in self._met.items()
        }

    def _meet(self, example: Example, name: str, tokens: Tokens, voice: Floats | None = None) -> None:
        """Compare a window with what is familiar; voice: mean audio token of an unknown one."""
        if homes := self._homes.get(name):
            far = nearest(homes, unadapted_summary(name, tokens, voice), "minute")
            self._met.setdefault(name, {}).setdefault(example.speaker, []).append(far)

    def _meet_sound(self, example: Example, samples: Floats, found: Sequence[Tokens]) -> None:
        """Compare a clip's sound, its windows or, where it is short, one in which it lies anywhere."""
        if "audio" not in self._homes:
            return
        length = round(self._bundle.manifest.window_s * self._bundle.manifest.audio.rate)
        known, _ = self._known(example)
        if len(samples) < 2 * length:
            found, known = [self.encoders.audio(placed_anywhere(samples, length))], None
        for tokens in found:
            mean = tokens.tokens.mean(axis=0)
            self._meet(example, "audio", tokens, mean if known is None else mean + known)

    def predict(
        self, examples: Sequence[Example], modality: Modality, drop: Collection[str] = ()
    ) -> Predictions:
        """Ask about every example. Raises DatasetError when none can be judged, and for pseudo-labels."""
        require_human(examples)
        ask: Mapping[str, Callable[[Example], tuple[str, Floats | str]]] = {
            "audio": lambda example: ("audio", self.by_audio(example)),
            "vision": lambda example: ("vision", self.by_vision(example)),
            "text": lambda example: ("text", self.by_text(example)),
            "fused": lambda example: self._by_all(example, drop),
        }
        judged, posteriors, names, skipped = [], [], [], Counter[str]()
        for example in examples:
            try:
                name, answer = ask[modality](example)
            except MediaError as error:
                name, answer = "", self.leave_out(example, error)
            if isinstance(answer, str):
                skipped[answer] += 1
            else:
                judged.append(example)
                posteriors.append(answer)
                names.append(name)
        if not judged:
            raise DatasetError.of("no_clip_judged", modality=modality, reasons=reasons(skipped))
        self._clips.tell_narrow(judged)
        return Predictions(judged, np.stack(posteriors), names, skipped)

    def by_audio(self, example: Example) -> Floats | str:
        """Mean posterior over the clip's windows, or why there is none."""
        samples, _ = self._clips.media(example, look=False)
        if samples is None:
            return "no sound"
        voice, _ = self._known(example)
        found = [self.encoders.audio(window, voice) for window in self._clips.windows(samples)]
        self._meet_sound(example, samples, found)
        return self._mean([self.fusion.posterior("audio", tokens) for tokens in found])

    def by_vision(self, example: Example) -> Floats | str:
        """Posterior over the clip's faces, or why there is none; a picture of crop size is a face."""
        crops = [look.face for look in self._clips.media(example)[1] if look.face is not None]
        if not crops:
            return "no face"
        tokens = self.encoders.vision(crops)
        self._meet(example, "vision", tokens)
        return self.fusion.posterior("vision", tokens)

    def by_text(self, example: Example) -> Floats | str:
        """Posterior of the transcript, or why there is none."""
        found = self.encoders.text(example.transcript) if example.transcript else None
        if found is None:
            return "no transcript"
        self._meet(example, "text", found)
        return self.fusion.posterior("text", found)

    def by_all(self, example: Example, drop: Collection[str] = ()) -> Floats | str:
        """Mean fused posterior over the clip's windows, or why there is none; `drop` is not looked at."""
        return self._by_all(example, drop)[1]

    def seconds(self, example: Example) -> float:
        """How long the clip's sound is; 0 without sound."""
        return self._clips.seconds(example)

    def fused_windows(self, example: Example, drop: Collection[str] = ()) -> list[Prediction]:
        """Fused prediction of each of the clip's windows that holds something; `drop` is not looked at."""
        return [self.fusion.predict(0.0, found, quality) for found, quality in self.encoded(example, drop)]

    def encoded(
        self, example: Example, drop: Collection[str] = ()
    ) -> list[tuple[dict[str, Tokens], Quality]]:
        """Tokens and quality of each of the clip's windows that holds something."""
        samples, looks = self._clips.media(example, look="vision" not in drop)
        samples = None if "audio" in drop else samples
        said = None if "text" in drop else example.transcript
        text = self.encoders.text(said) if said else None
        manifest = self._bundle.manifest
        heard: Sequence[Floats | None] = [None] if samples is None else self._clips.windows(samples)
        windows = []
        for number, window in enumerate(heard):
            found: dict[str, Tokens] = {}
            snr, seen = 0.0, looks
            if window is not None and samples is not None:
                # The windows end with the clip, a hop apart.
                end = len(samples) / manifest.audio.rate - (len(heard) - 1 - number) * manifest.hop_s
                seen = [look for look in looks if end - manifest.window_s <= look.time <= end]
                found["audio"] = self.encoders.audio(window, self._known(example)[0])
                snr = snr_db(window)
            crops = [look.face for look in seen if look.face is not None]
            if crops:
                found["vision"] = self.encoders.vision(crops)
            if text:
                found["text"] = text
            face_score = sum(look.score for look in seen) / max(1, len(seen))
            for name, tokens in found.items():
                if name != "audio":
                    self._meet(example, name, tokens)
            if found:
                windows.append((found, Quality(snr, face_score, 1.0 if text else 0.0)))
        if samples is not None:
            self._meet_sound(example, samples, [found["audio"] for found, _ in windows])
        return windows

    def _by_all(self, example: Example, drop: Collection[str]) -> tuple[str, Floats | str]:
        found = self.fused_windows(example, drop)
        if not found:
            return "", "nothing heard, seen or said"
        # The faces may be turned away in some windows: what the last one holds stands for the clip.
        return fused_name(list(found[-1].weights)), self._mean([p.probabilities for p in found])

    def leave_out(self, example: Example, error: MediaError) -> str:
        """Name a clip that cannot be decoded, once; the reason it is counted under."""
        return self._clips.leave_out(example, error)

    @staticmethod
    def _mean(posteriors: Sequence[Floats]) -> Floats:
        mean: Floats = np.mean(posteriors, axis=0)
        return mean
