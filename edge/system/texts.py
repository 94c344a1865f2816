"""Text from outside on its way out: what each place it goes to must not meet."""

from __future__ import annotations

import csv
import io
import json
import re
import unicodedata
from collections.abc import Iterable
from typing import Any

_FORMULA = re.compile(r"'*[=+\-@\t\r\n＝＋－＠]")
"""How a cell begins that a spreadsheet may run, or such a cell made harmless."""


def utf8(text: str) -> str:
    """Text any file can hold: bytes of a name that are no UTF-8, lone surrogates here, stand as \\udcXX."""
    return text.encode("utf-8", "backslashreplace").decode()


def json_text(value: Any) -> str:
    """JSON of one line as any file can hold it; read back, every name is as it was."""
    return utf8(json.dumps(value, ensure_ascii=False))


def visible(text: str, keep: str = "\n\t") -> str:
    """Text a terminal only prints: controls, changes of direction and lone surrogates stand as escapes.

    keep: controls that stay.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(c if c in keep or not _acts(c) else _escape(c) for c in text)


def _acts(character: str) -> bool:
    """Whether it is a control, a mark that hides or turns text, a line of its own or half a character."""
    return unicodedata.category(character) in ("Cc", "Cf", "Cs", "Zl", "Zp")


def _escape(character: str) -> str:
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def columns(text: str) -> int:
    """Columns of a terminal that a text takes: Japanese characters two each."""
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def left(text: str, width: int) -> str:
    """The text filled up with spaces to so many columns."""
    return text + " " * (width - columns(text))


def right(text: str, width: int) -> str:
    """The text at the right of so many columns."""
    return " " * (width - columns(text)) + text


def cell(value: Any) -> Any:
    """A value of a table that no spreadsheet takes for a formula: text gets an apostrophe; numbers stay."""
    return f"'{value}" if isinstance(value, str) and _FORMULA.match(value) else value


def csv_line(values: Iterable[Any]) -> str:
    """One row of a table with its newline, each text made harmless by `cell` and fit for any file."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerow([cell(value) for value in values])  # so \r is quoted
    return f"{utf8(text.getvalue())[:-2]}\n"


def uncell(text: str) -> str:
    """The text `cell` was given."""
    return text[1:] if text.startswith("'") and _FORMULA.match(text) else text
