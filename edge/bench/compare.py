"""INT8 beside what a user would pick instead: the networks of one window, in turn, in one run.

Keys under "compare" in bench.json; null where this machine cannot measure it ("not measured" in the table):

    rows      {row: {title, missing: why it was not measured or null, one_thread: {p50_ms, p95_ms, p99_ms, n},
              cpu_ms: processor time of a window, one thread, which a busy machine changes least,
              windows_per_s: {"1", "2": by threads}, peak_memory_mb: of the row's own process, one thread,
              size_mb, int8_nodes, nodes, energy_mj: a window, one thread}}
    energy    what measured the energy, or null
    cheaper   {whisper, whisper_30s: this encoder and `fer` over `int8`, by cpu_ms}

Each row is a process (edge/bench/rivals.py). All of them wait while one works, a few windows at a time.
"""

from __future__ import annotations

import contextlib
import json
import subprocess
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from edge.app import starter_bundle
from edge.bench.energy import Meter, find_meter
from edge.bench.precisions import write_float_copies
from edge.bench.window import spread
from edge.bundle.folder import open_bundle
from edge.errors import InputError
from edge.system import child
from edge.system.threads import unlimited
from edge.words import Language, asked_language, word

ROWS = (
    "int8",
    "fp32",
    "trt_int8",
    "trt_fp16",
    "trt_fp32",
    "eager",
    "fer",
    "whisper",
    "whisper_30s",
)
"""The rows; what each is stands in the table of words."""
MODULES = {"eager": "export.judge.eager"}
"""Rows whose child lives elsewhere: started by name in a process of its own, never imported here."""
TURNS = {1: 20, 2: 10}
"""Threads -> turns of each row."""
WINDOWS = 5
"""Windows a turn."""
CHILD_LIMIT_S = 120.0
"""A row that takes longer to start or for one turn is not measured (seconds)."""
COMPILING_S = 3600.0
"""The same for the start of a row that TensorRT compiles (seconds)."""


def compare(
    bundle: Path | None = None, whisper: Path | None = None, turns: Mapping[int, int] = TURNS
) -> dict[str, Any]:
    """Measure a bundle (default: the starter) beside its rivals; returns the keys above.

    whisper: folder with Whisper-tiny for CTranslate2. Raises BundleError, InputError.
    """
    if whisper is not None and not (whisper / "model.bin").is_file():
        raise InputError.of("whisper_folder", folder=whisper)
    opened = open_bundle(bundle or starter_bundle())
    found: dict[int, dict[str, _Row]] = {}
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        models = {
            "int8": {name: str(opened.path(name)) for name in opened.manifest.models},
            "fp32": {name: str(path) for name, path in write_float_copies(opened, Path(folder)).items()},
        }
        meter = find_meter()
        if meter is not None:
            stack.enter_context(meter)
        for threads, count in turns.items():
            asked = {"bundle": str(opened.folder), "threads": threads, "whisper": whisper and str(whisper)}
            children = {
                row: [MODULES.get(row, "edge.bench.rivals"), asked | {"row": row, "models": models.get(row)}]
                for row in ROWS
            }
            found[threads] = _in_turn(children, count, meter)
    rows = {
        row: _summary(word(row, "en"), {threads: found[threads][row] for threads in found}) for row in ROWS
    }
    return {"rows": rows, "energy": meter.name if meter else None, "cheaper": _cheaper(rows)}


@dataclass(slots=True)
class _Row:
    """What one row's process said."""

    about: dict[str, Any] = field(default_factory=dict)
    ms: list[float] = field(default_factory=list)
    cpu_ms: float = 0.0
    peak_mb: float | None = None
    joules: float | None = None


def _in_turn(children: Mapping[str, Sequence[Any]], turns: int, meter: Meter | None) -> dict[str, _Row]:
    """Start every row's child, then let them work in turn."""
    rows: dict[str, _Row] = {}
    with ExitStack() as stack:
        running = {}
        for name, (module, asked) in children.items():
            running[name] = stack.enter_context(_child(module, asked))
            limit = COMPILING_S if name.startswith("trt_") else CHILD_LIMIT_S
            rows[name] = _Row(running[name].ask(None, limit))
        for _ in range(turns):
            for name, row in rows.items():
                if "missing" in row.about:
                    continue
                before = _joules(meter)
                said = running[name].ask(WINDOWS)
                after = _joules(meter)
                if "missing" in said:
                    row.about = said
                    continue
                row.ms += said["ms"]
                row.cpu_ms += said["cpu_ms"]
                row.peak_mb = said["peak_mb"]
                if before is not None and after is not None:
                    row.joules = (row.joules or 0.0) + after - before
    return rows


