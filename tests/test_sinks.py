"""Readings as JSON lines and as lines for a person."""

import dataclasses
import io
import json
import os
import stat
from datetime import datetime, timezone
from pathlib import Path
from typing import get_args

import numpy as np
import pytest
from rich.cells import cell_len
from rich.console import Console

from edge.errors import InputError
from edge.items import Reading, State
from edge.sinks.files.jsonl import JsonLines
from edge.sinks.terminal import Terminal, line
from edge.starter_labels import STARTER as LABELS
from edge.starter_labels import labels_of
from edge.words import word

HAPPY = Reading(
    time=4.0,
    state="reading",
    source="clip.mp4",
    label="happy",
    probabilities=np.array([0.1, 0.1, 0.55556, 0.1, 0.1, 0.04445], np.float32),
    candidates=("happy",),
    margin=0.45555,
    votes=3,
    weights={"audio": 0.7, "vision": 0.3},
    delay_ms=812.345,
)
SILENT = Reading(time=5.0, state="no_speech", source="clip.mp4")
KEYS = [
    "wall_time",
    "time",
    "source",
    "person",
    "state",
    "label",
    "probabilities",
    "candidates",
    "margin",
    "votes",
    "held",
    "weights",
    "delay_ms",
    "run",
    "alarm",
    "unfamiliar",
]


def lines(path):
    return [json.loads(text) for text in path.read_text().splitlines()]


def test_one_object_a_line_with_stable_keys(tmp_path):
    path = tmp_path / "out.jsonl"
    with JsonLines(path, LABELS) as sink:
        sink.write(HAPPY)
        assert len(lines(path)) == 1  # flushed at once
        sink.write(SILENT)
    first, second = lines(path)
    assert list(first) == list(second) == KEYS
    assert first["probabilities"]["happy"] == 0.5556
    assert first["delay_ms"] == 812.3
    assert first["weights"] == {"audio": 0.7, "vision": 0.3}
    assert second["state"] == "no_speech"
    assert second["label"] is None
    assert second["probabilities"] is None
    age = datetime.now(timezone.utc) - datetime.fromisoformat(first["wall_time"])
    assert 0 <= age.total_seconds() < 60


def test_a_second_run_appends(tmp_path):
    path = tmp_path / "out.jsonl"
    for _ in range(2):
        with JsonLines(path, LABELS) as sink:
            sink.write(SILENT)
    assert len(lines(path)) == 2


def test_no_reading_no_file(tmp_path):
    with JsonLines(tmp_path / "out.jsonl", LABELS):
        pass
    assert not (tmp_path / "out.jsonl").exists()


def test_a_folder_that_is_not_there(tmp_path):
    with (
        pytest.raises(InputError, match="its folder does not exist"),
        JsonLines(tmp_path / "a" / "b", LABELS),
    ):
        pass
    with pytest.raises(InputError, match="is a folder"), JsonLines(tmp_path, LABELS):
        pass


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_is_one_clear_line():
    with (
        pytest.raises(InputError, match=r"/dev/full cannot be written \(No space left on device\)"),
        JsonLines(Path("/dev/full"), LABELS) as sink,
    ):
        sink.write(HAPPY)


def test_a_reading_as_a_line():
    assert line(HAPPY, LABELS).plain == (
        "    4.0 s  happy     0.56  lead 0.46  votes 3  audio 70 %, vision 30 %"
    )


def test_a_state_is_shown_as_a_state():
    for state in set(get_args(State)) - {"reading"}:
        for language in ("en", "ja"):
            shown = line(Reading(time=1.0, state=state), LABELS, language).plain
            assert shown == f"    1.0 s  -- {word(state, language)}"


def test_a_line_in_japanese_keeps_its_columns():
    shown = [line(dataclasses.replace(HAPPY, label=label), LABELS, "ja") for label in LABELS]
    assert (
        shown[2].plain
        == "    4.0 s  喜び      0.56  2位との差 0.46  推定に使った区間 3  音声 70 %, 映像 30 %"
    )
    assert len({cell_len(text.plain) for text in shown}) == 1


