"""Texts and pages from jinja2 templates: those of the caller's folder, and what all pages share here."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from edge.words import Language

SHARED = Path(__file__).parent
"""base.html.jinja, macros.html.jinja, style.css.jinja."""


def render(folder: Path, template: str, **facts: Any) -> str:
    """A template of a folder filled in; a fact it asks for and does not get is an error of ours."""
    return _environment(folder).get_template(template).render(**facts)


class Texts:
    """What templates call for texts: t("English", "日本語", name=value)."""

    def __init__(self, language: Language) -> None:
        self.language = language

    def __call__(self, english: str, japanese: str, **values: Any) -> str:
        """One of two texts, its values filled in."""
        text = japanese if self.language == "ja" else english
        return text.format(**values) if values else text


@lru_cache
def _environment(folder: Path) -> Environment:
    templates = Environment(
        loader=FileSystemLoader([folder, SHARED]),
        undefined=StrictUndefined,
        autoescape=lambda name: name is not None and name.endswith(".html.jinja"),
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    templates.filters |= {"f": format}
    return templates
