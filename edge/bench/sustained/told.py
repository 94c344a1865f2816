"""What `edge bench --sustained` found: for people, as JSON and as CSV.

Keys of the JSON; what a machine cannot tell is null:

    bundle, engine, machine     as in edge/bench/window.py
    sustained                   whether it may be called so
    refused                     why not, a line each; unread: what the machine does not tell, a line each
    asked_s, ran_s, windows     how long it was to run, how long it did, windows read
    first, last, rows[]         stretches: start_s, end_s, windows, p50_ms, p95_ms, p99_ms, energy_mj (of a
                                window), power_w, hottest_c, clocks_mhz {name: mean}, throttled, power_mode
    meter                       what measured the energy
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from typing import Any

from rich.cells import cell_len

from edge.bench.sustained.run import Part, Run, refusals, unread
from edge.words import Language, word

MEASURES: dict[str, tuple[str, Callable[[Part], float | None]]] = {
    "p50": (".2f", lambda part: part.p50_ms),
    "p95": (".2f", lambda part: part.p95_ms),
    "p99": (".2f", lambda part: part.p99_ms),
    "rate": (".1f", lambda part: part.windows / (part.end - part.start) if part.end > part.start else None),
    "energy": (".1f", lambda part: part.energy_mj),
    "power": (".2f", lambda part: part.power_w),
    "hottest": (".1f", lambda part: part.hottest_c),
}
"""Name -> how it is written, and its value in a stretch."""


def length(seconds: float, language: Language) -> str:
    """A time for people: 45 s, 30 min, 1.5 h."""
    if seconds < 120.0:
        return word("sustained_seconds", language, count=f"{seconds:.3g}")
    if seconds < 7200.0:
        return word("sustained_minutes", language, count=f"{seconds / 60:.3g}")
    return word("sustained_hours", language, count=f"{seconds / 3600:.3g}")


def compared(run: Run, language: Language) -> Iterator[tuple[str, str, str, str]]:
    """A measure, its values at the beginning and at the end, and what changed."""
    first, last = run.first, run.last
    for name, (form, value) in MEASURES.items():
        yield _row(word(f"sustained_{name}", language), value(first), value(last), form, language)
    for name in run.samples[0].clocks:
        title = word("sustained_clock", language, name=name)
        yield _row(title, first.clocks_mhz.get(name), last.clocks_mhz.get(name), ".0f", language)
    slowed = _yes(first.throttled, language), _yes(last.throttled, language)
    yield (word("sustained_throttled", language), *slowed, "")
    unknown = word("bench_unmeasured", language)
    yield (word("sustained_mode", language), first.mode or unknown, last.mode or unknown, "")


def _row(
    title: str, first: float | None, last: float | None, form: str, language: Language
) -> tuple[str, str, str, str]:
    shown = [word("bench_unmeasured", language) if v is None else format(v, form) for v in (first, last)]
    if first is None or last is None:
        return title, shown[0], shown[1], ""
    if title == word("sustained_hottest", language):
        return title, shown[0], shown[1], f"{last - first:+.1f}"
    change = (
        round(100.0 * (last - first) / first, 1) + 0.0 if first else None
    )  # + 0.0: no minus before a zero
    return title, shown[0], shown[1], "" if change is None else f"{change:+.1f} %"


def _yes(value: bool | None, language: Language) -> str:
    return word({None: "bench_unmeasured", True: "sustained_yes", False: "sustained_no"}[value], language)


def heads(run: Run, language: Language) -> tuple[str, str, str, str]:
    """Titles of the columns of `compared`."""
    span = length(run.first.end, language)
    ends = word("sustained_first", language, span=span), word("sustained_last", language, span=span)
    return (word("sustained_measure", language), *ends, word("sustained_change", language))


def verdict(run: Run, language: Language) -> str:
    """One line: whether it may be called sustained."""
    key = "sustained_refused" if refusals(run) else "sustained_held"
    return word(key, language, ran=length(run.ran_s, language))


def intro(run: Run, language: Language) -> str:
    """What was run."""
    values = {"ran": length(run.ran_s, language), "count": len(run.took_ms), "engine": run.engine}
    return word("sustained_intro", language, **values)


def told(run: Run, language: Language) -> str:
    """The run for people, on a terminal."""
    lines = [word("bench_machine", language, bundle=run.bundle, **run.machine), intro(run, language), ""]
    table = [heads(run, language), *compared(run, language)]
    widths = [max(cell_len(row[column]) for row in table) + 2 for column in range(4)]
    for row in table:
        cells = [row[0] + " " * (widths[0] - cell_len(row[0]))]
        cells += [" " * (widths[i] - cell_len(row[i])) + row[i] for i in (1, 2, 3)]
        lines.append("".join(cells).rstrip())
    lines += ["", verdict(run, language)]
    lines += [word("sustained_item", language, text=one.told(language)) for one in refusals(run)]
    if lacking := unread(run):
        lines += ["", word("sustained_unread", language)]
        lines += [word("sustained_item", language, text=one.told(language)) for one in lacking]
    return "\n".join(lines)


def as_dict(run: Run) -> dict[str, Any]:
    """The run for programs."""
    return {
        "bundle": run.bundle,
        "engine": run.engine,
        "machine": run.machine,
        "sustained": not refusals(run),
        "refused": [str(one) for one in refusals(run)],
        "unread": [str(one) for one in unread(run)],
        "asked_s": run.asked_s,
        "ran_s": round(run.ran_s, 3),
        "windows": len(run.took_ms),
        "first": _stretch(run.first),
        "last": _stretch(run.last),
        "rows": [_stretch(part) for part in run.rows()],
        "meter": run.meter,
    }


def as_csv(run: Run) -> str:
    """A row for each few seconds; an empty cell: nothing came or the machine does not tell."""
    clocks = list(run.samples[0].clocks)
    names = [name for name in _stretch(run.first) if name != "clocks_mhz"]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([*names, *(f"{name}_mhz" for name in clocks)])
    for part in run.rows():
        row = _stretch(part)
        writer.writerow([*(row[name] for name in names), *(row["clocks_mhz"].get(name) for name in clocks)])
    return text.getvalue()


def _stretch(part: Part) -> dict[str, Any]:
    def short(value: float | None) -> float | None:
        return None if value is None else round(value, 3)

    return {
        "start_s": short(part.start),
        "end_s": short(part.end),
        "windows": part.windows,
        "p50_ms": short(part.p50_ms),
        "p95_ms": short(part.p95_ms),
        "p99_ms": short(part.p99_ms),
        "energy_mj": short(part.energy_mj),
        "power_w": short(part.power_w),
        "hottest_c": short(part.hottest_c),
        "throttled": None if part.throttled is None else int(part.throttled),
        "power_mode": part.mode,
        "clocks_mhz": {name: round(value, 1) for name, value in part.clocks_mhz.items()},
    }
