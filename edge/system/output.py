"""Where text leaves for a terminal, a pipe or a file: neither a name nor trouble of theirs ends a run."""

from __future__ import annotations

import io
import os
import select
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, TextIO

import typer

from edge.system.texts import visible
from edge.words import asked_language, word

if TYPE_CHECKING:
    from typing_extensions import Buffer


def say(text: str, err: bool = False) -> None:
    """Print text, which may hold names from outside, on standard output or standard error."""
    typer.echo(visible(text), err=err)


def warn(line: str) -> None:
    """Print a line on standard error."""
    say(line, err=True)


class _Stream(io.RawIOBase):
    """A file descriptor that takes no notice of a full disk but tells of it once.

    tell: None where it is not to be told. A reader that has gone raises BrokenPipeError then, once: that ends
    the run.
    """

    def __init__(self, descriptor: int, tell: Callable[[OSError], None] | None) -> None:
        self._descriptor, self._tell = descriptor, tell
        self._terminal = os.isatty(descriptor)
        self.trouble: OSError | None = None

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._descriptor

    def isatty(self) -> bool:
        return self._terminal

    def write(self, data: Buffer) -> int:
        view = memoryview(data)
        if isinstance(self.trouble, BrokenPipeError):
            return view.nbytes
        while True:
            try:
                return os.write(self._descriptor, view)
            except BlockingIOError:  # whoever reads is slow
                select.select([], [self._descriptor], [])
            except OSError as error:
                if self._terminal:  # gone: nobody is there to be told, and SIGHUP ends a run
                    return view.nbytes
                told, self.trouble = self.trouble, error
                if self._tell and isinstance(error, BrokenPipeError):
                    raise
                if self._tell and told is None:
                    self._tell(error)
                return view.nbytes


@contextmanager
def guarded() -> Iterator[Callable[[], bool]]:
    """Standard output and error take any text inside; gives what tells whether all output was taken.

    What the terminal's encoding lacks, and bytes of names that are no text, stand as escapes.
    """
    before, out, err = (sys.stdout, sys.stderr), None, None
    if sys.stdout is None or sys.stderr is None:  # closed by whoever started this
        nowhere = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115
        sys.stdout, sys.stderr = sys.stdout or nowhere, sys.stderr or nowhere
    if (descriptor := _descriptor(sys.stderr)) is not None:
        err = _Stream(descriptor, None)
        sys.stderr = _text(err, sys.stderr)
    if (descriptor := _descriptor(sys.stdout)) is not None:
        out = _Stream(descriptor, _tell)
        sys.stdout = _text(out, sys.stdout)
    made = (sys.stdout, sys.stderr)
    try:
        yield lambda: out is None or out.trouble is None
    finally:
        for stream in made:
            with suppress(OSError, ValueError):
                stream.flush()
        sys.stdout, sys.stderr = before


def _tell(error: OSError) -> None:
    language = asked_language()
    say(f"edge: {word('output_unwritable', language, why=error.strerror or error)}", err=True)


def _text(raw: _Stream, like: TextIO) -> TextIO:
    """A stream of text over a raw one that takes the place of another."""
    like.flush()
    buffered = io.BufferedWriter(raw)
    return io.TextIOWrapper(
        buffered, like.encoding, "backslashreplace", line_buffering=getattr(like, "line_buffering", False)
    )


def _descriptor(stream: TextIO) -> int | None:
    """Of a stream that is a file, a pipe or a terminal; None for one that a test put there."""
    try:
        return stream.fileno() if isinstance(stream, io.TextIOWrapper) else None
    except (OSError, ValueError):
        return None
