"""`edge relabel`: the labels of a finished run chosen anew, so that each gets the share it has on this site.

A live vote sees the past only. Once a recording is over and the share of each label is known, all of its
readings can be labelled together (edge/quotas.py): the surest keep theirs, the doubtful fill what is left.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from edge.app import starter_bundle
from edge.bundle import open_bundle
from edge.config import Site, rules
from edge.errors import ConfigError, InputError
from edge.quotas import assign
from edge.sinks.jsonl import read_records
from edge.words import Language, word


@dataclass(frozen=True, slots=True)
class Relabelled:
    """What became of the readings that have a label."""

    before: Counter[str]
    after: Counter[str]
    changed: int

    def table(self, language: Language) -> Iterator[str]:
        """For people."""
        yield word("relabelled", language, changed=self.changed, count=self.before.total())
        for label, count in self.after.items():
            yield f"  {word(label, language)}: {self.before[label]} -> {count}"


def relabel(readings: Path, site: Site, out: Path) -> Relabelled:
    """Write the readings of a file with labels under the quotas of the site prior; all else stays.

    All readings of the file are labelled together. `held` becomes false: nothing waits any more. Where
    another label is likelier than the given one, the margin becomes 0 and the given one is a candidate too.
    Raises InputError, ConfigError and BundleError.
    """
    if not site.site_prior:
        raise ConfigError("the quotas are those of [site_prior]; give a site.toml that has one with --config")
    manifest = open_bundle(site.bundle or starter_bundle()).manifest
    shares = rules(site, manifest).site_prior
    records = [record for record, _ in read_records(readings)]
    labelled = [record for record in records if record["label"] is not None]
    if not labelled:
        raise InputError(f"{readings} holds no reading with a label; give another file")
    for record in labelled:
        if tuple(record["probabilities"]) != manifest.labels:
            raise InputError(
                f"{readings} has the labels {', '.join(record['probabilities'])}, not "
                f"{', '.join(manifest.labels)}; name the bundle they were read with in site.toml"
            )
    posteriors = np.array([list(record["probabilities"].values()) for record in labelled], np.float32)
    before, changed = Counter(record["label"] for record in labelled), 0
    for record, index in zip(labelled, assign(posteriors, shares), strict=True):
        label = manifest.labels[index]
        changed += label != record["label"]
        record |= {"label": label, "held": False} | _standing(label, record)
    _write(out, "".join(f"{json.dumps(record, ensure_ascii=False)}\n" for record in records))
    after = Counter(dict.fromkeys(manifest.labels, 0))
    after.update(record["label"] for record in labelled)
    return Relabelled(before, after, changed)


def _standing(label: str, record: dict[str, Any]) -> dict[str, Any]:
    """Margin and candidates as they are under a label given to a record."""
    shares, candidates = record["probabilities"], record["candidates"]
    if label not in candidates:
        candidates = sorted([*candidates, label], key=shares.__getitem__, reverse=True)
    return {
        "candidates": candidates,
        "margin": record["margin"] if shares[label] == max(shares.values()) else 0.0,
    }


def _write(path: Path, text: str) -> None:
    part = path.with_name(f"{path.name}.part")
    try:
        part.write_text(text, encoding="utf-8")
        os.replace(part, path)
    except OSError as error:
        raise InputError(f"{path} cannot be written ({error.strerror}); name another file") from error
    finally:
        part.unlink(missing_ok=True)
