"""The folder of a trial, for its owner alone.

criteria.toml    a copy of the criteria
events.csv       what people noted: from, to, what, person (or the Japanese names); they fill it in
start.json       when it was started, for which bundle, alarm and criteria (sha256); written last
runs.jsonl       each run with the sha256 of the criteria it ran under
readings/        readings-YYYYMMDD-NNN.jsonl (edge/sinks/files/jsonl.py)
review/          the queue of checks, where site.toml names none
"""

from __future__ import annotations

import hashlib
import json
import shutil
from dataclasses import asdict, dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from edge import __version__
from edge.bundle.folder import MANIFEST, Bundle, sha256
from edge.errors import InputError
from edge.labels import LabelFacts, Labels
from edge.reading.alarm import OperatingPoint
from edge.shadow.criteria import Criteria, read_criteria
from edge.system.private import make_private, open_private, replacing, write_whole
from edge.system.texts import json_text
from edge.words import Language

START, CRITERIA, EVENTS, RUNS, READINGS, REVIEW = (
    "start.json",
    "criteria.toml",
    "events.csv",
    "runs.jsonl",
    "readings",
    "review",
)
COLUMNS = {"en": ("from", "to", "what", "person"), "ja": ("開始", "終了", "内容", "氏名")}
"""Of events.csv."""


@dataclass(frozen=True, slots=True)
class Start:
    """What was fixed before anything was read."""

    started: str
    """ISO 8601, UTC."""
    criteria_sha256: str
    bundle: str
    bundle_sha256: str
    """Of its manifest."""
    labels: dict[str, dict[str, Any]]
    """Name -> what the bundle knows of it (edge/labels.py)."""
    hop_s: float
    """Time between readings (seconds)."""
    threshold: float
    suppression_s: float
    """Of the alarm (seconds)."""
    average_s: float | None
    review: str
    """Folder of the queue of checks."""

    @property
    def full_labels(self) -> Labels:
        """The labels of the bundle."""
        return Labels({name: LabelFacts(**facts) for name, facts in self.labels.items()})


@dataclass(frozen=True, slots=True)
class ShadowTrial:
    """A trial that was started."""

    folder: Path
    start: Start
    criteria: Criteria
    void: bool
    """Whether the criteria are no longer those it was started with."""


def begun(
    folder: Path, criteria: Path, bundle: Bundle, point: OperatingPoint, review: Path, language: Language
) -> ShadowTrial:
    """The trial of a folder, started if it was not; the start is written before anything is read.

    Raises InputError where it was started with other criteria, another bundle or alarm, and OSError.
    """
    asked = _start(criteria, bundle, point, review)
    read_criteria(criteria)
    if (folder / START).exists():
        trial = opened(folder)
        if trial.void or trial.start.criteria_sha256 != asked.criteria_sha256:
            raise InputError.of("shadow_criteria_other", folder=folder)
        if _fixed(trial.start) != _fixed(asked):
            raise InputError.of("shadow_other", folder=folder)
    else:
        if folder.is_dir() and any(
            path.name not in (CRITERIA, EVENTS) and not path.name.startswith(".edge-")
            for path in folder.iterdir()
        ):
            raise InputError.of("shadow_foreign", folder=folder)
        make_private(folder)
        with replacing(folder / CRITERIA) as part:
            shutil.copyfile(criteria, part)
        if not (folder / EVENTS).exists():
            write_whole(folder / EVENTS, ",".join(COLUMNS[language]) + "\n", "utf-8-sig")
        write_whole(folder / START, json.dumps(asdict(asked), indent=1, ensure_ascii=False) + "\n")
    for name in (READINGS, REVIEW):
        make_private(folder / name)
    return opened(folder)


def opened(folder: Path) -> ShadowTrial:
    """The trial of a folder. Raises InputError."""
    try:
        found = json.loads((folder / START).read_text("utf-8"))
        start = Start(**found)
        if not start.full_labels or not float(start.hop_s) > 0.0:
            raise ValueError
    except FileNotFoundError as error:
        raise InputError.of("shadow_none", folder=folder) from error
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise InputError.of("shadow_damaged", path=folder / START) from error
    kept = folder / CRITERIA
    under = {run["criteria_sha256"] for run in runs(folder) if "criteria_sha256" in run}
    now = sha256(kept) if kept.is_file() else ""
    return ShadowTrial(folder, start, read_criteria(kept), {now} | under != {start.criteria_sha256})


def runs(folder: Path) -> list[dict[str, Any]]:
    """What is written of each run; a torn line is passed over."""
    found = []
    path = folder / RUNS
    for line in path.read_text("utf-8", "replace").splitlines() if path.exists() else ():
        try:
            found.append(json.loads(line))
        except ValueError:
            continue
    return [run for run in found if isinstance(run, dict)]


def note_run(trial: ShadowTrial) -> None:
    """Write that a run begins. Raises OSError."""
    about = {"at": _now(), "criteria_sha256": trial.start.criteria_sha256, "version": __version__}
    with open_private(trial.folder / RUNS, "a", encoding="utf-8") as file:
        file.write(f"{json_text(about)}\n")


def _start(criteria: Path, bundle: Bundle, point: OperatingPoint, review: Path) -> Start:
    manifest = bundle.manifest
    labels = manifest.full_labels
    if not labels.negative:
        raise InputError.of("kpi_no_negative")
    return Start(
        started=_now(),
        criteria_sha256=hashlib.sha256(criteria.read_bytes()).hexdigest() if criteria.is_file() else "",
        bundle=manifest.name,
        bundle_sha256=sha256(bundle.folder / MANIFEST),
        labels={name: facts.model_dump(mode="json") for name, facts in labels.facts.items()},
        hop_s=manifest.hop_s,
        threshold=point.threshold,
        suppression_s=point.suppression_s,
        average_s=point.average_s,
        review=str(review.absolute()),
    )


def _fixed(start: Start) -> dict[str, Any]:
    """What no later run of a trial may change."""
    return {name: value for name, value in asdict(start).items() if name not in ("started", "review")}


def _now() -> str:
    return datetime.now(timezone.utc).isoformat(timespec="milliseconds")
