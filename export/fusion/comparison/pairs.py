"""Clips whose voice and face were recorded together: RAVDESS and the action units of its faces.

ravdess/metadata.csv         file_name speaker emotion transcript; eight emotions
ravdess_au/ravdess_au.npz    clip [n], actor [n], action_units [n, 35]: OpenFace, mean over the clip
"""

from __future__ import annotations

import hashlib
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from calibration.data.dataset import person
from calibration.data.recordings import load_sound
from calibration.data.table import Once, Row, read_rows, shown
from edge.errors import DatasetError, MediaError
from edge.items import Floats
from edge.labels import plain
from edge.words import asked_language, word
from export.corpora.published import RAVDESS
from export.fusion.comparison.variants import TokenBatch
from export.progress import say
from export.students.networks import TOKEN
from export.teachers.base import RATE
from export.teachers.cache import teach
from export.teachers.whisper import WhisperTeacher

SEGMENTS = 4
"""Parts of equal length a clip is heard in."""
REGIONS = (
    (0, 1, 2, 17, 18, 19),  # brow: 1 2 4
    (3, 5, 16, 20, 22, 34),  # eyes: 5 7 45
    (4, 6, 7, 21, 23, 24),  # cheek and nose: 6 9 10
    (8, 9, 10, 12, 25, 26, 27, 29),  # corners of the mouth: 12 14 15 20
    (11, 13, 14, 15, 28, 30, 31, 32, 33),  # lips and jaw: 17 23 25 26 28
)
"""Columns of OpenFace's action units (17 intensities, 18 presences) by part of the face: a token each."""


@dataclass(frozen=True)
class Pairs:
    """n clips, raw."""

    audio: NDArray[np.float32]
    """Encoder output of each segment, [n, SEGMENTS, f]."""
    units: NDArray[np.float32]
    """Action units, [n, u]."""
    text: NDArray[np.float32]
    """Words, hashed, [n, TOKEN]."""
    labels: NDArray[np.int64]
    """Index into RAVDESS, [n]."""
    actors: NDArray[np.int64]
    """Index of who is heard and seen, [n]."""


class Segments:
    """A Whisper encoder as a teacher that keeps time: mean and deviation of each segment of a clip."""

    def __init__(self, teacher: WhisperTeacher) -> None:
        self._teacher = teacher
        self.identity = f"{teacher.identity}-segments{SEGMENTS}"

    def features(self, samples: Floats) -> Floats:
        """[SEGMENTS, 2 d] of a clip [n] at 16 kHz."""
        encoded = self._teacher.frames(samples)
        edges = np.linspace(0, len(encoded), SEGMENTS + 1).astype(int)
        parts = np.split(encoded, edges[1:-1])
        return np.stack([np.concatenate([part.mean(axis=0), part.std(axis=0)]) for part in parts])


def read_pairs(data: Path, teacher: WhisperTeacher, cache: Path) -> Pairs:
    """Every clip with its voice, its face and its words; one that cannot be read is named and left out.

    Raises DatasetError, also where speaker and actor are not the same people.
    cache: folder that keeps what the teacher heard; a run killed at any moment goes on.
    """
    table, packed = data / "ravdess" / "metadata.csv", data / "ravdess_au" / "ravdess_au.npz"
    for needed in (table, packed):
        if not needed.is_file():
            raise DatasetError.of("pairs_need", path=needed)
    faces = _faces(packed)
    takes, said, clips, once = [], [], [], Once()
    people = _People(packed)
    for row in read_rows(table, ("file_name", "speaker", "emotion", "transcript")):
        name, path = row.file(data / "ravdess", must_exist=False)
        once.take(row, name, row["emotion"].lower())
        take = f"01{path.stem[2:]}"
        if take not in faces:
            raise row.refused("pairs_no_face", path=packed, take=shown(take), name=shown(name))
        emotion, speaker = plain(row["emotion"]), person(row["speaker"])
        if emotion not in RAVDESS:
            raise row.refused("pairs_emotion", said=shown(row["emotion"]), known=", ".join(RAVDESS))
        people.add(row, faces[take][0], speaker)
        try:
            clips.append(load_sound(path, RATE))
        except MediaError as error:
            language = asked_language()
            say(word("left_out", language, why=error.told(language)))
            continue
        said.append((RAVDESS.index(emotion), speaker, row["transcript"]))
        takes.append(take)
    if not said:
        raise DatasetError.of("pairs_nothing", table=table)
    speakers = sorted({speaker for _, speaker, _ in said})
    names = [hashlib.sha256(clip.tobytes()).hexdigest()[:16] for clip in clips]
    return Pairs(
        teach(Segments(teacher), clips, names, cache),
        np.stack([faces[take][1] for take in takes]).astype(np.float32),
        np.stack([words(transcript) for _, _, transcript in said]),
        np.array([label for label, _, _ in said]),
        np.array([speakers.index(speaker) for _, speaker, _ in said]),
    )


