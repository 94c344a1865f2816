"""The task of the fusion head: batches of composed windows, its loss, and how an epoch is judged."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from edge.items import MODALITIES
from export.fusion.head import FusionHead
from export.fusion.windows import Pool, compose_windows, even_labels
from export.recipe import Recipe
from export.training.hardware import device_of
from export.training.loop import Batch, Task


def fusion_task(
    model: FusionHead, recipe: Recipe, pools: Sequence[Mapping[str, Pool]], dev: Mapping[str, Pool] | None
) -> Task:
    """Training on windows composed from the pools, batches of each alike; judged on dev, or the last pool."""
    wanted, k = recipe.fusion, len(recipe.labels)
    steps = wanted.windows // wanted.batch
    judged = pools[-1] if dev is None else dev
    measure = "accuracy on people learned from" if dev is None else "held-out accuracy"

    def batches(rng: np.random.Generator) -> Iterator[Batch]:
        for _ in range(steps):
            labels = torch.from_numpy(rng.integers(0, k, wanted.batch))
            found = pools[int(rng.random() * len(pools))]
            yield compose_windows(found, labels, recipe, rng), F.one_hot(labels, k).float()

    def loss(model: nn.Module, batch: Batch, label_loss: Callable[[Tensor, Tensor], Tensor]) -> Tensor:
        assert isinstance(model, FusionHead)
        (*tokens, present, quality), targets = batch
        pooled, own = model.pooled(*tokens)
        logits, _ = model.fuse(pooled, present, quality)
        alone = model.logits_alone(own)
        shares = [label_loss(alone[:, m], targets) for m in range(len(MODALITIES))]
        return label_loss(logits, targets) + 0.3 * torch.stack(shares).sum() / len(shares)

    def score(model: nn.Module) -> float:
        rng = np.random.default_rng(0)
        labels = even_labels(judged, 100 * k)
        with torch.no_grad():
            device = device_of(model)
            logits, _ = model(*(tensor.to(device) for tensor in compose_windows(judged, labels, recipe, rng)))
        return float((logits.cpu().argmax(1) == labels).float().mean())

    prior = torch.full((k,), 1.0 / k)
    return Task("fusion", model, batches, steps, prior, score, loss, measure)
