"""The panel of text: its words and cells, and a real terminal it is drawn on."""

import dataclasses
import fcntl
import io
import os
import pty
import re
import signal
import struct
import subprocess
import sys
import termios
import threading
import time
from pathlib import Path
from typing import get_args

import pytest
from panels import SETUP, board, minute, read, state, view
from rich.cells import cell_len
from rich.console import Console

from edge.config import Site
from edge.display.display import Display
from edge.display.terminal.text_panel import FILLED, OUTLINED, TextPanel
from edge.display.terminal.text_screen import TextScreen, has_terminal
from edge.display.view import STALE_S, View, ViewOptions
from edge.items import Health, State
from edge.starter_labels import STARTER as LABELS
from edge.starter_labels import labels_of
from edge.words import word


def shown(panel_view, width=80, height=24):
    """Its lines on a console of this size."""
    console = Console(width=width, height=height, record=True, file=io.StringIO())
    console.print(TextPanel(panel_view))
    return console.export_text().splitlines()


@pytest.mark.parametrize("language", ["en", "ja"])
def test_a_reading_fits_a_terminal_of_80_by_24(language):
    lines = shown(dataclasses.replace(view(language), offset_ms=-12.0, celsius=61.0))
    assert len(lines) == 24
    assert max(map(cell_len, lines)) <= 80
    text = "\n".join(lines)
    for key in (
        "purpose",
        "happy",
        "sure",
        "keys_terminal",
        "all_labels",
        "prior",
        "weights",
        "timeline",
        "gap",
        "clipping",
    ):
        assert word(key, language) in text
    for label in LABELS:
        assert LABELS.said(label, language) in text
    assert all(said in text for said in ("line3", "clip.mp4", "61 °C", "-2 dB", "80%", "0:01:00"))
    assert re.search(r"★ +(happy +喜び|喜び +happy)", text)  # both languages
    assert word("audio", language) + " 40%" in text


@pytest.mark.parametrize("language", ["en", "ja"])
def test_bars_begin_at_one_cell_and_carry_the_usual_share(language):
    bars = [line for line in shown(view(language)) if "░" in line and "%" in line]
    assert len(bars) == len(LABELS)
    assert len({cell_len(bar[: re.search("[█░]", bar).start()]) for bar in bars}) == 1
    assert len({cell_len(bar) for bar in bars}) == 1
    widths = [len(re.search("[█░│]+", bar)[0]) for bar in bars]
    for bar, share, prior in zip(bars, (0.04, 0.04, 0.8, 0.04, 0.04, 0.04), SETUP.prior, strict=True):
        cells = re.search("[█░│]+", bar)[0]
        assert abs(cells.count("█") - share * widths[0]) <= 1.5
        assert cells.index("│") == int(prior * widths[0])


def test_the_last_minute_has_shapes_outlines_states_and_gaps():
    line = next(line for line in shown(view(now=60.0)) if "★★★" in line)
    assert line[1:61] == "●" * 19 + "·" * 5 + "▽" * 5 + " " * 10 + "★" * 21
    later = next(line for line in shown(view(now=63.5)) if "★★★" in line)
    assert later[1:61] == ("●" * 16 + "·" * 5 + "▽" * 5 + " " * 10 + "★" * 21).ljust(60)


@pytest.mark.parametrize("language", ["en", "ja"])
def test_an_alarm_is_a_line_in_both_languages(language):
    alarmed = board(readings=[*minute()[:-1], read(60, "angry", alarm=True)])
    lines = shown(alarmed.view(ViewOptions(language), 60.0))
    assert any(word("alarm_up", "en") in line and word("alarm_up", "ja") in line for line in lines)
    assert max(map(cell_len, lines)) <= 80
    assert not any(word("alarm_up", "ja") in line for line in shown(view(language)))


