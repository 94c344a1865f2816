"""Every error this package raises on purpose.

    EdgeError                 the base; the command line prints it as one line and exits with 1
    |-- InputError            something given from outside cannot be used
    |   |-- MediaError        a recording: unreadable, empty, silent, cut short
    |   |-- DatasetError      a labelled folder: no metadata.csv, an unknown label, a missing file
    |   |-- ConfigError       site.toml or a recipe: an unknown key, a value out of range
    |   `-- AuditError        the chain of what was done: its key or anchor is missing, it cannot be written
    |-- PolicyError           [policy] of site.toml does not allow it; the message names the rule
    |-- BundleError           a bundle: changed, incomplete, of another schema
    |-- EngineError           a model does not load or does not run
    `-- MissingExtraError     an optional package is needed; the message holds the pip line

Each message says what was wrong, where, and what to do.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from typing_extensions import Self

from edge.words import Language, word


class EdgeError(Exception):
    """Base of all errors raised on purpose; its text is one line a person can act on.

    One made by `of` from the word table can be told in each language.
    """

    key = ""
    values: Mapping[str, Any] = {}

    @classmethod
    def of(cls, key: str, **values: object) -> Self:
        """An error with the words of a key; a value may be an error that is told within."""
        said = {
            name: value if isinstance(value, (EdgeError, int, float)) else str(value)
            for name, value in values.items()
        }
        error = cls(word(key, "en", **said))
        error.key, error.values = key, said
        return error

    def told(self, language: Language, other: str | None = None) -> str:
        """Its text in a language; other: the words around one that is not of the table."""
        if not self.key:
            return word(other, language, why=self) if other else str(self)
        values = {
            name: value.told(language) if isinstance(value, EdgeError) else value
            for name, value in self.values.items()
        }
        return word(self.key, language, **values)


class InputError(EdgeError):
    """Something given from outside cannot be used."""


class MediaError(InputError):
    """A recording that cannot be read, is empty, silent or cut short."""


class DatasetError(InputError):
    """A labelled folder that lacks something or holds something unknown."""


class ConfigError(InputError):
    """Settings with an unknown key or a value out of range."""


class AuditError(InputError):
    """The chain of what was done at a site cannot be read or written."""


class PolicyError(EdgeError):
    """What a site's policy, or the law it names, does not allow."""


class BundleError(EdgeError):
    """A bundle that was changed, is incomplete or follows another schema."""


class EngineError(EdgeError):
    """A model that does not load or does not run."""


class MissingExtraError(EdgeError):
    """An optional package is not installed."""

    def __init__(self, package: str, extra: str) -> None:
        self.key, self.values = "missing_extra", {"package": package, "extra": extra}
        super().__init__(word(self.key, "en", **self.values))

    def __reduce__(self) -> tuple[type[MissingExtraError], tuple[str, str]]:
        # Pickled on its way out of a child process: else it would be made again from its text.
        return type(self), (self.values["package"], self.values["extra"])
