"""The parts of a panel that show numbers: bars, votes, weights, timeline."""

from __future__ import annotations

from edge.display.drawing import box, shape, text
from edge.display.palette import CARD, EDGE, MUTED, TEXT, TRACK, label_colour
from edge.display.view import TIMELINE_S, Setup, View, doubtful
from edge.items import MODALITIES, Bytes, Reading
from edge.words import Language, word

BARS = (592, 260, 372, 205)
"""Left, top, width and height (pixels); so are those below."""
VOTES = (976, 260, 288, 117)
WEIGHTS = (976, 389, 288, 76)
TIMELINE = (16, 477, 1248, 195)
SHOWN_VOTES = 10
_BAR_LEFT, _BAR_WIDTH, _ROWS_HEIGHT = 136, 168, 162
_LANES_LEFT, _LANES_TOP, _LANES_WIDTH, _LANES_HEIGHT = 116, 36, 1108, 132
_GREYS = ((104, 113, 125), (150, 160, 172), (190, 198, 208))


def bars_background(image: Bytes, setup: Setup, language: Language) -> None:
    """Names, empty bars and what is usual on this site."""
    left, top, width, _ = BARS
    end = text(image, (left + 16, top + 25), word("all_labels", language), 16, MUTED)
    high, size = _row(setup)
    for index, label in enumerate(setup.labels):
        y = _bar(setup, index)
        shape(image, index, (left + 25, y), min(16, size), label_colour(index), True)
        text(image, (left + 44, y + size // 3), word(label, language), size, TEXT, room=_BAR_LEFT - 48)
        box(image, left + _BAR_LEFT, y - high // 2, _BAR_WIDTH, high, TRACK)
    if setup.prior:
        text(
            image,
            (left + width - 12, top + 25),
            word("prior", language),
            13,
            MUTED,
            align="right",
            room=left + width - 24 - end,
        )


def bars(image: Bytes, view: View, reading: Reading | None) -> None:
    """Voted probability of each label, with a mark at its prior."""
    left, _, width, _ = BARS
    high, size = _row(view.setup)
    known = reading.probabilities if reading else None
    for index in range(len(view.setup.labels)):
        y = _bar(view.setup, index)
        if known is not None:
            share = float(known[index])
            box(image, left + _BAR_LEFT, y - high // 2, round(_BAR_WIDTH * share), high, label_colour(index))
            text(image, (left + width - 14, y + size // 3), f"{share:.0%}", size - 1, TEXT, align="right")
        if view.setup.prior:
            x = left + _BAR_LEFT + round(_BAR_WIDTH * view.setup.prior[index])
            tall = round(1.4 * high)
            box(image, x - 2, y - tall // 2, 4, tall, CARD)
            box(image, x - 1, y - tall // 2, 2, tall, TEXT)


def _bar(setup: Setup, index: int) -> int:
    """Middle of a label's row (pixels)."""
    return BARS[1] + 35 + round((index + 0.5) * _ROWS_HEIGHT / len(setup.labels))


def _row(setup: Setup) -> tuple[int, int]:
    """Height of a bar, and size of what is written beside it (pixels): the more labels, the smaller."""
    step = _ROWS_HEIGHT / len(setup.labels)
    return max(2, min(14, int(0.55 * step))), max(7, min(18, int(0.85 * step)))


def votes(image: Bytes, view: View, reading: Reading | None) -> None:
    """The last readings as shapes, each over a bar of its margin; dashes: the margin that is needed."""
    left, top, width, _ = VOTES
    language, labels = view.look.language, view.setup.labels
    end = text(image, (left + 14, top + 23), word("votes", language), 16, MUTED)
    right = left + width - 12
    text(image, (right, top + 23), word("needed", language), 13, MUTED, align="right", room=right - 12 - end)
    if reading is not None and reading.label:
        numbers = {
            "votes": reading.votes,
            "lead": f"{reading.margin:.0%}",
            "delay": f"{reading.delay_ms / 1000.0:.1f}",
        }
        text(
            image,
            (left + 14, top + 105),
            word("vote_numbers", language, **numbers),
            14,
            TEXT,
            room=width - 24,
        )
    step, floor, high = (width - 28) / SHOWN_VOTES, top + 86, 28
    shown = view.readings[-SHOWN_VOTES:]
    for place, past in enumerate(shown, SHOWN_VOTES - len(shown)):
        x = round(left + 14 + (place + 0.5) * step)
        if past.label is None:
            box(image, x - 6, top + 42, 12, 2, EDGE)
            continue
        index = labels.index(past.label)
        shape(image, index, (x, top + 43), 17, label_colour(index), not doubtful(past, view.setup))
        rise = max(1, round(high * past.margin))
        box(image, x - 5, floor - rise, 10, rise, label_colour(index))
    needed = floor - round(high * view.setup.margin)
    for x in range(left + 14, right - 2, 8):
        box(image, x, needed, 4, 1, TEXT)


def weights(image: Bytes, view: View, reading: Reading | None) -> None:
    """How much of the newest window's reading rests on sound, picture and words."""
    left, top, width, _ = WEIGHTS
    language = view.look.language
    text(image, (left + 14, top + 23), word("weights", language), 16, MUTED)
    shares = dict(reading.weights) if reading is not None and reading.label else {}
    x, y, across = left + 14, top + 34, width - 28
    box(image, x, y, across, 12, TRACK)
    if not shares:
        text(image, (x, top + 65), word("nothing", language), 15, MUTED)
        return
    at, key = 0.0, x
    for name in [name for name in MODALITIES if name in shares]:
        grey = _GREYS[MODALITIES.index(name)]
        box(image, x + round(at * across), y, round(shares[name] * across) - 1, 12, grey)
        at += shares[name]
        box(image, key, top + 55, 9, 9, grey)
        key = text(image, (key + 13, top + 65), f"{word(name, language)} {shares[name]:.0%}", 14, TEXT) + 12


def timeline_background(image: Bytes, setup: Setup, language: Language) -> None:
    """A lane a label, and the seconds."""
    left, top, width, height = TIMELINE
    end = text(image, (left + 16, top + 25), word("timeline", language), 16, MUTED)
    text(
        image,
        (left + width - 24, top + 25),
        word("gap", language),
        13,
        MUTED,
        align="right",
        room=width - end,
    )
    lane = _lane(setup)
    for index, label in enumerate(setup.labels):
        y = round(top + _LANES_TOP + (index + 0.5) * lane)
        size = max(7, min(15, int(0.85 * lane)))
        shape(image, index, (left + 25, y), min(13, size), label_colour(index), True)
        text(image, (left + 42, y + size // 3), word(label, language), size, TEXT, room=_LANES_LEFT - 48)
        box(image, left + _LANES_LEFT, y, _LANES_WIDTH, 1, TRACK)
    for seconds in range(0, int(TIMELINE_S) + 1, 15):
        x = left + _LANES_LEFT + round(_LANES_WIDTH * (1 - seconds / TIMELINE_S))
        box(image, x, top + _LANES_TOP, 1, round(lane * len(setup.labels)), TRACK)
        words = word("seconds_ago", language, seconds=-seconds) if seconds else word("now", language)
        text(image, (x, top + height - 9), words, 14, MUTED, align="centre")


def timeline(image: Bytes, view: View) -> None:
    """The last minute: each reading fills its hop in its label's lane; without a reading there is a gap."""
    left, top, _, _ = TIMELINE
    lane, labels = _lane(view.setup), view.setup.labels
    scale = _LANES_WIDTH / TIMELINE_S
    for reading in view.readings:
        begin = max(0.0, TIMELINE_S - (view.now - reading.time) - view.setup.hop_s)
        end = TIMELINE_S - (view.now - reading.time)
        x = left + _LANES_LEFT + round(begin * scale)
        wide = left + _LANES_LEFT + round(end * scale) - x - 1
        if wide <= 0:
            continue
        if reading.label is None:
            box(image, x, round(top + _LANES_TOP + lane * len(labels)) - 2, wide, 3, EDGE)
            continue
        index = labels.index(reading.label)
        high, colour = max(3, round(0.64 * lane)), label_colour(index)
        y = round(top + _LANES_TOP + (index + 0.5) * lane - high / 2)
        box(image, x, y, wide, high, colour)
        if doubtful(reading, view.setup):
            rim = 2 if high > 9 else 1
            box(image, x + rim, y + rim, wide - 2 * rim, high - 2 * rim, CARD)


def _lane(setup: Setup) -> float:
    """Height of a label's lane (pixels)."""
    return _LANES_HEIGHT / len(setup.labels)
