"""The device's side of a bundle repository: only what its signed metadata vouch for is taken.

The rules are those of The Update Framework (https://theupdateframework.github.io/specification/latest):
signatures by the roles of a root that this device trusts, versions that never go back, an expiry, and a hash
of every file. Needs the extra `update`; the verbs import it when they are asked for.
"""

from __future__ import annotations

import errno
import re
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import urllib3
from tuf.api import exceptions
from tuf.api.metadata import Metadata, Root, TargetFile, Targets
from tuf.api.serialization import DeserializationError
from tuf.ngclient import FetcherInterface, Updater

from edge.errors import InputError
from edge.system.documents import one_line
from edge.system.private import replacing, settle, settle_all

MOST_ROOT = 512_000
"""Bytes of root metadata."""
BLOCK = 1 << 20
SUFFIX, WHEELS = ".tar", ".wheels.tar"
"""How the archives of bundles and of packages end."""

_REFUSALS: tuple[tuple[type[Exception], str], ...] = (
    (exceptions.ExpiredMetadataError, "update_expired"),
    (exceptions.BadVersionNumberError, "update_older"),
    (exceptions.UnsignedMetadataError, "update_unsigned"),
    (exceptions.LengthOrHashMismatchError, "update_changed"),
    (exceptions.DownloadLengthMismatchError, "update_longer"),
    (exceptions.DownloadHTTPError, "update_lacks"),
    (exceptions.DownloadError, "update_unreachable"),
    (urllib3.exceptions.HTTPError, "update_unreachable"),  # cut off in the middle
    (DeserializationError, "update_unreadable"),
    (exceptions.RepositoryError, "update_unreadable"),
)
"""What the framework says, the closest kind first -> key of the words."""


class FolderFetcher(FetcherInterface):
    """Reads a repository that is a folder; addresses are file: URLs."""

    def _fetch(self, url: str) -> Iterator[bytes]:
        path = folder_of(url)
        assert path is not None
        if not path.is_file():  # a pipe or a device might never end
            raise exceptions.DownloadHTTPError(path.name, 404)
        return self._blocks(path)

    def _blocks(self, path: Path) -> Iterator[bytes]:
        with path.open("rb") as file:
            while block := file.read(BLOCK):
                yield block


def folder_of(address: str) -> Path | None:
    """The folder, or the file, that an address names; None for one of the network. Raises InputError."""
    parts = urllib.parse.urlsplit(address)
    if parts.scheme == "file":
        return Path(urllib.request.url2pathname(parts.path))
    if parts.scheme in ("https", "http") and parts.hostname:
        return None
    if "://" in address:
        raise InputError.of("update_address", where=address)
    return Path(address)


def trust(state: Path, root: Path | None) -> bytes:
    """The root metadata that this device trusts; the first install brings them. Raises InputError."""
    kept = state / "root.json"
    if root is None:
        if not kept.is_file():
            raise InputError.of("update_no_root", path=state)
        return kept.read_bytes()
    data = _root_bytes(root)
    if kept.is_file() and kept.read_bytes() != data:
        raise InputError.of("update_other_root", path=kept, given=root)
    return data


def keep_trust(state: Path, data: bytes) -> None:
    """Trust these root metadata from now on."""
    if (state / "root.json").is_file():
        return
    with replacing(state / "root.json") as part:
        part.write_bytes(data)
        settle(part)
    settle(state)


@dataclass(frozen=True, slots=True)
class Offer:
    """A bundle of a repository that the root vouches for, not yet downloaded."""

    digest: str
    """Of its .tar, in hex."""
    where: str
    updater: Updater
    target: TargetFile

    def download(self, into: Path) -> Path:
        """The .tar, in a folder. Raises InputError and OSError."""
        archive = into / self.target.path
        with _refusing(self.where):
            self.updater.download_target(self.target, str(archive))
        return archive


def find(where: str, state: Path, root: bytes, name: str | None, suffix: str = SUFFIX) -> Offer:
    """Look for a bundle, or a package, in a repository.

    where: folder, or URL (https, http, file). name: which one; None: the only one there.
    Raises InputError with one line that says what is wrong with the repository, and OSError.
    """
    folder = folder_of(where)
    if folder is not None and not (folder / "metadata").is_dir():
        raise InputError.of("update_no_repository", where=where)
    base = folder.resolve().as_uri() if folder is not None else where.rstrip("/")
    (state / "tuf").mkdir(exist_ok=True)
    with _refusing(where):
        updater = Updater(
            str(state / "tuf"),
            f"{base}/metadata/",
            target_base_url=f"{base}/targets/",
            fetcher=FolderFetcher() if folder is not None else None,
            bootstrap=root,
        )
        updater.refresh()
        settle_all(state / "tuf")  # else a power cut would let an older repository pass
        target = _wanted(updater, state, where, name, suffix)
    return Offer(next(iter(target.hashes.values())), where, updater, target)


def _wanted(updater: Updater, state: Path, where: str, name: str | None, suffix: str) -> TargetFile:
    verified = Metadata[Targets].from_file(str(state / "tuf" / "targets.json")).signed.targets
    paths = [path for path in verified if path.endswith(suffix) and "/" not in path]
    paths = [path for path in paths if path.endswith(WHEELS) == (suffix == WHEELS)]
    names = sorted(path.removesuffix(suffix) for path in paths)
    if not names:
        raise InputError.of("update_empty", where=where)
    told = one_line(", ".join(names), 150)
    if name is None and len(names) > 1:
        raise InputError.of("update_which", where=where, names=told)
    name = name or names[0]
    target = updater.get_targetinfo(name + suffix) if name in names else None
    if target is None:
        raise InputError.of("update_no_bundle", where=where, name=name, names=told)
    return target


def _root_bytes(path: Path) -> bytes:
    try:
        if not path.is_file() or path.stat().st_size > MOST_ROOT:
            raise InputError.of("update_root_file", path=path)
        data = path.read_bytes()
        found = Metadata[Root].from_bytes(data)
        if found.signed.type != Root.type:
            raise InputError.of("update_root_file", path=path)
        found.signed.verify_delegate(Root.type, found.signed_bytes, found.signatures)
    except (DeserializationError, exceptions.RepositoryError, ValueError) as error:
        raise InputError.of("update_root_file", path=path) from error
    return data


@contextmanager
def _refusing(where: str) -> Iterator[None]:
    """What the framework says of a repository, in one line of ours."""
    try:
        yield
    except (exceptions.RepositoryError, exceptions.DownloadError, urllib3.exceptions.HTTPError) as error:
        cause = error.__cause__
        if isinstance(cause, OSError) and cause.errno == errno.ENOSPC:
            raise cause from error
        key = next(key for kind, key in _REFUSALS if isinstance(error, kind))
        raise InputError.of(key, where=where, what=_what(error)) from error


def _what(error: Exception) -> str:
    """What of a repository an error is about: a role, a file, an answer of the server."""
    text = str(error) or str(error.__cause__) or type(error).__name__
    if isinstance(error, exceptions.DownloadHTTPError):
        return f"HTTP {error.status_code}" if "HTTP" in text else text
    role = re.search(r"\b(root|timestamp|snapshot|targets)\b", text)
    return f"{role[1]}.json" if role else one_line(text, 150)
