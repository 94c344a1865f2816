"""What a long run tells the person waiting for it, and keeps for the person who comes later."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from itertools import count
from pathlib import Path
from typing import TypeVar

from edge.system.output import warn
from edge.words import asked_language, word
from export.display import FOLDER, ProgressDisplay, Work, displayed, keep, pass_on

T = TypeVar("T")

LOG = "EDGE_EXPORT_LOG"
"""Environment variable that names the log file; processes started from here write to the same."""
OFTEN_S = 0.5
"""How often a loop writes how it stands (seconds)."""
_shown: list[ProgressDisplay] = []
"""The display of this process, while it has one."""
_numbers = count()


def say(line: str) -> None:
    """One line for the terminal, and with the time for the log."""
    if _shown:
        _shown[-1].say(line)
    elif FOLDER in os.environ:
        pass_on(line)
    else:
        warn(line)
    if LOG in os.environ:
        _write_log_line(Path(os.environ[LOG]), line)


def in_child() -> bool:
    """Whether an export started this process, and so has said already what it says once."""
    return FOLDER in os.environ and not _shown


def tell(key: str, **values: object) -> None:
    """One line likewise, from the table of words, in the language of the one who waits.

    measure: what a training calls its score.
    """
    language = asked_language()
    if "measure" in values:
        values["measure"] = word(str(values["measure"]), language)
    say(word(key, language, **values))


@contextmanager
def logged(file: Path) -> Iterator[None]:
    """Whatever is said inside, here and in processes started from here, is added to a file; so is the end."""
    file.parent.mkdir(parents=True, exist_ok=True)
    before = os.environ.get(LOG)
    os.environ[LOG] = str(file.resolve())
    try:
        with showing():
            yield
    except BaseException as error:
        with suppress(OSError):  # a full disk is told of by the error itself
            _write_log_line(file, f"stopped: {error or type(error).__name__}")
        raise
    finally:
        if before is None:
            del os.environ[LOG]
        else:
            os.environ[LOG] = before


@contextmanager
def showing() -> Iterator[None]:
    """What is under way inside is shown, once: by this process, or by the one that started it."""
    if FOLDER in os.environ:
        yield
        return
    with displayed() as display:
        _shown.append(display)
        try:
            yield
        finally:
            _shown.pop()


def bar(items: Iterable[T], total: int, title: str, rounds_left: int = 0) -> Iterator[T]:
    """The items again; how many are done, and how long the rest takes, is shown to the person who waits.

    rounds_left: how many rounds of as many items come after these.
    """
    with ExitStack() as stack:
        stack.enter_context(showing())
        file = Path(os.environ[FOLDER]) / f"{os.getpid()}-{next(_numbers)}.json"
        stack.callback(file.unlink, missing_ok=True)
        began, written = time.time(), -OFTEN_S
        for done, item in enumerate(items):
            if time.monotonic() - written >= OFTEN_S:
                keep(file, Work(title, done, total, began, rounds_left))
                written = time.monotonic()
            yield item


class StageTimes:
    """Wall time of the stages of a run, in the order they ended."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._since = time.monotonic()

    def end(self, name: str) -> None:
        """What was done since the last stage ended was this."""
        now = time.monotonic()
        self.seconds[name], self._since = round(now - self._since, 1), now


def _write_log_line(file: Path, line: str) -> None:
    with file.open("a", encoding="utf-8") as log:
        log.write(f"{time.strftime('%Y-%m-%d %H:%M:%S')}  {line}\n")
