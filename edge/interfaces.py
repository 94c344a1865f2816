"""What the pipeline needs from the outside world: adapters implement these, it knows nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import TracebackType
from typing import Any, Protocol

from numpy.typing import NDArray
from typing_extensions import Self

from edge.items import AudioChunk, Floats, Frame, Health, Reading, Tick, Transcript


class Closing(Protocol):
    """A thing that holds a device, a file or memory while its `with` block lasts."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...


class Source(Closing, Protocol):
    """Gives sound and pictures in order of time on one clock; a live one also ticks."""

    def __iter__(self) -> Iterator[AudioChunk | Frame | Tick]: ...


class Device(Closing, Protocol):
    """A live microphone or camera: from entering to leaving its `with` block it hands on what it captures.

    It is made with `give`, called from a thread of its own with each AudioChunk or Frame, stamped on
    time.monotonic(); `give` is quick and never raises. A fault ends nothing: the device is opened again and
    again, with growing pauses, until it is back. Entering does not wait for the hardware and does not raise
    when it is missing; leaving returns within 2 s whatever hangs.
    """

    def health(self) -> Health:
        """How it is doing now; cheap, from any thread."""
        ...


class Engine(Closing, Protocol):
    """Runs one model. Shapes are static and come from the model file."""

    @property
    def inputs(self) -> Mapping[str, tuple[int, ...]]:
        """Name -> shape of each input."""
        ...

    def run(self, inputs: Mapping[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
        """Name -> array in, name -> array out. Raises EngineError."""
        ...


class Transcriber(Closing, Protocol):
    """Writes down what is said."""

    def transcribe(self, samples: Floats, start: float, rate: int) -> Transcript | None:
        """What is said in samples [n], the first one heard at `start` (seconds); None when nothing is.

        Raises InputError and EngineError.
        """
        ...


class Sink(Closing, Protocol):
    """Takes each reading somewhere: a file, a screen, a broker."""

    def write(self, reading: Reading) -> None: ...


class LiveSink(Sink, Protocol):
    """A sink for a run that is left alone for weeks: once entered, write() never raises.

    It mends its own trouble and goes on. Entering raises InputError for what a person must put right.
    """

    @property
    def trouble(self) -> str:
        """What is wrong now and what to do, one line; empty when all is well."""
        ...

    @property
    def lost(self) -> int:
        """Readings that could not be taken anywhere since the start."""
        ...
