"""One reading as a picture: a pure function from a View to RGB uint8 [height, width, 3]."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from edge.display.judging import verdict_strip
from edge.display.panel import charts
from edge.display.panel.charset import legible
from edge.display.panel.devices import devices
from edge.display.panel.drawing import BOLD, Canvas, box, card, fitting, text, text_width, wrapped
from edge.display.panel.headline import headline
from edge.display.panel.layout import HEIGHT, WIDTH, Layout, layout_for
from edge.display.panel.palette import ALARM, BACK, BANNER, CARD, MUTED, PAUSED, TEXT, WARN
from edge.display.panel.picture import drifted, picture
from edge.display.view import Setup, View, offset_words
from edge.items import Bytes
from edge.words import Language, word

_BUNDLE = (96, 300)  # where the bundle's name begins, and how wide it may be (units)


def draw(view: View, width: int = WIDTH, height: int = HEIGHT) -> Bytes:
    """The panel of a view, RGB uint8 [height, width, 3]. Raises InputError where OpenCV has no fonts."""
    layout, scale = layout_for(width, height)
    image: Bytes = _background(view.setup, view.look.language, width, height).copy()
    canvas, reading = _canvas(image, layout, scale), view.present
    _header(canvas, view, layout)
    picture(canvas, view, layout.picture)
    drifted(canvas, view, layout.picture)
    devices(canvas, view, layout)
    headline(canvas, view, reading, layout.headline)
    _alarm(canvas, view, layout)
    charts.bars(canvas, view, reading, layout)
    if layout.votes:
        charts.votes(canvas, view, reading, layout.votes)
    if layout.weights:
        charts.weights(canvas, view, reading, layout.weights)
    charts.timeline(canvas, view, layout)
    if view.look.paused:
        _pause(canvas, view, layout)
    verdict_strip(canvas, view, reading, layout)  # last: what a person says of a picture that stands still
    return image


def at_units(x: float, y: float, width: int, height: int) -> tuple[float, float, Layout]:
    """A point of a panel of a size (pixels) in units of its layout."""
    layout, scale = layout_for(width, height)
    canvas = _canvas(np.empty((height, width, 3), np.uint8), layout, scale)
    return (x - canvas.left) / scale, (y - canvas.top) / scale, layout


def _canvas(image: Bytes, layout: Layout, scale: float) -> Canvas:
    high, wide = image.shape[:2]
    return Canvas(image, scale, (wide - scale * layout.width) / 2, (high - scale * layout.height) / 2)


@lru_cache(maxsize=4)
def _background(setup: Setup, language: Language, width: int, height: int) -> Bytes:
    """What does not change from panel to panel. Do not draw on it."""
    image = np.empty((height, width, 3), np.uint8)
    image[:] = BACK
    layout, scale = layout_for(width, height)
    canvas = _canvas(image, layout, scale)
    for area in layout.cards:
        card(canvas, *area, CARD)
    box(canvas, *layout.picture, CARD)
    text(canvas, (layout.picture[0], 34 - 10 * layout.small), "edge", 26 - 6 * layout.small, TEXT, BOLD)
    charts.bars_background(canvas, setup, language, layout)
    charts.timeline_background(canvas, setup, language, layout)
    _banner(canvas, setup, language, layout)
    return image


def _banner(canvas: Canvas, setup: Setup, language: Language, layout: Layout) -> None:
    left, top, width, height = layout.banner
    box(canvas, left, top, width, height, BANNER)
    words, keys = setup.purpose or word("purpose", language), word("keys", language)
    edge = layout.picture[0]
    if layout.small:
        room = width - 2 * edge
        size = fitting(canvas, words, (16, 15, 14, 13, 12), room)
        lines = wrapped(canvas, words, size, room, 2)
        text(canvas, (edge, top + 15), lines[0], size, TEXT, room=room)
        below, size = (lines[1], 12) if len(lines) > 1 else (keys, fitting(canvas, keys, (13, 12, 11), room))
        text(canvas, (edge, top + 31), below, size, TEXT, room=room)
        return
    room = width - 3 * edge - text_width(canvas, keys, 14) - 16
    size = fitting(canvas, words, (17, 16, 15, 14, 13), room)
    lines = wrapped(canvas, words, size, room, 2)
    for line, y in zip(lines, (24,) if len(lines) == 1 else (16, 31), strict=True):
        text(canvas, (edge + 8, top + y), line, size, TEXT, room=room)
    text(canvas, (width - edge - 8, top + 24), keys, 14, TEXT, align="right")


def _header(canvas: Canvas, view: View, layout: Layout) -> None:
    """Bundle, source, rates and the clock; and whether what is shown is the present."""
    language, edge, small = view.look.language, layout.picture[0], layout.small
    y, size = (24, 15) if small else (33, 18)
    x = layout.width - edge
    if view.clock:
        x = x - text_width(canvas, view.clock, size + 4, BOLD)
        text(canvas, (x, y), view.clock, size + 4, TEXT, BOLD)
        x -= 20
        if view.wall is None:
            x -= text_width(canvas, word("recording_time", language), size - 3) - 12
            text(canvas, (x, y), word("recording_time", language), size - 3, MUTED)
            x -= 20
    camera = next((health for health in view.healths if health.name == "camera"), None)
    facts = [word("frame_rate", language, rate=f"{camera.rate:.0f}")] if camera else []
    facts += [offset_words(view.offset_ms, language)] if view.offset_ms is not None else []
    facts += [f"{view.celsius:.0f} °C"] if view.celsius is not None else []
    for fact in reversed(facts if not small else facts[2:]):
        x -= text_width(canvas, fact, 18)
        text(canvas, (x, y), fact, 18, MUTED)
        x -= 28
    end = edge + 80 - 20 * small
    if view.setup.bundle:
        end = text(canvas, (end, y), view.setup.bundle, size, MUTED, room=_BUNDLE[1] - 160 * small)
    if view.look.paused or view.ended:
        words = word("display_paused" if view.look.paused else "ended", language)
        end = text(canvas, (end + 28, y), words, size, WARN, room=max(0, x - end - 28))
    if view.source and x - end > 90:
        text(canvas, (x, y), view.source, size, MUTED, align="right", room=x - end - 28)


def _alarm(canvas: Canvas, view: View, layout: Layout) -> None:
    """A band across the top of the picture while an alarm of anybody shown is up, in both languages."""
    present = [*view.others.values(), *([view.present] if view.present else [])]
    if not any(reading.alarm for reading in present):
        return
    x, y, wide, high = layout.picture
    band = 0.12 * high
    box(canvas, x, y, wide, band, ALARM)
    language = view.look.language
    other = legible(word("alarm_up", "en" if language == "ja" else "ja"))
    both = f"! {word('alarm_up', language)}   {other}".rstrip()
    size = fitting(canvas, both, (30, 26, 22, 19, 16, 14, 12), wide - 24, BOLD)
    at = (x + wide / 2, y + band / 2 + 0.36 * size)
    text(canvas, at, both, size, TEXT, BOLD, "centre", wide - 24)


def _pause(canvas: Canvas, view: View, layout: Layout) -> None:
    """Grey all but the banner, and say why across the picture: what is shown is not the present."""
    import cv2

    shown = canvas.image[: canvas.y(layout.banner[1])]
    grey = cv2.cvtColor(shown, cv2.COLOR_RGB2GRAY)
    shown[:] = (grey // 2 + 8)[..., None]
    x, y, wide, high = layout.picture
    box(canvas, x, y + 0.3 * high, wide, 0.4 * high, PAUSED)
    for key, at, sizes in (("paused_big", 0.54, (64, 52, 40, 32)), ("paused_how", 0.65, (20, 17, 15, 13))):
        words, weight = word(key, view.look.language), BOLD if key == "paused_big" else 400
        size = fitting(canvas, words, sizes, wide - 24, weight)
        text(canvas, (x + wide / 2, y + at * high), words, size, BACK, weight, "centre", wide - 24)
