"""The review queue: a folder with queue.db (SQLite) and, with consent, media/ of the checks it lists.

One item a check, that is a run of readings that need one; media are those of its first reading. Times are
ISO 8601, UTC. Other processes may read and write it while a run does.
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

from edge.config import ConsentSettings
from edge.errors import InputError
from edge.review.item import Item, Verdict

DATABASE = "queue.db"
MEDIA = "media"
BUSY_S = 2.0
"""How long another process may hold the database (seconds)."""
_SCHEMA = 1
_TABLES = """
CREATE TABLE items (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    made TEXT NOT NULL,              -- wall time of the first reading
    expires TEXT NOT NULL,           -- when media, and what nobody judged, are deleted
    source TEXT NOT NULL,
    bundle TEXT NOT NULL,
    bundle_sha256 TEXT NOT NULL,     -- of bundle.json, which holds those of all files
    label TEXT NOT NULL,             -- of the first reading
    consent TEXT,                    -- JSON {who, date, scope}; NULL where no media are kept
    face TEXT,                       -- file names in media/
    sound TEXT,
    words TEXT                       -- what was said
);
CREATE TABLE readings (
    item INTEGER NOT NULL REFERENCES items ON DELETE CASCADE,
    time REAL NOT NULL,
    numbers TEXT NOT NULL,           -- JSON, edge/sinks/review.py
    PRIMARY KEY (item, time)
);
CREATE TABLE verdicts (
    item INTEGER NOT NULL REFERENCES items ON DELETE CASCADE,
    reviewer TEXT NOT NULL,
    label TEXT,                      -- NULL: cannot tell
    note TEXT NOT NULL,
    given TEXT NOT NULL,
    PRIMARY KEY (item, reviewer)
);
CREATE TABLE tallies (               -- all readings, checked or not: what rates are relative to
    day TEXT NOT NULL,
    bundle_sha256 TEXT NOT NULL,
    label TEXT NOT NULL,             -- empty where a state has none
    seconds REAL NOT NULL,
    checks INTEGER NOT NULL,
    PRIMARY KEY (day, bundle_sha256, label)
);
CREATE TABLE consents (who TEXT PRIMARY KEY);
CREATE TABLE withdrawals (who TEXT NOT NULL, day TEXT NOT NULL);
"""


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
            self._db = sqlite3.connect(path, timeout=BUSY_S, isolation_level=None, check_same_thread=False)
        except (OSError, sqlite3.Error) as error:
            self._complain(error)
            raise
        try:
            self._db.row_factory = sqlite3.Row
            self._db.execute("PRAGMA foreign_keys = ON")
            self._db.execute("PRAGMA secure_delete = ON")  # what is deleted is overwritten
            with self.change():
                version = self._db.execute("PRAGMA user_version").fetchone()[0]
                if version == 0:
                    path.chmod(0o660)
                    for statement in _TABLES.split(";\n"):
                        self._db.execute(statement)
                    self._db.execute(f"PRAGMA user_version = {_SCHEMA}")
                elif version != _SCHEMA:
                    raise InputError(f"{path} was written by another version of edge; name another folder")
            if not self._make:
                self._sweep_if_allowed()
        except BaseException as error:
            self._db.close()
            self._complain(error)
            raise
        return self

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

    def sweep(self, media: bool = True) -> None:
        """Delete what ran out; media: False deletes all media, for nobody's consent is left.

        Files no item names go as well, whatever left them there.
        """
        now = stamp()
        gone = "UPDATE items SET face = NULL, sound = NULL, words = NULL, consent = NULL"
        with self.change() as db:
            db.execute(
                "DELETE FROM items WHERE expires < ? AND id NOT IN (SELECT item FROM verdicts)", (now,)
            )
            db.execute(f"{gone} WHERE consent IS NOT NULL AND (expires < ? OR NOT ?)", (now, media))
            self._delete_orphans(db)

    def _sweep_if_allowed(self) -> None:
        try:
            self.sweep()
        except (OSError, sqlite3.Error) as error:
            if not _forbidden(error):
                raise

    def withdraw(self, who: str) -> int:
        """Note that a person withdrew consent, delete the media kept under it; how many items had some.

        Raises InputError for a name that never gave consent.
        """
        with self.change() as db:
            names = [name for (name,) in db.execute("SELECT who FROM consents ORDER BY who")]
            if who not in names:
                raise InputError(f"{who} gave no consent here; those who did: {', '.join(names) or 'nobody'}")
            db.execute("INSERT INTO withdrawals VALUES (?, ?)", (who, stamp()[:10]))
            kept = db.execute("SELECT id, consent FROM items WHERE consent IS NOT NULL").fetchall()
            theirs = [(item,) for item, consent in kept if who in json.loads(consent)["who"]]
            db.executemany(
                "UPDATE items SET face = NULL, sound = NULL, words = NULL, consent = NULL WHERE id = ?",
                theirs,
            )
            self._delete_orphans(db)
        return len(theirs)

    def name(self, consent: ConsentSettings) -> None:
        """Note who gave consent."""
        with self.change() as db:
            db.executemany("INSERT OR IGNORE INTO consents VALUES (?)", [(who,) for who in consent.who])

    def in_force(self, consent: ConsentSettings | None) -> bool:
        """Whether media may be kept: consent is given, not in the future, and nobody withdrew it since."""
        if consent is None or consent.date.isoformat() > stamp()[:10]:
            return False
        days = dict(self._db.execute("SELECT who, MAX(day) FROM withdrawals GROUP BY who"))
        return all(days.get(who, "") < consent.date.isoformat() for who in consent.who)

    def items(self, waiting: bool = False) -> list[Item]:
        """All items, oldest first; waiting: only those nobody judged."""
        which = "WHERE id NOT IN (SELECT item FROM verdicts)" if waiting else ""
        return self._items(which, ())

    def item(self, number: int) -> Item:
        """One item. Raises InputError."""
        found = self._items("WHERE id = ?", (number,))
        if not found:
            raise InputError(
                f"there is no check {number}; edge review list {self.folder} shows what there is"
            )
        return found[0]

    def judge(self, number: int, reviewer: str, label: str | None, note: str = "") -> None:
        """Take a verdict; an earlier one by the same person is replaced. Raises InputError."""
        known = self.item(number).readings[0]["probabilities"]
        if label is not None and label not in known:
            raise InputError(
                f"check {number} knows no label {label!r}; use {', '.join(known)} or cannot_tell"
            )
        with self.change() as db:
            row = (number, reviewer, label, note, stamp())
            db.execute("INSERT OR REPLACE INTO verdicts VALUES (?, ?, ?, ?, ?)", row)

    def undo(self, number: int, reviewer: str) -> None:
        """Take a person's verdict back. Raises InputError when there is none."""
        with self.change() as db:
            sql = "DELETE FROM verdicts WHERE item = ? AND reviewer = ?"
            if not db.execute(sql, (number, reviewer)).rowcount:
                raise InputError(f"{reviewer} gave no verdict on check {number}")

    def tallies(self) -> list[tuple[str, str, float, int]]:
        """Day, label (empty where a state has none), seconds read and checks begun."""
        sql = "SELECT day, label, SUM(seconds), SUM(checks) FROM tallies GROUP BY day, label"
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
        sql = "SELECT numbers FROM readings WHERE item = ? ORDER BY time"
        numbers = self._db.execute(sql, (row["id"],))
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

    def _delete_orphans(self, db: sqlite3.Connection) -> None:
        if not (self.folder / MEDIA).is_dir():
            return
        named = {name for row in db.execute("SELECT face, sound FROM items") for name in row}
        for path in (self.folder / MEDIA).iterdir():
            if path.name not in named:
                path.unlink(missing_ok=True)


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