@pytest.mark.parametrize("language", ["en", "ja"])
def test_doubt_and_a_call_for_a_check(language):
    reading = read(60, "sad", 0.8, candidates=("sad", "worried"), held=True)
    for name in ("reading", "needs_check"):
        text = "\n".join(shown(view(language, readings=[dataclasses.replace(reading, state=name)])))
        assert re.search(f"▽ +{LABELS.said('sad', language)}", text)
        assert f"80%  {word('others_open', language)}" in text
        assert word("unsure", language) not in text  # 80 % is not called unlikely
        assert word("sure", language) not in text
        assert word("held", language) in text
        assert re.search(f"◇ {LABELS.said('worried', language)}", text)
        assert (word("needs_check", language) in text) == (name == "needs_check")


@pytest.mark.parametrize("name", sorted(set(get_args(State)) - {"reading", "needs_check"}))
def test_a_state_is_words_and_no_label(name):
    lines = shown(view(readings=[state(60, name)]))
    assert f"{word(name, 'en')}  {word(name, 'ja')}" in lines[3]
    assert not any(shape in "".join(lines[:6]) for shape in FILLED + OUTLINED)
    assert "%" not in "".join(lines)


def test_nothing_yet_silence_and_a_person():
    assert word("waiting", "ja") in "".join(shown(View(look=ViewOptions("ja"))))
    assert "no new reading for 7 s" in "".join(shown(view(now=60.0 + STALE_S + 2.0)))
    assert "person 2" in "".join(shown(view(readings=[read(60, person=2)])))
    gone = (Health("microphone", "gone"), Health("camera", "running", "dark"))
    text = "".join(shown(view(devices=gone)))
    assert "! not connected" in text
    assert "! dark" in text


@pytest.mark.parametrize(("width", "height"), [(40, 12), (60, 18), (200, 60), (10, 5)])
@pytest.mark.parametrize("language", ["en", "ja"])
def test_it_fits_any_terminal(width, height, language):
    lines = shown(view(language), width, height)
    assert max(map(cell_len, lines)) <= max(width, 22)
    if height >= 12:
        assert len(lines) <= height
        said = "".join(part.strip() for part in lines).replace(" ", "")
        assert word("purpose", language).replace(" ", "") in said  # whatever else there is no room for
        assert any("★" in line for line in lines)


def test_labels_of_a_site_with_long_names():
    labels = ("label0", "frustrated and impatient", *(f"label{i}" for i in range(2, 14)))
    setup = dataclasses.replace(
        SETUP, labels=labels_of(labels), prior=(), bundle="b" * 90, purpose="目的" * 60
    )
    reading = dataclasses.replace(
        read(60), label=labels[1], candidates=(labels[1],), probabilities=[1 / 14] * 14, source="s" * 200
    )
    lines = shown(board([reading], setup=setup).view(ViewOptions("ja"), 60.0), height=40)
    assert max(map(cell_len, lines)) <= 80
    heads = [line for line in lines if "frustrated and impatient" in line]
    assert len(heads) == 1  # once: it has no other name; beside its bar there is room for 20 cells
    assert sum("%" in line and "░" in line for line in lines) == 14


def wait(what):
    until = time.monotonic() + 60.0
    while not what():
        assert time.monotonic() < until
        time.sleep(0.02)


class Stuck(io.StringIO):
    """A terminal that takes nothing for a while."""

    def __init__(self):
        super().__init__()
        self.free = threading.Event()

    def write(self, text):
        self.free.wait(20.0)
        return super().write(text)


class Gone(io.StringIO):
    def write(self, text):
        raise OSError(5, "Input/output error")


def console(file):
    return Console(file=file, force_terminal=True, width=80, height=24, legacy_windows=False)


def test_a_terminal_that_hangs_or_is_gone_holds_up_nothing():
    for file in (Stuck(), Gone()):
        panel = TextScreen(SETUP, ViewOptions(), console(file))
        began = time.monotonic()
        with panel:
            for _ in range(10):
                for reading in minute():
                    panel.write(reading)
                print("said meanwhile")
                time.sleep(0.05)
            assert time.monotonic() - began < 2.0
            began = time.monotonic()
        assert time.monotonic() - began < 2.0
        if isinstance(file, Stuck):
            file.free.set()
        panel._thread.join(5.0)
        assert not panel._thread.is_alive()


