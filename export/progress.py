"""What a long run tells the person waiting for it, and keeps for the person who comes later."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TypeVar

from tqdm import tqdm

from edge.system.texts import visible
from edge.words import asked_language, word

T = TypeVar("T")

LOG = "EDGE_EXPORT_LOG"
"""Environment variable that names the log file; processes started from here write to the same."""


def say(line: str) -> None:
    """One line for the terminal, and with the time for the log."""
    tqdm.write(visible(line), file=sys.stderr)
    if LOG in os.environ:
        _write(Path(os.environ[LOG]), line)


def tell(key: str, **values: object) -> None:
    """One line likewise, from the table of words, in the language of the one who waits."""
    say(word(key, asked_language(), **values))


@contextmanager
def logged(file: Path) -> Iterator[None]:
    """Whatever is said inside, here and in processes started from here, is added to a file; so is the end."""
    file.parent.mkdir(parents=True, exist_ok=True)
    before = os.environ.get(LOG)
    os.environ[LOG] = str(file.resolve())
    try:
        yield
    except BaseException as error:
        with suppress(OSError):  # a full disk is told of by the error itself
            _write(file, f"stopped: {error or type(error).__name__}")
        raise
    finally:
        if before is None:
            del os.environ[LOG]
        else:
            os.environ[LOG] = before


def bar(items: Iterable[T], total: int, title: str) -> Iterator[T]:
    """The items again, with a progress bar where a person is watching."""
    return iter(tqdm(items, title, total, leave=False, disable=None, mininterval=1.0))


class Stages:
    """Wall time of the stages of a run, in the order they ended."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._since = time.monotonic()

    def end(self, name: str) -> None:
        """What was done since the last stage ended was this."""
        now = time.monotonic()
        self.seconds[name], self._since = round(now - self._since, 1), now


def _write(file: Path, line: str) -> None:
    with file.open("a", encoding="utf-8") as log:
        log.write(f"{time.strftime('%Y-%m-%d %H:%M:%S')}  {line}\n")
