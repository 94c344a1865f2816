"""Features: the one implementation that training, calibration and the device share."""

import numpy as np
import pytest
import soxr
from conftest import MEDIA
from hypothesis import given, settings
from hypothesis import strategies as st

from calibration.data.recordings import load_sound
from edge.bundle.manifest import AudioSpec, TextSpec, VisionSpec
from edge.features.audio import SlidingLogMel, log_mel
from edge.features.band import Band
from edge.features.text import token_ids
from edge.features.vision import crop, standardise
from edge.items import Face

SPEC = AudioSpec()
DATA = MEDIA.parent


def tone(hertz, seconds=1.0, level=0.5):
    return (level * np.sin(2 * np.pi * hertz * np.arange(round(seconds * SPEC.rate)) / SPEC.rate)).astype(
        np.float32
    )


def test_a_window_of_four_seconds_gives_four_hundred_frames():
    picture = log_mel(tone(440, 4.0), SPEC)
    assert picture.shape == (SPEC.mels, 400)
    assert picture.dtype == np.float32
    assert picture.min() >= -1.0
    assert picture.max() == pytest.approx(1.0)


@given(hertz=st.floats(150, 7000), level=st.floats(0.01, 0.9))
@settings(max_examples=30, deadline=None)
def test_a_tone_is_loudest_in_its_own_band(hertz, level):
    def mel(f):
        return 2595 * np.log10(1 + f / 700)

    loudest = int(log_mel(tone(hertz, level=level), SPEC)[:, 50].argmax())
    band = (mel(hertz) - mel(SPEC.f_min)) / (mel(SPEC.f_max) - mel(SPEC.f_min)) * (SPEC.mels + 1) - 1
    assert abs(loudest - band) <= 1.0


def test_the_recording_level_does_not_matter():
    rng = np.random.default_rng(0)
    sound = tone(300) + 0.1 * rng.standard_normal(SPEC.rate).astype(np.float32)
    assert np.allclose(log_mel(sound, SPEC), log_mel(0.02 * sound, SPEC), atol=1e-3)


def test_silence_is_finite():
    assert np.isfinite(log_mel(np.zeros(16000, np.float32), SPEC)).all()


def test_frames_lie_where_the_sound_is():
    sound = np.zeros(16000, np.float32)
    sound[8000:8160] = tone(1000)[:160]
    assert abs(int(log_mel(sound, SPEC).max(axis=0).argmax()) - 50) <= 1


@pytest.fixture
def transformed(monkeypatch):
    """Frames in each call of the Fourier transform."""
    calls, transform = [], np.fft.rfft
    monkeypatch.setattr(np.fft, "rfft", lambda views, n: calls.append(len(views)) or transform(views, n))
    return calls


def noise(seconds, seed=0):
    return np.random.default_rng(seed).normal(0, 0.1, round(seconds * SPEC.rate)).astype(np.float32)


@pytest.mark.parametrize("step", [0.5, 1.0, 3.9, 4.0, 5.0, 1.0 + 1 / SPEC.rate])
@pytest.mark.parametrize("hop", [0.5, 1.0])
def test_overlapping_windows_give_the_very_numbers_of_whole_ones(step, hop):
    """Whether the windows come as far apart as was said, or otherwise."""
    sound, sliding = noise(16.0), SlidingLogMel(SPEC, round(hop * SPEC.rate))
    for first in range(0, len(sound) - 4 * SPEC.rate, round(step * SPEC.rate)):
        window = sound[first : first + 4 * SPEC.rate]
        assert np.array_equal(sliding(window), log_mel(window, SPEC))


def test_what_windows_share_is_transformed_once(transformed):
    sound, sliding = noise(7.0), SlidingLogMel(SPEC, SPEC.rate)
    for second in range(3):
        sliding(sound[second * SPEC.rate : (second + 4) * SPEC.rate])
    assert transformed[0] == 400
    assert sum(transformed[1:]) <= 2 * (100 + 4)


