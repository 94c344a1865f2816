"""The bundle of a site: the parent's files and facts, with what a calibration took in their place."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import onnx

from calibration.int8.golden import write_golden
from calibration.site.told import card_section
from edge.bundle.evidence import kept_in
from edge.bundle.folder import Bundle, write_bundle
from edge.bundle.site import FAMILIAR_FILE, HEAD_FILE, SiteCalibration
from edge.labels import LabelFacts
from edge.reading.familiar import Home, arrays_of
from edge.reading.site_head import SiteHead
from edge.starter_labels import labels_of
from edge.words import Language, asked_language

GOLDEN = "golden.npz"
CARDS: dict[str, Language] = {"card.md": "en", "card.ja.md": "ja"}
"""The card in each language; a bundle of an earlier version has the first alone."""


@dataclass(frozen=True, slots=True, eq=False)
class Changed:
    """What a calibration took."""

    graphs: Mapping[str, onnx.ModelProto]
    """Networks with new ranges."""
    head: SiteHead | None
    facts: Mapping[str, Any]
    """Fields of the manifest that take the place of the parent's."""
    site: SiteCalibration
    homes: Mapping[str, Sequence[Home]] = field(default_factory=dict)
    """What is familiar, of the parent and of the site; empty: as the parent has it."""


def write_site_bundle(parent: Bundle, changed: Changed, target: Path) -> Bundle:
    """Write the bundle of a site into the folder `target`, all of it or nothing. Raises BundleError."""
    manifest = parent.manifest
    arrays = changed.head.arrays() if changed.head else {}
    site = changed.site.model_copy(update={"head": {name: array.shape for name, array in arrays.items()}})
    facts = manifest.model_dump(by_alias=True, mode="json", exclude={"models", "files", "digest", "schema_"})
    facts |= {"created": site.created, **changed.facts, "site": site.model_dump(mode="json")}
    with tempfile.TemporaryDirectory(prefix="edge-site-") as name:
        scratch = Path(name)
        models = _models(parent, changed.graphs, scratch)
        files = {file: parent.path(file) for file in manifest.files if file != HEAD_FILE}
        files[GOLDEN] = scratch / GOLDEN
        if arrays:
            np.savez(scratch / HEAD_FILE, **arrays)  # type: ignore[arg-type]
            files[HEAD_FILE] = scratch / HEAD_FILE
        if changed.homes:
            np.savez_compressed(scratch / FAMILIAR_FILE, **arrays_of(changed.homes))  # type: ignore[arg-type]
            files[FAMILIAR_FILE] = scratch / FAMILIAR_FILE
            facts["familiar"] = {name: len(centres) for name, centres in changed.homes.items()}
        evidence = changed.facts.get("evidence", manifest.evidence)
        said = {name: LabelFacts.model_validate(found) for name, found in facts["label_facts"].items()}
        labels = labels_of(facts["labels"], said)
        cards = {file: language for file, language in CARDS.items() if file in manifest.files}
        for file, language in cards.items():
            spoken = language if len(cards) > 1 else asked_language()
            card = parent.path(file).read_text(encoding="utf-8")
            notes = kept_in(evidence, labels, spoken)
            (scratch / file).write_text(_card(card, site, spoken, notes), encoding="utf-8")
            files[file] = scratch / file
        return write_bundle(target, facts, models, files)


def _models(
    parent: Bundle, graphs: Mapping[str, onnx.ModelProto], scratch: Path
) -> dict[str, tuple[Path, dict[str, Any]]]:
    """Files and facts of all networks; their golden outputs are written into the folder `scratch`.

    They are made anew even where no graph changed: a bundle of an earlier version holds faces and voices.
    """
    manifest = parent.manifest
    paths = {name: parent.path(name) for name in manifest.models}
    for name, graph in graphs.items():
        paths[name] = scratch / f"{name}.onnx"
        onnx.save(graph, paths[name])
    limits = write_golden(paths, manifest.audio, manifest.text, scratch / GOLDEN)
    return {
        name: (paths[name], entry.model_dump(exclude={"file", "sha256"}) | {"limits": limits[name]})
        for name, entry in manifest.models.items()
    }


def _card(card: str, site: SiteCalibration, language: Language, notes: Sequence[str]) -> str:
    """The card with what a site's calibration did, in place of what one before it did."""
    before = card.split(f"\n{MARK}\n")[0].rstrip("\n")
    return f"{before}\n\n{MARK}\n\n{card_section(site, language, notes)}"


MARK = "<!-- site -->"
"""What follows in a card is of the site."""
