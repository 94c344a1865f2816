"""The course of a training, epoch by epoch: <folder>/<training>.jsonl, one object a line."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from edge.system.private import write_whole


@dataclass(frozen=True, slots=True)
class Epoch:
    """One whole epoch."""

    epoch: int
    """Counted from 1."""
    loss: float
    """Mean training loss."""
    score: float
    """How good the network was after it, 1 at best."""
    measure: str
    """What the score is and of whom, in words; what is held out was never trained on."""
    seconds: float
    """How long the epoch took."""
    ended: float
    """When it ended (seconds since 1970)."""
    device: str = ""
    """What it was trained on; empty: an earlier version did not say."""
    cpu_seconds: float | None = None
    """How long the processor beside a GPU would take, extrapolated; None without a GPU."""


def read_history(file: Path, epochs: int | None = None) -> list[Epoch]:
    """The first `epochs` of a training, or all; none where there is no file."""
    if not file.is_file():
        return []
    rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    # Finished trainings of an earlier version called every score held_out.
    return [Epoch(**{"score" if key == "held_out" else key: row[key] for key in row}) for row in rows][
        :epochs
    ]


def write_history(file: Path, epochs: Sequence[Epoch]) -> None:
    """Write whole or not at all."""
    write_whole(file, "".join(json.dumps(asdict(epoch)) + "\n" for epoch in epochs))
