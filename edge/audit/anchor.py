"""How far a chain reaches, kept in two places under a key, so that a cut end is noticed.

FOLDER/anchor.json       {"chain", "head", "mac", "seq"}; travels with the chain
KEYS/<place>.json        the same, against an older copy of the whole folder; place: from its path
KEYS/<chain>.key         64 hexadecimal digits, for its owner alone
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import re
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from edge.errors import AuditError, InputError
from edge.system.documents import read_json
from edge.system.private import make_private, open_private, replacing, settle

ANCHOR = "anchor.json"
START = "0" * 64
"""What the first entry has in place of the hash of the one before."""
_CHAIN = re.compile(r"[0-9a-f]{16}")


@dataclass(frozen=True, slots=True)
class Mark:
    """The end of a chain."""

    chain: str
    """Its number, 16 hexadecimal digits."""
    seq: int
    """Of the last entry; 0: none is written yet."""
    head: str
    """sha256 of its line."""


def canonical(value: Any) -> str:
    """JSON of one line, the same for the same value."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)


def mac_of(key: bytes, value: Any) -> str:
    """HMAC-SHA256 over its canonical JSON."""
    return hmac.new(key, canonical(value).encode(), "sha256").hexdigest()


def default_keys() -> Path:
    """The state folder of the service, else of the user."""
    service = os.environ.get("STATE_DIRECTORY", "").split(":")[0]
    if service:
        return Path(service) / "audit-keys"
    home = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(home) / "edge" / "audit-keys"


class Anchors:
    """The two marks and the key of the chain in a folder. keys: where key and second mark are kept."""

    def __init__(self, folder: Path, keys: Path | None = None) -> None:
        self.keys = keys or default_keys()
        self.here = folder / ANCHOR
        place = hashlib.sha256(str(folder.resolve()).encode("utf-8", "surrogateescape")).hexdigest()[:16]
        self.apart = self.keys / f"{place}.json"

    def chain(self) -> str | None:
        """The number of the chain that the marks name; None without any mark."""
        for path in (self.apart, self.here):
            found = _read(path)
            if found and _CHAIN.fullmatch(str(found.get("chain"))):
                return str(found["chain"])
        return None

    def key(self, chain: str) -> bytes:
        """The key of a chain. Raises AuditError where it is not here."""
        path = self.keys / f"{chain}.key"
        try:
            return bytes.fromhex(path.read_text("ascii").strip())
        except (OSError, ValueError) as error:
            raise AuditError.of("audit_no_key", path=path) from error

    def begin(self) -> tuple[bytes, Mark]:
        """The key and the mark of a new chain without entries, on the disk when this returns."""
        make_private(self.keys)
        mark, key = Mark(secrets.token_hex(8), 0, START), secrets.token_bytes(32)
        with open_private(self.keys / f"{mark.chain}.key", "x", encoding="ascii") as file:
            file.write(key.hex() + "\n")
            file.flush()
            os.fsync(file.fileno())
        _write(self.apart, mark, key)
        return key, mark

    def marks(self, key: bytes) -> tuple[Mark | None, Mark | None]:
        """The mark apart and the one in the folder; None where it is missing or not of this key."""
        return _mark(self.apart, key), _mark(self.here, key)

    def note(self, mark: Mark, key: bytes) -> None:
        """Keep a mark in both places, first apart; on the disk when this returns. Raises OSError."""
        _write(self.apart, mark, key)
        _write(self.here, mark, key)


def _read(path: Path) -> dict[str, Any] | None:
    try:
        found = read_json(path)
    except InputError:
        return None
    return found if isinstance(found, dict) else None


def _mark(path: Path, key: bytes) -> Mark | None:
    found = _read(path) or {}
    mac = found.pop("mac", None)
    if not isinstance(mac, str) or not hmac.compare_digest(mac.encode(), mac_of(key, found).encode()):
        return None
    return Mark(**found)


def _write(path: Path, mark: Mark, key: bytes) -> None:
    body = asdict(mark)
    with replacing(path) as part:
        part.write_text(canonical(body | {"mac": mac_of(key, body)}) + "\n", encoding="ascii")
        settle(part)
    settle(path.parent)
