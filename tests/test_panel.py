"""The panel: looked at pixel by pixel."""

import dataclasses
import statistics
import time
from pathlib import Path
from typing import get_args

import cv2
import numpy as np
import pytest
from panels import SETUP, board, minute, picture, read, state, view

from edge.display import charts, palette, panel
from edge.display.drawing import font, text, text_width
from edge.display.panel import HEADLINE, PICTURE, draw
from edge.display.view import Board, Look, View
from edge.errors import InputError
from edge.items import LABELS, Health, State
from edge.words import WORDS

GOLDEN = Path(__file__).parent / "golden"


def part(image, area):
    left, top, width, height = area
    return image[top : top + height, left : left + width]


def count(image, colour):
    """Pixels of exactly this colour."""
    return int((image == np.array(colour, np.uint8)).all(axis=2).sum())


@pytest.mark.parametrize("language", ["en", "ja"])
def test_it_looks_as_it_did(language, tmp_path):
    """To accept a new look: copy the file the failure names over the golden one, after looking at it."""
    shown = cv2.cvtColor(draw(view(language)), cv2.COLOR_RGB2BGR)
    cv2.imwrite(str(tmp_path / f"panel-{language}.png"), shown)
    golden = cv2.imread(str(GOLDEN / f"panel-{language}.png"))
    assert golden is not None
    different = np.abs(shown.astype(int) - golden).max(axis=2) > 40
    assert different.mean() < 0.002, tmp_path


def test_a_panel_is_a_picture_and_the_same_view_gives_the_same():
    shown = view()
    image = draw(shown)
    assert image.shape == (720, 1280, 3)
    assert image.dtype == np.uint8
    assert (image == draw(shown)).all()


def test_japanese_is_really_drawn():
    def drawn(words):
        image = np.zeros((40, 40, 3), np.uint8)
        text(image, (4, 32), words, 28, (255, 255, 255))
        return image

    characters = {
        letter for _, ja in WORDS.values() for letter in ja if ord(letter) > 0x3000 and letter != "　"
    }
    assert len(characters) > 100
    unknown = drawn("\U0010fffd")  # no font has it
    drawings = {drawn(letter).tobytes() for letter in characters}
    assert len(drawings) == len(characters)  # boxes for missing glyphs would all be the same
    assert unknown.tobytes() not in drawings
    assert drawn("?").tobytes() not in drawings
    assert all(count(drawn(letter), (0, 0, 0)) < 1600 for letter in characters)


def test_every_label_has_a_colour_and_a_shape_of_its_own():
    seen = {}
    for index, label in enumerate(LABELS):
        headline = part(draw(view(readings=[read(60, label)])), HEADLINE)
        colour = palette.label_colour(index)
        seen[label] = (headline[:, :190] == np.array(colour, np.uint8)).all(axis=2)
        assert seen[label].sum() > 3000
    shapes = list(seen.values())
    for index, one in enumerate(shapes):
        for other in shapes[index + 1 :]:
            assert (one != other).sum() > 0.1 * one.sum()


@pytest.mark.parametrize("name", sorted(set(get_args(State)) - {"reading", "needs_check"}))
def test_a_state_has_no_colour_of_a_label(name):
    shown = view(readings=[*minute()[:-1], state(60, name)])
    headline = part(draw(shown), HEADLINE)
    assert all(count(headline, palette.label_colour(index)) == 0 for index in range(len(LABELS)))
    assert count(headline, palette.TEXT) > 300  # its words
    bars = part(draw(shown), charts.BARS)[:, charts._BAR_LEFT :]
    assert all(count(bars, palette.label_colour(index)) == 0 for index in range(len(LABELS)))


def test_a_doubtful_reading_is_headed_as_such_with_outlined_candidates():
    doubtful = read(60, "sad", 0.4, state="needs_check", candidates=("sad", "worried"))
    headline = part(draw(view(readings=[doubtful])), HEADLINE)
    assert count(headline, palette.WARN) > 1000
    for label in ("sad", "worried"):
        assert 10 < count(headline, palette.label_colour(LABELS.index(label))) < 200


def test_a_reading_that_grew_old_is_not_the_present_one():
    fresh, old = (draw(view(now=60.0 + late)) for late in (panel.STALE_S - 0.1, panel.STALE_S + 0.1))
    happy = palette.label_colour(LABELS.index("happy"))
    assert count(part(fresh, HEADLINE), happy) > 3000
    assert count(part(old, HEADLINE), happy) == 0


def test_the_timeline_has_gaps_where_nothing_was_read():
    lanes = part(draw(view()), charts.TIMELINE)

    def filled(label, begin, end):
        left, wide = charts._LANES_LEFT, charts._LANES_WIDTH / 60
        return count(
            lanes[:, left + round(begin * wide) : left + round(end * wide)],
            palette.label_colour(LABELS.index(label)),
        )

    assert filled("neutral", 0, 19) > 3000
    assert filled("happy", 39, 60) > 3000
    assert not any(filled(label, 29, 38) for label in LABELS)
    assert not any(filled(label, 19, 24) for label in LABELS)
    assert 0 < filled("sad", 24, 29) < filled("happy", 45, 50) / 2  # outlines


