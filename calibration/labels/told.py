"""Agreement of raters in lines, and as values for other programs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from calibration.labels.agreement import Agreement, Rater
from calibration.labels.alpha import Alpha
from edge.review.results import Share
from edge.starter_labels import labels_of
from edge.system.texts import columns, left, right
from edge.words import Language, word

RELIABLE, TENTATIVE = 0.8, 0.667
"""Krippendorff, Content Analysis (2004), chapter 11: conclusions, tentative conclusions."""


def verdict(alpha: Alpha, raters: int, language: Language) -> str:
    """What alpha says, in a line."""
    if alpha.value is None:
        return word("label_alpha_one" if raters < 2 else "label_alpha_none", language)
    key = "reliable" if alpha.value >= RELIABLE else "tentative" if alpha.value >= TENTATIVE else "low"
    return word(f"label_alpha_{key}", language)


def amount(alpha: Alpha) -> str:
    """Alpha with its interval."""
    if alpha.value is None:
        return "–"
    ends = "" if alpha.low is None else f" ({alpha.low:.2f} – {alpha.high:.2f})"
    return f"{alpha.value:.3f}{ends}"


def share(found: Share) -> str:
    """A share with its count."""
    return "–" if found.value is None else f"{found.value:.2f} ({found.hits}/{found.of})"


def printed(found: Agreement, language: Language) -> list[str]:
    """What the command prints."""
    known = labels_of(found.labels)
    lines = [
        word(
            "label_agreed",
            language,
            clips=found.clips,
            raters=len(found.raters),
            ratings=found.ratings,
        ),
        word("label_alpha", language, alpha=amount(found.alpha), clips=found.alpha.clips),
        verdict(found.alpha, len(found.raters), language),
        *cautions(found, language),
        "",
    ]
    head = [word(key, language) for key in ("label_head_label", "label_head_alpha", "label_head_ratings")]
    totals = found.pairs.sum(axis=1)
    rows = [
        [known.said(label, language), amount(alpha), f"{totals[place]:.0f}"]
        for place, (label, alpha) in enumerate(found.by_label.items())
    ]
    lines += [*_table(head, rows), ""]
    heads = ("rater", "clips", "others", "gold", "first", "last", "time", "cannot_tell", "skipped")
    lines += _table(
        [word(f"label_head_{name}", language) for name in heads], [_row(one) for one in found.raters]
    )
    lines += [word("label_fell", language, rater=one.name) for one in found.raters if one.fell]
    needed = sum(one.needed for one in found.disputed)
    values = {"count": len(found.disputed), "needed": needed, "decided": found.adjudicated}
    return [*lines, "", word("label_disputed", language, **values)]


def cautions(found: Agreement, language: Language) -> list[str]:
    """What makes the numbers say less than they seem to."""
    lines = []
    if found.predictions:
        lines.append(word("label_anchored", language, count=found.predictions))
    if len(found.guidelines) > 1:
        versions = ", ".join(f"{name} ({count})" for name, count in found.guidelines.items())
        lines.append(word("label_guidelines", language, versions=versions))
    return lines


def as_dict(found: Agreement) -> dict[str, Any]:
    """All numbers."""
    return {
        "clips": found.clips,
        "ratings": found.ratings,
        "alpha": _alpha(found.alpha),
        "by_label": {name: _alpha(alpha) for name, alpha in found.by_label.items()},
        "coincidences": {
            label: dict(zip(found.labels, (round(float(n), 3) for n in row), strict=True))
            for label, row in zip(found.labels, found.pairs, strict=True)
        },
        "raters": {
            one.name: {
                "clips": one.clips,
                "cannot_tell": one.cannot_tell,
                "skipped": one.skipped,
                "lead_time_s": one.lead_time_s,
                "gold": _share(one.gold),
                "others": _share(one.others),
                "first_third": _share(one.first),
                "last_third": _share(one.last),
                "thirds_of": "gold" if one.by_gold else "majority",
                "fell": one.fell,
            }
            for one in found.raters
        },
        "between": [{"raters": list(pair), **_share(one)} for pair, one in found.between.items()],
        "disputed": len(found.disputed),
        "needed": sum(one.needed for one in found.disputed),
        "adjudicated": found.adjudicated,
        "guidelines": dict(found.guidelines),
        "with_predictions": found.predictions,
        "gold_clips": found.gold,
    }


def _row(one: Rater) -> list[str]:
    return [
        one.name,
        str(one.clips),
        share(one.others),
        share(one.gold),
        share(one.first),
        share(one.last),
        "–" if one.lead_time_s is None else f"{one.lead_time_s:.0f}",
        str(one.cannot_tell),
        str(one.skipped),
    ]


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    every = [list(head), *map(list, rows)]
    widths = [max(columns(row[place]) for row in every) for place in range(len(head))]
    return [
        "  "
        + "  ".join(
            left(cell, width) if place == 0 else right(cell, width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in every
    ]


def _alpha(alpha: Alpha) -> dict[str, Any]:
    found = {"value": alpha.value, "low": alpha.low, "high": alpha.high}
    rounded = {name: None if number is None else round(number, 4) for name, number in found.items()}
    return rounded | {"clips": alpha.clips, "ratings": alpha.ratings}


def _share(found: Share) -> dict[str, Any]:
    low, high = found.interval
    value = None if found.value is None else round(found.value, 4)
    return {"value": value, "low": round(low, 4), "high": round(high, 4), "n": found.of}
