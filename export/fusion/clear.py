"""Training clips without noise and in it, as of voices never heard before: what sound of training is like."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from calibration.confidence.familiar import shrunk_covariance
from calibration.data.dataset import Example
from calibration.data.noise import add_noise, background
from edge.bundle.manifest import AudioSpec
from edge.features.audio import log_mel
from edge.items import Floats
from edge.reading.voice import LastLayer, label_means
from export.fusion.pools import A_LABEL, Inputs, pool, training_clips
from export.fusion.windows import Pool
from export.recipe import Recipe
from export.students.networks import TOKEN, AudioStudent
from export.training.augment import place_clip
from export.training.noisy_windows import WINDOW_S, load_clips, training_noises

SNR_DB = (0.0, 20.0)
"""Speech over noise, least and most, of the windows in noise (decibels)."""
NOISY = 2
"""Noises each clip is heard in."""


@dataclass(frozen=True, eq=False)
class Clear:
    """A window of each training clip: inputs of the audio network, and its tokens."""

    inputs: Inputs
    tokens: Pool
    noisy: Pool
    """Tokens of the same windows in noise, NOISY of each in turn."""


def clear_windows(recipe: Recipe, data: Path, student: AudioStudent) -> Clear:
    """A window of each training clip without noise, as of unknown voices, and their tokens.

    Speech lies anywhere in it, as in a run.
    """
    spec, rng = AudioSpec(), np.random.default_rng(recipe.seed)
    examples, clips = load_clips(training_clips(recipe, data, rng, A_LABEL), spec.rate)
    placed = [place_clip(clip, round(WINDOW_S * spec.rate), rng) for clip in clips]
    noises = training_noises(recipe, data, spec.rate)
    noisy = [_in_noise(window, noises, rng) for window in placed for _ in range(NOISY)]
    clear, loud = (_inputs(windows, examples, spec) for windows in (placed, noisy))
    return Clear(clear, pool(student, clear), pool(student, loud))


def _in_noise(window: Floats, noises: Sequence[Floats], rng: np.random.Generator) -> Floats:
    noise = background(noises, len(window), rng)
    return add_noise(window, noise, float(rng.uniform(*SNR_DB))).astype(np.float32)


def _inputs(windows: Sequence[Floats], examples: Sequence[Example], spec: AudioSpec) -> Inputs:
    """What the audio network is given of windows, as many in turn of each example."""
    features = torch.from_numpy(np.stack([log_mel(window, spec) for window in windows]))
    shown = [e for e in examples for _ in range(len(windows) // len(examples))]
    labels, people = torch.tensor([e.label for e in shown]), tuple(e.speaker for e in shown)
    return Inputs((features, torch.zeros(len(features), TOKEN)), labels, people)


def last_layer(student: AudioStudent, clear: Clear) -> LastLayer:
    """How the audio network reads labels, as a device takes it from a bundle (edge/reading/voice.py)."""
    tokens = clear.tokens.tokens.numpy()
    summaries = np.concatenate([tokens.mean(axis=1), tokens.std(axis=1)], axis=1).astype(np.float64)
    linear = student.head[-1]
    assert isinstance(linear, torch.nn.Linear)
    weight, bias = linear.weight.detach().numpy(), linear.bias.detach().numpy()
    added = label_means(weight, shrunk_covariance(summaries))[:, :TOKEN]
    return LastLayer(weight, bias, np.asarray(added, np.float32))
