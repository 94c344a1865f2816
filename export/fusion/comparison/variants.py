"""Ways to fuse what was heard, seen and said, in one shape: the audio-guided head and its rivals.

Every variant reads the same tokens through the same encoders and is trained by the same loss; they
differ in how the modalities meet:

    audio, vision, text    one modality alone
    experts                product of experts: each modality's own logits, weighed by reliability, summed
    concat                 pooled modalities side by side, then a classifier
    attention              one transformer layer over the tokens of all modalities
    mult                   a cross-attention layer from each modality to each other (Tsai et al. 2019)
    guided_query           the product's fusion head (export/fusion/head.py): audio asks
    guided_key_value       the same: audio answers
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from itertools import permutations

import torch
from torch import Tensor, nn

from edge.items import MODALITIES
from export.fusion.head import HEADS, FusionHead
from export.students.networks import TOKEN
from export.training.layers import Attention, AttentionPool, EncoderLayer, FeedForward, positions


@dataclass(frozen=True)
class TokenBatch:
    """What is known of b clips; no modality is absent."""

    audio: Tensor
    """[b, ta, TOKEN]."""
    vision: Tensor
    """[b, tv, TOKEN]."""
    text: Tensor
    """[b, tt, TOKEN]."""

    def of(self, modality: str) -> Tensor:
        """Tokens of one modality."""
        found: Tensor = getattr(self, modality)
        return found

    def take(self, rows: Tensor) -> TokenBatch:
        """Some of the clips."""
        return TokenBatch(self.audio[rows], self.vision[rows], self.text[rows])

    def __len__(self) -> int:
        return len(self.audio)


class Variant(nn.Module, ABC):
    """Tokens -> logits [b, k], and logits of each modality by itself [b, m, k] that help in training."""

    def __init__(self, labels: int, d: int, dropout: float) -> None:
        super().__init__()

    @abstractmethod
    def forward(self, tokens: TokenBatch) -> tuple[Tensor, Tensor]: ...


class AudioGuided(Variant):
    """The product's fusion head, every modality present and of full quality."""

    guide = "query"

    def __init__(self, labels: int, d: int, dropout: float) -> None:
        super().__init__(labels, d, dropout)
        self.head = FusionHead(labels, guide=self.guide, dropout=dropout, d=d)

    def forward(self, tokens: TokenBatch) -> tuple[Tensor, Tensor]:
        b, tv, tt = len(tokens), tokens.vision.shape[1], tokens.text.shape[1]
        there = torch.ones(b, len(MODALITIES))
        pooled, own = self.head.pooled(
            tokens.audio, tokens.vision, tokens.text, torch.ones(b, tv), torch.ones(b, tt)
        )
        logits, _ = self.head.fuse(pooled, there, there)
        return logits, self.head.logits_alone(own)


class AnsweringAudio(AudioGuided):
    """The other reading of the paper: vision and text ask, audio holds keys and values."""

    guide = "key_value"


