"""Building blocks shared by the students and the fusion head."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

MASKED = 30.0
"""Taken off the attention score of an absent key: e^-30 is nothing, and INT8 still has room for the rest."""


class Attention(nn.Module):
    """Multi-head attention with its own Q, K and V maps: clean ONNX, per-sample gradients.

    query [b, n, d], memory [b, m, d], mask [b, m] with 1 where there is something -> [b, n, d].
    """

    def __init__(self, d: int, heads: int, dropout: float = 0.0) -> None:
        super().__init__()
        self.heads, self.dropout = heads, dropout
        self.q, self.k, self.v = nn.Linear(d, d), nn.Linear(d, d), nn.Linear(d, d)
        self.out = nn.Linear(d, d)

    def forward(self, query: Tensor, memory: Tensor, mask: Tensor | None = None) -> Tensor:
        b, n, d = query.shape
        q = self._split(self.q(query))
        k, v = self._split(self.k(memory)), self._split(self.v(memory))
        bias = None if mask is None else (mask[:, None, None, :] - 1.0) * MASKED
        mixed = F.scaled_dot_product_attention(
            q, k, v, attn_mask=bias, dropout_p=self.dropout if self.training else 0.0
        )
        return self.out(mixed.transpose(1, 2).reshape(b, n, d))  # type: ignore[no-any-return]

    def _split(self, x: Tensor) -> Tensor:
        b, n, d = x.shape
        return x.reshape(b, n, self.heads, d // self.heads).transpose(1, 2)


class FeedForward(nn.Sequential):
    """Two linear maps with a GELU between, [.., d] -> [.., d]."""

    def __init__(self, d: int, hidden: int, dropout: float) -> None:
        super().__init__(nn.Linear(d, hidden), nn.GELU(), nn.Dropout(dropout), nn.Linear(hidden, d))


class EncoderLayer(nn.Module):
    """Pre-norm transformer layer (Vaswani et al. 2017; Xiong et al. 2020), [b, n, d] -> [b, n, d]."""

    def __init__(self, d: int, heads: int, hidden: int, dropout: float) -> None:
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(d), nn.LayerNorm(d)
        self.attention = Attention(d, heads, dropout)
        self.feed = FeedForward(d, hidden, dropout)
        self.drop = nn.Dropout(dropout)

    def begin_as_identity(self) -> None:
        """Zero what the layer adds; it learns to add something when that helps."""
        for last in (self.attention.out, self.feed[3]):
            nn.init.zeros_(last.weight)  # type: ignore[arg-type]
            nn.init.zeros_(last.bias)  # type: ignore[arg-type]

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        normed = self.norm1(x)
        x = x + self.drop(self.attention(normed, normed, mask))
        return x + self.drop(self.feed(self.norm2(x)))  # type: ignore[no-any-return]


class AttentionPool(nn.Module):
    """Weighted mean over time with learned weights, [b, n, d] -> [b, d]."""

    def __init__(self, d: int) -> None:
        super().__init__()
        self.score = nn.Sequential(nn.Linear(d, d // 2), nn.Tanh(), nn.Linear(d // 2, 1))

    def forward(self, x: Tensor, mask: Tensor | None = None) -> Tensor:
        score = self.score(x)
        if mask is not None:
            score = score + (mask[:, :, None] - 1.0) * MASKED
        return (score.softmax(dim=1) * x).sum(dim=1)  # type: ignore[no-any-return]


def positions(length: int, d: int) -> Tensor:
    """Sinusoidal position encoding (Vaswani et al. 2017), [length, d]."""
    time = torch.arange(length)[:, None]
    rate = torch.exp(torch.arange(0, d, 2) * (-math.log(10000.0) / d))
    table = torch.zeros(length, d)
    table[:, 0::2], table[:, 1::2] = torch.sin(time * rate), torch.cos(time * rate)
    return table
