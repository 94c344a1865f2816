"""What a site holds of a person: their recordings, and by what tables name them."""

from __future__ import annotations

import hashlib
import json
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from edge.bundle.folder import sha256
from edge.config import Site
from edge.errors import EdgeError
from edge.forget.cut import decoded, sheet
from edge.forget.traces import Traces, unshared
from edge.recording.keys import Secret, secret_from
from edge.recording.sealed import SUFFIX, is_sealed, media_suffix, open_media

TABLE, FACTS = "metadata.csv", "session.json"
FILMS = (".mkv", ".mp4", ".mov", ".webm", ".m4v", ".avi")
"""Recordings that may show somebody who does not speak."""
Chosen = Callable[[dict[str, str], Path], bool]
"""Whether a row of a table, columns in small letters, is to go; its file."""
Facts = dict[str, Any]
"""Of a session that is not cut into clips yet (edge/recording/session.py)."""


@dataclass(slots=True)
class Found:
    """Recordings to delete."""

    traces: Traces
    paths: list[Path] = field(default_factory=list)
    """Files to delete, whole sessions among them."""
    shared: int = 0
    """How many of them others can be heard or seen in as well."""


def roots(site: Site, settings: Path) -> list[Path]:
    """Folders that hold what a site keeps: that of its settings, and others that these name."""
    named = [settings.absolute().parent, recordings(site, settings)]
    named += [part.folder for part in (site.review, site.log) if part]
    found: list[Path] = []
    for folder in named:
        real = folder.resolve()
        if real.is_dir() and not any(real == one or one in real.parents for one in found):
            found.append(real)
    return found


def recordings(site: Site, settings: Path) -> Path:
    """The folder of what `edge record` records."""
    return settings.absolute().parent / site.record.folder


def of_person(site: Site, folders: Sequence[Path], traces: Traces) -> Found:
    """Recordings of a person. A clip somebody else speaks in stays, unless it may show the person."""

    def theirs(cells: dict[str, str], path: Path) -> bool:
        speaker = cells.get("speaker", "")
        if traces.is_person(speaker):
            return True
        if not traces.among(cells.get("subjects", "")):
            return False
        film = media_suffix(path) in FILMS
        return not speaker or (film and cells.get("faces", "") not in ("0", "1"))

    def session(facts: Facts) -> bool:
        return any(traces.is_person(str(subject)) for subject in facts["subjects"])

    return _found(site, folders, traces, theirs, session)


def of_age(site: Site, folders: Sequence[Path], old: Chosen, session: Callable[[Facts], bool]) -> Found:
    """Recordings that a rule names, whoever is in them."""
    return _found(site, folders, Traces(), old, session)


def _found(
    site: Site,
    folders: Sequence[Path],
    traces: Traces,
    chosen: Chosen,
    session: Callable[[Facts], bool],
) -> Found:
    found, kept, names = Found(traces), list[str](), list[str]()
    for table in _tables(folders):
        own = dict[str, dict[str, str]]()
        rest = set[str]()
        for cells in _rows(table):
            name = file_name(cells)
            if name and chosen(cells, table.parent / name):
                own[name] = cells
            else:
                rest.add(name)
        for name, cells in own.items():
            found.shared += _others(cells, traces) or name in rest
            if (path := table.parent / name).is_file():
                found.paths.append(path)
        names += own
        kept += rest - set(own)
    for path, facts in _sessions(folders):
        if session(facts):
            found.paths += sorted(other for other in path.parent.iterdir() if other != path)
            found.paths.append(path)  # last: without it nobody knows whose the rest is
            found.shared += len(facts["subjects"]) > 1
    plain = [name.removesuffix(SUFFIX) for name in names]
    short = unshared([*names, *plain], kept)
    traces = traces.joined(Traces(files=frozenset([*names, *plain]), short=short))
    found.traces = traces.joined(_fingerprints(found.paths, _secret(site)))
    return found


def file_name(cells: dict[str, str]) -> str:
    """The recording a row names, NFC, with / between folders."""
    return unicodedata.normalize("NFC", cells.get("file_name", "")).replace("\\", "/")


def _others(cells: dict[str, str], traces: Traces) -> bool:
    """Whether a row names somebody else as well."""
    people = {*cells.get("subjects", "").split(), cells.get("speaker", "")} - {""}
    return any(not traces.is_person(one) for one in people) and bool(traces.subject)


def _tables(folders: Sequence[Path]) -> Iterator[Path]:
    for folder in folders:
        yield from sorted(path for path in folder.rglob(TABLE) if path.is_file())


def _sessions(folders: Sequence[Path]) -> Iterator[tuple[Path, Facts]]:
    for folder in folders:
        for path in sorted(folder.rglob(FACTS)):
            try:
                facts = json.loads(path.read_bytes())
            except (OSError, ValueError):
                continue  # `edge record` names it
            if isinstance(facts, dict) and isinstance(facts.get("subjects"), list):
                yield path, facts


def _rows(table: Path) -> list[dict[str, str]]:
    text = decoded(table.read_bytes())
    found = sheet(text[0]) if text else None
    return [record.cells for record in found.records] if found else []


def _secret(site: Site) -> Secret | None:
    try:
        return secret_from(site.record.key_file, ask=False)
    except EdgeError:
        return None


def _fingerprints(paths: Sequence[Path], secret: Secret | None) -> Traces:
    """Digests and sizes of recordings, as they lie there and decrypted: copies are known by them."""
    digests, sizes = set[str](), set[int]()
    for path in paths:
        if not media_suffix(path) or path.name == FACTS:
            continue
        digests.add(sha256(path))
        sizes.add(path.stat().st_size)
        if is_sealed(path) and secret is not None:
            try:
                with open_media(path, secret) as file:
                    data = file.read()
            except (EdgeError, OSError):
                continue  # cut by a power loss, or of another key
            digests.add(hashlib.sha256(data).hexdigest())
            sizes.add(len(data))
    return Traces(digests=frozenset(digests), sizes=frozenset(sizes))
