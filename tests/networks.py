"""Small real networks of the four kinds the product runs, exported and quantized once a session."""

import tempfile
from functools import cache
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from calibration.int8.quantize import quantize
from export.students.to_onnx import export_onnx

KINDS = ("audio", "vision", "text", "fusion")
OUTPUTS = {
    "audio": ["tokens", "logits"],
    "vision": ["tokens", "logits"],
    "text": ["tokens", "logits"],
    "fusion": ["logits", "weights"],
}
WIDTH, HEADS, LABELS, WORDS, LENGTH = 32, 2, 6, 200, 20
FOLDER = tempfile.TemporaryDirectory(prefix="networks-")


class Attention(nn.Module):
    def __init__(self):
        super().__init__()
        self.q, self.k, self.v, self.out = (nn.Linear(WIDTH, WIDTH) for _ in range(4))

    def forward(self, x, memory, mask=None):
        bias = None if mask is None else (mask[:, None, None, :] - 1.0) * 30.0
        q, k, v = (
            linear(y).reshape(y.shape[0], y.shape[1], HEADS, -1).transpose(1, 2)
            for linear, y in ((self.q, x), (self.k, memory), (self.v, memory))
        )
        mixed = F.scaled_dot_product_attention(q, k, v, attn_mask=bias)
        return self.out(mixed.transpose(1, 2).reshape(x.shape))


