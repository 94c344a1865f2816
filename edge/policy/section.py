"""[policy] of site.toml: who reads whom, where, why, and what is kept."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, model_validator
from typing_extensions import Self

from edge.bundle.manifest import Spec
from edge.checked import PathText, Text, Whole
from edge.errors import InputError

Kind = Literal["safety", "medical", "research", "customer_service", "training", "marketing", "other"]
Role = Literal["customer", "worker", "student", "volunteer"]
Words = Annotated[Text, Field(min_length=1, max_length=60)]
"""What the notice says in one line or two; it stays on one page."""


class PolicySettings(Spec):
    """Who reads whom, where, why, and what is kept; edge/policy/rules.py asks it."""

    operator: Words
    """Who answers for the readings, as the notice names them."""
    contact: Words
    """Where people ask, object or withdraw: telephone, mail or desk."""
    place: Words
    """Where people are seen and heard."""
    region: Literal["eu", "jp", "other"]
    """Whose law holds."""
    purpose: Annotated[Text, Field(min_length=1, max_length=100)]
    """What the readings are for, as the notice says it."""
    purpose_kind: Kind
    """The kind of purpose the rules go by."""
    people: tuple[Role, ...] = Field(min_length=1)
    """Who can be seen or heard."""
    retention_days: Whole = Field(30, ge=1, le=3650)
    """Age at which recordings, readings in [log], media, and what nobody judged, are deleted (days)."""
    third_parties: Annotated[Text, Field(max_length=80)] = ""
    """Whom data are given to; empty: nobody."""
    opt_out: Annotated[Text, Field(max_length=80)] = ""
    """How somebody stays out of it, as the notice says it; empty: by the contact."""
    notice_since: datetime.date | None = None
    """Since when the notice hangs at the place; None: it does not yet."""
    risk_assessment: Text | None = None
    """Number or title of the risk assessment that asks for the readings."""
    media: bool = False
    """Whether a run may keep faces and sound of readings that need a check; `edge record` asks for consent
    of its own."""
    aggregate: bool = False
    """Whether counts over hours are all that leaves the memory."""
    k: Whole = Field(10, ge=10, le=1000)
    """Fewest people that an hour is told of in aggregate mode."""
    self_view: bool = False
    """Whether readings go to the panel alone, for the person who is read."""
    audit: PathText = Path("audit")
    """Folder of the chain of what was done (edge/audit/chain.py)."""
    audit_keys: PathText | None = None
    """Folder of its key and second anchor; None: the state folder of the service or the user."""
    consents: PathText = Path("consent.sqlite")
    """File of consents."""

    @model_validator(mode="after")
    def _one_way_out(self) -> Self:
        if self.aggregate and self.self_view:
            raise ValueError(InputError.of("must_aggregate_or_self"))
        return self
