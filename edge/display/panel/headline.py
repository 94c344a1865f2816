"""The part of a panel that is read from afar: the label, or the state in place of one."""

from __future__ import annotations

from dataclasses import dataclass

from edge.display.panel.charset import legible
from edge.display.panel.drawing import BOLD, Canvas, fitting, shape, text, text_width
from edge.display.panel.layout import FULL, Area
from edge.display.panel.palette import EDGE, MUTED, TEXT, WARN, Colour, label_colour
from edge.display.view import View, doubtful, sureness
from edge.items import Reading
from edge.words import Language, word

SHOWN_CANDIDATES = 3
_LEAST = 40  # less room than this (units) holds no word worth reading


@dataclass(frozen=True, slots=True)
class _Place:
    """Where things are in an area (units)."""

    area: Area
    x: float
    """Where words begin."""
    room: float
    """How wide they may be."""
    middle: tuple[float, float]
    """Of the sign."""

    @staticmethod
    def of(area: Area) -> _Place:
        left, top, width, height = area
        words = round(0.283 * width)
        return _Place(area, left + words, width - words - 16, (left + 0.52 * words, top + height / 2))

    def y(self, at: float) -> float:
        """A baseline of the full layout, in this area."""
        return self.area[1] + at * self.area[3] / FULL.headline[3]


def headline(canvas: Canvas, view: View, reading: Reading | None, area: Area) -> None:
    """The label with its shape, in both languages; or the state, in no label's colour."""
    place = _Place.of(area)
    sign = 0.62 * (place.x - area[0])
    if reading is not None and reading.person is not None:
        words = word("person", view.look.language, number=reading.person)
        text(canvas, (area[0] + 16, area[1] + 30), words, 20, MUTED, room=place.x - area[0] - 24)
    if reading is None or reading.label is None:
        _state_sign(canvas, place.middle, sign, False)
        _state(canvas, view, reading, place)
    elif reading.state == "needs_check":
        _state_sign(canvas, place.middle, sign, True)
        _check(canvas, view, reading, place)
    else:
        index = view.setup.labels.index(reading.label)
        filled = not doubtful(reading, view.setup)
        shape(canvas, index, place.middle, sign, label_colour(index), filled)
        _label(canvas, view, reading, place)


def _label(canvas: Canvas, view: View, reading: Reading, place: _Place) -> None:
    several = len(reading.candidates) > 1
    first, second, third, fourth = (76, 117, 148, 178) if several else (88, 134, 0, 170)
    sizes = (68, 60, 52, 44, 38, 32, 26, 22, 18)
    language = view.look.language
    both = view.setup.labels.both(str(reading.label), language)
    _both(canvas, (place.x, place.y(first)), both, sizes, place.room)
    _how_sure(canvas, view, reading, (place.x, place.y(second)), (30, 26, 22, 18, 16), place.room)
    if several:
        _candidates(canvas, view, reading, (place.x, place.y(third)), place.room)
    _lag(canvas, view, reading, (place.x, place.y(fourth)), place.room)


def _check(canvas: Canvas, view: View, reading: Reading, place: _Place) -> None:
    """The call for a check, and below it what was voted."""
    language, label, x, room = view.look.language, str(reading.label), place.x, place.room
    index = view.setup.labels.index(label)
    call = word("needs_check", language), word("needs_check", _other(language))
    _both(canvas, (x, place.y(48)), call, (40, 34, 28), room, WARN)
    shape(canvas, index, (x + 15, place.y(82)), 28, label_colour(index), False)
    both = view.setup.labels.both(label, language)
    _both(canvas, (x + 42, place.y(93)), both, (36, 34, 30, 26, 22, 19, 16), room - 42)
    _how_sure(canvas, view, reading, (x, place.y(124)), (22, 20, 18, 16), room)
    _lag(canvas, view, reading, (x, place.y(150)), room)
    if len(reading.candidates) > 1:
        _candidates(canvas, view, reading, (x, place.y(178)), room)


def _state(canvas: Canvas, view: View, reading: Reading | None, place: _Place) -> None:
    language, key, values = view.look.language, "waiting", {}
    if reading is not None:
        key = reading.state
    elif view.current is not None:
        key, values = "stale", {"seconds": f"{view.silent_s:.0f}"}
    words, other = word(key, language, **values), legible(word(key, _other(language), **values))
    size = fitting(canvas, words, (52, 44, 38, 32, 26, 20, 17), place.room, BOLD)
    text(canvas, (place.x, place.y(88)), words, size, TEXT, BOLD, room=place.room)
    size = fitting(canvas, other, (22, 18, 15), place.room)
    text(canvas, (place.x, place.y(128)), other, size, MUTED, room=place.room)


