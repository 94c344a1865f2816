"""Tables of the review queue, and how a database becomes one. Moments are ISO 8601, UTC; days are local."""

from __future__ import annotations

import secrets
import sqlite3
from pathlib import Path

from edge.errors import InputError

VERSION = 3
_FIRST = """
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
    day TEXT NOT NULL,               -- of version 1: a UTC day
    bundle_sha256 TEXT NOT NULL,
    label TEXT NOT NULL,             -- empty where a state has none
    seconds REAL NOT NULL,
    checks INTEGER NOT NULL,
    PRIMARY KEY (day, bundle_sha256, label)
);
CREATE TABLE consents (who TEXT PRIMARY KEY);
CREATE TABLE withdrawals (who TEXT NOT NULL, day TEXT NOT NULL)
"""
# withdrawals: `day` is the moment of it, of version 1 a UTC day; `who` is EVERYBODY where a damaged database
# took with it who had withdrawn.
_SECOND = """
CREATE TABLE queue (id TEXT NOT NULL);
CREATE TABLE loose (name TEXT PRIMARY KEY)
"""
# queue: by which the marker in media/ knows this one. loose: files in media/ that no item has, or has yet:
# listed before they are written and until they are deleted, so that no stop leaves a file nobody knows of.
_THIRD = "CREATE TABLE labels (name TEXT PRIMARY KEY, facts TEXT NOT NULL)"
# facts: JSON of edge/labels.py, of the bundle that wrote last.
EVERYBODY = ""


def prepare(db: sqlite3.Connection, path: Path) -> bool:
    """Make or bring up the tables inside a transaction; whether an older version had made them.

    Raises InputError for a database that is of something else or of a later version.
    """
    version = db.execute("PRAGMA user_version").fetchone()[0]
    tables = {name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if version > VERSION or (not version and tables) or (version and "withdrawals" not in tables):
        raise InputError.of("queue_version", path=path)
    if version < 1:
        _run(db, _FIRST)
    if version < 2:
        _run(db, _SECOND)
        db.execute("INSERT INTO queue VALUES (?)", (secrets.token_hex(8),))
    if version < VERSION:
        _run(db, _THIRD)
        db.execute(f"PRAGMA user_version = {VERSION}")
    return bool(version == 1)


def salvaged(damaged: Path, now: str) -> tuple[list[tuple[str]], list[tuple[str, str]]]:
    """Rows of consents and withdrawals of a damaged database; where they are lost, everybody withdrew now."""
    try:
        db = sqlite3.connect(damaged)
        try:
            withdrawals = db.execute("SELECT who, day FROM withdrawals").fetchall()
            return db.execute("SELECT who FROM consents").fetchall(), withdrawals
        finally:
            db.close()
    except sqlite3.Error:
        return [], [(EVERYBODY, now)]


def _run(db: sqlite3.Connection, statements: str) -> None:
    for statement in statements.split(";\n"):
        db.execute(statement)
