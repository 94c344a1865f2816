"""Every error this package raises on purpose.

    EdgeError                 the base; the command line prints it as one line and exits with 1
    |-- InputError            something given from outside cannot be used
    |   |-- MediaError        a recording: unreadable, empty, silent, cut short
    |   |-- DatasetError      a labelled folder: no metadata.csv, an unknown label, a missing file
    |   `-- ConfigError       site.toml or a recipe: an unknown key, a value out of range
    |-- BundleError           a bundle: changed, incomplete, of another schema
    |-- EngineError           a model does not load or does not run
    `-- MissingExtraError     an optional package is needed; the message holds the pip line

Each message says what was wrong, where, and what to do.
"""

from __future__ import annotations


class EdgeError(Exception):
    """Base of all errors raised on purpose; its text is one line a person can act on."""


class InputError(EdgeError):
    """Something given from outside cannot be used."""


class MediaError(InputError):
    """A recording that cannot be read, is empty, silent or cut short."""


class DatasetError(InputError):
    """A labelled folder that lacks something or holds something unknown."""


class ConfigError(InputError):
    """Settings with an unknown key or a value out of range."""


class BundleError(EdgeError):
    """A bundle that was changed, is incomplete or follows another schema."""


class EngineError(EdgeError):
    """A model that does not load or does not run."""


class MissingExtraError(EdgeError):
    """An optional package is not installed."""

    def __init__(self, package: str, extra: str) -> None:
        super().__init__(f"{package} is not installed; run: pip install 'edge-emotion[{extra}]'")
        self._said = package, extra

    def __reduce__(self) -> tuple[type[MissingExtraError], tuple[str, str]]:
        # Pickled on its way out of a child process: else it would be made again from its text.
        return type(self), self._said
