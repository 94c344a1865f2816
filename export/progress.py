"""What a long run tells the person waiting for it."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from typing import TypeVar

from tqdm import tqdm

T = TypeVar("T")


def say(line: str) -> None:
    """One line for the log."""
    tqdm.write(line, file=sys.stderr)


def bar(items: Iterable[T], total: int, title: str) -> Iterator[T]:
    """The items again, with a progress bar where a person is watching."""
    return iter(tqdm(items, title, total, leave=False, disable=None, mininterval=1.0))
