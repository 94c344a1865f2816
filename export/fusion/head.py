"""The audio-guided fusion head.

After "Audio-Guided Fusion Techniques for Multimodal Emotion Analysis" (MER2024); the formulas are ours:

    H_m = LN(W_m X_m) + PE                                   m in audio, vision, text
    C_m = Enc_m(H_m)                                         self-attention per modality
    A_m = LN(C_a + MHA(Q=C_a, K=C_m, V=C_m)); A_m = LN(A_m + FFN(A_m))    m in vision, text
    c_m = attention pooling of C_m over time, z_a = c_a
    z_m = c_m + attention pooling of A_m by the same weights                 m in vision, text
    alpha = softmax(MLP[z_a; z_v; z_t; q] + log present)
    logits = W sum_m alpha_m z_m

c_m stands beside what audio asked for: without it a face or a word counts only as far as a voice asks for
it, and on real pairs plain concatenation was better (`edge fusion-trial`).
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from edge.items import MODALITIES
from export.students.networks import TOKEN
from export.training.layers import MASKED, Attention, AttentionPool, EncoderLayer, FeedForward, positions

HEADS = 8


class FusionHead(nn.Module):
    """Tokens of three modalities, their masks and quality -> logits [b, k], weights [b, 3].

    audio [b, ta, d], vision [b, tv, d], text [b, tt, d]; vision_mask [b, tv] and text_mask [b, tt]
    are 1 where there is a token; present and quality [b, 3] are in the order of MODALITIES.
    """

    def __init__(
        self, labels: int, layers: int = 1, guide: str = "query", dropout: float = 0.2, d: int = TOKEN
    ) -> None:
        super().__init__()
        self.into = nn.ModuleDict({m: nn.Linear(TOKEN, d) for m in MODALITIES})
        self.norm = nn.ModuleDict({m: nn.LayerNorm(d) for m in MODALITIES})
        self.within = nn.ModuleDict(
            {
                m: nn.ModuleList(EncoderLayer(d, HEADS, 2 * d, dropout) for _ in range(layers))
                for m in MODALITIES
            }
        )
        self.guided = nn.ModuleDict({m: GuidedLayer(d, guide, dropout) for m in ("vision", "text")})
        self.pool = nn.ModuleDict({m: AttentionPool(d) for m in MODALITIES})
        self.gate = nn.Sequential(nn.Linear(3 * d + 3, d), nn.GELU(), nn.Linear(d, 3))
        self.head = nn.Linear(d, labels)
        self.alone = nn.ModuleDict({m: nn.Linear(d, labels) for m in MODALITIES})
        self.drop = nn.Dropout(dropout)
        self.without_faces = False
        """Whether it answers as if no face were there, whatever it is given."""
        self.place: Tensor
        self.register_buffer("place", positions(256, d), persistent=False)

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
        # Audio has no mask of its own: what was not heard must not guide.
        audio = audio * present[:, :1, None]
        pooled, _ = self.pooled(audio, vision, text, vision_mask, text_mask)
        return self.fuse(pooled, present, quality)

    def pooled(
        self, audio: Tensor, vision: Tensor, text: Tensor, vision_mask: Tensor, text_mask: Tensor
    ) -> tuple[Tensor, Tensor]:
        """z of each modality, and c, what each says by itself; [b, 3, d] both."""
        masks = {"audio": None, "vision": vision_mask, "text": text_mask}
        context: dict[str, Tensor] = {}
        for name, tokens in zip(MODALITIES, (audio, vision, text), strict=True):
            x = self.drop(self.norm[name](self.into[name](tokens)) + self.place[: tokens.shape[1]])
            layers = self.within[name]
            assert isinstance(layers, nn.ModuleList)
            for layer in layers:
                x = layer(x, masks[name])
            context[name] = x
        own = [self.pool[name](context[name], masks[name]) for name in MODALITIES]
        pooled = own[:1]
        for name, alone in zip(("vision", "text"), own[1:], strict=True):
            x, mask = self.guided[name](context["audio"], context[name], masks[name])
            pooled.append(alone + self.pool[name](x, mask))
        return torch.stack(pooled, dim=1), torch.stack(own, dim=1)

    def fuse(self, pooled: Tensor, present: Tensor, quality: Tensor) -> tuple[Tensor, Tensor]:
        """Weigh the modalities that are there and classify."""
        if self.without_faces:
            present = present * torch.tensor([float(name != "vision") for name in MODALITIES])
        # What is absent must not speak through the gate either.
        pooled = pooled * present[:, :, None]
        score = self.gate(torch.cat([pooled.flatten(1), quality * present], dim=1))
        weights = (score + (present - 1.0) * MASKED).softmax(dim=1)
        mixed = (weights[:, :, None] * pooled).sum(dim=1)
        return self.head(self.drop(mixed)), weights

    def logits_alone(self, own: Tensor) -> Tensor:
        """Each modality classified by itself, [b, 3, d] -> [b, 3, k]: a training aid that is not exported."""
        parts = [self.alone[name](self.drop(own[:, index])) for index, name in enumerate(MODALITIES)]
        return torch.stack(parts, dim=1)


class GuidedLayer(nn.Module):
    """Cross-attention between audio and one other modality.

    guide "query": audio asks, the output lies on audio's clock. guide "key_value": the other asks.
    """

    def __init__(self, d: int, guide: str, dropout: float) -> None:
        super().__init__()
        self.guide = guide
        self.attention = Attention(d, HEADS, dropout)
        self.feed = FeedForward(d, 2 * d, dropout)
        self.norm1, self.norm2 = nn.LayerNorm(d), nn.LayerNorm(d)

    def forward(self, audio: Tensor, other: Tensor, mask: Tensor | None) -> tuple[Tensor, Tensor | None]:
        if self.guide == "query":
            x, kept = self.norm1(audio + self.attention(audio, other, mask)), None
        else:
            x, kept = self.norm1(other + self.attention(other, audio)), mask
        return self.norm2(x + self.feed(x)), kept
