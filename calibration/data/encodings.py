"""Text of a file somebody saved with a spreadsheet: what its bytes stand for."""

from __future__ import annotations

import codecs
import re
from pathlib import Path

from edge.errors import DatasetError

WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
"""First bytes of an Excel workbook, new and old."""
UTF16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
KANA = re.compile(r"[\u3041-\u30ff]")
STRAY = re.compile(r"[A-Za-z][\u3400-\u9fff]|[\u3400-\u9fff][A-Za-z]|[\uff61-\uff9f]")
"""A kanji beside a Latin letter, or narrow kana: as Windows-1252 and EUC-JP read as Shift-JIS show."""


def decoded(path: Path) -> str:
    """Text of a file in UTF-8, UTF-16 with its mark, or Shift-JIS (cp932). Raises DatasetError."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise DatasetError.of("table_unreadable", table=path, why=error.strerror or error) from error
    if data.startswith(WORKBOOKS):
        raise DatasetError.of("table_workbook", table=path)
    try:
        text = data.decode("utf-16" if data.startswith(UTF16) else "utf-8-sig")
    except UnicodeDecodeError as error:
        text = "" if data.startswith(UTF16) else _shift_jis(data)
        if not text:
            before = data[: error.start].replace(b"\r\n", b"\n").replace(b"\r", b"\n")
            where = DatasetError.of("table_line", table=path, line=before.count(b"\n") + 1)
            raise DatasetError.of("table_encoding", where=where) from error
    if "\0" in text:
        before_nul = re.findall(r"\r\n|\r|\n", text[: text.index("\0")])
        where = DatasetError.of("table_line", table=path, line=len(before_nul) + 1)
        raise DatasetError.of("table_nul", where=where)
    return text


def _shift_jis(data: bytes) -> str:
    """The text where the bytes are Shift-JIS, else nothing."""
    whole = data.decode("utf-8", "replace")
    broken = whole.count("\ufffd")
    if sum(letter > "\x7f" for letter in whole) > 2 * broken:  # damaged UTF-8
        return ""
    try:
        text = data.decode("cp932")
    except UnicodeDecodeError:
        return ""
    return text if KANA.search(text) or not STRAY.search(text) else ""
