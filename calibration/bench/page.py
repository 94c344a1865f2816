"""The page of `edge bench --sustained`: verdict, first minute beside the last, course of the run."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from calibration.report.courses import courses
from calibration.report.render import Texts, render
from edge.bench.sustained.run import Part, Run, refusals, unread
from edge.bench.sustained.told import MEASURES, compared, heads, intro, verdict
from edge.words import Language, word

DRAWN = ("p50", "p99", "energy", "hottest")
"""Measures with a strip of their own; those that nothing told are left out."""
MOST = 400
"""Stretches that are drawn; of a longer run several are taken together."""


def page(run: Run, language: Language) -> str:
    """The page of one run."""
    parts = _few(run)
    minutes = run.ran_s >= 120.0
    t = Texts(language)
    return render(
        Path(__file__).parent,
        "page.html.jinja",
        t=t,
        language=language,
        run=run,
        refused=[one.told(language) for one in refusals(run)],
        unread=[one.told(language) for one in unread(run)],
        verdict=verdict(run, language),
        intro=intro(run, language),
        heads=heads(run, language),
        rows=list(compared(run, language)),
        throttled=any(part.throttled for part in parts),
        figure=courses(
            [part.end / (60.0 if minutes else 1.0) for part in parts],
            list(_strips(parts, run, language)),
            [index for index, part in enumerate(parts) if part.throttled],
            t("minutes", "分") if minutes else t("seconds", "秒"),
        ),
    )


def _few(run: Run) -> list[Part]:
    """The run in stretches, not more than can be told apart."""
    rows = run.rows()
    step = -(-len(rows) // MOST)
    if step == 1:
        return rows
    groups = [rows[i : i + step] for i in range(0, len(rows), step)]
    return [run.part(group[0].start, group[-1].end) for group in groups]


def _strips(parts: Sequence[Part], run: Run, language: Language) -> list[tuple[str, Sequence[float | None]]]:
    strips = [
        (word(f"sustained_{name}", language), [MEASURES[name][1](part) for part in parts]) for name in DRAWN
    ]
    for name in run.samples[0].clocks:
        title = word("sustained_clock", language, name=name)
        strips.append((title, [part.clocks_mhz.get(name) for part in parts]))
    return [strip for strip in strips if any(value is not None for value in strip[1])]
