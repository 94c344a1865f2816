"""Retention by itself: what is older than [policy] retention_days, or whose consent ran out, is deleted.

At the start of a run and of a recording, once a day while a run lasts, and by `edge forget --expired`.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import date, datetime, timedelta
from pathlib import Path
from types import TracebackType

from typing_extensions import Self

from edge.config import Site
from edge.consent.store import Consents
from edge.errors import EdgeError
from edge.forget.found import Facts, Found, of_age, recordings
from edge.forget.journal import alone
from edge.forget.receipt import Receipt
from edge.forget.run import Place, carry_out, finish
from edge.review.erase import queues
from edge.review.store import DATABASE, Store
from edge.system.disk import reason
from edge.words import word

DAY_S = 86400.0
"""Time between two looks while a run lasts (seconds)."""
STUDIO = "label-studio"
"""Folder of plain copies for raters."""
_RECORDING = ("sound", "picture")


def expire(place: Place, today: date | None = None) -> Receipt | None:
    """Delete what is kept too long, and finish a deletion that was stopped; None: there was nothing.

    Without [policy] only the latter. today: the day to go by; None: today. Raises InputError and OSError.
    """
    with alone(place.folder):
        resumed = finish(place)
        policy = place.site.policy
        if policy is None:
            return resumed
        for folder in queues(place.folders, DATABASE):
            with Store(folder):  # deletes what ran out on entering
                pass
        last = (today or date.today()) - timedelta(days=policy.retention_days)
        found = _found(place, last, today or date.today())
        return carry_out(place, found, "retention") or resumed


def _found(place: Place, last: date, today: date) -> Found:
    """Recordings that began before the day `last`, or of people whose consent ran out; copies as old."""
    over = _run_out(place, today)

    def old(cells: dict[str, str], path: Path) -> bool:
        people = {*cells.get("subjects", "").split(), cells.get("speaker", "")}
        return _began(cells.get("recorded", ""), path, last) or bool(people & over)

    def session(facts: Facts) -> bool:
        return _began(str(facts.get("began", "")), None, last) or bool(set(facts["subjects"]) & over)

    own = recordings(place.site, place.settings)
    found = of_age(place.site, [own] if own.is_dir() else [], old, session)
    studio = place.folder / STUDIO
    for path in studio.rglob("media/*") if studio.is_dir() else ():
        if path.is_file() and date.fromtimestamp(path.stat().st_mtime) < last:
            found.paths.append(path)
    return found


def _began(recorded: str, path: Path | None, last: date) -> bool:
    """Whether something was recorded before a day; by the file's own time where nobody wrote it down."""
    with suppress(ValueError):
        began = datetime.fromisoformat(recorded)
        return (began.astimezone() if began.tzinfo else began).date() < last
    if path is None or not path.is_file():
        return False
    return date.fromtimestamp(path.stat().st_mtime) < last


def _run_out(place: Place, today: date) -> set[str]:
    """People whose every consent to being recorded has passed its last day."""
    if not place.consents.exists():
        return set()
    with Consents(place.consents) as consents:
        rows = [row for row in consents.rows() if row.scope in _RECORDING and row.withdrawn is None]
    held = {row.subject for row in rows if row.until is None or row.until >= today}
    return {row.subject for row in rows} - held


class Retention:
    """Around a run: looks at once and every day; a trouble is a line and stops nothing.

    settings: the file the site was read from; None: there is nothing to look at. say: gets the lines, from a
    thread of its own.
    """

    def __init__(self, site: Site, settings: Path | None, say: Callable[[str], None]) -> None:
        self._place = Place(site, settings) if settings else None
        self._say, self._language = say, site.language
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="retention", daemon=True)

    def __enter__(self) -> Self:
        if self._place and self._place.site.policy:
            self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        if self._thread.is_alive():
            self._thread.join(2.0)  # a deletion that goes on is finished by the next start

    def _watch(self) -> None:
        while True:
            assert self._place
            sweep(self._place, self._say)
            if self._over.wait(DAY_S):
                return


def sweep(place: Place, say: Callable[[str], None]) -> None:
    """Look once; say: gets a line where something was deleted, or could not be."""
    language = place.site.language
    try:
        receipt = expire(place)
    except (EdgeError, OSError) as error:
        say(word("forget_failed", language, why=reason(error, language)))
        return
    if receipt is None:
        return
    if receipt.reason == "wish":
        say(word("forget_resumed", language, files=receipt.files, path=place.folder / receipt.path))
        return
    counts = {"files": receipt.files, "mb": receipt.bytes / 1e6, "rows": receipt.rows}
    say(word("forget_expired", language, **counts))
