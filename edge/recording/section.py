"""[record] of site.toml: where recordings go, how much they may take, what is said of each."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import Field

from edge.bundle.manifest import Spec
from edge.checked import Number, PathText, Text

Words = Annotated[Text, Field(max_length=80)]
Around = Annotated[Number, Field(ge=0.0, le=600.0)]


class RecordSettings(Spec):
    """What `edge record` does (edge/recording/record.py)."""

    folder: PathText = Path("recordings")
    """Where sessions, clips and metadata.csv go; it is made."""
    quota_gb: Number = Field(50.0, gt=0.0, le=100_000.0)
    """Size all of it never exceeds: recording stops there (gigabytes)."""
    key_file: PathText | None = None
    """File of the key, which only its owner may read; None: the environment or a passphrase."""
    encrypt: bool = True
    """Whether media are encrypted at rest."""
    before_s: Around = 10.0
    """What --trigger keeps before a reading of interest (seconds) ..."""
    after_s: Around = 10.0
    """... and after the last one."""
    device: Words = ""
    """What the table calls this device; empty: its host name."""
    distance_m: Annotated[Number, Field(gt=0.0, le=100.0)] | None = None
    """From the microphone to who speaks (metres)."""
    place: Words = ""
    """Where it is, as the table says it."""
    shift: Words = ""
    """Which shift it is, as the table says it."""