class ModalityEncoder(nn.Module):
    """Encoder of one modality as in the fusion head, [b, t, TOKEN] -> [b, t, d]."""

    def __init__(self, d: int, dropout: float) -> None:
        super().__init__()
        self.into, self.norm = nn.Linear(TOKEN, d), nn.LayerNorm(d)
        self.within = EncoderLayer(d, HEADS, 2 * d, dropout)
        self.drop = nn.Dropout(dropout)
        self.place: Tensor
        self.register_buffer("place", positions(256, d), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        x = self.norm(self.into(x)) + self.place[: x.shape[1]]
        return self.within(self.drop(x))  # type: ignore[no-any-return]


class EncodedModalities(Variant):
    """What the rivals share: an encoder, a pool and a classifier of its own for each modality."""

    kept: tuple[str, ...] = MODALITIES

    def __init__(self, labels: int, d: int, dropout: float) -> None:
        super().__init__(labels, d, dropout)
        self.streams = nn.ModuleDict({m: ModalityEncoder(d, dropout) for m in self.kept})
        self.pools = nn.ModuleDict({m: AttentionPool(d) for m in self.kept})
        self.alone = nn.ModuleDict({m: nn.Linear(d, labels) for m in self.kept})
        self.drop = nn.Dropout(dropout)

    def encoded(self, tokens: TokenBatch) -> dict[str, Tensor]:
        """Each modality by itself, [b, t, d]."""
        return {m: self.streams[m](tokens.of(m)) for m in self.kept}

    def pooled(self, encoded: dict[str, Tensor]) -> dict[str, Tensor]:
        """Each modality as one vector, [b, d]."""
        return {m: self.pools[m](x) for m, x in encoded.items()}

    def logits_alone(self, pooled: dict[str, Tensor]) -> Tensor:
        """Each modality classified by itself, [b, m, k]."""
        return torch.stack([self.alone[m](self.drop(z)) for m, z in pooled.items()], dim=1)


class SingleModality(EncodedModalities):
    """One modality alone."""

    def forward(self, tokens: TokenBatch) -> tuple[Tensor, Tensor]:
        alone = self.logits_alone(self.pooled(self.encoded(tokens)))
        return alone[:, 0], alone


class AudioOnly(SingleModality):
    """The voice alone."""

    kept = ("audio",)


class VisionOnly(SingleModality):
    """The face alone."""

    kept = ("vision",)


class TextOnly(SingleModality):
    """The words alone."""

    kept = ("text",)


class Experts(EncodedModalities):
    """Every modality by itself; its logits count as far as it can be relied on (Hinton 2002)."""

    def __init__(self, labels: int, d: int, dropout: float) -> None:
        super().__init__(labels, d, dropout)
        self.reliability = nn.Parameter(torch.ones(len(MODALITIES)))

    def forward(self, tokens: TokenBatch) -> tuple[Tensor, Tensor]:
        alone = self.logits_alone(self.pooled(self.encoded(tokens)))
        return (alone * self.reliability[:, None]).sum(dim=1), alone


class Concatenation(EncodedModalities):
    """Pooled modalities side by side."""

    def __init__(self, labels: int, d: int, dropout: float) -> None:
        super().__init__(labels, d, dropout)
        self.head = _classifier(len(MODALITIES) * d, d, labels, dropout)

    def forward(self, tokens: TokenBatch) -> tuple[Tensor, Tensor]:
        pooled = self.pooled(self.encoded(tokens))
        return self.head(torch.cat(list(pooled.values()), dim=1)), self.logits_alone(pooled)


class PlainAttention(EncodedModalities):
    """Self-attention over the tokens of all modalities, each marked with where it comes from."""

    def __init__(self, labels: int, d: int, dropout: float) -> None:
        super().__init__(labels, d, dropout)
        self.origin = nn.ParameterDict({m: nn.Parameter(0.02 * torch.randn(d)) for m in MODALITIES})
        self.joint = EncoderLayer(d, HEADS, 2 * d, dropout)
        self.norm, self.pool = nn.LayerNorm(d), AttentionPool(d)
        self.head = nn.Linear(d, labels)

    def forward(self, tokens: TokenBatch) -> tuple[Tensor, Tensor]:
        encoded = self.encoded(tokens)
        joint = self.joint(torch.cat([x + self.origin[m] for m, x in encoded.items()], dim=1))
        logits = self.head(self.drop(self.pool(self.norm(joint))))
        return logits, self.logits_alone(self.pooled(encoded))


class CrossLayer(nn.Module):
    """Pre-norm cross-attention and feed-forward, target [b, n, d], source [b, m, d] -> [b, n, d]."""

    def __init__(self, d: int, dropout: float) -> None:
        super().__init__()
        self.norm_target, self.norm_source, self.norm_feed = (nn.LayerNorm(d) for _ in range(3))
        self.attention = Attention(d, HEADS, dropout)
        self.feed = FeedForward(d, 2 * d, dropout)
        self.drop = nn.Dropout(dropout)

    def forward(self, target: Tensor, source: Tensor) -> Tensor:
        mixed = self.attention(self.norm_target(target), self.norm_source(source))
        target = target + self.drop(mixed)
        return target + self.drop(self.feed(self.norm_feed(target)))  # type: ignore[no-any-return]


class CrossModal(EncodedModalities):
    """Every modality attends to both others; each pair joined, then pooled (MulT, Tsai et al. 2019)."""

    def __init__(self, labels: int, d: int, dropout: float) -> None:
        super().__init__(labels, d, dropout)
        pairs = [f"{target}_{source}" for target, source in permutations(MODALITIES, 2)]
        self.cross = nn.ModuleDict({pair: CrossLayer(d, dropout) for pair in pairs})
        wide = (len(MODALITIES) - 1) * d
        self.joined = nn.ModuleDict({m: EncoderLayer(wide, HEADS, 2 * wide, dropout) for m in MODALITIES})
        self.ends = nn.ModuleDict({m: AttentionPool(wide) for m in MODALITIES})
        self.head = _classifier(len(MODALITIES) * wide, d, labels, dropout)

    def forward(self, tokens: TokenBatch) -> tuple[Tensor, Tensor]:
        encoded = self.encoded(tokens)
        parts = []
        for target in MODALITIES:
            told = [
                self.cross[f"{target}_{source}"](encoded[target], encoded[source])
                for source in MODALITIES
                if source != target
            ]
            parts.append(self.ends[target](self.joined[target](torch.cat(told, dim=2))))
        return self.head(torch.cat(parts, dim=1)), self.logits_alone(self.pooled(encoded))


VARIANTS: dict[str, tuple[Callable[[int, int, float], Variant], int]] = {
    "audio": (AudioOnly, 72),
    "vision": (VisionOnly, 72),
    "text": (TextOnly, 72),
    "experts": (Experts, 40),
    "concat": (Concatenation, 40),
    "attention": (PlainAttention, 32),
    "mult": (CrossModal, 16),
    "guided_query": (AudioGuided, 32),
    "guided_key_value": (AnsweringAudio, 32),
}
"""Class of each variant, and the width (a multiple of HEADS) that gives it about 60,000 parameters."""


def build(name: str, labels: int, dropout: float) -> Variant:
    """A variant with random weights."""
    make, d = VARIANTS[name]
    return make(labels, d, dropout)


def size(model: nn.Module) -> int:
    """Number of parameters."""
    return sum(p.numel() for p in model.parameters())


def _classifier(wide: int, d: int, labels: int, dropout: float) -> nn.Module:
    return nn.Sequential(
        nn.LayerNorm(wide),
        nn.Dropout(dropout),
        nn.Linear(wide, d),
        nn.GELU(),
        nn.Dropout(dropout),
        nn.Linear(d, labels),
    )
