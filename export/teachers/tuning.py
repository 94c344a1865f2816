"""Fine-tuning a text or vision teacher on the training examples, and the lessons it gives then."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from edge.errors import DatasetError, MissingExtraError
from edge.items import Floats
from export.corpora.fingerprint import item_fingerprint
from export.progress import tell
from export.recipe import Recipe, TaughtRecipe
from export.teachers.base import identity_of
from export.teachers.cache import process_group, teach
from export.teachers.find import teacher_of
from export.teachers.pretrained import TextTransformer, VisionTransformer
from export.training.loop import Batch, Hyperparameters, Task, finished, train
from export.training.targets import (
    DevClips,
    TeacherTargets,
    folds_of,
    standardised,
    targets_from,
    teacher_targets,
)

Tunable = TextTransformer | VisionTransformer
RANK = 16
"""Rank of the matrices LoRA adds to every linear layer (Hu et al. 2022)."""


@dataclass(frozen=True)
class TuningData:
    """What a teacher is asked about and tuned on."""

    items: Sequence[Any]
    """Training faces (uint8 [h, w]) or sentences."""
    targets: Tensor
    """Labels of each, [n, k]; rows sum to 1."""
    speakers: Sequence[str]
    """Who is seen or read in each."""
    dev: Sequence[Any]
    """Items of people never trained on."""
    dev_speakers: Sequence[str]
    """Who is seen or read in each of those."""
    score: Callable[[Tensor], float]
    """Score of logits [m, k] on them, as the student is scored, 0..1; nothing is selected on it."""
    measure: str
    """What that is, in words."""
    unlabelled: Sequence[Any] = ()
    """Items nobody labelled, for a tuned teacher: every copy answers them, and the mean counts."""


def targets_of(
    recipe: Recipe, modality: str, material: TuningData, data: Path, cache: Path
) -> TeacherTargets | None:
    """What the recipe's teacher makes of the training examples and, after them, of the unlabelled ones; None
    without a teacher from elsewhere.

    Tuned where the recipe says so and the teacher is a transformers model: each example is answered by a copy
    that was tuned on other people. cache: folder that keeps tuned weights and answers. Raises ConfigError,
    DatasetError, MissingExtraError.
    """
    wanted: TaughtRecipe = getattr(recipe, modality)
    teacher = teacher_of(recipe, modality, data) if wanted.pretrained else None
    if teacher is None:
        return None
    names = [item_fingerprint(item) for item in material.items]
    dev_names = [item_fingerprint(item) for item in material.dev]
    if not wanted.tuning.epochs or not isinstance(teacher, Tunable):
        plain = teach(teacher, material.items, names, cache)
        labels = material.targets.argmax(dim=1).numpy()
        strange = teach(teacher, material.dev, dev_names, cache)
        strangers = DevClips(strange, material.dev_speakers, material.score)
        share, k = np.full(len(names), 1 / len(names)), material.targets.shape[1]
        given = teacher_targets(plain, labels, material.speakers, share, strangers, k)
        tell("say_teacher", modality=modality, measure=material.measure, score=given.score)
        return given
    if len(set(material.speakers)) < 2:
        raise DatasetError.of("tuning_people", modality=modality)
    fold = folds_of(material.speakers, wanted.tuning.folds)
    folder = _tune_all(teacher, wanted, recipe.seed, material, names, fold, cache)
    new_names = [item_fingerprint(item) for item in material.unlabelled]
    k, folds = material.targets.shape[1], wanted.tuning.folds
    told: Tensor | None = None
    heard = torch.zeros(len(material.dev), k)
    for number in range(folds):
        copy = _copy(teacher, wanted, recipe.seed + number, material)
        finished(copy, f"fold{number}", folder)
        tuned = TunedTeacher(teacher, copy, folder / f"fold{number}.pt")
        rows = torch.nonzero(fold == number).flatten().tolist()
        items = [*(material.items[i] for i in rows), *material.unlabelled]
        answer = torch.from_numpy(teach(tuned, items, [*(names[i] for i in rows), *new_names], cache))
        # The copies began as one network and learned little: their features share their axes.
        answer[:, :-k] = standardised(answer[:, :-k])
        if told is None:
            told = torch.zeros(len(names) + len(new_names), answer.shape[1])
        told[rows] = answer[: len(rows)]
        told[len(names) :] += answer[len(rows) :] / folds
        heard += torch.from_numpy(teach(tuned, material.dev, dev_names, cache))[:, -k:]
    assert told is not None
    score = material.score(heard / folds)
    tell("say_teacher", modality=modality, measure=material.measure, score=score)
    return targets_from(told[:, -k:], told[:, :-k], score)


class Tuned(nn.Module):
    """A teacher's network and a linear head: inputs -> pooled [b, d], logits [b, k], on the CPU."""

    def __init__(self, network: nn.Module, width: int, labels: int) -> None:
        super().__init__()
        self.network = network
        self.head = nn.Sequential(nn.Dropout(0.1), nn.Linear(width, labels))
        self.head.to(next(network.parameters()).device)

    def forward(self, *inputs: Tensor) -> tuple[Tensor, Tensor]:
        pooled = self.network(*inputs)
        return pooled.cpu(), self.head(pooled).cpu()


