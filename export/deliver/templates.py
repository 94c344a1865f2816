"""Texts an export writes, from the jinja2 templates beside this module."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

_TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent),
    undefined=StrictUndefined,
    autoescape=lambda name: name is not None and name.endswith(".html.jinja"),
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
)


def number(value: float | None, unit: str) -> str:
    """A measured value with its unit, or that there is none."""
    return "not measured" if value is None else f"{value:.1f} {unit}"


_TEMPLATES.filters |= {"number": number, "f": format}


def render(template: str, **facts: Any) -> str:
    """A template filled in; a fact it asks for and does not get is an error of ours."""
    return _TEMPLATES.get_template(template).render(**facts)
