"""Training the vision student on face crops."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from calibration.dataset import Example
from edge.features.vision import standardise
from edge.items import LABELS
from export.augment import jitter_faces, mix
from export.corpora import Split, joined, read_faces, split_corpora
from export.recipe import Recipe
from export.students import VisionStudent
from export.training import Batch, Plan, Task, finished, train


def vision_split(recipe: Recipe, data: Path) -> Split:
    """Examples of the vision corpora."""
    wanted = recipe.vision
    return joined(split_corpora(data, wanted.corpora, wanted.dev, wanted.test))


def load_faces(examples: list[Example], size: int) -> tuple[Tensor, Tensor]:
    """Standardised crops [n, 1, size, size] and labels [n]."""
    faces = torch.from_numpy(standardise(read_faces(examples, size)))
    return faces, torch.tensor([example.label for example in examples])


def train_vision(recipe: Recipe, data: Path, folder: Path) -> VisionStudent:
    """Train, or load, the vision student; its branches are not merged yet.

    A second round, shorter and on gently changed faces, lets it fit what the first kept out of its reach.
    """
    wanted, size = recipe.vision, recipe.face_crop.size
    torch.manual_seed(recipe.seed)
    model = VisionStudent(len(LABELS)).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    if finished(model, "vision-refined", folder):
        return model  # type: ignore[no-any-return]
    split = vision_split(recipe, data)
    faces, labels = load_faces(split.train, size)
    dev_faces, dev_labels = load_faces(split.dev, size)
    targets = F.one_hot(labels, len(LABELS)).float()
    steps = len(faces) // wanted.batch

    def batches(gentle: bool, rng: np.random.Generator) -> Iterator[Batch]:
        order = torch.from_numpy(rng.permutation(len(faces)))
        for chosen in order[: steps * wanted.batch].split(wanted.batch):
            inputs, wished = jitter_faces(faces[chosen], rng, gentle), targets[chosen]
            if wanted.mixup and not gentle:
                inputs, wished = mix(inputs, wished, wanted.mixup, rng)
            yield (inputs.contiguous(memory_format=torch.channels_last),), wished

    def score(model: nn.Module) -> float:
        return (logits_of(model, dev_faces).argmax(1) == dev_labels).float().mean().item()

    for name, gentle in (("vision", False), ("vision-refined", True)):
        if finished(model, name, folder):
            continue
        plan = Plan(
            wanted.epochs // 2 if gentle else wanted.epochs,
            wanted.lr / 2 if gentle else wanted.lr,
            wanted.weight_decay,
            wanted.smoothing,
            wanted.adjust,
            seed=recipe.seed + gentle,
        )
        task = Task(name, model, partial(batches, gentle), steps, targets.mean(0), score)
        train(task, plan, folder)
    return model  # type: ignore[no-any-return]


@torch.no_grad()
def logits_of(model: nn.Module, inputs: Tensor) -> Tensor:
    """Logits of many examples, in slices."""
    return torch.cat([model(part)[1] for part in inputs.split(256)])
