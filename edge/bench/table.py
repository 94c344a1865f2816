"""What `edge bench` measured, as a table for people."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rich.cells import cell_len

from edge.words import Language, word

_SECONDS = {"first_reading_s": "bench_first", "live_first_reading_s": "bench_live"}


def table(report: dict[str, Any], language: Language = "en") -> str:
    """The report (keys: edge/bench/window.py) for people."""
    lines = [word("bench_machine", language, bundle=report["bundle"], **report["machine"]), ""]
    heads = (word("bench_stage", language), "p50 ms", "p95 ms", word("bench_count", language))
    lines.append(_row(heads, (18, 9, 9, 6)))
    stages = {f"stage_{name.replace(' ', '_')}": stage for name, stage in report["stages"].items()}
    for key, stage in (*stages.items(), ("bench_stream", report["stream"])):
        cells = (word(key, language), f"{stage['p50_ms']:.2f}", f"{stage['p95_ms']:.2f}", str(stage["n"]))
        lines.append(_row(cells, (18, 9, 9, 6)))
    lines += ["", *_precisions(report, language), ""]
    values = {"bench_memory": (report["peak_memory_mb"], "MB")}
    values |= {title: (report[key], "s") for key, title in _SECONDS.items()}
    for title, (value, unit) in values.items():
        shown = word("bench_unmeasured", language) if value is None else f"{value:.2f} {unit}"
        lines.append(word("bench_line", language, title=word(title, language), value=shown))
    panel = report["panel"]
    numbers = {"p50": panel["p50_ms"], "p95": panel["p95_ms"], "cpu": panel["cpu_p50_ms"]}
    rates = {"share": panel["core_share"], "rate": panel["panels_per_s"]}
    lines.append(word("bench_panel", language, **numbers, **rates))
    return "\n".join(lines)


def _precisions(report: dict[str, Any], language: Language) -> Iterator[str]:
    """The networks in INT8 and in float, on one backend."""
    rows = {**report["models"], "bench_all": report["window"]}
    shown = [side for side in ("fp32", "fp16") if any(row[side] for row in rows.values())]
    floats = ", ".join(side.upper() for side in shown)
    widths = (10, 14, 14, *(10 for _ in shown), 11)
    yield word("bench_beside", language, floats=floats, engine=report["engine"])
    heads = (word("bench_model", language), word("bench_nodes", language), "INT8 ms")
    yield _row((*heads, *(f"{side.upper()} ms" for side in shown), "INT8/FP32"), widths)
    for name, row in rows.items():
        yield _row(
            (
                word("bench_fusion" if name == "fusion" else name, language),
                word("bench_of", language, part=row["int8_nodes"], whole=row["nodes"]),
                f"{row['int8']['p50_ms']:.2f}" if row["int8"] else word("bench_unmeasured", language),
                *(f"{row[side]['p50_ms']:.2f}" if row[side] else "-" for side in shown),
                f"{row['ratio']:.2f}" if row["ratio"] else "-",
            ),
            widths,
        )


def _row(cells: tuple[str, ...], widths: tuple[int, ...]) -> str:
    """The first cell to the left, the others to the right; a wide character counts as two."""
    first, *rest = cells
    pads = [" " * (width - cell_len(cell)) for cell, width in zip(cells, widths, strict=True)]
    return first + pads[0] + "".join(pad + cell for pad, cell in zip(pads[1:], rest, strict=True))
