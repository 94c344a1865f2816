"""What a person who waits is shown: bars on a terminal, else a line now and then."""

import os
import pty
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

from export import display, progress
from export.display import Work, duration
from export.progress import bar, logged, say

NOW = 1_700_000_000.0


@pytest.mark.parametrize(
    ("work", "left"),
    [
        (Work("x", 0, 10, NOW - 60), None),
        (Work("x", 5, 10, NOW - 60), 60.0),
        (Work("x", 5, 10, NOW - 60, rounds_left=3), 60.0 + 3 * 120.0),
        (Work("x", 10, 10, NOW - 60), 0.0),
    ],
)
def test_what_is_left_is_told_from_what_is_done(work, left):
    assert work.left_s(NOW) == left
    until = "" if left is None else time.strftime("%H:%M", time.localtime(NOW + left))
    assert until in work.told(NOW)


def test_durations_in_words(monkeypatch):
    assert [duration(s) for s in (5.4, 600.0, 9000.0)] == ["5 s", "10 min", "2 h 30 min"]
    monkeypatch.setenv("LC_ALL", "ja_JP.UTF-8")
    assert duration(9000.0) == "2 時間 30 分"


def test_without_a_terminal_a_line_says_now_and_then_what_is_left(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(display, "EVERY_S", 0.3)
    monkeypatch.setattr(progress, "OFTEN_S", 0.05)
    with logged(tmp_path / "export.log"):
        say("encoders: audio")
        for _ in bar(range(30), 30, "audio 1/4", 3):
            time.sleep(0.05)
        time.sleep(0.8)
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "encoders: audio"
    told = [line for line in lines if re.fullmatch(r"audio 1/4 \d+%, \d+ s left, until \d\d:\d\d", line)]
    assert len(told) >= 2
    assert re.fullmatch(r"at work for \d+ s; last: encoders: audio", lines[-1])
    assert display.FOLDER not in os.environ


def test_a_child_is_shown_by_the_process_that_started_it(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(display, "EVERY_S", 0.3)
    code = "import time; from export.progress import bar, say; say('from a child\\nof two lines')\n"
    code += "for _ in bar(range(20), 20, 'text 2/2'): time.sleep(0.1)"
    with logged(tmp_path / "export.log"):
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("", "")
    shown = capsys.readouterr().err
    assert "from a child\nof two lines\n" in shown
    assert re.search(r"text 2/2 \d+%, \d+ s left", shown)
    assert "from a child" in (tmp_path / "export.log").read_text()


def test_what_is_shown_does_not_stop_a_loop_whose_folder_is_gone(monkeypatch, tmp_path, capsys):
    monkeypatch.setenv(display.FOLDER, str(tmp_path / "gone"))
    assert list(bar(range(3), 3, "x")) == [0, 1, 2]
    say("still told")
    assert "still told" in capsys.readouterr().err


def test_a_terminal_shows_one_display(tmp_path):
    code = "import time\nfrom export import progress\nprogress.OFTEN_S = 0.05\n"
    code += "with progress.logged(__import__('pathlib').Path('export.log')):\n"
    code += "    for n in progress.bar(range(40), 40, 'vision 1/1'):\n"
    code += "        time.sleep(0.05)\n        n == 20 and progress.say('half [bold] way')\n"
    master, slave = pty.openpty()
    environment = os.environ | {"TERM": "xterm", "COLUMNS": "100", "PYTHONPATH": str(Path.cwd())}
    with subprocess.Popen([sys.executable, "-c", code], stderr=slave, cwd=tmp_path, env=environment) as child:
        os.close(slave)
        seen = b""
        while True:
            try:
                part = os.read(master, 4096)
            except OSError:  # the other end is closed
                break
            if not part:
                break
            seen += part
    os.close(master)
    assert child.returncode == 0
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", seen.decode())
    assert re.search(r"vision 1/1 .*\d+%, \d+ s left, until \d\d:\d\d", text)
    assert text.count("half [bold] way") == 1
    assert (tmp_path / "export.log").read_text().rstrip().endswith("half [bold] way")
