"""What whoever records is shown: a pure function from a Shown to RGB uint8 [height, width, 3]."""

from __future__ import annotations

import numpy as np

from edge.display.panel.drawing import BOLD, Canvas, box, card, fitting, rim, shape, text, text_width, wrapped
from edge.display.panel.layout import HEIGHT, WIDTH, Area
from edge.display.panel.palette import (
    ALARM,
    BACK,
    BANNER,
    CARD,
    EDGE,
    MUTED,
    PAUSED,
    TEXT,
    TRACK,
    WARN,
    label_colour,
)
from edge.display.view import duration
from edge.items import Bytes
from edge.recording.meter import Quality
from edge.recording.panel.shown import Shown
from edge.words import word

PICTURE: Area = (16, 52, 560, 315)
SOUND: Area = (16, 379, 560, 176)
PROMPT: Area = (592, 52, 672, 372)
FACTS: Area = (592, 436, 672, 119)
STATE: Area = (16, 567, 1248, 105)
KEYS: Area = (0, 684, 1280, 36)
QUIET_DB = -60.0
"""The left end of the level meter (decibels below full scale)."""
GOOD_DB = (-35.0, -12.0)
"""Levels between which speech is neither faint nor near clipping."""
CLEAR_DB = 15.0
"""Speech this far over the noise is clear (decibels)."""


def draw(shown: Shown, width: int = WIDTH, height: int = HEIGHT) -> Bytes:
    """The panel, RGB uint8 [height, width, 3]. Raises InputError where OpenCV has no Japanese."""
    image = np.empty((height, width, 3), np.uint8)
    image[:] = BACK
    scale = min(width / WIDTH, height / HEIGHT)
    canvas = Canvas(image, scale, (width - scale * WIDTH) / 2, (height - scale * HEIGHT) / 2)
    for area in (PICTURE, SOUND, PROMPT, FACTS, STATE):
        card(canvas, *area, CARD)
    _header(canvas, shown)
    _picture(canvas, shown)
    _sound(canvas, shown)
    _prompt(canvas, shown)
    _facts(canvas, shown)
    _state(canvas, shown)
    _keys(canvas, shown)
    return image


def _header(canvas: Canvas, shown: Shown) -> None:
    import cv2

    language = shown.language
    end = text(canvas, (16, 34), "edge", 26, TEXT, BOLD) + 24
    words = word("record_state_paused" if shown.paused else "record_state_on", language)
    colour = PAUSED if shown.paused else ALARM
    centre = (canvas.x(end + 9), canvas.y(26))
    if shown.paused:
        box(canvas, end, 17, 6, 18, colour)
        box(canvas, end + 11, 17, 6, 18, colour)
    else:
        cv2.circle(canvas.image, centre, round(9 * canvas.scale), colour, -1, cv2.LINE_AA)
    end = text(canvas, (end + 28, 33), words, 20, PAUSED if shown.paused else TEXT, BOLD) + 24
    if not shown.sealed:
        text(canvas, (end, 33), word("record_plain", language), 16, WARN, room=500)
    text(canvas, (1264, 34), shown.clock, 22, TEXT, BOLD, align="right")


def _picture(canvas: Canvas, shown: Shown) -> None:
    import cv2

    left, top, width, height = PICTURE
    image, language = shown.quality.picture, shown.language
    if image is None:
        key = "no_picture" if shown.picture else "record_no_camera"
        text(canvas, (left + width / 2, top + height / 2), word(key, language), 22, MUTED, align="centre")
        return
    part = canvas.part(*PICTURE)
    high, wide = image.shape[:2]
    fit = min(part.shape[1] / wide, part.shape[0] / high)
    size = (max(1, round(wide * fit)), max(1, round(high * fit)))
    x, y = (part.shape[1] - size[0]) // 2, (part.shape[0] - size[1]) // 2
    way = cv2.INTER_AREA if fit < 1 else cv2.INTER_LINEAR
    part[y : y + size[1], x : x + size[0]] = cv2.resize(image, size, interpolation=way)
    if shown.paused:
        part[:] = part // 3
    if shown.quality.face is not None:
        lacking = "record_dark" if shown.quality.dark else "record_no_face"
        key = "record_face" if shown.quality.face else lacking
        _tag(canvas, (left + 12, top + height - 40), word(key, language), shown.quality.face)


