"""Where networks are trained: processor or GPU, or all that `accelerate launch` is given."""

from __future__ import annotations

import copy
import os
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, IterableDataset

from edge.errors import ConfigError

if TYPE_CHECKING:
    from accelerate import Accelerator

    from export.training.loop import Batch, Task

TIMED = 3
"""Batches of an epoch that are timed on the processor, after one that warms it up."""
WORKERS = 4
"""Processes that prepare batches ahead for a GPU, where there are as many cores."""


def processes() -> int:
    """How many processes `accelerate launch` started."""
    return int(os.environ.get("WORLD_SIZE", "1"))


@cache
def accelerator(device: str) -> Accelerator:
    """The hardware a recipe asks for: auto (a GPU where there is one), cpu or cuda. Raises ConfigError."""
    from accelerate import Accelerator
    from accelerate.utils import InitProcessGroupKwargs

    if device == "cuda" and not torch.cuda.is_available():
        raise ConfigError.of("recipe_no_gpu")
    # The slowest may be hours behind: a wait must not time out.
    patient = InitProcessGroupKwargs(timeout=timedelta(days=7))
    return Accelerator(cpu=device == "cpu" or not torch.cuda.is_available(), kwargs_handlers=[patient])


def short(device: torch.device) -> bool:
    """Whether bfloat16 is quicker there than float32.

    Of processors only those with AMX: a step of the vision student takes 0.26 s in bfloat16 and 0.19 s in
    float32 where there is AVX-512 BF16 alone.
    """
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported())
    return bool(torch.cpu.get_capabilities().get("amx_bf16", False))


def device_of(model: nn.Module) -> torch.device:
    """Where the weights of a network lie."""
    return next(model.parameters()).device


def device_name(device: torch.device) -> str:
    """A device as people call it: CPU, or the model of a GPU."""
    return torch.cuda.get_device_name(device) if device.type == "cuda" else device.type.upper()


def cpu_epoch_s(task: Task, loss_of: Callable[[nn.Module, Batch], Tensor]) -> float:
    """What an epoch of a task takes on the processor (seconds): a few batches, there and back, extrapolated.

    The network and what is drawn by chance stay as they are.
    """
    with torch.random.fork_rng(devices=[]):
        model = copy.deepcopy(task.model).cpu().train()
        drawn = task.batches(np.random.default_rng(0))
        ended = [time.monotonic()]
        for batch in islice(drawn, TIMED + 1):
            with torch.autocast("cpu", torch.bfloat16, enabled=task.short and short(torch.device("cpu"))):
                loss = loss_of(model, batch)
            loss.backward()
            ended.append(time.monotonic())
        timed = ended[-1 - TIMED :] if len(ended) > TIMED + 1 else ended
        return (timed[-1] - timed[0]) / (len(timed) - 1) * task.steps


def share_gradients(model: nn.Module, shared: Accelerator) -> None:
    """Replace each gradient by the mean of those of all processes, in one message."""
    gradients = [p.grad for p in model.parameters() if p.grad is not None]
    flat: Any = shared.reduce(torch.cat([g.flatten() for g in gradients]), "mean")
    for gradient, mean in zip(gradients, flat.split([g.numel() for g in gradients]), strict=True):
        gradient.copy_(mean.view_as(gradient))


def batches(task: Task, seed: tuple[int, ...], steps: int, workers: int) -> Iterator[Batch]:
    """`steps` batches of a task; workers: processes that prepare them ahead, 0 for none.

    Without workers the draws are those of `seed` alone; each worker draws by a seed of its own.
    """
    if not workers:
        drawn = task.batches(np.random.default_rng(seed))
        return drawn if steps == task.steps else islice(drawn, steps)
    ahead = _Ahead(task, seed, steps)
    # Forked, so that the pictures and clips in memory are shared and nothing has to be pickled.
    return iter(
        DataLoader(
            ahead, batch_size=None, num_workers=workers, multiprocessing_context="fork", prefetch_factor=4
        )
    )


class _Ahead(IterableDataset):  # type: ignore[type-arg]
    """A worker's part of an epoch."""

    def __init__(self, task: Task, seed: tuple[int, ...], steps: int) -> None:
        self._task, self._seed, self._steps = task, seed, steps

    def __iter__(self) -> Iterator[Batch]:
        worker: Any = torch.utils.data.get_worker_info()
        own = len(range(worker.id, self._steps, worker.num_workers))
        made, rng = 0, np.random.default_rng((*self._seed, worker.id))
        while made < own:  # a worker may begin anew: it is given the steps of one epoch only in all
            for batch in islice(self._task.batches(rng), own - made):
                made += 1
                yield batch


def moved(batch: Batch, device: torch.device) -> Batch:
    """A batch on a device."""
    inputs, targets = batch

    def at(tensor: Tensor) -> Tensor:
        return tensor.to(device, non_blocking=True)

    return tuple(map(at, inputs)), at(targets)