def _both(
    canvas: Canvas,
    at: tuple[float, float],
    both: tuple[str, str],
    sizes: tuple[int, ...],
    room: float,
    colour: Colour = TEXT,
) -> None:
    """A word in the panel's language, then smaller in the other one if it differs, as large as fits."""
    own, other = both
    other = "" if other == own else legible(other)
    size = sizes[-1]
    for size in sizes:
        wide = text_width(canvas, own, size, BOLD)
        wide += size // 3 + text_width(canvas, other, size // 2) if other else 0
        if wide <= room:
            break
    end = text(canvas, at, own, size, colour, BOLD, room=room) + size // 3
    left = at[0] + room - end
    if other and left >= _LEAST:
        text(canvas, (end, at[1]), other, max(16, size // 2), MUTED, room=left)


def _how_sure(
    canvas: Canvas,
    view: View,
    reading: Reading,
    at: tuple[float, float],
    sizes: tuple[int, ...],
    room: float,
) -> None:
    """Voted probability of the label and the words for it, as large as fits."""
    known = reading.probabilities
    share = "" if known is None else f"{known[view.setup.labels.index(str(reading.label))]:.0%}"
    words = word(sureness(reading, view.setup), view.look.language)
    size = sizes[-1]
    for size in sizes:
        wide = text_width(canvas, share, size, BOLD) + size // 2
        if wide + text_width(canvas, words, round(0.85 * size)) <= room:
            break
    x = text(canvas, at, share, size, TEXT, BOLD) + size // 2
    text(canvas, (x, at[1]), words, round(0.85 * size), TEXT, room=at[0] + room - x)


def _lag(canvas: Canvas, view: View, reading: Reading, at: tuple[float, float], room: float) -> None:
    """How old what the label rests on is, and whether another one leads by now."""
    language, age = view.look.language, view.age_s
    words = "" if age is None else word("as_of", language, seconds=f"{max(1.0, age):.0f}")
    if not reading.held:
        size = fitting(canvas, words, (18, 16, 14), room)
        text(canvas, at, words, size, MUTED, room=room)
        return
    held, x = word("held", language), at[0]
    size = fitting(canvas, f"{words}   {held}", (17, 15, 13), room)
    if text_width(canvas, f"{words}   {held}", size) <= room:  # else the more telling one stays
        x = text(canvas, at, words, size, MUTED) + size
    room = at[0] + room - x
    text(canvas, (x, at[1]), held, fitting(canvas, held, (size, 12, 11), room), WARN, room=room)


def _candidates(canvas: Canvas, view: View, reading: Reading, at: tuple[float, float], room: float) -> None:
    """The labels that cannot be ruled out, with outlined shapes: as many as there is room for."""
    language, y = view.look.language, at[1]
    head, names = word("one_of", language, labels="").strip(), reading.candidates
    labels = view.setup.labels
    size = 18 if room > 400 else 15
    left = room - text_width(canvas, head, size) - 2.2 * size
    count = SHOWN_CANDIDATES
    while count > 1 and left < sum(
        text_width(canvas, labels.said(name, language), size) + 2.3 * size for name in names[:count]
    ):
        count -= 1
    x = text(canvas, at, head, size, MUTED) - 4
    for label in names[:count]:
        index = labels.index(label)
        shape(canvas, index, (x + 1.3 * size, y - size / 3), size, label_colour(index), False)
        room = at[0] + left - x + size
        x = text(canvas, (x + 2.2 * size, y), labels.said(label, language), size, TEXT, room=room)
    more = f"+{len(names) - count}" if len(names) > count else ""
    text(canvas, (x + 0.8 * size, y), more, size, MUTED)


def _other(language: Language) -> Language:
    return "en" if language == "ja" else "ja"


def _state_sign(canvas: Canvas, middle: tuple[float, float], size: float, asked: bool) -> None:
    """A dashed ring: no label's shape. A question mark in it asks for a check."""
    import cv2

    colour, radius = WARN if asked else EDGE, round(0.475 * size * canvas.scale)
    centre, thick = (canvas.x(middle[0]), canvas.y(middle[1])), max(2, round(4 * canvas.scale))
    for turn in range(0, 360, 30):
        cv2.ellipse(canvas.image, centre, (radius, radius), 0, turn, turn + 18, colour, thick, cv2.LINE_AA)
    at = (middle[0], middle[1] + 0.2 * size)
    text(canvas, at, "?" if asked else "–", 0.58 * size, colour, BOLD, "centre")
