"""Phases of audio training: what a batch holds, its loss, and the score of an epoch."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from calibration.data.dataset import Example
from edge.bundle.manifest import AudioSpec
from edge.features.audio import log_mel
from edge.items import Floats
from export.recipe import Recipe
from export.students.frame_targets import DIRECTIONS, FrameMatcher
from export.students.voices import clip_means, known_logits, voice_weights, voices_of
from export.training.augment import mask_bands, mix, warp_bands
from export.training.hardware import device_of
from export.training.loop import Batch, Task
from export.training.losses import distillation_loss
from export.training.noisy_windows import PLACES, Bank, NoisyWindows, clip_windows
from export.training.sampling import label_targets

RECALL = "held-out unweighted recall"
TOGETHER = 16
"""Clips of one speaker that stand together in a batch: from them the voice is known."""


@dataclass(frozen=True)
class Phase:
    """One phase of training."""

    name: str
    epochs: int
    lr: float
    listening: bool = False
    """Without labels: the student learns the features of its teacher."""
    loud: bool = False
    """Adaptation to machines: clips over loud noise; the teacher's targets are those of the clean clip."""


@dataclass(frozen=True)
class AudioTargets:
    """Targets from the audio teacher, for the training clips and for dev clips."""

    soft: Tensor
    """Posterior of each clip (export/training/targets.py), [n, k]."""
    frames: Tensor
    """Its features of each place of each clip (frame_targets.py), [n * PLACES, t, DIRECTIONS]."""
    dev: Tensor
    """The same of each held-out window, [m, t, DIRECTIONS]."""
    score: float
    """Its unweighted recall on those people's clips, 0..1."""


class DevWindows:
    """Windows of people never trained on, whom an epoch is judged by."""

    def __init__(self, examples: Sequence[Example], clips: Sequence[Floats], spec: AudioSpec) -> None:
        windows, self.owner = clip_windows(clips, spec)
        self.features = torch.from_numpy(np.stack([log_mel(window, spec) for window in windows]))
        self.labels = torch.tensor([e.label for e in examples])
        self.speakers = [examples[i].speaker for i in self.owner.tolist()]

    def recall(self, model: nn.Module) -> float:
        """Unweighted recall of the clips, 0..1."""
        assert isinstance(model, FrameMatcher)
        logits = known_logits(model.student, self.features, self.speakers)
        return unweighted_recall(clip_means(logits, self.owner).argmax(1), self.labels)

    @torch.no_grad()
    def explained(self, targets: AudioTargets, model: nn.Module) -> float:
        """Share of the variance of the teacher's features that the student explains, 1 at best."""
        assert isinstance(model, FrameMatcher)
        voices = voices_of(model.student, self.features, self.speakers)
        parts = zip(self.features.split(128), voices.split(128), strict=True)
        device = device_of(model)
        tokens = (model.student(*(p.to(device) for p in part))[0] for part in parts)
        found = torch.cat([model.imitated(token).cpu() for token in tokens])
        wished = targets.dev.float()
        return float(1 - (found - wished).square().sum() / wished.square().sum())


class AudioTrainer:
    """The training clips as batches, in which some speakers stand with TOGETHER clips each.

    share: chance of each clip to be drawn, [n], sums to 1. teacher: its targets for them; None
    without a teacher.
    """

    def __init__(
        self,
        recipe: Recipe,
        windows: NoisyWindows,
        share: NDArray[np.float64],
        teacher: AudioTargets | None,
        dev: DevWindows,
    ) -> None:
        self._wanted, self._teacher, self._dev = recipe.audio, teacher, dev
        self._share = share
        self._labels = np.array([e.label for e in windows.examples])
        self._targets = label_targets(windows.examples, len(recipe.labels), recipe.audio.soft)
        self._speakers = np.array([e.speaker for e in windows.examples])
        self._names = np.unique(self._speakers)
        self._speaker_share = np.array([share[self._speakers == name].sum() for name in self._names])
        self._groups = max(1, recipe.audio.batch // TOGETHER)
        self._steps = max(1, len(self._labels) // (self._groups * TOGETHER))

    def task(self, phase: Phase, model: FrameMatcher, bank: Bank) -> Task:
        """One phase as a task of the training loop."""
        shown, asked = partial(self._batches, phase, bank), partial(self._loss, phase)
        score, measure = self._dev.recall, RECALL
        if phase.listening:
            assert self._teacher
            score, measure = partial(self._dev.explained, self._teacher), "held-out share of the teacher"
        prior = self._targets.mean(0)
        return Task(phase.name, model, shown, self._steps, prior, score, asked, measure, short=True)

    def _batches(self, phase: Phase, bank: Bank, rng: np.random.Generator) -> Iterator[Batch]:
        for _ in range(self._steps):
            drawn = (rng.choice(len(self._names), p=self._speaker_share) for _ in range(self._groups))
            groups = [self._group(phase, bank, self._names[number], rng) for number in drawn]
            inputs, right, weight = (torch.cat(parts) for parts in zip(*groups, strict=True))
            yield (inputs, weight), right

    def _group(
        self, phase: Phase, bank: Bank, speaker: str, rng: np.random.Generator
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Pictures of TOGETHER clips of one speaker, their targets, and their weights in the voice's mean."""
        own = np.flatnonzero(self._speakers == speaker)
        chosen = rng.choice(own, TOGETHER, p=self._share[own] / self._share[own].sum())
        places = chosen * PLACES + rng.integers(PLACES, size=TOGETHER)
        pictures = np.stack([bank.with_noise(place, rng, loud=phase.loud) for place in places.tolist()])
        if not phase.listening:  # the teacher heard no longer or shorter throats
            pictures = warp_bands(pictures, rng)
        inputs = torch.from_numpy(np.stack([mask_bands(features, rng) for features in pictures]))
        right = self._targets[torch.from_numpy(chosen)]
        if self._teacher:
            known = (
                self._teacher.soft[torch.from_numpy(chosen)],
                self._teacher.frames[torch.from_numpy(places)],
            )
            right = torch.cat([right, known[0], known[1].float().flatten(1)], dim=1)
        if phase.listening:
            return inputs, right, torch.full((TOGETHER,), 1 / TOGETHER)
        if self._wanted.mixup:
            inputs, right = mix(inputs, right, self._wanted.mixup, rng)
        return inputs, right, torch.from_numpy(voice_weights(self._labels[chosen], rng))

    def _loss(
        self, phase: Phase, model: nn.Module, batch: Batch, label_loss: Callable[[Tensor, Tensor], Tensor]
    ) -> Tensor:
        assert isinstance(model, FrameMatcher)
        (inputs, weight), right = batch
        encoded = model.student.encode(inputs)
        own = (encoded.mean(dim=1) * weight[:, None]).unflatten(0, (-1, TOGETHER)).sum(dim=1)
        tokens, logits = model.student.read(encoded, own.repeat_interleave(TOGETHER, dim=0))
        k = self._targets.shape[1]
        if not self._teacher:
            return label_loss(logits, right)
        wished = right[:, 2 * k :].unflatten(1, (-1, DIRECTIONS))
        if phase.listening:
            return F.mse_loss(model.imitated(tokens), wished)
        plain, soft = label_loss(logits, right[:, :k]), right[:, k : 2 * k]
        return distillation_loss(plain, logits, soft, model.imitated(tokens), wished, match=1.0)


def unweighted_recall(predicted: Tensor, labels: Tensor) -> float:
    """Mean recall over the labels that occur."""
    recalls: list[float] = [
        (predicted[labels == label] == label).float().mean().item() for label in labels.unique()
    ]
    return sum(recalls) / len(recalls)