def _tag(canvas: Canvas, at: tuple[float, float], words: str, good: bool) -> None:
    width = text_width(canvas, words, 17) + 42
    box(canvas, at[0], at[1], width, 28, BACK)
    shape(canvas, 0 if good else 1, (at[0] + 16, at[1] + 14), 14, TEXT if good else WARN, True)
    text(canvas, (at[0] + 32, at[1] + 20), words, 17, TEXT if good else WARN)


def _sound(canvas: Canvas, shown: Shown) -> None:
    """Level with its peak, and speech over noise; the good part of each is marked."""
    left, top, width, _ = SOUND
    language, quality = shown.language, shown.quality
    x, wide = left + 130, width - 230
    if not shown.sound or "microphone" in shown.gone:
        key = "record_microphone_gone" if shown.sound else "record_no_microphone"
        text(canvas, (left + 20, top + 94), word(key, language), 20, WARN if shown.sound else MUTED)
        return
    key, good = _heard(quality)
    noisy = key == "record_noisy"
    text(canvas, (left + 20, top + 44), word("record_level", language), 18, MUTED, room=104)
    level, peak = quality.level_db, quality.peak_db
    _bar(canvas, (x, top + 24, wide), _share(level), tuple(map(_share, GOOD_DB)), quality.clipping)
    if peak is not None:
        box(canvas, x + wide * _share(peak) - 1, top + 20, 3, 34, WARN if quality.clipping else TEXT)
    words = "–" if level is None else f"{level:.0f} dB"
    text(canvas, (left + width - 20, top + 46), words, 20, TEXT, BOLD, align="right")
    for mark in (-60, -40, -20, 0):
        at = (x + wide * _share(mark), top + 70)
        text(canvas, at, f"{mark}", 13, MUTED, align="centre")
    text(canvas, (left + 20, top + 110), word("record_snr", language), 18, MUTED, room=104)
    snr = quality.snr_db
    _bar(canvas, (x, top + 90, wide), 0.0 if snr is None else snr / 40.0, (CLEAR_DB / 40.0, 1.0), noisy)
    words = "–" if snr is None else f"{snr:.0f} dB"
    text(canvas, (left + width - 20, top + 112), words, 20, TEXT, BOLD, align="right")
    shape(canvas, 0 if good else 1, (left + 30, top + 149), 14, TEXT if good else WARN, True)
    words = word(key, language)
    size = fitting(canvas, words, (18, 16, 14), width - 70)
    text(canvas, (left + 48, top + 156), words, size, TEXT if good else WARN, room=width - 70)


def _heard(quality: Quality) -> tuple[str, bool]:
    """The key of the words for how the sound is, and whether that is fine."""
    if quality.clipping:
        return "record_clips", False
    if quality.silent:
        return "record_silent", False
    if quality.snr_db is None:
        return "record_waits", True
    if quality.snr_db < CLEAR_DB:
        return "record_noisy", False
    if quality.level_db is not None and quality.level_db < GOOD_DB[0]:
        return "record_faint", False
    return "record_clear", True


def _bar(
    canvas: Canvas, place: tuple[float, float, float], share: float, good: tuple[float, ...], warned: bool
) -> None:
    """place: left, top, width. share: filled, 0..1. good: marks between which it is fine, shares."""
    left, top, width = place
    box(canvas, left, top, width, 26, TRACK)
    box(canvas, left, top, width * min(1.0, max(0.0, share)), 26, WARN if warned else TEXT)
    for at in good:
        box(canvas, left + width * min(1.0, at) - 1, top - 4, 2, 34, EDGE)


def _share(db: float | None) -> float:
    return 0.0 if db is None else min(1.0, max(0.0, 1.0 - db / QUIET_DB))


