"""What teachers said of clips, kept on disk: each clip is asked about once."""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from edge.errors import EdgeError
from export.progress import bar, tell

if TYPE_CHECKING:
    from export.teachers.base import Teacher

PART = 200
"""Clips of one cache file: what a kill costs at most."""


def teach(teacher: Teacher, clips: Sequence[Any], names: Sequence[str], cache: Path) -> NDArray[np.float32]:
    """Features of clips, [n, d]; those seen before come from the cache.

    clips: what the teacher takes, one each. names: what each clip is known by, the hash of its content.
    The cache is a folder of the teacher's own with files that are written whole and never changed, so a kill
    costs one of them. Under `accelerate launch` the files are shared out over the processes; machines share
    the folder. Raises EdgeError when the disk is full; what is there stays good.
    """
    folder = cache / teacher.identity
    rank, size, together = process_group()
    known = _read_parts(folder, set(names))
    first = dict(zip(reversed(names), reversed(range(len(names))), strict=True))
    missing = [index for name, index in first.items() if name not in known][::-1]
    together()  # nobody writes before everybody has seen what is missing
    parts = [missing[start : start + PART] for start in range(0, len(missing), PART)][rank::size]
    total, done, begin = sum(map(len, parts)), 0, time.monotonic()
    if size > 1 and missing:
        tell(
            "say_process", name=teacher.identity, number=rank + 1, size=size, count=total, total=len(missing)
        )
    clock = bar(range(total), total, teacher.identity)
    for part in parts:
        new = {}
        for index in part:
            new[names[index]] = np.asarray(teacher.features(clips[index]), np.float32)
            next(clock)
        _write_part(folder, new, f"{done} of {total}")
        known |= new
        done += len(part)
        left = (time.monotonic() - begin) / done * (total - done)
        if left > 60:
            tell("say_left", name=teacher.identity, done=done, total=total, left=left / 60)
    together()
    if size > 1:
        known = _read_parts(folder, set(names))
        if lacking := sum(name not in known for name in set(names)):
            raise EdgeError.of("cache_lacks", folder=folder, count=lacking)
    return np.stack([known[name] for name in names])


@cache
def process_group() -> tuple[int, int, Callable[[], None]]:
    """This process's number, how many `accelerate launch` started, and what waits for all of them."""
    if int(os.environ.get("WORLD_SIZE", "1")) == 1:
        return 0, 1, lambda: None
    import torch
    from accelerate import PartialState

    # The slowest may be hours behind: a wait must not time out.
    state = PartialState(cpu=not torch.cuda.is_available(), timeout=timedelta(days=7))
    return state.process_index, state.num_processes, state.wait_for_everyone


def _read_parts(folder: Path, wanted: set[str]) -> dict[str, NDArray[np.float32]]:
    known: dict[str, NDArray[np.float32]] = {}
    for file in sorted(folder.glob("*.safetensors")):
        try:
            known |= {name: row for name, row in load_file(file).items() if name in wanted}
        except FileNotFoundError:  # another process found it damaged first
            continue
        except SafetensorError:  # damaged: what it held can be had again
            file.unlink(missing_ok=True)
    return known


def _write_part(folder: Path, content: dict[str, NDArray[np.float32]], progress: str) -> None:
    """One more file, whole or not at all; its name follows from what it holds."""
    file = folder / f"{hashlib.sha256(''.join(sorted(content)).encode()).hexdigest()[:16]}.safetensors"
    scratch = file.with_suffix(f".{os.getpid()}.tmp")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        save_file(content, scratch)
        os.replace(scratch, file)
    except (OSError, SafetensorError) as error:
        raise EdgeError.of(
            "cache_unwritable", folder=folder, why=str(error).strip(), progress=progress
        ) from error
    finally:
        with suppress(OSError):
            scratch.unlink(missing_ok=True)
