"""Readings that need a check, put on the review queue (edge/review/store.py) by a thread of its own.

Numbers of each: the record of edge/sinks/jsonl.py and

window        {label: posterior of the newest window alone}
by_modality   {modality: {label: its posterior}}, present modalities only
quality       {speech_snr (decibels), face_score, transcript_confidence}
least_margin  lead below which a check is asked for, 0..1

The load limit is `checks_a_day` in site.toml: what is withheld there does not come here.
"""

from __future__ import annotations

import dataclasses
import json
import os
import sqlite3
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from types import TracebackType
from typing import Any

from typing_extensions import Self

from edge.bundle import MANIFEST, Bundle, sha256
from edge.config import ReviewSettings
from edge.errors import InputError
from edge.items import Face, Floats, Reading, Window
from edge.manifest import VotingSettings
from edge.review.checks import OPEN, OpenChecks
from edge.review.media import Media, taken, write_face, write_sound
from edge.review.store import DATABASE, MEDIA, Store, stamp
from edge.sinks.claim import claimed
from edge.sinks.jsonl import new_run, record
from edge.words import Language, word

WAITING = 1000
"""Readings kept for a database that cannot be written; then the oldest is lost."""
MEDIA_WAITING = 20
"""Of them with media: a quarter of a megabyte each."""
MOST = 60
"""Readings of one check whose numbers are kept: the first minute."""
EVERY_S = 60.0
"""Time between two writings of how much was read, and two looks at what ran out (seconds)."""
RETRY_S = 5.0
"""Pause before what failed is tried again (seconds)."""
CLOSE_S = 1.5
"""How long leaving waits for what is still to be written (seconds)."""


@dataclass(frozen=True, slots=True, eq=False)
class _Entry:
    check: int
    """Its number in this run."""
    reading: dict[str, Any]
    media: Media | None


