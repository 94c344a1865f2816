"""What an export needs in memory beside what the machine has, before anything is trained.

Counted: per process what Python and the libraries take now; what each student learns from and its fusion's
windows; and what tuning a teacher takes (export/teachers/memory.py), by far the most.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import torch

from edge.bundle.manifest import AudioSpec
from edge.errors import ConfigError
from edge.items import MODALITIES
from export.corpora.readers import Split
from export.fusion.pools import A_LABEL
from export.progress import tell
from export.recipe import Recipe, TaughtRecipe
from export.students.networks import TOKEN
from export.teachers.find import teacher_of
from export.teachers.memory import LONG, TuningNeed, tuning_need
from export.teachers.tuning import Tunable
from export.training.noisy_windows import PLACES, WINDOW_S

CLIP_S = 4.0
"""How long a clip is taken to be (seconds); only decoding would tell."""
STUDENT = 0.4e9
"""Network, optimizer and a batch of a student, and the libraries' own buffers (bytes)."""
LEAST_BATCH = 2


@dataclass(frozen=True)
class Tuned:
    """A teacher that is tuned: what its layers take."""

    name: str
    wanted: TaughtRecipe
    all_layers: int
    by_layers: Mapping[int, TuningNeed]
    """For the layers the recipe asks for, and for fewer."""

    @property
    def layers(self) -> int:
        """Layers that learn."""
        return min(self.wanted.tuning.layers or self.all_layers, self.all_layers)

    def bytes(self, layers: int | None = None, batch: int | None = None) -> float:
        """At most, with the recipe's layers and batch or with others."""
        return self.by_layers[layers or self.layers].training(batch or self.wanted.tuning.batch)
