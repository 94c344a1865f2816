"""What a microphone, a room and a camera do to a clip: drawn at random, from a given generator."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor


def jitter_faces(faces: Tensor, rng: np.random.Generator) -> Tensor:
    """Flip, turn, shift, zoom, relight and hide a part of each face; [b, 1, size, size] stays."""
    b, _, size, _ = faces.shape
    angle = torch.from_numpy(rng.uniform(-0.26, 0.26, b)).float()
    zoom = torch.from_numpy(rng.uniform(0.85, 1.12, b)).float()
    flip = torch.from_numpy(rng.choice([-1.0, 1.0], b)).float()
    matrix = torch.zeros(b, 2, 3)
    matrix[:, 0, 0], matrix[:, 0, 1] = flip * zoom * angle.cos(), -zoom * angle.sin()
    matrix[:, 1, 0], matrix[:, 1, 1] = flip * zoom * angle.sin(), zoom * angle.cos()
    matrix[:, :, 2] = torch.from_numpy(rng.uniform(-0.16, 0.16, (b, 2))).float()
    grid = F.affine_grid(matrix, [b, 1, size, size], align_corners=False)
    faces = F.grid_sample(faces, grid, padding_mode="border", align_corners=False)
    gamma = torch.from_numpy(np.exp(rng.normal(0.0, 0.25, (b, 1, 1, 1)))).float()
    low, high = faces.amin((2, 3), keepdim=True), faces.amax((2, 3), keepdim=True)
    faces = ((faces - low) / (high - low).clamp(min=1e-3)) ** gamma
    deviation, mean = torch.std_mean(faces, (2, 3), keepdim=True)
    faces = (faces - mean) / deviation.clamp(min=1e-2)
    for index in np.flatnonzero(rng.random(b) < 0.5):
        h, w = rng.integers(size // 8, size // 3, 2)
        y, x = rng.integers(0, size - h), rng.integers(0, size - w)
        faces[index, :, y : y + h, x : x + w] = torch.randn(h, w, generator=_torch(rng))
    return faces


def mix(inputs: Tensor, targets: Tensor, alpha: float, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
    """Mixup (Zhang et al. 2018): each example blended with another, its target likewise."""
    share = torch.from_numpy(rng.beta(alpha, alpha, len(inputs))).float()
    share = torch.maximum(share, 1.0 - share)
    other = torch.from_numpy(rng.permutation(len(inputs)))
    wide = share.reshape(-1, *[1] * (inputs.ndim - 1))
    mixed = wide * inputs + (1.0 - wide) * inputs[other]
    return mixed, share[:, None] * targets + (1.0 - share[:, None]) * targets[other]


def _torch(rng: np.random.Generator) -> torch.Generator:
    return torch.Generator().manual_seed(int(rng.integers(1 << 31)))
