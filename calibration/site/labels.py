"""Labels of a site: the bundle's, or fewer, or some of them split.

[labels]
neutral = {}                     # a label of the bundle: its words and flags
angry = {}
worried = {}
confused = { of = "worried", ja = "困惑", event = true }     # told apart from it by the site head
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from calibration.data.label_section import LabelRecipe, completed
from edge.bundle.manifest import Manifest
from edge.checked import Text, first_error
from edge.errors import ConfigError, InputError
from edge.labels import Labels
from edge.system.documents import read_toml


class SiteLabel(LabelRecipe):
    """One label of a site; None: as the bundle has it."""

    of: Text | None = None
    """The bundle's label that it is a part of; None: it has that name, or is a part of none."""


@dataclass(frozen=True, slots=True)
class SiteLabels:
    """The labels readings are to have."""

    labels: Labels
    parents: Mapping[str, str]
    """Label of the site -> label of the bundle that it is a part of, where their names differ."""
    own: bool
    """Whether they are others than the bundle's."""


def bundle_labels(manifest: Manifest) -> SiteLabels:
    """The bundle's own."""
    return SiteLabels(manifest.full_labels, {}, own=False)


def read_site_labels(path: Path, manifest: Manifest) -> SiteLabels:
    """Those of a TOML file with a section [labels]. Raises ConfigError."""
    try:
        content = read_toml(path)
        if set(content) != {"labels"} or not isinstance(content["labels"], dict):
            raise InputError.of("site_labels_section")
        said = {name: SiteLabel.model_validate(facts) for name, facts in content["labels"].items()}
        labels = completed(said, manifest.full_labels)
        parents = {name: given.of for name, given in said.items() if given.of is not None}
        if strange := [parent for parent in parents.values() if parent not in manifest.labels]:
            known = ", ".join(manifest.labels)
            raise InputError.of("site_labels_parent", names=", ".join(strange), known=known)
    except ValidationError as error:
        raise ConfigError.of("site_labels_file", path=path, why=first_error(error)) from error
    except (InputError, ValueError) as error:
        raise ConfigError.of("site_labels_file", path=path, why=_why(error)) from error
    return SiteLabels(labels, parents, own=tuple(labels) != tuple(manifest.labels))


def own_facts(manifest: Manifest, wanted: SiteLabels) -> dict[str, Any]:
    """Fields of the manifest for labels of a site's own: all are met alike until the site says otherwise."""
    even = (1.0 / len(wanted.labels),) * len(wanted.labels)
    voting = manifest.voting.model_dump() | {"events": None}
    return {
        "labels": tuple(wanted.labels),
        "label_facts": {name: facts.model_dump() for name, facts in wanted.labels.facts.items()},
        "network_labels": manifest.labels,
        "train_prior": even,
        "site_prior": even,
        "voting": voting,
    }


def _why(error: Exception) -> InputError | str:
    """What pydantic is told wraps the error proper."""
    inner = error.args[0] if error.args else error
    return error if isinstance(error, InputError) else inner if isinstance(inner, InputError) else str(error)
