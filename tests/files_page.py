"""What docs/files.md says of a JSON file."""

import re
from pathlib import Path

PAGE = Path(__file__).parents[1] / "docs" / "files.md"


def described(heading: str) -> tuple[set[str], set[str]]:
    """Of a section: the keys that have a row of its table, and everything it names between backquotes."""
    text = PAGE.read_text(encoding="utf-8").partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (`.*?) \| ", text, re.M)
    return {key for row in rows for key in re.findall(r"`(\w+)`", row)}, set(re.findall(r"`(\w+)`", text))
