"""What a calibration took and left, for a person to read."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from calibration.report.render import render
from edge.bundle.evidence import posterior_name
from edge.bundle.site import SiteCalibration
from edge.system.texts import left, right
from edge.words import Language, word


def table(site: SiteCalibration, language: Language) -> str:
    """A row a part: what was measured before and after, and the verdict."""
    heads = [word(f"site_{name}", language) for name in ("part", "measure", "before", "after", "verdict")]
    rows = [heads] + [
        [
            named(name, language),
            word(f"site_measure_{part.measure}", language),
            _number(part.before),
            _number(part.after),
            word(part.why, language),
        ]
        for name, part in site.parts.items()
    ]
    return "\n".join(
        f"{left(a, 28)} {left(b, 30)} {right(c, 8)} {right(d, 8)}  {e}".rstrip() for a, b, c, d, e in rows
    )


def card_section(site: SiteCalibration, language: Language, notes: Sequence[str] = ()) -> str:
    """The part of a card that is about the site. notes: lines below its table."""
    return render(
        Path(__file__).parent,
        "card.md.jinja",
        site=site,
        notes=notes,
        w=lambda key, **values: word(key, language, **values),
        named=lambda name: named(name, language),
        measured=lambda part: word(f"site_measure_{part.measure}", language),
        shown=_number,
    )


def named(name: str, language: Language) -> str:
    """A part in words: `temperature fused audio+text`."""
    kind, _, rest = name.partition(" ")
    what = word(f"site_part_{kind}", language)
    if not rest:
        return what
    return what + ("：" if language == "ja" else ": ") + posterior_name(rest, language)


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"
