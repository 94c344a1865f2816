"""An append-only chain of what was done at a site: JSON lines, each with the hash of the one before.

FOLDER/chain.jsonl, one entry a line, canonical JSON (keys sorted, no spaces, ASCII):

before   sha256 of the line before, without its newline; zeros of the first
event    run_started, recorded, exported, deleted, ... (edge/words/site/audit.py)
facts    name -> text, number or null; never the name of a person
mac      HMAC-SHA256 over the rest of the entry, by a key that is kept apart (edge/audit/anchor.py)
seq      1, 2, 3, ...
time     ISO 8601 in the site's own time zone

An entry is on the disk before the anchors name it. So a power cut leaves a torn last line, or one whole entry
that the anchors do not know yet; the next append takes the first away and the second on. What was changed by
hand is never written over: an append goes on from the anchor, and the gap stays.
"""

from __future__ import annotations

import hashlib
import hmac
import io
import json
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edge.audit.anchor import Anchors, Mark, canonical, mac_of
from edge.errors import AuditError
from edge.sinks.files.lines import append, mend
from edge.system.disk import reason
from edge.system.private import make_private, open_private, settle

if TYPE_CHECKING:
    from edge.config import Site

if sys.platform != "win32":
    import fcntl

CHAIN, LOCK = "chain.jsonl", ".lock"
LONGEST = 400
"""Characters of a fact; what is longer is cut."""
_TAIL = 1 << 18
"""More than any line takes (bytes): every fact cut, every character an escape of six."""

Fact = str | int | float | None


class Audit:
    """The chain of one folder; several processes may append to it at once.

    folder: made with the first entry. keys: folder of the key and the second anchor; None: the state folder
    of the service or the user.
    """

    def __init__(self, folder: Path, keys: Path | None = None) -> None:
        self.folder, self.anchors = folder, Anchors(folder, keys)

    @property
    def path(self) -> Path:
        """The file of the chain."""
        return self.folder / CHAIN

    def append(self, event: str, **facts: Fact) -> int:
        """Add an entry, on the disk when this returns; its number. Raises AuditError."""
        try:
            with self.locked():
                key, mark = self._end()
                if mark.seq == 0:
                    mark = self._add(key, mark, "begun", {"chain": mark.chain})
                return self._add(key, mark, event, facts).seq
        except OSError as error:
            raise AuditError.of("audit_unwritable", path=self.folder, why=reason(error)) from error

    def hashed(self, text: str) -> str:
        """What stands for the name or pseudonym of a person in facts: the same for the same text.

        16 hexadecimal digits of an HMAC by the key of the chain. Raises AuditError.
        """
        try:
            with self.locked():
                key, _ = self._end()
        except OSError as error:
            raise AuditError.of("audit_unwritable", path=self.folder, why=reason(error)) from error
        return mac_of(key, ["subject", text])[:16]

    def entries(self) -> list[dict[str, Any]]:
        """All entries that can be read, oldest first; edge/audit/verify.py says whether they are whole."""
        try:
            lines = self.path.read_bytes().split(b"\n")
        except OSError:
            return []
        return [found for line in lines if (found := parsed(line)) is not None]

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Hold the chain against other processes and threads; waits for them. Raises OSError."""
        make_private(self.folder)
        descriptor = os.open(self.folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            if sys.platform != "win32":
                fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def _end(self) -> tuple[bytes, Mark]:
        """The key, and the end to go on from: that of the anchor, or the one entry it does not know yet."""
        chain = self.anchors.chain()
        if chain is None:
            if self.path.exists() and self.path.stat().st_size:
                raise AuditError.of("audit_no_anchor", path=self.folder)
            return self.anchors.begin()
        key = self.anchors.key(chain)
        apart, here = self.anchors.marks(key)
        mark = apart or here
        if mark is None:
            raise AuditError.of("audit_no_anchor", path=self.folder)
        if self.path.exists():
            known = mark
            mend(self.path, lambda line: hash_of(line) == known.head or bool(follows(line, key, known)))
            mark = follows(_last_line(self.path), key, known) or known
        return key, mark

    def _add(self, key: bytes, mark: Mark, event: str, facts: Mapping[str, Fact]) -> Mark:
        entry = {
            "before": mark.head,
            "event": event,
            "facts": {
                name: fact[:LONGEST] if isinstance(fact, str) else fact for name, fact in facts.items()
            },
            "seq": mark.seq + 1,
            "time": datetime.now().astimezone().isoformat(timespec="seconds"),
        }
        line = canonical(entry | {"mac": mac_of(key, entry)}).encode()
        with open_private(self.path, "ab", buffering=0) as file:
            assert isinstance(file, io.FileIO)
            append(file, line + b"\n")
            os.fsync(file.fileno())
        settle(self.folder)
        mark = Mark(mark.chain, mark.seq + 1, hash_of(line))
        self.anchors.note(mark, key)
        return mark


def audit_of(site: Site) -> Audit | None:
    """The chain of a site; None where its settings have no [policy]."""
    return Audit(site.policy.audit, site.policy.audit_keys) if site.policy else None


def hash_of(line: bytes) -> str:
    """sha256 of a line without its newline."""
    return hashlib.sha256(line).hexdigest()


def parsed(line: bytes) -> dict[str, Any] | None:
    """The entry of a line; None where it is none."""
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return None
    kinds = {"before": str, "event": str, "facts": dict, "mac": str, "seq": int, "time": str}
    if not isinstance(found, dict) or set(found) != set(kinds):
        return None
    return found if all(type(found[name]) is kind for name, kind in kinds.items()) else None


def genuine(line: bytes, key: bytes) -> dict[str, Any] | None:
    """The entry of a line that was written by the holder of the key, byte for byte; else None."""
    found = parsed(line)
    if found is None:
        return None
    rest = {name: value for name, value in found.items() if name != "mac"}
    try:
        whole = canonical(found).encode() == line
        fits = hmac.compare_digest(found["mac"].encode("utf-8", "replace"), mac_of(key, rest).encode())
    except ValueError:  # a number that is none
        return None
    return found if whole and fits else None


def follows(line: bytes, key: bytes, mark: Mark) -> Mark | None:
    """The end of a chain once a line is taken on; None where the line is not its next entry."""
    found = genuine(line, key)
    if found is None or found["seq"] != mark.seq + 1 or found["before"] != mark.head:
        return None
    return Mark(mark.chain, mark.seq + 1, hash_of(line))


def _last_line(path: Path) -> bytes:
    with path.open("rb") as file:
        end = file.seek(0, os.SEEK_END)
        file.seek(max(0, end - _TAIL))
        return file.read().rstrip(b"\n").rpartition(b"\n")[2]
