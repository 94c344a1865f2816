"""The review queue in words, for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from rich.cells import cell_len, set_cell_size

from edge.items import MODALITIES
from edge.labels import Labels
from edge.review.item import Item, Verdict
from edge.review.results import Results, Share
from edge.words import Language, word

_BAR = 20
_LABEL = 12


def listing(items: Sequence[Item], labels: Labels, language: Language) -> Iterator[str]:
    """A line an item under a heading."""
    if not items:
        yield word("review_none", language)
        return
    heads = ("heading", "when", "read", "why", "could_be", "kept", "verdicts")
    rows = [tuple(word(f"review_{head}", language) for head in heads)]
    for item in items:
        first = item.readings[0]
        others = [labels.said(label, language) for label in first["candidates"] if label != item.label]
        rows.append(
            (
                str(item.id),
                _local(item.made),
                f"{labels.said(item.label, language)} {first['probabilities'][item.label]:.2f}",
                reasons(item, labels, language),
                ", ".join(others) or "-",
                _kept(item, language),
                ", ".join(f"{v.reviewer}: {_called(v, labels, language)}" for v in item.verdicts)
                or word("review_waits", language),
            )
        )
    wide = [max(cell_len(row[i]) for row in rows) for i in range(len(heads))]
    for row in rows:
        yield "  ".join(set_cell_size(cell, size) for cell, size in zip(row, wide, strict=True)).rstrip()


def details(item: Item, labels: Labels, language: Language) -> Iterator[str]:
    """Everything a person needs to judge an item."""
    first, last = item.readings[0], item.readings[-1]
    yield f"{word('review_heading', language)} {item.id}   {_local(item.made)}"
    lasted = last["time"] - first["time"]
    yield word("review_source", language, source=item.source, seconds=lasted, bundle=item.bundle)
    yield word("review_because", language, reasons=reasons(item, labels, language))
    yield ""
    yield from _numbers(first, labels, language)
    yield ""
    weights = ", ".join(f"{word(m, language)} {100 * w:.0f} %" for m, w in first["weights"].items())
    yield word("review_lead", language, lead=first["margin"], weights=weights)
    if quality := first.get("quality"):
        yield word("review_quality", language, **quality)
    yield ""
    for name in ("face", "sound", "words"):
        if kept := getattr(item, name):
            yield f"{_padded(word(f'review_{name}', language))}{kept}"
    if item.consent:
        who = ", ".join(item.consent["who"])
        expires = _local(item.expires)[:10]
        yield word("review_consent", language, who=who, date=item.consent["date"], expires=expires)
    else:
        yield word("review_without", language)
    yield ""
    for verdict in item.verdicts:
        note = f"   {verdict.note}" if verdict.note else ""
        called = _called(verdict, labels, language)
        yield f"{_padded(verdict.reviewer)}{called}   {_local(verdict.given)}{note}"
    if not item.verdicts:
        yield word("review_waits", language)


def reasons(item: Item, labels: Labels, language: Language) -> str:
    """Why a check was asked for: the mistake that is likeliest by its first numbers.

    A reading that was no check is there because a person judged it on the panel.
    """
    first = item.readings[0]
    if first.get("state") == "reading":
        return word("because_person", language)
    acted_on = {*labels.negative, *labels.events}
    chances = {"because_other": 0.0, "because_missed": 0.0, "because_false": 0.0}
    across = "because_false" if item.label in acted_on else "because_missed"
    for label, p in first["probabilities"].items():
        if label != item.label:
            alike = (label in acted_on) == (item.label in acted_on)
            chances["because_other" if alike else across] += p
    likeliest = max(chances, key=lambda key: chances[key])
    return word(likeliest, language, chance=chances[likeliest])


def table(found: Results, labels: Labels, language: Language) -> Iterator[str]:
    """The KPIs, each share with its 95 % interval."""
    counts = ("judged", "waiting", "cannot_tell", "disputed")
    yield word("kpi_counts", language, **{name: getattr(found, name) for name in counts})
    yield word("kpi_read", language, hours=found.hours, days=found.days)
    yield ""
    negative = labels.listed(labels.negative, language)
    rows = [(word("kpi_recall", language, labels=negative), _share(found.recall, language))]
    rows.append((word("kpi_false", language, labels=negative), _share(found.false, language)))
    for name, over in (("kpi_an_hour", found.hours), ("kpi_a_day", found.days)):
        rate = found.false_alarms(over)
        shown = f"{rate[0]:6.2f}   {rate[1]:.2f} - {rate[2]:.2f}" if rate else _unknown(language)
        rows.append((word(name, language), shown))
    for label, share in found.agreement.items():
        rows.append(
            (word("kpi_agreement", language, label=labels.said(label, language)), _share(share, language))
        )
    for (one, other), (value, n) in found.kappa.items():
        shown = _unknown(language) if value is None else f"{value:6.2f}"
        of = word("kpi_of", language, count=n)
        rows.append((word("kpi_kappa", language, one=one, other=other), f"{shown}   {of}"))
    wide = max(cell_len(name) for name, _ in rows)
    for name, shown in rows:
        yield f"{set_cell_size(name, wide)}   {shown}"
    yield ""
    yield word("kpi_doubtful_only", language)


def _numbers(first: Mapping[str, Any], labels: Labels, language: Language) -> Iterator[str]:
    """A row a label: what was voted, what the window says, what each modality says."""
    columns = {"review_voted": first["probabilities"], "review_window": first.get("window", {})}
    alone = first.get("by_modality", {})
    columns |= {name: alone[name] for name in MODALITIES if name in alone}
    heads = "".join(set_cell_size(word(name, language), 10) for name in columns)
    yield f"{' ' * (_LABEL + _BAR + 1)}{heads}".rstrip()
    for label, p in first["probabilities"].items():
        mark = "?" if label in first["candidates"] else " "
        bar = set_cell_size("█" * round(_BAR * p), _BAR)
        cells = "".join(f"{found[label]:<10.2f}" if found else " " * 10 for found in columns.values())
        yield f"{mark} {set_cell_size(labels.said(label, language), _LABEL - 2)}{bar} {cells}".rstrip()


def _unknown(language: Language) -> str:
    return f"  {word('unknown', language)}"


def _share(share: Share, language: Language) -> str:
    of = word("kpi_of", language, count=share.of)
    if share.value is None:
        return f"{_unknown(language)}   {of}"
    low, high = share.interval
    return f"{share.value:6.2f}   {low:.2f} - {high:.2f}   {of}"


def _kept(item: Item, language: Language) -> str:
    kept = [word(f"review_{name}", language) for name in ("face", "sound", "words") if getattr(item, name)]
    return ", ".join(kept) or word("review_numbers", language)


def _called(verdict: Verdict, labels: Labels, language: Language) -> str:
    return labels.said(verdict.label, language) if verdict.label else word("cannot_tell", language)


def _padded(words: str) -> str:
    return set_cell_size(words, max(_LABEL, cell_len(words) + 2))


def _local(moment: str) -> str:
    """A moment of the database as the clock on the wall shows it."""
    return datetime.fromisoformat(moment).astimezone().strftime("%Y-%m-%d %H:%M:%S")
