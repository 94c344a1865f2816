"""HTML of the report: escaped text, tables, figures, and the page around them."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any


class Html(str):
    """Text that is HTML already; all other text is escaped."""


def html(value: Any) -> str:
    """A value as HTML; numbers as they are, None as a dash."""
    if isinstance(value, Html):
        return value
    return "–" if value is None else escape(str(value))


def tag(name: str, *content: Any, kind: str = "") -> Html:
    """An element around content."""
    opening = f'<{name} class="{kind}">' if kind else f"<{name}>"
    return Html(f"{opening}{''.join(map(html, content))}</{name}>")


def table(head: Sequence[str], rows: Sequence[Sequence[Any]], caption: str = "", text: int = 1) -> Html:
    """A table; the first `text` columns are words, the rest numbers."""

    def cells(kind: str, row: Sequence[Any]) -> Html:
        return Html("".join(tag(kind, value, kind="" if i < text else "n") for i, value in enumerate(row)))

    body = Html("".join(tag("tr", cells("td", row)) for row in rows))
    title = tag("caption", caption) if caption else ""
    top = tag("thead", tag("tr", cells("th", head))) if any(head) else ""
    inner = tag("table", title, top, tag("tbody", body))
    return tag("div", inner, kind="wide")


def figure(drawing: str, caption: Any) -> Html:
    """A drawing and what it shows."""
    return tag("figure", Html(drawing), tag("figcaption", caption))


def grid(items: Sequence[Html]) -> Html:
    """Figures side by side."""
    return tag("div", *items, kind="grid")


def document(title: str, notice: str, lead: Html, sections: Sequence[tuple[str, Html]]) -> str:
    """The whole page. sections: heading and content; numbered in this order."""
    numbered = [(f"s{i}", f"{i}. {heading}", content) for i, (heading, content) in enumerate(sections, 1)]
    links = Html("".join(f'<a href="#{place}">{escape(name)}</a>' for place, name, _ in numbered))
    parts = Html(
        "".join(
            f'<section id="{place}"><h2>{escape(name)}</h2>{body}</section>' for place, name, body in numbered
        )
    )
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        # Nothing may be fetched: the page is whole, and stays so if somebody edits it.
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; img-src data:; '
        "style-src 'unsafe-inline'\">"
        '<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="data:,">'
        f"<title>{escape(title)}</title><style>{STYLE}</style></head><body>"
        f"<header><h1>{escape(title)}</h1>{lead}{tag('p', notice, kind='notice')}</header>"
        f"{tag('nav', links)}<main>{parts}</main></body></html>\n"
    )


STYLE = """
:root { --ink: #1c2128; --soft: #59616c; --rule: #cfd4da; --blue: #0072b2; --paper: #ffffff; }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 2.5rem 1.5rem 5rem; max-width: 68rem;
  color: var(--ink); background: var(--paper);
  font: 15px/1.55 system-ui, "Segoe UI", Roboto, "Noto Sans", "Noto Sans CJK JP", sans-serif; }
h1 { margin: 0 0 .3rem; font: 600 2rem/1.2 Georgia, "Noto Serif", serif; }
h2 { margin: 3rem 0 .8rem; padding-top: .6rem; border-top: 2px solid var(--ink);
  font: 600 1.35rem/1.3 Georgia, "Noto Serif", serif; }
h3 { margin: 1.8rem 0 .5rem; font-size: 1.02rem; }
p { margin: .5rem 0 .9rem; max-width: 46rem; }
.soft, figcaption { color: var(--soft); }
.notice { padding: .6rem .9rem; border-left: 4px solid #d55e00; background: #fdf3ec; max-width: none; }
.tiles { display: grid; grid-template-columns: repeat(auto-fill, minmax(8.7rem, 1fr)); gap: .8rem;
  margin: 1.3rem 0; }
.tile { padding: .7rem .9rem; border: 1px solid var(--rule); border-radius: 6px; }
.tile b { display: block; font: 600 1.55rem/1.3 Georgia, "Noto Serif", serif; }
.tile span { display: block; color: var(--soft); font-size: .84rem; line-height: 1.35; }
nav { display: flex; flex-wrap: wrap; gap: .2rem 1.3rem; margin: 1.5rem 0 0; font-size: .92rem; }
a { color: var(--blue); text-decoration: none; }
a:hover { text-decoration: underline; }
.wide { overflow-x: auto; margin: .9rem 0 1.4rem; }
table { border-collapse: collapse; border-top: 2px solid var(--ink); border-bottom: 2px solid var(--ink);
  font-size: .9rem; font-variant-numeric: tabular-nums; }
caption { padding: 0 0 .4rem; text-align: left; color: var(--soft); }
th { border-bottom: 1px solid var(--ink); text-align: left; vertical-align: bottom; font-weight: 600; }
th, td { padding: .3rem .8rem .3rem 0; vertical-align: top; }
th.n, td.n { text-align: right; white-space: nowrap; }
tbody tr + tr td { border-top: 1px solid #eceff2; }
figure { display: table; margin: 0; }
figcaption { display: table-caption; caption-side: bottom; padding-top: .3rem;
  font-size: .86rem; line-height: 1.4; }
.grid { display: flex; flex-wrap: wrap; gap: 1.8rem 2.4rem; margin: 1rem 0 1.4rem; }
svg { display: block; }
td svg { display: inline-block; vertical-align: middle; }
svg text { font-family: system-ui, "Segoe UI", Roboto, "Noto Sans", sans-serif; font-size: 11px;
  fill: var(--ink); }
svg .axis { fill: var(--soft); }
svg .value, svg .share { font-weight: 600; }
svg .share { font-size: 14px; }
svg .count { font-size: 10px; }
svg .light { fill: #ffffff; }
.faces { display: grid; grid-template-columns: repeat(auto-fill, minmax(7.2rem, 1fr)); gap: .9rem; }
.faces img { display: block; width: 96px; height: 96px; border: 1px solid var(--rule); }
.faces figcaption { font-size: .8rem; overflow-wrap: anywhere; }
code { font: .86em ui-monospace, "Noto Sans Mono", monospace; overflow-wrap: anywhere; }
ul { padding-left: 1.2rem; max-width: 46rem; }
@page { margin: 16mm; }
@media print {
  body { max-width: none; padding: 0; font-size: 10pt; }
  nav { display: none; }
  figure, tr, .tile { break-inside: avoid; }
  h2, h3, caption { break-after: avoid; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
"""
