"""Whether recording may begin and go on: policy, consent of everybody, space, the clock."""

from __future__ import annotations

import shutil
import time
from collections.abc import Sequence
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Literal

from edge.config import Site
from edge.errors import InputError

CHECK_S = 2.0
"""Time between two looks at consents and at the clock (seconds)."""
RESERVE_MB = 200
"""Room on the disk that recording leaves to others (megabytes)."""
STEP_S = 2.0
"""The clock of the day was set when it moved this far against the one that only goes on (seconds)."""
NO_CONSENT = "record_no_consent"
"""Key of the error where a consent is not in force."""
TRIES = 5
"""Looks at a file of consents that cannot be read before recording stops."""
_GB, _MB = 1e9, 1e6

Scope = Literal["sound", "picture"]


def scopes_of(site: Site) -> tuple[Scope, ...]:
    """What of people these settings record."""
    devices: dict[Scope, str] = {"sound": site.microphone, "picture": site.camera}
    return tuple(scope for scope, device in devices.items() if device != "off")


class ConsentGuard:
    """Asks for the consent of every subject, again and again."""

    def __init__(self, store: Path, subjects: Sequence[str], scopes: Sequence[Scope]) -> None:
        """store: the file of consents."""
        self._store, self._subjects, self._scopes = store, tuple(subjects), tuple(scopes)
        self._failed = 0

    def require(self) -> tuple[int, ...]:
        """Ids of the consents in force today. Raises InputError naming the first subject without one."""
        from edge.consent.store import Consents

        found = list[int]()
        with Consents(self._store) as consents:
            for subject in self._subjects:
                for scope in self._scopes:
                    one = consents.valid(subject, scope, date.today())
                    if one is None:
                        raise InputError.of("record_no_consent", subject=subject, scope=InputError.of(scope))
                    found.append(one)
        return tuple(dict.fromkeys(found))

    def missing(self) -> InputError | None:
        """Why recording must stop now; None: it may go on.

        A file that cannot be read for TRIES looks in a row stops it as well, but says nothing of consents.
        """
        try:
            self.require()
        except InputError as error:
            self._failed += 1
            return error if error.key == NO_CONSENT or self._failed >= TRIES else None
        self._failed = 0
        return None


class Space:
    """How much may still be written. folder: of the recordings."""

    def __init__(self, folder: Path, quota_gb: float) -> None:
        self._folder, self._quota = folder, quota_gb * _GB
        self._used = size_of(folder)
        self._session = 0

    def add(self, size: int) -> None:
        """So many bytes of the session were written."""
        self._session += size

    def give_back(self) -> None:
        """Something was deleted: count anew."""
        before = self._used + self._session
        self._session = max(0, self._session - max(0, before - size_of(self._folder)))

    @property
    def left(self) -> int:
        """Bytes that may still be recorded: clips will need as much again while segments are there."""
        free = shutil.disk_usage(self._folder).free - RESERVE_MB * _MB
        room = min(self._quota - self._used - self._session, free)
        return max(0, int((room - self._session) / 2))

    def require(self) -> None:
        """Raises InputError with one line where there is no room."""
        if self.left > 0:
            return
        if shutil.disk_usage(self._folder).free < RESERVE_MB * _MB:
            raise InputError.of("record_disk", path=self._folder, mb=RESERVE_MB)
        raise InputError.of("record_quota", path=self._folder, quota=self._quota / _GB)


class WallClock:
    """Notices that somebody set the clock of the day."""

    def __init__(self) -> None:
        self._lead = self._now()

    @staticmethod
    def _now() -> float:
        return time.time() - time.monotonic()

    def step(self) -> float:
        """By how much it was set since the last look (seconds); 0 where it was not."""
        lead = self._now()
        moved = lead - self._lead
        if abs(moved) < STEP_S:
            return 0.0
        self._lead = lead
        return moved


def size_of(folder: Path) -> int:
    """Bytes of all files below a folder."""
    total = 0
    for path in folder.rglob("*"):
        with suppress(OSError):
            total += path.stat().st_size if path.is_file() else 0
    return total
