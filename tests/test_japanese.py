"""What goes wrong is told in Japanese alone where Japanese is asked for."""

import shutil
import wave

import numpy as np
import pytest
from test_cli import edge, one_line_error  # noqa: F401 - edge is a fixture
from test_cli_help import english


@pytest.fixture
def told(edge, monkeypatch):  # noqa: F811
    """Runs a command under a Japanese locale; the one line of its error."""
    monkeypatch.setenv("LC_ALL", "ja_JP.UTF-8")
    monkeypatch.delenv("DISPLAY", raising=False)

    def run(*words):
        line = one_line_error(edge(*words))
        assert english(line.removeprefix("edge: ")) == [], line
        assert not line.isascii(), line
        return line

    return run


@pytest.mark.parametrize(
    "text",
    [
        "threads = 0",
        "threads = 'x'",
        "threads = 1.5",
        "threads = true",
        "thraeds = 1",
        "backend = 'gpu'",
        "microphone = 3",
        """camera = "a\\nb\"""",
        "checks_a_day = 0",
        "[log]\nfolder = 1",
        "[log]\nformat = 'csv'",
        "[log]\nfolder = 'x'\nfile_mb = 100\nquota_mb = 150",
        "[mqtt]\nhost = 'a b'\ntopic = 't'\nclient_id = 'c'",
        "[mqtt]\nhost = 'a'\ntopic = 't/#'\nclient_id = 'c'",
        "[mqtt]\nhost = 'a'\ntopic = 't'\nclient_id = ''",
        "[mqtt]\nhost = 'a'\ntopic = 't'\nclient_id = 'c'\npassword_file = 'p'",
        "[prometheus]\nport = 70000",
        "[display]\nlanguage = 'fr'",
        "[review]\nfolder = 'x'\nconsent = 3",
        "[review.consent]\nwho = []\ndate = 2026-01-01\nscope = ['face']",
        "[review]\nfolder = 'x'\n[review.consent]\nwho = ['A']\ndate = 'soon'\nscope = ['face']",
        "[voting]\ndwel_s = 1",
        "threads = ",
        "threads = 1 threads = 2",
        "threads = 1\nthreads = 2",
        "[log",
        "site_prior = []",
        'camera = "\\q"',
        "camera = 'x",
    ],
)
def test_settings(told, tmp_path, text):
    site = tmp_path / "site.toml"
    site.write_text(text)
    line = told("run", "--config", site)
    assert "site.toml" in line


def test_recordings(told, tiny_bundle, demo, tmp_path):
    def read(path, *more):
        return told("run", "--bundle", tiny_bundle.folder, "--source", path, *more)

    (tmp_path / "empty.wav").touch()
    (tmp_path / "noise.mp4").write_bytes(bytes(range(256)) * 20)
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts" / "a.txt").write_text("x")
    (tmp_path / "mixed").mkdir()
    (tmp_path / "mixed" / "a.wav").touch()
    with wave.open(str(tmp_path / "quiet.wav"), "wb") as file:
        file.setparams((1, 2, 16000, 0, "NONE", ""))
        file.writeframes(np.zeros(32000, np.int16).tobytes())
    shutil.copy(tmp_path / "quiet.wav", tmp_path / "mixed" / "b.wav")
    for name in ("none.mp4", "empty.wav", "noise.mp4", "texts", "mixed", "quiet.wav"):
        assert name in read(tmp_path / name)
    assert "フォルダーがありません" in read(demo, "--jsonl", tmp_path / "no" / "out.jsonl")
    assert "フォルダーです" in read(demo, "--jsonl", tmp_path)
    assert "demo.mp4" in read(demo, "--jsonl", demo)


def test_bundles(told, demo, tiny_copy, tmp_path):
    def read(bundle):
        return told("run", "--source", demo, "--bundle", bundle)

    (tmp_path / "empty").mkdir()
    (tmp_path / "x.tar").write_bytes(b"no archive")
    for bundle in (tmp_path / "empty", tmp_path / "none", tmp_path / "x.tar", demo):
        assert bundle.name in read(bundle)
    manifest = tiny_copy / "bundle.json"
    for text in ("{", "[]", "", manifest.read_text().replace('"hop_s": 1.0', '"hop_s": -1')):
        manifest.write_text(text)
        read(tiny_copy)


def test_readings_and_queue(told, tmp_path, demo):
    readings = tmp_path / "readings.jsonl"
    for content in ("", "no json\n", '{"a": 1}\n'):
        readings.write_text(content)
        assert "readings.jsonl" in told("replay", readings)
        (tmp_path / "site.toml").write_text("threads = 1")
        told("relabel", readings, "--config", tmp_path / "site.toml", "--out", tmp_path / "out.jsonl")
    told("replay", tmp_path / "none.jsonl")
    told("replay", readings, "--save", tmp_path / "a.gif")
    for verb in (
        ["list"],
        ["show", "3"],
        ["kpi"],
        ["judge", "3", "happy", "--by", "A"],
        ["undo", "3", "--by", "A"],
    ):
        told("review", verb[0], tmp_path, *verb[1:])
        told("review", verb[0], tmp_path / "none", *verb[1:])
    told("review", "judge", tmp_path, "3", "happy", "--by", " ")


def test_labelled_folders(told, tiny_bundle, demo, tmp_path):
    def judge(*more):
        return told("evaluate", tiny_bundle.folder, tmp_path, *more)

    table = tmp_path / "metadata.csv"
    judge()
    for text in (
        "",
        "file_name\na.wav\n",
        "file_name,emotion\n",
        "file_name,emotion\nnone.wav,happy\n",
        "file_name,emotion\na.wav,furious\n",
        'file_name,emotion\n"a.wav,happy\n',
        "file_name,emotion\na.wav,happy,more\n",
    ):
        table.write_text(text)
        assert "metadata.csv" in judge()
    shutil.copy(demo, tmp_path / "a.mp4")
    table.write_text("file_name,emotion,speaker\na.mp4,happy,x\n")
    judge("--modality", "text")
    judge("--streams")
    judge("--reliability", tmp_path / "a.gif")
    judge("--json", tmp_path / "no" / "a.json")
    judge("--noise", tmp_path / "no")
    told("bench", tiny_bundle.folder, "--out", tmp_path / "no" / "b.json")
    told("doctor", "--config", tmp_path / "no.toml")
