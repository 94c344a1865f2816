"""The page of `edge label agree`: do raters agree, where not, what to do."""

from __future__ import annotations

from pathlib import Path

from calibration.labels.agreement import Agreement
from calibration.labels.told import RELIABLE, TENTATIVE, amount, cautions, share, verdict
from calibration.report import figures
from calibration.report.render import Texts, render
from edge.starter_labels import labels_of
from edge.words import Language

SHOWN = 20
"""Disputed clips that are listed."""


def page(found: Agreement, name: str, language: Language) -> str:
    """One HTML file that opens anywhere. name: of the file of labels."""
    known = labels_of(found.labels)
    totals = found.pairs.sum(axis=1)
    shares = [
        [float(n) / total if total else 0.0 for n in row]
        for row, total in zip(found.pairs, totals, strict=True)
    ]
    pairs = sorted(found.between.items(), key=lambda item: item[1].value or 0.0)
    return render(
        Path(__file__).parent,
        "page.html.jinja",
        language=language,
        t=Texts(language),
        found=found,
        name=name,
        figures=figures,
        verdict=verdict(found.alpha, len(found.raters), language),
        colour=_colour(found.alpha.value),
        cautions=cautions(found, language),
        amount=amount,
        share=share,
        said=lambda label: known.said(label, language),
        heads=[known.said(label, language) for label in found.labels],
        totals=totals,
        shares=shares,
        mixed=_mixed(found),
        pairs=[(one, other, agreed) for (one, other), agreed in pairs if agreed.of],
        needed=sum(one.needed for one in found.disputed),
        shown=found.disputed[:SHOWN],
        limits=(RELIABLE, TENTATIVE),
    )


def _colour(value: float | None) -> str:
    return "unknown" if value is None else "better" if value >= RELIABLE else "worse"


def _mixed(found: Agreement) -> list[tuple[str, str, float]]:
    """The pairs of labels that are mixed up most: both, and the share of all pairs of ratings."""
    total = float(found.pairs.sum())
    pairs = [
        (found.labels[i], found.labels[j], 2 * float(found.pairs[i, j]) / total)
        for i in range(len(found.labels))
        for j in range(i)
        if total and found.pairs[i, j]
    ]
    return sorted(pairs, key=lambda pair: -pair[2])[:3]
