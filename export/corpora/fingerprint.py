"""Short digests of training data: equal content gives an equal digest."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np


def item_fingerprint(item: Any) -> str:
    """Digest of a clip, a face (their type and shape count) or a sentence."""
    if isinstance(item, str):
        return hashlib.sha256(item.encode()).hexdigest()[:16]
    array = np.ascontiguousarray(item)
    kind = "" if array.dtype == np.float32 and array.ndim == 1 else f"{array.dtype}{array.shape}"
    return hashlib.sha256(kind.encode() + array.tobytes()).hexdigest()[:16]


def file_fingerprint(path: Path) -> str:
    """Digest of a file, read once a process while it keeps size and time of change. Raises OSError."""
    found = path.stat()
    return _digest(path, found.st_size, found.st_mtime_ns)


@cache
def _digest(path: Path, _size: int, _changed: int) -> str:
    content = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            content.update(block)
    return content.hexdigest()[:32]
