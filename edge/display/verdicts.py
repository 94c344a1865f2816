"""What people say on the panel about the reading that is shown, put into the review queue."""

from __future__ import annotations

import queue
import sqlite3
import threading
import time
from collections import Counter, OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Any

from typing_extensions import Self

from edge.bundle.folder import MANIFEST, Bundle, sha256
from edge.bundle.manifest import VotingSettings
from edge.config import Site
from edge.display.view import Note
from edge.errors import InputError
from edge.items import Reading
from edge.review.checks import OpenChecks
from edge.review.intake import Entry, Intake
from edge.review.store import Store
from edge.sections import ReviewSettings
from edge.sinks.review import numbers
from edge.system.disk import reason
from edge.words import Language

REVIEWER = "panel"
"""Under which name verdicts given on the panel are kept: who stands before it is not known."""
REMEMBERED = 1000
"""Readings a verdict may still be given on."""
AWAITED_S = 1.5
"""How long a check may be on its way to the queue (seconds)."""
CLOSE_S = 1.5
"""How long leaving waits for a verdict that is being written (seconds)."""


@dataclass(frozen=True, slots=True)
class _Given:
    """A verdict that can be taken back."""

    item: int
    label: str | None
    before: tuple[str | None, ...]
    """The label of the verdict it replaced; empty where there was none."""
    made: bool
    """Whether the item was made for it."""


class VerdictWriter:
    """Takes verdicts and writes them on a thread of its own: `judge` and `undo` return at once.

    A reading that is no check is put on the queue first, numbers only. voting, run: of the run. tell: gets a
    note on what became of each verdict; set it before the first one.
    """

    def __init__(
        self,
        settings: ReviewSettings,
        bundle: Bundle,
        voting: VotingSettings,
        run: str,
        language: Language = "en",
    ) -> None:
        self._folder, self._labels, self._run = settings.folder, bundle.manifest.labels, run
        self._language = language
        made_by = (bundle.manifest.name, sha256(bundle.folder / MANIFEST))
        self._intake = Intake(settings, bundle.manifest, made_by, lambda key, values: None)
        self._checks = OpenChecks(voting.memory_s)
        self._began: dict[int, Reading] = {}
        self._known: OrderedDict[tuple[Any, ...], Reading] = OrderedDict()
        self._lock = threading.Lock()
        self._asked: queue.Queue[Callable[[], Note] | None] = queue.Queue()
        self._given: list[_Given] = []
        self._count = 0
        self.tell: Callable[[Note], None] = lambda note: None

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._work, name="verdicts", daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._asked.put(None)
        self._thread.join(CLOSE_S)

    def write(self, reading: Reading) -> None:
        """Take a reading that is shown from now on."""
        check, begins = self._checks.of(reading)
        if begins:
            self._began = {check: reading} | {n: r for n, r in self._began.items() if n > check - 100}
        with self._lock:
            # Of a long check only the first readings are on the queue: all its readings mean the first.
            self._known[reading.source, reading.time, reading.person] = self._began.get(check, reading)
            while len(self._known) > REMEMBERED:
                self._known.popitem(last=False)

    def take(self, wish: str, *values: Any) -> None:
        """Do as `judge` or `undo`, called by their names: as a window says it."""
        if wish == "judge":
            self.judge(*values)
        else:
            self.undo()

    def judge(self, source: str, moment: float, person: int | None, label: str | None) -> None:
        """Have a verdict on a reading written. label: None where a person cannot tell."""
        with self._lock:
            reading = self._known.get((source, moment, person))
        if reading is None:
            self.tell(Note("verdict_nothing", wrong=True))
            return
        self.tell(Note("verdict_saving", {"label": label or "cannot_tell"}))
        self._asked.put(lambda: self._judge(reading, label))

    def undo(self) -> None:
        """Have the last verdict taken back; again for the one before it."""
        self._asked.put(self._undo)

    def _work(self) -> None:
        while (asked := self._asked.get()) is not None:
            try:
                self.tell(asked())
            except (OSError, sqlite3.Error, InputError) as error:
                self.tell(Note("verdict_failed", {"why": reason(error, self._language)}, wrong=True))

    def _judge(self, reading: Reading, label: str | None) -> Note:
        item, made = self._item(reading), False
        if not item:
            self._count += 1
            entry = Entry(self._count, numbers(reading, self._labels, self._run), None)
            self._intake.take([entry], Counter(), Counter())
            item, made = self._found(reading), True
        with Store(self._folder) as store:
            before = tuple(v.label for v in store.item(item).verdicts if v.reviewer == REVIEWER)
            store.judge(item, REVIEWER, label)
        self._given.append(_Given(item, label, before, made))
        return Note("verdict_saved", {"label": label or "cannot_tell"})

    def _undo(self) -> Note:
        if not self._given:
            return Note("verdict_no_undo", wrong=True)
        last = self._given[-1]
        with Store(self._folder) as store:
            if last.before:
                store.judge(last.item, REVIEWER, last.before[0])
            else:
                store.undo(last.item, REVIEWER)
            if last.made and not last.before:
                with store.change() as db:  # nobody asked for it: it waits for nobody
                    sql = "DELETE FROM items WHERE id = ? AND id NOT IN (SELECT item FROM verdicts)"
                    db.execute(sql, (last.item,))
        self._given.pop()
        return Note("verdict_undone", {"label": last.label or "cannot_tell"})

    def _item(self, reading: Reading) -> int:
        """Number of the item of a reading; 0: there is none. A check may still be on its way."""
        until = time.monotonic() + AWAITED_S
        while True:
            found = self._found(reading)
            if found or reading.state != "needs_check" or time.monotonic() > until:
                return found
            time.sleep(0.1)

    def _found(self, reading: Reading) -> int:
        sql = (
            "SELECT item, json_extract(numbers, '$.run'), json_extract(numbers, '$.person') FROM readings "
            "JOIN items ON items.id = item WHERE time = ? AND source = ? ORDER BY item DESC"
        )
        with Store(self._folder, make=True) as store, store.change() as db:
            rows = db.execute(sql, (round(reading.time, 3), reading.source)).fetchall()
        mine = (self._run, reading.person)
        return next((int(item) for item, run, person in rows if (run, person) == mine), 0)


def panel_verdicts(site: Site, bundle: Bundle, voting: VotingSettings, run: str) -> VerdictWriter | None:
    """What takes the verdicts given on a panel; None without [review]."""
    return VerdictWriter(site.review, bundle, voting, run, site.language) if site.review else None
