"""What several verbs of `edge` take."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from edge.errors import EdgeError
from edge.words import default_language

if TYPE_CHECKING:
    from edge.words import Language


class Lang(str, Enum):
    """Languages of what is shown."""

    en = "en"
    ja = "ja"


LangOption = Annotated[
    Lang | None,
    typer.Option(help="Language of what is shown; default: that of site.toml, else the locale's."),
]
LocaleOption = Annotated[
    Lang | None, typer.Option("--lang", help="Language of what is shown; default: the locale's.")
]
BundleArgument = Annotated[
    Path | None,
    typer.Argument(help="Bundle folder or .tar; default: the starter bundle."),
]


@contextmanager
def telling(language: Language) -> Iterator[None]:
    """Errors of the block are said in a language, as far as there are words for them."""
    try:
        yield
    except EdgeError as error:
        if language == "en" or not error.key:
            raise
        raise EdgeError(error.told(language)) from error


def language_of(lang: Lang | None) -> Language:
    """The language asked for, else the locale's."""
    return default_language() if lang is None else ("ja" if lang is Lang.ja else "en")
