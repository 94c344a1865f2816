"""`edge relabel`: the labels of a finished run chosen anew, so that each gets the share it has on this site.

A live vote sees the past only. Once a recording is over and the share of each label is known, all of its
readings can be labelled together (edge/reading/quotas.py): the surest keep theirs, the others fill the rest.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from edge.app import starter_bundle
from edge.bundle.folder import open_bundle
from edge.config import Site, rules
from edge.errors import ConfigError, InputError
from edge.labels import Labels
from edge.reading.quotas import assign
from edge.sinks.files.readings import read_records
from edge.system.disk import not_over, reason
from edge.system.private import replacing
from edge.system.texts import json_text
from edge.words import Language, word


@dataclass(frozen=True, slots=True)
class Relabelled:
    """What became of the readings that have a label."""

    before: Counter[str]
    after: Counter[str]
    changed: int
    labels: Labels

    def table(self, language: Language) -> Iterator[str]:
        """For people."""
        yield word("relabelled", language, changed=self.changed, count=self.before.total())
        for label, count in self.after.items():
            yield f"  {self.labels.said(label, language)}: {self.before[label]} -> {count}"


def relabel(readings: Path, site: Site, out: Path, say: Callable[[str], None] = lambda _: None) -> Relabelled:
    """Write the readings of a file with labels under the quotas of the site prior; all else stays.

    All readings of the file are labelled together. `held` becomes false: nothing waits any more. Where
    another label is likelier than the given one, the margin becomes 0 and the given one is a candidate too.
    say: gets a line about those that cannot be read. Raises InputError, ConfigError and BundleError.
    """
    if not site.site_prior:
        raise ConfigError.of("relabel_prior")
    not_over(out, readings)
    manifest = open_bundle(site.bundle or starter_bundle()).manifest
    shares = rules(site, manifest).site_prior
    records = [record for record, _ in read_records(readings, say, site.language)]
    labelled = [record for record in records if record["label"] is not None]
    if not labelled:
        raise InputError.of("relabel_none", path=readings)
    for record in labelled:
        if tuple(record["probabilities"]) != manifest.labels:
            values = {"found": ", ".join(record["probabilities"]), "expected": ", ".join(manifest.labels)}
            raise InputError.of("replay_labels", path=readings, **values)
    posteriors = np.array([list(record["probabilities"].values()) for record in labelled], np.float32)
    before, changed = Counter(record["label"] for record in labelled), 0
    for record, index in zip(labelled, assign(posteriors, shares), strict=True):
        label = manifest.labels[index]
        changed += label != record["label"]
        record |= {"label": label, "held": False} | _standing(label, record)
    _write_readings(out, "".join(f"{json_text(record)}\n" for record in records))
    after = Counter(dict.fromkeys(manifest.labels, 0))
    after.update(record["label"] for record in labelled)
    return Relabelled(before, after, changed, manifest.full_labels)


def _standing(label: str, record: dict[str, Any]) -> dict[str, Any]:
    """Margin and candidates as they are under a label given to a record."""
    shares, candidates = record["probabilities"], record["candidates"]
    if label not in candidates:
        candidates = sorted([*candidates, label], key=shares.__getitem__, reverse=True)
    return {
        "candidates": candidates,
        "margin": record["margin"] if shares[label] == max(shares.values()) else 0.0,
    }


def _write_readings(path: Path, text: str) -> None:
    try:
        with replacing(path) as part:
            part.write_text(text, encoding="utf-8")
    except OSError as error:
        raise InputError.of("file_unwritable", path=path, why=reason(error)) from error
