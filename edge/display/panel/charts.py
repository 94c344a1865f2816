"""The parts of a panel that show numbers: bars, votes, weights, timeline."""

from __future__ import annotations

from edge.display.judging import KEYCAP, keycap, label_key, rows
from edge.display.panel.drawing import Canvas, box, fitting, shape, text
from edge.display.panel.layout import Area, Layout
from edge.display.panel.palette import CARD, EDGE, MUTED, TEXT, TRACK, label_colour
from edge.display.view import TIMELINE_S, Setup, View, doubtful
from edge.items import MODALITIES, Reading
from edge.words import Language, word

SHOWN_VOTES = 10
_PERCENT = 58  # width of the numbers beside the bars, and of names in the timeline (units)
_NAMES, _LANES_TOP = 116, 36
_GREYS = ((104, 113, 125), (150, 160, 172), (190, 198, 208))


def bar_area(layout: Layout) -> tuple[float, float]:
    """Where the bars of the labels begin, and how wide they may be (units)."""
    left, _, width, _ = layout.bars
    begin = left + 0.42 * width
    return begin, left + width - _PERCENT - begin


def bars_background(canvas: Canvas, setup: Setup, language: Language, layout: Layout) -> None:
    """Names, their keys, empty bars and what is usual on this site."""
    left, top, width, _ = layout.bars
    first, step = rows(layout, setup)
    begin, wide = bar_area(layout)
    high, size = _row(step)
    if first > top + 20:  # else the rows take the room of the heading
        end = text(canvas, (left + 16, top + 25), word("all_labels", language), 16, MUTED)
        if setup.marks:
            words, room = word("prior", language), left + width - 24 - end
            fits = fitting(canvas, words, (13, 12, 11, 10), room)
            text(canvas, (left + width - 12, top + 25), words, fits, MUTED, align="right", room=room)
    x = left + 16
    if setup.queue:
        x += KEYCAP + 2
    for index, label in enumerate(setup.labels):
        y = first + (index + 0.5) * step
        if setup.queue and (key := label_key(index)):
            keycap(canvas, key, (left + 20, y), min(KEYCAP, step - 2))
        shape(canvas, index, (x + 9, y), min(16, size), label_colour(index), True)
        text(
            canvas,
            (x + 24, y + size / 3),
            setup.labels.said(label, language),
            size,
            TEXT,
            room=begin - x - 30,
        )
        box(canvas, begin, y - high / 2, wide, high, TRACK)


def bars(canvas: Canvas, view: View, reading: Reading | None, layout: Layout) -> None:
    """Voted probability of each label, with a mark at its prior where these differ."""
    left, _, width, _ = layout.bars
    first, step = rows(layout, view.setup)
    begin, wide = bar_area(layout)
    high, size = _row(step)
    known = reading.probabilities if reading else None
    for index in range(len(view.setup.labels)):
        y = first + (index + 0.5) * step
        if known is not None:
            share = float(known[index])
            box(canvas, begin, y - high / 2, wide * share, high, label_colour(index))
            at = (left + width - 14, y + size / 3)
            text(canvas, at, f"{share:.0%}", size - 1, TEXT, align="right")
        if view.setup.marks:
            x, tall = begin + wide * view.setup.prior[index], 1.4 * high
            box(canvas, x - 2, y - tall / 2, 4, tall, CARD)
            box(canvas, x - 1, y - tall / 2, 2, tall, TEXT)


def _row(step: float) -> tuple[float, int]:
    """Height of a bar, and size of what is written beside it (units): the more labels, the smaller."""
    return max(2.0, min(14.0, 0.55 * step)), max(7, min(18, int(0.85 * step)))


def votes(canvas: Canvas, view: View, reading: Reading | None, area: Area) -> None:
    """The last readings as shapes, each over a bar of its margin; dashes: the margin that is needed."""
    left, top, width, _ = area
    language, labels = view.look.language, view.setup.labels
    end = text(canvas, (left + 14, top + 22), word("votes", language), 16, MUTED)
    right = left + width - 12
    words, room = word("needed", language), right - 10 - end
    size = fitting(canvas, words, (13, 12, 11, 10), room)
    text(canvas, (right, top + 22), words, size, MUTED, align="right", room=room)
    if reading is not None and reading.label:
        numbers = {"votes": reading.votes, "lead": f"{reading.margin:.0%}"}
        lines = [word("vote_numbers", language, **numbers)]
        lines.append(word("vote_delay", language, delay=f"{reading.delay_ms / 1000.0:.1f}"))
        for line, y in zip(lines, (88, 103), strict=True):
            size = fitting(canvas, line, (14, 13, 12, 11, 10), width - 24)
            text(canvas, (left + 14, top + y), line, size, TEXT, room=width - 24)
    step, floor, high = (width - 28) / SHOWN_VOTES, top + 71, 20
    shown = view.readings[-SHOWN_VOTES:]
    for place, past in enumerate(shown, SHOWN_VOTES - len(shown)):
        x = left + 14 + (place + 0.5) * step
        if past.label is None:
            box(canvas, x - 6, top + 37, 12, 2, EDGE)
            continue
        index = labels.index(past.label)
        shape(canvas, index, (x, top + 38), 16, label_colour(index), not doubtful(past, view.setup))
        rise = max(1.0, high * past.margin)
        box(canvas, x - 5, floor - rise, 10, rise, label_colour(index))
    needed = floor - high * view.setup.margin
    for dash in range(int((width - 28) / 8)):
        box(canvas, left + 14 + 8 * dash, needed, 4, 1, TEXT)


