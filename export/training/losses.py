"""The loss of a student that learns from labels and from its teacher."""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from export.training.loop import Batch
from export.training.targets import DIRECTIONS, TEMPERATURE, TeacherTargets

SOFT, MATCH = 0.5, 0.5
"""Share of the soft labels in the label loss; weight of the feature match."""


class Taught(nn.Module):
    """A student and the map from its tokens to its teacher's features.

    Gives the student's tokens [b, t, d], or [b, d], and logits [b, k], and what it imitates [b, DIRECTIONS].
    """

    def __init__(self, student: nn.Module, token: int) -> None:
        super().__init__()
        self.student = student
        self.match = nn.Linear(2 * token, DIRECTIONS)

    def forward(self, inputs: Tensor, mask: Tensor | None = None) -> tuple[Tensor, Tensor, Tensor]:
        tokens, logits = self.student(inputs) if mask is None else self.student(inputs, mask)
        return tokens, logits, self.imitated(tokens, mask)

    def imitated(self, tokens: Tensor, mask: Tensor | None = None) -> Tensor:
        """What the student makes of its teacher's features, [b, DIRECTIONS]."""
        several = tokens if tokens.ndim == 3 else tokens[:, None]
        if mask is None:
            mean, variance = several.mean(dim=1), several.var(dim=1, unbiased=False)
        else:
            weight = (mask / mask.sum(dim=1, keepdim=True).clamp(min=1))[:, :, None]
            mean = (several * weight).sum(dim=1)
            variance = ((several - mean[:, None]).square() * weight).sum(dim=1)
        found: Tensor = self.match(torch.cat([mean, (variance + 1e-4).sqrt()], dim=1))
        return found


def with_teacher(targets: Tensor, lesson: TeacherTargets | None) -> Tensor:
    """Targets [n, k], and what `student_loss` wants beside them."""
    return targets if lesson is None else torch.cat([targets, lesson.soft, lesson.features], dim=1)


def student_loss(model: nn.Module, batch: Batch, label_loss: Callable[[Tensor, Tensor], Tensor]) -> Tensor:
    """Loss of a Taught student on targets from `beside`."""
    inputs, right = batch
    _, logits, found = model(*inputs)
    k = logits.shape[1]
    return distillation_loss(
        label_loss(logits, right[:, :k]), logits, right[:, k : 2 * k], found, right[:, 2 * k :]
    )


def distillation_loss(
    label_loss: Tensor, logits: Tensor, soft: Tensor, found: Tensor, wished: Tensor, match: float = MATCH
) -> Tensor:
    """Labels, soft labels (Hinton et al. 2015) and feature match (Romero et al. 2015) as one loss."""
    kl = F.kl_div((logits / TEMPERATURE).log_softmax(dim=1), soft, reduction="batchmean")
    return (1 - SOFT) * label_loss + SOFT * TEMPERATURE**2 * kl + match * F.mse_loss(found, wished)
