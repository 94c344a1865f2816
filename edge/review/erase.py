"""A person taken out of the review queue: the checks whose media were kept under a consent of theirs."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path

from edge.errors import InputError
from edge.review.schema import EVERYBODY
from edge.review.store import MEDIA, Store, stamp

Theirs = Callable[[str], bool]
"""Whether a name of a consent is the person's."""


def groups_of(store: Store, theirs: Theirs) -> set[str]:
    """What `edge review export` calls those who gave a consent together, where the person is one of them."""
    found = set()
    for (consent,) in store.read("SELECT DISTINCT consent FROM items WHERE consent IS NOT NULL"):
        if any(map(theirs, who := json.loads(consent)["who"])):
            found.add(group_of(who))
    return found


def group_of(who: Sequence[str]) -> str:
    """One name for all who gave a consent."""
    return f"site-{hashlib.sha256(chr(10).join(sorted(who)).encode()).hexdigest()[:8]}"


def held(store: Store, theirs: Theirs) -> tuple[int, int, int]:
    """Checks that may show the person, files of media they have, and their bytes."""
    items = [item for item in store.items() if item.consent and any(map(theirs, item.consent["who"]))]
    sizes = [path.stat().st_size for i in items for path in (i.face, i.sound) if path and path.is_file()]
    return len(items), len(sizes), sum(sizes)


def erase(store: Store, theirs: Theirs) -> None:
    """Delete these checks, their media and the person's name; nothing more is kept under a consent till now.

    A consent of a later day counts again. Raises InputError where a file cannot be deleted.
    """
    with store.change() as db:
        _items(db, theirs)
        named = False
        for table in ("consents", "withdrawals"):
            for who in [who for (who,) in db.execute(f"SELECT DISTINCT who FROM {table}") if theirs(who)]:
                db.execute(f"DELETE FROM {table} WHERE who = ?", (who,))
                named = True
        if named:  # a run that goes on holds the consent that names them
            db.execute("INSERT INTO withdrawals VALUES (?, ?)", (EVERYBODY, stamp()))
    if left := store.sweep():
        raise InputError.of("review_undeleted", count=left, folder=store.folder / MEDIA)


def _items(db: sqlite3.Connection, theirs: Theirs) -> None:
    rows = db.execute("SELECT id, face, sound, consent FROM items WHERE consent IS NOT NULL").fetchall()
    for number, face, sound, consent in rows:
        if not any(map(theirs, json.loads(consent)["who"])):
            continue
        for name in (face, sound):
            if name:
                db.execute("INSERT OR IGNORE INTO loose VALUES (?)", (name,))
        db.execute("DELETE FROM items WHERE id = ?", (number,))


def queues(folders: Sequence[Path], database: str) -> list[Path]:
    """Folders of the queues below some folders."""
    return sorted({path.parent for folder in folders for path in folder.rglob(database)})