def test_what_is_said_is_shown_below_and_printed_when_an_error_ends_it():
    file, printed = io.StringIO(), sys.stdout
    with pytest.raises(ZeroDivisionError), TextScreen(SETUP, ViewOptions(), console(file)) as panel:  # noqa: PT012
        panel.write(read(60))
        wait(lambda: "happy" in file.getvalue())
        print("[health] line")
        wait(lambda: "[health] line" in file.getvalue())
        raise ZeroDivisionError
    assert sys.stdout is printed
    drawn = file.getvalue()
    assert drawn.startswith("\x1b[?1049h\x1b[?25l")  # the other screen, without a cursor
    left = drawn.index("\x1b[?25h\x1b[?1049l")
    assert "happy" not in drawn[left:]
    assert drawn[left:].count("[health] line") == 1  # what is said stays on the terminal


def test_lines_where_there_is_no_terminal(tiny_bundle, capsys):
    assert not has_terminal()
    with Display(Site(), tiny_bundle.manifest, print) as display:
        display.write(read(60))
    assert capsys.readouterr().out.startswith("clip.mp4\n   60.0 s  happy ")


def test_a_panel_for_devices_and_lines_for_a_recording(tiny_bundle, monkeypatch, capsys):
    monkeypatch.setattr("edge.display.display.has_terminal", lambda: True)
    for source, panel in ((None, True), (Path("clip.mp4"), False)):
        with Display(Site(source=source), tiny_bundle.manifest, print) as display:
            assert isinstance(display._terminal, TextScreen) == panel
    capsys.readouterr()


RUN = """
import sys
sys.path.insert(0, {tests!r})
from pathlib import Path
from test_live import Player
from edge import watch
from edge.cli import main as cli
from edge.sources.devices.live import LiveSource
demo = Path({demo!r})
watch.live_source = lambda site, rate, say: LiveSource([lambda give: Player(demo, give)])
sys.argv = ["edge", "run", "--bundle", {bundle!r}, "--config", {config!r}, "--lang", "ja"]
cli.main()
"""


def test_a_live_run_on_a_real_terminal(tiny_bundle, demo, tmp_path):
    config = tmp_path / "site.toml"
    config.write_text('backend = "onnxrt"\n')
    code = RUN.format(
        tests=str(Path(__file__).parent), demo=str(demo), bundle=str(tiny_bundle.folder), config=str(config)
    )
    ours, its = pty.openpty()
    fcntl.ioctl(its, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    environment = {key: value for key, value in os.environ.items() if key not in ("COLUMNS", "LINES")}
    process = subprocess.Popen(
        [sys.executable, "-c", code],
        stdin=its,
        stdout=its,
        stderr=its,
        env=environment | {"TERM": "xterm-256color"},
        cwd=Path(__file__).parents[1],
    )
    os.close(its)
    taken = bytearray()

    def take():
        while True:
            try:
                taken.extend(os.read(ours, 65536))
            except OSError:  # its end is closed
                return

    taking = threading.Thread(target=take)
    taking.start()
    wait(lambda: "音声 ".encode() in taken)  # the weights of a first reading
    time.sleep(1.0)
    process.send_signal(signal.SIGINT)
    assert process.wait(30) == 0
    taking.join(5)
    os.close(ours)
    text = taken.decode()
    assert text.count("\x1b[?1049h") == text.count("\x1b[?1049l") == 1
    for key in ("purpose", "warming_up", "all_labels", "timeline"):
        assert word(key, "ja") in text
    end = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text[text.rindex("\x1b[?1049l") :])
    assert re.fullmatch(r"\s*推定 \d+ 件：.*\s*", end)  # the closing line alone is left


