"""The figures of report.html as inline SVG; colours are Okabe and Ito's, never the only sign."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import Any

from markupsafe import Markup

from calibration.report.drawing import BLUE, GREY, INK, LIGHT, ORANGE, SKY
from calibration.report.drawing import line as _line
from calibration.report.drawing import svg as _svg
from calibration.report.drawing import text as _text

Texts = Callable[..., str]
"""English and Japanese text -> the one that the page is in."""


def curves(course: Sequence[Mapping[str, Any]], measure: str, t: Texts) -> Markup:
    """Loss and score over the epochs of one training, side by side."""
    losses, scores = [e["loss"] for e in course], [e["score"] for e in course]
    top = max(losses) * 1.05 or 1.0
    epoch = t("epoch", "エポック")
    found = _panel(0, t("training loss", "学習損失"), losses, top, BLUE, epoch)
    found += _panel(235, measure, scores, 1.0, ORANGE, epoch)
    said = t("Loss and {measure} by epoch", "エポックごとの損失と{measure}", measure=measure)
    return _svg(460, 170, said, found)


def confusion(
    int8: Sequence[Sequence[int]], fp32: Sequence[Sequence[int]], labels: Sequence[str], t: Texts
) -> Markup:
    """Rows: true label, columns: answer; share of the row by INT8, under it the counts of INT8 and FP32."""
    cell, left, top = 62, 72, 46
    size = cell * len(labels)
    parts = [
        _text(left + size / 2, 14, t("answer", "推定"), "middle", "axis"),
        _text(left - 8, 34, t("true", "正解"), "end", "axis"),
    ]
    for i, label in enumerate(labels):
        parts.append(_text(left + (i + 0.5) * cell, 36, label, "middle"))
        parts.append(_text(left - 8, top + (i + 0.5) * cell + 4, label, "end"))
        total = sum(int8[i])
        for j in range(len(labels)):
            share = int8[i][j] / total if total else 0.0
            x, y = left + j * cell, top + i * cell
            tone = "light" if share > 0.85 else "dark"
            parts.append(
                f'<rect x="{x}" y="{y}" width="{cell}" height="{cell}" fill="{BLUE}" '
                f'fill-opacity="{share:.3f}" stroke="{LIGHT}"/>'
            )
            if not int8[i][j] and not fp32[i][j]:
                parts.append(_text(x + cell / 2, y + 34, "·", "middle", "count"))
                continue
            parts.append(_text(x + cell / 2, y + 29, f"{share:.0%}", "middle", f"share {tone}"))
            parts.append(
                _text(x + cell / 2, y + 46, f"{int8[i][j]} / {fp32[i][j]}", "middle", f"count {tone}")
            )
    return _svg(left + size + 4, top + size + 4, t("Confusion matrix", "混同行列"), parts)


def reliability(bins: Sequence[Sequence[float]], name: str, t: Texts) -> Markup:
    """Accuracy over confidence with the diagonal of perfect calibration; bars below: examples a bin.

    bins: examples, mean confidence, accuracy of each.
    """
    left, top, side, floor = 38.0, 8.0, 200.0, 266.0

    def x_of(value: float) -> float:
        return left + value * side

    def y_of(value: float) -> float:
        return top + side - value * side

    parts = [f'<rect x="{left}" y="{top}" width="{side}" height="{side}" fill="none" stroke="{GREY}"/>']
    for tick in (0.0, 0.25, 0.5, 0.75, 1.0):
        parts.append(_line(x_of(tick), top, x_of(tick), top + side, LIGHT))
        parts.append(_line(left, y_of(tick), left + side, y_of(tick), LIGHT))
        parts.append(_text(left - 5, y_of(tick) + 4, f"{tick:g}", "end"))
        parts.append(_text(x_of(tick), floor + 14, f"{tick:g}", "middle"))
    parts.append(_line(x_of(0), y_of(0), x_of(1), y_of(1), GREY, 'stroke-dasharray="4 3"'))
    most = max(count for count, _, _ in bins)
    path = " ".join(f"{x_of(confidence):.1f},{y_of(right):.1f}" for _, confidence, right in bins)
    parts.append(f'<polyline points="{path}" fill="none" stroke="{BLUE}" stroke-width="1.5"/>')
    for count, confidence, right in bins:
        x, height = x_of(confidence), max(1.0, count / most * 44.0)
        said = t(
            "{count} answers: {sure} sure, {right} right",
            "{count} 件：確信度 {sure}、正解率 {right}",
            count=int(count),
            sure=f"{confidence:.0%}",
            right=f"{right:.0%}",
        )
        parts.append(
            f'<circle cx="{x:.1f}" cy="{y_of(right):.1f}" r="{2 + 3 * math.sqrt(count / most):.1f}" '
            f'fill="{BLUE}"><title>{escape(said)}</title></circle>'
        )
        parts.append(
            f'<rect x="{x - 5:.1f}" y="{floor - height:.1f}" width="10" height="{height:.1f}" fill="{GREY}"/>'
        )
    parts.append(_line(left, floor, left + side, floor, GREY))
    parts.append(_text(left + 6, top + 14, t("share that is right", "正解率"), "start", "axis"))
    parts.append(_text(left + side - 6, top + side - 7, t("too sure", "確信度が高すぎる"), "end", "axis"))
    parts.append(
        _text(
            left + side / 2,
            floor + 30,
            t("confidence (bars: answers)", "確信度（棒：件数）"),
            "middle",
            "axis",
        )
    )
    return _svg(
        left + side + 12, floor + 36, t("Reliability of {name}", "信頼度図：{name}", name=name), parts
    )


def interval(value: float, ends: tuple[float, float] | None) -> Markup:
    """A score with its interval, if it has one, on a line from 0 to 1."""
    width = 220
    parts = [_line(4, 9, width - 4, 9, LIGHT)]
    for tick in (0.0, 0.5, 1.0):
        parts.append(_line(4 + tick * (width - 8), 6, 4 + tick * (width - 8), 12, GREY))
    said = f"{value:.3f}"
    if ends:
        low, high = ends
        said += f", 95 %: {low:.3f} – {high:.3f}"
        parts.append(_line(4 + low * (width - 8), 9, 4 + high * (width - 8), 9, SKY, 'stroke-width="7"'))
    place = 4 + value * (width - 8)
    parts.append(_line(place, 3, place, 15, BLUE, 'stroke-width="2.5"'))
    return _svg(width, 18, said, parts)


def spreads(rows: Sequence[tuple[str, Sequence[float]]], references: Mapping[str, float], t: Texts) -> Markup:
    """A dot a seed and a bar at the mean for each row; references as dashed lines."""
    values = [score for _, scores in rows for score in scores] + list(references.values())
    low, high = math.floor(min(values) * 20) / 20, math.ceil(max(values) * 20) / 20
    high = high if high > low else low + 0.05
    left, width, step, top = 190, 440, 28, 22 + 16 * len(references)
    floor = top + step * len(rows)

    def x_of(value: float) -> float:
        return left + (value - low) / (high - low) * width

    parts = []
    ticks = round((high - low) / 0.05)
    for tick in range(0, ticks + 1, max(1, round(ticks / 8))):
        value = low + tick * 0.05
        parts.append(_line(x_of(value), top - 6, x_of(value), floor, LIGHT))
        parts.append(_text(x_of(value), floor + 15, f"{value:.2f}", "middle"))
    for number, (name, value) in enumerate(references.items()):
        above = 14 + 16 * number
        parts.append(_line(x_of(value), above + 4, x_of(value), floor, ORANGE, 'stroke-dasharray="4 3"'))
        parts.append(_text(x_of(value) - 4, above, f"{name} {value:.3f}", "end", "axis"))
    for number, (name, scores) in enumerate(rows):
        y, mean = top + step * (number + 0.5), sum(scores) / len(scores)
        parts.append(_text(left - 10, y + 4, name, "end"))
        parts.append(_line(x_of(mean), y - 8, x_of(mean), y + 8, BLUE, 'stroke-width="3"'))
        for score in scores:
            parts.append(
                f'<circle cx="{x_of(score):.1f}" cy="{y:.1f}" r="3.5" fill="{BLUE}" fill-opacity="0.45"/>'
            )
    return _svg(left + width + 20, floor + 22, t("Scores by seed", "乱数ごとの値"), parts)


def bar(share: float) -> Markup:
    """A share of 1 as a bar."""
    return _svg(
        140,
        12,
        f"{share:.0%}",
        [f'<rect y="2" width="{max(0.5, share * 140):.1f}" height="8" fill="{BLUE}"/>'],
    )


def histogram(values: Sequence[float], low: float, high: float, axis: str, said: str) -> Markup:
    """How many values fall into each of 20 steps from low to high; those outside stand at the ends."""
    left, top, width, height, steps = 34.0, 10.0, 300.0, 110.0, 20
    counts = [0] * steps
    for value in values:
        counts[min(steps - 1, max(0, int((value - low) / (high - low) * steps)))] += 1
    most, floor, wide = max(1, *counts), top + height, width / steps
    parts = []
    for tick in range(5):
        x = left + width * tick / 4
        parts.append(_line(x, top, x, floor, LIGHT))
        parts.append(_text(x, floor + 15, f"{low + (high - low) * tick / 4:g}", "middle"))
    for step, count in enumerate(counts):
        tall = height * count / most
        parts.append(
            f'<rect x="{left + step * wide + 1:.1f}" y="{floor - tall:.1f}" width="{wide - 2:.1f}" '
            f'height="{tall:.1f}" fill="{BLUE}"><title>{count}</title></rect>'
        )
    parts.append(_line(left, floor, left + width, floor, GREY))
    parts.append(_text(left - 5, top + 9, f"{most}", "end"))
    parts.append(_text(left - 5, floor, "0", "end"))
    parts.append(_text(left + width / 2, floor + 31, axis, "middle", "axis"))
    return _svg(left + width + 14, floor + 36, said, parts)


def over_chance(rows: Sequence[tuple[str, float, float, bool]], chance: str, said: str) -> Markup:
    """A bar from 0 to 1 for each row, a mark where chance lies; a row that matters is orange, its value bold.

    rows: name, value, chance, whether it matters. chance: the word for the mark.
    """
    left, width, step, top = 210.0, 360.0, 26.0, 24.0
    floor = top + step * len(rows)
    parts = []
    for tick in (0.0, 0.25, 0.5, 0.75, 1.0):
        x = left + width * tick
        parts.append(_line(x, top - 4, x, floor, LIGHT))
        parts.append(_text(x, floor + 15, f"{tick:g}", "middle"))
    for number, (name, value, by_chance, matters) in enumerate(rows):
        y = top + step * (number + 0.5)
        x = left + width * by_chance
        colour = ORANGE if matters else GREY
        parts.append(_text(left - 10, y + 4, name, "end"))
        parts.append(
            f'<rect x="{left}" y="{y - 7:.1f}" width="{max(0.5, value * width):.1f}" height="14" '
            f'fill="{colour}"/>'
        )
        parts.append(_line(x, y - 11, x, y + 11, INK, 'stroke-width="2"'))
        end = left + width * max(value, by_chance) + 7
        parts.append(_text(end, y + 4, f"{value:.2f}", "start", "value" if matters else "tick"))
        if number == 0:
            parts.append(_text(x, top - 8, chance, "middle", "axis"))
    return _svg(left + width + 40, floor + 20, said, parts)


def _panel(x: float, title: str, values: Sequence[float], top: float, colour: str, epoch: str) -> list[str]:
    left, width, up, height = x + 34, 150, 28, 112
    parts = [_text(left, 14, title, "start", "axis")]
    for tick in (0.0, 0.5, 1.0):
        y = up + height * (1 - tick)
        parts.append(_line(left, y, left + width, y, LIGHT))
        parts.append(_text(left - 5, y + 4, f"{tick * top:.2g}", "end"))
    last = len(values)
    places = [left + width * (i / max(1, last - 1)) for i in range(last)]
    heights = [up + height * (1 - min(1.0, max(0.0, value / top))) for value in values]
    points = " ".join(f"{px:.1f},{py:.1f}" for px, py in zip(places, heights, strict=True))
    parts.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>')
    parts.append(f'<circle cx="{places[-1]:.1f}" cy="{heights[-1]:.1f}" r="3" fill="{colour}"/>')
    parts.append(_text(places[-1] + 6, heights[-1] + 4, f"{values[-1]:.3f}", "start", "value"))
    parts.append(_text(left, up + height + 16, "1", "middle"))
    if last > 1:
        parts.append(_text(left + width, up + height + 16, f"{last}", "middle"))
    parts.append(_text(left + width / 2, up + height + 16, epoch, "middle", "axis"))
    return parts
