"""Frame features of an audio teacher as targets for every token of the audio student.

One vector a clip holds little of the sound. The log of the phase `audio-listening` tells which share
of the variance a student explains on people it was never trained on.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from edge.items import Floats
from export.students.networks import TOKEN, AudioStudent
from export.teachers.base import Teacher
from export.teachers.cache import teach

DIRECTIONS = 128
"""Principal directions of the teacher's features that the student imitates."""
SAMPLE = 512
"""Windows the directions are found on."""


@runtime_checkable
class FrameTeacher(Teacher, Protocol):
    """A teacher that gives features of short frames of sound."""

    def frames(self, samples: Floats, /) -> Floats:
        """Vectors [t, d] at even distances over a clip [n] at 16 kHz."""
        ...


@dataclass(frozen=True)
class Directions:
    """The axes a teacher's frames are read along."""

    centre: Floats
    """[d]"""
    axes: Floats
    """[d, DIRECTIONS]: deviations first, then principal directions; what comes out has mean square 1."""
    key: str
    """What they were found on."""


class TokenTeacher:
    """A teacher's frames at the rate of the student's tokens, as one vector a window.

    directions: None leaves the vectors of each token as the teacher gives them.
    """

    def __init__(self, teacher: FrameTeacher, tokens: int, directions: Directions | None = None) -> None:
        self._teacher, self._tokens, self._directions = teacher, tokens, directions
        key = f"-{directions.key}" if directions else ""
        self.identity = f"{teacher.identity}-{tokens}{key}"

    def features(self, window: Floats) -> Floats:
        """Vector [tokens * d], or [tokens * DIRECTIONS], of a window [n] at 16 kHz."""
        frames = torch.from_numpy(np.ascontiguousarray(self._teacher.frames(window), np.float32))
        found = F.adaptive_avg_pool1d(frames.T[None], self._tokens)[0].T.numpy()
        if self._directions:
            found = (found - self._directions.centre) @ self._directions.axes
        return np.asarray(found, np.float32).ravel()


def frame_targets(
    teacher: FrameTeacher,
    directions: Directions,
    windows: Sequence[Floats],
    names: Sequence[str],
    speakers: Sequence[str],
    tokens: int,
    cache: Path,
) -> Tensor:
    """Targets of every token of every window, [n, tokens, DIRECTIONS] in half precision.

    names: what each window is known by in the cache. speakers: who is heard in each; the teacher's mean
    features of each speaker are subtracted.
    """
    said = teach(TokenTeacher(teacher, tokens, directions), windows, names, cache)
    found = said.reshape(len(windows), tokens, DIRECTIONS)
    who = np.array(speakers)
    for name in np.unique(who):
        found[who == name] -= found[who == name].mean(axis=(0, 1))
    return torch.from_numpy(found.astype(np.float16))


def find_directions(
    teacher: FrameTeacher, windows: Sequence[Floats], names: Sequence[str], tokens: int, cache: Path
) -> Directions:
    """Principal directions of the teacher's features of some of the windows."""
    rows = np.unique(np.linspace(0, len(windows) - 1, min(SAMPLE, len(windows))).astype(int)).tolist()
    chosen = [names[row] for row in rows]
    said = teach(TokenTeacher(teacher, tokens), [windows[row] for row in rows], chosen, cache)
    vectors: NDArray[np.float32] = said.reshape(len(rows) * tokens, -1)
    centre = vectors.mean(axis=0)
    deviation = vectors.std(axis=0) + 1e-4
    spread = (vectors - centre) / deviation
    values, axes = np.linalg.eigh((spread.T @ spread).astype(np.float64))
    axes = axes[:, np.argsort(-values)[:DIRECTIONS]]
    axes *= np.sign(axes[np.abs(axes).argmax(axis=0), np.arange(axes.shape[1])])  # either sign would do
    axes = np.pad(axes, ((0, 0), (0, DIRECTIONS - axes.shape[1])))
    axes /= np.sqrt(np.square(spread @ axes).mean()) + 1e-6
    key = hashlib.sha256("".join(chosen).encode()).hexdigest()[:10]
    return Directions(centre, np.asarray(axes / deviation[:, None], np.float32), key)


class FrameMatcher(nn.Module):
    """The audio student and the linear map from its tokens to the teacher's features."""

    def __init__(self, student: AudioStudent) -> None:
        super().__init__()
        self.student = student
        self.match = nn.Linear(TOKEN, DIRECTIONS)

    def imitated(self, tokens: Tensor) -> Tensor:
        """Prediction of the teacher's frame features, [b, t, DIRECTIONS], from its tokens [b, t, d]."""
        found: Tensor = self.match(tokens)
        return found
