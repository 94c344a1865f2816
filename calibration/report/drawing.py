"""What every figure of a page is drawn with: colours of Okabe and Ito, lines, words, the frame of the SVG."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from markupsafe import Markup

BLUE, SKY, ORANGE, GREY, LIGHT = "#0072b2", "#56b4e9", "#d55e00", "#8a8f98", "#e3e6ea"
INK = "#1c2128"


def svg(width: float, height: float, name: str, parts: Sequence[str]) -> Markup:
    """A picture with a name for who cannot see it."""
    return Markup(
        f'<svg viewBox="0 0 {width:g} {height:g}" width="{width:g}" height="{height:g}" role="img" '
        f'aria-label="{escape(name)}">{"".join(parts)}</svg>'
    )


def text(x: float, y: float, words: str, anchor: str, kind: str = "tick") -> str:
    """Words at a place; anchor: start, middle or end; kind: the style's class."""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" class="{kind}">{escape(words)}</text>'


def line(x1: float, y1: float, x2: float, y2: float, colour: str, more: str = "") -> str:
    """A straight line; more: further attributes."""
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}" {more}/>'
