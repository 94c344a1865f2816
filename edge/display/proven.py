"""Which labels a panel leaves out of those that are open: nothing that was measured could rule them out."""

from __future__ import annotations

from dataclasses import replace

from edge.bundle.manifest import Manifest
from edge.items import Reading
from edge.reading.fusion import fused_name

Unproven = frozenset[tuple[str, str]]
"""Name of a posterior, and a label of which there were too few clips or people to rule it out."""


def unproven_of(manifest: Manifest) -> Unproven:
    """Those of a bundle; a posterior of which no label can be ruled out is passed over."""
    found: set[tuple[str, str]] = set()
    for name, rows in manifest.evidence.items():
        few = {(name, label) for label, row in zip(manifest.labels, rows, strict=True) if row.few}
        if len(few) < len(rows):
            found |= few
    return frozenset(found)


def proven(reading: Reading, unproven: Unproven) -> Reading:
    """The reading without open labels that are open in all readings: they say nothing of this one."""
    read = fused_name(list(reading.weights))
    kept = tuple(name for name in reading.candidates if name == reading.label or (read, name) not in unproven)
    return reading if kept == reading.candidates else replace(reading, candidates=kept)
