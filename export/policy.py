"""The policy of pseudo-labels: which guesses may become labels, as a TOML file that somebody signs.

A signature is a name, a date and a digest of every setting, defaults included: whatever changes after
signing is noticed. recipes/pseudo.toml is one to start from.
"""

from __future__ import annotations

import datetime
import hashlib
import json
import os
import sys
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError, field_validator, model_validator
from typing_extensions import Self

from edge.errors import ConfigError
from edge.items import LABELS
from edge.manifest import Count, Probability, Spec

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

Share = Annotated[float, Field(gt=0.0, le=1.0)]
MOST_ROUNDS = 5
HEAD = "[signed]"


class Signature(Spec):
    """Who answers for the policy."""

    name: Annotated[str, Field(min_length=1)]
    date: datetime.date
    sha256: str
    """Digest of the settings that were signed."""


class Policy(Spec):
    """When a guess becomes a label, and what stops the rounds."""

    rule: Literal["fixed", "per_class", "freematch", "softmatch"] = "fixed"
    """How the threshold on the calibrated probability is set (export/selection.py)."""
    threshold: Share = 0.9
    """For `fixed`, and for the labels `per_class` does not name."""
    per_class: dict[str, Share] = Field(default_factory=dict)
    """Label -> threshold, for `per_class`."""
    fold_agreement: Probability = 1.0
    """Least share of the folds whose likeliest label is the ensemble's."""
    head_agreement: bool = True
    """Whether the head on other features must name the same label."""
    quotas: bool = True
    """Whether labels over the whole pool must follow the prior."""
    prior: dict[str, Probability] = Field(default_factory=dict)
    """Share of each label in the pool; empty: estimated from the posteriors (edge/priors.py)."""
    weight: Share = 0.5
    """Weight of a pseudo-labelled clip beside a human-labelled one."""
    sharpness: Annotated[float, Field(ge=1.0)] = 3.0
    """Power that probabilities are raised to before they become soft labels (export/selection.py)."""
    folds: Annotated[int, Field(ge=2, le=20)] = 5
    rounds: Annotated[int, Field(ge=1, le=MOST_ROUNDS)] = MOST_ROUNDS
    audit: bool = True
    """Whether people must listen to a sample of each round before it is kept."""
    audit_clips: Count = 100
    precision: Probability = 0.9
    """Least lower bound of the audited precision."""
    signed: Signature | None = None

    @field_validator("per_class", "prior")
    @classmethod
    def _known_labels(cls, value: dict[str, float]) -> dict[str, float]:
        strange = [name for name in value if name not in LABELS]
        if strange:
            raise ValueError(f"unknown label {', '.join(strange)}; use {', '.join(LABELS)}")
        return value

    @model_validator(mode="after")
    def _fitting(self) -> Self:
        if self.prior and (len(self.prior) < len(LABELS) or abs(sum(self.prior.values()) - 1.0) > 1e-3):
            raise ValueError("prior must give every label a share, 1 in all")
        if self.per_class and self.rule != "per_class":
            raise ValueError("per_class thresholds are used by rule = 'per_class' only; set it or drop them")
        return self

    @property
    def digest(self) -> str:
        """sha256 of all settings but the signature."""
        content = json.dumps(self.model_dump(mode="json", exclude={"signed"}), sort_keys=True)
        return hashlib.sha256(content.encode()).hexdigest()


def read_policy(path: Path) -> Policy:
    """Read and check a policy, signed or not. Raises ConfigError."""
    try:
        content: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"{path} is not a readable policy ({error}); see recipes/pseudo.toml") from error
    try:
        return Policy.model_validate(content)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        said = f"{where}: {first['msg']}" if where else first["msg"]
        raise ConfigError(f"{path}: {said}; see recipes/pseudo.toml") from error


def require_signature(policy: Policy, path: Path) -> Signature:
    """The signature, when it is for these very settings. Raises ConfigError."""
    if policy.signed is None:
        raise ConfigError(f"{path} is not signed; look at its curve, then run this again with --sign NAME")
    if policy.signed.sha256 != policy.digest:
        raise ConfigError(
            f"{path} was changed after {policy.signed.name} signed it on {policy.signed.date}; "
            "undo the change, or look at its curve and run this again with --sign NAME"
        )
    return policy.signed


def sign(path: Path, name: str, date: datetime.date) -> Policy:
    """Sign a policy file, in place of an earlier signature; returns it as signed. Raises ConfigError."""
    policy = read_policy(path)
    if not name.strip():
        raise ConfigError("a signature needs a name; give one to --sign")
    text = path.read_text(encoding="utf-8")
    if policy.signed:
        before, _, after = text.partition(HEAD)
        if "\n[" in after:
            raise ConfigError(f"{path}: {HEAD} must be the last table; move it to the end")
        text = before
    quoted = json.dumps(name.strip(), ensure_ascii=False)
    text = f'{text.rstrip()}\n\n{HEAD}\nname = {quoted}\ndate = {date}\nsha256 = "{policy.digest}"\n'
    scratch = path.with_name(f"{path.name}.tmp")
    try:
        scratch.write_text(text, encoding="utf-8")
        os.replace(scratch, path)
    except OSError as error:
        raise ConfigError(f"{path} cannot be signed ({error.strerror}); make it writable") from error
    return read_policy(path)
