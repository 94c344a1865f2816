"""Weights on disk, whole or not at all."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO, cast

import torch

from edge.system.private import replacing


def save_whole(path: Path, content: object) -> None:
    """Write whole or not at all: a kill in the middle leaves the old file. Raises OSError."""
    with replacing(path) as part, part.open("wb") as file:
        stream = _Stream(file)
        torch.save(content, cast(BinaryIO, stream))
        if isinstance(stream.failed, OSError):
            raise OSError(stream.failed.errno, stream.failed.strerror, str(path))
        if stream.failed:
            raise stream.failed


class _Stream:
    """A file for `torch.save`, which of a full disk would say nothing a person can read."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.failed: OSError | KeyboardInterrupt | None = None

    def write(self, data: bytes) -> int:
        """Write, unless that failed before."""
        try:
            if not self.failed:
                self._file.write(data)
        except (OSError, KeyboardInterrupt) as error:
            self.failed = error
        return len(data)

    def flush(self) -> None:
        """Nothing to do: closing the file writes all."""
