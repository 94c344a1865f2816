"""The audit: people listen to a sample of a round's pseudo-labels, and a bound on their precision decides."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from calibration.data.labels import OF_DROPPED
from calibration.data.table import Once, read_rows, shown
from edge.errors import DatasetError
from edge.labels import Labels, plain
from edge.starter_labels import STARTER
from edge.system.private import write_whole
from edge.system.texts import csv_line

Z = 1.96
"""Normal quantile of a 95 % interval."""
LEAST = 5
"""Clips of each label that are listened to, where there are as many."""
COLUMNS = ("clip", "file_name", "label", "verdict")
YES, NO = ("yes", "y", "はい", "○", "〇", "◯"), ("no", "n", "いいえ", "×", "✕")
"""Verdicts, without regard to case or width."""


@dataclass(frozen=True)
class AuditResult:
    """What people said about a sample."""

    heard: dict[str, int | None]
    """Clip -> the label it has by ear; None where it only is not the one given."""
    right: int
    n: int
    precision: float
    """Of the whole round, labels weighed as often as they were given, 0..1."""
    bound: float
    """Lower end of its 95 % interval."""


def wilson_lower(share: float, n: float, z: float = Z) -> float:
    """Lower bound of a share measured on n draws, 0..1 (Wilson 1927); 0 for none."""
    if n <= 0:
        return 0.0
    middle = share + z * z / (2 * n)
    spread = z * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return max(0.0, (middle - spread) / (1 + z * z / n))


def draw(labels: NDArray[np.int64], size: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Places of a sample of at most `size`, every label by its share and with at least LEAST, [m], shuffled.

    labels: [n].
    """
    counts = np.bincount(labels)
    wished = size * counts / max(1, len(labels))
    quota = np.minimum(counts, np.maximum(LEAST, np.floor(wished))).astype(int)
    while quota.sum() > size and quota.max() > 1:
        quota[quota.argmax()] -= 1
    while quota.sum() < min(size, len(labels)):
        quota[np.where(quota < counts, wished - quota, -np.inf).argmax()] += 1
    picked = [rng.permutation(np.flatnonzero(labels == label))[:count] for label, count in enumerate(quota)]
    return rng.permutation(np.concatenate(picked))


def bound_of(
    right: Mapping[int, int], asked: Mapping[int, int], given: Mapping[int, int]
) -> tuple[float, float]:
    """Precision of a round and its lower bound from a stratified sample, by label.

    right, asked: sampled clips. given: clips of the whole round. Each label's precision weighs as often as it
    was given; n is Kish's effective size (Kish 1965), which is the sample's where it is proportional.
    """
    total = sum(given.values())
    share = sum(given[c] / total * right.get(c, 0) / asked[c] for c in asked) if total else 0.0
    shrunk = sum((given[c] / total) ** 2 / asked[c] for c in asked) if total else 0.0
    return share, wilson_lower(share, 1.0 / shrunk if shrunk else 0.0)


def write_audit(path: Path, clips: Sequence[tuple[str, Path, int]], labels: Labels) -> None:
    """Write the sheet people fill in: clip, file, label given, an empty verdict. Never over another."""
    if path.exists():
        return
    rows = [COLUMNS, *((name, str(file.resolve()), labels[label], "") for name, file, label in clips)]
    write_whole(path, "".join(map(csv_line, rows)), "utf-8-sig")  # as spreadsheets want Japanese


def read_audit(
    path: Path, clips: Sequence[tuple[str, int]], given: Mapping[int, int], labels: Labels
) -> AuditResult | None:
    """Verdicts of a sheet; None while a verdict is missing.

    clips: hash and label of each clip that was drawn. given: see `bound_of`. Raises DatasetError for a sheet
    of other clips or a verdict that is neither yes, no nor a label.
    """
    rows, once = {}, Once()
    for row in read_rows(path, COLUMNS):
        once.take(row, row["clip"], plain(row["verdict"]))
        rows[row["clip"]] = row
    if sorted(rows) != sorted(name for name, _ in clips) or any(
        rows[name]["label"] != labels[label] for name, label in clips
    ):
        raise DatasetError.of("audit_other", path=path)
    heard: dict[str, int | None] = {}
    for name, label in clips:
        verdict = plain(rows[name]["verdict"])
        if not verdict:
            continue
        if (found := labels.find(verdict)) is not None:
            heard[name] = labels.index(found)
        elif verdict in (*YES, *NO, *OF_DROPPED) or STARTER.find(verdict) is not None:
            heard[name] = label if verdict in YES else None
        else:
            said = shown(rows[name]["verdict"])
            raise rows[name].refused("audit_verdict", said=said, known=labels.choice)
    return audit_result(heard, clips, given) if len(heard) == len(clips) else None


def unanswered(path: Path) -> int:
    """Rows without a verdict. Raises DatasetError."""
    return sum(not row["verdict"] for row in read_rows(path, COLUMNS))


def audit_result(
    heard: Mapping[str, int | None], clips: Sequence[tuple[str, int]], given: Mapping[int, int]
) -> AuditResult:
    """Precision and bound of a sample that was listened to; arguments as of `read_audit`."""
    asked = dict.fromkeys((label for _, label in clips), 0)
    right = dict(asked)
    for name, label in clips:
        asked[label] += 1
        right[label] += heard[name] == label
    share, bound = bound_of(right, asked, given)
    return AuditResult(dict(heard), sum(right.values()), len(clips), share, bound)
