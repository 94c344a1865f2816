"""Logits of the fusion for people that no network was trained on: what confidence is fitted on.

The fusion head needs examples that the encoders were not trained on, and few people are kept back for that.
So heads are trained that each leave out a part of these people and are asked about that; the head that
ships is trained on all, and takes over their temperature (cross-fitting, as in scikit-learn's
CalibratedClassifierCV with ensemble=False).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from edge.items import MODALITIES
from export.fusion.training import Fusion, train_fusion
from export.fusion.windows import Pool, compose_windows, even_labels
from export.recipe import Recipe
from export.training.hardware import processes
from export.training.side_by_side import side_by_side
from export.training.weights import save_whole

A_LABEL, LEAST = 100, 30
"""Windows of each label, of each part, for every combination of modalities; and the least of each voice."""
COMBINATIONS = [kept for count in range(1, len(MODALITIES) + 1) for kept in combinations(MODALITIES, count)]
"""What may be present."""

ExtraPools = tuple[Mapping[str, Pool], Mapping[str, Pool] | None]
"""Pools a head learns from besides those of the training examples, and pools it is judged on."""

LabelledLogits = tuple[NDArray[np.float32], NDArray[np.int64]]
"""Logits [n, k] and labels [n]."""

ClipLogits = tuple[NDArray[np.float32], NDArray[np.int64], NDArray[np.int64]]
"""The same, and which clip each window is composed around, [n]."""


@dataclass(frozen=True, eq=False)
class CrossFit:
    """Logits of heads on windows of people that neither they nor any encoder was trained on."""

    logits: dict[tuple[str, ...], LabelledLogits]
    """Modalities present -> windows of all these people."""
    speaker_logits: dict[tuple[str, ...], list[ClipLogits]]
    """Modalities present -> windows of one speaker each, whichever part they are in."""
    accuracy: dict[str, float]
    """On windows composed as in training, of all modalities together and of each alone (0..1)."""


def train_heads(
    recipe: Recipe,
    encoders: Mapping[str, nn.Module],
    seen: Mapping[str, Pool],
    unseen: Mapping[str, Pool],
    parts: Sequence[tuple[Mapping[str, Pool], Mapping[str, Pool]]],
    folder: Path,
) -> list[Fusion]:
    """Train, or load, the head that ships, then one for each part that leaves it out; side by side.

    encoders: finished. parts: the pools of a part of the people, and of all others.
    """
    places = [folder, *(folder / f"without-{number + 1}" for number in range(len(parts)))]
    extra: list[ExtraPools] = [
        (unseen, None),
        *((with_all_labels(others, seen), own) for own, others in parts),
    ]
    lacking = [number for number, place in enumerate(places) if not (place / "fusion.pt").is_file()]
    stored = folder / "pools.pt"
    # The experts take seconds; under `accelerate launch` all processes train each head together, below.
    if lacking and processes() == 1 and recipe.fusion.head:
        folder.mkdir(parents=True, exist_ok=True)
        save_whole(stored, (seen, extra))
        side_by_side([(_train_head, (recipe, stored, number, places[number])) for number in lacking])
    stored.unlink(missing_ok=True)  # a run killed in between may have left it
    return [
        train_fusion(recipe, encoders, seen, *extra[number], place) for number, place in enumerate(places)
    ]


def _train_head(recipe: Recipe, stored: Path, number: int, place: Path) -> None:
    """Train one head. stored: pools of the training examples, and the further pools of each head."""
    with torch.serialization.safe_globals([Pool]):
        seen, extra = torch.load(stored, mmap=True)  # one copy in memory, however many heads
    unseen, dev = extra[number]
    train_fusion(recipe, {}, seen, unseen, dev, place)


def cross_fitted(recipe: Recipe, heads: Sequence[Fusion], parts: Sequence[Mapping[str, Pool]]) -> CrossFit:
    """Logits of each head for the part of the people that it left out.

    Every part weighs alike, however many examples it has. The windows keep the transcript where it is known.
    """
    found: dict[tuple[str, ...], list[LabelledLogits]] = {}
    speakers: dict[tuple[str, ...], dict[int, list[ClipLogits]]] = {}
    right: dict[str, list[float]] = {}
    for number, (head, own) in enumerate(zip(heads, parts, strict=True)):
        labels = even_labels(own, A_LABEL * len(recipe.labels))
        voices = _voices(own)
        for present in COMBINATIONS:
            whole = _window_logits(head, own, labels, recipe, present)
            found.setdefault(present, []).append(whole[:2])
            for speaker, voice in voices.items():
                some = even_labels(voice, max(LEAST, A_LABEL // len(voices)) * len(recipe.labels))
                if len(some):  # else no face or no sentence has a label this speaker shows
                    told = _window_logits(head, voice, some, recipe, present)
                    of_speakers = speakers.setdefault(present, {})
                    of_speakers.setdefault(-1 - number if speaker is None else speaker, []).append(told)
        for name, present in {"all": MODALITIES, **{m: (m,) for m in MODALITIES}}.items():
            guessed = _logits(
                head, compose_windows(own, labels, recipe, _generator(recipe, 2), present)
            ).argmax(dim=1)
            right.setdefault(name, []).append(float((guessed == labels).float().mean()))
    logits = {
        present: (np.concatenate([told for told, _ in rows]), np.concatenate([label for _, label in rows]))
        for present, rows in found.items()
    }
    speaker_logits = {
        present: [_joined(of_one) for of_one in told.values()] for present, told in speakers.items()
    }
    accuracy = {name: round(float(np.mean(shares)), 3) for name, shares in right.items()}
    return CrossFit(logits, speaker_logits, accuracy)


def with_all_labels(own: Mapping[str, Pool], seen: Mapping[str, Pool]) -> dict[str, Pool]:
    """Pools that hold every label: a label that is missing is filled in with training examples."""
    whole = dict(own)
    for name in MODALITIES:
        lacking = torch.nonzero(~torch.isin(seen[name].label, own[name].label)).flatten()
        whole[name] = own[name].add(seen[name].take(lacking)) if len(lacking) else own[name]
    return whole


def _voices(own: Mapping[str, Pool]) -> dict[int | None, dict[str, Pool]]:
    """Speaker -> the pools with their sound alone; all under None where speakers are unknown."""
    audio = own["audio"]
    if audio.speaker is None:
        return {None: dict(own)}
    return {
        speaker: {**own, "audio": audio.take(torch.nonzero(audio.speaker == speaker).flatten())}
        for speaker in audio.speaker.unique().tolist()
    }


def _joined(parts: Sequence[ClipLogits]) -> ClipLogits:
    """Windows of one speaker from several parts; those without sound stay clips of their own."""
    logits, labels, clips = (np.concatenate(of) for of in zip(*parts, strict=True))
    return logits, labels, np.where(clips < 0, -1 - np.arange(len(clips)), clips)


def _window_logits(
    head: Fusion, own: Mapping[str, Pool], labels: Tensor, recipe: Recipe, present: Sequence[str]
) -> ClipLogits:
    windows = compose_windows(own, labels, recipe, _generator(recipe, 1), present, spoken=True)
    return _logits(head, windows).numpy(), labels.numpy(), _clips_of(windows[0], own["audio"])


def _clips_of(voices: Tensor, pool: Pool) -> NDArray[np.int64]:
    """Which clip of a pool each voice [n, t, d] is of, by its tokens, [n]; without voices each is one."""
    known = {
        row.numpy().tobytes(): int(number if pool.clip is None else pool.clip[number])
        for number, row in enumerate(pool.tokens)
    }
    return np.array([known.get(row.numpy().tobytes(), -1 - n) for n, row in enumerate(voices)], np.int64)


@torch.no_grad()
def _logits(head: Fusion, windows: Sequence[Tensor]) -> Tensor:
    logits: Tensor = head(*windows)[0]
    return logits


def _generator(recipe: Recipe, number: int) -> np.random.Generator:
    return np.random.default_rng((recipe.seed, number))
