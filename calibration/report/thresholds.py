"""What a threshold does, as inline SVG: detection and false alarms. The pieces are those of figures.py."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape

from markupsafe import Markup

from calibration.report.drawing import BLUE, GREY, LIGHT, ORANGE
from calibration.report.drawing import line as _line
from calibration.report.drawing import svg as _svg
from calibration.report.drawing import text as _text
from calibration.report.figures import Texts


def trade_off(
    lines: Sequence[tuple[str, Sequence[tuple[float, float, float]]]],
    point: tuple[float, float] | None,
    budget: float,
    t: Texts,
) -> Markup:
    """Detection over false alarms an hour, a line a way; each point: threshold, false alarms, detection.

    point: false alarms an hour and detection to mark. budget: false alarms an hour, a dashed line.
    """
    left, top, width, height = 46.0, 24.0, 330.0, 230.0
    most = max([budget, *(x for _, points in lines for _, x, _ in points), *(point or ())[:1]])

    def x_of(rate: float) -> float:
        return left + math.sqrt(rate / most) * width

    def y_of(share: float) -> float:
        return top + height * (1 - share)

    parts = [_text(left, 12, t("detection", "検出率"), "start", "axis")]
    for tick in (0.0, 0.25, 0.5, 0.75, 1.0):
        parts.append(_line(left, y_of(tick), left + width, y_of(tick), LIGHT))
        parts.append(_text(left - 5, y_of(tick) + 4, f"{tick:.0%}", "end"))
    shown = -100.0
    for tick in (0, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000):
        if tick <= most and x_of(tick) - shown > 22:
            shown = x_of(tick)
            parts.append(_line(shown, top, shown, top + height, LIGHT))
            parts.append(_text(shown, top + height + 15, f"{tick}", "middle"))
    parts.append(_line(x_of(budget), top, x_of(budget), top + height, GREY, 'stroke-dasharray="4 3"'))
    limit = t("{n} an hour", "{n} 回/時", n=f"{budget:g}")
    parts.append(_text(x_of(budget) + 4, top + height - 8, limit, "start", "axis"))
    for number, (name, points) in enumerate(lines):
        colour, dash = ((BLUE, ""), (ORANGE, "6 3"), (GREY, "2 2"))[number % 3]
        parts += _way(name, [(c, x_of(x), y_of(y), x, y) for c, x, y in points], colour, dash, t)
        below = top + height + 52 + 16 * number
        parts.append(_line(left, below - 4, left + 28, below - 4, colour, _stroke(dash)))
        parts.append(_text(left + 36, below, name, "start"))
    if point:
        x, y = x_of(point[0]), y_of(point[1])
        parts.append(
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="6" fill="none" stroke="#000000" stroke-width="2"/>'
        )
    said = t("false alarms an hour (square root scale)", "誤報（回/時、平方根目盛）")
    parts.append(_text(left + width / 2, top + height + 32, said, "middle", "axis"))
    name = t("Detection over false alarms an hour", "検出率と 1 時間あたりの誤報")
    return _svg(left + width + 20, top + height + 48 + 16 * len(lines), name, parts)


def _way(
    name: str,
    points: Sequence[tuple[float, float, float, float, float]],
    colour: str,
    dash: str,
    t: Texts,
) -> list[str]:
    """A line with a dot a threshold; each point: threshold, place, false alarms an hour, detection."""
    path = " ".join(f"{x:.1f},{y:.1f}" for _, x, y, _, _ in points)
    parts = [f'<polyline points="{path}" fill="none" stroke="{colour}" {_stroke(dash)}/>']
    for threshold, x, y, rate, share in points:
        said = t(
            "{name}, threshold {threshold}: {found} found, {false} false alarms an hour",
            "{name}、しきい値 {threshold}：検出率 {found}、誤報 {false} 回/時",
            name=name,
            threshold=f"{threshold:g}",
            found=f"{share:.0%}",
            false=f"{rate:.1f}",
        )
        parts.append(
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2" fill="{colour}"><title>{escape(said)}</title></circle>'
        )
    return parts


def _stroke(dash: str) -> str:
    return f'stroke-width="2" stroke-dasharray="{dash}"'


def by_threshold(points: Sequence[tuple[float, float, float]], chosen: float, t: Texts) -> Markup:
    """Detection above, false alarms an hour below, over the threshold; each point as in `trade_off`."""
    left, width, height, gap = 46.0, 330.0, 105.0, 26.0
    most = max([1.0, *(rate for _, rate, _ in points)])
    panels = (
        (t("detection", "検出率"), [(x, y) for x, _, y in points], 1.0, BLUE, ".0%"),
        (
            t("false alarms an hour", "誤報（回/時）"),
            [(x, rate) for x, rate, _ in points],
            most,
            ORANGE,
            ".0f",
        ),
    )
    parts = []
    for number, (title, values, high, colour, spec) in enumerate(panels):
        top = 18 + number * (height + gap)
        parts.append(_text(left, top - 5, title, "start", "axis"))
        for share in (0.0, 0.5, 1.0):
            y = top + height * (1 - share)
            parts.append(_line(left, y, left + width, y, LIGHT))
            parts.append(_text(left - 5, y + 4, format(share * high, spec), "end"))
        places = " ".join(f"{left + x * width:.1f},{top + height * (1 - y / high):.1f}" for x, y in values)
        parts.append(f'<polyline points="{places}" fill="none" stroke="{colour}" stroke-width="2"/>')
        place = left + chosen * width
        parts.append(_line(place, top, place, top + height, "#000000", 'stroke-dasharray="4 3"'))
    floor = 18 + 2 * height + gap
    for tick in (0.0, 0.2, 0.4, 0.6, 0.8, 1.0):
        parts.append(_text(left + tick * width, floor + 15, f"{tick:g}", "middle"))
    said = t("threshold (dashed: {chosen})", "しきい値（破線：{chosen}）", chosen=f"{chosen:g}")
    parts.append(_text(left + width / 2, floor + 32, said, "middle", "axis"))
    name = t("Detection and false alarms by threshold", "しきい値ごとの検出率と誤報")
    return _svg(left + width + 20, floor + 40, name, parts)
