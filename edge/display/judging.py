"""Verdicts of a person on the reading that is shown: their keys, and the places to click."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from edge.display.panel.drawing import Canvas, box, fitting, rim, text, text_width
from edge.display.panel.layout import Area, Layout, inside
from edge.display.panel.palette import BACK, EDGE, MUTED, TEXT, TRACK, WARN
from edge.display.view import Note, Setup, View
from edge.items import Reading
from edge.words import Language, word

CONFIRM, CANNOT_TELL, UNDO = "c", "0", "u"
LABEL_KEYS = "123456789abdeghijkmno"
"""Of the labels by their place in the bundle's list; none of them is another key's."""
_BUTTONS = {CONFIRM: "confirm", CANNOT_TELL: "cannot_tell", UNDO: "undo"}
_SHARE = 0.178  # of the strip's width that a button takes
_GAP = 8
REPEAT_S = 0.7
"""A key that comes again sooner is held down (seconds)."""
KEYCAP = 18
"""Side of a label's key cap (units)."""


def label_of(key: str, setup: Setup) -> str | None:
    """The label a key stands for; None for any other key."""
    place = LABEL_KEYS.find(key) if key else -1
    return setup.labels[place] if 0 <= place < len(setup.labels) else None


def label_key(index: int) -> str:
    """The key of a label by its place; empty where there are no more keys."""
    return LABEL_KEYS[index] if index < len(LABEL_KEYS) else ""


@dataclass(frozen=True, slots=True)
class VerdictRequest:
    """What a person asks of edge/display/verdicts.py: `judge` or `undo`."""

    name: str
    values: tuple[Any, ...] = ()
    """Of `judge`: source, time and person of the reading, and a label; None where a person cannot tell."""


def request_of(key: str, view: View) -> VerdictRequest | Note | None:
    """What a key asks for, a note where it cannot be done; None for other keys and without a live panel."""
    setup, reading = view.setup, view.present
    label = label_of(key, setup)
    if setup.queue is None or not (label or key in _BUTTONS):
        return None
    if not setup.queue:
        return Note("no_queue", wrong=True)
    if key == UNDO:
        return VerdictRequest("undo")
    if reading is None or reading.label is None:
        return Note("verdict_nothing", wrong=True)
    label = reading.label if key == CONFIRM else label
    return VerdictRequest("judge", (reading.source, reading.time, reading.person, label))


class Held:
    """Tells a key that is held down, which repeats, from one pressed anew."""

    def __init__(self) -> None:
        self._last = ("", 0.0)

    def down(self, key: str) -> bool:
        """Take a press; whether it only repeats the one before."""
        before, self._last = self._last, (key, time.monotonic())
        return before[0] == key and self._last[1] - before[1] < REPEAT_S


def rows(layout: Layout, setup: Setup) -> tuple[float, float]:
    """Top of the first label's row and height of each (units)."""
    _, top, _, height = layout.bars
    count = len(setup.labels)
    head = 36 if (height - 43) / count >= 11 else 6
    return top + head, (height - head - 7) / count


def place_of(key: str, layout: Layout) -> Area:
    """Where the button of a key is (units)."""
    left, top, width, height = layout.verdict
    wide = (_SHARE if not layout.small else 0.27) * width
    index = list(_BUTTONS).index(key)
    x = left + index * (wide + _GAP) if key != UNDO else left + width - wide
    return x, top, wide, height


def key_at(x: float, y: float, layout: Layout, setup: Setup) -> str:
    """The key that stands where a person clicked (units); empty elsewhere."""
    for key in _BUTTONS:
        if inside(place_of(key, layout), x, y):
            return key
    left, _, width, _ = layout.bars
    top, high = rows(layout, setup)
    index = int((y - top) // high)
    if left <= x < left + width and 0 <= index < len(setup.labels):
        return label_key(index)
    return ""


def verdict_strip(canvas: Canvas, view: View, reading: Reading | None, layout: Layout) -> None:
    """Buttons to judge the reading that is shown, and what became of it; without a queue, how to set one."""
    setup, language = view.setup, view.look.language
    left, top, width, height = layout.verdict
    baseline = top + 0.68 * height
    if not setup.queue:
        asked = view.note is not None or (reading is not None and reading.state == "needs_check")
        if setup.queue is False and asked:
            words = word("no_queue", language)
            size = fitting(canvas, words, (16, 15, 14, 13, 12, 11), width)
            text(canvas, (left, baseline), words, size, WARN, room=width)
        return
    x = left
    if view.note is not None and layout.small:
        _note(canvas, view, language, (x, baseline), place_of(UNDO, layout)[0] - x - _GAP)
    else:
        for key in (CONFIRM, CANNOT_TELL):
            x = _button(canvas, key, layout, language) + _GAP
        room = place_of(UNDO, layout)[0] - x - _GAP
        if view.note is not None:
            _note(canvas, view, language, (x, baseline), room)
        elif not layout.small:
            words = word("correct_how", language)
            size = fitting(canvas, words, (15, 14, 13, 12), room)
            text(canvas, (x, baseline), words, size, MUTED, room=room)
    _button(canvas, UNDO, layout, language)


def keycap(canvas: Canvas, key: str, middle: tuple[float, float], size: float) -> None:
    """A key, to press or to click."""
    box(canvas, middle[0] - size / 2, middle[1] - size / 2, size, size, BACK)
    rim(canvas, middle[0] - size / 2, middle[1] - size / 2, size, size, EDGE)
    text(canvas, (middle[0], middle[1] + 0.3 * size), key, 0.8 * size, TEXT, align="centre")


def _note(canvas: Canvas, view: View, language: Language, at: tuple[float, float], room: float) -> None:
    assert view.note
    words = view.note.told(language, view.setup.labels)
    size = fitting(canvas, words, (17, 16, 15, 14, 13, 12, 11), room)
    text(canvas, at, words, size, WARN if view.note.wrong else TEXT, room=room)


def _button(canvas: Canvas, key: str, layout: Layout, language: Language) -> float:
    """A button with its key; returns where it ends (x, units)."""
    left, top, width, height = place_of(key, layout)
    box(canvas, left, top, width, height, TRACK)
    rim(canvas, left, top, width, height, EDGE)
    middle = top + height / 2
    keycap(canvas, key, (left + 16, middle), KEYCAP)
    words, room = word(_BUTTONS[key], language), width - 34
    size = fitting(canvas, words, (16, 15, 14, 13, 12, 11), room)
    wide = min(room, text_width(canvas, words, size))
    text(canvas, (left + 30 + (room - wide) / 2, middle + 0.36 * size), words, size, TEXT, room=room)
    return left + width
