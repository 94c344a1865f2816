"""The figure of how values went over time: strips over one axis."""

from __future__ import annotations

import math
from collections.abc import Sequence

from markupsafe import Markup

from calibration.report.drawing import BLUE, LIGHT, ORANGE, line, svg, text


def round_steps(low: float, high: float, wanted: int) -> list[float]:
    """About `wanted` equal steps over low to high, at round numbers; the ends lie at or outside of both."""
    least = (high - low) / wanted or 1.0
    ten = 10.0 ** math.floor(math.log10(least))
    step = next(ten * size for size in (1.0, 2.0, 2.5, 5.0, 10.0) if ten * size >= 0.999 * least)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [step * number for number in range(first, last + 1)]


def courses(
    times: Sequence[float],
    strips: Sequence[tuple[str, Sequence[float | None]]],
    marked: Sequence[int],
    axis: str,
) -> Markup:
    """Values over one time axis, a strip each; gaps where nothing is known; marked stretches are orange.

    times: where each value stands, rising. strips: title and values. marked: indices of times.
    """
    left, width, tall, step, top = 64.0, 620.0, 74.0, 112.0, 26.0
    last = times[-1] or 1.0

    def x_of(time: float) -> float:
        return left + time / last * width

    parts = []
    for number, (title, values) in enumerate(strips):
        up = top + step * number
        known = [value for value in values if value is not None] or [0.0]
        low, high = min(known), max(known)
        margin = 0.0 if high - low > 0.02 * abs(high) else 0.05 * abs(high) or 1.0
        steps = round_steps(low - margin, high + margin, 3)
        low, high = steps[0], steps[-1]
        parts.append(text(left, up - 9, title, "start", "axis"))
        for level in steps:
            y = up + tall * (high - level) / (high - low)
            parts.append(line(left, y, left + width, y, LIGHT))
            parts.append(text(left - 6, y + 4, f"{level:.6g}", "end"))
        for index in marked:
            begin = x_of(times[index - 1] if index else 0.0)
            parts.append(
                f'<rect x="{begin:.1f}" y="{up:.1f}" width="{max(1.0, x_of(times[index]) - begin):.1f}" '
                f'height="{tall:g}" fill="{ORANGE}" fill-opacity="0.25"/>'
            )
        points: list[str] = []
        for time, value in [*zip(times, values, strict=True), (0.0, None)]:
            if value is not None:
                points.append(f"{x_of(time):.1f},{up + tall * (high - value) / (high - low):.1f}")
            elif points:
                path = " ".join(points if len(points) > 1 else points * 2)  # round ends make one a dot
                parts.append(
                    f'<polyline points="{path}" fill="none" stroke="{BLUE}" stroke-width="2" '
                    'stroke-linecap="round"/>'
                )
                points = []
    floor = top + step * len(strips) - (step - tall)
    for tick in round_steps(0.0, last, 6):
        if tick <= 1.001 * last:
            parts.append(text(x_of(tick), floor + 17, f"{tick:.6g}", "middle"))
    parts.append(text(left + width / 2, floor + 36, axis, "middle", "axis"))
    said = ", ".join(title for title, _ in strips)
    return svg(left + width + 16, floor + 44, said, parts)