class TunedTeacher:
    """A tuned copy of a teacher; its features are pooled features and logits, [d + k]."""

    def __init__(self, teacher: Tunable, model: Tuned, weights: Path) -> None:
        self._teacher, self._model = teacher, model.eval()
        self.identity = identity_of(f"tuned-{teacher.identity}", [weights])

    @torch.no_grad()
    def features(self, item: Any) -> Floats:
        """Vector [d + k] of a face or a sentence."""
        found = self._model(*self._teacher.prepare([item]))
        return torch.cat(found, dim=1)[0].numpy()


def _tune_all(
    teacher: Tunable,
    wanted: TaughtRecipe,
    seed: int,
    material: TuningData,
    names: list[str],
    fold: Tensor,
    cache: Path,
) -> Path:
    """Tune a copy of the teacher for each fold on the others, under `accelerate launch` side by side.

    Gives the folder of their weights.
    """
    said = f"{teacher.identity} {wanted.tuning} {wanted.smoothing} {wanted.adjust} {seed}"
    said += f" {wanted.tuning.accumulate}" * (wanted.tuning.accumulate > 1)
    content = hashlib.sha256(said.encode() + "".join(names).encode() + material.targets.numpy().tobytes())
    content.update(fold.numpy().tobytes())
    folder = cache / f"tuned-{teacher.identity}-{content.hexdigest()[:10]}"
    rank, size, together = process_group()
    for k in range(wanted.tuning.folds):
        if k % size == rank and not (folder / f"fold{k}.pt").is_file():
            copy = _copy(teacher, wanted, seed + k, material)
            _tune(teacher, copy, wanted, seed + k, material, fold != k, folder, f"fold{k}")
    together()
    return folder


def _copy(teacher: Tunable, wanted: TaughtRecipe, seed: int, material: TuningData) -> Tuned:
    """The teacher as it came, with a head that knows nothing yet."""
    torch.manual_seed(seed)
    network = teacher.network()
    with torch.no_grad():
        width = network(*teacher.prepare(material.items[:1])).shape[1]
    open_layers(network, teacher, wanted.tuning.layers)
    return Tuned(network, width, material.targets.shape[1])


def open_layers(network: nn.Module, teacher: Tunable, layers: int | None) -> None:
    """Choose what learns: LoRA's matrices in a decoder, else the top layers."""
    network.requires_grad_(False)
    if isinstance(teacher, TextTransformer) and teacher.decoder:
        try:
            from peft import LoraConfig, inject_adapter_in_model
        except ModuleNotFoundError as error:
            raise MissingExtraError("peft", "teachers") from error
        config = LoraConfig(r=RANK, lora_alpha=2 * RANK, target_modules="all-linear")
        inject_adapter_in_model(config, network.get_submodule("model"))
        return
    network.float()
    stack = layers_of(network)
    for layer in stack[-(layers or len(stack)) :]:
        layer.requires_grad_(True)


def layers_of(network: nn.Module) -> list[nn.Module]:
    """Its layers, the lowest first; the network itself where it has no stack of them."""
    stacks = [list(module) for module in network.modules() if isinstance(module, nn.ModuleList)]
    return max(stacks, key=len) if stacks else [network]


def _tune(
    teacher: Tunable,
    model: Tuned,
    wanted: TaughtRecipe,
    seed: int,
    material: TuningData,
    chosen: Tensor,
    folder: Path,
    name: str,
) -> None:
    rows = torch.nonzero(chosen).flatten().numpy()
    size = min(wanted.tuning.batch, len(rows))
    lengths = np.array([len(material.items[row]) for row in rows])
    steps = len(rows) // size

    def batches(rng: np.random.Generator) -> Iterator[Batch]:
        # Sentences of like length (characters) share a batch: else half of all time goes into padding.
        order = rows[np.argsort(lengths + rng.uniform(0, 24, len(rows)))]
        for number in rng.permutation(steps):
            picked = order[number * size : (number + 1) * size]
            inputs = teacher.prepare([material.items[row] for row in picked], rng)
            yield inputs, material.targets[torch.from_numpy(picked)]

    @torch.no_grad()
    def score(model: nn.Module) -> float:
        dev = material.dev
        parts = [model(*teacher.prepare(dev[start : start + 32]))[1] for start in range(0, len(dev), 32)]
        return material.score(torch.cat(parts))

    rates = wanted.tuning.lr, 0.01, wanted.smoothing, wanted.adjust
    plan = Hyperparameters(wanted.tuning.epochs, *rates, seed=seed, accumulate=wanted.tuning.accumulate)
    prior = material.targets[torch.from_numpy(rows)].mean(dim=0)
    task = Task(name, model, batches, steps, prior, score, measure=material.measure)
    train(task, plan, folder)
