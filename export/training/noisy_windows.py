"""Training clips as the site will hear them: at any place of a window, in a room, over noise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from calibration.data.dataset import Example
from calibration.data.noise import background, load_noises, loud_power
from calibration.data.recordings import load_sound, windows_of
from edge.bundle.manifest import AudioSpec
from edge.errors import DatasetError, MediaError
from edge.features.audio import log_mel, mel_powers, picture
from edge.items import Floats
from edge.words import asked_language
from export.corpora.fingerprint import item_fingerprint
from export.progress import tell
from export.recipe import Recipe
from export.training.augment import echo, place_clip, through_microphone, tinted_noises

WINDOW_S, HOP_S = 4.0, 1.0
PLACES = 4
"""Windows each clip is heard in, each in a room and over noise of its own."""
QUIET = 1e-6
"""Noise of a clean window, over its loud part: the silence around a clip is not digital."""
COLOURS, COLOUR_DB = 5, 5.0
"""Bands in which the colour of a noise is drawn anew, and how far (deviation)."""


class NoisyWindows:
    """Examples and their clips, and what these sound like in windows of WINDOW_S."""

    def __init__(
        self, examples: Sequence[Example], clips: Sequence[Floats], noises: list[Floats], spec: AudioSpec
    ) -> None:
        self.examples, self.clips, self._noises, self._spec = examples, clips, noises, spec
        self._length = round(WINDOW_S * spec.rate)
        self._noise_powers: list[Floats] | None = None

    @classmethod
    def load(cls, recipe: Recipe, data: Path, examples: Sequence[Example]) -> NoisyWindows:
        """Clips of the examples that can be read, and the recipe's noise. Raises DatasetError."""
        spec = AudioSpec()
        return cls(*load_clips(examples, spec.rate), training_noises(recipe, data, spec.rate), spec)

    def places(self, seed: int) -> Places:
        """PLACES clean windows of each clip."""
        return Places(self.clips, self._length, seed)

    def features(self, index: int, rng: np.random.Generator) -> Floats:
        """Log-mel picture of one clip, its surroundings drawn at random; [mels, frames]."""
        window = place_clip(self.clips[index], self._length, rng)
        return self.bank([window], rng).with_noise(0, rng)

    def sample(self, count: int, rng: np.random.Generator) -> Tensor:
        """Log-mel pictures of some of the clips, at even distances, [count or fewer, mels, frames]."""
        rows = np.unique(np.linspace(0, len(self.clips) - 1, count).astype(int)).tolist()
        return torch.from_numpy(np.stack([self.features(row, rng) for row in rows]))

    def bank(self, places: Sequence[Floats], rng: np.random.Generator) -> Bank:
        """Windows in rooms drawn at random, to be heard over one noise after another."""
        if self._noise_powers is None:
            long = (background([noise], max(len(noise), self._length), rng) for noise in self._noises)
            self._noise_powers = [mel_powers(noise / _level(noise), self._spec) for noise in long]
        powers, loud = [], []
        for window in places:
            if rng.random() < 0.2:
                window = echo(window, self._spec.rate, rng)
            powers.append(np.log(np.maximum(mel_powers(window, self._spec), 1e-10)).astype(np.float16))
            loud.append(loud_power(window))
        return Bank(np.stack(powers), np.array(loud, np.float32), self._noise_powers, self._spec)


