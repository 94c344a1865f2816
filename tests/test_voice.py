"""How the speaker sounds on average."""

import numpy as np
import pytest

from edge.app import starter_bundle
from edge.bundle.folder import open_bundle
from edge.reading.voice import HALF_LIFE_S, PRIOR, LastLayer, Voice, label_means, load_last_layer, shrunk

NONE = np.zeros(0, np.float32)


def test_nothing_is_known_of_a_voice_never_heard():
    assert np.array_equal(Voice(3).known(5.0), np.zeros(3, np.float32))


def test_a_voice_heard_for_long_is_its_mean_token():
    voice, token = Voice(2), np.array([1.0, -2.0], np.float32)
    for second in range(200):
        voice.update(float(second), token, NONE)
    assert voice.known(200.0) == pytest.approx(token, rel=0.12)


def test_the_first_words_say_little():
    voice = Voice(1)
    voice.update(0.0, np.ones(1, np.float32), NONE)
    assert voice.known(0.0) == pytest.approx(1.0 / (1.0 + PRIOR))


def test_a_voice_that_fell_silent_is_forgotten():
    voice = Voice(1)
    for second in range(100):
        voice.update(float(second), np.ones(1, np.float32), NONE)
    known = [float(voice.known(100.0 + HALF_LIFE_S * n)[0]) for n in (0, 2, 20)]
    assert known[0] > known[1] > known[2]
    assert known[2] < 0.001


def test_the_next_speaker_takes_over():
    voice = Voice(1)
    for second in range(1800):
        voice.update(float(second), np.full(1, 1.0 if second < 900 else -1.0, np.float32), NONE)
    assert voice.known(1800.0)[0] < -0.6


def test_what_is_known_of_a_recording_is_what_is_known_live():
    tokens = np.random.default_rng(1).standard_normal((6, 4)).astype(np.float32)
    voice = Voice(4)
    for row in tokens:
        voice.update(0.0, row, NONE)
    assert voice.known(0.0) == pytest.approx(shrunk(tokens.sum(axis=0), 6), abs=1e-6)


def test_the_mood_a_person_is_mostly_in_is_not_taken_for_their_voice():
    person, moods = np.array([0.3, -0.5, 0.2]), 3.0 * np.eye(3) - 1.0
    layer = LastLayer(np.hstack([2.0 * np.eye(3), np.zeros((3, 3))]), np.zeros(3), moods)
    known, plain = Voice(3, layer), Voice(3)
    for second in range(60):
        token = person + moods[0 if second % 10 else 1]
        for voice in (known, plain):
            voice.update(float(second), token, np.zeros(3))
    share = 60.0 / (60.0 + PRIOR)
    assert known.known(60.0) == pytest.approx(share * person, abs=0.1)
    assert np.abs(plain.known(60.0) - share * person).max() > 1.0


def test_what_labels_add_is_read_from_the_weights_that_tell_them_apart():
    rng = np.random.default_rng(3)
    means = rng.normal(size=(4, 6))
    means -= means.mean(axis=0)
    root = rng.normal(size=(6, 6))
    within = root @ root.T + np.eye(6)
    weight = means @ np.linalg.inv(within)
    found = label_means(weight, within + means.T @ means / 4)
    np.testing.assert_allclose(found, means, atol=1e-9)
    np.testing.assert_allclose(label_means(weight + rng.normal(size=6), within + means.T @ means / 4), means)


def test_the_starter_says_what_its_labels_add(tiny_bundle):
    layer = load_last_layer(open_bundle(starter_bundle()))
    assert layer is not None
    assert layer.added.shape == (6, 128)
    assert np.abs(layer.added.sum(axis=0)).max() < 1e-4
    heard = np.array([layer.weight[:, :128] @ row + layer.bias for row in layer.added])
    assert list(heard.argmax(axis=1)) == list(range(6))
    assert load_last_layer(tiny_bundle) is None
