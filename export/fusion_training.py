"""Training the fusion head on windows composed from clips, faces and sentences of one label.

No public corpus here has voice, face and varying text of one moment together, so windows are composed;
that flatters the fusion, and every number measured so must say it. What a speaker really said is known of
many clips, and half of the windows keep it: at work most sentences are the same in every mood.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from edge.items import LABELS, MODALITIES
from export.fusion import FusionHead
from export.recipe import Recipe
from export.training import Batch, Plan, Task, finished, train

SPOKEN = 0.5
"""Share of the windows that keep the clip's own transcript, where it has one."""


@dataclass(frozen=True)
class Pool:
    """Tokens of one modality: what windows are composed from."""

    tokens: Tensor
    """[n, t, d]."""
    mask: Tensor
    """[n, t], 1 where there is a token."""
    label: Tensor
    """[n]."""
    spoken: Tensor | None = None
    """Of sound: row of the transcript in the pool `spoken`, -1 where nobody wrote it down, [n]."""

    def draw(self, labels: Tensor, rng: np.random.Generator) -> Tensor:
        """Row of a random example for each wished label, [b]."""
        rows = [torch.nonzero(self.label == label).flatten().numpy() for label in range(len(LABELS))]
        return torch.tensor([int(rng.choice(rows[int(label)])) for label in labels])


def compose(
    pools: Mapping[str, Pool],
    labels: Tensor,
    recipe: Recipe,
    rng: np.random.Generator,
    kept: Sequence[str] | None = None,
    spoken: float = SPOKEN,
) -> tuple[Tensor, ...]:
    """Inputs of the fusion head for wished labels, in its argument order.

    A window holds one clip, 1 to `faces` faces and one sentence. What is said and seen often does not
    fit how it is said: a share of sentences and faces is of any label, so that no modality is believed
    blindly. Modalities go missing by chance, never all at once; or exactly those not `kept` do. `spoken`
    is the share of windows that keep what was really said.
    """
    b, wanted, faces = len(labels), recipe.fusion, recipe.face_crop.faces
    anything = torch.from_numpy(rng.integers(0, len(LABELS), b))
    off_text = torch.from_numpy(rng.random(b) < wanted.mismatch)
    off_face = torch.from_numpy(rng.random(b) < wanted.mismatch / 2)
    clip = pools["audio"].draw(labels, rng)
    audio, own = pools["audio"].tokens[clip], pools["audio"].spoken
    row = pools["text"].draw(torch.where(off_text, anything, labels), rng)
    text, text_mask = pools["text"].tokens[row], pools["text"].mask[row]
    if own is not None:
        really = (own[clip] >= 0) & torch.from_numpy(rng.random(b) < spoken)
        said = own[clip][really]
        text[really], text_mask[really] = pools["spoken"].tokens[said], pools["spoken"].mask[said]
    face_labels = torch.where(off_face, anything, labels).repeat_interleave(faces)
    vision = pools["vision"].tokens[pools["vision"].draw(face_labels, rng)].reshape(b, faces, -1)
    count = torch.from_numpy(rng.integers(1, faces + 1, b))
    vision_mask = (torch.arange(faces)[None] < count[:, None]).float()
    gone = torch.from_numpy(rng.random((b, 3)) < wanted.dropout)
    gone[gone.all(dim=1), int(rng.integers(3))] = False
    if kept is not None:
        gone[:] = torch.tensor([name not in kept for name in MODALITIES])
    present = 1.0 - gone.float()
    vision_mask, text_mask = vision_mask * present[:, 1:2], text_mask * present[:, 2:3]
    audio = audio * present[:, 0, None, None]
    vision, text = vision * vision_mask[:, :, None], text * text_mask[:, :, None]
    quality = torch.from_numpy(rng.uniform(0.3, 1.0, (b, 3))).float() * present
    return audio, vision, text, vision_mask, text_mask, present, quality


def train_fusion(
    recipe: Recipe,
    seen: Mapping[str, Pool],
    unseen: Mapping[str, Pool],
    dev: Mapping[str, Pool],
    folder: Path,
) -> FusionHead:
    """Train, or load, the fusion head on tokens of the finished encoders.

    seen: examples the encoders were trained on. unseen: others; half of the batches come from there, or
    the gate would learn to trust encoders as far as their own training set. dev: for the progress line.
    """
    wanted = recipe.fusion
    torch.manual_seed(recipe.seed)
    model = FusionHead(len(LABELS), guide=wanted.guide)
    if finished(model, "fusion", folder):
        return model
    steps = wanted.windows // wanted.batch

    def batches(rng: np.random.Generator) -> Iterator[Batch]:
        for _ in range(steps):
            labels = torch.from_numpy(rng.integers(0, len(LABELS), wanted.batch))
            pools = seen if rng.random() < 0.5 else unseen
            yield compose(pools, labels, recipe, rng), F.one_hot(labels, len(LABELS)).float()

    def loss(model: nn.Module, batch: Batch, label_loss: object) -> Tensor:
        assert isinstance(model, FusionHead)
        assert callable(label_loss)
        (*tokens, present, quality), targets = batch
        pooled = model.pooled(*tokens)
        logits, _ = model.fuse(pooled, present, quality)
        alone = model.logits_alone(pooled)
        shares = [label_loss(alone[:, m], targets) for m in range(len(MODALITIES))]
        total: Tensor = label_loss(logits, targets) + 0.3 * sum(shares) / len(shares)
        return total

    def score(model: nn.Module) -> float:
        rng = np.random.default_rng(0)
        labels = torch.arange(len(LABELS)).repeat(100)
        with torch.no_grad():
            logits, _ = model(*compose(dev, labels, recipe, rng))
        return float((logits.argmax(1) == labels).float().mean())

    plan = Plan(wanted.epochs, wanted.lr, seed=recipe.seed)
    prior = torch.full((len(LABELS),), 1.0 / len(LABELS))
    train(Task("fusion", model, batches, steps, prior, score, loss), plan, folder)
    return model
