"""Quantization-aware fine-tuning: for a network that loses too much by INT8 as it was trained.

The network learns to give its own FP32 answers while its weights and activations are rounded as INT8 rounds
them; the gradient passes the rounding unchanged (straight-through estimator, Bengio et al. 2013).
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from export.training.loop import Batch, Hyperparameters, Task, train

EPOCHS = 3
LR = 3e-4
QUANTIZED = (nn.Conv1d, nn.Conv2d, nn.Linear)
FIRST_BATCHES = 20
"""Batches that set the activation ranges before the first step."""


def fine_tune(
    name: str,
    model: nn.Module,
    batches: Callable[[np.random.Generator], Iterator[tuple[Tensor, ...]]],
    steps: int,
    folder: Path,
    seed: int = 1,
) -> nn.Module:
    """A copy of the model that answers in INT8 more nearly as the model does in FP32.

    batches: inputs of the model, without end. steps: batches an epoch. folder: for the checkpoints.
    """
    teacher = model.eval()
    student = _Rounded(copy.deepcopy(model))
    with torch.no_grad():
        for inputs in islice(batches(np.random.default_rng(seed)), FIRST_BATCHES):
            student(*inputs)
    student.watching = False

    def taught(rng: np.random.Generator) -> Iterator[Batch]:
        for inputs in islice(batches(rng), steps):
            with torch.no_grad():
                wished = torch.cat([part.flatten(1) for part in teacher(*inputs)], dim=1)
            yield inputs, wished

    def loss(model: nn.Module, batch: Batch, _: object) -> Tensor:
        inputs, wished = batch
        return F.mse_loss(torch.cat([part.flatten(1) for part in model(*inputs)], dim=1), wished)

    def score(model: nn.Module) -> float:
        """Cosine to the FP32 answers on one batch."""
        inputs, wished = next(taught(np.random.default_rng(seed + 1)))
        with torch.no_grad():
            found = torch.cat([part.flatten(1) for part in model(*inputs)], dim=1)
        return float(F.cosine_similarity(found, wished).mean())

    plan = Hyperparameters(EPOCHS, LR, weight_decay=0.0, seed=seed)
    train(
        Task(
            f"{name}-qat",
            student,
            taught,
            steps,
            torch.ones(1),
            score,
            loss,
            "cosine to FP32, training people",
        ),
        plan,
        folder,
    )
    return student.plain()


class _Rounded(nn.Module):
    """A network whose convolutions and linear layers compute with rounded weights and inputs.

    Always in eval mode: batch statistics stay those of the training, nothing is dropped.
    """

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network.eval()
        self.watching = True
        for layer in network.modules():
            if isinstance(layer, QUANTIZED):
                layer.register_buffer("limit", torch.zeros(()))
                layer.register_forward_pre_hook(self._round_inputs)
                nn.utils.parametrize.register_parametrization(layer, "weight", _RoundedWeights())

    def train(self, mode: bool = True) -> _Rounded:
        """Leaves the mode as it is."""
        del mode
        return self

    def forward(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        answers: tuple[Tensor, ...] = self.network(*inputs)
        return answers

    def plain(self) -> nn.Module:
        """The network without the rounding, its weights as learned."""
        for layer in self.network.modules():
            if isinstance(layer, QUANTIZED):
                nn.utils.parametrize.remove_parametrizations(layer, "weight", leave_parametrized=False)
                layer._forward_pre_hooks.clear()
                del layer.limit
        return self.network.eval()

    def _round_inputs(self, layer: nn.Module, inputs: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        (x,) = inputs
        limit = layer.limit
        assert isinstance(limit, Tensor)
        if self.watching:
            torch.maximum(limit, x.abs().max(), out=limit)
        return (_rounded(x, limit.clamp(min=1e-8)),)


class _RoundedWeights(nn.Module):
    def forward(self, weights: Tensor) -> Tensor:
        return _rounded(weights, weights.detach().abs().flatten(1).amax(1).clamp(min=1e-8))


def _rounded(x: Tensor, limit: Tensor) -> Tensor:
    """x on the INT8 grid of `limit`, one a tensor or one a row; gradient of x itself."""
    scale = limit.reshape(-1, *[1] * (x.ndim - 1)) / 127.0 if limit.ndim else limit / 127.0
    grid = torch.clamp(torch.round(x / scale), -128, 127) * scale
    return x + (grid - x).detach()
