"""Training the tokenizer and the text student on transcripts."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers
from torch import Tensor, nn

from calibration.data.dataset import Example
from edge.bundle.manifest import TextSpec
from edge.features.text import token_ids
from export.corpora.plain_sentences import plain_sentences
from export.corpora.readers import Split, joined, split_corpora
from export.recipe import Recipe
from export.students.networks import TOKEN, TextStudent
from export.students.warm_start import begin_as, started_from
from export.teachers.made_up import made_up
from export.teachers.tuning import TuningData, targets_of
from export.training.hardware import accelerator, device_of
from export.training.loop import Batch, Hyperparameters, Task, finished, train
from export.training.losses import Taught, student_loss, with_teacher
from export.training.sampling import label_targets
from export.training.targets import TEMPERATURE, TeacherTargets, keep_score

PAD, UNKNOWN = "[PAD]", "[UNK]"
F1 = "held-out macro F1"
RARE = 0.1
"""Characters this near to the least likely piece (natural logarithm) were not counted."""


def text_split(recipe: Recipe, data: Path) -> Split:
    """Examples of the text corpora; who is judged on has one label only.

    Pseudo-labels are left out: they are guessed from the voice, and the same words are said in many a mood.
    What the recipe wishes of plain sentences is trained on.
    """
    wanted = recipe.text
    split = joined(split_corpora(data, wanted.corpora, wanted.dev, wanted.test, recipe.labels))
    people = [e for e in split.train if e.soft is None] + plain_sentences(wanted.plain, recipe.seed)
    return Split(people, [e for e in split.dev if not e.also], [e for e in split.test if not e.also])


def train_tokenizer(texts: Sequence[str], spec: TextSpec) -> Tokenizer:
    """Unigram subwords over lower-case text; case and width differences are gone before."""
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Lowercase()])
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Punctuation(), pre_tokenizers.Metaspace()]
    )
    tokenizer.decoder = decoders.Metaspace()
    trainer = trainers.UnigramTrainer(
        vocab_size=spec.vocabulary, special_tokens=[PAD, UNKNOWN], unk_token=UNKNOWN, show_progress=False
    )
    tokenizer.train_from_iterator(texts, trainer)
    tokenizer.model = models.Unigram(_in_order(json.loads(tokenizer.to_str())["model"]["vocab"]), unk_id=1)
    return tokenizer


def _in_order(pieces: list[tuple[str, float]]) -> list[tuple[str, float]]:
    """The pieces of a trained tokenizer as they are from the same texts every time, specials first.

    Its trainer adds up in any order, and so it ranks the characters too rare to be counted.
    """
    special, words = pieces[:2], pieces[2:]
    least = min((score for _, score in words), default=0.0)
    known = [
        (piece, round(least if len(piece) == 1 and score < least + RARE else score, 6))
        for piece, score in words
    ]
    ordered = sorted(known, key=lambda piece: (-piece[1], piece[0]))
    return [(str(piece), float(score)) for piece, score in [*special, *ordered]]


def load_texts(examples: Sequence[Example], tokenizer: Tokenizer, spec: TextSpec) -> tuple[Tensor, Tensor]:
    """Token ids [n, length] and masks [n, length]."""
    pairs = [token_ids(e.transcript or "", tokenizer, spec) for e in examples]
    ids, masks = (np.stack(part) for part in zip(*pairs, strict=True))
    return torch.from_numpy(ids), torch.from_numpy(masks)


def train_text(recipe: Recipe, data: Path, folder: Path) -> TextStudent:
    """Train, or load, the text student; its tokenizer.json lies in the same folder.

    With a teacher it learns the labels and what the teacher would guess; and where the recipe has sentences
    made up, what the teacher guesses of them.
    """
    wanted, spec = recipe.text, recipe.tokens
    torch.manual_seed(recipe.seed)
    student = TextStudent(spec, len(recipe.labels))
    model: nn.Module = Taught(student, TOKEN) if wanted.pretrained else student
    if finished(model, "text", folder):
        return student
    folder.mkdir(parents=True, exist_ok=True)
    stored = folder / "tokenizer.json"
    if start := started_from(recipe, "text", data):
        begin_as(student, "text", start)
        shutil.copyfile(start.path(stored.name), stored)  # its weights know these pieces only
        if not wanted.epochs:
            return student
    split = text_split(recipe, data)
    if not stored.is_file():
        train_tokenizer([e.transcript or "" for e in split.train], spec).save(str(stored))
    tokenizer = Tokenizer.from_file(str(stored))
    invented = [Example(text, 0, "", transcript=text) for text in invented_texts(recipe, split)]
    ids, masks = load_texts([*split.train, *invented], tokenizer, spec)
    dev_ids, dev_masks = load_texts(split.dev, tokenizer, spec)
    dev_labels = torch.tensor([e.label for e in split.dev])
    targets = label_targets(split.train, len(recipe.labels), wanted.soft)
    lesson = text_targets(recipe, data, split, folder.parent / "teacher")
    if lesson:
        keep_score(lesson.score, folder)
    wished = with_teacher(torch.cat([targets, guessed(lesson, targets, wanted.adjust)]), lesson)
    lengths = masks.sum(1).numpy()
    size = min(wanted.batch, len(ids))
    steps = len(ids) // size
    unknown = int(tokenizer.token_to_id(UNKNOWN) or 0)

    def batches(rng: np.random.Generator) -> Iterator[Batch]:
        # Sentences of like length share a batch: half of all time would go into padding otherwise.
        order = np.argsort(lengths + rng.uniform(0, 6, len(lengths)))[: steps * size]
        for number in rng.permutation(steps):
            chosen = torch.from_numpy(order[number * size : (number + 1) * size])
            longest = max(1, int(lengths[chosen].max()))
            batch_ids, batch_masks = ids[chosen, :longest].clone(), masks[chosen, :longest]
            hidden = torch.from_numpy(rng.random(batch_ids.shape) < 0.1) & (batch_masks > 0)
            batch_ids[hidden] = unknown
            yield (batch_ids, batch_masks), wished[chosen]

    def score(model: nn.Module) -> float:
        return macro_f1(text_logits(model, dev_ids, dev_masks).argmax(1), dev_labels)

    plan = Hyperparameters(
        wanted.epochs, wanted.lr, wanted.weight_decay, wanted.smoothing, wanted.adjust, seed=recipe.seed
    )
    loss = student_loss if lesson else None
    task = Task("text", model, batches, steps, targets.mean(0), score, loss, F1)
    train(task, plan, folder, accelerator(recipe.device))
    return student


def invented_texts(recipe: Recipe, split: Split) -> list[str]:
    """The sentences the recipe has made up for its teacher."""
    return made_up([e.transcript or "" for e in split.train], recipe.text.made_up, recipe.seed)


def guessed(lesson: TeacherTargets | None, targets: Tensor, adjust: float) -> Tensor:
    """Targets of the sentences made up, which have lessons but no labels: the teacher's posterior, [m, k].

    The teacher was tuned with logits adjusted by the prior, as the student is trained; targets: the labels of
    the others, which the prior is counted from.
    """
    if lesson is None:
        return targets[:0]
    soft = lesson.soft[len(targets) :] ** TEMPERATURE * targets.mean(dim=0).clamp(min=1e-4) ** adjust
    return soft / soft.sum(dim=1, keepdim=True)


def text_targets(recipe: Recipe, data: Path, split: Split, cache: Path) -> TeacherTargets | None:
    """What the recipe's teacher makes of the training sentences and of those made up; None without."""
    dev_labels = torch.tensor([e.label for e in split.dev])
    material = TuningData(
        [e.transcript or "" for e in split.train],
        label_targets(split.train, len(recipe.labels), recipe.text.soft),
        [e.speaker for e in split.train],
        [e.transcript or "" for e in split.dev],
        [e.speaker for e in split.dev],
        lambda logits: macro_f1(logits.argmax(1), dev_labels),
        F1,
        invented_texts(recipe, split),
    )
    return targets_of(recipe, "text", material, data, cache)


@torch.no_grad()
def text_logits(model: nn.Module, ids: Tensor, masks: Tensor) -> Tensor:
    """Logits of many sentences, in slices."""
    pairs = zip(ids.split(256), masks.split(256), strict=True)
    device = device_of(model)
    return torch.cat([model(i.to(device), m.to(device))[1].cpu() for i, m in pairs])


def macro_f1(predicted: Tensor, labels: Tensor) -> float:
    """Mean F1 over the labels that occur."""
    scores = []
    for label in labels.unique():
        hits = float(((predicted == label) & (labels == label)).sum())
        scores.append(2 * hits / float((predicted == label).sum() + (labels == label).sum()))
    return sum(scores) / len(scores)
