"""Training the audio student on speech, mixed with the noise it will meet."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from calibration.dataset import Example
from calibration.recordings import load_sound, windows_of
from edge.errors import DatasetError
from edge.features.audio import log_mel
from edge.items import LABELS, Floats
from edge.manifest import AudioSpec
from export.augment import (
    add_noise,
    background,
    echo,
    mask_bands,
    mix,
    place_clip,
    tinted_noises,
    warp_bands,
)
from export.corpora import Split, joined, split_corpora
from export.distill import Lessons, Taught, distillation_loss, lessons
from export.recipe import Recipe
from export.students import TOKEN, AudioStudent
from export.teachers import open_teacher, teach
from export.training import Batch, Plan, Task, finished, train

WINDOW_S, HOP_S = 4.0, 1.0
SURROUNDINGS = 6
"""Places, rooms and noises each clip is heard in."""
BALANCE = 0.75
"""How far corpora are drawn alike: 0 leaves clips as they come, 1 hears every corpus as often."""


def audio_split(recipe: Recipe, data: Path) -> Split:
    """Examples of the audio corpora, shared out by speaker."""
    wanted = recipe.audio
    return joined(split_corpora(data, wanted.corpora, wanted.dev, wanted.test))


def load_noises(data: Path, name: str | None, rate: int) -> list[Floats]:
    """Every sound below a noise folder. Raises DatasetError when it holds none."""
    if name is None:
        return []
    files = sorted(p for p in (data / name).rglob("*") if p.suffix in (".wav", ".flac", ".opus", ".ogg"))
    if not files:
        raise DatasetError(f"{data / name} holds no sound file; put site noise there or drop `noise`")
    return [load_sound(path, rate) for path in files]


def clip_features(clips: Sequence[Floats], spec: AudioSpec) -> tuple[Tensor, Tensor]:
    """Log-mel pictures of every window of every clip [n, mels, frames], and each one's clip [n]."""
    cut = [windows_of(clip, spec.rate, WINDOW_S, HOP_S) for clip in clips]
    features = np.stack([log_mel(window, spec) for windows in cut for window in windows])
    owner = np.repeat(np.arange(len(cut)), [len(windows) for windows in cut])
    return torch.from_numpy(features), torch.from_numpy(owner)


