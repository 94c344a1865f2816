"""Trainings side by side: a process each, and a share of the cores.

A child reads its call from its standard input and ends when that closes, so none outlives its parent.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from typing import Any

import torch

from edge.system import child
from edge.system.threads import one_thread_but_torch, unlimited

Call = tuple[Callable[..., object], tuple[Any, ...]]
"""A function that can be pickled, and its arguments; what it returns is lost, so it leaves files."""


def side_by_side(calls: Sequence[Call]) -> None:
    """Make the calls, the first first, as many at a time as there are cores. The first failure ends all."""
    cores = os.cpu_count() or 1
    workers = min(len(calls), cores)
    # numpy reads these when a child imports it; two pools of threads a process would fight for the cores.
    # glibc would give the memory of every large tensor back and ask for it anew, at every step.
    environment = unlimited(child.environment()) | {
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": str(max(1, cores // workers)),
        "MALLOC_MMAP_THRESHOLD_": "8000000000",
        "MALLOC_TRIM_THRESHOLD_": "16000000000",
    }
    running = _Running(environment)
    with ThreadPoolExecutor(workers) as executor:
        jobs = [executor.submit(running.make, call) for call in calls]
        try:
            for job in as_completed(jobs):
                job.result()
        except BaseException:  # the first failure tells all: what the others have is on disk
            running.end()
            raise


class _Running:
    """The processes there are; none begins after the end."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self._processes: list[subprocess.Popen[bytes]] = []
        self._changing = threading.Lock()
        self._ended = False

    def make(self, call: Call) -> None:
        """Make a call in a process of its own; raises what it raised."""
        with tempfile.TemporaryDirectory(prefix="edge-") as folder:
            failure = Path(folder) / "failure"
            with self._changing:
                if self._ended:
                    return
                process = subprocess.Popen(
                    child.command("export.training.side_by_side", str(failure)),
                    env=self._environment,
                    stdin=subprocess.PIPE,
                )
                self._processes.append(process)
            with process:
                assert process.stdin is not None
                try:
                    pickle.dump(call, process.stdin)
                    process.stdin.flush()
                    code = process.wait()
                except BrokenPipeError:  # it ended before it read its call
                    code = process.wait()
            if failure.is_file():
                raise pickle.loads(failure.read_bytes())
            if code and not self._ended:
                raise subprocess.CalledProcessError(code, call[0].__name__)

    def end(self) -> None:
        """End them all."""
        with self._changing:
            self._ended = True
            for process in self._processes:
                process.terminate()


def _end_with_parent() -> None:
    while os.read(0, 1024):  # not sys.stdin: Python could not end while a thread waits in it
        pass
    os._exit(1)


def main() -> None:
    """Make the call on standard input; an exception is pickled into the file named."""
    one_thread_but_torch()
    function, arguments = pickle.load(sys.stdin.buffer)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
    try:
        function(*arguments)
    except Exception as error:
        Path(sys.argv[1]).write_bytes(pickle.dumps(error))
        sys.exit(1)


if __name__ == "__main__":
    main()
