"""The product of experts: each modality's own answer, believed as far as it can be relied on.

    l_m      = k * softmax(scale_m * encoder logits_m)                   m in vision, text
    idle_m   = sum_c usual_m(c) * l_m(c)
    none_m   = quality_m * idle_m + 1 - quality_m
    adds_m   = log((none_m + quality_m * t_m * (l_m - idle_m)) / none_m)
    adds_a   = scale_a * encoder logits_a
    logits   = sum of adds
    weights  = how far adds differ from label to label on the mean, over the sum of that

Hinton 2002, with a channel before each expert. With the chance quality_m it is heard or seen right; then it
is of the label with the chance t_m, else it has nothing to do with it and is as usual_m says, mostly neutral.
adds_m is the likelihood of each label over that of saying nothing. So words that are the same in every mood,
a neutral face, or a transcript the recogniser doubts change little, what is as likely in every mood changes
nothing, and a voice alone is read as its encoder reads it. The few numbers are fitted by likelihood on
windows of people that no encoder was trained on, for each expert by itself: else those of words would learn
which labels the voices of these few people are taken for.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from pathlib import Path
from typing import cast

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from edge.items import MODALITIES
from export.fusion.windows import Pool, compose_windows, even_labels
from export.recipe import Recipe
from export.students.networks import TOKEN, AudioStudent, TextStudent, VisionStudent, audio_summary
from export.training.layers import AttentionPool
from export.training.loop import finished
from export.training.weights import save_whole

RIDGE = 1e-5
"""Pull of every fitted number towards where it began."""
ROUNDS = 200
"""Steps of the fit, at most."""
TOGETHER = 600
"""Windows in memory at once."""
BEGIN = -1.0
"""Reliability before the fit, as a logit."""


class ExpertsHead(nn.Module):
    """Tokens of three modalities, their masks and quality -> logits [b, k], weights [b, 3].

    The inputs are those of the audio-guided head (head.py). `present` and a quality of 0 say the same of
    vision and text; the quality of the sound is its encoder's to know.
    """

    def __init__(self, labels: int, encoders: Mapping[str, nn.Module] | None = None) -> None:
        """encoders: finished ones, whose last layers answer here as they do there; None: random layers."""
        super().__init__()
        self.audio: nn.Module = nn.Linear(2 * TOKEN, labels)
        self.vision: nn.Module = nn.Sequential(nn.ReLU(), nn.Linear(TOKEN, labels))
        self.text: nn.Module = nn.Linear(TOKEN, labels)
        self.pool = AttentionPool(TOKEN)
        if encoders is not None:
            heard, seen, said = (encoders[name] for name in MODALITIES)
            self.audio = _frozen(cast(AudioStudent, heard).head)
            self.vision = _frozen(cast(VisionStudent, seen).head)
            self.text = _frozen(cast(TextStudent, said).head)
            self.pool = cast(AttentionPool, _frozen(cast(TextStudent, said).pool))
        self.scale = nn.Parameter(torch.ones(len(MODALITIES)))
        self.reliability = nn.Parameter(torch.full((2, 1), BEGIN))
        self.usual = nn.Parameter(torch.zeros(2, labels))
        self.without_faces = False
        """Whether it answers as if no face were there, whatever it is given."""

    def forward(
        self,
        audio: Tensor,
        vision: Tensor,
        text: Tensor,
        vision_mask: Tensor,
        text_mask: Tensor,
        present: Tensor,
        quality: Tensor,
    ) -> tuple[Tensor, Tensor]:
        return self.join(self.alone(audio, vision, text, vision_mask, text_mask), present, quality)

    def alone(
        self, audio: Tensor, vision: Tensor, text: Tensor, vision_mask: Tensor, text_mask: Tensor
    ) -> Tensor:
        """Logits of each encoder, [b, 3, k]; of the faces together, their mean."""
        shares = vision_mask / vision_mask.sum(dim=1, keepdim=True).clamp(min=1.0)
        faces = (self.vision(vision) * shares[:, :, None]).sum(dim=1)
        return torch.stack(
            [self.audio(audio_summary(audio)), faces, self.text(self.pool(text, text_mask))], dim=1
        )

    def join(self, alone: Tensor, present: Tensor, quality: Tensor) -> tuple[Tensor, Tensor]:
        """Logits [b, k] and weights [b, 3] of the encoders' logits [b, 3, k]."""
        if self.without_faces:
            present = present * torch.tensor([float(name != "vision") for name in MODALITIES])
        adds = self.adds(alone, present, quality)
        # What is there has some weight, and so the weights have a sum.
        weights = (adds - adds.mean(dim=2, keepdim=True)).abs().mean(dim=2) + 1e-3 * present
        return adds.sum(dim=1), weights / weights.sum(dim=1, keepdim=True).clamp(min=1e-6)

    def adds(self, alone: Tensor, present: Tensor, quality: Tensor) -> Tensor:
        """What each expert says of each label, [b, 3, k]; nothing where it is absent."""
        k = alone.shape[2]
        shown = k * (alone[:, 1:] * self.scale[1:, None]).softmax(dim=2)
        right = (quality * present)[:, 1:, None]
        idle = (shown * self.usual.softmax(dim=1)).sum(dim=2, keepdim=True)
        nothing = right * idle + 1.0 - right
        told = nothing + right * self.reliability.sigmoid() * (shown - idle)
        heard = self.scale[0] * alone[:, :1] * present[:, :1, None]
        return torch.cat([heard, (told / nothing).log()], dim=1)


