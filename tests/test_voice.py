"""How the speaker sounds on average."""

import numpy as np
import pytest

from edge.reading.voice import HALF_LIFE_S, PRIOR, Voice, shrunk


def test_nothing_is_known_of_a_voice_never_heard():
    assert np.array_equal(Voice(3).known(5.0), np.zeros(3, np.float32))


def test_a_voice_heard_for_long_is_its_mean_token():
    voice, token = Voice(2), np.array([1.0, -2.0], np.float32)
    for second in range(200):
        voice.update(float(second), token)
    assert voice.known(200.0) == pytest.approx(token, rel=0.06)


def test_the_first_words_say_little():
    voice = Voice(1)
    voice.update(0.0, np.ones(1, np.float32))
    assert voice.known(0.0) == pytest.approx(1.0 / (1.0 + PRIOR))


def test_a_voice_that_fell_silent_is_forgotten():
    voice = Voice(1)
    for second in range(100):
        voice.update(float(second), np.ones(1, np.float32))
    known = [float(voice.known(100.0 + HALF_LIFE_S * n)[0]) for n in (0, 2, 20)]
    assert known[0] > known[1] > known[2]
    assert known[2] < 0.001


def test_the_next_speaker_takes_over():
    voice = Voice(1)
    for second in range(1800):
        voice.update(float(second), np.full(1, 1.0 if second < 900 else -1.0, np.float32))
    assert voice.known(1800.0)[0] < -0.6


def test_what_is_known_of_a_recording_is_what_is_known_live():
    tokens = np.random.default_rng(1).standard_normal((6, 4)).astype(np.float32)
    voice = Voice(4)
    for row in tokens:
        voice.update(0.0, row)
    assert voice.known(0.0) == pytest.approx(shrunk(tokens.sum(axis=0), 6), abs=1e-6)
