"""The receipt of a deletion: what, how much, when, and where the audit has it. No name, no pseudonym."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from pathlib import Path
from typing import Any

from edge.audit.chain import audit_of
from edge.config import Site
from edge.forget.bundles import Fitted
from edge.forget.journal import Case
from edge.system.documents import read_json
from edge.system.private import make_private, replacing, settle

FOLDER = "receipts"


@dataclass(frozen=True, slots=True)
class Receipt:
    """As its JSON file has it."""

    schema: int
    reason: str
    """wish or retention."""
    subject: str | None
    """Keyed hash of the pseudonym, as in the audit; None: without [policy], or of no single person."""
    began: str
    ended: str
    """ISO 8601 in the site's own zone."""
    files: int
    """Deleted whole."""
    bytes: int
    """Of these, and of what was cut out of others."""
    rows: int
    """Rows, lines and elements cut out of tables that stay."""
    areas: dict[str, dict[str, int]]
    """Folder of the site -> files, tables, rows, bytes."""
    checks: int
    """Checks of review queues."""
    consents: int
    """Rows of the file of consents."""
    settings: bool
    """Whether [review.consent] was taken out of site.toml."""
    shared: int
    """Recordings that showed others as well and went whole."""
    bundles: list[dict[str, Any]]
    """Bundles that the person went into (sure) or may have: what was fitted cannot be taken out."""
    left: list[str]
    """Files that name the person still: somebody must look."""
    audit: int | None
    """Number of the entry in the audit."""
    path: str = ""
    """Of the JSON file, below the folder of the site."""


_NAMES = {one.name for one in fields(Receipt)}


def write_receipt(
    site: Site, folder: Path, case: Case, bundles: Sequence[Fitted], left: Sequence[Path]
) -> Receipt:
    """Audit a deletion that is complete and write its receipt, once. Raises AuditError and OSError."""
    if (written := _written(folder / FOLDER, case)) is not None:
        return written
    ended = datetime.now().astimezone()
    made = _receipt(folder, case, bundles, left, ended.isoformat(timespec="seconds"))
    number, hashed = None, None
    if audit := audit_of(site):
        hashed = audit.hashed(case.traces.subject) if case.traces.subject else None
        facts = {name: getattr(made, name) for name in ("files", "bytes", "rows", "checks", "consents")}
        number = audit.append("deleted", reason=case.reason, subject=hashed, bundles=len(bundles), **facts)
    make_private(folder / FOLDER)
    path = _free(folder / FOLDER, f"{ended:%Y%m%d-%H%M%S}-{case.reason}")
    content = asdict(made) | {"audit": number, "subject": hashed, "path": f"{FOLDER}/{path.name}"}
    with replacing(path) as part:
        part.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        settle(part)
    settle(path.parent)
    return Receipt(**content)


def _written(folder: Path, case: Case) -> Receipt | None:
    """The receipt of a deletion that was stopped right after it."""
    for path in folder.glob("*.json"):
        found = read_json(path)
        if isinstance(found, dict) and found.get("began") == case.began and set(found) == _NAMES:
            return Receipt(**found)
    return None


def _receipt(
    folder: Path, case: Case, bundles: Sequence[Fitted], left: Sequence[Path], ended: str
) -> Receipt:
    areas: dict[str, dict[str, int]] = {}
    for done in case.files.values():
        row = areas.setdefault(done.area, {"files": 0, "tables": 0, "rows": 0, "bytes": 0})
        row["files"] += done.kind == "delete"
        row["tables"] += done.kind == "cut"
        row["rows"] += done.rows
        row["bytes"] += done.size
    if case.checks:
        row = areas.setdefault("review", {"files": 0, "tables": 0, "rows": 0, "bytes": 0})
        row["files"] += case.check_files
        row["bytes"] += case.check_bytes
    return Receipt(
        schema=1,
        reason=case.reason,
        subject=None,
        began=case.began,
        ended=ended,
        files=sum(row["files"] for row in areas.values()),
        bytes=sum(row["bytes"] for row in areas.values()),
        rows=sum(row["rows"] for row in areas.values()),
        areas={case.traces.without(name): row for name, row in sorted(areas.items())},
        checks=case.checks,
        consents=case.consents,
        settings=case.settings,
        shared=case.shared,
        bundles=[
            {"path": _below(one.path, folder), "name": one.name, "digest": one.digest, "sure": one.sure}
            for one in bundles
        ],
        left=[_below(path, folder) for path in left],
        audit=None,
    )


def _below(path: Path, folder: Path) -> str:
    return str(path.relative_to(folder)) if folder in path.parents else str(path)


def _free(folder: Path, stem: str) -> Path:
    number, path = 1, folder / f"{stem}.json"
    while path.exists():
        number += 1
        path = folder / f"{stem}-{number}.json"
    return path
