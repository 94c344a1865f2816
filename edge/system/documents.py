"""JSON and TOML from outside: one meaning or a reason, whatever the bytes are.

Refused besides what the grammars refuse: a name given twice, a number that is none (NaN, Infinity) or too
large to be one, nesting deeper than any of our files, a file larger than any of them. A byte order mark,
which Windows Notepad writes, is no fault.
"""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from edge.errors import InputError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

MOST_BYTES = 4 << 20
MOST_DEPTH = 32
MOST_DIGITS = 300
"""Of a number; a float64 ends there."""


def read_toml(path: Path) -> dict[str, Any]:
    """A TOML file. Raises InputError with the reason alone; the caller says which file and what to do."""
    text = _text(_read(path))
    try:
        return dict(_shallow(tomllib.loads(text)))
    except RecursionError:
        raise InputError.of("nested") from None
    except ValueError as error:
        raise InputError.of("quoted", text=one_line(str(error))) from error


def read_json(path: Path) -> Any:
    """A JSON file. Raises InputError likewise."""
    return parse_json(_read(path))


def parse_json(data: bytes | str) -> Any:
    """What a JSON text says. Raises InputError likewise."""
    text = data if isinstance(data, str) else _text(data)
    try:
        return _shallow(
            json.loads(
                text,
                object_pairs_hook=_each_once,
                parse_constant=_no_number,
                parse_float=_float,
                parse_int=_int,
            )
        )
    except RecursionError:
        raise InputError.of("nested") from None
    except ValueError as error:
        raise InputError.of("quoted", text=one_line(str(error))) from error


def one_line(text: str, most: int = 200) -> str:
    """The text on one line, without control characters, cut to `most` characters."""
    plain = "".join(c if c.isprintable() else " " for c in text[: 4 * most])
    plain = " ".join(plain.split())
    return plain if len(plain) <= most else f"{plain[: most - 3]}..."


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise InputError.of("quoted", text=error.strerror or str(error)) from error
    except ValueError as error:  # a NUL in the path
        raise InputError.of("quoted", text=str(error)) from error
    if len(data) > MOST_BYTES:
        raise InputError.of("too_large", limit=MOST_BYTES >> 20)
    return data


def _text(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise InputError.of("not_utf8", line=line) from None


def _each_once(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        seen: set[str] = set()
        for name, _ in pairs:
            if name in seen:
                raise InputError.of("given_twice", name=one_line(name, 60))
            seen.add(name)
    return found


def _no_number(text: str) -> Any:
    raise InputError.of("no_number", text=text)


def _float(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise InputError.of("no_number", text=one_line(text, 40))
    return value


def _int(text: str) -> int:
    if len(text) > MOST_DIGITS:
        raise InputError.of("no_number", text=one_line(text, 40))
    return int(text)


def _shallow(value: Any) -> Any:
    """The value, unless it is nested too deeply for what walks over it later."""
    level, depth = [value], 0
    while level:
        depth += 1
        if depth > MOST_DEPTH:
            raise InputError.of("nested")
        level = [
            part
            for item in level
            for part in (item.values() if isinstance(item, dict) else item if isinstance(item, list) else ())
        ]
    return value
