"""Trainings side by side: a process each, and a share of the cores."""

from __future__ import annotations

import multiprocessing
import os
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from typing import Any

import torch

OF_TRAINING = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MALLOC_MMAP_THRESHOLD_", "MALLOC_TRIM_THRESHOLD_")
"""Variables of the environment set for the processes that train."""

Call = tuple[Callable[..., object], tuple[Any, ...]]
"""A function that can be pickled, and its arguments; what it returns is lost, so it leaves files."""


def side_by_side(calls: Sequence[Call]) -> None:
    """Make the calls, the first first, as many at a time as there are cores. The first failure ends all."""
    cores = os.cpu_count() or 1
    workers = min(len(calls), cores)
    # numpy reads these when a child imports it; two pools of threads a process would fight for the cores.
    # glibc would give the memory of every large tensor back and ask for it anew, at every step.
    settings = ("1", str(max(1, cores // workers)), "8000000000", "16000000000")
    os.environ |= dict(zip(OF_TRAINING, settings, strict=True))
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(workers, context, initializer=_end_with, initargs=(os.getpid(),)) as executor:
        jobs = [executor.submit(_call, *call) for call in calls]
        try:
            for job in as_completed(jobs):
                job.result()
        except BaseException:  # the first failure tells all: what the others have is on disk
            for child in multiprocessing.active_children():
                child.terminate()
            raise


def _call(function: Callable[..., object], arguments: tuple[Any, ...]) -> None:
    """Runs in a child process."""
    torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
    function(*arguments)


def _end_with(parent: int) -> None:
    """Runs in a child process: end when the parent is gone, however it went."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1.0)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
