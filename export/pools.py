"""Tokens of finished encoders: what fusion windows are composed from, and what sets INT8 ranges."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import Tensor, nn

from calibration.dataset import Example
from edge.errors import DatasetError
from edge.items import LABELS
from edge.manifest import AudioSpec
from export.audio_training import NoisyWindows, audio_split, clip_features, load_clip
from export.augment import jitter_faces
from export.fusion_training import Pool, compose
from export.recipe import Recipe
from export.text_training import load_texts, text_split
from export.vision_training import load_faces, vision_split

A_LABEL = 1500
"""Examples of each label that a training pool holds at most."""


@dataclass(frozen=True)
class Inputs:
    """Features and labels of one modality, ready for its encoder."""

    tensors: tuple[Tensor, ...]
    """Arguments of the encoder, [n, ...] each."""
    labels: Tensor
    """[n]."""
    speakers: Tensor | None = None
    """[n], a number each; None: unknown."""

    def __len__(self) -> int:
        return len(self.labels)

    def take(self, chosen: Tensor) -> Inputs:
        """Some of the examples."""
        speakers = None if self.speakers is None else self.speakers[chosen]
        return Inputs(tuple(tensor[chosen] for tensor in self.tensors), self.labels[chosen], speakers)


def training_inputs(recipe: Recipe, data: Path, tokenizer: Tokenizer) -> dict[str, Inputs]:
    """Augmented training examples by modality, at most A_LABEL a label."""
    rng = np.random.default_rng(recipe.seed)
    heard = _some(audio_split(recipe, data).train, rng)
    windows = NoisyWindows.load(recipe, data, heard)
    features = np.stack([windows.features(index, rng) for index in range(len(heard))])
    seen = _some(vision_split(recipe, data).train, rng)
    faces, face_labels = load_faces(seen, recipe.face_crop.size)
    said = _some(text_split(recipe, data).train, rng)
    return {
        "audio": Inputs((torch.from_numpy(features),), _labels(heard), _speakers(heard)),
        "vision": Inputs((jitter_faces(faces, rng),), face_labels, _speakers(seen)),
        "text": Inputs(load_texts(said, tokenizer, recipe.tokens), _labels(said), _speakers(said)),
    }


def dev_inputs(recipe: Recipe, data: Path, tokenizer: Tokenizer) -> dict[str, Inputs]:
    """Examples of people no encoder was trained on, and nobody is judged on."""
    spec = AudioSpec()
    heard = audio_split(recipe, data).dev
    features, owner = clip_features([load_clip(e, spec.rate) for e in heard], spec)
    seen = vision_split(recipe, data).dev
    faces, face_labels = load_faces(seen, recipe.face_crop.size)
    said = text_split(recipe, data).dev
    return {
        "audio": Inputs((features,), _labels(heard)[owner], _speakers(heard)[owner]),
        "vision": Inputs((faces,), face_labels, _speakers(seen)),
        "text": Inputs(load_texts(said, tokenizer, recipe.tokens), _labels(said), _speakers(said)),
    }


def halves(inputs: Inputs) -> tuple[Inputs, Inputs]:
    """Two parts with every label in both: even and odd examples of each label."""
    first = torch.zeros(len(inputs), dtype=torch.bool)
    for label in range(len(LABELS)):
        first[torch.nonzero(inputs.labels == label).flatten()[::2]] = True
    return inputs.take(torch.nonzero(first).flatten()), inputs.take(torch.nonzero(~first).flatten())


def require_labels(inputs: Mapping[str, Inputs], role: str) -> None:
    """Windows of every label are composed from these. Raises DatasetError, naming what lacks."""
    for name, examples in inputs.items():
        for label, title in enumerate(LABELS):
            if not (examples.labels == label).any():
                raise DatasetError(
                    f"{name}: no {role} example shows {title}; add some, or a public corpus that has it"
                )


@torch.no_grad()
def pool(encoder: nn.Module, inputs: Inputs) -> Pool:
    """Tokens of examples; a face is one token."""
    encoder.eval()
    parts = [encoder(*(t[i : i + 256] for t in inputs.tensors))[0] for i in range(0, len(inputs), 256)]
    tokens = torch.cat(parts)
    if tokens.ndim == 2:
        tokens = tokens[:, None]
    mask = inputs.tensors[1] if len(inputs.tensors) > 1 else torch.ones(tokens.shape[:2])
    return Pool(tokens, mask, inputs.labels, inputs.speakers)


def training_batches(
    name: str, inputs: Mapping[str, Inputs], pools: Mapping[str, Pool], recipe: Recipe, size: int = 64
) -> Callable[[np.random.Generator], Iterator[tuple[Tensor, ...]]]:
    """Endless random batches of one network's arguments; the fusion's are composed from the pools."""

    def batches(rng: np.random.Generator) -> Iterator[tuple[Tensor, ...]]:
        while True:
            if name == "fusion":
                yield compose(pools, torch.from_numpy(rng.integers(0, len(LABELS), size)), recipe, rng)
            else:
                chosen = torch.from_numpy(rng.integers(0, len(inputs[name]), size))
                yield inputs[name].take(chosen).tensors

    return batches


def digest(inputs: Inputs) -> str:
    """Short hash of the very features: says which data set something."""
    content = hashlib.sha256()
    for tensor in inputs.tensors:
        content.update(tensor.numpy().tobytes())
    return content.hexdigest()[:16]


def _some(examples: Sequence[Example], rng: np.random.Generator) -> list[Example]:
    chosen = []
    for label in range(len(LABELS)):
        rows = [e for e in examples if e.label == label]
        picks = rng.permutation(len(rows))[:A_LABEL]
        chosen += [rows[int(pick)] for pick in sorted(picks)]
    return chosen


def _labels(examples: Sequence[Example]) -> Tensor:
    return torch.tensor([e.label for e in examples])


def _speakers(examples: Sequence[Example]) -> Tensor:
    """A number from the name: the same speaker has the same in every run."""
    digests = [hashlib.sha256(e.speaker.encode()).hexdigest()[:8] for e in examples]
    return torch.tensor([int(digest, 16) for digest in digests])
