"""The review queue: a folder with queue.db (SQLite) and, with consent, media/ of the checks it lists.

One item a check, that is readings in a row that need one and show one label; media are those of its first
reading. Times are ISO 8601, UTC; days are local ones. Other processes may read and write it while a run does.
Tables: edge/review/schema.py. What may be deleted: edge/review/media_folder.py.
"""

from __future__ import annotations

import errno
import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta, timezone
from pathlib import Path
from types import TracebackType
from typing import Any

from typing_extensions import Self

from edge.errors import InputError
from edge.review.item import Item, Verdict
from edge.review.media_folder import MediaFolder, file_mode, new_name
from edge.review.schema import EVERYBODY, prepare, salvaged
from edge.sections import ConsentSettings
from edge.starter_labels import labels_of
from edge.system.days import day_of, latest_day_of
from edge.system.private import open_private

DATABASE = "queue.db"
MEDIA = "media"
BUSY_S = 2.0
"""How long another process may hold the database (seconds)."""
_FORGET = "UPDATE items SET face = NULL, sound = NULL, words = NULL, consent = NULL WHERE "


class Store:
    """The opened queue of a folder.

    make: create it where there is none; without it what ran out is deleted on entering, where that may be:
    a queue one may only read can be read. Raises InputError when it is missing, locked, damaged, forbidden or
    of another version; with `make` sqlite3.Error comes through, for one who tries again.
    """

    def __init__(self, folder: Path, make: bool = False) -> None:
        self.folder = folder
        self._make = make
        self._db: sqlite3.Connection

    def __enter__(self) -> Self:
        path = self.folder / DATABASE
        try:
            if not self._make and not path.is_file():
                raise InputError.of("queue_none", folder=self.folder, name=DATABASE)
            if not path.exists():  # SQLite would let the umask choose who may read it
                open_private(path, "ab", file_mode(self.folder)).close()
            self._db = sqlite3.connect(path, timeout=BUSY_S, isolation_level=None, check_same_thread=False)
        except (OSError, sqlite3.Error) as error:
            self._complain(error)
            raise
        try:
            self._db.row_factory = sqlite3.Row
            self._db.execute("PRAGMA foreign_keys = ON")
            self._db.execute("PRAGMA secure_delete = ON")  # what is deleted is overwritten
            if self._prepared(path) and not self._make:
                self._sweep_if_allowed()
        except BaseException as error:
            self._db.close()
            self._complain(error)
            raise
        return self

    def _prepared(self, path: Path) -> bool:
        """Bring the tables up; False where they may only be read, as an older version wrote them."""
        try:
            with self.change() as db:
                if prepare(db, path) and (self.folder / MEDIA).is_dir():
                    self.media_folder().claim()  # an older version kept nothing else there
        except (OSError, sqlite3.Error) as error:
            known = self._db.execute("PRAGMA user_version").fetchone()[0]
            if self._make or not known or not _forbidden(error):
                raise
            return False
        return True

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._db.close()
        self._complain(error)

    def _complain(self, error: BaseException | None) -> None:
        if self._make or not (isinstance(error, sqlite3.Error) or _forbidden(error)):
            return
        todo = InputError.of("todo_space")
        if _forbidden(error):
            todo = InputError.of("todo_permissions", folder=self.folder)
        elif "locked" in str(error):
            todo = InputError.of("todo_again")
        elif type(error) is sqlite3.DatabaseError:  # which it is when the file is no database any more
            todo = InputError.of("todo_damaged")
        raise InputError.of("queue_unusable", path=self.folder / DATABASE, why=error, todo=todo) from error

    @contextmanager
    def change(self) -> Iterator[sqlite3.Connection]:
        """All of a block or nothing of it, and nobody else meanwhile."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield self._db
            self._db.execute("COMMIT")
        except BaseException:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise

    def check(self) -> None:
        """Raises sqlite3.DatabaseError where the database is damaged: nothing may be deleted by it then."""
        found = self._db.execute("PRAGMA quick_check(1)").fetchone()[0]
        if found != "ok":
            raise sqlite3.DatabaseError(" ".join(str(found).split()))

    def sweep(self, media: bool = True) -> int:
        """Delete what ran out; media: False deletes all media, for nobody's consent is left.

        How many files could not be deleted: they are tried again.
        """
        now = stamp()
        unjudged = "expires < ? AND id NOT IN (SELECT item FROM verdicts)"
        due = "consent IS NOT NULL AND (expires < ? OR NOT ?)"
        with self.change() as db:
            self._forget(db, f"{unjudged} AND (face IS NOT NULL OR sound IS NOT NULL)", (now,))
            db.execute(f"DELETE FROM items WHERE {unjudged}", (now,))
            self._forget(db, due, (now, media))
        return self._delete_loose()

    def _sweep_if_allowed(self) -> None:
        try:
            self.check()
            self.sweep()
        except (OSError, sqlite3.Error) as error:
            if not _forbidden(error) and type(error) is not sqlite3.DatabaseError:
                raise

    def withdraw(self, who: str) -> int:
        """Note that a person withdrew consent, delete the media kept under it; how many items had some.

        Raises InputError for a name that never gave consent, and for files that could not be deleted.
        """
        with self.change() as db:
            names = [name for (name,) in db.execute("SELECT who FROM consents ORDER BY who")]
            if who not in names:
                listed = ", ".join(names) or InputError.of("nobody")
                raise InputError.of("consent_unknown", who=who, names=listed)
            db.execute("INSERT INTO withdrawals VALUES (?, ?)", (who, stamp()))
            kept = db.execute("SELECT id, consent FROM items WHERE consent IS NOT NULL").fetchall()
            theirs = [item for item, consent in kept if who in json.loads(consent)["who"]]
            for item in theirs:
                self._forget(db, "id = ?", (item,))
        if left := self._delete_loose():
            raise InputError.of("review_undeleted", count=left, folder=self.folder / MEDIA)
        return len(theirs)

    def name(self, consent: ConsentSettings) -> None:
        """Note who gave consent."""
        with self.change() as db:
            db.executemany("INSERT OR IGNORE INTO consents VALUES (?)", [(who,) for who in consent.who])

    def in_force(self, consent: ConsentSettings | None) -> bool:
        """Whether media may be kept: consent is given, not in the future, and nobody withdrew it since."""
        if consent is None or consent.date > day_of(stamp()):
            return False
        return all(
            latest_day_of(day) < consent.date
            for who, day in self._db.execute("SELECT who, day FROM withdrawals")
            if who in (*consent.who, EVERYBODY)
        )

    def inherit(self, aside: Path) -> None:
        """Take over from a damaged database who gave and withdrew consent; see `salvaged`."""
        consents, withdrawals = salvaged(aside, stamp())
        with self.change() as db:
            db.executemany("INSERT OR IGNORE INTO consents VALUES (?)", consents)
            db.executemany("INSERT INTO withdrawals VALUES (?, ?)", withdrawals)

    def media_folder(self) -> MediaFolder:
        """Where media are kept."""
        queue = self._db.execute("SELECT id FROM queue").fetchone()[0]
        return MediaFolder(self.folder / MEDIA, queue)

    def reserve(self, suffixes: Sequence[str]) -> list[str]:
        """New names for media, listed before any of them is written: a stop in between leaves no stray."""
        names = [new_name(suffix) for suffix in suffixes]
        with self.change() as db:
            db.executemany("INSERT INTO loose VALUES (?)", [(name,) for name in names])
        return names

    def unlisted(self) -> int:
        """How many media of an earlier database lie there that this one knows nothing of, and so leaves."""
        rows = self._db.execute("SELECT face, sound FROM items").fetchall()
        loose = self._db.execute("SELECT name, NULL FROM loose").fetchall()
        return self.media_folder().unlisted(name for row in (*rows, *loose) for name in row)

    def _forget(self, db: sqlite3.Connection, which: str, values: Sequence[Any]) -> None:
        """Take the media of items away; their files go once this is written."""
        for kind in ("face", "sound"):
            sql = f"INSERT OR IGNORE INTO loose SELECT {kind} FROM items WHERE {which} AND {kind} IS NOT NULL"
            db.execute(sql, values)
        db.execute(_FORGET + which, values)

    def _delete_loose(self) -> int:
        """Delete the files no item has; how many are left."""
        if not self._db.execute("SELECT 1 FROM loose").fetchone():
            return 0
        with self.change() as db:  # held meanwhile, for a run writes files it has listed
            names = [name for (name,) in db.execute("SELECT name FROM loose")]
            left = self.media_folder().delete(names)
            db.executemany("DELETE FROM loose WHERE name = ?", [(n,) for n in names if n not in left])
        return len(left)

    def items(self, waiting: bool = False) -> list[Item]:
        """All items, oldest first; waiting: only those nobody judged."""
        which = "WHERE id NOT IN (SELECT item FROM verdicts)" if waiting else ""
        return self._items(which, ())

    def item(self, number: int) -> Item:
        """One item. Raises InputError."""
        found = self._items("WHERE id = ?", (number,))
        if not found:
            raise InputError.of("check_none", number=number, folder=self.folder)
        return found[0]

    def judge(self, number: int, reviewer: str, label: str | None, note: str = "") -> None:
        """Take a verdict; an earlier one by the same person is replaced. Raises InputError."""
        known = self.item(number).readings[0]["probabilities"]
        if label is not None and label not in known:
            raise InputError.of("check_label", number=number, label=label, known=labels_of(known).choice)
        row = (number, reviewer, label, note, stamp())
        with self.change() as db:
            db.execute("INSERT OR REPLACE INTO verdicts VALUES (?, ?, ?, ?, ?)", row)

    def undo(self, number: int, reviewer: str) -> None:
        """Take a person's verdict back. Raises InputError when there is none."""
        with self.change() as db:
            sql = "DELETE FROM verdicts WHERE item = ? AND reviewer = ?"
            if not db.execute(sql, (number, reviewer)).rowcount:
                raise InputError.of("verdict_none", who=reviewer, number=number)

    def tallies(self) -> list[tuple[str, str, float, int]]:
        """Day, label (empty where a state has none), seconds read and checks begun."""
        return self.read("SELECT day, label, SUM(seconds), SUM(checks) FROM tallies GROUP BY day, label")

    def read(self, sql: str) -> list[Any]:
        """Rows of a query."""
        return self._db.execute(sql).fetchall()

    def begun_on(self, day: date) -> int:
        """How many checks began on a day of the local calendar."""
        ends = (datetime.combine(day + timedelta(days=after), time.min) for after in (0, 1))
        within = tuple(stamp_of(end) for end in ends)
        sql = "SELECT COUNT(*) FROM items WHERE made >= ? AND made < ?"
        return int(self._db.execute(sql, within).fetchone()[0])

    def _items(self, which: str, values: Sequence[Any]) -> list[Item]:
        rows = self._db.execute(f"SELECT * FROM items {which} ORDER BY id", values).fetchall()
        return [self._item(row) for row in rows]

    def _item(self, row: sqlite3.Row) -> Item:
        numbers = self._db.execute("SELECT numbers FROM readings WHERE item = ? ORDER BY time", (row["id"],))
        sql = "SELECT reviewer, label, note, given FROM verdicts WHERE item = ? ORDER BY given, rowid"
        verdicts = self._db.execute(sql, (row["id"],))
        media = self.folder / MEDIA
        return Item(
            **{name: row[name] for name in ("id", "made", "expires", "source", "bundle", "bundle_sha256")},
            label=row["label"],
            consent=json.loads(row["consent"]) if row["consent"] else None,
            face=media / row["face"] if row["face"] else None,
            sound=media / row["sound"] if row["sound"] else None,
            words=row["words"],
            readings=tuple(json.loads(text) for (text,) in numbers),
            verdicts=tuple(Verdict(*verdict) for verdict in verdicts),
        )


def stamp(days: float = 0.0) -> str:
    """Now, or so many days from now, as it stands in the database."""
    return stamp_of(datetime.now(timezone.utc) + timedelta(days=days))


def stamp_of(moment: datetime) -> str:
    """A moment as it stands in the database; local time where it has no zone."""
    return moment.astimezone(timezone.utc).isoformat(timespec="milliseconds")


def _forbidden(error: BaseException | None) -> bool:
    """Whether the permissions of the folder, or of what is in it, are the reason."""
    if isinstance(error, OSError):
        return error.errno in (errno.EACCES, errno.EPERM, errno.EROFS)
    said = str(error) if isinstance(error, sqlite3.OperationalError) else ""
    return "readonly" in said or "unable to open" in said