def weights(canvas: Canvas, view: View, reading: Reading | None, area: Area) -> None:
    """How much of the newest window's reading rests on sound, picture and words."""
    left, top, width, _ = area
    language = view.look.language
    text(canvas, (left + 14, top + 20), word("weights", language), 16, MUTED)
    shares = dict(reading.weights) if reading is not None and reading.label else {}
    x, y, across = left + 14, top + 28, width - 28
    box(canvas, x, y, across, 10, TRACK)
    if not shares:
        text(canvas, (x, top + 56), word("nothing", language), 15, MUTED)
        return
    at, key = 0.0, x
    for name in [name for name in MODALITIES if name in shares]:
        grey = _GREYS[MODALITIES.index(name)]
        box(canvas, x + at * across, y, max(1.0, shares[name] * across - 1), 10, grey)
        at += shares[name]
        box(canvas, key, top + 46, 9, 9, grey)
        key = text(canvas, (key + 13, top + 56), f"{word(name, language)} {shares[name]:.0%}", 14, TEXT) + 12


def lanes(layout: Layout) -> tuple[float, float, float, float]:
    """Where the lanes of the timeline are (units)."""
    left, top, width, height = layout.timeline
    if layout.small:  # shapes in place of names, no heading
        return left + 30, top + 8, width - 44, height - 26
    return left + _NAMES, top + _LANES_TOP, width - _NAMES - 24, height - _LANES_TOP - 27


def timeline_background(canvas: Canvas, setup: Setup, language: Language, layout: Layout) -> None:
    """A lane a label, and the seconds."""
    left, top, width, height = layout.timeline
    begin, first, wide, high = lanes(layout)
    if not layout.small:
        end = text(canvas, (left + 16, top + 25), word("timeline", language), 16, MUTED)
        words = word("gap", language)
        text(canvas, (left + width - 24, top + 25), words, 13, MUTED, align="right", room=width - end)
    lane = high / len(setup.labels)
    size = max(7, min(15, int(0.85 * lane)))
    for index, label in enumerate(setup.labels):
        y = first + (index + 0.5) * lane
        shape(
            canvas, index, (left + (16 if layout.small else 25), y), min(13, size), label_colour(index), True
        )
        if not layout.small:
            text(
                canvas,
                (left + 42, y + size / 3),
                setup.labels.said(label, language),
                size,
                TEXT,
                room=_NAMES - 48,
            )
        box(canvas, begin, y, wide, 1, TRACK)
    for seconds in range(0, int(TIMELINE_S) + 1, 15):
        x = begin + wide * (1 - seconds / TIMELINE_S)
        box(canvas, x, first, 1, high, TRACK)
        words = word("seconds_ago", language, seconds=-seconds) if seconds else word("now", language)
        at = min(x, left + width - 14) if layout.small else x
        text(
            canvas,
            (at, top + height - (5 if layout.small else 9)),
            words,
            14 - 2 * layout.small,
            MUTED,
            align="centre",
        )


def timeline(canvas: Canvas, view: View, layout: Layout) -> None:
    """The last minute: each reading fills its hop in its label's lane; without a reading there is a gap."""
    labels = view.setup.labels
    left, top, width, height = lanes(layout)
    lane, scale = height / len(labels), width / TIMELINE_S
    for reading in view.readings:
        begin = max(0.0, TIMELINE_S - (view.now - reading.time) - view.setup.hop_s)
        end = TIMELINE_S - (view.now - reading.time)
        x, wide = left + begin * scale, (end - begin) * scale - 1
        if wide <= 0:
            continue
        if reading.label is None:
            box(canvas, x, top + height - 2, wide, 3, EDGE)
            continue
        index = labels.index(reading.label)
        high, colour = max(3.0, 0.64 * lane), label_colour(index)
        y = top + (index + 0.5) * lane - high / 2
        box(canvas, x, y, wide, high, colour)
        if doubtful(reading, view.setup):
            rim = 2 if high > 9 else 1
            box(canvas, x + rim, y + rim, wide - 2 * rim, high - 2 * rim, CARD)
