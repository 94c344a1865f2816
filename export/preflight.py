"""What an export needs late is looked for before it trains: libraries, data of the trial and its teacher."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from edge.errors import DatasetError, MissingExtraError
from export.fusion.comparison.trial import TEACHER
from export.fusion.privacy.dp import require_opacus
from export.fusion.privacy.federated import require_flwr
from export.recipe import Recipe
from export.teachers.find import open_teacher

TRIAL_FILES = ("ravdess/metadata.csv", "ravdess_au/ravdess_au.npz")


def require_means(recipe: Recipe, data: Path) -> None:
    """Raise ConfigError, DatasetError or MissingExtraError for what a long export would stop at."""
    if recipe.fusion.dp_noise is not None:
        require_opacus()
    if recipe.fusion.sites is not None:
        require_flwr()
    if recipe.trial:
        for file in TRIAL_FILES:
            if not (data / file).is_file():
                raise DatasetError.of("trial_needs", path=data / file)
        open_teacher(TEACHER, data)
        if importlib.util.find_spec("faster_whisper") is None:
            raise MissingExtraError("faster-whisper", "teachers")
