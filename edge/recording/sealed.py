"""Media encrypted at rest: AES-256-GCM in chunks, a key of its own for each file. Extra `record`.

A file: magic, version, id of the site's key, salt of the passphrase, nonce and the file's key encrypted with
the site's; then chunks of CHUNK bytes, each with its tag, the last one shorter or as long. The nonce of a
chunk is its number and whether it is the last (STREAM, Hoang et al. 2015): a chunk that is changed, moved,
repeated or missing is noticed, also at the end. With its key overwritten a file is gone, copies of its
chunks included.
"""

from __future__ import annotations

import io
import os
import secrets
from functools import lru_cache
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO

from typing_extensions import Buffer, Self

from edge.errors import MediaError, MissingExtraError
from edge.recording.keys import SALT, Secret, key_id, made_of, secret_near
from edge.system.private import replacing, settle

SUFFIX = ".sealed"
"""Comes after the suffix of the media inside: clip.flac.sealed."""
CHUNK = 1 << 16
"""Bytes of media in a chunk."""
MAGIC = b"EDGESEAL\x01"
_TAG, _NONCE, _ID, _WRAPPED = 16, 12, 8, 48
_BOUND = len(MAGIC) + _ID + SALT  # what the encrypted key of a file is bound to
_HEADER = _BOUND + _NONCE + _WRAPPED


def is_sealed(path: Path) -> bool:
    """Whether a file is encrypted, by its name."""
    return path.name.endswith(SUFFIX)


def media_suffix(path: Path) -> str:
    """The suffix that says what kind of media a file holds, encrypted or not, in small letters."""
    return Path(path.name.removesuffix(SUFFIX)).suffix.lower()


def open_media(path: Path, secret: Secret | None = None) -> BinaryIO:
    """A media file to read: as it is, or decrypted in memory where its name ends in SUFFIX. Seekable.

    secret: without it, that of the environment or of the site.toml beside or above the file. Raises
    MediaError and InputError before anything is read, OSError.
    """
    return SealedReader(path, secret or secret_near(path)) if is_sealed(path) else path.open("rb")  # type: ignore[return-value]


def write_sealed(path: Path, data: bytes, secret: Secret) -> None:
    """Write media encrypted, whole or not at all, on the disk when this returns. Raises OSError."""
    with replacing(path) as part, SealedWriter(part, secret) as file:
        file.write(data)
    settle(path.parent)


def write_beside(path: Path, data: bytes, recording: Path) -> Path:
    """Write what was made of a recording, encrypted as that is; gives the file, SUFFIX added where it is.

    What lies there of an earlier run in the other form is destroyed. Raises InputError and OSError.
    """
    sealed = path.with_name(path.name + SUFFIX)
    if not is_sealed(recording):
        with replacing(path) as part:
            part.write_bytes(data)
        destroy(sealed)
        return path
    made_of(sealed, recording)
    write_sealed(sealed, data, secret_near(recording))
    destroy(path)
    return sealed


def destroy(path: Path) -> None:
    """Delete a file; of an encrypted one the key is overwritten first. One that is missing is fine."""
    try:
        if is_sealed(path):
            with path.open("r+b") as file:
                file.seek(_BOUND)
                file.write(secrets.token_bytes(_NONCE + _WRAPPED))
                file.flush()
                os.fsync(file.fileno())
        path.unlink()
    except FileNotFoundError:
        pass


class SealedWriter:
    """Encrypts what is written to a new file; leaving the `with` block without an error ends it."""

    def __init__(self, path: Path, secret: Secret) -> None:
        self._path, self._secret = path, secret
        self._held, self._number = bytearray(), 0

    def __enter__(self) -> Self:
        salt = self._secret.salt()
        site_key = self._secret.of(salt)
        assert site_key is not None
        bound, nonce = MAGIC + key_id(site_key) + salt, secrets.token_bytes(_NONCE)
        key = secrets.token_bytes(32)
        self._cipher = _cipher(key)
        self._file = self._path.open("wb")
        self._file.write(bound + nonce + _cipher(site_key).encrypt(nonce, key, bound))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                self._put(bytes(self._held), last=True)
                self._file.flush()
                os.fsync(self._file.fileno())
        finally:
            self._file.close()

    def write(self, data: bytes) -> None:
        """Take the next bytes; every whole chunk is written at once, the last one at the end."""
        self._held += data
        while len(self._held) > CHUNK:
            self._put(bytes(self._held[:CHUNK]), last=False)
            del self._held[:CHUNK]

    def flush(self) -> None:
        """Put the whole chunks so far on the disk."""
        self._file.flush()
        os.fsync(self._file.fileno())

    def _put(self, chunk: bytes, last: bool) -> None:
        self._file.write(self._cipher.encrypt(_nonce(self._number, last), chunk, None))
        self._number += 1


