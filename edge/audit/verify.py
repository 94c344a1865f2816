"""Whether a chain is whole and as it was written."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from edge.audit.anchor import START, Mark
from edge.audit.chain import Audit, follows, genuine, hash_of, parsed
from edge.errors import AuditError, InputError
from edge.system.disk import reason

HEAD = re.compile(r"([0-9]{1,12}):([0-9a-f]{16,64})")
"""As `edge audit show` prints it: number of the last entry and the first digits of its hash."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was found: the key of its words, their values."""

    key: str
    values: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a chain."""

    entries: int
    """Entries in a row from the first on that are as they were written."""
    head: str
    """number:hash of the last of them."""
    bad: Finding | None
    """The first thing that was changed, taken out, put in or cut; None: nothing."""
    notes: tuple[Finding, ...] = ()
    """What a power cut left; the next entry mends it."""


def verify(audit: Audit, head: str | None = None) -> Verdict:
    """Check every entry, its order, and the end against the anchors.

    head: one that was noted down before, which must be in the chain. Raises AuditError where there is no
    chain, no key, or the file cannot be read, and InputError for a head that is none.
    """
    wanted = HEAD.fullmatch(head) if head else None
    if head and not wanted:
        raise InputError.of("audit_head_form", head=head)
    if not audit.folder.is_dir() and audit.anchors.chain() is None:
        raise AuditError.of("audit_none", path=audit.folder)
    try:
        if not audit.folder.is_dir():
            return _checked(audit, [], b"", None)
        with audit.locked():
            data = audit.path.read_bytes() if audit.path.exists() else b""
            return _checked(audit, data.split(b"\n")[:-1], data.rpartition(b"\n")[2], wanted)
    except OSError as error:
        raise AuditError.of("audit_unreadable", path=audit.path, why=reason(error)) from error


def printable(mark: Mark) -> str:
    """The head for a notice board: the number of the last entry and 16 digits of its hash."""
    return f"{mark.seq}:{mark.head[:16]}"


def _checked(audit: Audit, lines: list[bytes], rest: bytes, wanted: re.Match[str] | None) -> Verdict:
    chain = audit.anchors.chain()
    if chain is None:
        if not lines and not rest:
            raise AuditError.of("audit_none", path=audit.folder)
        return Verdict(0, printable(Mark("", 0, START)), Finding("audit_no_anchors"))
    key = audit.anchors.key(chain)
    mark, marks = Mark(chain, 0, START), [Mark(chain, 0, START)]
    for number, line in enumerate(lines, 1):
        following = follows(line, key, mark)
        if following is None:
            return Verdict(mark.seq, printable(mark), _why(line, number, key))
        mark = following
        marks.append(mark)
    bad, notes = _end(audit, key, mark, marks, rest)
    if bad is None and wanted and not _holds(marks, wanted):
        bad = Finding("audit_head_other", {"head": wanted[0]})
    return Verdict(mark.seq, printable(mark), bad, notes)


def _why(line: bytes, number: int, key: bytes) -> Finding:
    """What is wrong with the first line that is not the next entry."""
    found = genuine(line, key)
    if found is not None:  # written as it stands, but elsewhere in the chain
        return Finding("audit_order", {"number": number, "seq": found["seq"]})
    return Finding("audit_changed" if parsed(line) else "audit_damaged", {"number": number})


def _end(
    audit: Audit, key: bytes, mark: Mark, marks: list[Mark], rest: bytes
) -> tuple[Finding | None, tuple[Finding, ...]]:
    """What the anchors say of the end, and what a power cut left there."""
    apart, here = audit.anchors.marks(key)
    known = apart or here
    if known is None:
        return Finding("audit_no_anchors"), ()
    whole = follows(rest, key, mark) or (hash_of(rest) == known.head and rest)
    if known.seq > mark.seq and not (whole and known.seq == mark.seq + 1):
        return Finding("audit_cut", {"there": mark.seq, "known": known.seq}), ()
    if known.seq <= mark.seq and marks[known.seq] != known:
        return Finding("audit_other_chain", {"seq": known.seq}), ()
    if mark.seq > known.seq + 1:
        return Finding("audit_anchor_old", {"there": mark.seq, "known": known.seq}), ()
    behind = here.seq if here else 0
    if apart and not (here is None and apart.seq <= 1) and (here is None or not 0 <= apart.seq - behind <= 1):
        return Finding("audit_anchor_here", {"path": audit.anchors.here}), ()
    notes = [Finding("audit_note_torn", {"seq": mark.seq})] if rest else []
    notes += [Finding("audit_note_behind", {"seq": mark.seq})] if mark.seq == known.seq + 1 else []
    return None, tuple(notes)


def _holds(marks: list[Mark], wanted: re.Match[str]) -> bool:
    seq = int(wanted[1])
    return seq < len(marks) and marks[seq].head.startswith(wanted[2])
