"""Windows the fusion head learns from, composed from clips, faces and sentences of one label.

No public corpus here has voice, face and varying text of one moment together, so windows are composed;
that flatters the fusion, and every number measured so must say it. What a speaker really said is known of
many clips, and half of the windows keep it: at work most sentences are the same in every mood.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from edge.items import MODALITIES
from export.recipe import Recipe
from export.training.loop import Batch

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
    speaker: Tensor | None = None
    """[n], a number each; None: unknown."""

    def take(self, chosen: Tensor) -> Pool:
        """Some of the examples."""
        spoken, speaker = (None if of is None else of[chosen] for of in (self.spoken, self.speaker))
        return Pool(self.tokens[chosen], self.mask[chosen], self.label[chosen], spoken, speaker)

    def add(self, other: Pool) -> Pool:
        """These examples and some of others, whose transcripts lie in another pool: they keep none."""
        spoken, speaker = None, None
        if self.spoken is not None:
            spoken = torch.cat([self.spoken, torch.full((len(other.label),), -1)])
        if self.speaker is not None and other.speaker is not None:
            speaker = torch.cat([self.speaker, other.speaker])
        tokens, mask, label = (
            torch.cat([getattr(pool, part) for pool in (self, other)]) for part in ("tokens", "mask", "label")
        )
        return Pool(tokens, mask, label, spoken, speaker)

    def draw(self, labels: Tensor, rng: np.random.Generator) -> Tensor:
        """Row of a random example for each wished label, [b]."""
        rows = {
            label: torch.nonzero(self.label == label).flatten().numpy() for label in labels.unique().tolist()
        }
        return torch.tensor([int(rng.choice(rows[int(label)])) for label in labels])


def even_labels(pools: Mapping[str, Pool], count: int) -> Tensor:
    """Wished labels, [count]: each as often, of those that every modality has."""
    shown = [set(pools[name].label.unique().tolist()) for name in MODALITIES]
    return torch.tensor(sorted(set.intersection(*shown))).repeat(count)[:count]


def compose_windows(
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
    b, wanted, faces, k = len(labels), recipe.fusion, recipe.face_crop.faces, len(recipe.labels)
    shown = even_labels(pools, k)
    anything = shown[torch.from_numpy(rng.integers(0, k, b))]
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


def count_voices(*pools: Mapping[str, Pool]) -> int:
    """How many voice windows there are."""
    return sum(len(found["audio"].label) for found in pools)


def compose_around(
    pools: Sequence[Mapping[str, Pool]], rows: Tensor, recipe: Recipe, rng: np.random.Generator
) -> Batch:
    """A window around each of some voices. rows: counted through the pools, ascending."""
    parts, labels, first = [], [], 0
    for found in pools:
        audio = found["audio"]
        own = rows[(rows >= first) & (rows < first + len(audio.label))] - first
        first += len(audio.label)
        if len(own):
            labels.append(audio.label[own])
            # Not what was really said: that would be of another voice.
            _, *others = compose_windows(found, labels[-1], recipe, rng, spoken=0.0)
            parts.append((audio.tokens[own] * others[4][:, :1, None], *others))
    joined = tuple(torch.cat(tensors) for tensors in zip(*parts, strict=True))
    return joined, F.one_hot(torch.cat(labels), len(recipe.labels)).float()
