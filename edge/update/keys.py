"""The keys that sign a repository, one a role; they stay on the workstation. Needs the extra `update`."""

from __future__ import annotations

import stat
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from securesystemslib.signer import CryptoSigner
from tuf.api.exceptions import RepositoryError
from tuf.api.metadata import Metadata, Root
from tuf.api.serialization import DeserializationError

from edge.errors import InputError
from edge.system.private import FILE, make_private, open_private

ROLES = ("root", "targets", "snapshot", "timestamp")
ROOT = "root.json"
ROOT_DAYS = 3650
"""Until root metadata expire, which a publication renews before they do (days)."""

Ask = Callable[[], bytes | None]
"""The passphrase; None: the keys have none."""


def make_keys(folder: Path, passphrase: bytes | None) -> None:
    """Write a key a role, readable for their owner alone, and root.json, which devices may have.

    passphrase: encrypts the keys; None: nothing does. Raises InputError when keys are there already, OSError.
    """
    make_private(folder)
    for name in (*(f"{role}.key" for role in ROLES), ROOT):
        if (folder / name).exists():
            raise InputError.of("keys_there", path=folder / name)
    root = Root(expires=expiry(ROOT_DAYS), consistent_snapshot=True)
    sealing = BestAvailableEncryption(passphrase) if passphrase else NoEncryption()
    pairs = {role: Ed25519PrivateKey.generate() for role in ROLES}
    for role, pair in pairs.items():
        root.add_key(CryptoSigner(pair).public_key, role)
        with open_private(folder / f"{role}.key", "xb", FILE) as file:
            file.write(pair.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, sealing))
    signed = Metadata(root)
    signed.sign(CryptoSigner(pairs["root"]))
    (folder / ROOT).write_bytes(signed.to_bytes())


def load_keys(folder: Path, root: Root, ask: Ask, roles: tuple[str, ...]) -> dict[str, CryptoSigner]:
    """The signer of each role. Raises InputError when a key is missing, open to others or of another root."""
    found: dict[str, CryptoSigner] = {}
    passphrase: bytes | None = None
    for role in roles:
        path = folder / f"{role}.key"
        data = _read(path)
        if b"ENCRYPTED" in data and passphrase is None:
            passphrase = ask()
        try:
            pair = load_pem_private_key(data, passphrase if b"ENCRYPTED" in data else None)
            signer = CryptoSigner(pair)
        except (ValueError, TypeError) as error:  # another passphrase is one too
            raise InputError.of("key_unusable", path=path) from error
        if signer.public_key.keyid not in root.get_delegated_role(role).keyids:
            raise InputError.of("key_other", path=path, root=folder / ROOT)
        found[role] = signer
    return found


def read_root(folder: Path) -> Metadata[Root]:
    """The root metadata beside the keys. Raises InputError."""
    path = folder / ROOT
    try:
        root = Metadata[Root].from_bytes(path.read_bytes())
        root.signed.verify_delegate("root", root.signed_bytes, root.signatures)
    except (OSError, DeserializationError, RepositoryError, ValueError) as error:
        raise InputError.of("keys_none", path=path) from error
    return root


def expiry(days: int) -> datetime:
    """The moment so many days from now, in whole seconds, UTC."""
    return datetime.now(timezone.utc).replace(microsecond=0) + timedelta(days=days)


def _read(path: Path) -> bytes:
    if not path.is_file():
        raise InputError.of("keys_none", path=path)
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise InputError.of("password_open", path=path)
    return path.read_bytes()
