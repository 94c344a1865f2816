"""Writing checks into the review queue: numbers of each reading, media of the first where consent allows."""

from __future__ import annotations

import os
import sqlite3
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, TypeAlias

from edge.bundle.manifest import Manifest
from edge.consent.review import all_agree
from edge.review.checks import OPEN
from edge.review.known import note_labels
from edge.review.media import Media, face_file, sound_file
from edge.review.store import DATABASE, MEDIA, Store, stamp
from edge.sections import ReviewSettings
from edge.system.disk import FULL, reason
from edge.system.texts import json_text, utf8

MOST = 60
"""Readings of one check whose numbers are kept: the first minute."""
Tally: TypeAlias = "Counter[tuple[str, str]]"
"""Local day and label (empty where a state has none) -> how many."""
Say: TypeAlias = "Callable[[str, dict[str, Any]], None]"


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """One reading on its way to the queue."""

    check: int
    """Number of its check in this run."""
    reading: dict[str, Any]
    media: Media | None


class Intake:
    """Writes what a run found into the queue of a folder.

    bundle: its name and the sha256 of its manifest. say: gets a key of edge/words and its values. consents:
    file of consents; who of [review.consent] stands there must have one in force as well.
    """

    def __init__(
        self,
        settings: ReviewSettings,
        manifest: Manifest,
        bundle: tuple[str, str],
        say: Say,
        consents: Path | None = None,
    ) -> None:
        self._settings, self._manifest, self._bundle = settings, manifest, bundle
        self._consents, self._consent = consents, settings.consent
        self._tell = say
        self._said: set[str] = set()
        self._sound = False  # whether the database was found sound when it was opened first
        self._items: dict[int, tuple[int, str]] = {}  # check -> number and `made` of its item, the last OPEN

    def take(self, batch: Sequence[Entry], readings: Tally, checks: Tally) -> None:
        """Write a batch, all or nothing, and delete what ran out.

        Raises sqlite3.Error, OSError and InputError.
        """
        agreed = self._agreed()
        self._consent = consent = self._settings.consent if agreed else None
        with Store(self._settings.folder, make=True) as store:
            if not self._sound:  # nothing is deleted before that is known
                store.check()
                self._sound = True
                self._count("review_unlisted", store.unlisted())
            if consent and store.in_force(consent):
                store.name(consent)
            self._count("review_undeleted", store.sweep(media=agreed is not False))
            self._write(store, batch, readings, checks)

    def set_aside(self, why: str) -> None:
        """Keep a damaged database, with what SQLite left beside it, and begin a new one.

        Media it lists stay where they are. Raises OSError and sqlite3.Error.
        """
        folder = self._settings.folder
        named = f"{DATABASE}.damaged-{datetime.now().astimezone():%Y%m%dT%H%M%S}"
        aside, count = folder / named, 1
        while aside.exists():
            count += 1
            aside = folder / f"{named}-{count}"
        os.replace(folder / DATABASE, aside)
        for end in ("-journal", "-wal", "-shm"):
            if (left := folder / f"{DATABASE}{end}").exists():
                os.replace(left, folder / f"{aside.name}{end}")
        self._sound = False
        self._said.discard("review_unlisted")
        self._tell("review_damaged", {"path": folder / DATABASE, "why": why, "aside": aside.name})
        with Store(folder, make=True) as store:
            store.inherit(aside)

    def _agreed(self) -> bool | None:
        """Whether media may be kept; False: those that are there must go; None: not now."""
        consent = self._settings.consent
        if consent is None or self._consents is None:
            return consent is not None
        agreed = all_agree(self._consents, consent)
        if not agreed:
            self._once("review_no_consent" if agreed is False else "review_consents_unread", {})
        return agreed

    def _once(self, key: str, values: dict[str, Any]) -> None:
        if key not in self._said:
            self._said.add(key)
            self._tell(key, {"folder": self._settings.folder / MEDIA, **values})

    def _count(self, key: str, count: int) -> None:
        if count:
            self._once(key, {"count": count})

    def _write(self, store: Store, batch: Sequence[Entry], readings: Tally, checks: Tally) -> None:
        before = dict(self._items)
        names: dict[int, list[str]] = {}
        if store.in_force(self._consent):
            names = {
                entry.check: store.reserve((".png", ".wav")) for entry in batch if entry.media is not None
            }
        try:
            with store.change() as db:
                for entry in batch:
                    self._add(store, db, entry, names.get(entry.check, []))
                for (day, label), count in readings.items():
                    db.execute(
                        "INSERT INTO tallies VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET "
                        "seconds = seconds + excluded.seconds, checks = checks + excluded.checks",
                        (day, self._bundle[1], label, count * self._manifest.hop_s, checks[day, label]),
                    )
                note_labels(db, self._manifest.full_labels)
        except BaseException:
            self._items = before
            raise

    def _add(self, store: Store, db: sqlite3.Connection, entry: Entry, names: Sequence[str]) -> None:
        """A reading to the item of its check, which is begun where there is none."""
        item, made = self._items.pop(entry.check, (0, ""))
        known = db.execute("SELECT 1 FROM items WHERE id = ? AND made = ?", (item, made)).fetchone()
        if not known:  # or it was deleted, with its database
            item, made = self._begin(store, db, entry, names), entry.reading["wall_time"]
        self._items[entry.check] = (item, made)
        if len(self._items) > OPEN:
            del self._items[next(iter(self._items))]
        if db.execute("SELECT COUNT(*) FROM readings WHERE item = ?", (item,)).fetchone()[0] < MOST:
            row = (item, entry.reading["time"], json_text(entry.reading))
            db.execute("INSERT OR REPLACE INTO readings VALUES (?, ?, ?)", row)

    def _begin(self, store: Store, db: sqlite3.Connection, entry: Entry, names: Sequence[str]) -> int:
        """A new item with its media; the number it gets. Raises OSError where the disk is full."""
        made, kept = entry.reading, {}
        if entry.media is not None and names and store.in_force(self._consent):
            kept = self._keep(store, entry.media, names)
        row = {"made": made["wall_time"], "expires": stamp(self._settings.days), "source": made["source"]}
        row |= {"bundle": self._bundle[0], "bundle_sha256": self._bundle[1], "label": made["label"], **kept}
        sql = f"INSERT INTO items ({', '.join(row)}) VALUES ({', '.join('?' * len(row))})"
        number = db.execute(sql, [utf8(v) if isinstance(v, str) else v for v in row.values()]).lastrowid
        db.executemany("DELETE FROM loose WHERE name = ?", [(kept.get(kind),) for kind in ("face", "sound")])
        return int(number or 0)

    def _keep(self, store: Store, media: Media, names: Sequence[str]) -> dict[str, Any]:
        """Columns of media that were written; empty where they cannot be. Raises OSError of a full disk."""
        assert self._consent
        kept = {"consent": json_text(self._consent.model_dump(mode="json")), "words": media.words}
        try:
            folder = store.media_folder()
            folder.claim()
            if media.face is not None:
                folder.write(names[0], face_file(media.face))
                kept["face"] = names[0]
            if media.sound is not None:
                folder.write(names[1], sound_file(media.sound, self._manifest.audio.rate))
                kept["sound"] = names[1]
        except OSError as error:
            if error.errno in FULL:
                raise
            self._once("review_no_media", {"why": reason(error)})
            return {}
        return kept