class NoisyWindows:
    """Training clips as the site will hear them: at any place of a window, in a room, over noise."""

    def __init__(self, clips: Sequence[Floats], noises: list[Floats], spec: AudioSpec) -> None:
        self.clips, self._noises, self._spec = clips, noises, spec
        self._length = round(WINDOW_S * spec.rate)

    @classmethod
    def load(cls, recipe: Recipe, data: Path, examples: Sequence[Example]) -> NoisyWindows:
        """Clips of the examples, and the recipe's noise. Raises DatasetError, MediaError."""
        spec = AudioSpec()
        noises = load_noises(data, recipe.audio.noise, spec.rate)
        length = round(2 * WINDOW_S * spec.rate)
        noises += tinted_noises(length, np.random.default_rng(recipe.seed), max(32, len(noises) // 2))
        return cls([load_clip(e, spec.rate) for e in examples], noises, spec)

    def features(self, index: int, rng: np.random.Generator) -> Floats:
        """Log-mel picture of one clip, its surroundings drawn at random; [mels, frames]."""
        window = place_clip(self.clips[index], self._length, rng)
        if rng.random() < 0.2:
            window = echo(window, self._spec.rate, rng)
        # Every window gets some noise: digital silence around a clip would give its corpus away.
        snr = rng.uniform(5.0, 30.0) if rng.random() < 0.4 else rng.uniform(30.0, 70.0)
        return log_mel(add_noise(window, background(self._noises, self._length, rng), snr), self._spec)


def train_audio(recipe: Recipe, data: Path, folder: Path) -> AudioStudent:
    """Train, or load, the audio student; with a teacher it learns from that as well."""
    wanted, spec = recipe.audio, AudioSpec()
    torch.manual_seed(recipe.seed)
    student = AudioStudent(spec, len(LABELS))
    model = Taught(student, TOKEN)
    if finished(model, "audio", folder):
        return student
    split = audio_split(recipe, data)
    windows = NoisyWindows.load(recipe, data, split.train)
    labels = np.array([e.label for e in split.train])
    parts = split_corpora(data, wanted.corpora, wanted.dev, wanted.test)
    share = _share([name for name, part in parts.items() for _ in part.train])
    targets = F.one_hot(torch.from_numpy(labels), len(LABELS)).float()
    lesson = _lessons(recipe, data, split.train, windows, share, folder.parent)
    wished = torch.cat([targets, *((lesson.soft, lesson.features) if lesson else ())], dim=1)
    steps = len(labels) // wanted.batch
    dev_features, dev_owner = clip_features([load_clip(e, spec.rate) for e in split.dev], spec)
    dev_labels = torch.tensor([e.label for e in split.dev])
    # Drawing surroundings costs more than a step of training: each clip gets a few, and every epoch
    # picks one of them.
    drawn = np.random.default_rng((recipe.seed, 1))
    bank = np.stack(
        [
            [windows.features(i, drawn).astype(np.float16) for _ in range(SURROUNDINGS)]
            for i in range(len(labels))
        ]
    )

    def batches(rng: np.random.Generator) -> Iterator[Batch]:
        order = rng.choice(len(labels), len(labels), p=share)
        for start in range(0, steps * wanted.batch, wanted.batch):
            chosen = order[start : start + wanted.batch]
            picked = bank[chosen, rng.integers(SURROUNDINGS, size=len(chosen))].astype(np.float32)
            heard = [mask_bands(warp_bands(features, rng), rng) for features in picked]
            inputs, right = torch.from_numpy(np.stack(heard)), wished[torch.from_numpy(chosen)]
            if wanted.mixup:
                inputs, right = mix(inputs, right, wanted.mixup, rng)
            yield (inputs,), right

    def loss(model: nn.Module, batch: Batch, label_loss: Callable[[Tensor, Tensor], Tensor]) -> Tensor:
        (inputs,), right = batch
        _, logits, found = model(inputs)
        plain = label_loss(logits, right[:, : len(LABELS)])
        if lesson is None:
            return plain
        soft, imitated = right[:, len(LABELS) : 2 * len(LABELS)], right[:, 2 * len(LABELS) :]
        return distillation_loss(plain, logits, soft, found, imitated)

    def score(model: nn.Module) -> float:
        predicted = clip_logits(model, dev_features, dev_owner).argmax(1)
        return unweighted_recall(predicted, dev_labels)

    plan = Plan(
        wanted.epochs, wanted.lr, wanted.weight_decay, wanted.smoothing, wanted.adjust, seed=recipe.seed
    )
    train(
        Task("audio", model, batches, steps, targets.mean(0), score, loss, "unweighted recall"), plan, folder
    )
    return student


def _share(corpora: Sequence[str]) -> NDArray[np.float64]:
    """Chance of each clip to be drawn: between clips as they come and every corpus alike."""
    _, which, sizes = np.unique(corpora, return_inverse=True, return_counts=True)
    share = sizes[which].astype(np.float64) ** -BALANCE
    return np.asarray(share / share.sum())


def _lessons(
    recipe: Recipe,
    data: Path,
    examples: Sequence[Example],
    windows: NoisyWindows,
    share: NDArray[np.float64],
    cache: Path,
) -> Lessons | None:
    """What the recipe's teacher makes of the clean training clips; None without a teacher."""
    if recipe.audio.teacher is None:
        return None
    teacher = open_teacher(recipe.audio.teacher, data)
    names = [hashlib.sha256(clip.tobytes()).hexdigest()[:16] for clip in windows.clips]
    features = teach(teacher, windows.clips, names, cache / "teacher")
    labels = np.array([e.label for e in examples])
    return lessons(features, labels, [e.speaker for e in examples], share)


@torch.no_grad()
def clip_logits(model: nn.Module, features: Tensor, owner: Tensor) -> Tensor:
    """Logits of each clip: the mean over its windows, [clips, k]."""
    logits = torch.cat([model(part)[1] for part in features.split(128)])
    total = torch.zeros(int(owner.max()) + 1, logits.shape[1]).index_add_(0, owner, logits)
    return total / torch.bincount(owner)[:, None]


def unweighted_recall(predicted: Tensor, labels: Tensor) -> float:
    """Mean recall over the labels that occur."""
    recalls: list[float] = [
        (predicted[labels == label] == label).float().mean().item() for label in labels.unique()
    ]
    return sum(recalls) / len(recalls)


def load_clip(example: Example, rate: int) -> Floats:
    """The sound of an example, [n]. Raises MediaError."""
    assert example.path is not None
    return load_sound(example.path, rate)
