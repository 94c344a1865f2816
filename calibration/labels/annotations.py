"""An annotation export of Label Studio (JSON): what each rater said of each clip, and nothing else of it.

An error names the place in the file and never repeats what stands there: it may be about people.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from calibration.labels.studio import CANNOT_TELL, CHOICE, Facts, facts_in
from edge.errors import DatasetError, InputError
from edge.system.disk import reason
from edge.system.documents import parse_json

LARGEST = 512 << 20
"""Of an export (bytes)."""


class _Person(BaseModel):
    id: int | None = None
    email: str | None = None


class _Annotation(BaseModel):
    model_config = ConfigDict(extra="ignore")

    id: int
    unique_id: str | None = None
    completed_by: int | _Person | None = None
    result: list[dict[str, Any]] = []
    was_cancelled: bool = False
    ground_truth: bool = False
    lead_time: float | None = None
    created_at: datetime
    updated_at: datetime | None = None


class _Task(BaseModel):
    model_config = ConfigDict(extra="ignore")

    data: dict[str, Any]
    annotations: list[_Annotation] = []


@dataclass(frozen=True, slots=True)
class Annotation:
    """What one rater said of one clip."""

    id: str
    """The same in every later export of the annotation."""
    clip: str
    """Digest of the clip."""
    rater: str
    """Pseudonym."""
    label: str
    """A label, cannot_tell, or empty where the rater skipped the clip."""
    lead_time_s: float | None
    """How long it took (seconds)."""
    created: datetime
    updated: datetime
    ground_truth: bool
    """Whether it says what is right, and is no rater's vote."""


def read_export(path: Path, rater: str | None = None) -> tuple[Facts, list[Annotation]]:
    """Facts of the project and all annotations. Raises DatasetError.

    rater: whose they are, where each has a server of an own; None: the users of the server.
    """
    project, tasks = _project(path)
    found = [
        _taken(path, number, one, str(task.data["clip"]), project, rater)
        for number, task in enumerate(tasks, 1)
        for one in task.annotations
    ]
    if not found:
        raise DatasetError.of("label_none_given", path=path, count=len(tasks))
    return project, found


def project_in(path: Path) -> Facts:
    """Facts of the one project that tasks are of. Raises DatasetError."""
    return _project(path)[0]


def pseudonym(completed_by: int | _Person | None) -> str:
    """What a rater is called: it hides who it is from a reader, not from who guesses it."""
    who: Any = completed_by
    if isinstance(completed_by, _Person):
        # The number is what an export without addresses has: both must give the same name.
        who = completed_by.id if completed_by.id is not None else (completed_by.email or "").casefold()
    return f"R-{hashlib.sha256(f'edge rater {who}'.encode()).hexdigest()[:6]}"


def _project(path: Path) -> tuple[Facts, list[_Task]]:
    tasks = [_task(path, number, said) for number, said in enumerate(_content(path), 1)]
    project: Facts | None = None
    for number, task in enumerate(tasks, 1):
        facts = facts_in(task.data)
        if facts is None or not isinstance(task.data.get("clip"), str):
            raise DatasetError.of("label_foreign", path=path, number=number)
        if project is not None and facts != project:
            raise DatasetError.of("label_two_projects", path=path, one=project.project, other=facts.project)
        project = facts
    if project is None:
        raise DatasetError.of("label_export_empty", path=path)
    return project, tasks


def _content(path: Path) -> list[Any]:
    try:
        if path.stat().st_size > LARGEST:
            raise InputError.of("too_large", limit=LARGEST >> 20)
        content = parse_json(path.read_bytes())
    except (OSError, InputError) as error:
        why = error if isinstance(error, InputError) else reason(error)
        raise DatasetError.of("label_export_unreadable", path=path, why=why) from error
    if not isinstance(content, list):
        raise DatasetError.of("label_export_form", path=path, number=1)
    return content


def _task(path: Path, number: int, said: Any) -> _Task:
    try:
        return _Task.model_validate(said)
    except ValidationError as error:
        where = ".".join(str(part) for part in error.errors()[0]["loc"] if isinstance(part, (str, int)))
        if where:
            raise DatasetError.of("label_export_field", path=path, number=number, where=where) from None
        raise DatasetError.of("label_export_form", path=path, number=number) from None


def _taken(
    path: Path, number: int, said: _Annotation, clip: str, facts: Facts, rater: str | None
) -> Annotation:
    choices = list(_choices(said.result))
    if len(choices) > 1 or (choices and choices[0] not in (*facts.labels, CANNOT_TELL)):
        key = "label_several" if len(choices) > 1 else "label_unknown"
        raise DatasetError.of(key, path=path, number=number, id=said.id, known=", ".join(facts.labels))
    created = _utc(said.created_at)
    return Annotation(
        said.unique_id or str(said.id),
        clip,
        rater or pseudonym(said.completed_by),
        "" if said.was_cancelled or not choices else choices[0],
        None if said.lead_time is None else round(said.lead_time, 1),
        created,
        max(created, _utc(said.updated_at or said.created_at)),
        said.ground_truth,
    )


def _choices(result: list[dict[str, Any]]) -> Iterator[str]:
    for part in result:
        value: Any = part.get("value")
        if part.get("from_name") == CHOICE and isinstance(value, Mapping):
            said = value.get("choices")
            yield from (str(one) for one in said) if isinstance(said, list) else ()


def _utc(moment: datetime) -> datetime:
    return moment.replace(tzinfo=timezone.utc) if moment.tzinfo is None else moment.astimezone(timezone.utc)
