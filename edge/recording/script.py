"""Sentences to be read out: a table (CSV) or TOML with a label and a text each, in one or two languages."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edge.errors import InputError
from edge.labels import Labels
from edge.system.disk import reason
from edge.system.documents import one_line, read_toml
from edge.words import Language

LONGEST = 200
"""Characters of a sentence that fits on the panel."""
MOST = 5000


@dataclass(frozen=True, slots=True)
class Prompt:
    """One sentence to be read out."""

    text: str
    label: str
    """A label of the bundle; empty: as one likes."""


def read_script(path: Path, labels: Labels, language: Language) -> list[Prompt]:
    """The sentences of a script in a language, else in the other one. Raises InputError, naming the row.

    CSV: columns label and text_ja, text_en or text. TOML: [[prompt]] with the same keys. labels: of the
    bundle; a label may be one of its names in either language.
    """
    rows = _toml(path) if path.suffix.lower() == ".toml" else _csv(path)
    own, other = ("text_ja", "text_en") if language == "ja" else ("text_en", "text_ja")
    found = []
    for place, row in rows:
        said, label = (row.get("label") or "").strip(), ""
        text = next((row[name].strip() for name in (own, "text", other) if (row.get(name) or "").strip()), "")
        if not text or len(text) > LONGEST or not text.isprintable():
            raise InputError.of("script_text", path=path, place=place, most=LONGEST)
        if said:
            known = labels.find(said)
            if known is None:
                raise InputError.of(
                    "script_label", path=path, place=place, label=one_line(said, 60), known=labels.choice
                )
            label = known
        found.append(Prompt(text, label))
    if not 0 < len(found) <= MOST:
        raise InputError.of("script_empty", path=path, most=MOST)
    return found


def _csv(path: Path) -> list[tuple[int, dict[str, str]]]:
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file, strict=True, restkey="")
            rows = [(reader.line_num, {k.strip(): v for k, v in row.items() if k}) for row in reader]
    except (OSError, csv.Error, UnicodeDecodeError) as error:
        raise InputError.of("script_unread", path=path, why=reason(error)) from error
    return [(line, row) for line, row in rows if any(row.values())]


def _toml(path: Path) -> list[tuple[int, dict[str, str]]]:
    content: Any = read_toml(path).get("prompt", [])
    if not isinstance(content, list) or not all(isinstance(row, dict) for row in content):
        raise InputError.of("script_empty", path=path, most=MOST)
    return [(number, {k: str(v) for k, v in row.items()}) for number, row in enumerate(content, 1)]
