"""Site settings: what this workplace wishes, as opposed to what the bundle's models need.

# site.toml
bundle = "bundles/line3"          # folder or .tar, relative to this file; default: the starter bundle
source = "recordings"             # recording or folder of recordings
threads = 1                       # CPU threads of each network
backend = "auto"                  # or "tensorrt", "onnxrt"; auto: TensorRT where it works
faces = "nearest"                 # or "centre": who is read when several faces are there
asr = "models/whisper-tiny"       # folder of a speech recogniser (edge/perception/transcribe.py)
[site_prior]                      # how often each label is met here; all labels, sums to 1
neutral = 0.7
[voting]                          # overrides of the bundle's voting settings (edge/manifest.py)
dwell_s = 2.0
"""

from __future__ import annotations

import difflib
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from edge.errors import ConfigError
from edge.manifest import Count, Manifest, Probability, VotingSettings
from edge.voting import Rules

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


class Site(BaseModel):
    """The settings of one site; every field has a default."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    bundle: Path | None = None
    """Bundle folder or .tar; None: the starter bundle."""
    source: Path | None = None
    """Recording or folder of recordings."""
    threads: Count = 1
    """CPU threads of each network."""
    backend: Literal["auto", "tensorrt", "onnxrt"] = "auto"
    """What runs the networks; auto: TensorRT where it is installed and works, else ONNX Runtime."""
    faces: Literal["nearest", "centre"] = "nearest"
    """Who is read of several: the largest face, or the one closest to the picture's middle."""
    asr: Path | None = None
    """Folder of a speech recogniser; None: no text is read."""
    site_prior: dict[str, Probability] = Field(default_factory=dict)
    """Label -> how often it is met on this site; empty: the bundle's site prior."""
    voting: dict[str, float] = Field(default_factory=dict)
    """Voting settings that differ from the bundle's."""


def read_site(path: Path) -> Site:
    """Read site.toml; paths in it are taken from its own folder. Raises ConfigError."""
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{path} cannot be read ({error.strerror}); check the path") from error
    except ValueError as error:
        raise ConfigError(f"{path} is not valid TOML: {error}") from error
    _known(path, "setting", content, Site.model_fields)
    try:
        site = Site.model_validate(content)
    except ValidationError as error:
        raise ConfigError(f"{path}: {_first(error)}") from error
    _known(path, "voting setting", site.voting, VotingSettings.model_fields)
    folder = path.parent
    beside = {name: folder / value for name in ("bundle", "source", "asr") if (value := getattr(site, name))}
    return site.model_copy(update=beside)


def rules(site: Site, manifest: Manifest) -> Rules:
    """The bundle's voting rules with the site's wishes laid over them. Raises ConfigError."""
    try:
        settings = VotingSettings.model_validate(manifest.voting.model_dump() | site.voting)
    except ValidationError as error:
        raise ConfigError(f"voting: {_first(error)}") from error
    if not site.site_prior:
        return Rules(settings, manifest.site_prior, manifest.train_prior)
    _known(None, "label in site_prior", site.site_prior, manifest.labels)
    missing = [label for label in manifest.labels if label not in site.site_prior]
    total = sum(site.site_prior.values())
    if missing or abs(total - 1.0) > 1e-3:
        lacking = f"lacks {', '.join(missing)}" if missing else f"sums to {total:.3f}"
        raise ConfigError(f"site_prior {lacking}; give every label of the bundle a share, 1 in all")
    prior = tuple(site.site_prior[label] for label in manifest.labels)
    return Rules(settings, prior, manifest.train_prior)


def _known(path: Path | None, what: str, given: Iterable[str], allowed: Iterable[str]) -> None:
    names = list(allowed)
    for key in given:
        if key not in names:
            near = difflib.get_close_matches(key, names, n=1, cutoff=0.5)
            hint = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(names)}"
            raise ConfigError(f"{f'{path}: ' if path else ''}unknown {what} {key!r}; {hint}")


def _first(error: ValidationError) -> str:
    first: Any = error.errors()[0]
    return f"{'.'.join(map(str, first['loc']))}: {first['msg']} (got {first['input']!r})"
