"""What raters are told, as a text with a version that travels in every label."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from importlib.resources import files
from itertools import groupby
from pathlib import Path

from edge.errors import InputError
from edge.system.disk import reason
from edge.words import Language

LONGEST = 200_000
"""Of a guideline (bytes)."""
_NUMBER = re.compile(r"(?:\bVersion\s+|第\s*)(\d{1,4})\b")


@dataclass(frozen=True, slots=True)
class Guideline:
    """What raters are told."""

    text: str
    """Markdown: headings, lists, paragraphs."""

    @property
    def version(self) -> str:
        """The number that the text gives itself, if any, and a digest of the text: 1-3f2a91bc."""
        digest = hashlib.sha256(self.text.encode()).hexdigest()[:8]
        number = _NUMBER.search(self.text)
        return f"{number[1]}-{digest}" if number else digest

    def html(self) -> str:
        """The text for the page of Label Studio that raters see first: no lists, no margins."""
        return "\n".join(_html(self.text))


def read_guideline(path: Path | None, language: Language) -> Guideline:
    """A site's own, or the one that comes with the package. Raises InputError."""
    if path is None:
        own = files("calibration") / "steps" / "templates" / f"guideline.{language}.md"
        return Guideline(own.read_text(encoding="utf-8"))
    try:
        data = path.read_bytes()
        text = data.decode("utf-8-sig").replace("\r\n", "\n")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError.of("label_guideline", path=path, why=reason(error)) from error
    if not text.strip() or len(data) > LONGEST:
        raise InputError.of("label_guideline_size", path=path, most=LONGEST // 1000)
    return Guideline(text)


def _html(text: str) -> Iterator[str]:
    lines = [line.strip() for line in text.split("\n")]
    for kind, group in groupby(lines, _kind):
        if kind == "list":
            yield from (f"<p>• {_inline(line[2:])}</p>" for line in group)
        elif kind == "heading":
            for line in group:
                level = len(line) - len(line.lstrip("#"))
                yield f"<br><h{level}>{_inline(line[level:].strip())}</h{level}>"
        elif kind == "text":
            yield f"<p>{_inline(' '.join(group))}</p>"


def _kind(line: str) -> str:
    if re.match(r"#{1,6} ", line):
        return "heading"
    return "list" if line.startswith("- ") else "text" if line else ""


def _inline(text: str) -> str:
    return re.sub(r"\*\*(.+?)\*\*", r"<b>\1</b>", escape(text))
