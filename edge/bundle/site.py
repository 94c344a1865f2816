"""What a bundle says about the site it was calibrated for (`edge calibrate`)."""

from __future__ import annotations

import hashlib
import unicodedata
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from edge.bundle.reference import Reference
from edge.checked import Number, Text, Whole

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
HEAD_FILE = "site.npz"
FAMILIAR_FILE = "familiar.npz"


def person_digest(name: str) -> str:
    """What a bundle keeps of a person's name. It hides the name from a reader, not from who guesses it."""
    plain = unicodedata.normalize("NFC", " ".join(name.split()))
    return hashlib.sha256(f"edge person {plain}".encode()).hexdigest()


class SiteSpec(BaseModel):
    """Base of these parts: immutable, finite, unknown keys refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Learned(SiteSpec):
    """Whom a bundle learned from, by digests of names; who is not named is not in it."""

    trained: tuple[Sha256, ...] = ()
    """Whom its networks were trained on, or those of the bundles they began as."""
    tuned: tuple[Sha256, ...] = ()
    """Whom its confidence and its vote were fitted on."""


class RecordingFacts(SiteSpec):
    """What a calibration heard and saw; no names."""

    sha256: Sha256
    """Of the digests of all recordings, in order."""
    clips: Whole = Field(ge=1)
    labelled: Whole = Field(ge=0)
    """Clips with a label that a person gave."""
    seconds: Number = Field(gt=0.0)
    people: tuple[Sha256, ...] = ()
    """Digests of the names of those recorded: nobody is calibrated on and judged on."""


class Part(SiteSpec):
    """One part of a bundle that a calibration may change."""

    taken: bool
    why: Text
    """Key of a sentence in edge/words/site."""
    measure: Text = "none"
    """What was measured on people left out; `none`: nothing could be."""
    before: Number | None = None
    after: Number | None = None
    people: Whole = Field(0, ge=0)
    """People left out in turn."""


class SiteCalibration(SiteSpec):
    """Which site a bundle is calibrated for, from what, and what changed."""

    name: Text
    created: Text
    """ISO 8601, UTC."""
    parent_name: Text
    parent_digest: Sha256 | None = None
    """Digest of the bundle it was made from; None: that one had none."""
    recordings: RecordingFacts
    parts: dict[Text, Part]
    """Ranges of each network, site head of each posterior, temperature, sets, prior."""
    head: dict[Text, tuple[Whole, ...]] = {}
    """Arrays of the site head in site.npz and their shapes; empty: no head."""
    gain_db: Number | None = None
    """Median level of speech, in decibels of full scale."""
    noise_db: Number | None = None
    """Median noise floor, in decibels of full scale."""
    band_hz: Number | None = None
    """Upper edge of the band that holds sound (hertz)."""
    reference: Reference | None = None
    """What the site was like: what a run meets is compared with it (edge/drift); None: nothing is."""
