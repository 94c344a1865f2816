"""The lock of a table that several commands rewrite."""

import subprocess
import sys
import time

import pytest

from edge.errors import InputError
from edge.forget.steps import Step
from edge.forget.traces import Traces
from edge.recording.table import read_table, replace_rows
from edge.system.lock import locked

ROW = {"file_name": "clips/a.flac", "speaker": "S01", "session": "one"}
RECORDS = """
import sys
from pathlib import Path
from edge.recording.table import replace_rows
table, who = Path(sys.argv[1]), sys.argv[2]
for number in range(int(sys.argv[3])):
    row = {"file_name": f"clips/{who}-{number}.flac", "speaker": who, "session": f"{who}-{number}"}
    replace_rows(table, row["session"], [row])
"""
HOLDS = """
import sys, time
from pathlib import Path
from edge.system.lock import locked
with locked(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(float(sys.argv[2]))
"""


def started(code, *words):
    return subprocess.Popen([sys.executable, "-c", code, *map(str, words)], stdout=subprocess.PIPE, text=True)


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "metadata.csv"
    replace_rows(path, "one", [ROW])
    return path


def test_two_recordings_and_a_deletion_lose_no_row(table):
    """Each reads the whole table and writes it anew: without the lock one writes over the other's rows."""
    count, traces = 40, Traces(subject="S01")
    with started(RECORDS, table, "S02", count) as one, started(RECORDS, table, "S03", count) as other:
        while one.poll() is None or other.poll() is None:
            Step(table, "cut", 0).do(traces)
    Step(table, "cut", 0).do(traces)
    assert (one.returncode, other.returncode) == (0, 0)
    _, rows = read_table(table)
    assert {row["session"] for row in rows} == {f"{who}-{n}" for who in ("S02", "S03") for n in range(count)}
    assert [path.name for path in table.parent.iterdir()] == ["metadata.csv"]


def test_waiting_is_said_once_and_ends(table):
    said = []
    with started(HOLDS, table, 1.5) as holder:
        assert holder.stdout.readline() == "held\n"
        began = time.monotonic()
        with locked(table, said.append):
            assert time.monotonic() - began > 0.5
    assert len(said) == 1
    assert "metadata.csv is being written by another command" in said[0]


def test_waiting_is_bounded_and_changes_nothing(table, capsys):
    before = table.read_bytes()
    with started(HOLDS, table, 60) as holder:
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(InputError, match="another command") as caught, locked(table, wait_s=0.3):
            pass
        assert "\n" not in caught.value.told("ja")
        holder.kill()
    assert table.read_bytes() == before
    replace_rows(table, "two", [ROW | {"session": "two"}])  # what was killed holds nothing
    assert len(read_table(table)[1]) == 2
    assert [path.name for path in table.parent.iterdir()] == ["metadata.csv"]
    assert capsys.readouterr().err.count("waiting for it") == 1


def test_a_failure_inside_lets_go(table):
    with pytest.raises(ValueError, match="inside"), locked(table):
        raise ValueError("inside")
    with locked(table, wait_s=0.0):
        assert table.with_name(".metadata.csv.lock").is_file()
