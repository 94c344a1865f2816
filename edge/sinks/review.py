"""Readings that need a check, put on the review queue (edge/review/store.py) by a thread of its own.

Numbers of each: the record of edge/sinks/files/jsonl.py and

window        {label: posterior of the newest window alone}
by_modality   {modality: {label: its posterior}}, present modalities only
quality       {speech_snr (decibels), face_score, transcript_confidence}

How many there are is decided before (edge/reading/confidence.py): what is withheld there does not come here.
"""

from __future__ import annotations

import dataclasses
import sqlite3
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from datetime import date
from pathlib import Path
from types import TracebackType
from typing import Any

from typing_extensions import Self

from edge.bundle.folder import MANIFEST, Bundle, sha256
from edge.bundle.manifest import VotingSettings
from edge.errors import InputError
from edge.items import Face, Floats, Reading, Window
from edge.review.checks import OpenChecks
from edge.review.intake import Entry, Intake, Tally
from edge.review.media import Media, taken
from edge.sections import ReviewSettings
from edge.sinks.claim import claimed
from edge.sinks.files.jsonl import new_run, record
from edge.system.disk import reason
from edge.words import Language, word

WAITING = 1000
"""Readings kept for a database that cannot be written; then the oldest is lost."""
MEDIA_WAITING = 20
"""Of them with media: a quarter of a megabyte each."""
EVERY_S = 60.0
"""Time between two writings of how much was read, and two looks at what ran out (seconds)."""
RETRY_S = 5.0
"""Pause before what failed is tried again (seconds)."""
CLOSE_S = 1.5
"""How long leaving waits for what is still to be written (seconds)."""


class Review:
    """Queues readings that need a check; write() returns at once whatever becomes of the database.

    `sensed` is told of each window, so that media can be taken where consent allows it. A database that is
    locked or finds no room is tried again; a damaged one is set aside and a new one begun. say: gets a
    line then. voting: that of the run; None: the bundle's. run: of `new_run`; None: its own. consents:
    file of consents (edge/consent/review.py). Raises InputError on entering when the folder is missing or
    another run holds it.
    """

    def __init__(
        self,
        settings: ReviewSettings,
        bundle: Bundle,
        say: Callable[[str], None],
        language: Language = "en",
        voting: VotingSettings | None = None,
        run: str | None = None,
        consents: Path | None = None,
    ) -> None:
        self._run = run or new_run()
        self._claim = ExitStack()
        self._settings, self._manifest = settings, bundle.manifest
        self._voting = voting or bundle.manifest.voting
        self._say, self._language = say, language
        self._changed = threading.Condition()
        self._waiting: deque[Entry] = deque()
        self._readings: Tally = Counter()
        self._checks: Tally = Counter()
        self._window: tuple[Window, Sequence[Face | None]] | None = None
        self._open = OpenChecks(self._voting.memory_s)
        self._closing = False
        made_by = (bundle.manifest.name, sha256(bundle.folder / MANIFEST))
        self._intake = Intake(
            settings,
            self._manifest,
            made_by,
            lambda key, values: say(word(key, language, **values)),
            consents,
        )
        self.trouble = ""
        self.lost = 0

    def __enter__(self) -> Self:
        if not self._settings.folder.is_dir():
            raise InputError.of("queue_folder", folder=self._settings.folder)
        self._claim.enter_context(claimed(self._settings.folder, "review"))
        self._thread = threading.Thread(target=self._work, name="review queue", daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        self._thread.join(CLOSE_S)
        self.lost += len(self._waiting)
        self._claim.close()

    def sensed(self, window: Window, faces: Sequence[Face | None]) -> None:
        """Take the window the next reading rests on."""
        if self._settings.consent:
            self._window = (window, faces)

    def write(self, reading: Reading) -> None:
        """Queue a reading if it needs a check, count it if not."""
        check, begins = self._open.of(reading)
        made = numbers(reading, self._manifest.labels, self._run) if check else {}
        media = self._media(reading) if begins else None
        with self._changed:
            read = (date.today().isoformat(), reading.label or "")
            self._readings[read] += 1
            if not check:
                return
            self._checks[read] += begins
            if len(self._waiting) >= WAITING:
                self._waiting.popleft()
                self.lost += 1
            self._waiting.append(Entry(check, made, media))
            self._changed.notify_all()

    def _media(self, reading: Reading) -> Media | None:
        consent, window = self._settings.consent, self._window
        if consent is None or window is None or window[0].end != reading.time:
            return None
        with self._changed:
            if sum(entry.media is not None for entry in self._waiting) >= MEDIA_WAITING:
                return None
        return taken(*window, consent.scope, self._manifest)

    def _work(self) -> None:
        """The thread: write what waits, until it is closing and nothing does."""
        due = 0.0
        while True:
            with self._changed:
                self._changed.wait_for(
                    lambda: self._closing or self._waiting, max(0.0, due - time.monotonic())
                )
                closing, batch = self._closing, list(self._waiting)
                readings, checks = Counter(self._readings), Counter(self._checks)
            if batch or closing or time.monotonic() >= due:
                if not self._tried(batch, readings, checks):
                    with self._changed:
                        if self._changed.wait_for(lambda: self._closing, RETRY_S):
                            return
                    continue
                due = time.monotonic() + EVERY_S
            if closing:
                return

    def _tried(self, batch: Sequence[Entry], readings: Tally, checks: Tally) -> bool:
        """Write a batch; on failing say so, or set a damaged database aside."""
        try:
            self._intake.take(batch, readings, checks)
        except sqlite3.Error as error:
            if type(error) is not sqlite3.DatabaseError:  # which it is when the file is no database any more
                return self._failed(str(error))
            try:
                self._intake.set_aside(str(error))
            except (OSError, sqlite3.Error, InputError) as other:
                return self._failed(reason(other, self._language))
            return self._tried(batch, readings, checks)
        except (OSError, InputError) as error:
            return self._failed(reason(error, self._language))
        with self._changed:
            self._readings -= readings
            self._checks -= checks
            for entry in batch:  # unless it was lost meanwhile
                if self._waiting and self._waiting[0] is entry:
                    self._waiting.popleft()
        self.trouble = ""
        return True

    def _failed(self, why: str) -> bool:
        values = {"folder": self._settings.folder, "why": why, "count": WAITING}
        self.trouble = word("review_trouble", self._language, **values)
        return False


def numbers(reading: Reading, labels: Sequence[str], run: str) -> dict[str, Any]:
    """What is kept of a reading."""

    def named(probabilities: Floats) -> dict[str, float]:
        return {label: round(float(p), 4) for label, p in zip(labels, probabilities, strict=True)}

    made = record(reading, labels, run)
    found = reading.prediction
    if found is None:
        return made
    alone = {name: named(p) for name, p in found.by_modality.items()}
    quality = {name: round(value, 3) for name, value in dataclasses.asdict(found.quality).items()}
    return made | {"window": named(found.probabilities), "by_modality": alone, "quality": quality}
