"""What a teacher hears moment by moment, and the windows it hears."""

import numpy as np
import pytest
import torch

from edge.bundle.manifest import AudioSpec
from export.students.frame_targets import (
    DIRECTIONS,
    FrameMatcher,
    FrameTeacher,
    TokenTeacher,
    find_directions,
    frame_targets,
)
from export.students.networks import TOKEN, AudioStudent
from export.training.noisy_windows import PLACES, NoisyWindows

RATE = 16000
TOKENS = 10


class Ear:
    """Hears the energy of a few bands every 10 ms."""

    identity = "ear"

    def __init__(self, bands=24, step=160):
        self.asked = []
        self.bands, self.step = bands, step

    def features(self, samples):
        return self.frames(samples).mean(axis=0)

    def frames(self, samples):
        self.asked.append(len(samples))
        pieces = samples[: len(samples) // self.step * self.step].reshape(-1, self.step)
        return np.abs(np.fft.rfft(pieces))[:, : self.bands].astype(np.float32)


@pytest.fixture
def windows(rng):
    return [rng.standard_normal(RATE // 4).astype(np.float32) * level for level in (0.1, 0.2, 0.4, 0.8, 1, 2)]


NAMES = ["a", "b", "c", "d", "e", "f"]
SPEAKERS = ["x", "x", "x", "y", "y", "y"]


def test_frames_come_at_the_pace_of_tokens(windows):
    ear = Ear()
    assert isinstance(ear, FrameTeacher)
    found = TokenTeacher(ear, TOKENS).features(windows[0]).reshape(TOKENS, -1)
    frames = Ear().frames(windows[0])  # 25 of them
    np.testing.assert_allclose(found[0], frames[:3].mean(axis=0), rtol=1e-5)
    np.testing.assert_allclose(found[-1], frames[-3:].mean(axis=0), rtol=1e-5)


def test_a_teacher_of_one_vector_a_clip_says_the_same_of_every_token(windows):
    ear = Ear(step=RATE // 4)
    found = TokenTeacher(ear, TOKENS).features(windows[0]).reshape(TOKENS, -1)
    assert np.array_equal(found, np.repeat(found[:1], TOKENS, axis=0))


def test_targets_have_mean_square_one_and_no_mean_of_their_speaker(windows, tmp_path):
    directions = find_directions(Ear(), windows, NAMES, TOKENS, tmp_path)
    raw = np.stack([TokenTeacher(Ear(), TOKENS, directions).features(window) for window in windows])
    assert np.square(raw).mean() == pytest.approx(1.0, abs=0.01)
    found = frame_targets(Ear(), directions, windows, NAMES, SPEAKERS, TOKENS, tmp_path)
    assert found.shape == (6, TOKENS, DIRECTIONS)
    assert found.dtype == torch.float16
    for own in (slice(0, 3), slice(3, 6)):
        assert found[own].float().mean(dim=(0, 1)).abs().max() < 0.01
    assert not found[:, :, 24:].any()  # 24 bands span no more directions


def test_the_first_directions_hold_most(tmp_path, rng):
    # All bands of this sound rise and fall together: one direction tells nearly all.
    loud = [
        np.float32(level) * np.sin(np.arange(RATE // 4) * 0.6).astype(np.float32) for level in range(1, 7)
    ]
    directions = find_directions(Ear(), loud, NAMES, TOKENS, tmp_path)
    found = np.stack([TokenTeacher(Ear(), TOKENS, directions).features(window) for window in loud])
    power = np.square(found.reshape(-1, DIRECTIONS)).mean(axis=0)
    assert power[0] > 0.8 * power.sum()


def test_what_was_heard_is_kept(windows, tmp_path):
    ear = Ear()
    directions = find_directions(ear, windows, NAMES, TOKENS, tmp_path)
    first = frame_targets(ear, directions, windows, NAMES, SPEAKERS, TOKENS, tmp_path)
    asked = len(ear.asked)
    assert asked == 12  # once for the directions, once along them
    again = find_directions(ear, windows, NAMES, TOKENS, tmp_path)
    assert np.array_equal(again.axes, directions.axes)
    assert torch.equal(frame_targets(ear, again, windows, NAMES, SPEAKERS, TOKENS, tmp_path), first)
    assert len(ear.asked) == asked


def test_other_windows_have_other_directions(windows, tmp_path):
    first = find_directions(Ear(), windows, NAMES, TOKENS, tmp_path)
    other = find_directions(Ear(), windows[:4], NAMES[:4], TOKENS, tmp_path)
    assert TokenTeacher(Ear(), TOKENS, first).identity != TokenTeacher(Ear(), TOKENS, other).identity


def test_the_places_of_a_clip_do_not_depend_on_the_other_clips(rng):
    clips = [rng.standard_normal(RATE).astype(np.float32) for _ in range(3)]
    places = NoisyWindows([], clips, [], AudioSpec()).places(7)
    alone = NoisyWindows([], clips[1:2], [], AudioSpec()).places(7)
    assert len(places) == len(set(places.names)) == 3 * PLACES
    assert alone.names == places.names[PLACES : 2 * PLACES]
    for k in range(PLACES):
        assert np.array_equal(alone[k], places[PLACES + k])
        assert alone[k].shape == (4 * RATE,)
    assert not np.array_equal(places[0], places[1])
    assert len(list(places)) == 3 * PLACES


def test_a_student_that_hears_like_its_teacher_has_nothing_to_learn():
    model = FrameMatcher(AudioStudent(AudioSpec(), 6, width=8))
    tokens = torch.randn(2, 50, TOKEN)
    with torch.no_grad():
        model.match.weight.copy_(torch.eye(TOKEN))
        model.match.bias.zero_()
    assert torch.allclose(model.imitated(tokens), tokens)
