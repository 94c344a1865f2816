"""The panel of `edge record`: what it shows in both languages, and keys of a real window."""

import shutil
from dataclasses import replace

import numpy as np
import pytest
from test_window import needs_x, shell, wait, x_server  # noqa: F401 - a fixture

from edge.display.panel.layout import HEIGHT, WIDTH
from edge.display.panel.palette import ALARM, PAUSED, TEXT, WARN, label_colour
from edge.recording.meter import Quality
from edge.recording.panel.draw import FACTS, PICTURE, PROMPT, SOUND, STATE, draw
from edge.recording.panel.front import line
from edge.recording.panel.shown import Shown
from edge.recording.panel.window import RecordWindow
from edge.starter_labels import STARTER

GOOD = Quality(-24.0, -9.0, False, False, 24.0, 754.0, True, False, np.full((90, 160, 3), 90, np.uint8))
SHOWN = Shown(
    quality=GOOD,
    subjects=("S01",),
    speaker="S01",
    recorded_s=1804.0,
    left_s=5400.0,
    left_gb=41.2,
    clock="09:41:07",
    prompt="The delivery is late again.",
    label="angry",
    number=7,
    count=120,
    following="Is it on?",
)


def colours(image, area):
    left, top, wide, high = area
    part = image[top : top + high, left : left + wide].reshape(-1, 3)
    return {tuple(int(one) for one in colour) for colour in np.unique(part, axis=0)}


@pytest.mark.parametrize("language", ["en", "ja"])
def test_the_panel_shows_what_is_recorded(language):
    image = draw(replace(SHOWN, language=language))
    assert image.shape == (HEIGHT, WIDTH, 3)
    assert label_colour(STARTER.index("angry")) in colours(image, PROMPT)
    assert WARN not in colours(image, SOUND) | colours(image, FACTS)
    assert (90, 90, 90) in colours(image, PICTURE)
    assert ALARM in colours(image, (0, 0, WIDTH, 50))  # the red point
    for area in (PICTURE, SOUND, PROMPT, FACTS, STATE):
        assert TEXT in colours(image, area)


@pytest.mark.parametrize(
    ("changes", "area"),
    [
        ({"quality": replace(GOOD, clipping=True)}, SOUND),
        ({"quality": replace(GOOD, snr_db=8.0)}, SOUND),
        ({"quality": replace(GOOD, level_db=-45.0)}, SOUND),
        ({"quality": replace(GOOD, silent=True)}, SOUND),
        ({"quality": replace(GOOD, face=False)}, PICTURE),
        ({"quality": replace(GOOD, face=False, dark=True)}, PICTURE),
        ({"gone": ("microphone",)}, SOUND),
        ({"gone": ("camera",)}, STATE),
        ({"left_s": 200.0}, FACTS),
        ({"left_gb": 0.2}, FACTS),
    ],
)
def test_what_is_wrong_is_told_in_the_colour_of_warnings(changes, area):
    assert WARN not in colours(draw(SHOWN), area)
    assert WARN in colours(draw(replace(SHOWN, **changes)), area)


def test_a_pause_is_seen():
    image = draw(replace(SHOWN, paused=True))
    assert PAUSED in colours(image, STATE)
    assert ALARM not in colours(image, (0, 0, WIDTH, 50))


@pytest.mark.parametrize("size", [(1280, 720), (800, 450), (1920, 1080), (900, 700)])
@pytest.mark.parametrize("words", ["x" * 200, "納品がまた遅れています。" * 16])
def test_it_is_drawn_at_any_size_with_any_sentence(size, words):
    subjects = tuple(f"S{n:02d}" for n in range(30))
    image = draw(replace(SHOWN, prompt=words, following=words, subjects=subjects, note=words), *size)
    assert image.shape == (size[1], size[0], 3)


def test_the_line_of_a_headless_recording():
    assert line(SHOWN) == (
        "0:30:04 recorded, 0:12:34 of it speech; -24 dB, speech 24 dB over the noise; face in view; "
        "1:30:00 left"
    )
    told = line(Shown("ja"))
    assert told == "収録 0:00:00（うち発話 0:00:00）、音声なし、発話なし、映像なし、残り 制限なし"


@needs_x
def test_a_real_window_shows_it_and_gives_keys(x_server, tmp_path):  # noqa: F811
    pressed = []
    with RecordWindow(pressed.append) as window:
        window.show(SHOWN)
        number = wait(lambda: shell("xdotool search --onlyvisible --name ^edge.record$"))
        shell(f"xdotool windowactivate --sync {number}")
        for key, meant in (("f", "f"), ("n", "n"), ("space", " "), ("2", "2"), ("q", "q")):
            shell(f"xdotool key {key}")
            wait(lambda meant=meant: pressed[-1:] == [meant])
        assert pressed == ["f", "n", " ", "2", "q"]
        assert not window.gone
        if shutil.which("import"):
            shell(f"import -window root {tmp_path / 'panel.png'}")
            assert (tmp_path / "panel.png").stat().st_size > 10_000
        shell("xdotool key alt+F4")
        wait(lambda: window.gone)
