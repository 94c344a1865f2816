"""The page of `edge shadow report`: one page to print."""

from __future__ import annotations

from pathlib import Path

from calibration.report import figures
from calibration.report.render import Texts, render
from calibration.shadow.decision import Decision
from calibration.shadow.evidence import Evidence
from calibration.shadow.told import local, with_span
from edge.shadow.folder import ShadowTrial
from edge.system.texts import visible
from edge.words import Language

MOST = 8
"""Missed events and false alarms that are listed."""


def page(trial: ShadowTrial, found: Evidence, decision: Decision, language: Language) -> str:
    """The decision of a trial with its evidence."""
    labels = trial.start.full_labels
    return render(
        Path(__file__).parent,
        "page.html.jinja",
        t=Texts(language),
        language=language,
        start=trial.start,
        criteria=trial.criteria,
        found=found,
        decision=decision,
        local=local,
        with_span=with_span,
        bundle=visible(trial.start.bundle, keep=""),
        said=lambda name: visible(labels.said(name, language), keep=""),
        negative=labels.listed(labels.negative, language),
        interval=figures.interval,
        most=MOST,
    )
