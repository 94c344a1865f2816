"""Bundles that a person went into: what was fitted cannot be taken out of them again."""

from __future__ import annotations

import json
import tarfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edge.bundle.folder import MANIFEST
from edge.bundle.site import person_digest
from edge.forget.traces import Traces

_LARGEST = 1 << 24  # bytes of a manifest


@dataclass(frozen=True, slots=True)
class Fitted:
    """One bundle."""

    path: Path
    name: str
    digest: str
    """Of its manifest; empty: of an old bundle."""
    sure: bool
    """Whether its manifest names the person; else it does not say who is in it."""


def fitted(folders: Sequence[Path], traces: Traces) -> list[Fitted]:
    """Bundles below some folders that the person went into, or may have."""
    digests = {person_digest(name) for name in (traces.subject, *traces.names)}
    found = []
    for path, manifest in _manifests(folders):
        site = manifest.get("site")
        recordings = site.get("recordings") if isinstance(site, dict) else None
        people = recordings.get("people") if isinstance(recordings, dict) else None
        if people and not digests & set(people):
            continue
        about = (str(manifest.get("name", "")), str(manifest.get("digest") or ""))
        found.append(Fitted(path, *about, sure=bool(people)))
    return found


def _manifests(folders: Sequence[Path]) -> Iterator[tuple[Path, dict[str, Any]]]:
    for folder in folders:
        for path in sorted(folder.rglob(MANIFEST)):
            if (manifest := _parsed(path.read_bytes())) is not None:
                yield path.parent, manifest
        for path in sorted(folder.rglob("*.tar")):
            if (manifest := _in_archive(path)) is not None:
                yield path, manifest


def _in_archive(path: Path) -> dict[str, Any] | None:
    try:
        with tarfile.open(path) as archive:
            for one in archive:
                if Path(one.name).name == MANIFEST and one.size < _LARGEST:
                    file = archive.extractfile(one)
                    return _parsed(file.read()) if file else None
    except (OSError, tarfile.TarError):
        pass
    return None


def _parsed(data: bytes) -> dict[str, Any] | None:
    try:
        found = json.loads(data)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) and "models" in found else None
