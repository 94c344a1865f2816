"""The folder that keeps media of checks. What this product did not make there is never touched.

Each file has a name no other file has, and the queue's database lists it before it is written: only listed
names are ever deleted. A marker names the queues that keep files here; one it does not name deletes nothing.
"""

from __future__ import annotations

import re
import secrets
import stat
from collections.abc import Iterable
from pathlib import Path

from edge.system.private import open_private

MARKER = ".edge-review"
_MADE = re.compile(r"(?:[0-9a-f]{16}|\d+)\.(?:png|wav)")
"""Names this version and the one before gave."""


def new_name(suffix: str) -> str:
    """A name for one more file; suffix: .png or .wav."""
    return f"{secrets.token_hex(8)}{suffix}"


def file_mode(folder: Path) -> int:
    """Mode of a queue's files: for their owner, and for the group where its folder is set up so (setgid)."""
    mode = folder.stat().st_mode
    return 0o600 | (mode & 0o060 if mode & stat.S_ISGID else 0)


class MediaFolder:
    """media/ of one queue; queue: its id."""

    def __init__(self, path: Path, queue: str) -> None:
        self.path, self._queue = path, queue

    def claim(self) -> None:
        """Make the folder where it is missing and enter the queue in its marker. Raises OSError."""
        shared = file_mode(self.path.parent) & 0o060
        if not self.path.is_dir():
            self.path.mkdir(mode=0o700)
            if shared:
                self.path.chmod(0o2700 | shared | 0o010)
        if not self._claimed():
            with open_private(self.path / MARKER, "a", 0o600 | shared, encoding="utf-8") as file:
                file.write(f"{self._queue}\n")

    def _claimed(self) -> bool:
        try:
            queues = (self.path / MARKER).read_text(encoding="ascii", errors="replace").split("\n")
        except OSError:
            return False
        return self._queue in queues

    def write(self, name: str, content: bytes) -> None:
        """Write one file of a new name. Raises OSError, also where there is one of that name."""
        with open_private(self.path / name, "xb", file_mode(self.path.parent)) as file:
            file.write(content)

    def delete(self, names: Iterable[str]) -> list[str]:
        """Delete files the queue lists; the names that are still there afterwards."""
        left = []
        claimed = self._claimed()
        for name in names:
            path = self.path / name
            try:
                if not _MADE.fullmatch(name) or path.is_dir():  # somebody put another thing in its place
                    continue
                if claimed:
                    path.unlink(missing_ok=True)
                elif path.exists():
                    left.append(name)
            except OSError:
                left.append(name)
        return left

    def unlisted(self, listed: Iterable[str]) -> int:
        """How many files have a name as the product gives one and are not in the list."""
        known = set(listed)
        try:
            names = [path.name for path in self.path.iterdir()]
        except OSError:
            return 0
        return sum(bool(_MADE.fullmatch(name)) and name not in known for name in names)
