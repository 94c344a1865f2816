"""Modality -> features -> engine -> tokens."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from tokenizers import Tokenizer

from edge.bundle.manifest import Manifest
from edge.features.audio import SlidingLogMel
from edge.features.text import token_ids
from edge.features.vision import crop, standardise
from edge.interfaces import Engine
from edge.items import Bytes, Face, Floats, Frame, Window
from edge.reading.stopwatch import Stopwatch
from edge.reading.voice import Voice


@dataclass(frozen=True, slots=True, eq=False)
class Tokens:
    """What one encoder makes of one modality of one window."""

    tokens: Floats
    """Shape [n, d]; n: time steps of the sound, faces, or real text tokens (no padding)."""
    logits: Floats
    """Uncalibrated, shape [r, labels]; one row a face for vision, one row otherwise."""


class Encoders:
    """The three encoders of a bundle. Make a new one for each recording: frames are known by their time, and
    the voice is learned as it speaks.

    engines: audio, vision and text (others are ignored), opened by the caller.
    """

    def __init__(
        self,
        manifest: Manifest,
        engines: Mapping[str, Engine],
        tokenizer: Tokenizer,
        stopwatch: Stopwatch | None = None,
        voice: Voice | None = None,
    ) -> None:
        """voice: of the person who is heard; None: never heard before, by a network nothing is known of."""
        self._manifest = manifest
        self._engines = engines
        self._tokenizer = tokenizer
        self._stopwatch = stopwatch or Stopwatch()
        self._seen: dict[tuple[float, Face], Tokens] = {}
        self._voice = voice or Voice(engines["audio"].inputs["voice"][1])
        self.mean_token: Floats | None = None
        """Mean token of the last window's sound as of an unknown voice, [d]; None: it held no sound."""
        self._log_mel = SlidingLogMel(manifest.audio, round(manifest.hop_s * manifest.audio.rate))

    def audio(self, samples: Floats, voice: Floats | None = None) -> Tokens:
        """Encode one window of sound: [rate * window_s] in -1..1. Raises EngineError.

        voice: mean token of the speaker [d], which is taken off every token; None: never heard before.
        """
        if voice is None:
            voice = np.zeros(self._engines["audio"].inputs["voice"][1], np.float32)
        with self._stopwatch.stage("audio features"):
            features = self._log_mel(samples)[None]
        with self._stopwatch.stage("audio engine"):
            out = self._engines["audio"].run({"features": features, "voice": voice[None]})
        return Tokens(out["tokens"][0], out["logits"])

    def vision(self, crops: Sequence[Bytes] | Bytes) -> Tokens:
        """Encode any number n >= 1 of grey face crops, [size, size] uint8 each. Raises EngineError.

        Returns tokens [n, d] and logits [n, labels].
        """
        engine = self._engines["vision"]
        batch = engine.inputs["faces"][0]
        tokens, logits = [], []
        with self._stopwatch.stage("vision features"):
            faces = standardise(crops)
            # The batch is static: the last call is filled up with flat crops, and their rows cut off again.
            short = -len(faces) % batch
            padded = np.concatenate([faces, np.zeros((short, *faces.shape[1:]), np.float32)])
        with self._stopwatch.stage("vision engine"):
            for start in range(0, len(padded), batch):
                out = engine.run({"faces": padded[start : start + batch]})
                tokens.append(out["tokens"])
                logits.append(out["logits"])
        return Tokens(np.concatenate(tokens)[: len(faces)], np.concatenate(logits)[: len(faces)])

    def text(self, text: str) -> Tokens | None:
        """Encode a transcript; None when no token is in it. Raises EngineError."""
        with self._stopwatch.stage("text features"):
            ids, mask = token_ids(text, self._tokenizer, self._manifest.text)
        count = int(mask.sum())
        if count == 0:
            return None
        with self._stopwatch.stage("text engine"):
            out = self._engines["text"].run({"ids": ids[None], "mask": mask[None]})
        return Tokens(out["tokens"][0, :count], out["logits"])

    def window(self, window: Window, faces: Sequence[Face | None]) -> dict[str, Tokens]:
        """Encode what a window holds; an absent modality is not in the result. Raises EngineError.

        faces: one person's face in each of the window's frames. Each face is encoded once while windows
        overlap.
        """
        found: dict[str, Tokens] = {}
        self.mean_token = None
        if window.audio is not None:
            found["audio"] = self._speaker(window.audio, window.end)
        pictured = [(frame, face) for frame, face in zip(window.frames, faces, strict=True) if face]
        if pictured:
            self.see(window.start, pictured)
            rows = [self._seen[frame.time, face] for frame, face in pictured]
            found["vision"] = Tokens(
                np.concatenate([row.tokens for row in rows]), np.concatenate([row.logits for row in rows])
            )
        if window.text and (text := self.text(window.text)):
            found["text"] = text
        return found

    def _speaker(self, samples: Floats, time: float) -> Tokens:
        known = self._voice.known(time)
        found = self.audio(samples, known)
        self.mean_token = found.tokens.mean(axis=0) + known
        self._voice.update(time, self.mean_token, found.tokens.std(axis=0))
        return found

    def see(self, start: float, pictured: Sequence[tuple[Frame, Face]]) -> None:
        """Encode the faces not seen before at one go; forget what is older than `start` (seconds).

        Raises EngineError.
        """
        self._seen = {key: tokens for key, tokens in self._seen.items() if key[0] >= start}
        new = [(frame, face) for frame, face in pictured if (frame.time, face) not in self._seen]
        if not new:
            return
        with self._stopwatch.stage("face crops"):
            crops = [crop(frame.image, face, self._manifest.vision) for frame, face in new]
        encoded = self.vision(crops)
        for row, (frame, face) in enumerate(new):
            one = slice(row, row + 1)
            self._seen[frame.time, face] = Tokens(encoded.tokens[one], encoded.logits[one])
