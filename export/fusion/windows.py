"""Windows the fusion head learns from, composed from clips, faces and sentences as work has them.

No public corpus here has voice, face and varying text of one moment together, so windows are composed;
that flatters the fusion, and every number measured so must say it. Most words at work are the same in every
mood, and many faces too: a share of both is drawn without regard to the label. What a speaker really said is
known of many clips and is the first choice for such words. The worse a transcript or a face is rated, the
more often it is of something else altogether.
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

PLAIN = 0.5
"""Share of the words and faces drawn without regard to the label that are of the first label, as most are."""


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
    clip: Tensor | None = None
    """Of sound: which clip each example is a window of, [n]; None: each is a clip."""

    def take(self, chosen: Tensor) -> Pool:
        """Some of the examples."""
        spoken, speaker, clip = (
            None if of is None else of[chosen] for of in (self.spoken, self.speaker, self.clip)
        )
        return Pool(self.tokens[chosen], self.mask[chosen], self.label[chosen], spoken, speaker, clip)

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
    return _common(pools).repeat(count)[:count]


def _common(pools: Mapping[str, Pool]) -> Tensor:
    """Labels that every modality has, ascending."""
    shown = [set(pools[name].label.unique().tolist()) for name in MODALITIES]
    return torch.tensor(sorted(set.intersection(*shown)))


def compose_windows(
    pools: Mapping[str, Pool],
    labels: Tensor,
    recipe: Recipe,
    rng: np.random.Generator,
    kept: Sequence[str] | None = None,
    spoken: bool | None = None,
) -> tuple[Tensor, ...]:
    """Inputs of the fusion head for wished labels, in its argument order.

    A window holds one clip, 1 to `faces` faces and one sentence. Shares of the recipe say how often words and
    faces have nothing to do with the label, so that no modality is believed blindly; the quality of each is
    the chance that it is not of something else. Modalities go missing by chance, never all at once; or
    exactly those not `kept` do. spoken: whether what was really said is kept wherever it is known; None:
    where the words say nothing; False: never.
    """
    b, wanted, faces = len(labels), recipe.fusion, recipe.face_crop.faces
    quality = torch.from_numpy(rng.uniform(0.3, 1.0, (b, 3))).float()
    idle, said_else, face_else = (
        torch.from_numpy(rng.random(b)) < share
        for share in (wanted.idle_words, 1.0 - quality[:, 2], 1.0 - quality[:, 1])
    )
    own, clip = pools["audio"].spoken, pools["audio"].draw(labels, rng)
    audio = pools["audio"].tokens[clip]
    row = pools["text"].draw(_shown(pools, labels, idle, said_else, rng), rng)
    text, text_mask = pools["text"].tokens[row], pools["text"].mask[row]
    if own is not None and spoken is not False:
        really = (own[clip] >= 0) & (~said_else & idle if spoken is None else torch.tensor(True))
        said = own[clip][really]
        text[really], text_mask[really] = pools["spoken"].tokens[said], pools["spoken"].mask[said]
    unmoved = torch.from_numpy(rng.random(b) < wanted.idle_faces)
    face_labels = _shown(pools, labels, unmoved, face_else, rng).repeat_interleave(faces)
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
    return audio, vision, text, vision_mask, text_mask, present, quality * present


def _shown(
    pools: Mapping[str, Pool], labels: Tensor, idle: Tensor, other: Tensor, rng: np.random.Generator
) -> Tensor:
    """Labels of what is shown beside voices of these labels, [b].

    idle: what has nothing to do with the label, [b]; half of it is of the first label, the rest of any.
    other: what is of something else altogether, [b].
    """
    known, b = _common(pools), len(labels)
    anything = known[torch.from_numpy(rng.integers(0, len(known), b))]
    plain = torch.where(torch.from_numpy(rng.random(b) < PLAIN), known[0], anything)
    return torch.where(other, anything, torch.where(idle, plain, labels))


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
            _, *others = compose_windows(found, labels[-1], recipe, rng, spoken=False)
            parts.append((audio.tokens[own] * others[4][:, :1, None], *others))
    joined = tuple(torch.cat(tensors) for tensors in zip(*parts, strict=True))
    return joined, F.one_hot(torch.cat(labels), len(recipe.labels)).float()
