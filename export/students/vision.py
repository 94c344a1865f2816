"""Training the vision student on face crops."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from calibration.data.dataset import Example
from edge.errors import DatasetError
from edge.features.vision import standardise
from edge.words import asked_language, word
from export.corpora.drawn_faces import CORPUS, drawn_faces
from export.corpora.fer2013 import read_faces
from export.corpora.films import with_faces
from export.corpora.readers import Split, joined, say_once, split_corpora
from export.recipe import Recipe
from export.students.networks import TOKEN, VisionStudent
from export.students.warm_start import begin_as, started_from, wake_norms
from export.teachers.tuning import TuningData, targets_of
from export.training.augment import jitter_faces, mix
from export.training.hardware import accelerator, device_of
from export.training.loop import Batch, Hyperparameters, Task, finished, train
from export.training.losses import Taught, student_loss, with_teacher
from export.training.sampling import label_targets
from export.training.targets import TeacherTargets, keep_score


@dataclass(frozen=True)
class Phase:
    """One phase of training: shares of the recipe's epochs and learning rate, and what it is shown."""

    name: str
    epochs: float
    lr: float
    gentle: bool = False
    mixed: bool = False
    born_again: bool = False
    """Whether half of each target is the answer of the network as it stands when the phase begins; always so
    where the recipe names a bundle to start from and no votes of raters."""
    teacher: bool = False
    """Whether it trains the wider network."""


TEACH = (
    Phase("vision-teacher", 1.0, 1.0, mixed=True, teacher=True),
    Phase("vision-teacher-refined", 0.25, 0.5, gentle=True, teacher=True),
)
LOOK = (
    Phase("vision", 1.0, 1.0, mixed=True),
    Phase("vision-refined", 0.5, 0.5, gentle=True),
    Phase("vision-settled", 0.5, 0.5, gentle=True, mixed=True, born_again=True),
)
FACES = "faces"
"""Folder of the faces cut from films, in the work folder of an export."""
SHOWN = 2048
"""Faces that norms are measured on where a network goes on learning."""


def vision_corpora(recipe: Recipe, data: Path) -> dict[str, Split]:
    """Examples of each vision corpus: faces, and films that show some."""
    wanted = recipe.vision
    return split_corpora(data, wanted.corpora, wanted.dev, wanted.test, recipe.labels)


def vision_faces(recipe: Recipe, data: Path, work: Path) -> dict[str, Split]:
    """Faces of each vision corpus; those in films are cut out and kept in the work folder of the export.

    A site that shows no face and keeps the network of a bundle gets drawn ones in their place.
    """
    cache, spec = work / FACES, recipe.face_crop
    found = vision_corpora(recipe, data)
    try:
        return {name: with_faces(data / name, split, spec, cache) for name, split in found.items()}
    except DatasetError as error:
        if recipe.vision.epochs or error.key != "films_no_face":
            raise
    say_once(word("say_drawn_faces", asked_language(), start=recipe.vision.start))
    return {CORPUS: drawn_faces(recipe.labels, spec, cache)}


def kept_unseen(recipe: Recipe, data: Path, work: Path) -> bool:
    """Whether the vision network is kept and the site shows no face to calibrate it on."""
    return CORPUS in vision_faces(recipe, data, work)


def vision_split(recipe: Recipe, data: Path, work: Path) -> Split:
    """Faces of all vision corpora."""
    found = vision_faces(recipe, data, work)
    return found[CORPUS] if CORPUS in found else joined(found)


def load_faces(examples: list[Example], size: int) -> tuple[Tensor, Tensor]:
    """Standardised crops [n, 1, size, size] and labels [n]."""
    faces = torch.from_numpy(standardise(read_faces(examples, size)))
    return faces, torch.tensor([example.label for example in examples])


