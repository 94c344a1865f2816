"""The workstation's side of a bundle repository: a folder that any file server may hand out.

    REPO/metadata/timestamp.json           the newest snapshot: written last, and the only file written over
    REPO/metadata/N.{root,targets,snapshot}.json
    REPO/targets/SHA256.NAME.tar           a bundle, plain tar

What is there is believed only where the keys' own root vouches for it: a publication never signs what
somebody else put there. A cut leaves the repository as it was. Needs the extra `update`.
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from tuf.api.exceptions import RepositoryError
from tuf.api.metadata import Metadata, MetaFile, Snapshot, TargetFile, Targets, Timestamp
from tuf.api.serialization import DeserializationError

from edge.bundle.archive import pack
from edge.bundle.folder import open_bundle
from edge.errors import InputError
from edge.system.private import replacing, settle
from edge.update.fetch import SUFFIX, WHEELS
from edge.update.keys import ROOT, ROOT_DAYS, Ask, expiry, load_keys, read_root
from edge.update.package import described

PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
"""Names a file server and a URL take as they are."""
SIGNING = ("targets", "snapshot", "timestamp")


@dataclass(frozen=True, slots=True)
class Published:
    """What a publication came to."""

    names: tuple[str, ...]
    """Bundles in the repository."""
    version: int
    """Of the timestamp: it rises with each publication."""
    expires: datetime
    """From then on devices take nothing until it is signed again."""
    root_expires: datetime


def publish(repo: Path, keys: Path, ask: Ask, days: int, bundle: Path, name: str | None = None) -> Published:
    """Add a bundle, or a newer one of its name, and sign. Makes the repository where there is none.

    days: until devices take nothing more unless it is signed again. Raises BundleError, InputError, OSError.
    """
    opened = open_bundle(bundle)
    return _add(repo, keys, ask, days, opened.folder, name or opened.manifest.name, SUFFIX)


def publish_package(
    repo: Path, keys: Path, ask: Ask, days: int, wheelhouse: Path, name: str | None = None
) -> Published:
    """Add the package itself: a folder of wheels for every Python and machine it is for, and constraints.txt.

    Raises InputError and OSError.
    """
    described(wheelhouse)
    return _add(repo, keys, ask, days, wheelhouse, name or "edge", WHEELS)


def _add(repo: Path, keys: Path, ask: Ask, days: int, folder: Path, name: str, suffix: str) -> Published:
    if not PLAIN.fullmatch(name):
        raise InputError.of("publish_name", name=name)
    with _signing(repo, keys, ask) as state:
        (repo / "targets").mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".publishing-", dir=repo) as scratch:
            archive = pack(folder, Path(scratch) / "archive.tar")
            target = TargetFile.from_file(name + suffix, str(archive), ["sha256"])
            settle(archive)
            archive.chmod(0o644)
            os.replace(archive, repo / "targets" / f"{target.hashes['sha256']}.{name}{suffix}")
        settle(repo / "targets")
        state.targets.targets[name + suffix] = target
        return state.write(days)


def sign(repo: Path, keys: Path, ask: Ask, days: int) -> Published:
    """Sign what is published anew, for so many days from now. Raises InputError and OSError."""
    if not (repo / "metadata" / "timestamp.json").is_file():
        raise InputError.of("publish_nothing", path=repo)
    with _signing(repo, keys, ask) as state:
        return state.write(days)


class _State:
    """What a repository holds, verified, and the signers to write it anew."""

    def __init__(self, repo: Path, keys: Path, ask: Ask) -> None:
        self.metadata, self.keys, self.root = repo / "metadata", keys, read_root(keys)
        roles = ("root", *SIGNING) if (keys / "root.key").is_file() else SIGNING
        self.signers = load_keys(keys, self.root.signed, ask, roles)
        found = self._read(Timestamp, "timestamp.json")
        self.begun = found is not None
        self.timestamp, self.snapshot, self.targets = found or Timestamp(), Snapshot(), Targets()
        if self.begun:
            self.snapshot = self._vouched(Snapshot, self.timestamp.snapshot_meta)
            self.targets = self._vouched(Targets, self.snapshot.meta["targets.json"])

    def write(self, days: int) -> Published:
        """Sign and write all, the timestamp last; root metadata that would not last as long are renewed."""
        self.metadata.mkdir(parents=True, exist_ok=True)
        for part in (self.targets, self.snapshot, self.timestamp) if self.begun else ():
            part.version += 1
        until = expiry(days)  # once: a second that ends meanwhile parts nothing
        self._write_root(until, until + timedelta(days=max(ROOT_DAYS - days, 0)))
        data = self._signed(self.targets, until)
        self.snapshot.meta["targets.json"] = MetaFile.from_data(self.targets.version, data, ["sha256"])
        data = self._signed(self.snapshot, until)
        self.timestamp.snapshot_meta = MetaFile.from_data(self.snapshot.version, data, ["sha256"])
        self._signed(self.timestamp, until)
        names = tuple(sorted(path.removesuffix(".tar") for path in self.targets.targets))
        return Published(names, self.timestamp.version, self.timestamp.expires, self.root.signed.expires)

    def _write_root(self, least: datetime, renewed: datetime) -> None:
        root = self.root.signed
        if "root" in self.signers and root.expires < least:
            root.version += 1
            root.expires = renewed
            self.root.sign(self.signers["root"])
            _write(self.metadata / f"{root.version}.root.json", self.root.to_bytes())
            _write(self.keys / ROOT, self.root.to_bytes())
        _write(self.metadata / f"{root.version}.root.json", (self.keys / ROOT).read_bytes())

    def _signed(self, part: Any, until: datetime) -> bytes:
        part.expires = until
        signed = Metadata(part)
        signed.sign(self.signers[part.type])
        data = signed.to_bytes()
        name = "timestamp.json" if part.type == "timestamp" else f"{part.version}.{part.type}.json"
        _write(self.metadata / name, data)
        return data

    def _vouched(self, kind: Any, meta: MetaFile) -> Any:
        name = f"{meta.version}.{kind.type}.json"
        found = self._read(kind, name, meta)
        if found is None or found.version != meta.version:
            raise InputError.of("publish_strange", path=self.metadata / name)
        return found

    def _read(self, kind: Any, name: str, meta: MetaFile | None = None) -> Any:
        """A signed part; None where it is not there. Raises InputError unless the root vouches for it."""
        path = self.metadata / name
        if not path.is_file():
            return None
        try:
            data = path.read_bytes()
            if meta:
                meta.verify_length_and_hashes(data)
            found: Metadata[Any] = Metadata.from_bytes(data)
            self.root.signed.verify_delegate(kind.type, found.signed_bytes, found.signatures)
        except (OSError, DeserializationError, RepositoryError, ValueError) as error:
            raise InputError.of("publish_strange", path=path) from error
        return found.signed


@contextmanager
def _signing(repo: Path, keys: Path, ask: Ask) -> Iterator[_State]:
    """The state of a repository to write anew. Raises InputError."""
    inner, outer = keys.resolve(), repo.resolve()
    if inner == outer or outer in inner.parents or inner in outer.parents:
        raise InputError.of("publish_keys_beside", keys=keys, repo=repo)
    if repo.exists() and any(repo.iterdir()) and not (repo / "metadata").is_dir():
        raise InputError.of("publish_other", path=repo)
    yield _State(repo, keys, ask)


def _write(path: Path, data: bytes) -> None:
    with replacing(path) as part:
        part.write_bytes(data)
        part.chmod(0o644)  # a file server reads it
        settle(part)
    settle(path.parent)