class SealedReader(io.RawIOBase):
    """What an encrypted file holds, as a file to read; nothing of it leaves memory."""

    def __init__(self, path: Path, secret: Secret) -> None:
        super().__init__()
        self._path, self._place, self._held = path, 0, (-1, b"")
        self._file = path.open("rb")
        try:
            self._cipher = _cipher(self._key(secret))
            self._measure()
        except BaseException:
            self.close()
            raise

    def _key(self, secret: Secret) -> bytes:
        header = self._file.read(_HEADER)
        if len(header) < _HEADER or not header.startswith(MAGIC):
            raise MediaError.of("sealed_none", path=self._path)
        bound, nonce = header[:_BOUND], header[_BOUND : _BOUND + _NONCE]
        site_key = secret.of(bound[-SALT:])
        if site_key is None or key_id(site_key) != bound[len(MAGIC) : len(MAGIC) + _ID]:
            raise MediaError.of("sealed_other_key", path=self._path)
        key = _opened(_cipher(site_key), nonce, header[_BOUND + _NONCE :], bound)
        if key is None:
            raise MediaError.of("sealed_destroyed", path=self._path)
        return key

    def _measure(self) -> None:
        """How many chunks there are, and whether the last one is."""
        size = self._file.seek(0, os.SEEK_END) - _HEADER
        whole, rest = divmod(size, CHUNK + _TAG)
        self._chunks = whole + bool(rest)
        last = self._decrypted(self._chunks - 1, last=True) if self._chunks else None
        self.cut = last is None
        """Whether its end is missing; what is read ends with the last whole chunk."""
        if last is not None:
            self._held, self._size = (self._chunks - 1, last), (self._chunks - 1) * CHUNK + len(last)
            return
        self._chunks = whole
        self._size = whole * CHUNK
        if whole and self._decrypted(whole - 1, last=False) is None:
            raise self._damaged(whole - 1)

    def _decrypted(self, number: int, last: bool) -> bytes | None:
        self._file.seek(_HEADER + number * (CHUNK + _TAG))
        return _opened(self._cipher, _nonce(number, last), self._file.read(CHUNK + _TAG))

    def _damaged(self, number: int) -> MediaError:
        return MediaError.of("sealed_damaged", path=self._path, number=number + 1, count=self._chunks)

    def readable(self) -> bool:
        """It is."""
        return True

    def seekable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: Buffer) -> int:
        """Fill a buffer as far as the chunk goes; gives how many bytes there were. Raises MediaError."""
        number, inside = divmod(self._place, CHUNK)
        if self._place >= self._size:
            return 0
        if self._held[0] != number:
            chunk = self._decrypted(number, last=not self.cut and number == self._chunks - 1)
            if chunk is None:
                raise self._damaged(number)
            self._held = (number, chunk)
        view = memoryview(buffer)
        part = self._held[1][inside : inside + len(view)]
        view[: len(part)] = part
        self._place += len(part)
        return len(part)

    def tell(self) -> int:
        """Bytes before the place that is read next."""
        return self._place

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Move that place."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._place, io.SEEK_END: self._size}[whence]
        self._place = max(0, base + offset)
        return self._place

    def close(self) -> None:
        """Close the file; what was decrypted is let go."""
        self._file.close()
        self._held = (-1, b"")
        super().close()


def _nonce(number: int, last: bool) -> bytes:
    return number.to_bytes(_NONCE - 1, "big") + bytes([last])


def _opened(cipher: Any, nonce: bytes, data: bytes, bound: bytes | None = None) -> bytes | None:
    """What was encrypted; None where it was changed, or with another key."""
    try:
        return bytes(cipher.decrypt(nonce, data, bound))
    except (_invalid(), ValueError):  # too short to hold a tag
        return None


def _cipher(key: bytes) -> Any:
    try:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM
    except ModuleNotFoundError as error:
        raise MissingExtraError("cryptography", "record") from error
    return AESGCM(key)


@lru_cache(maxsize=1)
def _invalid() -> type[Exception]:
    from cryptography.exceptions import InvalidTag

    return InvalidTag
