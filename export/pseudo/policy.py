"""The policy of pseudo-labels: which guesses may become labels, as a TOML file that somebody signs.

A signature is a name, a date and a digest of every setting, defaults included: whatever changes after
signing is noticed. recipes/pseudo.toml is one to start from.
"""

from __future__ import annotations

import datetime
import hashlib
import json
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, ValidationError, ValidationInfo, field_validator, model_validator
from typing_extensions import Self

from edge.bundle.manifest import Probability, Spec
from edge.checked import Number, Whole, first_error
from edge.errors import ConfigError, InputError
from edge.labels import Labels
from edge.system.documents import one_line, read_toml
from edge.system.private import write_whole

Share = Annotated[Number, Field(gt=0.0, le=1.0)]
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
    """How the threshold on the calibrated probability is set (export/pseudo/selection.py)."""
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
    """Share of each label in the pool; empty: estimated from the posteriors (edge/reading/priors.py)."""
    weight: Share = 0.5
    """Weight of a pseudo-labelled clip beside a human-labelled one."""
    sharpness: Annotated[Number, Field(ge=1.0, le=100.0)] = 3.0
    """Power that probabilities are raised to before they become soft labels (export/pseudo/selection.py)."""
    folds: Annotated[Whole, Field(ge=2, le=20)] = 5
    rounds: Annotated[Whole, Field(ge=1, le=MOST_ROUNDS)] = MOST_ROUNDS
    audit: bool = True
    """Whether people must listen to a sample of each round before it is kept."""
    audit_clips: Annotated[Whole, Field(ge=1, le=100_000)] = 100
    precision: Probability = 0.9
    """Least lower bound of the audited precision."""
    signed: Signature | None = None

    @field_validator("per_class", "prior")
    @classmethod
    def _known_labels(cls, value: dict[str, float], found: ValidationInfo) -> dict[str, float]:
        labels: Labels | None = found.context
        strange = [] if labels is None else [name for name in value if name not in labels]
        if strange:
            said = {"names": one_line(", ".join(strange), 80), "known": ", ".join(labels or ())}
            raise ValueError(InputError.of("policy_label", **said))
        return value

    @model_validator(mode="after")
    def _fitting(self, found: ValidationInfo) -> Self:
        some = self.prior and len(self.prior) < len(found.context or ())
        if some or (self.prior and not abs(sum(self.prior.values()) - 1.0) <= 1e-3):
            raise ValueError(InputError.of("policy_prior"))
        if self.per_class and self.rule != "per_class":
            raise ValueError(InputError.of("policy_per_class"))
        return self

    @property
    def digest(self) -> str:
        """sha256 of all settings but the signature."""
        content = json.dumps(self.model_dump(mode="json", exclude={"signed"}), sort_keys=True)
        return hashlib.sha256(content.encode()).hexdigest()


def read_policy(path: Path, labels: Labels) -> Policy:
    """Read and check a policy on these labels, signed or not. Raises ConfigError."""
    try:
        content = read_toml(path)
    except InputError as error:
        raise ConfigError.of("policy_unreadable", path=path, why=error) from error
    try:
        return Policy.model_validate(content, context=labels)
    except ValidationError as error:
        raise ConfigError.of("policy_field", path=path, why=first_error(error)) from error


def require_signature(policy: Policy, path: Path) -> Signature:
    """The signature, when it is for these very settings. Raises ConfigError."""
    if policy.signed is None:
        raise ConfigError.of("policy_unsigned", path=path)
    if policy.signed.sha256 != policy.digest:
        values = {"path": path, "name": one_line(policy.signed.name, 80), "date": policy.signed.date}
        raise ConfigError.of("policy_changed", **values)
    return policy.signed


def sign(path: Path, labels: Labels, name: str, date: datetime.date) -> Policy:
    """Sign a policy file, in place of an earlier signature; returns it as signed. Raises ConfigError."""
    policy = read_policy(path, labels)
    if not name.strip():
        raise ConfigError.of("policy_name")
    text = path.read_text(encoding="utf-8-sig")
    if policy.signed:
        before, _, after = text.partition(HEAD)
        if "\n[" in after:
            raise ConfigError.of("policy_last", path=path, head=HEAD)
        text = before
    quoted = json.dumps(name.strip(), ensure_ascii=False)
    text = f'{text.rstrip()}\n\n{HEAD}\nname = {quoted}\ndate = {date}\nsha256 = "{policy.digest}"\n'
    try:
        write_whole(path, text)
    except OSError as error:
        raise ConfigError.of("policy_unwritable", path=path, why=error.strerror) from error
    return read_policy(path, labels)
