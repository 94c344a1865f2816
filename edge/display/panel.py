"""One reading as a picture of 1280x720: a pure function from a View to RGB uint8 [720, 1280, 3]."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from edge.display import charts
from edge.display.drawing import BOLD, box, card, shape, silhouette, text, text_width
from edge.display.headline import HEADLINE, headline
from edge.display.palette import BACK, BANNER, CARD, EDGE, MUTED, NOBODY, TEXT, TRACK, WARN
from edge.display.view import Setup, View, trouble
from edge.items import Bytes, Health
from edge.words import Language, word

WIDTH, HEIGHT = 1280, 720
PICTURE = (16, 52, 560, 315)
"""Left, top, width and height of the camera picture (pixels)."""
_BUNDLE = (96, 300)  # where the bundle's name begins, and how wide it may be
_QUIET_DB = -70.0  # the left end of the level meter


def draw(view: View) -> Bytes:
    """The panel of a view, RGB uint8 [720, 1280, 3]. Raises InputError where OpenCV has no Japanese."""
    image: Bytes = _background(view.setup, view.look.language).copy()
    reading = view.present
    _header(image, view)
    _picture(image, view)
    _devices(image, view)
    headline(image, view, reading)
    charts.bars(image, view, reading)
    charts.votes(image, view, reading)
    charts.weights(image, view, reading)
    charts.timeline(image, view)
    return image


@lru_cache(maxsize=4)
def _background(setup: Setup, language: Language) -> Bytes:
    """What does not change from panel to panel. Do not draw on it."""
    image = np.empty((HEIGHT, WIDTH, 3), np.uint8)
    image[:] = BACK
    for area in (
        HEADLINE,
        (PICTURE[0], 379, 560, 86),
        charts.BARS,
        charts.VOTES,
        charts.WEIGHTS,
        charts.TIMELINE,
    ):
        card(image, *area, CARD)
    box(image, *PICTURE, CARD)
    text(image, (16, 34), "edge", 26, TEXT, BOLD)
    if setup.bundle:
        text(image, (_BUNDLE[0], 33), setup.bundle, 18, MUTED, room=_BUNDLE[1])
    charts.bars_background(image, setup, language)
    charts.timeline_background(image, setup, language)
    box(image, 0, 684, WIDTH, 36, BANNER)
    text(image, (24, 708), setup.purpose or word("purpose", language), 17, TEXT, room=780)
    text(image, (WIDTH - 24, 708), word("keys", language), 14, TEXT, align="right")
    return image


def _header(image: Bytes, view: View) -> None:
    language, x = view.look.language, WIDTH - 16
    camera = _health(view, "camera")
    facts = [word("frame_rate", language, rate=f"{camera.rate:.0f}")] if camera else []
    facts += [word("offset", language, offset=f"{view.offset_ms:+.0f}")] if view.offset_ms is not None else []
    facts += [f"{view.celsius:.0f} °C"] if view.celsius is not None else []
    for fact in reversed(facts):
        x -= text_width(fact, 18)
        text(image, (x, 33), fact, 18, MUTED)
        x -= 28
    end = _BUNDLE[0] + (min(_BUNDLE[1], text_width(view.setup.bundle, 18)) if view.setup.bundle else 0)
    if view.look.paused or view.ended:
        words = word("display_paused" if view.look.paused else "ended", language)
        end = text(image, (end + 28, 33), words, 18, WARN)
    if view.current:
        text(image, (x, 33), view.current.source, 18, MUTED, align="right", room=x - end - 28)


def _picture(image: Bytes, view: View) -> None:
    """The camera's picture with the face marked, or a silhouette in its place."""
    import cv2

    left, top, width, height = PICTURE
    language, frame = view.look.language, view.picture
    if frame is None:
        text(
            image,
            (left + width // 2, top + height // 2),
            word("no_picture", language),
            22,
            MUTED,
            align="centre",
        )
        return
    high, wide = frame.image.shape[:2]
    scale = min(width / wide, height / high)
    size = (max(1, round(wide * scale)), max(1, round(high * scale)))
    x, y = left + (width - size[0]) // 2, top + (height - size[1]) // 2
    inside = image[y : y + size[1], x : x + size[0]]
    if view.look.privacy:
        for face in view.faces.values():
            edges = (face.left * scale, face.top * scale, face.width * scale, face.height * scale)
            silhouette(inside, *edges, NOBODY)
        text(image, (left + 14, top + 26), word("privacy", language), 16, TEXT)
        return
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    inside[:] = cv2.resize(frame.image, size, interpolation=way)
    for person, face in view.faces.items():
        corner = (x + round(face.left * scale), y + round(face.top * scale))
        other = (corner[0] + round(face.width * scale), corner[1] + round(face.height * scale))
        area = image[top : top + height, left : left + width]
        for colour, thick in ((BACK, 5), (TEXT, 2)):  # a dark rim keeps it visible on light pictures
            cv2.rectangle(
                area, (corner[0] - left, corner[1] - top), (other[0] - left, other[1] - top), colour, thick
            )
        if person is not None:
            _name(image, view, person, corner)


def _name(image: Bytes, view: View, person: int, corner: tuple[int, int]) -> None:
    """Number and label of a person above the face."""
    left, top, width, _ = PICTURE
    reading, words = view.others.get(person), str(person)
    if reading is not None and reading.label:
        words += f" {word(reading.label, view.look.language)}"
    wide = text_width(words, 16) + 10
    x, y = min(max(left, corner[0]), left + width - wide), max(top, corner[1] - 24)
    box(image, x, y, wide, 22, BACK)
    text(image, (x + 5, y + 17), words, 16, TEXT)


def _devices(image: Bytes, view: View) -> None:
    """Microphone with its level, camera with what hampers it."""
    left, top, language = PICTURE[0] + 16, 379, view.look.language
    for name, y in (("microphone", top + 34), ("camera", top + 68)):
        health = _health(view, name)
        text(image, (left, y), word(name, language), 18, MUTED)
        if health is None:
            text(image, (left + 118, y), "-", 18, MUTED)
            continue
        level = health.level_db if health.state == "running" else None
        x = left + 118
        if level is not None:
            _level(image, x, y - 13, 150, level)
            text(image, (x + 222, y), f"{level:.0f} dB", 18, TEXT, align="right")
            x += 240
        warned = trouble(health)
        words = word(warned or "running", language)
        if warned:
            _warning_sign(image, x + 8, y - 7)
            x += 24
        room = PICTURE[0] + PICTURE[2] - 12 - x
        text(image, (x, y), words, 18, WARN if warned else TEXT, room=room)


def _level(image: Bytes, left: int, top: int, width: int, level_db: float) -> None:
    """Sound level from _QUIET_DB to 0; the last 3 dB, where it clips, are set apart."""
    box(image, left, top, width, 14, TRACK)
    filled = round(width * min(1.0, max(0.0, 1.0 - level_db / _QUIET_DB)))
    box(image, left, top, filled, 14, TEXT)
    clip = round(width * (1.0 + 3.0 / _QUIET_DB))
    if filled > clip:
        box(image, left + clip, top, filled - clip, 14, WARN)
    box(image, left + clip, top - 3, 2, 20, EDGE)


def _warning_sign(image: Bytes, x: int, y: int) -> None:
    shape(image, 1, (x, y), 18, WARN, True)
    box(image, x - 1, y - 3, 2, 6, CARD)
    box(image, x - 1, y + 4, 2, 2, CARD)


def _health(view: View, name: str) -> Health | None:
    return next((health for health in view.healths if health.name == name), None)