class Review:
    """Queues readings that need a check; write() returns at once whatever becomes of the database.

    `sensed` is told of each window, so that media can be taken where consent allows it. A database that is
    locked or finds no room is tried again; a damaged one is set aside and a new one begun. say: gets a
    line then. voting: that of the run; None: the bundle's. run: of `new_run`; None: its own. Raises
    InputError on entering when the folder is missing or another run holds it.
    """

    def __init__(
        self,
        settings: ReviewSettings,
        bundle: Bundle,
        say: Callable[[str], None],
        language: Language = "en",
        voting: VotingSettings | None = None,
        run: str | None = None,
    ) -> None:
        self._run = run or new_run()
        self._claim = ExitStack()
        self._settings, self._manifest = settings, bundle.manifest
        self._voting = voting or bundle.manifest.voting
        self._say, self._language = say, language
        self._bundle = (bundle.manifest.name, sha256(bundle.folder / MANIFEST))
        self._changed = threading.Condition()
        self._waiting: deque[_Entry] = deque()
        self._readings: Counter[str] = Counter()
        self._checks: Counter[str] = Counter()
        self._window: tuple[Window, Sequence[Face | None]] | None = None
        self._open = OpenChecks(self._voting.window_s)
        self._closing = False
        self._items: dict[int, tuple[int, str]] = {}  # check -> number and `made` of its item, the last OPEN
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
        made = self._numbers(reading) if check else {}
        media = self._media(reading) if begins else None
        with self._changed:
            label = reading.label or ""
            self._readings[label] += 1
            if not check:
                return
            self._checks[label] += begins
            if len(self._waiting) >= WAITING:
                self._waiting.popleft()
                self.lost += 1
            self._waiting.append(_Entry(check, made, media))
            self._changed.notify_all()

    def _numbers(self, reading: Reading) -> dict[str, Any]:
        made = record(reading, self._manifest.labels, self._run) | {"least_margin": self._voting.margin}
        found = reading.prediction
        if found is None:
            return made
        named = {name: self._named(p) for name, p in found.by_modality.items()}
        quality = {name: round(value, 3) for name, value in dataclasses.asdict(found.quality).items()}
        return made | {"window": self._named(found.probabilities), "by_modality": named, "quality": quality}

    def _named(self, probabilities: Floats) -> dict[str, float]:
        return {
            label: round(float(p), 4) for label, p in zip(self._manifest.labels, probabilities, strict=True)
        }

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

    def _tried(self, batch: Sequence[_Entry], readings: Counter[str], checks: Counter[str]) -> bool:
        """Write a batch; on failing say so, or set a damaged database aside."""
        folder = self._settings.folder
        try:
            with Store(folder, make=True) as store:
                if consent := self._settings.consent:
                    store.name(consent)
                store.sweep(media=consent is not None)
                self._write(store, batch, readings, checks)
        except sqlite3.Error as error:
            if type(error) is not sqlite3.DatabaseError:  # which it is when the file is no database any more
                return self._failed(str(error))
            aside = f"{DATABASE}.damaged-{stamp()[:19].replace(':', '')}"
            try:
                os.replace(folder / DATABASE, folder / aside)
                (folder / f"{DATABASE}-journal").unlink(missing_ok=True)  # belongs to the damaged one
            except OSError as other:
                return self._failed(str(other))
            values = {"path": folder / DATABASE, "why": error, "aside": aside}
            self._say(word("review_damaged", self._language, **values))
            return self._tried(batch, readings, checks)
        except (OSError, InputError) as error:
            return self._failed(str(error))
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

    def _write(
        self, store: Store, batch: Sequence[_Entry], readings: Counter[str], checks: Counter[str]
    ) -> None:
        day, before = stamp()[:10], dict(self._items)
        try:
            with store.change() as db:
                for entry in batch:
                    self._add(store, db, entry)
                for label, count in readings.items():
                    db.execute(
                        "INSERT INTO tallies VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET "
                        "seconds = seconds + excluded.seconds, checks = checks + excluded.checks",
                        (day, self._bundle[1], label, count * self._manifest.hop_s, checks[label]),
                    )
        except BaseException:
            self._items = before
            raise

    def _begin(self, store: Store, db: sqlite3.Connection, entry: _Entry) -> int:
        """A new item with its media; the number it gets. Raises OSError."""
        made = entry.reading
        row = (made["wall_time"], stamp(self._settings.days), made["source"], *self._bundle, made["label"])
        columns = "made, expires, source, bundle, bundle_sha256, label"
        sql = f"INSERT INTO items ({columns}) VALUES (?, ?, ?, ?, ?, ?)"
        number = int(db.execute(sql, row).lastrowid or 0)
        media, consent = entry.media, self._settings.consent
        if media is None or consent is None or not store.in_force(consent):
            return number
        folder = store.folder / MEDIA
        folder.mkdir(mode=0o770, exist_ok=True)
        face, sound = f"{number}.png", f"{number}.wav"
        if media.face is not None:
            write_face(folder / face, media.face)
        if media.sound is not None:
            write_sound(folder / sound, media.sound, self._manifest.audio.rate)
        db.execute(
            "UPDATE items SET consent = ?, face = ?, sound = ?, words = ? WHERE id = ?",
            (
                json.dumps(consent.model_dump(mode="json"), ensure_ascii=False),
                face if media.face is not None else None,
                sound if media.sound is not None else None,
                media.words,
                number,
            ),
        )
        return number

    def _add(self, store: Store, db: sqlite3.Connection, entry: _Entry) -> None:
        """A reading to the item of its check, which is begun where there is none."""
        item, made = self._items.pop(entry.check, (0, ""))
        known = db.execute("SELECT 1 FROM items WHERE id = ? AND made = ?", (item, made)).fetchone()
        if not known:  # or it was deleted, with its database
            item, made = self._begin(store, db, entry), entry.reading["wall_time"]
        self._items[entry.check] = (item, made)
        if len(self._items) > OPEN:
            del self._items[next(iter(self._items))]
        if db.execute("SELECT COUNT(*) FROM readings WHERE item = ?", (item,)).fetchone()[0] < MOST:
            numbers = json.dumps(entry.reading, ensure_ascii=False)
            db.execute(
                "INSERT OR REPLACE INTO readings VALUES (?, ?, ?)", (item, entry.reading["time"], numbers)
            )
