"""Encrypted media: what was written comes back with the key alone, and every change is noticed."""

import io
import os
import wave

import numpy as np
import pytest

from calibration.data.recordings import load_sound
from calibration.quality.clips import read_clips
from edge.errors import InputError, MediaError
from edge.items import AudioChunk
from edge.recording import keys, sealed
from edge.recording.keys import Secret, make_key_file, read_key_file, secret_from
from edge.recording.sealed import CHUNK, SealedReader, destroy, open_media, write_sealed
from edge.sources.recorded.recording import RecordingSource, recordings

KEY = Secret(b"k" * 32)


@pytest.fixture(autouse=True)
def _no_key_around(monkeypatch):
    monkeypatch.delenv(keys.KEY, raising=False)
    monkeypatch.delenv(keys.KEY_FILE, raising=False)
    keys._near.cache_clear()


def spoken(seconds=1.0):
    """A small WAV file and the samples in it."""
    samples = (np.sin(np.arange(int(16000 * seconds)) * 0.2) * 9000).astype("<i2")
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setparams((1, 2, 16000, 0, "NONE", ""))
        file.writeframes(samples.tobytes())
    return out.getvalue(), samples


@pytest.mark.parametrize("size", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK, 3 * CHUNK + 777])
def test_what_was_written_comes_back_from_any_place(tmp_path, size, rng):
    data, path = rng.bytes(size), tmp_path / "a.flac.sealed"
    write_sealed(path, data, KEY)
    with open_media(path, KEY) as file:
        assert not file.cut
        assert io.BufferedReader(file).read() == data
    with open_media(path, KEY) as file:
        buffered = io.BufferedReader(file)
        for place in (0, size // 2, max(0, size - 5), CHUNK):
            buffered.seek(place)
            assert buffered.read(10) == data[place : place + 10]
        assert buffered.seek(0, io.SEEK_END) == size
    assert [one.name for one in tmp_path.iterdir()] == [path.name]
    assert path.stat().st_mode & 0o077 == 0


def test_a_plain_file_is_opened_as_it_is(tmp_path):
    path = tmp_path / "a.wav"
    path.write_bytes(b"plain")
    with open_media(path) as file:
        assert file.read() == b"plain"


def test_another_key_is_one_line_before_anything_is_read(tmp_path):
    path = tmp_path / "a.flac.sealed"
    write_sealed(path, b"x" * 100, KEY)
    for other in (Secret(b"o" * 32), Secret(passphrase="k")):
        with pytest.raises(MediaError, match=r"encrypted with another key; give that one"):
            open_media(path, other)


def test_every_change_is_noticed(tmp_path, rng):
    data, path = rng.bytes(3 * CHUNK + 100), tmp_path / "a.flac.sealed"
    write_sealed(path, data, KEY)
    whole = path.read_bytes()
    step = CHUNK + 16
    head = len(whole) - 3 * step - 116
    bodies = [whole[head + n * step : head + (n + 1) * step] for n in range(4)]
    changed = {
        "swapped": whole[:head] + bodies[1] + bodies[0] + bodies[2] + bodies[3],
        "left out": whole[:head] + bodies[0] + bodies[2] + bodies[3],
        "repeated": whole[:head] + bodies[0] + bodies[0] + bodies[1] + bodies[2] + bodies[3],
        "head of another": b"",
    }
    write_sealed(tmp_path / "b.flac.sealed", data, KEY)
    changed["head of another"] = (tmp_path / "b.flac.sealed").read_bytes()[:head] + whole[head:]
    for place in rng.integers(0, len(whole), 60):
        spoilt = bytearray(whole)
        spoilt[place] ^= 1 << int(rng.integers(8))
        changed[f"bit at {place}"] = bytes(spoilt)
    for what, content in changed.items():
        path.write_bytes(content)
        assert noticed(path, data), what


def noticed(path, data):
    """Whether a file is refused, or called cut and read up to there."""
    try:
        with open_media(path, KEY) as file:
            got = io.BufferedReader(file).read()
            return file.cut and len(got) < len(data) and data.startswith(got)
    except MediaError as error:
        return str(path) in str(error)


def test_a_file_without_its_end_is_read_up_to_the_last_whole_chunk_and_is_called_cut(tmp_path, rng):
    data, path = rng.bytes(3 * CHUNK + 100), tmp_path / "a.flac.sealed"
    write_sealed(path, data, KEY)
    whole = path.read_bytes()
    head = len(whole) - 3 * (CHUNK + 16) - 116
    for length in (head, head + 5, head + CHUNK + 15, head + CHUNK + 16, len(whole) - 116, len(whole) - 1):
        path.write_bytes(whole[:length])
        with open_media(path, KEY) as file:
            assert file.cut
            got = io.BufferedReader(file).read()
        assert len(got) == (length - head) // (CHUNK + 16) * CHUNK
        assert data.startswith(got)
    path.write_bytes(whole[:50])
    with pytest.raises(MediaError, match="its beginning is missing"):
        open_media(path, KEY)


def test_a_destroyed_file_is_gone_also_from_a_copy_that_shares_its_blocks(tmp_path):
    path, link = tmp_path / "a.flac.sealed", tmp_path / "link.flac.sealed"
    write_sealed(path, b"speech" * 1000, KEY)
    os.link(path, link)
    destroy(path)
    destroy(path)
    assert not path.exists()
    with pytest.raises(MediaError, match="was destroyed"):
        open_media(link, KEY)


def test_a_key_file_is_for_its_owner_alone(tmp_path):
    path = tmp_path / "key"
    make_key_file(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert len(read_key_file(path).key) == 32
    with pytest.raises(InputError, match="is there already"):
        make_key_file(path)
    path.chmod(0o640)
    with pytest.raises(InputError, match="chmod 600"):
        read_key_file(path)
    path.chmod(0o600)
    path.write_text("secret\n")
    with pytest.raises(InputError, match="64 hexadecimal digits"):
        read_key_file(path)
    with pytest.raises(InputError, match="cannot be read"):
        read_key_file(tmp_path / "none")


def test_where_a_key_comes_from(tmp_path, monkeypatch):
    path = tmp_path / "key"
    make_key_file(path)
    with pytest.raises(InputError, match="there is no key"):
        secret_from(None, ask=False)
    assert secret_from(path, ask=False) == read_key_file(path)
    monkeypatch.setenv(keys.KEY_FILE, str(path))
    assert secret_from(None, ask=False) == read_key_file(path)
    monkeypatch.setenv(keys.KEY, "ab" * 32)
    assert secret_from(path, ask=False).key == bytes.fromhex("ab" * 32)
    monkeypatch.setenv(keys.KEY, "a long sentence of the line")
    assert secret_from(path, ask=False) == Secret(passphrase="a long sentence of the line")


def test_a_passphrase_reads_what_it_wrote_and_its_salt_lies_in_the_file(tmp_path):
    path, secret = tmp_path / "a.flac.sealed", Secret(passphrase="long")
    write_sealed(path, b"speech", secret)
    keys._salt.cache_clear()  # as in another process
    with open_media(path, Secret(passphrase="long")) as file:
        assert file.read() == b"speech"
    with pytest.raises(MediaError, match="another key"):
        open_media(path, Secret(passphrase="short"))


def test_every_reader_of_recordings_reads_an_encrypted_one(tmp_path):
    data, samples = spoken()
    (tmp_path / "site.toml").write_text('[record]\nkey_file = "key"\nfolder = "recordings"\n')
    make_key_file(tmp_path / "key")
    folder = tmp_path / "recordings"
    (folder / "clips").mkdir(parents=True)
    path = folder / "clips" / "x.wav.sealed"
    write_sealed(path, data, read_key_file(tmp_path / "key"))
    assert data[44:] not in path.read_bytes()
    with RecordingSource(path, 16000) as source:
        heard = np.concatenate([item.samples for item in source if isinstance(item, AudioChunk)])
    assert np.allclose(heard, samples / 32768.0, atol=1e-4)
    assert len(load_sound(path, 16000)) == len(samples)
    assert recordings(path.parent) == [path]
    assert [clip.path for clip in read_clips(folder)[0]] == [path]
    (folder / "metadata.csv").write_text("file_name,emotion\nclips/x.wav.sealed,angry\n")
    assert [clip.path for clip in read_clips(folder)[0]] == [path]


def test_a_cut_recording_is_read_and_named(tmp_path, monkeypatch):
    data, samples = spoken(6.0)
    monkeypatch.setenv(keys.KEY, "6b" * 32)
    path = tmp_path / "x.wav.sealed"
    write_sealed(path, data, KEY)
    path.write_bytes(path.read_bytes()[:-20000])
    heard = []
    with RecordingSource(path, 16000) as source, pytest.raises(MediaError, match=r"x\.wav\.sealed"):
        heard.extend(source)
    assert 0.3 * len(samples) < sum(len(item.samples) for item in heard) < len(samples)


def test_nothing_is_said_of_what_is_inside(tmp_path):
    write_sealed(tmp_path / "a.flac.sealed", b"speech of S01", KEY)
    assert b"speech" not in (tmp_path / "a.flac.sealed").read_bytes()
    with pytest.raises(MediaError) as error, SealedReader(tmp_path / "a.flac.sealed", Secret(b"z" * 32)):
        pass
    assert "speech" not in str(error.value)
    assert sealed.media_suffix(tmp_path / "A.FLAC.sealed") == ".flac"
