"""Tokens of finished encoders: what fusion windows are composed from, and what sets INT8 ranges."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import Tensor, nn

from calibration.data.dataset import Example
from edge.bundle.manifest import AudioSpec, TextSpec
from edge.errors import DatasetError
from edge.labels import Labels
from edge.reading.voice import LastLayer
from export.fusion.windows import Pool, compose_windows
from export.recipe import Recipe
from export.students.audio import audio_split
from export.students.networks import AudioStudent, TextStudent
from export.students.text import load_texts, text_split
from export.students.vision import load_faces, vision_split
from export.students.voices import met_voices, voices_of
from export.training.augment import jitter_faces
from export.training.noisy_windows import HOP_S, NoisyWindows, clip_features, load_clips
from export.training.targets import folds_of

A_LABEL, FEW, FEW_CLIPS = 1500, 500, 100
"""Examples of each label that a training pool holds at most; where no head learns from it, those of faces and
sentences, which say what training was like, and of sounds, which only set INT8 ranges."""
PARTS = 4
"""Parts, at most, that people no encoder was trained on are split into."""
NEW_VOICES = 0.2
"""Share of training windows whose speaker counts as never heard before."""


@dataclass(frozen=True)
class Inputs:
    """Features and labels of one modality, ready for its encoder."""

    tensors: tuple[Tensor, ...]
    """Arguments of the encoder, [n, ...] each."""
    labels: Tensor
    """[n]."""
    people: tuple[str, ...]
    """Who each example is of, [n]."""
    said: tuple[str, ...] = ()
    """Of sound: the transcript of each example, empty where nobody wrote it down, [n]."""
    clips: tuple[int, ...] = ()
    """Of sound: the clip that each example is a window of, [n]; empty: each is a clip."""

    def __len__(self) -> int:
        return len(self.labels)

    def take(self, chosen: Tensor) -> Inputs:
        """Some of the examples."""
        tensors, rows = tuple(tensor[chosen] for tensor in self.tensors), chosen.tolist()
        people, said = (tuple(of[row] for row in rows) if of else () for of in (self.people, self.said))
        clips = tuple(self.clips[row] for row in rows) if self.clips else ()
        return Inputs(tensors, self.labels[chosen], people, said, clips)


def training_inputs(
    recipe: Recipe, data: Path, work: Path, tokenizer: Tokenizer, student: AudioStudent
) -> dict[str, Inputs]:
    """Augmented training examples by modality, at most A_LABEL a label; the student knows their voices."""
    rng = np.random.default_rng(recipe.seed)
    # The experts learn from people nobody was trained on; a head and fine-tuning learn from these as well.
    learns = recipe.fusion.head or recipe.quantize.qat
    most, clips = (A_LABEL, A_LABEL) if learns else (FEW, FEW_CLIPS)
    # A guess has its weight in the encoder's training; windows are composed from what people labelled.
    heard = training_clips(recipe, data, rng, clips)
    windows = NoisyWindows.load(recipe, data, heard)
    heard = list(windows.examples)
    features = torch.from_numpy(np.stack([windows.features(index, rng) for index in range(len(heard))]))
    voices = voices_of(student, features, [e.speaker for e in heard])
    voices[torch.from_numpy(rng.random(len(heard)) < NEW_VOICES)] = 0.0
    seen = _some(vision_split(recipe, data, work).train, rng, most)
    faces, face_labels = load_faces(seen, recipe.face_crop.size)
    said = _some(text_split(recipe, data).train, rng, most)
    return {
        "audio": Inputs((features, voices), _labels(heard), _people(heard), _said(heard)),
        "vision": Inputs((jitter_faces(faces, rng),), face_labels, _people(seen)),
        "text": Inputs(load_texts(said, tokenizer, recipe.tokens), _labels(said), _people(said)),
    }


def training_clips(recipe: Recipe, data: Path, rng: np.random.Generator, most: int) -> list[Example]:
    """Sounds of training that people labelled, at most so many a label."""
    return _some([e for e in audio_split(recipe, data).train if e.soft is None], rng, most)


def dev_inputs(
    recipe: Recipe, data: Path, work: Path, tokenizer: Tokenizer, student: AudioStudent, layer: LastLayer
) -> dict[str, Inputs]:
    """Dev examples: of people that no encoder was trained on and no score is computed on.

    layer: the last of the student; voices are known as they are met at work.
    """
    spec = AudioSpec()
    examples, clips = load_clips(audio_split(recipe, data).dev, spec.rate)
    features, owner = clip_features(clips, spec)
    heard = [examples[int(clip)] for clip in owner]
    lengths = [len(clip) / spec.rate for clip in clips]
    voices = met_voices(
        student.eval(), features, list(zip(examples, lengths, strict=True)), owner, HOP_S, layer
    )
    seen = vision_split(recipe, data, work).dev
    faces, face_labels = load_faces(seen, recipe.face_crop.size)
    said = text_split(recipe, data).dev
    return {
        "audio": Inputs(
            (features, voices), _labels(heard), _people(heard), _said(heard), tuple(owner.tolist())
        ),
        "vision": Inputs((faces,), face_labels, _people(seen)),
        "text": Inputs(load_texts(said, tokenizer, recipe.tokens), _labels(said), _people(said)),
    }


def parts_of(inputs: Mapping[str, Inputs]) -> list[tuple[dict[str, Inputs], dict[str, Inputs]]]:
    """Split examples into parts that share no person; each part comes with all other examples.

    As many as there are voices, at most PARTS. A part may lack one label of a modality. Where people are too
    few for that there are two parts, of even and odd examples of each label.
    """
    fold = {name: _ranks(examples.labels) % 2 for name, examples in inputs.items()}
    for count in range(2, min(PARTS, len({*inputs["audio"].people})) + 1):
        found = {name: folds_of(examples.people, count) for name, examples in inputs.items()}
        if all(_labels_present(examples.labels, found[name], count) for name, examples in inputs.items()):
            fold = found
    parts = []
    for part in range(int(fold["audio"].max()) + 1):
        own = {name: examples.take(_rows(fold[name] == part)) for name, examples in inputs.items()}
        others = {name: examples.take(_rows(fold[name] != part)) for name, examples in inputs.items()}
        parts.append((own, others))
    return parts


def _rows(chosen: Tensor) -> Tensor:
    return torch.nonzero(chosen).flatten()


def _labels_present(labels: Tensor, fold: Tensor, count: int) -> bool:
    """Whether every part lacks one label at most."""
    least = len(labels.unique()) - 1
    return all(len(labels[fold == k].unique()) >= max(1, least) for k in range(count))


def _ranks(labels: Tensor) -> Tensor:
    """Place of each example among those of its label, [n]."""
    ranks = torch.zeros_like(labels)
    for label in labels.unique():
        own = _rows(labels == label)
        ranks[own] = torch.arange(len(own))
    return ranks


def require_labels(inputs: Mapping[str, Inputs], role: str, labels: Labels) -> None:
    """Raise DatasetError where a modality has no example of a label: no window of it could be composed."""
    for name, examples in inputs.items():
        for label, title in enumerate(labels):
            if not (examples.labels == label).any():
                raise DatasetError.of("pool_lacks", name=name, role=role, title=title)


@torch.no_grad()
def pool(encoder: nn.Module, inputs: Inputs) -> Pool:
    """Tokens of examples; a face is one token."""
    encoder.eval()
    parts = [encoder(*(t[i : i + 256] for t in inputs.tensors))[0] for i in range(0, len(inputs), 256)]
    tokens = torch.cat(parts)
    if tokens.ndim == 2:
        tokens = tokens[:, None]
    mask = inputs.tensors[1] if isinstance(encoder, TextStudent) else torch.ones(tokens.shape[:2])
    clips = torch.tensor(inputs.clips) if inputs.clips else None
    return Pool(tokens, mask, inputs.labels, speaker=_numbers(inputs.people), clip=clips)


def pools_of(
    encoders: Mapping[str, nn.Module], inputs: Mapping[str, Inputs], tokenizer: Tokenizer, spec: TextSpec
) -> dict[str, Pool]:
    """Tokens of every modality, and under `spoken` the tokens of the clips' own transcripts."""
    pools = {name: pool(encoders[name], examples) for name, examples in inputs.items()}
    sentences = sorted({sentence for sentence in inputs["audio"].said if sentence.strip()})
    if sentences:
        examples = [Example(sentence, 0, "", transcript=sentence) for sentence in sentences]
        unlabelled = Inputs(load_texts(examples, tokenizer, spec), torch.zeros(len(sentences)), ())
        pools["spoken"] = pool(encoders["text"], unlabelled)
        row = {sentence: index for index, sentence in enumerate(sentences)}
        own = torch.tensor([row.get(sentence, -1) for sentence in inputs["audio"].said])
        pools["audio"] = replace(pools["audio"], spoken=own)
    return pools


