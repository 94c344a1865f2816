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
from export.students.networks import AudioStudent
from export.students.voices import clip_means, known_logits, voice_weights, voices_of
from export.training.augment import mask_bands, mix, warp_bands
from export.training.hardware import device_of
from export.training.loop import Batch, Task
from export.training.losses import distillation_loss
from export.training.noisy_windows import PLACES, Bank, NoisyWindows, clip_windows
from export.training.sampling import label_targets
from export.training.targets import TEMPERATURE

RECALL = "held-out unweighted recall"
KEPT = 3.0
"""Weight of what the network knew before, beside the labels."""
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
    without a teacher. before: the network that training goes on from where there is no teacher: what it makes
    of a clean window it shall make of it through any microphone and over any noise, so that learning from few
    people forgets little (Li and Hoiem 2016, "Learning without Forgetting").
    """

    def __init__(
        self,
        recipe: Recipe,
        windows: NoisyWindows,
        share: NDArray[np.float64],
        teacher: AudioTargets | None,
        dev: DevWindows,
        before: AudioStudent | None = None,
    ) -> None:
        self._wanted, self._teacher, self._dev = recipe.audio, teacher, dev
        self._before = before
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
            *inputs, right = (torch.cat(parts) for parts in zip(*groups, strict=True))
            yield tuple(inputs), right

    def _group(self, phase: Phase, bank: Bank, speaker: str, rng: np.random.Generator) -> tuple[Tensor, ...]:
        """Pictures of TOGETHER clips of one speaker, their weights in the voice's mean, the clean pictures
        where the network before is asked about them, and their targets.
        """
        own = np.flatnonzero(self._speakers == speaker)
        chosen = rng.choice(own, TOGETHER, p=self._share[own] / self._share[own].sum())
        places = chosen * PLACES + rng.integers(PLACES, size=TOGETHER)
        pictures = np.stack([bank.with_noise(place, rng, loud=phase.loud) for place in places.tolist()])
        if not phase.listening and self._before is None:  # the others heard no longer or shorter throats
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
            return inputs, torch.full((TOGETHER,), 1 / TOGETHER), right
        weight = torch.from_numpy(voice_weights(self._labels[chosen], rng))
        if self._before is not None:
            clean = np.stack([bank.without_noise(place) for place in places.tolist()])
            return inputs, weight, torch.from_numpy(clean), right
        if self._wanted.mixup:
            inputs, right = mix(inputs, right, self._wanted.mixup, rng)
        return inputs, weight, right

    def _loss(
        self, phase: Phase, model: nn.Module, batch: Batch, label_loss: Callable[[Tensor, Tensor], Tensor]
    ) -> Tensor:
        assert isinstance(model, FrameMatcher)
        (inputs, weight, *clean), right = batch
        encoded = model.student.encode(inputs)
        tokens, logits = _read_together(model.student, encoded, weight)
        k = self._targets.shape[1]
        if self._before is not None:
            return KEPT * self._forgotten(encoded, logits, weight, *clean) + label_loss(logits, right)
        if not self._teacher:
            return label_loss(logits, right)
        wished = right[:, 2 * k :].unflatten(1, (-1, DIRECTIONS))
        if phase.listening:
            return F.mse_loss(model.imitated(tokens), wished)
        plain, soft = label_loss(logits, right[:, :k]), right[:, k : 2 * k]
        return distillation_loss(plain, logits, soft, model.imitated(tokens), wished, match=1.0)

    @torch.no_grad()
    def _known(self, clean: Tensor, weight: Tensor) -> tuple[Tensor, Tensor]:
        """Tokens and logits that the network before gives for clean pictures."""
        assert self._before is not None
        before = self._before.to(clean.device).eval()
        encoded = before.encode(clean)
        return encoded, _read_together(before, encoded, weight)[1]

    def _forgotten(self, encoded: Tensor, logits: Tensor, weight: Tensor, clean: Tensor) -> Tensor:
        """How far tokens and logits are from what the network before makes of the clean pictures."""
        known, meant = self._known(clean, weight)
        soft = (meant / TEMPERATURE).softmax(dim=1)
        kl = F.kl_div((logits / TEMPERATURE).log_softmax(dim=1), soft, reduction="batchmean")
        return F.mse_loss(encoded, known) / known.var() + 0.5 * TEMPERATURE**2 * kl


def _read_together(student: AudioStudent, encoded: Tensor, weight: Tensor) -> tuple[Tensor, Tensor]:
    """Tokens less the voice and logits, where TOGETHER windows [b, t, d] of one speaker stand together."""
    own = (encoded.mean(dim=1) * weight[:, None]).unflatten(0, (-1, TOGETHER)).sum(dim=1)
    tokens, logits = student.read(encoded, own.repeat_interleave(TOGETHER, dim=0))
    return tokens, logits


def unweighted_recall(predicted: Tensor, labels: Tensor) -> float:
    """Mean recall over the labels that occur."""
    recalls: list[float] = [
        (predicted[labels == label] == label).float().mean().item() for label in labels.unique()
    ]
    return sum(recalls) / len(recalls)
