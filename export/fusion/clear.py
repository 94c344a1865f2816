"""Training clips without noise, as of voices never heard before: what sound of training is like."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from calibration.confidence.familiar import shrunk_covariance
from edge.bundle.manifest import AudioSpec
from edge.features.audio import log_mel
from edge.reading.voice import LastLayer, label_means
from export.fusion.pools import A_LABEL, Inputs, pool, training_clips
from export.fusion.windows import Pool
from export.recipe import Recipe
from export.students.networks import TOKEN, AudioStudent
from export.training.augment import place_clip
from export.training.noisy_windows import WINDOW_S, load_clips


@dataclass(frozen=True, eq=False)
class Clear:
    """A window of each training clip: inputs of the audio network, and its tokens."""

    inputs: Inputs
    tokens: Pool


def clear_windows(recipe: Recipe, data: Path, student: AudioStudent) -> Clear:
    """A window of each training clip without noise, as of unknown voices, and their tokens.

    Speech lies anywhere in it, as in a run. Noise is what a site is calibrated for: beside training in all
    its noises foreign speech would pass for familiar.
    """
    spec, rng = AudioSpec(), np.random.default_rng(recipe.seed)
    examples, clips = load_clips(training_clips(recipe, data, rng, A_LABEL), spec.rate)
    placed = [place_clip(clip, round(WINDOW_S * spec.rate), rng) for clip in clips]
    features = torch.from_numpy(np.stack([log_mel(window, spec) for window in placed]))
    labels, people = torch.tensor([e.label for e in examples]), tuple(e.speaker for e in examples)
    inputs = Inputs((features, torch.zeros(len(features), TOKEN)), labels, people)
    return Clear(inputs, pool(student, inputs))


def last_layer(student: AudioStudent, clear: Clear) -> LastLayer:
    """How the audio network reads labels, as a device takes it from a bundle (edge/reading/voice.py)."""
    tokens = clear.tokens.tokens.numpy()
    summaries = np.concatenate([tokens.mean(axis=1), tokens.std(axis=1)], axis=1).astype(np.float64)
    linear = student.head[-1]
    assert isinstance(linear, torch.nn.Linear)
    weight, bias = linear.weight.detach().numpy(), linear.bias.detach().numpy()
    added = label_means(weight, shrunk_covariance(summaries))[:, :TOKEN]
    return LastLayer(weight, bias, np.asarray(added, np.float32))
