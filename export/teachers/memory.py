"""What tuning a teacher takes in memory, known before anything is loaded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch._subclasses.fake_tensor import FakeTensorMode

from export.teachers.pretrained import TextTransformer, VisionTransformer
from export.teachers.tuning import layers_of, open_layers

WAY_BACK = 2
"""Layers whose worth of gradients is held on the way back besides what was kept; measured, 0.3 to 1.7."""
LONG = 256
"""Longest sentences that are looked at, to see how many tokens a batch has."""


@dataclass(frozen=True)
class TuningNeed:
    """Memory of a tuning (bytes), by what it is for."""

    weights: float
    """Of the network, whether they learn or not."""
    learnt: float
    """Of its layers that learn."""
    layers: int
    """How many there are, learning or not."""
    learning: int
    """How many of them learn."""
    example: float
    """What the network remembers of one example until its gradients are known."""

    def peak(self, batch: int) -> float:
        """At most, where the network is: the running mean of what learns, Adam's two, gradients, a batch."""
        return self.weights + 4 * self.learnt + (1 + WAY_BACK / self.learning) * batch * self.example


def tuning_need(
    teacher: TextTransformer | VisionTransformer, layers: int | None, longest: Sequence[str] = ()
) -> TuningNeed:
    """What tuning the top layers of a teacher takes; layers: None for all.

    longest: for a text teacher, the longest of its sentences. Nothing is allocated: the network runs on
    tensors without content, and what it keeps for the way back is counted. Raises ConfigError.
    """
    tokens = teacher.prepare(longest)[0].shape[1] if isinstance(teacher, TextTransformer) else 0
    network: Any = teacher.network(hollow=True)
    open_layers(network, teacher, layers)
    with FakeTensorMode(allow_non_fake_inputs=True):
        network.to_empty(device="cuda" if torch.cuda.is_available() else "cpu")
        own = {id_of(value): value for value in [*network.parameters(), *network.buffers()]}
        kept: dict[int, Tensor] = {}

        def keep(value: Tensor) -> Tensor:
            kept.setdefault(id_of(value), value)
            return value

        network.train()
        batch = 2
        with torch.autograd.graph.saved_tensors_hooks(keep, lambda value: value):
            # Without a mask, which the network would look into: sentences of full length.
            if isinstance(teacher, TextTransformer):
                network.model(input_ids=torch.zeros(batch, tokens, dtype=torch.long))
            else:
                network(torch.zeros(batch, 3, teacher.size, teacher.size))
    learning = [value for value in network.parameters() if value.requires_grad]
    remembered = [value for key, value in kept.items() if key not in own]
    weights, example = _bytes(network.parameters()), _bytes(remembered) / batch
    stack = layers_of(network)
    count = sum(any(value.requires_grad for value in layer.parameters()) for layer in stack)
    return TuningNeed(weights, _bytes(learning), len(stack), max(1, count), example)


def id_of(value: Tensor) -> int:
    """Views of one array share it."""
    return int(value.untyped_storage()._cdata)


def _bytes(values: Any) -> float:
    return float(sum(value.untyped_storage().nbytes() for value in values))
