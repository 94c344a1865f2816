"""Training the tokenizer and the text student on transcripts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers
from torch import Tensor, nn

from calibration.dataset import Example
from edge.features.text import token_ids
from edge.items import LABELS
from edge.manifest import TextSpec
from export.corpora import read_corpus
from export.recipe import Recipe, Split, split_speakers
from export.students import TextStudent
from export.training import Batch, Plan, Task, train

PAD, UNKNOWN = "[PAD]", "[UNK]"


def text_split(recipe: Recipe, data: Path) -> Split:
    """Examples of the text corpora; the first corpus's dev split, single labels, is judged on."""
    wanted = recipe.text
    first, *others = wanted.corpora
    own = split_speakers(read_corpus(data, first), wanted.dev, (), own_test=True)
    extra = [e for name in others for e in read_corpus(data, name)]
    judged = [e for e in read_corpus(data, first, "dev") if not e.also]
    return Split(own.train + extra, [e for e in own.dev if not e.also], judged)


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
    return tokenizer


def load_texts(examples: Sequence[Example], tokenizer: Tokenizer, spec: TextSpec) -> tuple[Tensor, Tensor]:
    """Token ids [n, length] and masks [n, length]."""
    pairs = [token_ids(e.transcript or "", tokenizer, spec) for e in examples]
    ids, masks = (np.stack(part) for part in zip(*pairs, strict=True))
    return torch.from_numpy(ids), torch.from_numpy(masks)


def train_text(recipe: Recipe, data: Path, folder: Path) -> tuple[TextStudent, Tokenizer]:
    """Train, or load, tokenizer and text student."""
    wanted, spec = recipe.text, recipe.tokens
    split = text_split(recipe, data)
    folder.mkdir(parents=True, exist_ok=True)
    stored = folder / "tokenizer.json"
    if not stored.is_file():
        train_tokenizer([e.transcript or "" for e in split.train], spec).save(str(stored))
    tokenizer = Tokenizer.from_file(str(stored))
    ids, masks = load_texts(split.train, tokenizer, spec)
    dev_ids, dev_masks = load_texts(split.dev, tokenizer, spec)
    dev_labels = torch.tensor([e.label for e in split.dev])
    targets = _targets(split.train)
    lengths = masks.sum(1).numpy()
    steps = len(ids) // wanted.batch

    def batches(rng: np.random.Generator) -> Iterator[Batch]:
        # Sentences of like length share a batch: half of all time would go into padding otherwise.
        order = np.argsort(lengths + rng.uniform(0, 6, len(lengths)))[: steps * wanted.batch]
        for number in rng.permutation(steps):
            chosen = torch.from_numpy(order[number * wanted.batch : (number + 1) * wanted.batch])
            longest = max(1, int(lengths[chosen].max()))
            batch_ids, batch_masks = ids[chosen, :longest].clone(), masks[chosen, :longest]
            hidden = torch.from_numpy(rng.random(batch_ids.shape) < 0.1) & (batch_masks > 0)
            batch_ids[hidden] = tokenizer.token_to_id(UNKNOWN)
            yield (batch_ids, batch_masks), targets[chosen]

    def score(model: nn.Module) -> float:
        return macro_f1(text_logits(model, dev_ids, dev_masks).argmax(1), dev_labels)

    torch.manual_seed(recipe.seed)
    model = TextStudent(spec, len(LABELS))
    plan = Plan(
        wanted.epochs, wanted.lr, wanted.weight_decay, wanted.smoothing, wanted.adjust, seed=recipe.seed
    )
    trained = train(Task("text", model, batches, steps, targets.mean(0), score), plan, folder)
    assert isinstance(trained, TextStudent)
    return trained, tokenizer


@torch.no_grad()
def text_logits(model: nn.Module, ids: Tensor, masks: Tensor) -> Tensor:
    """Logits of many sentences, in slices."""
    pairs = zip(ids.split(256), masks.split(256), strict=True)
    return torch.cat([model(i, m)[1] for i, m in pairs])


def macro_f1(predicted: Tensor, labels: Tensor) -> float:
    """Mean F1 over the labels that occur."""
    scores = []
    for label in labels.unique():
        hit = ((predicted == label) & (labels == label)).sum().item()
        scores.append(2 * hit / max(1, (predicted == label).sum().item() + (labels == label).sum().item()))
    return sum(scores) / len(scores)


def _targets(examples: Sequence[Example]) -> Tensor:
    """Every label an example was given gets an equal share, [n, k]."""
    targets = torch.zeros(len(examples), len(LABELS))
    for row, example in enumerate(examples):
        given = [example.label, *example.also]
        targets[row, given] = 1.0 / len(given)
    return targets