@dataclass(frozen=True, eq=False)
class Bank:
    """Windows without noise as powers of mel bands.

    Noise is added to these, not to the sound: that is quick enough to do anew at every step. What the sum of
    powers leaves out is the interference of the two.
    """

    powers: NDArray[np.float16]
    """Natural logarithm of each window's, [n, mels, frames]."""
    loud: Floats
    """Mean power of the loud part of each, [n]."""
    noises: Sequence[Floats]
    """Powers of noises of unit power, [mels, frames or more] each."""
    spec: AudioSpec

    def with_noise(self, index: int, rng: np.random.Generator, *, loud: bool = False) -> Floats:
        """Picture of one window over noise drawn at random, [mels, frames].

        loud: as beside machines, most windows at -5 to 20 dB over the noise.
        """
        # Every window gets some noise: digital silence around a clip would give its corpus away.
        often, least, most = (0.7, -5.0, 20.0) if loud else (0.4, 5.0, 30.0)
        snr = rng.uniform(least, most) if rng.random() < often else rng.uniform(30.0, 70.0)
        powers = np.exp(self.powers[index].astype(np.float32))
        level = self.loud[index] * 10.0 ** (-snr / 10.0)
        heard = powers + level * self._noise(powers.shape[1], rng)
        return picture(through_microphone(heard, self.spec, rng), self.spec)

    def without_noise(self, index: int) -> Floats:
        """Picture of one window as the microphone of its corpus heard it, [mels, frames]."""
        powers = np.exp(self.powers[index].astype(np.float32))
        return picture(powers + self.loud[index] * QUIET, self.spec)

    def _noise(self, frames: int, rng: np.random.Generator) -> Floats:
        """One noise or two at once, as other rooms and microphones would colour them, [mels, frames]."""
        noise = np.zeros((self.spec.mels, frames), np.float32)
        knots, bands = np.linspace(0, self.spec.mels - 1, COLOURS), np.arange(self.spec.mels)
        for share in rng.dirichlet(np.ones(rng.integers(1, 3))):
            other = self.noises[int(rng.integers(len(self.noises)))]
            start = int(rng.integers(other.shape[1] - frames + 1))
            colour = 10.0 ** (np.interp(bands, knots, rng.normal(0.0, COLOUR_DB, COLOURS)) / 10.0)
            power = other.sum(axis=1)
            colour *= share * power.sum() / (power @ colour)
            noise += colour[:, None].astype(np.float32) * other[:, start : start + frames]
        return noise


def training_noises(recipe: Recipe, data: Path, rate: int) -> list[Floats]:
    """The recipe's noises to train in and made-up ones, [n] each. Raises DatasetError."""
    folder = recipe.audio.noise
    noises = load_noises(data / folder, rate, judged=False) if folder else []
    length = round(2 * WINDOW_S * rate)
    return noises + tinted_noises(length, np.random.default_rng(recipe.seed), max(32, len(noises) // 2))


def _level(samples: Floats) -> float:
    return float(np.sqrt(np.square(samples).mean() + 1e-12))


class Places(Sequence[Floats]):
    """Clean windows, PLACES of each clip in turn: cut when asked for, always the same."""

    def __init__(self, clips: Sequence[Floats], length: int, seed: int) -> None:
        self._clips, self._length, self._seed = clips, length, seed
        self._prints = [item_fingerprint(clip) for clip in clips]
        self.names = [f"{name}-{seed}-{k}" for name in self._prints for k in range(PLACES)]
        """What each window is known by."""

    def __len__(self) -> int:
        return PLACES * len(self._clips)

    def __getitem__(self, index: int) -> Floats:  # type: ignore[override]
        if index >= len(self):
            raise IndexError(index)
        clip, k = divmod(index, PLACES)
        rng = np.random.default_rng((self._seed, k, int(self._prints[clip], 16)))
        return place_clip(self._clips[clip], self._length, rng)


def clip_features(clips: Sequence[Floats], spec: AudioSpec) -> tuple[Tensor, Tensor]:
    """Log-mel pictures of every window of every clip [n, mels, frames], and each one's clip [n]."""
    windows, owner = clip_windows(clips, spec)
    return torch.from_numpy(np.stack([log_mel(window, spec) for window in windows])), owner


def clip_windows(clips: Sequence[Floats], spec: AudioSpec) -> tuple[list[Floats], Tensor]:
    """Every window of every clip, and each one's clip [n]."""
    cut = [windows_of(clip, spec.rate, WINDOW_S, HOP_S) for clip in clips]
    owner = np.repeat(np.arange(len(cut)), [len(windows) for windows in cut])
    return [window for windows in cut for window in windows], torch.from_numpy(owner)


def load_clips(examples: Sequence[Example], rate: int) -> tuple[list[Example], list[Floats]]:
    """The examples whose sound can be read, and the sounds, [n] each; the others are named and counted.

    Raises DatasetError when none can.
    """
    found = []
    for example in examples:
        assert example.path is not None
        try:
            found.append((example, load_sound(example.path, rate)))
        except MediaError as error:
            tell("left_out", why=error.told(asked_language()))
    if not found:
        raise DatasetError.of("clips_none", count=len(examples))
    if len(found) < len(examples):
        tell("say_clips_left", count=len(examples) - len(found), total=len(examples))
    kept, sounds = zip(*found, strict=True)
    return list(kept), list(sounds)
