"""What changes the slots: a bundle of a repository comes in, a person chooses a slot, or goes back."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Protocol

from edge.bundle.folder import Bundle, open_bundle
from edge.bundle.golden import require_golden
from edge.engines import open_engines
from edge.errors import InputError
from edge.update.slots import NAMES, Name, Record, Slots, other
from edge.words import Language


class Offer(Protocol):
    """A verified bundle of a repository, not yet here (edge/update/fetch.py)."""

    @property
    def digest(self) -> str: ...

    def download(self, into: Path) -> Path: ...


@dataclass(frozen=True, slots=True)
class Installed:
    """A bundle that is in use from the next start on."""

    slot: Name
    record: Record
    new: bool
    """False: it was in use already, and nothing was done."""


class Content(Protocol):
    """What the slots hold."""

    def bring(self, slots: Slots, slot: Name, archive: Path) -> tuple[str, str]:
        """Put what an archive holds into a slot, proved on this machine; its name, and when it was made."""
        ...

    def check(self, slots: Slots, slot: Name) -> None:
        """Whether a slot is whole. Raises EdgeError."""
        ...

    def prove(self, slots: Slots, slot: Name) -> None:
        """Whether what is in a slot works on this machine. Raises EdgeError."""
        ...


@dataclass(frozen=True, slots=True)
class Bundles:
    """Slots of bundles: proved on their golden inputs by the backend in use."""

    backend: str = "auto"
    language: Language = "en"

    def bring(self, slots: Slots, slot: Name, archive: Path) -> tuple[str, str]:
        """Raises BundleError and EngineError."""
        bundle = open_bundle(archive)
        prove(bundle, self.backend, self.language)
        slots.place(slot, bundle.folder)
        return bundle.manifest.name, bundle.manifest.created

    def check(self, slots: Slots, slot: Name) -> None:
        """Every file by its sha256. Raises BundleError."""
        open_bundle(slots.folder(slot))

    def prove(self, slots: Slots, slot: Name) -> None:
        """Raises BundleError and EngineError."""
        prove(open_bundle(slots.folder(slot)), self.backend, self.language)


def install(slots: Slots, find: Callable[[], Offer], probation_s: float, content: Content) -> Installed:
    """Fetch what a repository offers, prove it here, put it into the slot not in use, and switch to it.

    probation_s: how long readings must flow in `edge run` until it is good (seconds); 0, or with no bundle
    before to go back to: it is good at once. One that went back here before is not taken again.
    Raises EdgeError; the slot in use then stays in use, as it was.
    """
    with slots.changing():
        current = slots.current
        now = slots.record(current) if current else None
        offer, slot = find(), other(current)
        if current and now and now.digest == offer.digest:
            return Installed(current, now, False)
        if now and now.standing != "good":  # the other slot is the way back from this one
            raise InputError.of("update_probation", slot=current, name=now.name)
        spare = slots.record(slot)
        if spare and spare.standing == "rolled_back" and spare.digest == offer.digest:
            raise InputError.of("update_again", name=spare.name, slot=slot)
        made, created = content.bring(slots, slot, offer.download(slots.incoming))
        record = Record(
            standing="new" if probation_s and now else "good",
            name=made,
            created=created,
            installed=datetime.now(timezone.utc).isoformat(timespec="seconds"),
            digest=offer.digest,
            probation_s=probation_s,
        )
        slots.note(slot, record)
        slots.switch(slot)
    return Installed(slot, record, True)


def activate(slots: Slots, slot: Name, content: Content) -> Record:
    """Use a slot from the next start on, without a probation: a person answers for it.

    Raises EdgeError; the slot in use then stays in use.
    """
    with slots.changing():
        record = slots.record(slot)
        if record is None:
            raise InputError.of("update_slot_empty", slot=slot)
        content.prove(slots, slot)
        slots.stand(slot, "good")
        if slots.current != slot:
            slots.switch(slot)
    return record


def rollback(slots: Slots, content: Content) -> tuple[Name, Record]:
    """Go back to the other slot, which must be good and whole. Raises EdgeError."""
    with slots.changing():
        return go_back(slots, content)


def go_back(slots: Slots, content: Content) -> tuple[Name, Record]:
    """As `rollback`, inside `changing`."""
    current = slots.current
    to = other(current)
    record = slots.record(to)
    if current is None or record is None or record.standing != "good":
        raise InputError.of("update_no_way_back", path=slots.state)
    content.check(slots, to)
    slots.switch(to)
    slots.stand(current, "rolled_back")
    return to, record


def prove(bundle: Bundle, backend: str, language: Language) -> None:
    """Run a bundle's networks on their golden inputs. Raises BundleError, EngineError, MissingExtraError."""
    models = {name: bundle.path(name) for name in bundle.manifest.models}
    with ExitStack() as stack:
        _, engines = open_engines(
            models, backend, 1, stack, language, fit=lambda engines: require_golden(bundle, engines)
        )
        require_golden(bundle, engines)


def listed(slots: Slots) -> list[tuple[Name, bool, Record | None]]:
    """Each slot, whether it is in use, and what is known of it."""
    return [(slot, slots.current == slot, slots.record(slot)) for slot in NAMES]
