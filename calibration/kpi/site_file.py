"""[alarm] written into a site.toml: comments, order and other keys in it stay as they are."""

from __future__ import annotations

import re
import stat
from datetime import date
from pathlib import Path
from typing import Any

from edge.errors import InputError
from edge.sections import AlarmSettings
from edge.system.disk import reason
from edge.system.documents import read_toml
from edge.system.private import replacing

_HEAD = re.compile(r"^\s*\[\s*alarm\s*\]\s*(#.*)?$")
_TABLE = re.compile(r"^\s*\[")
_KEY = re.compile(r"""^\s*([A-Za-z0-9_]+)\s*=\s*(?:"(?:[^"\\]|\\.)*"|'[^']*'|[^#"']*?)(\s*#.*)?$""")
NEW_MODE = 0o644
"""Of a new file: the service that reads it may be another user's."""


def write_alarm(path: Path, alarm: AlarmSettings) -> None:
    """Write the section [alarm] of a settings file, whole or not at all; a missing file is made.

    Keys that the settings leave out are taken away. Raises InputError where the file cannot be written, or
    writes [alarm] in a way that only a person should change.
    """
    wanted = {key: value for key, value in alarm.model_dump().items() if value is not None}
    try:
        there = path.is_file()
        data = path.read_bytes() if there else b""
        bom = b"\xef\xbb\xbf" if data.startswith(b"\xef\xbb\xbf") else b""
        before = read_toml(path) if there else {}
        text = data.removeprefix(bom).decode("utf-8")
        with replacing(path) as part:
            part.write_bytes(bom + _changed(text, wanted).encode())
            part.chmod(stat.S_IMODE(path.stat().st_mode) if there else NEW_MODE)
            if _parsed(part) != before | {"alarm": wanted}:
                raise InputError.of("alarm_form", path=path)
    except OSError as error:
        raise InputError.of("file_unwritable", path=path, why=reason(error)) from error


def _changed(text: str, wanted: dict[str, Any]) -> str:
    """The text with the section's lines as wanted; comments stay where they are."""
    end = "\r\n" if "\r\n" in text else "\n"
    lines = text.replace("\r\n", "\n").removesuffix("\n").split("\n") if text else []
    start = next((i for i, line in enumerate(lines) if _HEAD.match(line)), None)
    if start is None:
        gap = [""] if lines and lines[-1].strip() else []
        return end.join([*lines, *gap, "[alarm]", *(_line(k, v) for k, v in wanted.items()), ""])
    stop = next((i for i in range(start + 1, len(lines)) if _TABLE.match(lines[i])), len(lines))
    left, kept = dict(wanted), []
    for line in lines[start + 1 : stop]:
        found = _KEY.match(line)
        if not found:
            kept.append(line)
        elif found[1] in left:
            kept.append(_line(found[1], left.pop(found[1])) + (found[2] or ""))
    tail = len(kept)
    while tail and not kept[tail - 1].strip():
        tail -= 1
    kept[tail:tail] = [_line(key, value) for key, value in left.items()]
    return end.join([*lines[: start + 1], *kept, *lines[stop:], ""])


def _parsed(path: Path) -> Any:
    try:
        return read_toml(path)
    except InputError:
        return None


def _line(key: str, value: Any) -> str:
    if isinstance(value, date):
        return f"{key} = {value.isoformat()}"
    if isinstance(value, str):
        return f'{key} = "{_escaped(value)}"'
    return f"{key} = {value!r}"


def _escaped(text: str) -> str:
    """For a basic string; settings hold printable text alone."""
    return text.replace("\\", "\\\\").replace('"', '\\"')
