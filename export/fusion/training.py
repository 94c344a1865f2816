"""Training the fusion head on composed windows: plain, with noise that keeps voices private, or by sites."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from torch import nn

from export.fusion.experts import ExpertsHead, fit_experts
from export.fusion.head import FusionHead
from export.fusion.privacy.dp import PrivateGradients
from export.fusion.privacy.federated import train_over_sites
from export.fusion.task import fusion_task
from export.fusion.windows import Pool, compose_around, count_voices
from export.recipe import Recipe
from export.training.hardware import accelerator
from export.training.loop import Batch, Hyperparameters, finished, train

Fusion = ExpertsHead | FusionHead
"""What joins the modalities; both take and give the same."""


def train_fusion(
    recipe: Recipe,
    encoders: Mapping[str, nn.Module],
    seen: Mapping[str, Pool],
    unseen: Mapping[str, Pool],
    dev: Mapping[str, Pool] | None,
    folder: Path,
) -> Fusion:
    """Fit, or load, the product of experts; or train, or load, the audio-guided head, as the recipe says with
    noise that keeps the voices private (privacy/dp.py), or over sites (privacy/federated.py).

    encoders: finished. seen: tokens of examples the encoders were trained on. unseen: of others; the experts
    learn from these alone, and half of the head's batches come from there: either would trust encoders as far
    as their own training set. dev: people in neither, whom the head's epochs are judged on; None: nobody is
    kept back, and the curve is of the unseen, whom it learned from.
    """
    wanted = recipe.fusion
    torch.manual_seed(recipe.seed)
    if wanted.head is None:
        return fit_experts(recipe, encoders, unseen, folder)
    model = FusionHead(len(recipe.labels), guide=wanted.head)
    if finished(model, "fusion", folder):
        return model
    plan = Hyperparameters(wanted.epochs, wanted.lr, seed=recipe.seed)
    if wanted.sites is not None:
        train_over_sites(model, recipe, (seen, unseen), dev, plan, folder)
    elif wanted.dp_noise is not None:
        gradients = PrivateGradients(model, wanted, count_voices(seen, unseen), folder)

        def batches(rng: np.random.Generator) -> Iterator[Batch]:
            gradients.begin(rng)
            for _ in range(wanted.windows // wanted.batch):
                yield gradients.watch(compose_around((seen, unseen), gradients.draw(), recipe, rng))

        task = fusion_task(model, recipe, (seen, unseen), dev)
        train(replace(task, batches=batches, clip=gradients.clip), plan, folder)
        gradients.end()
    else:
        train(fusion_task(model, recipe, (seen, unseen), dev), plan, folder, accelerator(recipe.device))
    return model
