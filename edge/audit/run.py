"""A run in the chain: its start, its end with counts, and a threshold that changes while it lasts."""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType

from typing_extensions import Self

from edge import __version__
from edge.audit.chain import Audit, Fact, audit_of
from edge.audit.changes import note_alarm, note_policy
from edge.bundle.manifest import Manifest
from edge.config import Site
from edge.errors import AuditError
from edge.reading.summary import Summary
from edge.sections import AlarmSettings
from edge.words import word


class RunAudit:
    """Around a run of a site with [policy]; without it a live run says that nothing is audited.

    say: gets that line, and one where the audit cannot be written.
    Raises AuditError on entering: no run begins that cannot be audited; one that has begun goes on.
    """

    def __init__(self, site: Site, manifest: Manifest, say: Callable[[str], None]) -> None:
        self._site, self._manifest, self._say = site, manifest, say
        self._audit = audit_of(site)
        self._summary: Summary | None = None

    def __enter__(self) -> Self:
        policy = self._site.policy
        if policy is None and self._site.source is None:
            self._say(word("policy_none", self._site.language))
        if self._audit and policy:
            note_policy(self._audit, policy)
            note_alarm(self._audit, self._site.alarm)
            self._audit.append("run_started", source=self._source, version=__version__, **self._bundle)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        counts: dict[str, Fact] = {"error": kind.__name__ if kind else None}
        if self._summary and self._summary.hours is not None:
            counts["hours"] = self._summary.hours
        elif self._summary:
            states = self._summary.states
            counts |= {"readings": sum(states.values()), "checks": states["needs_check"]}
            counts |= {"withheld": self._summary.withheld, "dropped": self._summary.dropped}
        self._tried(lambda audit: audit.append("run_ended", source=self._source, **counts))

    @property
    def _source(self) -> str:
        return "recording" if self._site.source else "live"

    @property
    def _bundle(self) -> dict[str, Fact]:
        return {"bundle": self._manifest.name, "digest": self._manifest.digest}

    def counted(self, summary: Summary) -> Summary:
        """Take what the run came to; gives it back."""
        self._summary = summary
        return summary

    def alarm(self, alarm: AlarmSettings | None) -> None:
        """Note an operating point that is taken while the run lasts."""
        self._tried(lambda audit: note_alarm(audit, alarm))

    def _tried(self, write: Callable[[Audit], object]) -> None:
        if self._audit is None:
            return
        try:
            write(self._audit)
        except AuditError as error:
            self._say(error.told(self._site.language))