@pytest.mark.parametrize("change", ["one sample", "a gap of zeros", "another recording", "shorter"])
def test_sound_that_is_not_the_same_is_transformed_anew(change, transformed):
    sound, sliding = noise(7.0), SlidingLogMel(SPEC, SPEC.rate)
    sliding(sound[: 4 * SPEC.rate])
    window = sound[SPEC.rate : 5 * SPEC.rate].copy()
    if change == "one sample":
        window[2 * SPEC.rate] += 1e-6
    elif change == "a gap of zeros":
        window[:8000] = 0.0
    elif change == "another recording":
        window = noise(4.0, seed=1)
    else:
        window = window[: 2 * SPEC.rate]
    found = sliding(window)
    assert transformed[1:] == [len(window) // SPEC.hop]
    assert np.array_equal(found, log_mel(window, SPEC))


def test_the_same_window_is_transformed_once(transformed):
    sliding, window = SlidingLogMel(SPEC, SPEC.rate), noise(4.0)
    first = sliding(window)
    count = sum(transformed)
    assert np.array_equal(sliding(window), first)
    assert sum(transformed) == count


def test_sound_written_over_in_place_is_not_taken_for_what_it_was():
    sliding, window = SlidingLogMel(SPEC, SPEC.rate), noise(4.0)
    sliding(window)
    window[:] = 0.25
    assert np.array_equal(sliding(window), log_mel(window, SPEC))


def test_a_hop_that_is_no_whole_number_of_frames_is_transformed_anew():
    sound, step = noise(6.0), SPEC.rate // 3
    sliding = SlidingLogMel(SPEC, step)
    for first in (0, step, 2 * step):
        window = sound[first : first + 4 * SPEC.rate]
        assert np.array_equal(sliding(window), log_mel(window, SPEC))


def test_crop_takes_the_square_around_the_face():
    spec = VisionSpec(scale=1.0, shift=0.0)
    image = np.zeros((200, 300, 3), np.uint8)
    image[60:160, 100:200] = 255
    assert crop(image, Face(100, 60, 100, 100, 0.9), spec).min() >= 250
    half = crop(image, Face(50, 60, 100, 100, 0.9), spec)
    assert half[:, :22].max() == 0
    assert half[:, 26:].min() >= 250


@pytest.mark.parametrize("place", [(-30, -30), (280, 180), (-500, -500), (100, 60)])
def test_crop_of_a_face_at_the_edge_has_its_full_size(place):
    image = np.full((200, 300, 3), 90, np.uint8)
    got = crop(image, Face(*place, 60, 80, 0.9), VisionSpec())
    assert got.shape == (48, 48)
    assert got.dtype == np.uint8


def test_standardise_takes_light_and_contrast_out():
    rng = np.random.default_rng(1)
    face = rng.integers(50, 200, (48, 48)).astype(np.uint8)
    dim = (face * 0.5 + 20).astype(np.uint8)
    bright, dark = standardise([face, dim])
    assert bright.shape == (1, 48, 48)
    assert abs(bright.mean()) < 1e-4
    assert np.allclose(bright, dark, atol=0.05)
    assert not standardise([np.full((48, 48), 77, np.uint8)]).any()


def test_token_ids_are_padded_and_cut(tokenizer):
    spec = TextSpec(length=8)
    ids, mask = token_ids("oh no what happened here I did not see that coming today at all", tokenizer, spec)
    assert ids.shape == mask.shape == (8,)
    assert ids.dtype == np.int32
    assert mask.all()
    ids, mask = token_ids("", tokenizer, spec)
    assert not ids.any()
    assert not mask.any()


def speech_like(rng, seconds, end_hz, rate=16000):
    """Noise that comes and goes and ends at a frequency, as it lies in a 16 bit file."""
    spectrum = np.fft.rfft(rng.standard_normal(seconds * rate))
    hertz = np.fft.rfftfreq(seconds * rate, 1 / rate)
    spectrum[hertz > end_hz] = 0
    spectrum /= 1 + hertz / 500  # as speech falls
    sound = np.fft.irfft(spectrum) * (np.arange(seconds * rate) % rate > rate // 4)
    return (np.round(8000 * sound / np.abs(sound).max()) / 32768).astype(np.float32)


@pytest.mark.parametrize(
    ("end_hz", "found"), [(3400, 3500), (4000, 4000), (5500, 5500), (7600, None), (8000, None)]
)
def test_a_narrow_band_is_found(rng, end_hz, found):
    band = Band(16000)
    sound = speech_like(rng, 6, end_hz)
    for first in range(0, len(sound), 320):
        band.add(sound[first : first + 320])
    assert band.end_hz() == found
    assert band.end_hz(least_s=7) is None
    assert band.is_narrow(end_hz) == (found is not None)


def test_a_tone_and_silence_are_no_narrow_band(rng):
    for sound in (np.zeros(48000), 0.3 * np.sin(np.arange(48000) * 0.3)):
        band = Band(16000)
        band.add(sound.astype(np.float32))
        assert band.end_hz() is None


@pytest.mark.skipif(not (DATA / "nemo").exists(), reason="corpora are not in the repository")
@pytest.mark.parametrize("corpus", ["ravdess", "nemo", "emovo"])
def test_real_voices_are_wide_and_a_telephone_s_are_narrow(corpus):
    files = sorted((DATA / corpus).rglob("*.opus"))[::97][:8]
    for file in files:
        sound = load_sound(file, 16000)
        narrow = soxr.resample(soxr.resample(sound, 16000, 8000), 8000, 16000)
        ends = []
        for samples in (sound, np.round(narrow * 32768) / 32768):
            band = Band(16000)
            band.add(samples.astype(np.float32))
            ends.append(band.end_hz())
        assert ends[0] is None
        assert ends[1] is not None
        assert 3000 <= ends[1] <= 4000
