"""Every line and word the product shows outside its pages, in English and Japanese, in one table."""

from __future__ import annotations

import os
import sys
from typing import Literal

from edge.words.device import DEVICE
from edge.words.faults import FAULTS
from edge.words.help import HELP
from edge.words.inputs import INPUTS
from edge.words.reasons import reason_in_japanese
from edge.words.site import SITE
from edge.words.usage import USAGE
from edge.words.workstation import WORKSTATION

Language = Literal["en", "ja"]

WORDS: dict[str, tuple[str, str]] = {**FAULTS, **INPUTS, **DEVICE, **WORKSTATION, **HELP, **USAGE, **SITE}


def word(key: str, language: Language, **values: object) -> str:
    """The words of a key with its values filled in; a key not in the table stays."""
    if key not in WORDS:
        return key
    words = WORDS[key][language == "ja"]
    if language == "ja":
        values = {k: reason_in_japanese(v) if isinstance(v, str) else v for k, v in values.items()}
    return words.format(**values) if values else words


def asked_language() -> Language:
    """What --lang of this command asks for, wherever it stands; else what the locale does."""
    for before, given in zip(sys.argv, [*sys.argv[1:], ""], strict=True):
        for asked in (given if before == "--lang" else "", before.partition("--lang=")[2]):
            if asked in ("en", "ja"):
                return "ja" if asked == "ja" else "en"
    return default_language()


def default_language() -> Language:
    """What the locale asks for: Japanese where it is Japanese, else English."""
    asked = (os.environ.get(name) for name in ("LC_ALL", "LC_MESSAGES", "LANG"))
    return "ja" if next(filter(None, asked), "").startswith("ja") else "en"
