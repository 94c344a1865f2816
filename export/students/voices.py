"""Voices in training: the mean token of a speaker, which is taken off everything that speaker says."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from calibration.data.dataset import Example
from calibration.judge.met_voices import KNOWN_S, MetVoices, Said, balance_of
from edge.reading.voice import LastLayer
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
def met_voices(
    student: AudioStudent,
    features: Tensor,
    clips: Sequence[tuple[Example, float]],
    owner: Tensor,
    hop_s: float,
    layer: LastLayer,
) -> Tensor:
    """Voice of each picture's speaker as a device knows it after KNOWN_S of other clips: [n, ...] to [n, d].

    clips: examples and how long each lasts (seconds). owner: clip of each picture, [n]. hop_s: time between
    windows (seconds). layer: what the network reads labels with.
    """
    labels = len(layer.bias)
    voices = MetVoices(balance_of((1.0 / labels,) * labels), len(layer.added[0]), hop_s, layer)
    tokens = torch.cat([student.encode(part) for part in features.split(128)])
    summaries = list(zip(tokens.mean(dim=1).numpy(), tokens.numpy().std(axis=1), strict=True))
    for number, (example, seconds) in enumerate(clips):
        own = [summaries[row] for row in torch.nonzero(owner == number).flatten().tolist()]
        hops = max(len(own), round(seconds / hop_s))
        voices.hear(example.speaker, Said(str(number), example.label, own, hops))
    known = [voices.known(clips[clip][0].speaker, str(clip), KNOWN_S)[0] for clip in owner.tolist()]
    return torch.from_numpy(np.stack(known))


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