class _Child:
    """A row's process and its answers."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def ask(self, windows: int | None, limit: float | None = None) -> dict[str, Any]:
        """Its next answer; {"missing": why} when it died or hangs. None: only listen. limit: in seconds."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        timer = threading.Timer(limit or CHILD_LIMIT_S, self._process.kill)
        timer.start()
        try:
            if windows is not None:
                self._process.stdin.write(f"{windows}\n")
                self._process.stdin.flush()
            line = self._process.stdout.readline()
            return dict(json.loads(line))
        except (OSError, ValueError):
            return {"missing": self._why()}
        finally:
            timer.cancel()

    def _why(self) -> str:
        """Why it died: the last line it wrote to stderr."""
        assert self._process.stderr is not None
        self._process.kill()
        last = self._process.stderr.read().strip().splitlines()[-1:]
        if not last:
            return word("rival_stopped", asked_language())
        needed = last[0].partition("No module named ")[2].strip("'")
        if needed:
            return word("rival_extra", asked_language(), package=needed, extra="export")
        return last[0][:200]


@contextmanager
def _child(module: str, asked: Mapping[str, Any]) -> Iterator[_Child]:
    pipe = subprocess.PIPE
    command = child.command(module, json.dumps(asked))
    environment = unlimited(child.environment()) | {"OPENBLAS_NUM_THREADS": "1"}  # numpy takes one
    with subprocess.Popen(
        command, env=environment, stdin=pipe, stdout=pipe, stderr=pipe, text=True
    ) as process:
        try:
            yield _Child(process)
        finally:
            process.kill()
            with contextlib.suppress(OSError):
                process.communicate()


def _joules(meter: Meter | None) -> float | None:
    try:
        return meter.joules() if meter else None
    except OSError:
        return None


def _summary(row: str, found: Mapping[int, _Row]) -> dict[str, Any]:
    one = found[1]
    return {
        "title": word(f"row_{row}", "en"),
        "missing": one.about.get("missing"),
        "one_thread": spread(one.ms) if one.ms else None,
        "cpu_ms": round(one.cpu_ms / len(one.ms), 3) if one.ms else None,
        "windows_per_s": {
            str(threads): round(1000.0 * len(row.ms) / sum(row.ms), 1) if row.ms else None
            for threads, row in found.items()
        },
        "peak_memory_mb": one.peak_mb,
        "size_mb": round(one.about["size_mb"], 2) if one.about.get("size_mb") else None,
        "int8_nodes": one.about.get("int8_nodes"),
        "nodes": one.about.get("nodes"),
        "energy_mj": round(1000.0 * one.joules / len(one.ms), 2) if one.joules is not None else None,
    }


def _cheaper(rows: Mapping[str, Any]) -> dict[str, float | None]:
    own, face = rows["int8"]["cpu_ms"], rows["fer"]["cpu_ms"]
    sounds = {row: rows[row]["cpu_ms"] for row in ("whisper", "whisper_30s")}
    return {
        row: round((sound + face) / own, 2) if sound and face and own else None
        for row, sound in sounds.items()
    }


def markdown(report: Mapping[str, Any], language: Language = "en") -> str:
    """What a report of `edge bench --compare` comes to: the table in the README."""
    found = report["compare"]
    lines = [
        word("compare_machine", language, bundle=report["bundle"], **report["machine"]),
        "",
        word("compare_head", language),
        "|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    titles = {name: word(f"row_{name}", language) for name in found["rows"]}
    for name, row in found["rows"].items():
        times = row["one_thread"] or {}
        known = row["nodes"] is not None
        cells = [
            *(times.get(f"p{q}_ms") for q in (50, 95, 99)),
            row["cpu_ms"],
            *(row["windows_per_s"].get(threads) for threads in ("1", "2")),
            *(row[key] for key in ("peak_memory_mb", "size_mb")),
            word("bench_of", language, part=row["int8_nodes"], whole=row["nodes"]) if known else None,
            row["energy_mj"],
        ]
        texts = (word("bench_unmeasured", language) if cell is None else str(cell) for cell in cells)
        lines.append(f"| {' | '.join((titles[name], *texts))} |")
    lines += ["", *(_line(found, row, language) for row in found["cheaper"])]
    if panel := report.get("panel"):
        numbers = {"p50": panel["p50_ms"], "cpu": panel["cpu_p50_ms"]}
        rates = {"share": panel["core_share"], "rate": panel["panels_per_s"]}
        lines.append(word("compare_panel", language, **numbers, **rates))
    for name, row in found["rows"].items():
        if row["missing"]:
            missing = word("compare_missing", language, title=titles[name], why=row["missing"])
            lines.append(f"\n{missing}")
    return "\n".join(lines)


def _line(found: Mapping[str, Any], row: str, language: Language) -> str:
    rival, times = word(f"rival_{row}", language), found["cheaper"][row]
    if times is None:
        return word("compare_cheaper_unknown", language, rival=rival)
    return word("compare_cheaper", language, times=times, rival=rival)
