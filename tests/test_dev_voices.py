"""Voices of people kept back from training, as an export knows them: as they are met at work."""

from pathlib import Path

import numpy as np
import pytest
import torch

from calibration.data.dataset import Example
from edge.bundle.manifest import AudioSpec
from export.fusion.clear import Clear, last_layer
from export.fusion.pools import Inputs
from export.fusion.windows import Pool
from export.students.networks import TOKEN, AudioStudent
from export.students.voices import met_voices

LABELS, FRAMES = 6, 64


@pytest.fixture(scope="module")
def student():
    torch.manual_seed(1)
    return AudioStudent(AudioSpec(), LABELS).eval()


@pytest.fixture(scope="module")
def layer(student):
    tokens = torch.from_numpy(np.random.default_rng(0).normal(size=(200, 5, TOKEN)).astype(np.float32))
    pool = Pool(tokens, torch.ones(200, 5), torch.zeros(200, dtype=torch.int64))
    return last_layer(student, Clear(Inputs((), torch.zeros(200), ()), pool, pool))


def pictures(count, seed):
    random = np.random.default_rng(seed).normal(size=(count, AudioSpec().mels, FRAMES))
    return torch.from_numpy(random.astype(np.float32))


def test_the_last_layer_is_that_of_the_network(student, layer):
    assert np.array_equal(layer.weight, student.head[-1].weight.detach().numpy())
    assert np.array_equal(layer.bias, student.head[-1].bias.detach().numpy())
    assert layer.added.shape == (LABELS, TOKEN)
    assert np.abs(layer.added.sum(axis=0)).max() < 1e-5
    assert np.abs(layer.added).max() > 0.0


def test_a_clip_of_dev_people_says_nothing_of_the_voice_it_is_read_with(student, layer):
    """Two windows a clip, six clips of each of two people."""
    clips = [(Example(f"{n}.wav", n % LABELS, "ab"[n % 2], path=Path(f"{n}.wav")), 5.0) for n in range(12)]
    owner, features = torch.arange(12).repeat_interleave(2), pictures(24, 1)
    found = met_voices(student, features, clips, owner, 1.0, layer)
    assert found.shape == (24, TOKEN)
    assert torch.equal(found[0], found[1]), "windows of a clip"
    assert not torch.equal(found[0], found[2]), "of other people"
    other = features.clone()
    other[:2] = pictures(2, 9)
    changed = met_voices(student, other, clips, owner, 1.0, layer)
    same = (changed == found).all(dim=1)
    assert same[:2].all(), "its own clip is not heard"
    assert same[2:4].all(), "nor are clips of others"
    assert not same[4:].all(), "of the same person it is"
