"""Voices in training: the mean token of a speaker, which is taken off everything that speaker says."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from export.students.networks import AudioStudent
from export.training.hardware import device_of

BASELINE = 0
"""The label that people show most of the time: the first."""


def voice_weights(labels: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.float32]:
    """Weight of each of a speaker's clips [n] in the voice that is taken off them.

    One time of five nothing is known of the voice. Otherwise it is known nearly whole, and half the time
    mostly from speech with the first label, as at work.
    """
    if rng.random() < 0.2:
        return np.zeros(len(labels), np.float32)
    weight = np.ones(len(labels))
    if rng.random() < 0.5:
        weight[labels == BASELINE] *= rng.uniform(1.0, 8.0)
    return np.asarray(weight / weight.sum() * rng.uniform(0.7, 1.0), np.float32)


@torch.no_grad()
def voices_of(student: AudioStudent, features: Tensor, speakers: Sequence[str]) -> Tensor:
    """Voice of each picture's speaker: the mean token of all pictures of theirs; [n, ...] -> [n, 128]."""
    device = device_of(student)
    parts = features.split(128)
    means = torch.cat([student.encode(part.to(device)).mean(dim=1).cpu() for part in parts])
    names = sorted(set(speakers))
    who = torch.tensor([names.index(speaker) for speaker in speakers])
    return clip_means(means, who)[who]


@torch.no_grad()
def known_logits(student: AudioStudent, features: Tensor, speakers: Sequence[str]) -> Tensor:
    """Logits of pictures [n, mels, frames] whose speakers are known by their voice, [n, k]."""
    voices = voices_of(student, features, speakers)
    parts = zip(features.split(128), voices.split(128), strict=True)
    device = device_of(student)
    return torch.cat([student(part.to(device), voice.to(device))[1].cpu() for part, voice in parts])


def clip_means(values: Tensor, owner: Tensor) -> Tensor:
    """Mean of the rows [n, d] of each owner, [owners, d]."""
    total = torch.zeros(int(owner.max()) + 1, values.shape[1]).index_add_(0, owner, values)
    return total / torch.bincount(owner)[:, None]
