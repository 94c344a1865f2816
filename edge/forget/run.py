"""`edge forget`: everything a site holds of a person is deleted, and proven by a receipt.

Killed at any moment, it is gone on with by the next call, of this verb or of a run: edge/forget/journal.py.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from edge.config import Site
from edge.consent.store import Consents, consents_file
from edge.errors import InputError
from edge.forget.bundles import Fitted, fitted
from edge.forget.found import Found, of_person, roots
from edge.forget.journal import JOURNAL, Case, alone, end_case, read_case, write_case
from edge.forget.receipt import Receipt, write_receipt
from edge.forget.steps import APART, Step, steps
from edge.forget.traces import Traces, plain
from edge.review.erase import erase, groups_of, held, queues
from edge.review.store import DATABASE, Store
from edge.system.documents import read_toml
from edge.system.private import replacing, settle

ROUNDS = 5
"""Looks at the folder before somebody must see who goes on writing there."""
_SECTION = re.compile(r"^\s*\[review\.consent\][^\n]*\n(?:(?!\s*\[)[^\n]*\n?)*", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Place:
    """A site on the disk."""

    site: Site
    settings: Path
    """Its site.toml."""

    @property
    def folder(self) -> Path:
        """Of the site."""
        return self.settings.absolute().parent.resolve()

    @property
    def folders(self) -> list[Path]:
        """All that is searched."""
        return roots(self.site, self.settings)

    @property
    def consents(self) -> Path:
        """File of consents."""
        return consents_file(self.site, self.settings).resolve()


@dataclass(frozen=True, slots=True)
class Plan:
    """What would be done."""

    case: Case
    steps: list[Step]
    bundles: list[Fitted]

    @property
    def empty(self) -> bool:
        """Whether the site holds nothing of the person."""
        return not (self.steps or self.case.consents or self.case.checks or self.case.settings)


def look(place: Place, subject: str) -> Plan:
    """What a site holds of a person, or still has to delete. Raises InputError where that is nothing."""
    traces = _told(place, plain(subject))
    found = of_person(place.site, place.folders, traces)
    case = Case(began=_now(), reason="wish", traces=found.traces, shared=found.shared)
    plan = _plan(place, case, found)
    if plan.empty and not (place.folder / JOURNAL).exists():
        raise InputError.of("forget_nobody", folder=place.folder)
    return plan


def forget(place: Place, subject: str) -> Receipt:
    """Delete all of a person. Raises InputError and OSError; a second call goes on then."""
    with alone(place.folder):
        resumed = finish(place)
        try:
            return _done(place, look(place, subject).case)
        except InputError as error:
            if resumed is None or error.key != "forget_nobody":
                raise
            return resumed  # it was this person's


def finish(place: Place) -> Receipt | None:
    """Go on with a deletion that was stopped; None: there is none. The caller holds the folder."""
    case = read_case(place.folder)
    return _done(place, case) if case else None


def carry_out(place: Place, found: Found, reason: str) -> Receipt | None:
    """Delete recordings that a rule names, with all that speaks of them; None: there are none.

    The caller holds the folder.
    """
    if not found.paths:
        return None
    return _done(place, Case(began=_now(), reason=reason, traces=found.traces, shared=found.shared), found)


def _done(place: Place, case: Case, found: Found | None = None) -> Receipt:
    """Carry a case out and prove it. Each round looks anew: what was written meanwhile goes as well."""
    for _ in range(ROUNDS):
        if found is None:
            found = of_person(place.site, place.folders, case.traces) if case.traces.subject else None
        now = found or Found(case.traces)
        now.paths += case.doomed
        case = case.model_copy(
            update={
                "traces": case.traces.joined(now.traces),
                "shared": max(case.shared, now.shared),
            }
        )
        plan = _plan(place, case, now)
        case, found = plan.case, None
        todo = [step for step in plan.steps if step.kind != "left"]
        write_case(place.folder, case)
        _records(place, case)
        if not todo:
            break
        for step in todo:
            step.do(case.traces)
        _tidy(place.folders, case.doomed)
    else:
        raise InputError.of("forget_busy", folder=place.folder)
    left = [step.path for step in plan.steps if step.kind == "left"] + _named_in(place, case.traces)
    receipt = write_receipt(place.site, place.folder, case, plan.bundles, left)
    end_case(place.folder)
    return receipt


def _plan(place: Place, case: Case, found: Found) -> Plan:
    folders, traces = place.folders, case.traces
    keep = [place.settings.absolute().resolve(), place.consents, place.folder / JOURNAL]
    databases = [folder / DATABASE for folder in queues(folders, DATABASE)]
    todo = steps(folders, found.paths, traces, [*keep, *databases])
    checks = [(0, 0, 0)]
    for path in databases:
        with Store(path.parent) as store:
            checks.append(held(store, traces.is_person))
    sums = [sum(one) for one in zip(*checks, strict=True)]
    consents = 0
    if traces.subject and place.consents.exists():
        with Consents(place.consents) as store_of:
            consents = sum(traces.is_person(row.subject) for row in store_of.rows())
    update = {
        "checks": max(case.checks, sums[0]),
        "check_files": max(case.check_files, sums[1]),
        "check_bytes": max(case.check_bytes, sums[2]),
        "consents": max(case.consents, consents),
        "settings": case.settings or _in_settings(place, traces),
    }
    case = case.model_copy(update=update).with_steps(todo, folders)
    return Plan(case, todo, fitted(folders, traces) if traces.subject else [])


def _records(place: Place, case: Case) -> None:
    """Take the person out of the settings, the consents and the queues: first, so that nothing goes on."""
    traces = case.traces
    if not traces.subject:
        return
    if _in_settings(place, traces):
        with replacing(place.settings) as part:
            part.write_text(_SECTION.sub("", place.settings.read_text(encoding="utf-8")), encoding="utf-8")
            settle(part)
    if place.consents.exists():
        with Consents(place.consents) as consents:
            for subject in {row.subject for row in consents.rows() if traces.is_person(row.subject)}:
                consents.forget(subject)
    for folder in queues(place.folders, DATABASE):
        with Store(folder) as store:
            erase(store, traces.is_person)


def _told(place: Place, subject: str) -> Traces:
    """What the person is called: in the consents, and in exports of review queues."""
    names: list[str] = []
    if place.consents.exists():
        with Consents(place.consents) as consents:
            known = consents.names()
        names += [known[subject]] if subject in known else []
    traces = Traces(subject=subject, names=tuple(names))
    for folder in queues(place.folders, DATABASE):
        with Store(folder) as store:
            names += groups_of(store, traces.is_person)
    return Traces(subject=subject, names=tuple(dict.fromkeys(names)))


def _in_settings(place: Place, traces: Traces) -> bool:
    with suppress(InputError):
        review = read_toml(place.settings).get("review")
        consent = review.get("consent") if isinstance(review, dict) else None
        who = consent.get("who") if isinstance(consent, dict) else None
        return isinstance(who, list) and any(traces.is_person(str(one)) for one in who)
    return False


def _named_in(place: Place, traces: Traces) -> list[Path]:
    """Files that others take care of and that name the person still."""
    kept = [place.settings.resolve(), *(f / DATABASE for f in queues(place.folders, DATABASE))]
    found = []
    for path in kept:
        if path.is_file() and traces.named_in(path.read_bytes().decode("utf-8", "ignore")):
            found.append(path)
    return found


def _tidy(folders: Sequence[Path], gone: Sequence[Path]) -> None:
    """Delete the folders that are empty now; those of the site itself stay."""
    stays = {*folders, *(folder / name for folder in folders for name in APART)}
    for path in sorted({folder for one in gone for folder in one.parents}, reverse=True):
        inside = any(folder in path.parents and path.parent != folder for folder in folders)
        if path.is_dir() and path not in stays and inside and not any(path.iterdir()):
            with suppress(OSError):
                path.rmdir()


def _now() -> str:
    return datetime.now().astimezone().isoformat(timespec="milliseconds")
