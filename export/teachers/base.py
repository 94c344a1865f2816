"""What a teacher is: a large encoder that turns a clip, a face or a sentence into one vector."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any, Protocol

from edge.items import Floats

RATE = 16000
"""Sample rate of the clips teachers are given (hertz)."""
WEIGHTS = ("*.safetensors", "pytorch_model*.bin")
"""Files that hold the weights of a transformers model."""


class Teacher(Protocol):
    """Turns a clip, a face or a sentence into one vector."""

    @property
    def identity(self) -> str:
        """Kind and content of the weights: features of two teachers never mix."""
        ...

    def features(self, item: Any, /) -> Floats:
        """Vector [d] of a clip (float32 [n] at 16 kHz), a face (uint8 [h, w], grey) or a sentence (str)."""
        ...


def identity_of(kind: str, files: Iterable[Path]) -> str:
    """Name of a teacher in the cache: its kind and a digest of its files."""
    known = [(file, file.stat()) for file in files]
    return f"{kind}-{_digest(tuple((file, s.st_size, s.st_mtime_ns) for file, s in known))}"


@cache
def _digest(files: tuple[tuple[Path, int, int], ...]) -> str:
    """Digest of files, read once a process while they keep size and time of change."""
    digest = hashlib.sha256()
    for file, *_ in files:
        with file.open("rb") as stream:
            while block := stream.read(1 << 20):
                digest.update(block)
    return digest.hexdigest()[:16]


def first_line(error: BaseException) -> str:
    """What a foreign error says, short enough for one of ours."""
    return (str(error).strip() or type(error).__name__).splitlines()[0][:200]