PANEL = """
import _thread, signal, sys, time
sys.path.insert(0, {tests!r})
from panels import SETUP, minute
from edge.display.terminal.text_screen import TextScreen
from edge.display.view import ViewOptions
stopped = []
with TextScreen(SETUP, ViewOptions("en"), quit=lambda: stopped.append(1)) as panel:
    for reading in minute():
        panel.write(reading)
    while not stopped:
        time.sleep(0.05)
    if {crash}:
        raise ZeroDivisionError
print("left")
"""


class Terminal:
    """A real one: what is written to it, its modes, and keys."""

    def __init__(self, crash):
        self.ours, its = pty.openpty()
        self.modes = termios.tcgetattr(its)
        self.size(80, 24)
        code = PANEL.format(tests=str(Path(__file__).parent), crash=crash)
        environment = {key: value for key, value in os.environ.items() if key not in ("COLUMNS", "LINES")}
        self.its = its
        self.process = subprocess.Popen(
            [sys.executable, "-c", code],
            stdin=its,
            stdout=its,
            stderr=subprocess.DEVNULL,
            env=environment | {"TERM": "xterm-256color"},
            cwd=Path(__file__).parents[1],
        )
        self.taken = bytearray()
        self.taking = threading.Thread(target=self.take, daemon=True)
        self.taking.start()

    def size(self, columns, rows):
        fcntl.ioctl(self.ours, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def take(self):
        while True:
            try:
                self.taken.extend(os.read(self.ours, 65536))
            except OSError:
                return

    def press(self, keys):
        os.write(self.ours, keys)

    @property
    def last(self):
        """The newest whole panel."""
        return self.taken.decode(errors="ignore").rpartition("\x1b[J")[0].rpartition("\x1b[H")[2]


@pytest.mark.parametrize("crash", [False, True])
def test_keys_on_a_terminal_and_its_modes_afterwards(crash):
    terminal = Terminal(crash)
    wait(lambda: word("purpose", "en") in terminal.last)
    terminal.press(b"l")
    wait(lambda: word("purpose", "ja") in terminal.last)
    terminal.press(b"p")
    wait(lambda: word("paused_big", "ja") in terminal.last)
    terminal.press(b"\x1b[5~\x1b[A")  # keys of other meanings, a digit and a letter in them
    terminal.press(b"pl")
    wait(lambda: word("purpose", "en") in terminal.last and word("paused_big", "en") not in terminal.last)
    terminal.press(b"q")
    assert terminal.process.wait(20) == crash
    assert termios.tcgetattr(terminal.its)[3] == terminal.modes[3]  # it echoes again, line by line
    wait(lambda: b"\x1b[?1049l" in terminal.taken)
    assert b"left" in terminal.taken.rpartition(b"\x1b[?1049l")[2] or crash


def test_a_terminal_that_is_resized_holds_one_panel():
    terminal = Terminal(False)
    wait(lambda: word("purpose", "en") in terminal.last)
    for columns, rows in ((50, 15), (120, 40), (80, 24)):
        terminal.size(columns, rows)
        time.sleep(0.8)
        plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", terminal.last)
        lines = plain.replace("\r", "").split("\n")
        assert len(lines) <= rows
        assert max(map(cell_len, lines)) <= columns
    assert b"\x1b[?1049l" not in terminal.taken  # all on the other screen, drawn over from its corner
    terminal.press(b"q")
    terminal.process.wait(20)


def test_ctrl_z_gives_the_terminal_back():
    file = io.StringIO()
    with TextScreen(SETUP, ViewOptions(), console(file)) as panel:
        panel.write(read(60))
        wait(lambda: "happy" in file.getvalue())
        panel.suspend()
        assert file.getvalue().endswith("\x1b[?25h\x1b[?1049l")
        before = len(file.getvalue())
        time.sleep(0.7)
        assert len(file.getvalue()) == before
        panel.resume()
        wait(lambda: "happy" in file.getvalue()[before:])
