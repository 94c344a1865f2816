"""How microphone, camera and the places readings go to are doing, on a panel."""

from __future__ import annotations

from edge.display.panel.drawing import Canvas, box, fitting, shape, text
from edge.display.panel.layout import Layout
from edge.display.panel.palette import CARD, EDGE, MUTED, TEXT, TRACK, WARN
from edge.display.view import View, trouble
from edge.items import Health
from edge.words import word

QUIET_DB = -70.0
"""The left end of the level meter."""


def devices(canvas: Canvas, view: View, layout: Layout) -> None:
    """Microphone with its level and camera, each with what hampers it; and sinks in trouble."""
    left, top, width, height = layout.devices
    size, names = (15, 84) if layout.small else (18, 102)
    for place, name in enumerate(("microphone", "camera")):
        y = top + (0.27 + 0.31 * place) * height
        text(canvas, (left + 14, y), word(name, view.look.language), size, MUTED, room=names)
        health = next((health for health in view.healths if health.name == name), None)
        x = left + 22 + names
        if health is None:
            text(canvas, (x, y), "-", size, MUTED)
        else:
            _device(canvas, view, health, (x, y), size, left + width - 12 - x)
    _sinks(canvas, view, (left + 14, top + 0.89 * height), size, width - 26)


def _device(
    canvas: Canvas, view: View, health: Health, at: tuple[float, float], size: int, room: float
) -> None:
    x, y = at
    warned, small = trouble(health), size < 18
    level = health.level_db if health.state == "running" else None
    if level is not None:
        wide = 0.24 * room
        _level(canvas, x, y - 13, wide, level)
        x += wide + 10
        if not (small and warned):  # the warning needs the room
            text(canvas, (x + 3.0 * size, y), f"{level:.0f} dB", size, TEXT, align="right")
            x += 3.6 * size
    if warned:
        _warning_sign(canvas, x + 8, y - 6)
        x += 22
    words, room = word(warned or "running", view.look.language), at[0] + room - x
    fits = fitting(canvas, words, range(size, 9, -1), room)
    text(canvas, (x, y), words, fits, WARN if warned else TEXT, room=room)


def _sinks(canvas: Canvas, view: View, at: tuple[float, float], size: int, room: float) -> None:
    """Names of the sinks in trouble; of a single one also what is wrong, as far as there is room."""
    if not view.troubles:
        return
    language = view.look.language
    x, y = at[0] + 22, at[1]
    _warning_sign(canvas, at[0] + 8, y - 6)
    names = [word(f"sink_{name}", language) for name in view.troubles]
    words = word("health_trouble", language, name=word("and", language).join(names))
    size -= 2
    x = text(canvas, (x, y), words, fitting(canvas, words, (size, size - 2), room - 22), WARN, room=room - 22)
    left = at[0] + room - x - 12
    if len(names) == 1 and left >= 80:
        text(canvas, (x + 12, y), next(iter(view.troubles.values())), size - 2, MUTED, room=left)


def _level(canvas: Canvas, left: float, top: float, width: float, level_db: float) -> None:
    """Sound level from QUIET_DB to 0; the last 3 dB, where it clips, are set apart."""
    box(canvas, left, top, width, 14, TRACK)
    filled = width * min(1.0, max(0.0, 1.0 - level_db / QUIET_DB))
    box(canvas, left, top, filled, 14, TEXT)
    clip = width * (1.0 + 3.0 / QUIET_DB)
    box(canvas, left + clip, top, filled - clip, 14, WARN)
    box(canvas, left + clip, top - 3, 2, 20, EDGE)


def _warning_sign(canvas: Canvas, x: float, y: float) -> None:
    shape(canvas, 1, (x, y), 18, WARN, True)
    box(canvas, x - 1, y - 3, 2, 6, CARD)
    box(canvas, x - 1, y + 4, 2, 2, CARD)