@torch.no_grad()
def _answers(
    model: ExpertsHead, recipe: Recipe, pools: Mapping[str, Pool], labels: Tensor
) -> tuple[Tensor, Tensor, Tensor]:
    """Windows of these labels: what each encoder says of them [n, 3, k], what is present, its quality."""
    rng, parts = np.random.default_rng(recipe.seed), []
    for some in labels.split(TOGETHER):
        *tokens, present, quality = compose_windows(pools, some, recipe, rng)
        parts.append((model.alone(*tokens), present, quality))
    alone, present, quality = (torch.cat(found) for found in zip(*parts, strict=True))
    return alone, present, quality


def _frozen(part: nn.Module) -> nn.Module:
    return copy.deepcopy(part).requires_grad_(False)


def fit_experts(
    recipe: Recipe, encoders: Mapping[str, nn.Module], unseen: Mapping[str, Pool], folder: Path
) -> ExpertsHead:
    """Fit, or load, the product of experts. unseen: people that no encoder was trained on."""
    model = ExpertsHead(len(recipe.labels), encoders)
    if finished(model, "fusion", folder):
        return model
    labels = even_labels(unseen, recipe.fusion.windows)
    alone, present, quality = _answers(model.eval(), recipe, unseen, labels)
    # Most of what is shown has nothing to do with the label: the fit begins there.
    with torch.no_grad():
        model.usual.copy_(alone[:, 1:].softmax(dim=2).mean(dim=0).log())
    free = [model.scale, model.reliability, model.usual]
    began = [number.detach().clone() for number in free]
    optimizer = torch.optim.LBFGS(free, max_iter=ROUNDS, line_search_fn="strong_wolfe")

    def loss() -> Tensor:
        optimizer.zero_grad()
        adds = model.adds(alone, present, quality)
        pull = torch.stack(
            [(number - start).square().sum() for number, start in zip(free, began, strict=True)]
        )
        alike = F.cross_entropy(adds.flatten(0, 1), labels.repeat_interleave(adds.shape[1]))
        found = adds.shape[1] * alike + RIDGE * pull.sum()
        found.backward()
        return found

    optimizer.step(loss)
    folder.mkdir(parents=True, exist_ok=True)
    learnt = {name: value.detach() for name, value in model.named_parameters() if value.requires_grad}
    save_whole(folder / "fusion.pt", learnt)
    return model
