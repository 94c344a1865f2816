"""The key of a site's recordings: from a file, the environment or a prompt. It encrypts the keys of files."""

from __future__ import annotations

import getpass
import hashlib
import hmac
import os
import re
import secrets
import stat
import sys
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from edge.errors import InputError
from edge.system.disk import reason
from edge.system.documents import read_toml
from edge.system.private import FILE, open_private
from edge.words import asked_language, word

KEY, KEY_FILE = "EDGE_RECORD_KEY", "EDGE_RECORD_KEY_FILE"
"""Environment: 64 hexadecimal digits or a passphrase; the path of a key file."""
SALT = 16
"""Bytes of salt that a passphrase is hashed with."""
NO_SALT = bytes(SALT)
"""Stands where the key is no passphrase's."""
# Folders above a recording that are searched for site.toml: held-out faces of an export lie six below.
_LEVELS = 8
_SOURCES: dict[Path, Path] = {}  # file made of a recording -> that recording
_HEX = re.compile(r"[0-9a-fA-F]{64}")


@dataclass(frozen=True, slots=True)
class Secret:
    """A key of 32 bytes, or a passphrase that becomes one with a salt."""

    key: bytes | None = None
    passphrase: str | None = None

    def of(self, salt: bytes) -> bytes | None:
        """The key of files with this salt; None where they were encrypted with the other kind of secret."""
        if salt == NO_SALT:
            return self.key
        return None if self.passphrase is None else _hashed(self.passphrase, salt)

    def salt(self) -> bytes:
        """What new files are to be salted with, the same while this process lasts."""
        return NO_SALT if self.passphrase is None else _salt()


def key_id(key: bytes) -> bytes:
    """8 bytes that tell keys apart and say nothing of them."""
    return hmac.new(key, b"edge record key", hashlib.sha256).digest()[:8]


def make_key_file(path: Path) -> None:
    """Write a new key, readable for its owner alone. Raises InputError, also where a file is there."""
    try:
        with open_private(path, "x", FILE) as file:
            file.write(secrets.token_bytes(32).hex() + "\n")
    except FileExistsError:
        raise InputError.of("record_key_there", path=path) from None
    except OSError as error:
        raise InputError.of("file_unwritable", path=path, why=reason(error)) from error


def read_key_file(path: Path) -> Secret:
    """The key in a file. Raises InputError where it is missing, open to others or holds none."""
    try:
        mode = path.stat().st_mode
        if stat.S_IMODE(mode) & 0o077:
            raise InputError.of("record_key_open", path=path)
        said = path.read_text(encoding="ascii", errors="replace").strip()
    except OSError as error:
        raise InputError.of("record_key_unread", path=path, why=reason(error)) from error
    if not _HEX.fullmatch(said):
        raise InputError.of("record_key_form", path=path)
    return Secret(bytes.fromhex(said))


def secret_from(key_file: Path | None, *, ask: bool, again: bool = False) -> Secret:
    """The site's secret: from the environment, else the key file, else asked for on a terminal.

    again: whether a passphrase is asked for twice. Raises InputError where there is none.
    """
    if said := os.environ.get(KEY, "").strip():
        return Secret(bytes.fromhex(said)) if _HEX.fullmatch(said) else Secret(passphrase=said)
    if named := os.environ.get(KEY_FILE, "").strip():
        return read_key_file(Path(named))
    if key_file is not None:
        return read_key_file(key_file)
    if ask and sys.stdin is not None and sys.stdin.isatty():
        return Secret(passphrase=_asked(again))
    raise InputError.of("record_no_key")


def secret_near(path: Path) -> Secret:
    """The secret that a recording is read with: as `secret_from`, with the site.toml beside or above it.

    Of a file that was made of a recording (`made_of`) the secret of that one. Raises InputError.
    """
    path = path.resolve()
    return _near(_SOURCES.get(path, path).parent, os.environ.get(KEY), os.environ.get(KEY_FILE))


def made_of(path: Path, recording: Path) -> None:
    """Note what a file is made of: while this process lasts, that recording's secret reads and writes it."""
    recording = recording.resolve()
    _SOURCES[path.resolve()] = _SOURCES.get(recording, recording)


@lru_cache(maxsize=64)
def _near(folder: Path, *_: str | None) -> Secret:
    return secret_from(_key_file_above(folder), ask=True)


def _key_file_above(folder: Path) -> Path | None:
    for above in (folder, *list(folder.parents)[:_LEVELS]):
        settings = above / "site.toml"
        if settings.is_file():
            section = read_toml(settings).get("record")
            named = section.get("key_file") if isinstance(section, dict) else None
            return above / named if isinstance(named, str) else None
    return None


def _asked(again: bool) -> str:
    language = asked_language()
    said = getpass.getpass(word("record_passphrase", language))
    if not said:
        raise InputError.of("record_no_key")
    if again and getpass.getpass(word("record_passphrase_again", language)) != said:
        raise InputError.of("record_passphrase_differs")
    return said


@lru_cache(maxsize=1)
def _salt() -> bytes:
    return secrets.token_bytes(SALT)


@lru_cache(maxsize=256)
def _hashed(passphrase: str, salt: bytes) -> bytes:
    """scrypt with the cost that RFC 7914 gives for files, 32 MiB."""
    data = passphrase.encode("utf-8", "surrogateescape")
    return hashlib.scrypt(data, salt=salt, n=1 << 15, r=8, p=1, maxmem=1 << 26, dklen=32)
