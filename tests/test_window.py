"""A real window on a real X server: keys, a person who closes it, a screen that goes away."""

import dataclasses
import os
import shutil
import signal
import socket
import subprocess
import threading
import time
from pathlib import Path

import cv2
import numpy as np
import pytest
from panels import SETUP, minute, picture
from test_live import Player

from edge.config import Site
from edge.display import display as display_module
from edge.display.display import Display, panel_setup
from edge.display.judging import place_of, rows
from edge.display.panel.layout import FULL
from edge.display.panel.palette import BANNER, label_colour
from edge.display.view import STALE_S, ViewOptions
from edge.display.window import work_area
from edge.display.window.screen import Screen, has_screen
from edge.errors import InputError
from edge.items import Frame
from edge.sources.devices.live import LiveSource
from edge.watch import watch

MISSING = [name for name in ("Xvfb", "openbox", "xdotool", "import", "xprop") if not shutil.which(name)]
needs_x = pytest.mark.skipif(bool(MISSING), reason=f"needs {', '.join(MISSING)}: apt-get install")


def wait(what, seconds=100.0):
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if found := what():
            return found
        time.sleep(0.05)
    raise AssertionError("it did not happen")


@pytest.fixture
def x_server(monkeypatch, tmp_path):
    """An X server with a window manager; gives its process and sets DISPLAY."""
    reader, writer = os.pipe()
    command = [
        "Xvfb",
        "-displayfd",
        str(writer),
        "-screen",
        "0",
        "1600x900x24",
        "-nolisten",
        "tcp",
        "-noreset",
    ]
    server = subprocess.Popen(command, pass_fds=[writer], stderr=subprocess.DEVNULL)
    os.close(writer)
    with os.fdopen(reader) as number:
        monkeypatch.setenv("DISPLAY", f":{number.readline().strip()}")
    manager = subprocess.Popen(["openbox"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wait(lambda: "0x" in shell("xprop -root _NET_SUPPORTING_WM_CHECK"))
    yield server
    for process in (manager, server):
        process.send_signal(signal.SIGCONT)
        process.kill()
        process.wait()


def shell(command):
    return subprocess.run(command.split(), capture_output=True, text=True, timeout=20).stdout.strip()


def window():
    return shell("xdotool search --onlyvisible --name ^edge$")


def size():
    """Width and height of the window (pixels)."""
    lines = shell(f"xdotool getwindowgeometry --shell {window()}").splitlines()
    values = dict(line.split("=") for line in lines)
    return int(values["WIDTH"]), int(values["HEIGHT"])


def shot(tmp_path):
    """What is on the screen, RGB."""
    path = tmp_path / "shot.png"
    shell(f"import -window root {path}")
    return cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB)


class Told:
    def __init__(self):
        self.quit = self.gone = 0

    def screen(self, **options):
        def quit():
            self.quit += 1

        def gone():
            self.gone += 1

        return Screen(options.pop("setup", SETUP), ViewOptions("en"), **options, quit=quit, gone=gone)


@needs_x
def test_panels_and_keys(x_server, tmp_path):
    told = Told()
    frame, faces = picture()
    red = Frame(60.0, np.full_like(frame.image, (250, 3, 3)))
    with told.screen() as screen:
        for reading in minute():
            screen.write(reading)
        screen.see(red, faces)

        def pixels(colour, least=500):
            return (np.abs(shot(tmp_path).astype(int) - colour).max(axis=2) < 12).sum() > least

        wait(lambda: pixels(BANNER))
        wait(lambda: pixels((250, 3, 3)))
        shell(f"xdotool windowactivate --sync {window()}")
        before = size()
        shell("xdotool key v")
        wait(lambda: not pixels((250, 3, 3)))
        shell("xdotool key v")
        wait(lambda: pixels((250, 3, 3)))
        english = shot(tmp_path)
        shell("xdotool key l")
        wait(lambda: (shot(tmp_path) != english).mean() > 0.01)
        shell("xdotool key p")
        time.sleep(0.3)
        screen.see(Frame(60.1, np.full_like(frame.image, (3, 250, 3))), faces)
        time.sleep(0.7)
        assert not pixels((3, 250, 3))  # stands still
        shell("xdotool key p")
        wait(lambda: pixels((3, 250, 3)))
        shell("xdotool key f")
        wait(lambda: size() == (1600, 900))
        shell("xdotool key f")
        wait(lambda: size() == before)
        assert not told.quit
        shell("xdotool key q")
        wait(lambda: told.quit)
        screen.write(minute()[0])
    assert (told.quit, told.gone) == (1, 0)


@needs_x
def test_the_last_panel_of_a_replay_stays(x_server, tmp_path):
    with Told().screen() as screen:
        for reading in minute():
            screen.write(reading)
        screen.end()

        def orange():
            return (np.abs(shot(tmp_path).astype(int) - label_colour(2)).max(axis=2) < 12).sum() > 3000

        wait(orange)
        time.sleep(STALE_S + 1.0)
        before = shot(tmp_path)
        assert orange()
        time.sleep(0.5)
        assert (shot(tmp_path) != before).mean() < 0.0005  # no more than the machine's temperature


@needs_x
def test_full_screen_from_the_start_and_an_end_that_closes_it(x_server):
    told = Told()
    with told.screen(full_screen=True):
        wait(lambda: size() == (1600, 900))
        began = time.monotonic()
    assert time.monotonic() - began < 2.0
    assert not window()
    assert (told.quit, told.gone) == (0, 0)


@needs_x
def test_a_window_closed_by_a_person_is_said_once_and_reading_goes_on(x_server, tiny_bundle):
    said = []
    site = Site(bundle=tiny_bundle.folder)
    with Display(site, tiny_bundle.manifest, said.append) as display:
        handle = wait(window)
        shell(f"xdotool windowactivate --sync {handle}")
        shell("xdotool key alt+F4")
        wait(lambda: said)
        for reading in minute():
            display.write(reading)
            display.see(*picture())
    assert said == ["the window is gone; reading goes on without it"]


@needs_x
def test_a_closed_window_is_opened_again_on_a_signal(x_server, tiny_bundle):
    said = []
    with Display(Site(bundle=tiny_bundle.folder), tiny_bundle.manifest, said.append) as display:
        shell(f"xdotool windowactivate --sync {wait(window)}")
        shell("xdotool key alt+F4")
        wait(lambda: said and not window())
        os.kill(os.getpid(), signal.SIGUSR1)
        wait(window)
        wait(lambda: len(said) == 2)
        display.write(minute()[0])
    assert said[1] == "the window is shown again"


@needs_x
def test_a_screen_that_comes_back_gets_the_window_again(x_server, tiny_bundle, monkeypatch):
    monkeypatch.setattr(display_module, "RETRY_S", 0.5)
    said, again = [], None
    number = os.environ["DISPLAY"]
    with Display(Site(bundle=tiny_bundle.folder), tiny_bundle.manifest, said.append) as display:
        wait(window)
        x_server.kill()
        x_server.wait()
        wait(lambda: said)
        display.write(minute()[0])
        again = subprocess.Popen(["Xvfb", number, "-nolisten", "tcp", "-noreset"])
        try:
            wait(lambda: len(said) == 2, 40.0)
            assert window()
        finally:
            display.__exit__(None, None, None)
            again.kill()
            again.wait()
    assert said[1] == "the window is shown again"


@needs_x
def test_a_new_window_fits_the_work_area(x_server, monkeypatch):
    with Told().screen():
        wait(lambda: size() == (1280, 720))
    assert work_area.work_area() == (1600, 900)
    for area, most in (((1280, 720), (1264, 664)), ((1024, 768), (1008, 712)), ((1920, 1040), (1280, 720))):
        monkeypatch.setattr(work_area, "work_area", lambda area=area: area)
        wide, high = work_area.first_size()
        assert wide <= most[0]
        assert high <= most[1]
        assert abs(wide / high - 16 / 9) < 0.01


@needs_x
def test_a_click_and_a_key_are_verdicts_on_what_is_shown(x_server):
    asked = []

    class Verdicts:
        def take(self, *wish):
            asked.append(wish)

    told, setup = Told(), dataclasses.replace(SETUP, queue=True)
    with told.screen(setup=setup, verdicts=Verdicts(), full_screen=True) as screen:
        for reading in minute():
            screen.write(reading)
        wait(lambda: size() == (1600, 900))
        time.sleep(1.0)
        left, top, wide, high = (1.25 * edge for edge in place_of("c", FULL))
        shell(f"xdotool mousemove {left + wide / 2:.0f} {top + high / 2:.0f} click 1")
        wait(lambda: asked)
        first, step = (1.25 * edge for edge in rows(FULL, setup))
        shell(f"xdotool mousemove {1.25 * (FULL.bars[0] + 60):.0f} {first + 3.5 * step:.0f} click 1")
        wait(lambda: len(asked) == 2)
        shell("xdotool key 0")
        wait(lambda: len(asked) == 3)
        shell("xdotool key u")
        wait(lambda: len(asked) == 4)
    where = ("judge", "clip.mp4", 60.0, None)
    assert asked == [(*where, "happy"), (*where, "sad"), (*where, None), ("undo",)]


@needs_x
def test_a_screen_that_goes_away_takes_only_the_window(x_server):
    told = Told()
    with told.screen() as screen:
        x_server.kill()
        wait(lambda: told.gone)
        began = time.monotonic()
        for reading in minute():
            screen.write(reading)
            screen.see(*picture())
        assert time.monotonic() - began < 1.0
    assert (told.quit, told.gone) == (0, 1)


@needs_x
def test_a_screen_that_hangs_holds_up_nothing(x_server):
    told = Told()
    with told.screen() as screen:
        x_server.send_signal(signal.SIGSTOP)
        began = time.monotonic()
        for _ in range(10):
            for reading in minute():
                screen.write(reading)
            screen.see(*picture())
            time.sleep(0.02)
        assert time.monotonic() - began < 1.0
        began = time.monotonic()
    assert time.monotonic() - began < 4.0


@needs_x
def test_a_live_run_is_shown_and_q_ends_it(x_server, tiny_bundle, demo, monkeypatch, tmp_path):
    monkeypatch.setattr(
        "edge.watch.live_source", lambda site, rate, say: LiveSource([lambda give: Player(demo, give)])
    )
    site = Site.model_validate(
        {"bundle": tiny_bundle.folder, "backend": "onnxrt", "display": {"language": "ja"}}
    )
    seen = []

    def look():
        wait(window)
        time.sleep(3.5)
        seen.append(shot(tmp_path))
        shell(f"xdotool windowactivate --sync {window()}")
        shell("xdotool key q")

    looking = threading.Thread(target=look)
    looking.start()
    summary = watch(site, None, False, seen.append)
    looking.join()
    assert sum(summary.states.values()) >= 2
    line, shown = seen  # a site without [policy] says so, and nothing else
    assert "[policy]" in line
    orange = (np.abs(shown.astype(int) - (229, 90, 30)).max(axis=2) < 45).sum()
    assert orange > 3000  # the suit of the demo clip's astronaut


def test_without_a_screen_there_are_lines(tiny_bundle, capsys):
    assert not has_screen()
    said = []
    with Display(Site(), tiny_bundle.manifest, said.append) as display:
        display.see(*picture())
        display.write(minute()[0])
    assert said == []
    assert "neutral" in capsys.readouterr().out


def test_a_screen_that_is_not_there_gives_lines_and_one_that_says_why(monkeypatch, tiny_bundle, capsys):
    monkeypatch.setenv("DISPLAY", ":997")
    said = []
    with Display(Site(), tiny_bundle.manifest, said.append) as display:
        display.write(minute()[0])
    assert said == ["no window can be shown (the screen :997 does not answer); readings are printed here"]
    assert "neutral" in capsys.readouterr().out


SOCKETS = Path("/tmp/.X11-unix")


@pytest.mark.skipif(not SOCKETS.is_dir(), reason="needs a place for X sockets")
def test_a_screen_that_does_not_answer_is_given_up(monkeypatch):
    monkeypatch.setattr("edge.display.window.process.ANSWER_S", 3.0)
    path = SOCKETS / "X996"
    with socket.socket(socket.AF_UNIX) as deaf:
        deaf.bind(str(path))
        try:
            deaf.listen()
            monkeypatch.setenv("DISPLAY", ":996")
            began = time.monotonic()
            with pytest.raises(InputError, match="screen :996 does not answer"), Told().screen():
                pass
            assert time.monotonic() - began < 8.0
        finally:
            path.unlink()


def test_what_a_panel_knows_of_a_bundle_and_a_site(tiny_bundle):
    prior = dict.fromkeys(tiny_bundle.manifest.labels, 0.0) | {"neutral": 1.0}
    site = Site.model_validate(
        {"site_prior": prior, "display": {"purpose": "Training"}, "voting": {"margin": 0.2}}
    )
    setup = panel_setup(site, tiny_bundle.manifest)
    assert (setup.prior[0], setup.margin, setup.purpose) == (1.0, 0.2, "Training")
    assert setup.bundle == tiny_bundle.manifest.name
