"""Sound and faces of labelled clips as networks want them, and what is unusual about them, said once."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from calibration.data.dataset import Example
from calibration.data.looks import Look, Looker
from calibration.data.noise import Surroundings
from calibration.data.recordings import load_media, windows_of
from edge.bundle.folder import Bundle
from edge.errors import MediaError
from edge.features.band import NARROW
from edge.items import Floats
from edge.perception.speech import SpeechDetector
from edge.words import asked_language, word

Media = tuple[Floats | None, list[Look]]
"""Sound [n] of a clip, None without; what its pictures show."""
_SNRS: dict[bytes, float] = {}
"""By digest of a window's samples: several bundles are judged on the same windows, and to detect speech takes
longer than their networks."""


SOUND_KEPT = 1 << 26
"""Samples of sound that are kept, of clips that are asked for again (256 MB)."""


class Clips:
    """Reads the clips of labelled examples; the last one is kept, and the sound of the first."""

    def __init__(self, bundle: Bundle, around: Surroundings | None, say: Callable[[str], object]) -> None:
        """around: noise they are heard in. say: is told of each clip that cannot be decoded, one line."""
        self._bundle, self._around, self._say = bundle, around, say
        self._broken: set[str] = set()
        self._notes: dict[str, set[str]] = {}  # what is unusual about each clip
        self._last: tuple[object, Media] | None = None
        self._sounds: dict[Path, Floats | None] = {}
        self._room = SOUND_KEPT

    def media(self, example: Example, *, look: bool = True) -> Media:
        """Sound of a clip and what its pictures show; `look`: whether they are looked at. Raises MediaError.

        Of a stretch of a recording: with what a window that ends a hop after its beginning holds before it,
        so that every window of the stretch ends in it.
        """
        if example.path is None:
            return None, []
        whole = self._whole(example, look)
        return whole if example.part is None else self._part(example, *whole)

    def seconds(self, example: Example) -> float:
        """How long the clip's sound is; 0 without sound. Raises MediaError."""
        samples, _ = self.media(example, look=False)
        if samples is None or example.part is None:
            return 0.0 if samples is None else len(samples) / self._bundle.manifest.audio.rate
        first, last = example.part
        return min(last - first, len(samples) / self._bundle.manifest.audio.rate)

    def windows(self, samples: Floats) -> list[Floats]:
        """The windows of a clip's sound, the last of which ends with it."""
        manifest = self._bundle.manifest
        return windows_of(samples, manifest.audio.rate, manifest.window_s, manifest.hop_s)

    def leave_out(self, example: Example, error: MediaError) -> str:
        """Name a clip that cannot be decoded, once; the reason it is counted under."""
        if example.name not in self._broken:
            self._broken.add(example.name)
            language = asked_language()
            self._say(word("left_out", language, why=error.told(language)))
        return "cannot be decoded"

    def tell_narrow(self, judged: Sequence[Example]) -> None:
        """Say how many of the clips hold less of a voice than the networks were trained on."""
        count = sum("media_narrow" in self._notes.get(example.name, ()) for example in judged)
        if count:
            wanted = self._bundle.manifest.audio.rate / 2000
            values = {"count": count, "total": len(judged), "found": NARROW * wanted, "wanted": wanted}
            self._say(word("clips_narrow", asked_language(), **values))

    def _whole(self, example: Example, look: bool) -> Media:
        assert example.path is not None
        # Rows of a long recording follow each other, and a clip is asked about its sound more than once.
        if self._last and self._last[0] == (example.path, look):
            return self._last[1]
        if not look and example.path in self._sounds:
            return self._sounds[example.path], []
        manifest = self._bundle.manifest
        step = manifest.window_s / manifest.vision.faces if look else float("inf")
        detector = self._bundle.path("face_detector.onnx")
        show = Looker(manifest.vision, detector).look if look else _passed
        samples, looks = load_media(
            example.path, manifest.audio.rate, step, show, lambda note: self._note(example, note)
        )
        if samples is not None and self._around is not None:
            length = round(manifest.window_s * manifest.audio.rate)
            samples = self._around.around(samples, length, example.path.resolve().name)
        found = samples, [seen for seen in looks if seen is not None]
        self._last = (example.path, look), found
        if not look:
            self._keep(example.path, found[0])
        return found

    def _keep(self, path: Path, samples: Floats | None) -> None:
        """Keep the sound of a clip while there is room: voices, scores and curves each ask for all of it."""
        size = 0 if samples is None else len(samples)
        if size <= self._room:
            self._sounds[path] = samples
            self._room -= size

    def _part(self, example: Example, samples: Floats | None, looks: list[Look]) -> Media:
        assert example.part is not None
        manifest, (first, last) = self._bundle.manifest, example.part
        begin = max(0.0, first - manifest.window_s + manifest.hop_s)
        seen = [Look(look.time - begin, look.face, look.score) for look in looks if begin <= look.time < last]
        if samples is None:
            return None, seen
        rate = manifest.audio.rate
        if round(first * rate) >= len(samples):
            raise MediaError.of("part_outside", path=example.path, first=first)
        cut = np.asarray(samples[round(begin * rate) : round(last * rate)])
        return (cut if np.abs(cut).max() > 0 else None), seen

    def _note(self, example: Example, note: MediaError) -> None:
        """Say what is unusual about a clip, once; narrow ones are counted."""
        known = self._notes.setdefault(example.name, set())
        if note.key not in known and note.key != "media_narrow":
            self._say(note.told(asked_language()))
        known.add(note.key)


def _passed(_: object) -> None:
    """A picture nobody looks at."""


def snr_db(window: Floats) -> float:
    """Speech to noise of a window of samples (decibels)."""
    key = hashlib.sha256(window.tobytes()).digest()
    if key not in _SNRS:
        _SNRS[key] = SpeechDetector().measure(window).snr_db
    return _SNRS[key]