def training_batches(
    name: str, inputs: Mapping[str, Inputs], pools: Mapping[str, Pool], recipe: Recipe, size: int = 64
) -> Callable[[np.random.Generator], Iterator[tuple[Tensor, ...]]]:
    """Endless random batches of one network's arguments; the fusion's are composed from the pools."""

    def batches(rng: np.random.Generator) -> Iterator[tuple[Tensor, ...]]:
        while True:
            if name == "fusion":
                yield compose_windows(
                    pools, torch.from_numpy(rng.integers(0, len(recipe.labels), size)), recipe, rng
                )
            else:
                chosen = torch.from_numpy(rng.integers(0, len(inputs[name]), size))
                yield inputs[name].take(chosen).tensors

    return batches


def inputs_digest(inputs: Inputs) -> str:
    """Short hash of the features, so that the manifest can name the calibration data."""
    content = hashlib.sha256()
    for tensor in inputs.tensors:
        content.update(tensor.numpy().tobytes())
    return content.hexdigest()[:16]


def _some(examples: Sequence[Example], rng: np.random.Generator, most: int) -> list[Example]:
    chosen = []
    for label in sorted({e.label for e in examples}):
        rows = [e for e in examples if e.label == label]
        picks = rng.permutation(len(rows))[:most]
        chosen += [rows[int(pick)] for pick in sorted(picks)]
    return chosen


def _labels(examples: Sequence[Example]) -> Tensor:
    return torch.tensor([e.label for e in examples])


def _people(examples: Sequence[Example]) -> tuple[str, ...]:
    return tuple(e.speaker for e in examples)


def _said(examples: Sequence[Example]) -> tuple[str, ...]:
    return tuple(e.transcript or "" for e in examples)


def _numbers(people: Sequence[str]) -> Tensor | None:
    """A number for each speaker, the same in every run; None where no speaker is known."""
    digests = [hashlib.sha256(name.encode()).hexdigest()[:8] for name in people]
    return torch.tensor([int(inputs_digest, 16) for inputs_digest in digests]) if digests else None
