"""Noise of a site, mixed into speech."""

import unicodedata

import numpy as np
import pytest
from corpora import write_wav

from calibration.data.noise import Surroundings, _drawn, _number, load_noises
from edge.errors import DatasetError


@pytest.fixture
def machines(tmp_path, rng):
    for number in range(24):
        write_wav(tmp_path / f"press-{number}.wav", 0.1 * rng.standard_normal(1600 + number))
    return tmp_path


def test_what_is_judged_by_is_never_trained_on(machines):
    judged, trained = (load_noises(machines, 16000, judged=answer) for answer in (True, False))
    lengths = [sorted(map(len, sounds)) for sounds in (judged, trained)]
    assert sorted(lengths[0] + lengths[1]) == [1600 + n for n in range(24)]
    assert 2 <= len(judged) <= 10


def test_a_sound_that_cannot_be_read_is_named_and_left_out(machines, capsys):
    whole = load_noises(machines, 16000, judged=False)
    files = sorted(machines.glob("*.wav"))
    trained = [f for f in files if not _drawn(f)]
    trained[0].write_bytes(b"not sound")
    assert len(load_noises(machines, 16000, judged=False)) == len(whole) - 1
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 1
    assert said[0].startswith(f"left out: {trained[0]}")
    for file in files:
        file.write_bytes(b"not sound")
    with pytest.raises(DatasetError, match="recordings can be read; replace them"):
        load_noises(machines, 16000, judged=False)


def test_the_case_of_a_suffix_does_not_matter(machines):
    whole = len(load_noises(machines, 16000, judged=False))
    for file in machines.glob("*.wav"):
        if not _drawn(file):
            file.rename(file.with_suffix(".WAV"))
            break
    found = [len(load_noises(machines, 16000, judged=answer)) for answer in (True, False)]
    assert sum(found) == 24
    assert whole - found[1] in (0, 1)


def test_a_name_draws_the_same_in_either_normal_form_and_in_any_bytes():
    assert len({_number(unicodedata.normalize(form, "プレス é.wav")) for form in ("NFC", "NFD")}) == 1
    assert _number(b"\x83v\x83\x8c\x83X.wav".decode("utf-8", "surrogateescape")) >= 0


def test_a_folder_without_sounds_is_named(tmp_path):
    with pytest.raises(DatasetError, match="holds no sound file; put recordings of the site's noise there"):
        load_noises(tmp_path, 16000, judged=True)


def test_too_few_sounds_to_judge_by(tmp_path):
    write_wav(tmp_path / "press-0.wav", 0.1 * np.ones(1600))
    with pytest.raises(DatasetError, match="1 recordings leave none to be"):
        _ = [load_noises(tmp_path, 16000, judged=answer) for answer in (True, False)]


@pytest.mark.parametrize("snr", [-5.0, 0.0, 20.0])
def test_a_clip_is_judged_at_the_wished_ratio(rng, snr):
    speech = (0.1 * np.sign(rng.standard_normal(64000))).astype(np.float32)
    noise = rng.standard_normal(64000).astype(np.float32)
    mixed = Surroundings([noise], snr).around(speech, 64000, "a.wav")
    added = mixed.astype(np.float64) - speech
    found = 10 * np.log10(np.square(speech, dtype=np.float64).mean() / np.square(added).mean())
    assert found == pytest.approx(snr, abs=0.1)


def test_noise_begins_before_a_short_clip(rng):
    speech = (0.1 * rng.standard_normal(16000)).astype(np.float32)
    around = Surroundings([rng.standard_normal(80000).astype(np.float32)], 0.0)
    mixed = around.around(speech, 64000, "a.wav")
    assert mixed.shape == (64000,)
    assert mixed[:48000].std() == pytest.approx(0.1, rel=0.25)


def test_the_same_clip_meets_the_same_noise(rng):
    speech = (0.1 * rng.standard_normal(16000)).astype(np.float32)
    around = Surroundings([rng.standard_normal(80000).astype(np.float32) for _ in range(5)], 0.0)
    first, again, other = (around.around(speech, 16000, name) for name in ("a", "a", "b"))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
