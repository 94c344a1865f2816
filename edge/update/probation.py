"""`edge run` on an installed bundle: good once readings flowed for its probation; else it goes back."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType

from typing_extensions import Self

from edge.config import Site
from edge.errors import BundleError, EdgeError, EngineError
from edge.items import Reading
from edge.system.disk import reason
from edge.update.install import Bundles, go_back
from edge.update.package import running
from edge.update.slots import CURRENT, Name, Record, Slots, Standing
from edge.words import Language, word

STALLED_S = 60.0
"""A gap between readings that makes the probation begin anew, and an end after it a failure (seconds)."""

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class ProbationSlot:
    """A slot on probation, which this process runs."""

    slots: Slots
    slot: Name
    record: Record
    held: int | None
    """Descriptor by which others know that this run lives; None: whoever started it has one."""

    def note(self, standing: Standing) -> None:
        """How it stands now, unless somebody decided meanwhile."""
        with suppress(OSError):  # then it is tried again at the next start
            found = self.slots.record(self.slot)
            if found and found.standing == "trying":
                self.slots.stand(self.slot, standing)


def installed(site: Site, say: Say) -> tuple[Site, Probation]:
    """The settings with the slot itself for a link `current` to it, and the probation of the bundle there.

    A bundle whose last run died on probation is left for the one before it, with one line. Where nothing can
    be noted, or there is no way back, one line says so and the run goes on.
    """
    path, trials = site.bundle, [own for own in [_package()] if own]
    if path is not None and path.name == CURRENT and path.is_symlink():
        slots = Slots(path.parent)
        slot = slots.current
        record = slots.record(slot) if slot else None
        if slot and record:
            slot, trial = _begin(slots, slot, record, say, site.language)
            trials += [trial] if trial else []
            site = site.model_copy(update={"bundle": slots.folder(slot).resolve()})
    return site, Probation(trials, say, site.language)


def _package() -> ProbationSlot | None:
    """The probation of the package that runs this, where its start script began one."""
    found = running()
    record = found[0].record(found[1]) if found else None
    return ProbationSlot(*found, record, None) if found and record and record.standing == "trying" else None


def _begin(
    slots: Slots, slot: Name, record: Record, say: Say, language: Language
) -> tuple[Name, ProbationSlot | None]:
    """The slot to run, and its trial where it is on probation and no other run has it."""
    if record.standing == "good":
        return slot, None
    held: int | None = None
    try:
        held = slots.hold(slot)
        if held is None:  # a run of it lives
            return slot, None
        if record.standing != "new":
            with slots.changing():
                to, before = go_back(slots, Bundles())
            say(word("update_went_back", language, bad=record.name, slot=to, name=before.name))
            os.close(held)
            return to, None
        slots.stand(slot, "trying")
    except EdgeError as error:
        say(word("update_stays", language, name=record.name, why=error.told(language)))
    except OSError as error:
        say(word("update_not_noted", language, path=slots.state, why=reason(error)))
    return slot, ProbationSlot(slots, slot, record, held) if held is not None else None


class Probation:
    """Around a run: notes that its bundle is good; a sink that counts how long readings have flowed.

    trials: of the bundle and of the package, where they are on probation. A run that dies leaves them as
    `trying`, and the next start goes back. One that a person ends leaves them as new, and so does one that
    settings or devices refuse: the bundle is not to blame.
    """

    def __init__(self, trials: list[ProbationSlot], say: Say, language: Language) -> None:
        self._trials, self._say, self._language = trials, say, language
        self._held = [trial.held for trial in trials if trial.held is not None]
        self._since: float | None = None  # first reading of those without a gap; monotonic
        self._latest: float | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        blamed = isinstance(error, (BundleError, EngineError))
        settings = error is None or isinstance(error, (EdgeError, KeyboardInterrupt))
        stalled = self._latest is not None and time.monotonic() - self._latest > STALLED_S
        if settings and not blamed and not stalled:
            for trial in self._trials:
                trial.note("new")
        for descriptor in self._held:
            os.close(descriptor)

    def begun(self) -> None:
        """Networks and devices are open: from now on readings are due."""
        self._latest = time.monotonic()

    def write(self, reading: Reading) -> None:
        """Count a reading; a state such as no_signal is one too: a device is gone, the program works."""
        del reading
        if not self._trials:
            return
        now = time.monotonic()
        if self._since is None or self._latest is None or now - self._latest > STALLED_S:
            self._since = now
        self._latest = now
        for trial in [one for one in self._trials if now - self._since >= one.record.probation_s]:
            self._trials.remove(trial)
            trial.note("good")
            self._say(word("update_good", self._language, name=trial.record.name, slot=trial.slot))
