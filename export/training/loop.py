"""The one training loop: seeded, resumable after a kill at any moment, the same result either way."""

from __future__ import annotations

import copy
import os
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from edge.errors import ConfigError
from export.progress import bar, tell
from export.training.hardware import (
    WORKERS,
    batches,
    cpu_epoch_s,
    device_name,
    device_of,
    moved,
    share_gradients,
    short,
)
from export.training.history import Epoch, read_history, write_history
from export.training.weights import save_whole

if TYPE_CHECKING:
    from accelerate import Accelerator

Batch = tuple[tuple[Tensor, ...], Tensor]
"""Inputs of the model, and targets [b, k] that sum to 1 a row."""


@dataclass(frozen=True)
class Hyperparameters:
    """How long and how hard to train."""

    epochs: int
    lr: float
    """Peak learning rate; linear warm-up over the first twentieth, cosine to zero after."""
    weight_decay: float = 0.05
    smoothing: float = 0.05
    """Label smoothing."""
    adjust: float = 0.0
    """Strength of logit adjustment by the class prior (Menon et al. 2021); 1 is balanced error."""
    average: float = 0.998
    """Decay of the running mean of the weights, which is what is kept."""
    seed: int = 1
    accumulate: int = 1
    """Batches whose mean gradient makes a step."""


@dataclass(frozen=True)
class Task:
    """What to train on: one epoch's batches, and a score."""

    name: str
    model: nn.Module
    batches: Callable[[np.random.Generator], Iterator[Batch]]
    steps: int
    """Batches an epoch."""
    prior: Tensor
    """Class prior of the training set, [k]."""
    score: Callable[[nn.Module], float]
    """Of a network, 1 at best, for the log alone: nothing is selected on it."""
    loss: Callable[[nn.Module, Batch, Callable[[Tensor, Tensor], Tensor]], Tensor] | None = None
    """Loss of a batch given the label loss; None: label loss of the model's logits."""
    measure: str = "held-out accuracy"
    """What the score is and of whom, in words; what is held out was never trained on."""
    clip: Callable[[nn.Module], object] = lambda model: nn.utils.clip_grad_norm_(model.parameters(), 2.0)
    """What is done to the gradients before a step."""
    short: bool = False
    """Whether it computes in bfloat16 where that is quicker; the weights stay float32."""


def finished(model: nn.Module, name: str, folder: Path) -> bool:
    """Load the weights of a finished training into the model, in eval mode; False when there are none."""
    done = folder / f"{name}.pt"
    if not done.is_file():
        return False
    try:
        _restore(model, torch.load(done, weights_only=True, map_location="cpu"))
    except RuntimeError as error:
        raise ConfigError.of("weights_other", path=done, folder=folder) from error
    model.eval()
    return True