def train_vision(recipe: Recipe, data: Path, folder: Path) -> VisionStudent:
    """Train, or load, the vision student; its blocks are not merged yet.

    Three phases: learn on faces changed a lot; refine on faces changed gently, which the first phase kept
    out of reach; settle on targets half of which are the answers of the refined network, because many of the
    labels people gave to single faces are wrong (born-again networks, Furlanello et al. 2018). The teacher
    `cnn`, a wider and deeper network of the same kind, is trained first, and half of the targets are its
    answers in every round; a teacher from elsewhere is listened to in every round as well.
    """
    wanted, size = recipe.vision, recipe.face_crop.size
    torch.manual_seed(recipe.seed)
    student = VisionStudent(len(recipe.labels)).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    learner: nn.Module = Taught(student, TOKEN) if wanted.pretrained else student
    if finished(learner, LOOK[-1].name, folder):
        return student  # type: ignore[no-any-return]
    if start := started_from(recipe, "vision", data):
        begin_as(student, "vision", start)
        if not wanted.epochs:
            return student  # type: ignore[no-any-return]
    own = wanted.teacher == "cnn"
    phases = (*TEACH, *LOOK) if own else LOOK
    teacher = wide_network(len(recipe.labels)) if own else None
    split = vision_split(recipe, data, folder.parent)
    faces, _ = load_faces(split.train, size)
    dev_faces, dev_labels = load_faces(split.dev, size)
    if start:
        some = torch.linspace(0, len(faces) - 1, min(SHOWN, len(faces))).long()
        wake_norms(student, lambda network: logits_of(network, faces[some]))
    targets = label_targets(split.train, len(recipe.labels), wanted.soft)
    lesson = vision_targets(recipe, data, split, folder.parent / "teacher")
    if lesson:
        keep_score(lesson.score, folder)
    batches = FaceBatches(faces, wanted.batch, wanted.mixup)

    def score(model: nn.Module) -> float:
        return (logits_of(model, dev_faces).argmax(1) == dev_labels).float().mean().item()

    answers: Tensor | None = None
    for number, phase in enumerate(phases):
        model = teacher if phase.teacher else learner
        assert model is not None
        if finished(model, phase.name, folder):
            continue
        if teacher is not None and not phase.teacher and answers is None:
            answers = logits_of(teacher, faces).softmax(1)
        # Votes say themselves how sure a label is; the answers of a network that never saw any say less.
        own_too = phase.born_again or bool(start and not phase.teacher and wanted.soft is None)
        wished = _softened(targets, answers, student if own_too else None, faces)
        epochs, rates = max(1, round(wanted.epochs * phase.epochs)), (wanted.weight_decay, wanted.smoothing)
        plan = Hyperparameters(epochs, wanted.lr * phase.lr, *rates, wanted.adjust, seed=recipe.seed + number)
        loss = student_loss if lesson else None
        shown = partial(batches.epoch, phase, with_teacher(wished, lesson))
        task = Task(phase.name, model, shown, batches.steps, targets.mean(0), score, loss, short=True)
        train(task, plan, folder, accelerator(recipe.device))
    return student  # type: ignore[no-any-return]


def _softened(
    targets: Tensor, answers: Tensor | None, student: VisionStudent | None, faces: Tensor
) -> Tensor:
    """Targets of which half is the mean answer of the teacher and of the student, [n, k].

    None: that network is not asked; the labels alone where neither is.
    """
    told = [] if answers is None else [answers]
    if student is not None:
        told.append(logits_of(student.eval(), faces).softmax(1))
    return (targets + torch.stack(told).mean(0)) / 2 if told else targets


class FaceBatches:
    """Faces [n, 1, size, size] in batches, each face once an epoch."""

    def __init__(self, faces: Tensor, batch: int, mixup: float) -> None:
        self._faces, self._mixup = faces, mixup
        self._together = min(batch, len(faces))
        self.steps = len(faces) // self._together

    def epoch(self, phase: Phase, targets: Tensor, rng: np.random.Generator) -> Iterator[Batch]:
        """Batches of one epoch of a round; targets: [n, k]."""
        order = torch.from_numpy(rng.permutation(len(self._faces)))
        for chosen in order[: self.steps * self._together].split(self._together):
            inputs, wished = jitter_faces(self._faces[chosen], rng, phase.gentle), targets[chosen]
            if self._mixup and phase.mixed:
                inputs, wished = mix(inputs, wished, self._mixup, rng)
            yield (inputs.contiguous(memory_format=torch.channels_last),), wished


def wide_network(labels: int) -> VisionStudent:
    """The teacher `cnn`: half as wide again as the student, deeper, and with a first look at full size."""
    network = VisionStudent(labels, 48, (3, 3, 4, 2), whole=True)
    return network.to(memory_format=torch.channels_last)  # type: ignore[call-overload,no-any-return]


def vision_targets(recipe: Recipe, data: Path, split: Split, cache: Path) -> TeacherTargets | None:
    """What the recipe's teacher makes of the training faces; None without one from elsewhere."""
    if not recipe.vision.pretrained:
        return None
    size = recipe.face_crop.size
    dev_labels = torch.tensor([e.label for e in split.dev])
    material = TuningData(
        list(read_faces(split.train, size)),
        label_targets(split.train, len(recipe.labels), recipe.vision.soft),
        [e.speaker for e in split.train],
        list(read_faces(split.dev, size)),
        [e.speaker for e in split.dev],
        lambda logits: (logits.argmax(1) == dev_labels).float().mean().item(),
        "held-out accuracy",
    )
    return targets_of(recipe, "vision", material, data, cache)


@torch.no_grad()
def logits_of(model: nn.Module, inputs: Tensor) -> Tensor:
    """Logits of many examples, in slices."""
    device = device_of(model)
    return torch.cat([model(part.to(device))[1].cpu() for part in inputs.split(256)])
