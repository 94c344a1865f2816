"""`edge shadow start`: a run that nobody sees."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from edge.app import starter_bundle
from edge.audit.chain import audit_of
from edge.bundle.folder import open_bundle
from edge.config import Site
from edge.policy.rules import ask
from edge.policy.wired import lawful
from edge.read import read
from edge.reading.alarm import THRESHOLD
from edge.reading.summary import Summary
from edge.sections import AlarmSettings, LogSettings, ReviewSettings
from edge.shadow.folder import READINGS, REVIEW, ShadowTrial, begun, note_run
from edge.sinks.claim import claimed
from edge.system.disk import writing
from edge.system.private import make_private
from edge.watch import watch
from edge.words import word

QUOTA_MB = 10_000_000
"""Nothing of a trial is deleted to make room (megabytes)."""


def _days(site: Site) -> int:
    """How long a trial's own queue keeps what nobody judged."""
    return site.policy.retention_days if site.policy else 3650


def run_shadow(
    folder: Path, criteria: Path, site: Site, say: Callable[[str], None]
) -> tuple[ShadowTrial, Summary]:
    """Start the trial of a folder, or go on with it, until SIGTERM or Ctrl-C, or to the end of a recording.

    No display; of the sinks of a site only the queue of checks, else one of its own. Raises EdgeError.
    """
    ask(site, "shadow", site.language, say)
    bundle, site = open_bundle(site.bundle or starter_bundle()), lawful(site, say)
    alarm, language = site.alarm or AlarmSettings(threshold=THRESHOLD), site.language
    review = site.review or ReviewSettings(folder=folder / REVIEW, days=_days(site))
    with writing(folder):
        make_private(folder)
        with claimed(folder, "shadow"):
            trial = begun(folder, criteria, bundle, alarm.point, review.folder, language)
            note_run(trial)
            if audit := audit_of(site):
                audit.append(
                    "shadow_started", bundle=trial.start.bundle, criteria=trial.start.criteria_sha256
                )
            say(word("shadow_runs", language, folder=folder))
            log = LogSettings(folder=folder / READINGS, quota_mb=QUOTA_MB)
            alone = {"log": log, "mqtt": None, "prometheus": None, "review": review, "alarm": alarm}
            quiet = site.model_copy(update={"bundle": bundle.folder, **alone})
            if site.source is None:
                return trial, watch(quiet, None, True, say)
            return trial, read(quiet, None, True, False, say)
