"""What tells that something is about a person: the pseudonym, the name, names and digests of recordings."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Any

from pydantic import BaseModel, ConfigDict

COLUMNS = frozenset(("speaker", "subject", "subjects", "person", "people", "話者", "対象者", "氏名"))
"""Columns and keys that say who it is about."""
GONE = "[forgotten]"
"""Stands where a person was named in what stays."""
SHORT_DIGEST = 16
"""Characters of a digest that tables name a clip by."""
_LEAST = 2  # characters of a name without which it is looked for in these columns only


class Traces(BaseModel):
    """Of one person, or of recordings alone. Names of files are NFC, with / between folders."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    subject: str = ""
    """Pseudonym; empty: recordings alone."""
    names: tuple[str, ...] = ()
    """The name, and what else the person is called in tables."""
    files: frozenset[str] = frozenset()
    """Recordings, as their tables name them."""
    short: frozenset[str] = frozenset()
    """Their names without folders, where no other recording has the same."""
    digests: frozenset[str] = frozenset()
    """sha256 of their bytes, as they lie on the disk and decrypted."""
    sizes: frozenset[int] = frozenset()
    """Of the same bytes."""

    def joined(self, other: Traces) -> Traces:
        """Both together."""
        return Traces(
            subject=self.subject or other.subject,
            names=tuple(dict.fromkeys((*self.names, *other.names))),
            files=self.files | other.files,
            short=self.short | other.short,
            digests=self.digests | other.digests,
            sizes=self.sizes | other.sizes,
        )

    @cached_property
    def people(self) -> frozenset[str]:
        """All that the person is called, as `alike` gives it."""
        return frozenset(alike(name) for name in (self.subject, *self.names) if name)

    @cached_property
    def _short_digests(self) -> frozenset[str]:
        return frozenset(digest[:SHORT_DIGEST] for digest in self.digests) | self.digests

    @cached_property
    def pattern(self) -> re.Pattern[str] | None:
        """Finds the person in running text; None where nothing is telling enough to be looked for."""
        parts = []
        for name in (self.subject, *self.names):
            if len(name) < _LEAST or name.isdecimal():
                continue
            spaced = r"\s*".join(re.escape(part) for part in name.split())
            parts.append(rf"(?<![A-Za-z0-9]){spaced}(?![A-Za-z0-9])" if name.isascii() else spaced)
        parts += [re.escape(name) for name in self.short]
        return re.compile("|".join(parts)) if parts else None

    def is_person(self, said: str) -> bool:
        """Whether a cell says it is this person."""
        return bool(said) and alike(said) in self.people

    def among(self, said: str) -> bool:
        """Whether a cell that lists people names this one."""
        return self.is_person(said) or any(self.is_person(part) for part in re.split(r"[\s,;、]+", said))

    def is_file(self, said: str) -> bool:
        """Whether a cell names one of the recordings, by its path, name or digest."""
        if said in self._short_digests:
            return True
        if not self.files or len(said) > 4096:
            return False
        parts = unicodedata.normalize("NFC", said).replace("\\", "/").split("/")
        return parts[-1] in self.short or any("/".join(parts[i:]) in self.files for i in range(len(parts)))

    def about(self, column: str, said: str) -> bool:
        """Whether a cell of a column, or the value of a key, says that its row is about the person."""
        return self.is_file(said) or (column.casefold() in COLUMNS and self.is_person(said))

    def named_in(self, text: str) -> bool:
        """Whether running text names the person or one of the recordings."""
        return bool(self.pattern and self.pattern.search(unicodedata.normalize("NFC", text)))

    def without(self, text: str) -> str:
        """Running text with nothing of them in it."""
        if not self.named_in(text):
            return text
        assert self.pattern
        return self.pattern.sub(GONE, unicodedata.normalize("NFC", text))


def plain(name: str) -> str:
    """A name as people are told apart by."""
    return unicodedata.normalize("NFC", " ".join(name.split()))


def alike(name: str) -> str:
    """The same for names that only look apart: case, width, spaces."""
    return "".join(unicodedata.normalize("NFKC", name).casefold().split())


def texts(value: Any) -> Iterator[str]:
    """Every text in a value of JSON, keys too."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from value
        for inner in value.values():
            yield from texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from texts(inner)


def unshared(mine: Iterable[str], others: Iterable[str]) -> frozenset[str]:
    """Last parts of names that none of the others ends with."""
    taken = {name.rpartition("/")[2] for name in others}
    return frozenset(name.rpartition("/")[2] for name in mine) - taken
