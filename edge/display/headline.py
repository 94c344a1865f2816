"""The part of a panel that is read from afar: the label, or the state in place of one."""

from __future__ import annotations

from edge.display.drawing import BOLD, fitting, shape, text, text_width
from edge.display.palette import EDGE, MUTED, TEXT, WARN, label_colour
from edge.display.view import View, doubtful, sureness
from edge.items import Bytes, Reading
from edge.words import Language, word

HEADLINE = (592, 52, 672, 196)
"""Left, top, width and height (pixels)."""
SHOWN_CANDIDATES = 3
_WORDS, _ROOM = 190, 466  # where words begin in it, and how wide they may be
_LEAST = 40  # less room than this holds no word worth reading


def headline(image: Bytes, view: View, reading: Reading | None) -> None:
    """The label with its shape, in both languages; or the state, in no label's colour."""
    left, top, _, height = HEADLINE
    x, middle = left + _WORDS, (left + 98, top + height // 2)
    if reading is not None and reading.person is not None:
        words = word("person", view.look.language, number=reading.person)
        text(image, (left + 16, top + 30), words, 20, MUTED, room=_WORDS - 24)
    if reading is None or reading.label is None:
        _state_sign(image, middle, False)
        _state(image, view, reading, x, top)
    elif reading.state == "needs_check":
        _state_sign(image, middle, True)
        _check(image, view, reading, x, top)
    else:
        index = view.setup.labels.index(reading.label)
        shape(image, index, middle, 118, label_colour(index), not doubtful(reading, view.setup))
        _label(image, view, reading, x, top)


def _label(image: Bytes, view: View, reading: Reading, x: int, top: int) -> None:
    several = len(reading.candidates) > 1
    first, second, third, fourth = (80, 124, 155, 184) if several else (92, 144, 0, 177)
    sizes = (68, 60, 52, 44, 38, 32, 26)
    _both(image, (x, top + first), str(reading.label), view.look.language, sizes, _ROOM)
    _how_sure(image, view, reading, (x, top + second), 30)
    if several:
        _candidates(image, view, reading, (x, top + third))
    if reading.held:
        text(image, (x, top + fourth), word("held", view.look.language), 17, WARN, room=_ROOM)


def _check(image: Bytes, view: View, reading: Reading, x: int, top: int) -> None:
    """The call for a check, and below it what was voted."""
    language, label = view.look.language, str(reading.label)
    index = view.setup.labels.index(label)
    _both(image, (x, top + 54), "needs_check", language, (40, 34, 28), _ROOM, WARN)
    shape(image, index, (x + 15, top + 89), 28, label_colour(index), False)
    _both(image, (x + 42, top + 101), label, language, (38, 34, 30, 26, 22), _ROOM - 42)
    end = _how_sure(image, view, reading, (x, top + 136), 22) + 20
    if reading.held:
        held, room = word("held", language), x + _ROOM - end
        text(image, (end, top + 136), held, fitting(held, (17, 15, 13), room), WARN, room=room)
    if len(reading.candidates) > 1:
        _candidates(image, view, reading, (x, top + 174))


def _state(image: Bytes, view: View, reading: Reading | None, x: int, top: int) -> None:
    language, key, values = view.look.language, "waiting", {}
    if reading is not None:
        key = reading.state
    elif view.current is not None:
        key, values = "stale", {"seconds": f"{view.silent_s:.0f}"}
    words = word(key, language, **values)
    size = fitting(words, (52, 44, 38, 32, 26, 20), _ROOM, BOLD)
    text(image, (x, top + 88), words, size, TEXT, BOLD, room=_ROOM)
    text(image, (x, top + 128), word(key, _other(language), **values), 22, MUTED, room=_ROOM)


def _both(
    image: Bytes,
    at: tuple[int, int],
    key: str,
    language: Language,
    sizes: tuple[int, ...],
    room: int,
    colour: tuple[int, int, int] = TEXT,
) -> None:
    """A word in the language, then smaller in the other one if it differs there, as large as fits."""
    own, other = word(key, language), word(key, _other(language))
    other = "" if other == own else other
    size = sizes[-1]
    for size in sizes:
        wide = text_width(own, size, BOLD)
        wide += size // 3 + text_width(other, size // 2) if other else 0
        if wide <= room:
            break
    end = text(image, at, own, size, colour, BOLD, room=room) + size // 3
    left = at[0] + room - end
    if other and left >= _LEAST:
        text(image, (end, at[1]), other, max(16, size // 2), MUTED, room=left)


def _how_sure(image: Bytes, view: View, reading: Reading, at: tuple[int, int], size: int) -> int:
    """Voted probability of the label and the word for it; returns where they end (x, pixels)."""
    known = reading.probabilities
    share = "" if known is None else f"{known[view.setup.labels.index(str(reading.label))]:.0%}"
    end = text(image, at, share, size, TEXT, BOLD)
    words = word(sureness(reading, view.setup), view.look.language)
    return text(image, (end + size // 2, at[1]), words, round(0.85 * size), TEXT)


def _candidates(image: Bytes, view: View, reading: Reading, at: tuple[int, int]) -> None:
    """The labels that cannot be ruled out, with outlined shapes."""
    language, y, right = view.look.language, at[1], at[0] + _ROOM
    shown = reading.candidates[:SHOWN_CANDIDATES]
    more = f"+{len(reading.candidates) - len(shown)}" if len(reading.candidates) > len(shown) else ""
    right -= text_width(more, 18) + 14 if more else 0
    x = text(image, at, word("one_of", language, labels="").strip(), 18, MUTED) - 4
    for count, label in enumerate(shown):
        index, share = view.setup.labels.index(label), (right - x) // (len(shown) - count)
        shape(image, index, (x + 24, y - 6), 18, label_colour(index), False)
        x = text(image, (x + 40, y), word(label, language), 18, TEXT, room=share - 40)
    text(image, (x + 14, y), more, 18, MUTED)


def _other(language: Language) -> Language:
    return "en" if language == "ja" else "ja"


def _state_sign(image: Bytes, middle: tuple[int, int], asked: bool) -> None:
    """A dashed ring: no label's shape. A question mark in it asks for a check."""
    import cv2

    colour = WARN if asked else EDGE
    for turn in range(0, 360, 30):
        cv2.ellipse(image, middle, (56, 56), 0, turn, turn + 18, colour, 4, cv2.LINE_AA)
    text(image, (middle[0], middle[1] + 24), "?" if asked else "–", 68, colour, BOLD, "centre")
