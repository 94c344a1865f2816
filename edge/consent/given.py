"""What a consent says: who, to what, taken by whom, from which day to which."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Final

from edge.errors import InputError

SCOPES: Final = ("sound", "picture", "label", "training", "report")
"""What one may agree to: being heard, being seen, raters who hear and see it, networks fitted with it, worst
cases shown in a report."""
LONGEST = 200
"""Characters of a name."""
_SUBJECT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,31}")


@dataclass(frozen=True, slots=True)
class Consent:
    """One person's consent to one scope; days are the site's own."""

    id: int
    subject: str
    """Pseudonym."""
    scope: str
    """One of SCOPES."""
    taken_by: str
    """Who took it."""
    on: date
    """Day it was given; it holds from this day on."""
    until: date | None
    """Last day it holds; None: until it is withdrawn."""
    withdrawn: date | None
    """Day it was withdrawn; it does not hold on this day any more."""

    def holds(self, day: date) -> bool:
        """Whether it is in force on a day."""
        ended = (self.until is not None and day > self.until) or (
            self.withdrawn is not None and day >= self.withdrawn
        )
        return self.on <= day and not ended


def subject_of(said: str) -> str:
    """A pseudonym as it stands in tables. Raises InputError for what may be a name."""
    subject = unicodedata.normalize("NFKC", said).strip()
    if not _SUBJECT.fullmatch(subject):
        raise InputError.of("consents_subject")  # which may be a name: it is not repeated
    return subject


def scopes_of(said: Iterable[str]) -> list[str]:
    """Scopes, each once, in the order of SCOPES. Raises InputError."""
    given = list(said)
    for scope in given:
        if scope not in SCOPES:
            raise InputError.of("consents_scope", scope=scope, known=", ".join(SCOPES))
    if not given:
        raise InputError.of("consents_no_scope", known=", ".join(SCOPES))
    return [scope for scope in SCOPES if scope in given]


def named_as(key: str, said: str) -> str:
    """A name on one line. Raises InputError of a key of edge/words."""
    name = " ".join(unicodedata.normalize("NFC", said).split())
    if not name or len(name) > LONGEST or not name.isprintable():
        raise InputError.of(key, most=LONGEST)
    return name


def not_ahead(on: date) -> None:
    """Raises InputError for a day that is not here yet."""
    if on > (today := date.today()):
        raise InputError.of("consents_ahead", on=on, today=today)
