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


def install(
    slots: Slots,
    find: Callable[[], Offer],
    probation_s: float,
    backend: str = "auto",
    language: Language = "en",
) -> Installed:
    """Fetch a bundle, prove it on this machine's backend, put it into the slot not in use, and switch to it.

    probation_s: how long readings must flow in `edge run` until it is good (seconds); 0, or with no bundle
    before to go back to: it is good at once. One that went back here before is not taken again.
    Raises BundleError, EngineError and InputError; the slot in use then stays in use, as it was.
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
        bundle = open_bundle(offer.download(slots.incoming))
        prove(bundle, backend, language)
        record = Record(
            standing="new" if probation_s and now else "good",
            name=bundle.manifest.name,
            created=bundle.manifest.created,
            installed=datetime.now(timezone.utc).isoformat(timespec="seconds"),
            digest=offer.digest,
            probation_s=probation_s,
        )
        slots.place(slot, bundle.folder, record)
        slots.switch(slot)
    return Installed(slot, record, True)


def activate(slots: Slots, slot: Name, backend: str = "auto", language: Language = "en") -> Record:
    """Use a slot from the next start on, without a probation: a person answers for it.

    Raises BundleError, EngineError and InputError; the slot in use then stays in use.
    """
    with slots.changing():
        record = slots.record(slot)
        if record is None:
            raise InputError.of("update_slot_empty", slot=slot)
        prove(slots.open(slot), backend, language)
        slots.stand(slot, "good")
        if slots.current != slot:
            slots.switch(slot)
    return record


def rollback(slots: Slots) -> tuple[Name, Record]:
    """Go back to the other slot, which must be good and whole. Raises BundleError and InputError."""
    with slots.changing():
        return go_back(slots)


def go_back(slots: Slots) -> tuple[Name, Record]:
    """As `rollback`, inside `changing`."""
    current = slots.current
    to = other(current)
    record = slots.record(to)
    if current is None or record is None or record.standing != "good":
        raise InputError.of("update_no_way_back", path=slots.state)
    slots.open(to)
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
