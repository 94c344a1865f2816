"""Training the vision student on face crops."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
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


@dataclass(frozen=True)
class Round:
    """One round of training: shares of the recipe's epochs and learning rate, and what it is shown."""

    name: str
    epochs: float
    lr: float
    gentle: bool = False
    mixed: bool = False
    softened: bool = False
    teacher: bool = False
    """Whether it trains the wider network."""


LEARN = (
    Round("vision", 1.0, 1.0, mixed=True),
    Round("vision-refined", 0.5, 0.5, gentle=True),
)
TEACH = (
    Round("vision-teacher", 0.4, 1.0, mixed=True, teacher=True),
    Round("vision-teacher-refined", 0.1, 0.5, gentle=True, softened=True, teacher=True),
)
SETTLE = Round("vision-settled", 0.7, 0.5, gentle=True, mixed=True, softened=True)
TEACHER_WIDTH = 48


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

    Three rounds: learn on faces changed a lot; refine on faces changed gently, which the first round kept
    out of reach; settle on targets half of which are the answers of the refined network, and of its teacher
    where the recipe has one, because many of the labels people gave to single faces are wrong (born-again
    networks, Furlanello et al. 2018).
    """
    wanted, size = recipe.vision, recipe.face_crop.size
    torch.manual_seed(recipe.seed)
    student = VisionStudent(len(LABELS)).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    if finished(student, SETTLE.name, folder):
        return student  # type: ignore[no-any-return]
    rounds = (*LEARN, *(TEACH if wanted.teacher else ()), SETTLE)
    teacher = VisionStudent(len(LABELS), TEACHER_WIDTH) if wanted.teacher else None
    split = vision_split(recipe, data)
    faces, labels = load_faces(split.train, size)
    dev_faces, dev_labels = load_faces(split.dev, size)
    targets = F.one_hot(labels, len(LABELS)).float()
    steps = len(faces) // wanted.batch

    def batches(kind: Round, targets: Tensor, rng: np.random.Generator) -> Iterator[Batch]:
        order = torch.from_numpy(rng.permutation(len(faces)))
        for chosen in order[: steps * wanted.batch].split(wanted.batch):
            inputs, wished = jitter_faces(faces[chosen], rng, kind.gentle), targets[chosen]
            if wanted.mixup and kind.mixed:
                inputs, wished = mix(inputs, wished, wanted.mixup, rng)
            layout = torch.contiguous_format if kind.teacher else torch.channels_last
            yield (inputs.contiguous(memory_format=layout),), wished

    def score(model: nn.Module) -> float:
        return (logits_of(model, dev_faces).argmax(1) == dev_labels).float().mean().item()

    for number, kind in enumerate(rounds):
        model = teacher if kind.teacher else student
        assert model is not None
        if finished(model, kind.name, folder):
            continue
        wished = targets
        if kind.softened:
            asked = [network.eval() for network in (student, teacher) if network is not None]
            answers = torch.stack([logits_of(network, faces).softmax(1) for network in asked])
            wished = (targets + answers.mean(0)) / 2
        plan = Plan(
            max(1, round(wanted.epochs * kind.epochs)),
            wanted.lr * kind.lr,
            wanted.weight_decay,
            wanted.smoothing,
            wanted.adjust,
            seed=recipe.seed + number,
        )
        task = Task(kind.name, model, partial(batches, kind, wished), steps, targets.mean(0), score)
        train(task, plan, folder)
    return student  # type: ignore[no-any-return]


@torch.no_grad()
def logits_of(model: nn.Module, inputs: Tensor) -> Tensor:
    """Logits of many examples, in slices."""
    return torch.cat([model(part)[1] for part in inputs.split(256)])
