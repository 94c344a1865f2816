"""`edge run` on an installed bundle: good once readings flowed for its probation; else it goes back."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType

from typing_extensions import Self

from edge.config import Site
from edge.errors import BundleError, EdgeError, EngineError
from edge.items import Reading
from edge.system.disk import reason
from edge.update.install import go_back
from edge.update.slots import CURRENT, Name, Slots, Standing
from edge.words import word

STALLED_S = 60.0
"""A gap between readings that makes the probation begin anew, and an end after it a failure (seconds)."""

Say = Callable[[str], None]


def installed(site: Site, say: Say) -> tuple[Site, Probation]:
    """The settings with the slot itself for a link `current` to it, and the probation of the bundle there.

    A bundle whose last run died on probation is left for the one before it, with one line. Where nothing can
    be noted, or there is no way back, one line says so and the run goes on.
    """
    path, language = site.bundle, site.language
    if path is None or path.name != CURRENT or not path.is_symlink():
        return site, Probation(None, None, say, site)
    slots = Slots(path.parent)
    slot = slots.current
    record = slots.record(slot) if slot else None
    if slot is None or record is None:
        return site, Probation(None, None, say, site)
    waiting = record.standing in ("new", "trying")
    try:
        if record.standing in ("trying", "rolled_back"):
            with slots.changing():
                bad, (slot, record) = record, go_back(slots)
            say(word("update_went_back", language, bad=bad.name, slot=slot, name=record.name))
            waiting = False
        elif waiting:
            slots.stand(slot, "trying")
    except EdgeError as error:
        say(word("update_stays", language, name=record.name, why=error.told(language)))
    except OSError as error:
        say(word("update_not_noted", language, path=slots.state, why=reason(error)))
        waiting = False
    site = site.model_copy(update={"bundle": slots.folder(slot).resolve()})
    return site, Probation(slots if waiting else None, slot, say, site)


class Probation:
    """Around a run: notes that its bundle is good; a sink that counts how long readings have flowed.

    slots: None where there is no probation. A run that dies leaves the slot as `trying`, and the next start
    goes back. One that a person ends leaves it as new, and so does one that settings or devices refuse: the
    bundle is not to blame.
    """

    def __init__(self, slots: Slots | None, slot: Name | None, say: Say, site: Site) -> None:
        self._slots, self._slot, self._say, self._language = slots, slot, say, site.language
        self._since: float | None = None  # first reading of those without a gap; monotonic
        self._latest: float | None = None
        record = slots.record(slot) if slots and slot else None
        self._wanted_s = record.probation_s if record else 0.0
        self._name = record.name if record else ""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        blamed = isinstance(error, (BundleError, EngineError))
        settings = error is None or isinstance(error, (EdgeError, KeyboardInterrupt))
        stalled = self._latest is not None and time.monotonic() - self._latest > STALLED_S
        if settings and not blamed and not stalled:
            self._note("new")

    def write(self, reading: Reading) -> None:
        """Count a reading; a state such as no_signal is one too: a device is gone, the program works."""
        del reading
        if self._slots is None:
            return
        now = time.monotonic()
        if self._since is None or self._latest is None or now - self._latest > STALLED_S:
            self._since = now
        self._latest = now
        if now - self._since >= self._wanted_s:
            self._note("good")
            self._say(word("update_good", self._language, name=self._name, slot=self._slot))
            self._slots = None

    def begun(self) -> None:
        """Networks and devices are open: from now on readings are due."""
        self._latest = time.monotonic()

    def _note(self, standing: Standing) -> None:
        with suppress(OSError):  # then it is tried again at the next start
            record = self._slots.record(self._slot) if self._slots and self._slot else None
            if self._slots and self._slot and record and record.standing == "trying":  # nobody else decided
                self._slots.stand(self._slot, standing)
