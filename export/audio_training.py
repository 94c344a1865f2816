"""Training the audio student on speech, mixed with the noise it will meet."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from calibration.dataset import Example
from calibration.noise import add_noise, background, load_noises
from calibration.recordings import load_sound, windows_of
from edge.errors import DatasetError, MediaError
from edge.features.audio import log_mel
from edge.items import LABELS, Floats
from edge.manifest import AudioSpec
from export.augment import (
    echo,
    mask_bands,
    mix,
    place_clip,
    tinted_noises,
    warp_bands,
)
from export.corpora import Split, joined, split_corpora
from export.distill import Lessons, Taught, beside, distillation_loss, lessons
from export.feature_cache import fingerprint, teach
from export.progress import say
from export.recipe import Recipe
from export.students import TOKEN, AudioStudent
from export.teachers import teacher_of
from export.training import Batch, Plan, Task, finished, train
from export.voices import clip_means, known_logits, student_of, voice_weights

WINDOW_S, HOP_S = 4.0, 1.0
SURROUNDINGS = 6
"""Places, rooms and noises each clip is heard in."""
BALANCE = 0.75
"""How far corpora are drawn alike: 0 leaves clips as they come, 1 hears every corpus as often."""
ADAPT_LR = 0.4
"""Learning rate of the adaptation to noise, over that of the training before."""
TOGETHER = 16
"""Clips of one speaker that stand together in a batch: from them the voice is known."""


def audio_split(recipe: Recipe, data: Path) -> Split:
    """Examples of the audio corpora, shared out by speaker."""
    wanted = recipe.audio
    return joined(split_corpora(data, wanted.corpora, wanted.dev, wanted.test))


def clip_features(clips: Sequence[Floats], spec: AudioSpec) -> tuple[Tensor, Tensor]:
    """Log-mel pictures of every window of every clip [n, mels, frames], and each one's clip [n]."""
    cut = [windows_of(clip, spec.rate, WINDOW_S, HOP_S) for clip in clips]
    features = np.stack([log_mel(window, spec) for windows in cut for window in windows])
    owner = np.repeat(np.arange(len(cut)), [len(windows) for windows in cut])
    return torch.from_numpy(features), torch.from_numpy(owner)


