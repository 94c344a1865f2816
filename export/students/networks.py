"""The small encoders that run on the device: one a modality, each gives tokens and logits."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from edge.bundle.manifest import AudioSpec, TextSpec
from export.training.layers import AttentionPool, EncoderLayer, positions

TOKEN = 128
"""Size of every token, whatever the modality."""


class AudioStudent(nn.Module):
    """Log-mel [b, mels, frames], voice [b, 128] -> tokens [b, frames / 8, 128], logits [b, k].

    A convolutional stem takes time down by 8 and frequency by 16; transformer layers follow, which begin
    as the identity: on a few hours of speech the stem must learn first. The voice is the mean token of
    the speaker so far, less the mean token of all speakers; zeros stand for a voice never heard. It is
    taken off every token, so that what is left is how this person speaks now.
    """

    def __init__(self, spec: AudioSpec, labels: int, width: int = 32, layers: int = 2) -> None:
        super().__init__()
        plan = [(2, width, 2, 2), (width, 2 * width, 2, 2), (2 * width, 3 * width, 2, 2)]
        plan.append((3 * width, 4 * width, 2, 1))
        self.stem = nn.Sequential(*(_conv(i, o, (f, t)) for i, o, f, t in plan))
        self.into = nn.Linear(4 * width * (spec.mels // 16), TOKEN)
        self.layers = nn.ModuleList(EncoderLayer(TOKEN, 4, 256, 0.1) for _ in range(layers))
        for layer in self.layers:
            assert isinstance(layer, EncoderLayer)
            layer.begin_as_identity()
        self.norm = nn.LayerNorm(TOKEN)
        self.centre: Tensor
        self.register_buffer("centre", torch.zeros(TOKEN))
        self.head = nn.Sequential(nn.Dropout(0.2), nn.Linear(2 * TOKEN, labels))

    def forward(self, features: Tensor, voice: Tensor) -> tuple[Tensor, Tensor]:
        return self.read(self.encode(features), voice)

    def encode(self, features: Tensor) -> Tensor:
        """Tokens of an unknown voice [b, t, 128]."""
        x = self.stem(torch.stack([features, features - _colour(features)], dim=1))
        x = self.into(x.flatten(1, 2).transpose(1, 2))
        for layer in self.layers:
            x = layer(x)
        x = self.norm(x)
        if self.training:
            self.centre.lerp_(x.detach().float().mean(dim=(0, 1)), 0.01)
        return x - self.centre  # type: ignore[no-any-return]

    def read(self, tokens: Tensor, voice: Tensor) -> tuple[Tensor, Tensor]:
        """Tokens less the voice, and logits."""
        tokens = tokens - voice[:, None]
        return tokens, self.head(audio_summary(tokens))


def audio_summary(tokens: Tensor) -> Tensor:
    """Mean and deviation of audio tokens [b, t, d] over time, [b, 2 d]: what their logits are read from."""
    mean = tokens.mean(dim=1)
    spread = ((tokens - mean[:, None]).square().mean(dim=1) + 1e-4).sqrt()
    return torch.cat([mean, spread], dim=1)


def _colour(features: Tensor) -> Tensor:
    """Mean of each band over the loud frames, [b, mels, 1]: what speaker, room and microphone add."""
    loudness = features.mean(dim=1, keepdim=True)
    weight = torch.sigmoid(12.0 * (loudness - loudness.mean(dim=2, keepdim=True)))
    return (features * weight).sum(dim=2, keepdim=True) / weight.sum(dim=2, keepdim=True)


class VisionStudent(nn.Module):
    """Standardised face crops [b, 1, size, size] -> tokens [b, 128], logits [b, k].

    Plain 3x3 convolutions with ReLU, the shape that loses least in INT8. Out of training every face is read
    as it is and mirrored, and the two answers are averaged.
    """

    def __init__(
        self, labels: int, width: int = 32, depths: tuple[int, ...] = (2, 3, 4, 2), whole: bool = False
    ) -> None:
        """whole: begin with a convolution at full size, before the first halving."""
        super().__init__()
        channels = width // 2 if whole else 1
        blocks: list[nn.Module] = [PlainBlock(1, channels, 1)] if whole else []
        for stage, depth in enumerate(depths):
            # The last stage sees 3x3 cells only: doubling once more would cost more than it brings.
            wider = width * (2**stage if stage < 3 else 6)
            for index in range(depth):
                blocks.append(PlainBlock(channels, wider, 2 if index == 0 else 1))
                channels = wider
        self.blocks = nn.Sequential(*blocks)
        self.into = nn.Sequential(nn.Dropout(0.3), nn.Linear(channels, TOKEN))
        self.head = nn.Sequential(nn.ReLU(), nn.Dropout(0.2), nn.Linear(TOKEN, labels))

    def forward(self, faces: Tensor) -> tuple[Tensor, Tensor]:
        if self.training:
            return self._read(faces)
        tokens, logits = self._read(torch.cat([faces, faces.flip(3)]))
        half = len(faces)
        return (tokens[:half] + tokens[half:]) / 2, (logits[:half] + logits[half:]) / 2

    def _read(self, faces: Tensor) -> tuple[Tensor, Tensor]:
        tokens = self.into(self.blocks(faces).mean(dim=(2, 3)))
        return tokens, self.head(tokens)

    def fuse(self) -> VisionStudent:
        """Merge every block into one convolution with bias; in place, the outputs stay."""
        for block in self.blocks:
            assert isinstance(block, PlainBlock)
            block.fuse()
        return self


class PlainBlock(nn.Module):
    """3x3 convolution, batch norm, ReLU; where the size stays, the kernel also passes on what comes in.

    DiracNet (Zagoruyko and Komodakis 2017): learns like a residual network at the cost of a plain one.
    """

    def __init__(self, channels: int, out: int, stride: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(channels, out, 3, stride, 1, bias=False)
        self.norm = nn.BatchNorm2d(out)
        same = channels == out and stride == 1
        self.passed = nn.Parameter(torch.ones(out)) if same else None
        self.merged: nn.Conv2d | None = None

    def forward(self, x: Tensor) -> Tensor:
        if self.merged is not None:
            return self.merged(x).relu()  # type: ignore[no-any-return]
        y = F.conv2d(x, self._kernel(), stride=self.conv.stride, padding=1)
        return self.norm(y).relu()  # type: ignore[no-any-return]

    def fuse(self) -> None:
        """Replace the parts by one 3x3 convolution with bias; once is enough."""
        if self.merged is not None:
            return
        norm, kernel = self.norm, self._kernel()
        assert norm.running_mean is not None
        assert norm.running_var is not None
        scale = norm.weight / (norm.running_var + norm.eps).sqrt()
        out, channels = kernel.shape[:2]
        merged = nn.Conv2d(channels, out, 3, self.conv.stride, 1)  # type: ignore[arg-type]
        merged.weight.data = (kernel * scale[:, None, None, None]).detach()
        merged.bias.data = (norm.bias - norm.running_mean * scale).detach()  # type: ignore[union-attr]
        self.merged = merged
        del self.conv, self.norm, self.passed

    def _kernel(self) -> Tensor:
        kernel = self.conv.weight
        if self.passed is None:
            return kernel
        return kernel + F.pad(torch.diag(self.passed)[:, :, None, None], (1, 1, 1, 1))


class TextStudent(nn.Module):
    """Token ids [b, length] and mask [b, length] -> tokens [b, length, 128], logits [b, k]."""

    def __init__(self, spec: TextSpec, labels: int, layers: int = 3) -> None:
        super().__init__()
        self.words = nn.Embedding(spec.vocabulary, TOKEN)
        nn.init.normal_(self.words.weight, std=0.5)
        self.place: Tensor
        self.register_buffer("place", 0.5 * positions(spec.length, TOKEN), persistent=False)
        self.drop = nn.Dropout(0.3)
        self.layers = nn.ModuleList(EncoderLayer(TOKEN, 4, 256, 0.2) for _ in range(layers))
        self.norm = nn.LayerNorm(TOKEN)
        self.pool = AttentionPool(TOKEN)
        self.head = nn.Sequential(nn.Dropout(0.3), nn.Linear(TOKEN, labels))

    def forward(self, ids: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        x = self.drop(self.words(ids) + self.place[: ids.shape[1]])
        for layer in self.layers:
            x = layer(x, mask)
        tokens = self.norm(x)
        return tokens, self.head(self.pool(tokens, mask))


def _conv(channels: int, out: int, stride: tuple[int, int]) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(channels, out, 3, stride, 1, bias=False), nn.BatchNorm2d(out), nn.ReLU())
