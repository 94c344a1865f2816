"""What several verbs of `edge` take."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from edge.errors import EdgeError, InputError, MissingExtraError
from edge.system.disk import reason
from edge.system.private import write_whole
from edge.words import asked_language

if TYPE_CHECKING:
    from edge.words import Language


class Lang(str, Enum):
    """Languages of what is shown."""

    en = "en"
    ja = "ja"


LangOption = Annotated[
    Lang | None,
    typer.Option(metavar="en|ja", help="opt_lang"),
]
LocaleOption = Annotated[Lang | None, typer.Option("--lang", metavar="en|ja", help="opt_lang_locale")]
BundleArgument = Annotated[
    Path | None,
    typer.Argument(help="opt_bundle"),
]


@contextmanager
def telling(language: Language) -> Iterator[None]:
    """Errors of the block are said in a language."""
    try:
        yield
    except EdgeError as error:
        if not error.key:
            raise
        raise EdgeError(error.told(language)) from error


def language_of(lang: Lang | None) -> Language:
    """The language asked for, else the locale's."""
    return asked_language() if lang is None else ("ja" if lang is Lang.ja else "en")


@contextmanager
def needing(extra: str) -> Iterator[None]:
    """A package that is not installed becomes the line that installs it."""
    try:
        yield
    except ModuleNotFoundError as error:
        if error.name and error.name.split(".")[0] in ("edge", "calibration", "export"):
            raise
        raise MissingExtraError(error.name or "a package", extra) from error


def write_json(path: Path, what: Any) -> None:
    """Write values for other programs, whole or not at all. Raises InputError."""
    try:
        write_whole(path, json.dumps(what, indent=1) + "\n")
    except OSError as error:
        raise InputError.of("file_unwritable", path=path, why=reason(error)) from error
