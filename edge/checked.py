"""What pydantic found wrong, in the words of the table; and the bounds many settings share."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, ValidationError

from edge.errors import EdgeError, InputError
from edge.system.documents import one_line

MOST_PATH = 4000
"""Bytes of a path, and of one name in it, that Linux takes."""
MOST_NAME = 255

# pydantic's kinds of error -> key of the table.
_KINDS = {
    "greater_than": "must_above",
    "greater_than_equal": "must_least",
    "less_than": "must_below",
    "less_than_equal": "must_most",
    "finite_number": "must_number",
    "int_type": "must_whole",
    "int_parsing": "must_whole",
    "int_parsing_size": "must_whole",
    "int_from_float": "must_whole",
    "float_type": "must_number",
    "float_parsing": "must_number",
    "bool_type": "must_bool",
    "bool_parsing": "must_bool",
    "string_type": "must_text",
    "path_type": "must_text",
    "string_pattern_mismatch": "must_form",
    "string_too_short": "must_longer",
    "string_too_long": "must_shorter",
    "too_short": "must_more",
    "too_long": "must_fewer",
    "tuple_type": "must_list",
    "list_type": "must_list",
    "dict_type": "must_table",
    "model_type": "must_table",
    "model_attributes_type": "must_table",
    "literal_error": "must_one_of",
    "missing": "must_be_there",
    "extra_forbidden": "must_be_known",
    "date_type": "must_date",
    "date_parsing": "must_date",
    "date_from_datetime_parsing": "must_date",
    "date_from_datetime_inexact": "must_date",
}
_LIMITS = ("gt", "ge", "lt", "le", "expected", "pattern", "min_length", "max_length")


def _plain_number(value: Any) -> Any:
    # pydantic would take true for 1 and "2" for 2: a slip that changes what is read must not pass.
    if isinstance(value, (bool, str, bytes)):
        raise ValueError(InputError.of("must_number"))
    return value


def _plain_text(value: str) -> str:
    if not value.replace("\u3000", " ").isprintable():  # a space as a Japanese keyboard gives it
        raise ValueError(InputError.of("must_printable"))
    return value


def _usable_path(value: Path) -> Path:
    text = str(value)
    data = text.encode("utf-8", "surrogateescape")
    if b"\0" in data or len(data) > MOST_PATH or max(map(len, data.split(b"/"))) > MOST_NAME:
        raise ValueError(InputError.of("must_path"))
    return value


Whole = Annotated[int, BeforeValidator(_plain_number)]
Number = Annotated[float, BeforeValidator(_plain_number)]
Text = Annotated[str, Field(max_length=256), AfterValidator(_plain_text)]
"""One printable line."""
PathText = Annotated[Path, AfterValidator(_usable_path)]


def first_error(error: ValidationError) -> EdgeError:
    """The first thing that is wrong: where, what it must be, and what was given."""
    found: Any = error.errors(include_url=False)[0]
    where = one_line(".".join(str(part) for part in found["loc"]), 120)
    what = _what(found)
    if found["type"] in ("missing", "extra_forbidden", "value_error"):
        return InputError.of("at", where=where, what=what) if where else what
    return InputError.of("at_given", where=where, what=what, given=shown(found["input"]))


def shown(value: Any) -> str:
    """A value as a person wrote it, on one line and short."""
    try:
        return one_line(repr(value), 60)
    except (ValueError, RecursionError):  # an integer of more digits than Python writes
        return "..."


def _what(found: Mapping[str, Any]) -> EdgeError:
    context = found.get("ctx", {})
    if found["type"] == "value_error":
        told = context["error"].args[0]
        return told if isinstance(told, EdgeError) else InputError.of("quoted", text=one_line(str(told)))
    key = _KINDS.get(found["type"])
    if found["input"] == "" and key in ("must_longer", "must_more"):
        return InputError.of("must_be_filled")
    if key is None:
        return InputError.of("quoted", text=one_line(found["msg"]))
    limit = next((context[name] for name in _LIMITS if name in context), "")
    return InputError.of(key, limit=limit.replace(" or ", ", ") if isinstance(limit, str) else limit)