def train(task: Task, plan: Hyperparameters, folder: Path, hardware: Accelerator | None = None) -> None:
    """Train task.model, which ends with averaged weights, in eval mode and where it was.

    folder: where the checkpoint, the history of the epochs and the finished weights are kept; a broken
    training goes on after its last whole epoch. Every epoch draws from its own seed, so that on one CPU
    process the result is the same. hardware: where to train; under `accelerate launch` all processes call
    this and share their gradients, each with its part of the batches. None: in this process alone, wherever
    the weights lie.
    """
    folder.mkdir(parents=True, exist_ok=True)
    course, home = folder / f"{task.name}.jsonl", device_of(task.model)
    if hardware:
        task.model.to(hardware.device)
    steps = max(1, task.steps // (hardware.num_processes if hardware else 1))
    state = _State(task, plan, folder / f"{task.name}.part", steps)
    first = hardware is None or hardware.is_main_process
    if state.began is None:
        state.began = task.score(state.averaged.eval())
    epochs, place, beside = read_history(course, state.epoch), device_name(device_of(task.model)), None
    if first and hardware and hardware.device.type == "cuda" and state.epoch < plan.epochs:
        beside = cpu_epoch_s(
            task, lambda model, batch: (task.loss or _default_loss)(model, batch, F.cross_entropy)
        )
    for epoch in range(state.epoch, plan.epochs):
        begin = time.monotonic()
        mean = _epoch(task, plan, state, epoch, hardware)
        seconds = time.monotonic() - begin
        state.averaged.eval()
        score = task.score(state.averaged)
        epochs.append(Epoch(epoch + 1, mean, score, task.measure, seconds, time.time(), place, beside))
        if first:  # history before checkpoint: what a kill between them leaves too many is cut off later
            write_history(course, epochs)
            state.save(epoch + 1)
            if score >= max(e.score for e in epochs):
                save_whole(folder / f"{task.name}.best", _learnt(state.averaged))
            _say_epoch(task, plan, epochs)
    if first:
        save_whole(folder / f"{task.name}.pt", _learnt(state.averaged))
        state.checkpoint.unlink(missing_ok=True)
        _say_course(task, epochs, state.began)
        if epochs[-1].score >= max(e.score for e in epochs):
            (folder / f"{task.name}.best").unlink(missing_ok=True)
    if hardware:
        hardware.wait_for_everyone()
    task.model.to(home)
    finished(task.model, task.name, folder)


def _say_epoch(task: Task, plan: Hyperparameters, epochs: Sequence[Epoch]) -> None:
    """How the last epoch went, and once beside a GPU what the processor would take."""
    last = epochs[-1]
    tell(
        "say_epoch",
        name=task.name,
        epochs=plan.epochs,
        left=last.seconds * (plan.epochs - last.epoch) / 60,
        **{key: getattr(last, key) for key in ("epoch", "loss", "measure", "score", "seconds", "device")},
    )
    if last.cpu_seconds is not None and last.epoch == 1:
        values = {"seconds": last.seconds, "device": last.device, "cpu": last.cpu_seconds}
        tell("say_beside_cpu", name=task.name, threads=torch.get_num_threads(), **values)


def _say_course(task: Task, epochs: Sequence[Epoch], began: float) -> None:
    """Which epoch was the best, and whether the last one is worse than what training began with."""
    last, best = epochs[-1], max(epochs, key=lambda epoch: epoch.score)
    if best.score > last.score:
        tell("say_last", name=task.name, score=last.score, epoch=best.epoch, best=best.score)
    if last.score < began:
        tell("say_worse", name=task.name, measure=task.measure, began=began, score=last.score)


class _State:
    """A training as it stands: network, running mean of its weights, optimizer and schedule."""

    def __init__(self, task: Task, plan: Hyperparameters, checkpoint: Path, steps: int) -> None:
        self.checkpoint, self.model, self.epoch, self.steps = checkpoint, task.model, 0, steps
        # What does not learn is shared, not copied: it may be many gigabytes.
        still = {id(p): p for p in task.model.parameters() if not p.requires_grad}
        self.averaged = copy.deepcopy(task.model, still)
        groups = _groups(task.model, plan.weight_decay)
        self.optimizer = torch.optim.AdamW(groups, plan.lr, betas=(0.9, 0.98))
        total = plan.epochs * -(-steps // plan.accumulate)
        self.schedule = torch.optim.lr_scheduler.LambdaLR(self.optimizer, lambda step: _rate(step, total))
        self.began: float | None = None
        if checkpoint.is_file():
            saved = torch.load(checkpoint, weights_only=True, map_location="cpu")
            _restore(self.model, saved["model"])
            _restore(self.averaged, saved["averaged"])
            self.optimizer.load_state_dict(saved["optimizer"])
            self.schedule.load_state_dict(saved["schedule"])
            self.epoch, self.began = saved["epoch"], saved["began"]

    def save(self, epoch: int) -> None:
        """Keep it as it stands after so many epochs."""
        content = {
            "model": _learnt(self.model),
            "averaged": _learnt(self.averaged),
            "optimizer": self.optimizer.state_dict(),
            "schedule": self.schedule.state_dict(),
            "epoch": epoch,
            "began": self.began,
        }
        save_whole(self.checkpoint, content)


def _epoch(
    task: Task, plan: Hyperparameters, state: _State, epoch: int, hardware: Accelerator | None
) -> float:
    """One epoch; its mean loss."""
    model, losses, device = state.model, [], device_of(state.model)
    rank, size = (hardware.process_index, hardware.num_processes) if hardware else (0, 1)
    # A label nobody showed has a prior of zero, and a logarithm of minus infinity.
    shift = plan.adjust * task.prior.clamp(min=1e-4).log()
    if hardware:
        shift = shift.to(device)

    def label_loss(logits: Tensor, targets: Tensor) -> Tensor:
        return F.cross_entropy(logits + shift, targets, label_smoothing=plan.smoothing)

    loss_of = task.loss or _default_loss
    torch.manual_seed((plan.seed * 10_007 + epoch) * size + rank)
    model.train()
    seed = (plan.seed, epoch, rank) if size > 1 else (plan.seed, epoch)
    workers = min(WORKERS, os.cpu_count() or 1) if hardware and device.type == "cuda" else 0
    title = f"{task.name} {epoch + 1}/{plan.epochs}"
    left = plan.epochs - epoch - 1
    state.optimizer.zero_grad()
    drawn = batches(task, seed, state.steps, workers)
    for number, batch in enumerate(bar(drawn, state.steps, title, left), 1):
        with torch.autocast(device.type, torch.bfloat16, enabled=task.short and short(device)):
            loss = loss_of(model, moved(batch, device) if hardware else batch, label_loss)
        losses.append(loss.detach())
        together = min(plan.accumulate, state.steps - (number - 1) // plan.accumulate * plan.accumulate)
        (loss / together if together > 1 else loss).backward()
        if number % plan.accumulate and number < state.steps:
            continue
        if hardware and size > 1:
            share_gradients(model, hardware)
        task.clip(model)
        state.optimizer.step()
        state.optimizer.zero_grad()
        state.schedule.step()
        _average(state.averaged, model, plan.average, state.schedule.last_epoch)
    return torch.stack(losses).mean().item()


def _default_loss(model: nn.Module, batch: Batch, label_loss: Callable[..., Tensor]) -> Tensor:
    inputs, targets = batch
    return label_loss(model(*inputs)[1], targets)


def _rate(step: int, total: int) -> float:
    warm = max(1, total // 20)
    if step < warm:
        return (step + 1) / warm
    return 0.5 * (1.0 + float(np.cos(np.pi * min(1.0, (step - warm) / max(1, total - warm)))))


def _groups(model: nn.Module, weight_decay: float) -> list[dict[str, object]]:
    """Decay on matrices and kernels only: norms, biases and embeddings keep their size."""
    embeddings = {id(m.weight) for m in model.modules() if isinstance(m, nn.Embedding)}
    learning = [p for p in model.parameters() if p.requires_grad]
    decayed = [p for p in learning if p.ndim > 1 and id(p) not in embeddings]
    chosen = {id(p) for p in decayed}
    rest = [p for p in learning if id(p) not in chosen]
    return [{"params": decayed, "weight_decay": weight_decay}, {"params": rest, "weight_decay": 0.0}]


@torch.no_grad()
def _average(averaged: nn.Module, model: nn.Module, decay: float, step: int) -> None:
    """Running mean of the weights (shorter at the start); counters and norm statistics alike."""
    decay = min(decay, (1 + step) / (10 + step))
    for kept, new in zip(_learnt(averaged).values(), _learnt(model).values(), strict=True):
        if kept.is_floating_point():
            kept.lerp_(new, 1.0 - decay)
        else:
            kept.copy_(new)


def _learnt(model: nn.Module) -> dict[str, Tensor]:
    """Weights and counters that training changes."""
    still = {name for name, p in model.named_parameters() if not p.requires_grad}
    return {name: value for name, value in model.state_dict().items() if name not in still}


def _restore(model: nn.Module, learnt: dict[str, Tensor]) -> None:
    """Put back what `_learnt` gave. Raises RuntimeError when it is another network's."""
    if learnt.keys() != _learnt(model).keys():
        raise RuntimeError("other weights")
    model.load_state_dict(learnt, strict=False)
