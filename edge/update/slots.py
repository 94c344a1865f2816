"""Two slots for bundles on a device and a link `current` to one of them, switched by one rename.

    STATE/root.json                 the root metadata this device trusts; public, no key lies here
    STATE/tuf/                      the newest metadata seen: against a repository that goes back in time
    STATE/slots/a/  STATE/slots/b/  a bundle each
    STATE/slots/a.json  b.json      what is known of a slot (Record)
    STATE/current -> slots/a        what edge run opens: bundle = "STATE/current" in site.toml
    STATE/incoming/                 an install under way; nothing in it is ever used

Whatever moment the power goes, `current` leads to a whole bundle: all of a slot is on the disk before the
link changes, and the slot that is in use is never written to.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Literal

from pydantic import Field, ValidationError

from edge.bundle.manifest import Spec
from edge.checked import Number, Text
from edge.errors import InputError
from edge.sinks.claim import held, holder
from edge.system.documents import read_json
from edge.system.private import replacing, settle, settle_all

Name = Literal["a", "b"]
NAMES: tuple[Name, ...] = ("a", "b")
CURRENT = "current"

Standing = Literal["new", "trying", "good", "rolled_back"]
"""new: no run has used it yet. trying: a run uses it, or died while it did. good: it kept its probation."""


class Record(Spec):
    """What is known of the bundle in a slot."""

    standing: Standing
    name: Text
    """Of the bundle."""
    created: Text
    """When it was exported: ISO 8601, UTC."""
    installed: Text
    """When it came into the slot: ISO 8601, UTC."""
    digest: Text
    """Of the .tar it came in, in hex."""
    probation_s: Number = Field(ge=0.0)
    """How long readings must flow until it is good (seconds)."""


class Slots:
    """The slots in a state folder."""

    def __init__(self, state: Path) -> None:
        self.state = state

    def folder(self, slot: Name) -> Path:
        """Where the bundle of a slot lies."""
        return self.state / "slots" / slot

    @property
    def incoming(self) -> Path:
        """Where an install works."""
        return self.state / "incoming"

    @property
    def current(self) -> Name | None:
        """The slot in use; None before the first install."""
        try:
            name = (self.state / CURRENT).readlink().name
        except OSError:
            return None
        return next((slot for slot in NAMES if slot == name), None)

    def record(self, slot: Name) -> Record | None:
        """What is known of a slot; None for an empty one, or one whose install was cut off."""
        try:
            record = Record.model_validate(read_json(self.state / "slots" / f"{slot}.json"))
        except (InputError, ValidationError):
            return None
        return record if self.folder(slot).is_dir() else None

    def note(self, slot: Name, record: Record) -> None:
        """Keep what is known of a slot, on the disk when this returns."""
        path = self.state / "slots" / f"{slot}.json"
        with replacing(path) as part:
            part.write_text(record.model_dump_json() + "\n", encoding="utf-8")
            settle(part)
        settle(path.parent)

    def stand(self, slot: Name, standing: Standing) -> None:
        """Change how a slot stands."""
        if record := self.record(slot):
            self.note(slot, record.model_copy(update={"standing": standing}))

    def empty(self, slot: Name) -> None:
        """Take away what is in a slot not in use, and what is known of it."""
        assert slot != self.current
        (self.state / "slots" / f"{slot}.json").unlink(missing_ok=True)
        if self.folder(slot).exists():
            os.replace(self.folder(slot), self.incoming / "before")

    def place(self, slot: Name, bundle: Path) -> None:
        """Put a bundle's folder into a slot not in use; all of it is on the disk when this returns."""
        settle_all(bundle)
        self.empty(slot)
        os.replace(bundle, self.folder(slot))
        settle(self.folder(slot).parent)

    def switch(self, slot: Name) -> None:
        """Use a slot from now on: one rename."""
        made = self.incoming / CURRENT
        self.incoming.mkdir(exist_ok=True)
        made.unlink(missing_ok=True)
        made.symlink_to(Path("slots") / slot)
        os.replace(made, self.state / CURRENT)
        settle(self.state)

    def hold(self, slot: Name) -> int | None:
        """Have it known while this process lives that it runs a slot; None where another one does.

        Gives a descriptor to close. Raises OSError.
        """
        descriptor = os.open(self.folder(slot), os.O_RDONLY | os.O_CLOEXEC)
        if held(descriptor):
            return descriptor
        os.close(descriptor)
        return None

    @contextmanager
    def changing(self) -> Iterator[None]:
        """One process at a time changes the slots. Raises InputError while another does.

        What one left that was cut off is cleared away.
        """
        self.state.mkdir(parents=True, exist_ok=True)
        lock = os.open(self.state, os.O_RDONLY | os.O_CLOEXEC)
        try:
            if not held(lock):
                raise InputError.of("update_at_work", path=self.state, other=holder(lock))
            self._clear()
            (self.state / "slots").mkdir(exist_ok=True)
            self.incoming.mkdir()
            try:
                yield
            finally:
                self._clear()
        finally:
            os.close(lock)

    def _clear(self) -> None:
        with suppress(FileNotFoundError):
            shutil.rmtree(self.incoming)
        for folder, cut_off in ((".", ".edge-*"), ("slots", ".edge-*"), ("tuf", "tmp*")):
            for part in (self.state / folder).glob(cut_off):
                part.unlink(missing_ok=True)


def other(slot: Name | None) -> Name:
    """The slot that is not this one; the first one where there is none."""
    return "b" if slot == "a" else "a"