class Layer(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(WIDTH), nn.LayerNorm(WIDTH)
        self.attention = Attention()
        self.feed = nn.Sequential(nn.Linear(WIDTH, 2 * WIDTH), nn.GELU(), nn.Linear(2 * WIDTH, WIDTH))
        self.drop = nn.Dropout(0.5)

    def forward(self, x, mask=None):
        normed = self.norm1(x)
        x = x + self.drop(self.attention(normed, normed, mask))
        return x + self.drop(self.feed(self.norm2(x)))


class Pool(nn.Module):
    def __init__(self):
        super().__init__()
        self.score = nn.Linear(WIDTH, 1)

    def forward(self, x, mask=None):
        score = self.score(x)
        if mask is not None:
            score = score + (mask[:, :, None] - 1.0) * 30.0
        return (score.softmax(1) * x).sum(1)


class Audio(nn.Module):
    """Log-mel [1, 64, 80] -> tokens [1, 10, d]."""

    def __init__(self):
        super().__init__()
        plan = ((1, 16), (16, 24), (24, 32))
        self.stem = nn.Sequential(
            *(
                nn.Sequential(nn.Conv2d(i, o, 3, 2, 1, bias=False), nn.BatchNorm2d(o), nn.ReLU())
                for i, o in plan
            )
        )
        self.into = nn.Linear(32 * 8, WIDTH)
        self.layers = nn.ModuleList(Layer() for _ in range(2))
        self.norm, self.pool, self.head = nn.LayerNorm(WIDTH), Pool(), nn.Linear(WIDTH, LABELS)

    def forward(self, features):
        x = self.stem(features[:, None])
        x = self.into(x.flatten(1, 2).transpose(1, 2))
        for layer in self.layers:
            x = layer(x)
        tokens = self.norm(x)
        return tokens, self.head(self.pool(tokens))


class Vision(nn.Module):
    """Faces [3, 1, 32, 32] -> tokens [3, d]: a plain chain of 3x3 convolutions."""

    def __init__(self):
        super().__init__()
        plan = ((1, 16, 2), (16, 32, 2), (32, 32, 1), (32, 48, 2))
        self.body = nn.Sequential(*(nn.Sequential(nn.Conv2d(i, o, 3, s, 1), nn.ReLU()) for i, o, s in plan))
        self.into, self.head = nn.Linear(48, WIDTH), nn.Linear(WIDTH, LABELS)

    def forward(self, faces):
        tokens = self.into(self.body(faces).mean((2, 3)))
        return tokens, self.head(tokens.relu())


class Text(nn.Module):
    """Ids and mask [1, n] -> tokens [1, n, d]."""

    def __init__(self):
        super().__init__()
        self.words = nn.Embedding(WORDS, WIDTH)
        self.place = nn.Parameter(torch.randn(LENGTH, WIDTH))
        self.layers = nn.ModuleList(Layer() for _ in range(2))
        self.norm, self.pool, self.head = nn.LayerNorm(WIDTH), Pool(), nn.Linear(WIDTH, LABELS)

    def forward(self, ids, mask):
        x = self.words(ids) + self.place
        for layer in self.layers:
            x = layer(x, mask)
        tokens = self.norm(x)
        return tokens, self.head(self.pool(tokens, mask))


class Fusion(nn.Module):
    """Tokens of two modalities, audio asking text, and a gate over what is present."""

    def __init__(self):
        super().__init__()
        self.into = nn.ModuleList(nn.Linear(WIDTH, WIDTH) for _ in range(2))
        self.norm = nn.ModuleList(nn.LayerNorm(WIDTH) for _ in range(3))
        self.within = nn.ModuleList(Layer() for _ in range(2))
        self.cross, self.pool = Attention(), nn.ModuleList(Pool() for _ in range(2))
        self.gate = nn.Sequential(nn.Linear(2 * WIDTH + 2, WIDTH), nn.GELU(), nn.Linear(WIDTH, 2))
        self.head = nn.Linear(WIDTH, LABELS)

    def forward(self, audio, text, text_mask, present, quality):
        a = self.within[0](self.norm[0](self.into[0](audio)))
        t = self.within[1](self.norm[1](self.into[1](text)), text_mask)
        guided = self.norm[2](a + self.cross(a, t, text_mask))
        pooled = torch.stack([self.pool[0](a), self.pool[1](guided)], dim=1)
        score = self.gate(torch.cat([pooled.flatten(1), quality], dim=1))
        weights = (score + (present - 1.0) * 30.0).softmax(1)
        return self.head((weights[:, :, None] * pooled).sum(1)), weights


@cache
def network(kind):
    """A network with random weights and batch statistics, in eval mode."""
    torch.manual_seed(7)
    module = {"audio": Audio, "vision": Vision, "text": Text, "fusion": Fusion}[kind]()
    for part in module.modules():
        if isinstance(part, nn.BatchNorm2d):
            part.running_mean.normal_(0.0, 0.2)
            part.running_var.uniform_(0.5, 1.5)
        if isinstance(part, nn.Conv2d):
            nn.init.kaiming_normal_(part.weight)
    return module.eval()


def feeds(kind, count, seed=0):
    """Calls of one network: input name -> array."""
    rng = np.random.default_rng(seed)
    for _ in range(count):
        yield _feed(kind, rng)


def _feed(kind, rng):
    def normal(*shape):
        return rng.standard_normal(shape).astype(np.float32)

    mask = (np.arange(LENGTH) < rng.integers(1, LENGTH + 1)).astype(np.float32)[None]
    if kind == "audio":
        return {"features": np.clip(0.5 * normal(1, 64, 80), -1, 1)}
    if kind == "vision":
        return {"faces": normal(3, 1, 32, 32)}
    if kind == "text":
        return {"ids": (rng.integers(1, WORDS, (1, LENGTH)) * mask).astype(np.int32), "mask": mask}
    return {
        "audio": normal(1, 10, WIDTH),
        "text": normal(1, LENGTH, WIDTH),
        "text_mask": mask,
        "present": np.ones((1, 2), np.float32),
        "quality": rng.random((1, 2)).astype(np.float32),
    }


def export(module, feed, outputs, name):
    """Export a module to the session's folder."""
    path = Path(FOLDER.name) / f"{name}.onnx"
    export_onnx(module, {key: torch.from_numpy(value) for key, value in feed.items()}, outputs, path)
    return path


@cache
def exported(kind):
    """The FP32 file of a network."""
    return export(network(kind), next(feeds(kind, 1)), OUTPUTS[kind], f"{kind}.fp32")


@cache
def quantized(kind):
    """The canonical INT8 file of a network and the quantizer's report."""
    path = Path(FOLDER.name) / f"{kind}.int8.onnx"
    return path, quantize(exported(kind), feeds(kind, 20, seed=1), path)