class NoisyWindows:
    """Training clips as the site will hear them: at any place of a window, in a room, over noise."""

    def __init__(
        self, examples: Sequence[Example], clips: Sequence[Floats], noises: list[Floats], spec: AudioSpec
    ) -> None:
        self.examples, self.clips, self._noises, self._spec = examples, clips, noises, spec
        self._length = round(WINDOW_S * spec.rate)

    @classmethod
    def load(cls, recipe: Recipe, data: Path, examples: Sequence[Example]) -> NoisyWindows:
        """Clips of the examples that can be read, and the recipe's noise. Raises DatasetError."""
        spec = AudioSpec()
        folder = recipe.audio.noise
        noises = load_noises(data / folder, spec.rate, judged=False) if folder else []
        length = round(2 * WINDOW_S * spec.rate)
        noises += tinted_noises(length, np.random.default_rng(recipe.seed), max(32, len(noises) // 2))
        return cls(*load_clips(examples, spec.rate), noises, spec)

    def features(self, index: int, rng: np.random.Generator, *, loud: bool = False) -> Floats:
        """Log-mel picture of one clip, its surroundings drawn at random; [mels, frames].

        loud: as beside machines, most clips at -5 to 20 dB over the noise.
        """
        window = place_clip(self.clips[index], self._length, rng)
        if rng.random() < 0.2:
            window = echo(window, self._spec.rate, rng)
        # Every window gets some noise: digital silence around a clip would give its corpus away.
        often, least, most = (0.7, -5.0, 20.0) if loud else (0.4, 5.0, 30.0)
        snr = rng.uniform(least, most) if rng.random() < often else rng.uniform(30.0, 70.0)
        return log_mel(add_noise(window, background(self._noises, self._length, rng), snr), self._spec)

    def bank(self, rng: np.random.Generator, *, loud: bool) -> NDArray[np.float16]:
        """SURROUNDINGS pictures of every clip, [clips, SURROUNDINGS, mels, frames].

        Drawing them costs more than a step of training: every epoch picks one of them.
        """
        pictures = [
            [self.features(i, rng, loud=loud).astype(np.float16) for _ in range(SURROUNDINGS)]
            for i in range(len(self.clips))
        ]
        return np.stack([np.stack(few) for few in pictures])


@dataclass(frozen=True)
class Round:
    """One round of training."""

    name: str
    epochs: int
    lr: float
    loud: bool = False
    """Beside machines: heard over loud noise, taught by what the teacher makes of the clean clip."""


def train_audio(recipe: Recipe, data: Path, folder: Path) -> AudioStudent:
    """Train, or load, the audio student; with a teacher it learns from that as well."""
    wanted, spec = recipe.audio, AudioSpec()
    torch.manual_seed(recipe.seed)
    student = AudioStudent(spec, len(LABELS))
    model = Taught(student, TOKEN)
    rounds = [Round("audio", wanted.epochs, wanted.lr)]
    if wanted.adapt_epochs:
        rounds.append(Round("audio-adapted", wanted.adapt_epochs, wanted.lr * ADAPT_LR, loud=True))
    if finished(model, rounds[-1].name, folder):
        return student
    split = audio_split(recipe, data)
    windows = NoisyWindows.load(recipe, data, split.train)
    labels = np.array([e.label for e in windows.examples])
    targets = label_targets(windows.examples)
    lesson, share = audio_lessons(recipe, data, windows.examples, windows.clips, folder.parent / "teacher")
    wished = beside(targets, lesson)
    alike = max(1, wanted.batch // TOGETHER)
    steps = max(1, len(labels) // (alike * TOGETHER))
    held_out, dev_clips = load_clips(split.dev, spec.rate)
    dev_features, dev_owner = clip_features(dev_clips, spec)
    dev_labels = torch.tensor([e.label for e in held_out])
    dev_speakers = [e.speaker for e in held_out]
    speakers = np.array([e.speaker for e in windows.examples])
    names = np.unique(speakers)
    met = np.array([share[speakers == name].sum() for name in names])

    def batches(bank: NDArray[np.float16], rng: np.random.Generator) -> Iterator[Batch]:
        for _ in range(steps):
            groups = [persona(bank, names[rng.choice(len(names), p=met)], rng) for _ in range(alike)]
            heard, right, weight = (torch.cat(parts) for parts in zip(*groups, strict=True))
            yield (heard, weight), right

    def persona(
        bank: NDArray[np.float16], name: str, rng: np.random.Generator
    ) -> tuple[Tensor, Tensor, Tensor]:
        own = np.flatnonzero(speakers == name)
        chosen = rng.choice(own, TOGETHER, p=share[own] / share[own].sum())
        picked = bank[chosen, rng.integers(SURROUNDINGS, size=TOGETHER)].astype(np.float32)
        heard = np.stack([mask_bands(features, rng) for features in warp_bands(picked, rng)])
        inputs, right = torch.from_numpy(heard), wished[torch.from_numpy(chosen)]
        if wanted.mixup:
            inputs, right = mix(inputs, right, wanted.mixup, rng)
        return inputs, right, torch.from_numpy(voice_weights(labels[chosen], rng))

    def loss(model: nn.Module, batch: Batch, label_loss: Callable[[Tensor, Tensor], Tensor]) -> Tensor:
        assert isinstance(model, Taught)
        (inputs, weight), right = batch
        encoded = student_of(model).encode(inputs)
        own = (encoded.mean(dim=1) * weight[:, None]).unflatten(0, (-1, TOGETHER)).sum(dim=1)
        tokens, logits = student_of(model).read(encoded, own.repeat_interleave(TOGETHER, dim=0))
        plain = label_loss(logits, right[:, : len(LABELS)])
        if lesson is None:
            return plain
        soft, imitated = right[:, len(LABELS) : 2 * len(LABELS)], right[:, 2 * len(LABELS) :]
        return distillation_loss(plain, logits, soft, model.imitated(tokens), imitated)

    def score(model: nn.Module) -> float:
        assert isinstance(model, Taught)
        logits = known_logits(student_of(model), dev_features, [dev_speakers[i] for i in dev_owner])
        return unweighted_recall(clip_means(logits, dev_owner).argmax(1), dev_labels)

    for number, kind in enumerate(rounds):
        if finished(model, kind.name, folder):
            continue
        bank = windows.bank(np.random.default_rng((recipe.seed, number + 1)), loud=kind.loud)
        plan = Plan(
            kind.epochs,
            kind.lr,
            wanted.weight_decay,
            wanted.smoothing,
            wanted.adjust,
            seed=recipe.seed + number,
        )
        shown = partial(batches, bank)
        task = Task(kind.name, model, shown, steps, targets.mean(0), score, loss, "unweighted recall")
        train(task, plan, folder)
    return student


def label_targets(examples: Sequence[Example]) -> Tensor:
    """What the labels ask for, [n, k]: one label where a person gave it, the soft label of a guess."""
    targets = F.one_hot(torch.tensor([e.label for e in examples]), len(LABELS)).float()
    for row, example in enumerate(examples):
        if example.soft is not None:
            targets[row] = torch.tensor(example.soft)
    return targets


def draw_share(corpora: Sequence[str], examples: Sequence[Example]) -> NDArray[np.float64]:
    """Chance of each clip to be drawn, [n]: between clips as they come and every corpus alike.

    corpora: of each example. A corpus of pseudo-labels is none to balance: its clips are heard as often as
    their weight says beside an average clip of the others.
    """
    names = np.array(corpora)
    guessed = np.isin(names, [c for c, e in zip(corpora, examples, strict=True) if e.soft is not None])
    share = np.ones(len(names))
    if not guessed.all():
        _, which, sizes = np.unique(names[~guessed], return_inverse=True, return_counts=True)
        share[~guessed] = sizes[which].astype(np.float64) ** -BALANCE
        share[guessed] = share[~guessed].mean()
    share *= [example.weight for example in examples]
    return np.asarray(share / share.sum())


def audio_lessons(
    recipe: Recipe, data: Path, examples: Sequence[Example], clips: Sequence[Floats], cache: Path
) -> tuple[Lessons | None, NDArray[np.float64]]:
    """What the recipe's teacher makes of the clean training clips, None without; each clip's share."""
    wanted = recipe.audio
    parts = split_corpora(data, wanted.corpora, wanted.dev, wanted.test)
    home = {e.path: name for name, part in parts.items() for e in part.train}
    share = draw_share([home[e.path] for e in examples], examples)
    teacher = teacher_of(recipe, "audio", data)
    if teacher is None:
        return None, share
    features = teach(teacher, clips, [fingerprint(clip) for clip in clips], cache)
    labels = np.array([e.label for e in examples])
    return lessons(features, labels, [e.speaker for e in examples], share), share


def unweighted_recall(predicted: Tensor, labels: Tensor) -> float:
    """Mean recall over the labels that occur."""
    recalls: list[float] = [
        (predicted[labels == label] == label).float().mean().item() for label in labels.unique()
    ]
    return sum(recalls) / len(recalls)


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
            say(f"left out: {error}")
    if not found:
        raise DatasetError(f"none of {len(examples)} clips can be read; see the lines above")
    if len(found) < len(examples):
        say(f"{len(examples) - len(found)} of {len(examples)} clips were left out")
    kept, sounds = zip(*found, strict=True)
    return list(kept), list(sounds)
