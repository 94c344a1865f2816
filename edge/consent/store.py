"""Consents of a site in one SQLite file, readable for its owner alone: a row a person and scope.

A person stands in it by a pseudonym, as in every table of the site; a name, where one is given, stands here
and nowhere else. A withdrawal keeps the row and gets a date, so that what was lawful before stays known.
The journal is a rollback journal: a write-ahead log would go on holding rows that were deleted.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Final

from typing_extensions import Self

from edge.consent.given import SCOPES as SCOPES
from edge.consent.given import Consent, named_as, not_ahead, scopes_of, subject_of
from edge.errors import InputError
from edge.system.disk import reason
from edge.system.private import open_private

if TYPE_CHECKING:
    from edge.config import Site

FILE: Final = "consent.sqlite"
"""Its name where site.toml gives no other."""
VERSION, APPLICATION = 1, 0x45444745
"""Of the tables; what tells this file from other databases ("EDGE")."""
BUSY_S = 2.0
"""How long another process may hold the file (seconds)."""
_TABLES = (
    "CREATE TABLE consents (id INTEGER PRIMARY KEY AUTOINCREMENT, subject TEXT NOT NULL, "
    'scope TEXT NOT NULL, taken_by TEXT NOT NULL, "on" TEXT NOT NULL, until TEXT, withdrawn TEXT)',
    "CREATE TABLE people (subject TEXT PRIMARY KEY, name TEXT NOT NULL)",
    f"PRAGMA application_id = {APPLICATION}",
    f"PRAGMA user_version = {VERSION}",
)
_VALID = (
    'SELECT id FROM consents WHERE subject = ? AND scope = ? AND "on" <= ? AND (until IS NULL OR until >= ?) '
    "AND (withdrawn IS NULL OR withdrawn > ?) ORDER BY id DESC LIMIT 1"
)


class Consents:
    """The opened file; several processes may use it at once. It is made with the first consent.

    Raises InputError on entering and in each method where the file is damaged, of something else, of a later
    version, held by another process or forbidden.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._db: sqlite3.Connection | None = None

    def __enter__(self) -> Self:
        with self._explained():
            self._opened()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._db is not None:
            self._db.close()
            self._db = None

    def add(
        self,
        subject: str,
        scopes: Iterable[str],
        taken_by: str,
        on: date,
        until: date | None = None,
        *,
        name: str | None = None,
    ) -> list[int]:
        """Note consents of a person, all of them or none; their numbers. Raises InputError.

        name: kept here alone; it replaces an earlier one.
        """
        subject, scopes = subject_of(subject), scopes_of(scopes)
        taken_by = named_as("consents_taken_by", taken_by)
        not_ahead(on)
        if until is not None and until < on:
            raise InputError.of("consents_until", until=until, on=on)
        with self.change(make=True) as db:
            self._same_spelling(db, subject)
            sql = 'INSERT INTO consents (subject, scope, taken_by, "on", until) VALUES (?, ?, ?, ?, ?)'
            row = (taken_by, on.isoformat(), until and until.isoformat())
            made = [db.execute(sql, (subject, scope, *row)).lastrowid or 0 for scope in scopes]
            if name is not None:
                given = (subject, named_as("consents_name", name))
                db.execute("INSERT OR REPLACE INTO people VALUES (?, ?)", given)
        return made

    def withdraw(self, subject: str, on: date, scopes: Iterable[str] | None = None) -> int:
        """Note that a person withdrew, from a day on; how many rows that ends. Raises InputError.

        scopes: None: all that the person agreed to.
        """
        subject = subject_of(subject)
        named = None if scopes is None else scopes_of(scopes)
        not_ahead(on)
        with self.change() as db:
            rows = [row for row in self.rows() if row.subject == subject]
            if not rows:
                raise InputError.of("consents_unknown", subject=subject, path=self.path)
            wanted = [row for row in rows if named is None or row.scope in named]
            still = [row for row in wanted if row.withdrawn is None]
            if not wanted:
                raise InputError.of("consents_not_given", subject=subject, scopes=", ".join(named or ()))
            if not still:
                last = max(row.withdrawn for row in wanted if row.withdrawn)
                raise InputError.of("consents_twice", subject=subject, on=last)
            if on < (given := max(row.on for row in still)):
                raise InputError.of("consents_before", on=on, given=given)
            sql = "UPDATE consents SET withdrawn = ? WHERE id = ?"
            db.executemany(sql, [(on.isoformat(), row.id) for row in still])
        return len(still)

    def valid(self, subject: str, scope: str, on: date) -> int | None:
        """Number of the consent in force on a day; None: there is none.

        Cheap: it may be asked every second, and sees what other processes noted meanwhile.
        """
        with self._explained():
            db, day = self._opened(), on.isoformat()
            found = db.execute(_VALID, (subject, scope, day, day, day)).fetchone() if db else None
        return int(found[0]) if found else None

    def rows(self) -> list[Consent]:
        """All rows, oldest first."""
        with self._explained():
            db = self._opened()
            sql = 'SELECT id, subject, scope, taken_by, "on", until, withdrawn FROM consents ORDER BY id'
            found = db.execute(sql).fetchall() if db else []
            return [Consent(*row[:4], *(day and date.fromisoformat(day) for day in row[4:])) for row in found]

    def names(self) -> dict[str, str]:
        """Pseudonym -> name, of those whose name was given."""
        with self._explained():
            db = self._opened()
            return dict(db.execute("SELECT subject, name FROM people ORDER BY subject")) if db else {}

    def forget(self, subject: str) -> int:
        """Delete a person's rows and name, free pages included; how many rows there were."""
        if not self.path.exists():
            return 0
        with self.change() as db:
            count = db.execute("DELETE FROM consents WHERE subject = ?", (subject,)).rowcount
            db.execute("DELETE FROM people WHERE subject = ?", (subject,))
        with self._explained():
            if (opened := self._opened()) is not None:
                opened.execute("VACUUM")  # what an earlier version may have left behind
        return count

    @contextmanager
    def change(self, make: bool = False) -> Iterator[sqlite3.Connection]:
        """All of a block or nothing of it, and nobody else meanwhile; blocks may stand in one another."""
        with self._explained():
            db = self._opened(make)
            if db is None:
                raise InputError.of("consents_none", path=self.path)
            inner = bool(db.in_transaction)
            if inner:
                yield db
                return
            db.execute("BEGIN IMMEDIATE")
            try:
                yield db
                db.execute("COMMIT")
            except BaseException:
                if db.in_transaction:
                    db.execute("ROLLBACK")
                raise

    def _opened(self, make: bool = False) -> sqlite3.Connection | None:
        """The database; None where there is no file yet."""
        if self._db is not None:
            return self._db
        if not self.path.exists():
            if not make:
                return None
            open_private(self.path, "ab").close()  # SQLite would let the umask choose who may read it
        db = sqlite3.connect(self.path, timeout=BUSY_S, isolation_level=None, check_same_thread=False)
        try:
            db.execute("PRAGMA secure_delete = ON")  # what is deleted is overwritten
            db.execute("PRAGMA synchronous = EXTRA")
            db.execute("PRAGMA temp_store = MEMORY")  # of VACUUM
            self._prepare(db)
        except BaseException:
            db.close()
            raise
        self._db = db
        return db

    def _prepare(self, db: sqlite3.Connection) -> None:
        version, application = (
            db.execute(f"PRAGMA {name}").fetchone()[0] for name in ("user_version", "application_id")
        )
        if (version, application) == (VERSION, APPLICATION):
            return
        if application == APPLICATION:
            raise InputError.of("consents_newer", path=self.path, version=version)
        db.execute("BEGIN IMMEDIATE")
        if db.execute("SELECT 1 FROM sqlite_master").fetchone():  # or another process made it meanwhile
            db.execute("ROLLBACK")
            if db.execute("PRAGMA application_id").fetchone()[0] != APPLICATION:
                raise InputError.of("consents_other", path=self.path)
            return
        for statement in _TABLES:
            db.execute(statement)
        db.execute("COMMIT")

    def _same_spelling(self, db: sqlite3.Connection, subject: str) -> None:
        known = {one for (one,) in db.execute("SELECT DISTINCT subject FROM consents")}
        for other in known - {subject}:
            if other.casefold() == subject.casefold():
                raise InputError.of("consents_alike", subject=subject, known=other)

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            key = "consents_unusable"
            if "locked" in str(error):
                key = "consents_locked"
            elif type(error) is sqlite3.DatabaseError:  # which it is when the file is no database
                key = "consents_damaged"
            raise InputError.of(key, path=self.path, why=error) from error
        except OSError as error:
            raise InputError.of("consents_unusable", path=self.path, why=reason(error)) from error


def consents_file(site: Site, settings: Path) -> Path:
    """Where the consents of a site are: as [policy] says, else beside its settings."""
    return site.policy.consents if site.policy else settings.absolute().parent / FILE