def _prompt(canvas: Canvas, shown: Shown) -> None:
    """The sentence to be read out as large as it fits, how to say it, and the next one."""
    left, top, width, height = PROMPT
    language, room = shown.language, width - 56
    if not shown.prompt:
        _free(canvas, shown)
        return
    number = word("record_number", language, number=shown.number, count=shown.count)
    text(canvas, (left + width - 28, top + 42), number, 18, MUTED, align="right")
    if shown.label:
        index = shown.labels.index(shown.label)
        shape(canvas, index, (left + 46, top + 46), 36, label_colour(index), True)
        own, other = shown.labels.both(shown.label, language)
        end = text(canvas, (left + 78, top + 58), own, 34, TEXT, BOLD, room=300)
        if other != own:
            text(canvas, (end + 14, top + 58), other, 18, MUTED, room=160)
    for size in (46, 40, 34, 30, 26, 22):
        lines = wrapped(canvas, shown.prompt, size, room, 5)
        if len(lines) * size * 1.35 <= 200 and text_width(canvas, lines[-1], size) <= room:
            break
    y = top + 96 + (210 - len(lines) * size * 1.35) / 2 + size
    for line in lines:
        text(canvas, (left + 28, y), line, size, TEXT, BOLD, room=room)
        y += 1.35 * size
    if shown.following:
        box(canvas, left + 28, top + height - 52, room, 1, TRACK)
        words = word("record_next", language, text=shown.following)
        text(canvas, (left + 28, top + height - 20), words, 17, MUTED, room=room)


def _free(canvas: Canvas, shown: Shown) -> None:
    left, top, width, height = PROMPT
    key = "record_free" if shown.trigger is None else "record_triggered"
    words = word(key, shown.language, **({} if shown.trigger is None else {"count": shown.trigger}))
    lines = wrapped(canvas, words, 24, width - 80, 4)
    y = top + height / 2 - 17 * (len(lines) - 1)
    for line in lines:
        text(canvas, (left + width / 2, y), line, 24, MUTED, align="centre", room=width - 56)
        y += 36


def _facts(canvas: Canvas, shown: Shown) -> None:
    """Recorded, with speech in it, time that is left, room that is left."""
    left, top, width, _ = FACTS
    language = shown.language
    speech = duration(shown.quality.speech_s)
    remains = "–" if shown.left_s == float("inf") else duration(shown.left_s)
    facts = (
        ("record_total", duration(shown.recorded_s), False),
        ("record_speech", speech, False),
        ("record_left", remains, shown.left_s < 300),
        ("record_room", f"{shown.left_gb:.1f} GB", shown.left_gb < 0.5),
    )
    wide = (width - 40) / len(facts)
    for number, (key, value, low) in enumerate(facts):
        x = left + 24 + number * wide
        words = word(key, language)
        size = fitting(canvas, words, (16, 15, 14, 13, 12), wide - 12)
        text(canvas, (x, top + 42), words, size, MUTED, room=wide - 12)
        text(canvas, (x, top + 84), value, 30, WARN if low else TEXT, BOLD, room=wide - 8)


def _state(canvas: Canvas, shown: Shown) -> None:
    """Who is recorded, and what became of what was asked for."""
    left, top, width, _ = STATE
    language = shown.language
    x = text(canvas, (left + 20, top + 44), word("record_subjects", language), 18, MUTED) + 16
    for number, subject in enumerate(shown.subjects, 1):
        words = f"{number}  {subject}" if len(shown.subjects) > 1 else subject
        wide = text_width(canvas, words, 20, BOLD) + 28
        if x + wide > left + width - 20:
            break
        chosen = subject == shown.speaker and len(shown.subjects) > 1
        if chosen:
            box(canvas, x, top + 20, wide, 36, TRACK)
            box(canvas, x, top + 53, wide, 3, TEXT)
        else:
            rim(canvas, x, top + 20, wide, 36, EDGE)
        text(canvas, (x + 14, top + 45), words, 20, TEXT, BOLD)
        x += wide + 12
    words, colour = shown.note, TEXT
    if not words and "camera" in shown.gone and shown.picture:
        words, colour = word("record_camera_gone", language), WARN
    if shown.paused:
        words, colour = word("record_paused", language), PAUSED
    size = fitting(canvas, words, (20, 18, 16, 14), width - 40)
    text(canvas, (left + 20, top + 86), words, size, colour, room=width - 40)


def _keys(canvas: Canvas, shown: Shown) -> None:
    left, top, width, height = KEYS
    box(canvas, left, top, width, height, BANNER)
    key = "record_keys_script" if shown.prompt else "record_keys"
    words = word(key, shown.language)
    if len(shown.subjects) > 1:
        words += "    " + word("record_keys_who", shown.language, count=min(9, len(shown.subjects)))
    size = fitting(canvas, words, (17, 16, 15, 14, 13), width - 48)
    text(canvas, (width / 2, top + 24), words, size, TEXT, align="centre", room=width - 48)
