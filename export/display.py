"""What is under way, here and in processes started from here: one display on a terminal, else lines of a log.

Each process keeps a small file for each of its loops in a folder that an environment variable names; the one
that began the display reads them all, and prints what the others say.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn

from edge.system.output import warn
from edge.system.texts import visible
from edge.words import asked_language, word

FOLDER = "EDGE_EXPORT_PROGRESS"
"""Environment variable that names the folder of the loops' files."""
SAID = "said"
EVERY_S, LOOK_S = 30.0, 0.25
"""How long nothing may be said where no terminal shows a bar; how often the files are read (seconds)."""


@dataclass(frozen=True)
class Work:
    """One loop as it stands."""

    title: str
    done: int
    total: int
    began: float
    """When this round of it began (seconds since 1970)."""
    rounds_left: int = 0
    """Rounds as long as this one that come after it."""

    @property
    def share(self) -> float:
        """What is done of this round, 0..1."""
        return self.done / max(1, self.total)

    def left_s(self, now: float) -> float | None:
        """Time until the last round ends (seconds); None before anything is done."""
        if not self.done:
            return None
        return (now - self.began) / self.share * (1.0 - self.share + self.rounds_left)

    def told(self, now: float) -> str:
        """How much is done, how long the rest takes and until when."""
        language, left = asked_language(), self.left_s(now)
        if left is None:
            return word("progress_begun", language)
        until = time.strftime("%H:%M" if left < 86400 else "%m-%d %H:%M", time.localtime(now + left))
        return word("progress_left", language, share=self.share, left=duration(left), until=until)


def duration(seconds: float) -> str:
    """Seconds in words, to the second, the minute or the quarter of an hour."""
    language, minutes = asked_language(), round(seconds / 60)
    if seconds < 90:
        return word("duration_s", language, seconds=round(seconds))
    if minutes < 100:
        return word("duration_min", language, minutes=minutes)
    return word("duration_h", language, hours=minutes // 60, minutes=minutes % 60)


def works() -> list[Work]:
    """All loops under way."""
    found = []
    for file in sorted(Path(os.environ[FOLDER]).glob("*.json")):
        with suppress(OSError, ValueError, TypeError):  # it ended meanwhile
            found.append(Work(**json.loads(file.read_text(encoding="utf-8"))))
    return found


def keep(file: Path, work: Work) -> None:
    """Write how a loop stands, whole or not at all; a display is not worth an error."""
    with suppress(OSError):
        scratch = file.with_suffix(".tmp")
        scratch.write_text(json.dumps(asdict(work)), encoding="utf-8")
        os.replace(scratch, file)


class ProgressDisplay:
    """Shows the loops of a folder until it is closed; what is said goes through it."""

    def __init__(self, folder: Path) -> None:
        self.last = ""
        self._folder, self._read, self._began = folder, 0, time.time()
        self._said_at, self._turn, self._end = time.monotonic(), threading.RLock(), threading.Event()
        self._bars = _bars() if sys.stderr.isatty() else None
        self._tasks: dict[str, TaskID] = {}
        self._thread = threading.Thread(target=self._watch, daemon=True)
        if self._bars:
            self._bars.start()
        self._thread.start()

    def say(self, line: str) -> None:
        """A line above the bars, or of the log."""
        with self._turn:
            self.last, self._said_at = line, time.monotonic()
            if self._bars:
                self._bars.console.print(visible(line), markup=False, highlight=False, soft_wrap=True)
            else:
                warn(line)

    def close(self) -> None:
        """Print what is still to be said and take the bars away."""
        self._end.set()
        self._thread.join()
        self._pass_on()
        if self._bars:
            self._bars.stop()

    def _watch(self) -> None:
        while not self._end.wait(LOOK_S):
            with suppress(OSError, ValueError):  # whoever reads has gone: the work goes on
                self._pass_on()
                if self._bars:
                    self._draw(self._bars)
                elif time.monotonic() - self._said_at >= EVERY_S:
                    self._remind()

    def _pass_on(self) -> None:
        """Say the whole lines that other processes left since the last time."""
        with suppress(FileNotFoundError), (self._folder / SAID).open("rb") as file:
            file.seek(self._read)
            whole = file.read().rpartition(b"\n")[0]
            if whole:
                self._read += len(whole) + 1
                for line in whole.decode("utf-8", "replace").split("\n"):
                    self.say(json.loads(line))

    def _remind(self) -> None:
        now, language, last = time.time(), asked_language(), self.last
        parts = [f"{work.title} {work.told(now)}" for work in works()]
        if parts:
            self.say("; ".join(parts))
        else:
            self.say(word("progress_still", language, spent=duration(now - self._began), line=last))
        self.last = last

    def _draw(self, bars: Progress) -> None:
        now = time.time()
        found = {work.title: work for work in works()}
        for title in [title for title in self._tasks if title not in found]:
            bars.remove_task(self._tasks.pop(title))
        for title, work in found.items():
            if title not in self._tasks:
                self._tasks[title] = bars.add_task(visible(title), total=1.0, told="")
            bars.update(self._tasks[title], completed=work.share, told=work.told(now))


@contextmanager
def displayed() -> Iterator[ProgressDisplay]:
    """A display for what this process and its children do inside."""
    with tempfile.TemporaryDirectory(prefix="edge-") as folder:
        os.environ[FOLDER] = folder
        display = ProgressDisplay(Path(folder))
        try:
            yield display
        finally:
            display.close()
            del os.environ[FOLDER]


def pass_on(line: str) -> None:
    """Leave a line to the process that shows; where it has gone, print it."""
    try:
        with (Path(os.environ[FOLDER]) / SAID).open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")
    except OSError:
        warn(line)


def _bars() -> Progress:
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(24),
        TextColumn("{task.fields[told]}", markup=False),
    )
    return Progress(*columns, console=Console(stderr=True), transient=True, refresh_per_second=4)