def test_a_doubtful_reading_says_so():
    doubtful = Reading(
        time=4.0,
        state="needs_check",
        label="sad",
        probabilities=np.full(6, 1 / 6, np.float32),
        candidates=("sad", "worried"),
        held=True,
    )
    assert line(doubtful, LABELS).plain.endswith("  held  needs a check: sad, worried")
    unasked = dataclasses.replace(doubtful, state="reading", held=False)
    assert line(unasked, LABELS).plain.endswith("  one of: sad, worried")
    assert "ALARM: negative emotions" in line(dataclasses.replace(unasked, alarm=True), LABELS).plain
    quiet = Reading(time=1.0, state="no_speech", alarm=True)
    assert line(quiet, LABELS, "ja").plain.endswith("  警報：否定感情")
    assert line(unasked, LABELS, "ja").plain.endswith("  候補：悲しみ, 不安")


def test_a_heading_where_a_new_source_begins():
    out = io.StringIO()
    with Terminal(LABELS, Console(file=out, width=40, soft_wrap=True)) as sink:
        for source in ("a [x].mp4", "a [x].mp4", "b.mp4"):
            sink.write(Reading(time=1.0, state="warming_up", source=source))
    assert out.getvalue().splitlines() == [
        "a [x].mp4",
        "    1.0 s  -- warming up",
        "    1.0 s  -- warming up",
        "b.mp4",
        "    1.0 s  -- warming up",
    ]


def test_readings_are_for_their_owner_alone(tmp_path):
    path, before = tmp_path / "out.jsonl", os.umask(0)
    try:
        with JsonLines(path, LABELS) as sink:
            sink.write(HAPPY)
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("end", "kept", "cut"),
    [(b'{"wall_time": "20', 1, 1), (b"\0" * 99, 1, 1), (b'{"wall_time": "2026"}', 2, 0), (b"", 1, 0)],
)
def test_the_next_run_glues_nothing_to_a_torn_line(tmp_path, end, kept, cut):
    path, said = tmp_path / "out.jsonl", []
    with JsonLines(path, LABELS) as sink:
        sink.write(HAPPY)
    path.write_bytes(path.read_bytes() + end)
    with JsonLines(path, LABELS, say=said.append) as sink:
        sink.write(SILENT)
    made = lines(path)
    assert len(made) == kept + 1
    assert (made[0]["label"], made[-1]["state"]) == ("happy", "no_speech")
    assert len(said) == cut


def test_a_first_line_that_was_torn_is_no_stranger(tmp_path):
    for end in (b"{", b'{"wall_', b'{"wall_time": "2026-', b"\n", b"\0\0"):
        path = tmp_path / "out.jsonl"
        path.write_bytes(end)
        with JsonLines(path, LABELS) as sink:
            sink.write(SILENT)
        (made,) = path.read_text().strip().split("\n")
        assert json.loads(made)["state"] == "no_speech"
        path.unlink()


@pytest.mark.parametrize(
    "content", [b"# notes\n", b'{"a": 1}\n', b"\xff\xd8\xff\xe0 a picture", b"name,x\n1,2"]
)
def test_a_file_of_something_else_is_not_written_to(tmp_path, content):
    path = tmp_path / "out.jsonl"
    path.write_bytes(content)
    with pytest.raises(InputError, match="holds something other than readings"), JsonLines(path, LABELS):
        pass
    assert path.read_bytes() == content


def test_a_terminal_is_sent_nothing_that_acts():
    out = io.StringIO()
    evil = "\x1b]0;x\x07\x9b31m\u202egpj.exe\u2066\r\n\udc83"
    with Terminal(labels_of((*LABELS[:2], evil, *LABELS[3:])), Console(file=out, soft_wrap=True)) as sink:
        sink.write(dataclasses.replace(HAPPY, source=f"a{evil}.mp4", label=evil, candidates=(evil, "sad")))
    assert not set(out.getvalue()) & set("\x1b\x07\x9b\u202e\u2066\r\udc83")
    assert out.getvalue().count("\n") == 2
    assert "a\\x1b]0;x\\x07\\x9b31m\\u202egpj.exe\\u2066\\x0d\\x0a\\udc83.mp4" in out.getvalue()