def test_privacy_shows_no_pixel_of_the_picture():
    frame, faces = picture()
    noise = np.random.default_rng(1).integers(0, 255, frame.image.shape, np.uint8)
    other = dataclasses.replace(frame, image=noise)
    assert (draw(view(privacy=True)) == draw(view(privacy=True, seen=(other, faces)))).all()
    assert (draw(view()) != draw(view(seen=(other, faces)))).any()
    with_face, without = (part(draw(view(privacy=True, seen=(frame, f))), PICTURE) for f in (faces, {}))
    assert count(with_face, palette.NOBODY) > 5000
    assert count(without, palette.NOBODY) == 0


def test_any_picture_and_face_fit():
    face = picture()[1][None]
    for high, wide in ((1, 1), (1080, 1920), (640, 360), (90, 900)):
        frame = dataclasses.replace(picture()[0], image=np.full((high, wide, 3), 99, np.uint8))
        for at in (face, dataclasses.replace(face, left=-50.0, top=-80.0, width=5000.0)):
            where = {None: at, 7: at}
            assert draw(view(seen=(frame, where))).shape == (720, 1280, 3)
            assert draw(view(seen=(frame, where), privacy=True)).shape == (720, 1280, 3)


def test_devices_warn():
    fine = (
        Health("microphone", "running", "", 0.0, 16000.0, -30.0),
        Health("camera", "running", "", 0.0, 15.0),
    )
    area = (PICTURE[0], 379, PICTURE[2], 86)
    assert count(part(draw(view(devices=fine)), area), palette.WARN) == 0
    for bad in (
        dataclasses.replace(fine[0], warning="silent", level_db=-90.0),
        dataclasses.replace(fine[0], warning="clipping", level_db=-1.0),
        Health("microphone", "gone"),
    ):
        assert count(part(draw(view(devices=(bad, fine[1]))), area), palette.WARN) > 60


def test_offset_and_temperature_are_shown_when_given():
    plain = view()
    for given in ({"offset_ms": -12.0}, {"celsius": 61.0}):
        assert (draw(dataclasses.replace(plain, **given))[:45] != draw(plain)[:45]).any()


def test_nothing_yet_and_a_bundle_of_other_labels():
    assert draw(View()).any()
    setup = dataclasses.replace(SETUP, labels=("calm", "stressed"), prior=(0.5, 0.5))
    half = np.array([0.4, 0.6], np.float32)
    reading = dataclasses.replace(read(60), label="stressed", probabilities=half, candidates=("stressed",))
    shown = board([reading], setup=setup).view(Look("ja"))
    assert count(part(draw(shown), HEADLINE), palette.label_colour(1)) > 3000


def test_all_text_can_be_read():
    assert all(palette.contrast(*pair) >= 4.5 for pair in palette.TEXT_ON)
    assert palette.contrast((255, 255, 255), (0, 0, 0)) == pytest.approx(21.0)
    colours = [palette.label_colour(index) for index in range(8)]
    assert all(palette.contrast(colour, palette.CARD) >= 3.0 for colour in colours)  # shapes: WCAG 1.4.11


@pytest.mark.parametrize("language", ["en", "ja"])
def test_text_stays_in_its_room(language):
    image = np.zeros((40, 400, 3), np.uint8)
    end = text(image, (0, 30), "a very long name " * 9, 18, (255, 255, 255), room=200)
    assert end <= 200
    assert not image[:, 203:].any()
    long = dataclasses.replace(SETUP, bundle="x" * 200, purpose="目的" * 100)
    shown = draw(board(setup=long).view(Look(language)))
    assert not (shown[684:, -20:] != palette.BANNER).any()
    assert text_width("平静", 68) > 2 * text_width("平静", 28)


def test_opencv_4_is_refused_in_one_line(monkeypatch):
    font.cache_clear()
    monkeypatch.delattr(cv2, "FontFace")
    with pytest.raises(InputError, match=r"cannot write Japanese; run: pip install 'opencv-python>=5'"):
        font()
    font.cache_clear()


def test_a_board_forgets_and_begins_anew():
    made = Board(SETUP)
    for second in range(1, 100):
        made.write(read(second))
    assert len(made.view(Look()).readings) == 61
    made.see(*picture(100.0))
    made.write(read(1.0))  # the next recording
    shown = made.view(Look())
    assert [reading.time for reading in shown.readings] == [1.0]
    assert shown.frame is None


def test_a_panel_costs_little():
    shown = view("ja")
    draw(shown)
    spent = []
    for _ in range(30):
        began = time.thread_time()
        draw(shown)
        spent.append(time.thread_time() - began)
    assert 1000 * statistics.median(spent) < 16  # measured: 3 ms on a workstation core