def _faces(packed: Path) -> dict[str, tuple[int, NDArray[np.float32]]]:
    """Actor and action units of each clip."""
    try:
        with np.load(packed) as columns:
            parts = (columns[name] for name in ("clip", "actor", "action_units"))
            return {str(clip): (int(actor), units) for clip, actor, units in zip(*parts, strict=True)}
    except (OSError, ValueError, TypeError, KeyError, zipfile.BadZipFile) as error:
        raise DatasetError.of("pairs_packed", path=packed, why=error) from error


class _People:
    """Speakers of one table and actors of another, as long as they are the same people."""

    def __init__(self, packed: Path) -> None:
        self._packed = packed
        self._heard: dict[int, str] = {}
        self._seen: dict[str, int] = {}

    def add(self, row: Row, actor: int, speaker: str) -> None:
        """Note that a speaker is an actor. Raises DatasetError where either was somebody else before."""
        heard, seen = self._heard.setdefault(actor, speaker), self._seen.setdefault(speaker, actor)
        if (heard, seen) != (speaker, actor):
            before: object = heard if heard != speaker else DatasetError.of("pairs_actor", number=seen)
            raise row.refused(
                "pairs_mixed", speaker=shown(speaker), actor=actor, path=self._packed, before=before
            )


def words(sentence: str) -> NDArray[np.float32]:
    """How often each word occurs, by hash, [TOKEN]."""
    counts = np.zeros(TOKEN, np.float32)
    for one in sentence.lower().split():
        counts[zlib.crc32(one.encode()) % TOKEN] += 1
    return counts


def tokens(pairs: Pairs, train: NDArray[np.bool_]) -> TokenBatch:
    """What the fusion reads: nothing but the clips trained on [n] says how the rest is turned and scaled.

    Each actor's features are brought to mean 0 and deviation 1 first. That takes no label, but it takes
    recordings of the person: a device has them after its first minutes.
    """
    heard, seen = per_actor(pairs.audio, pairs.actors), per_actor(pairs.units, pairs.actors)
    example = torch.from_numpy(heard[train].reshape(-1, heard.shape[2]))
    torch.manual_seed(0)
    kept = min(TOKEN, *example.shape)
    directions = torch.pca_lowrank(example, kept)[2]
    audio = torch.zeros(*heard.shape[:2], TOKEN)
    audio[:, :, :kept] = torch.from_numpy(heard) @ directions
    audio /= audio[torch.from_numpy(train)].std()
    vision = torch.zeros(len(seen), len(REGIONS), TOKEN)
    for index, columns in enumerate(REGIONS):
        vision[:, index, list(columns)] = torch.from_numpy(seen[:, list(columns)])
    return TokenBatch(audio, vision, torch.from_numpy(pairs.text)[:, None])


def per_actor(features: NDArray[np.float32], actors: NDArray[np.int64]) -> NDArray[np.float32]:
    """Features [n, .., f] with mean 0 and deviation 1 over all clips of an actor; actors [n]."""
    scaled = np.empty_like(features)
    for actor in np.unique(actors):
        own = features[actors == actor]
        over = tuple(range(own.ndim - 1))
        scaled[actors == actor] = (own - own.mean(axis=over)) / (own.std(axis=over) + 1e-3)
    return scaled
