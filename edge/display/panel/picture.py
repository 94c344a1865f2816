"""The camera's picture on a panel, with the faces in it."""

from __future__ import annotations

from edge.display.panel.drawing import Canvas, box, fitting, silhouette, text, text_width
from edge.display.panel.layout import Area
from edge.display.panel.palette import BACK, EDGE, MUTED, NOBODY, TEXT, WARN
from edge.display.view import View
from edge.items import Face
from edge.words import word


def picture(canvas: Canvas, view: View, area: Area) -> None:
    """The picture with the faces marked, or silhouettes in its place."""
    import cv2

    left, top, width, height = area
    language, frame = view.look.language, view.picture
    if frame is None:
        at = (left + width / 2, top + height / 2)
        text(canvas, at, word("no_picture", language), 22, MUTED, align="centre")
        return
    part = canvas.part(*area)
    high, wide = frame.image.shape[:2]
    scale = min(part.shape[1] / wide, part.shape[0] / high)
    size = (max(1, round(wide * scale)), max(1, round(high * scale)))
    x, y = (part.shape[1] - size[0]) // 2, (part.shape[0] - size[1]) // 2
    inside = part[y : y + size[1], x : x + size[0]]
    if view.look.privacy:
        for face in view.faces.values():
            edges = (face.left * scale, face.top * scale, face.width * scale, face.height * scale)
            silhouette(inside, *edges, NOBODY)
        text(canvas, (left + 14, top + 26), word("privacy", language), 16, TEXT, room=width - 28)
        return
    way = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    inside[:] = cv2.resize(frame.image, size, interpolation=way)
    for person, face in sorted(view.faces.items(), key=lambda item: (item[0] is None, item[0] or 0)):
        _mark(canvas, view, area, person, _scaled(face, scale, x, y))


def drifted(canvas: Canvas, view: View, area: Area) -> None:
    """In the corner of the picture: what is unfamiliar, or to calibrate again, and why."""
    reading = view.present
    if reading is not None and reading.unfamiliar:
        lines = tuple(word(f"unfamiliar_{name}_brief", view.look.language) for name in reading.unfamiliar)
    elif view.drift is not None and view.drift.large:
        lines = view.drift.brief(view.look.language)
    else:
        return
    left, top, width, height = area
    room = width - 24
    high = 8 + 22 * len(lines)
    box(canvas, left, top + height - high, width, high, BACK)
    box(canvas, left, top + height - high, 4, high, WARN)
    for number, line in enumerate(lines):
        at = (left + 14, top + height - high + 20 + 22 * number)
        text(canvas, at, line, fitting(canvas, line, (16, 15, 14, 13, 12), room), WARN, room=room)


def _scaled(face: Face, scale: float, x: int, y: int) -> tuple[int, int, int, int]:
    """Left, top, right and bottom of a face in the part of the panel the picture has (pixels)."""
    left, top = x + round(face.left * scale), y + round(face.top * scale)
    return left, top, left + round(face.width * scale), top + round(face.height * scale)


def _mark(
    canvas: Canvas, view: View, area: Area, person: int | None, edges: tuple[int, int, int, int]
) -> None:
    """A box around a face; a thin grey one where it is not read."""
    import cv2

    part, unread = canvas.part(*area), person is not None and person < 0
    thick = max(1, round(canvas.scale))
    strokes = ((BACK, 3 * thick), (EDGE, thick)) if unread else ((BACK, 5 * thick), (TEXT, 2 * thick))
    for colour, wide in strokes:  # a dark rim keeps it visible on light pictures
        cv2.rectangle(part, edges[:2], edges[2:], colour, wide)
    if person is None:
        return
    words = word("not_read", view.look.language) if unread else str(person)
    reading = view.others.get(person)
    if reading is not None and reading.label:
        words += f" {view.setup.labels.said(reading.label, view.look.language)}"
    size = 13 if unread else 16
    width = text_width(canvas, words, size) + 10
    x = min(max(0.0, edges[0] / canvas.scale), area[2] - width) + area[0]
    y = max(0.0, edges[1] / canvas.scale - 24) + area[1]
    box(canvas, x, y, width, size + 6, BACK)
    text(canvas, (x + 5, y + size + 1), words, size, MUTED if unread else TEXT)
