"""Which step of a site comes next, and why: each is looked for in the files that the verbs wrote."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Literal

from calibration.steps import layout
from calibration.steps.found import Recorded, calibrated, newer, opened, recorded, report
from edge.audit.chain import audit_of
from edge.config import Site, read_site
from edge.consent.store import Consents
from edge.errors import EdgeError, InputError
from edge.policy.rules import ask

LEAST_LABELLED = 30
"""Labelled clips that a calibration asks for at least (calibration/site/calibrate.py)."""
LEAST_AGREEMENT = 0.4
"""Krippendorff's alpha below which the labels of a site are not to be used as they are."""
STARTER = "edge/assets/starter"
"""The bundle that a site begins with, as commands name it."""
State = Literal["done", "next", "later"]


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a site."""

    name: str
    """Key of its name is step_<name>."""
    state: State
    why: EdgeError
    """What was found, in either language."""
    command: str
    """What to run for it."""


@dataclass(frozen=True, slots=True)
class Found:
    """What was found of one step."""

    done: bool
    why: EdgeError


@dataclass(frozen=True, slots=True)
class _Look:
    """What the steps look at."""

    folder: Path
    site: Site
    table: Recorded

    @property
    def bundle(self) -> Path | None:
        """The bundle that site.toml names."""
        return self.site.bundle


def status(folder: Path) -> list[Step]:
    """All steps of a site in their order; the first that is not done is next. Raises InputError."""
    if not (folder / layout.SETTINGS).is_file():
        raise InputError.of("steps_no_site", folder=folder)
    steps: list[Step] = []
    found = _policy(folder)
    look = _Look(folder, read_site(folder / layout.SETTINGS), recorded(folder)) if found.done else None
    for name, step in _STEPS.items():
        if name != "policy":
            found = Found(False, InputError.of("said_waits")) if look is None else step(look)
        waits = any(before.state != "done" for before in steps)
        state: State = "done" if found.done else "later" if waits else "next"
        steps.append(Step(name, state, found.why, _command(name, folder, look)))
    return steps


def _policy(folder: Path) -> Found:
    try:
        site = read_site(folder / layout.SETTINGS)
        ask(site, "record", site.language)
    except EdgeError as error:
        return Found(False, error)
    return Found(True, InputError.of("said_policy"))


def _consent(look: _Look) -> Found:
    assert look.site.policy is not None
    path = look.site.policy.consents
    if not path.is_file():
        return Found(False, InputError.of("said_consent_none"))
    now = date.today()
    with Consents(path) as consents:
        people = {
            row.subject
            for row in consents.rows()
            if row.scope in ("sound", "picture") and consents.valid(row.subject, row.scope, now)
        }
    return Found(bool(people), InputError.of("said_consent", count=len(people)))


def _record(look: _Look) -> Found:
    if not look.table.clips:
        return Found(False, InputError.of("said_record_none"))
    values = {"clips": look.table.clips, "people": look.table.people}
    if look.table.minutes is None:
        return Found(True, InputError.of("said_record", **values))
    return Found(True, InputError.of("said_record_minutes", minutes=look.table.minutes, **values))


def _split(look: _Look) -> Found:
    if not look.table.clips:
        return Found(False, InputError.of("said_waits"))
    if look.table.without_side:
        return Found(False, InputError.of("said_split_open", count=look.table.without_side))
    return Found(True, InputError.of("said_split", **look.table.people_on))


def _coverage(look: _Look) -> Found:
    path = look.folder / layout.COVERAGE
    found = report(path)
    if found is None:
        return Found(False, InputError.of("said_not_run"))
    if not newer(path, look.folder / layout.TABLE):
        return Found(False, InputError.of("said_old"))
    if found.get("bad"):
        little = sum(line.get("state") == "far" for line in found.get("kit", []))
        return Found(
            False, InputError.of("said_coverage_bad", leaks=len(found.get("leaks", [])), little=little)
        )
    return Found(True, InputError.of("said_coverage"))


def _label(look: _Look) -> Found:
    calibration, evaluation = (look.table.labelled[side] for side in ("calibration", "evaluation"))
    why = InputError.of("said_label", calibration=calibration, evaluation=evaluation, least=LEAST_LABELLED)
    return Found(min(calibration, evaluation) >= LEAST_LABELLED, why)


def _agree(look: _Look) -> Found:
    votes, path = look.folder / layout.VOTES, look.folder / layout.AGREEMENT
    if not votes.is_file():
        return Found(False, InputError.of("said_agree_none"))
    found = report(path)
    if found is None:
        return Found(False, InputError.of("said_not_run"))
    if not newer(path, votes):
        return Found(False, InputError.of("said_old"))
    alpha = (found.get("alpha") or {}).get("value")
    if not isinstance(alpha, int | float):
        return Found(False, InputError.of("said_agree_one"))
    key = "said_agree" if alpha >= LEAST_AGREEMENT else "said_agree_low"
    return Found(alpha >= LEAST_AGREEMENT, InputError.of(key, alpha=alpha))


def _calibrate(look: _Look) -> Found:
    there = calibrated(look.folder)
    if not there:
        return Found(False, InputError.of("said_not_run"))
    if look.bundle is None or look.bundle.resolve() not in [path.resolve() for path in there]:
        return Found(
            False, InputError.of("said_calibrate_unnamed", bundle=there[-1].relative_to(look.folder))
        )
    return Found(True, InputError.of("said_calibrate", bundle=look.bundle.name))


def _evaluate(look: _Look) -> Found:
    path = look.folder / layout.EVALUATION
    if report(path) is None:
        return Found(False, InputError.of("said_not_run"))
    if look.bundle is not None and not newer(path, look.bundle / "bundle.json"):
        return Found(False, InputError.of("said_old"))
    return Found(True, InputError.of("said_evaluate"))


def _decide(look: _Look) -> Found:
    alarm = look.site.alarm
    if alarm is None or not alarm.signed_by:
        return Found(False, InputError.of("said_decide_unsigned" if alarm else "said_not_run"))
    bundle = opened(look.bundle) if look.bundle else None
    if bundle is not None and alarm.bundle not in (None, bundle.manifest.digest):
        return Found(False, InputError.of("said_decide_other"))
    return Found(True, InputError.of("said_decide", threshold=alarm.threshold, who=alarm.signed_by))


def _shadow(look: _Look) -> Found:
    found = report(look.folder / layout.VERDICT)
    started = (look.folder / layout.SHADOW / "start.json").is_file()
    if found is None:
        if not started:
            return Found(False, InputError.of("said_not_run"))
        where = {"folder": look.folder / layout.SHADOW, "report": look.folder / layout.VERDICT}
        return Found(False, InputError.of("said_shadow_runs", **where))
    go = found.get("verdict") == "go"
    return Found(go, InputError.of("said_shadow_go" if go else "said_shadow_no"))


def _run(look: _Look) -> Found:
    audit = audit_of(look.site)
    runs = [] if audit is None else [one for one in audit.entries() if _live(one)]
    if not runs:
        return Found(False, InputError.of("said_not_run"))
    return Found(True, InputError.of("said_run", when=runs[-1]["time"]))


def _live(entry: Mapping[str, Any]) -> bool:
    """Whether an entry of the audit is the start of a run from the devices."""
    return bool(entry["event"] == "run_started" and entry["facts"].get("source") != "recording")


def _command(name: str, folder: Path, look: _Look | None) -> str:
    """What to type for a step."""
    config, recordings = folder / layout.SETTINGS, folder / layout.RECORDINGS
    bundle = look.bundle if look and look.bundle else folder / layout.BUNDLES / "site"
    coverage, kpi = (folder / layout.REPORTS / page for page in ("coverage.html", "kpi.html"))
    return {
        "policy": f"edge doctor --config {config}",
        "consent": f"edge consent add S01 --scope sound,picture,label,training --by NAME --config {config}",
        "record": f"edge record --config {config} --subject S01 --script {folder / layout.SCRIPT}",
        "split": f"edge site split {folder}",
        "coverage": f"edge coverage {recordings} --report {coverage} --json {folder / layout.COVERAGE}",
        "label": f"edge label export {STARTER} {recordings} --out {folder / layout.LABEL_STUDIO}",
        "agree": f"edge label agree {folder / layout.VOTES} --json {folder / layout.AGREEMENT}",
        "calibrate": f"edge calibrate {STARTER} {recordings} --out {folder / layout.BUNDLES / 'site'}",
        "evaluate": f"edge evaluate {bundle} {recordings} --report {kpi} --json {folder / layout.EVALUATION}",
        "decide": f"edge decide {bundle} {recordings} --false-alarms-per-hour 2 --out {config} --sign NAME",
        "shadow": f"edge shadow start {folder / layout.SHADOW} --config {config} "
        f"--criteria {folder / layout.CRITERIA}",
        "run": f"edge run --config {config}",
    }[name]


_STEPS: dict[str, Callable[[_Look], Found]] = {
    "policy": lambda look: _policy(look.folder),
    "consent": _consent,
    "record": _record,
    "split": _split,
    "coverage": _coverage,
    "label": _label,
    "agree": _agree,
    "calibrate": _calibrate,
    "evaluate": _evaluate,
    "decide": _decide,
    "shadow": _shadow,
    "run": _run,
}
