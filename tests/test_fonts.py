"""The panel where OpenCV has no Japanese, as on a Jetson: with a font of the system, and with none."""

from pathlib import Path

import numpy as np
import pytest
from panels import minute, view

from edge.config import Site
from edge.display.display import Display
from edge.display.panel import charset, drawing, fonts, panel
from edge.display.panel.charset import drawn_language, legible
from edge.display.panel.drawing import Canvas, text, text_width
from edge.display.panel.panel import draw
from edge.display.view import Setup, ViewOptions
from edge.display.window.window import PanelWindow
from edge.replay import replay
from edge.sinks.files.jsonl import JsonLines
from edge.starter_labels import STARTER
from edge.words import word

HERE = [path for path in fonts.FILES if Path(path).is_file()]


@pytest.fixture
def fresh():
    """What is remembered of letters is forgotten before and after."""

    remembering = [
        *(fonts.japanese, fonts._from_system, charset._stand_in, charset.drawable, charset.undrawable),
        *(drawing._reach, drawing._cut, panel._background),
    ]

    def forget():
        for one in remembering:
            one.cache_clear()

    forget()
    yield
    forget()


@pytest.fixture
def no_japanese(fresh, monkeypatch):
    """Neither OpenCV nor the system has Japanese."""
    monkeypatch.setattr(charset, "_is_drawn", str.isascii)


@pytest.fixture(
    params=HERE or [pytest.param("", marks=pytest.mark.skip(reason="no Japanese font is installed"))]
)
def of_system(request, fresh, monkeypatch):
    """OpenCV has no Japanese, the system has."""
    has = fonts._has
    built_in = fonts.built_in()
    monkeypatch.setattr(fonts, "FILES", ("/nonexistent.ttf", __file__, request.param))
    monkeypatch.setattr(
        fonts, "_has", lambda face, letter: letter.isascii() if face is built_in else has(face, letter)
    )
    return request.param


def drawn(words, size=28):
    image = np.zeros((60, 400, 3), np.uint8)
    end = text(Canvas(image), (4, 40), words, size, (255, 255, 255), weight=600)
    assert end == 4 + text_width(Canvas(image), words, size, 600)
    return image


def test_japanese_comes_from_the_system_and_the_rest_from_opencv(of_system):
    found = fonts.japanese()
    assert found
    assert found[0].getName() == of_system
    assert drawn_language("ja") == "ja"
    assert legible("要確認") == "要確認"
    parts = fonts._parts("ライン3 Line ok", 20)
    assert [part for part, _, _ in parts] == ["ライン", "3 Line ok"]
    assert parts[1][1:] == (fonts.built_in(), 20)
    # As wide as built in, whatever the font: layouts are made for it.
    for size in (10, 14, 28, 68):
        assert fonts.reach("国" * 10, size, 400) == pytest.approx(10.5 * size, rel=0.06)


def test_words_of_two_fonts_are_written_one_after_the_other(of_system):
    image = drawn("声 voice 声")
    columns = np.flatnonzero(image.any(axis=(0, 2)))
    assert columns.max() < 4 + text_width(Canvas(image), "声 voice 声", 28, 600)
    alone = drawn("声")
    assert (image[:, :28] == alone[:, :28]).all()
    assert not (drawn("声") == drawn("音")).all()


def test_a_panel_is_drawn_with_it(of_system):
    ours = draw(view("ja"))
    fonts._from_system.cache_clear()
    assert (ours != draw(view("en"))).any()


def test_without_a_font_the_panel_is_in_english_and_one_line_says_so(
    no_japanese, tiny_bundle, monkeypatch, tmp_path
):
    said = []
    display = Display(Site(display={"language": "ja"}), tiny_bundle.manifest, said.append)
    monkeypatch.setattr("edge.display.display.has_screen", lambda: True)
    looks = []

    class NoScreen:
        ended = False

        def __init__(self, setup, look, *_, **__):
            looks.append(look)

        def __enter__(self):
            return self

        def __exit__(self, *_):
            pass

    monkeypatch.setattr("edge.display.display.Screen", NoScreen)
    with display:
        pass
    assert [look.language for look in looks] == ["en"]
    assert said == [word("no_japanese_font", "ja")]
    assert "fonts-vlgothic" in said[0]


def test_without_a_font_no_second_language_is_shown(no_japanese):
    assert drawn_language("ja") == "en"
    assert legible("要確認") == ""
    assert draw(view("en")).any()


def test_without_a_font_the_key_says_why_the_language_stays(no_japanese):
    window = PanelWindow(Setup(), ViewOptions("en"), False)
    window.press("l")
    assert window.look.language == "en"
    assert window._state.view(window.look).note.key == "no_japanese_font"


def test_without_a_font_a_replay_is_saved_in_english(no_japanese, tmp_path):
    past, said = tmp_path / "readings.jsonl", []
    with JsonLines(past, STARTER) as sink:
        for reading in minute():
            sink.write(reading)
    replay(past, Site(display={"language": "ja"}), tmp_path / "panel.png", None, said.append)
    assert said == [word("no_japanese_font", "ja")]
    assert (tmp_path / "panel.png").stat().st_size > 10_000
