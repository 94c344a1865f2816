"""The recipe: what to train on, how long, and who is judged on. A TOML file, unknown keys refused."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import Field, ValidationError

from calibration.dataset import Example
from edge.errors import ConfigError
from edge.manifest import Spec, TextSpec, VisionSpec, VotingSettings

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

Share = Annotated[float, Field(gt=0.0, lt=1.0)]


class StudentRecipe(Spec):
    """How one encoder is trained."""

    corpora: tuple[str, ...]
    """Folders below the data folder; later ones may carry less weight (see `weights`)."""
    weights: tuple[Share, ...] = ()
    """Weight of the examples of each corpus; 1 where not given."""
    dev: tuple[str, ...] = ()
    """Speakers that set the temperature and show progress; without a list, a twentieth by hash."""
    test: tuple[str, ...] = ()
    """Speakers judged on; without a list the corpus's own split, or a tenth by hash."""
    epochs: Annotated[int, Field(gt=0)]
    batch: Annotated[int, Field(gt=1)] = 64
    lr: Annotated[float, Field(gt=0.0)]
    weight_decay: float = 0.05
    smoothing: float = 0.05
    adjust: float = 0.0
    """Strength of logit adjustment by the class prior."""
    mixup: float = 0.0
    """Beta parameter of mixup; 0 switches it off."""
    noise: str | None = None
    """Folder of sounds below the data folder, mixed into the speech."""


class FusionRecipe(Spec):
    """How the audio-guided fusion head is trained."""

    epochs: Annotated[int, Field(gt=0)]
    windows: Annotated[int, Field(gt=0)]
    """Windows composed an epoch."""
    batch: Annotated[int, Field(gt=1)] = 64
    lr: Annotated[float, Field(gt=0.0)]
    dropout: Share = 0.3
    """Chance that vision, or text, is taken away from a window."""
    guide: Annotated[str, Field(pattern="^(query|key_value)$")] = "query"
    """What the audio is in the cross-attention."""


class Recipe(Spec):
    """Everything `edge export` needs besides the data."""

    name: str
    seed: int = 1
    audio: StudentRecipe
    vision: StudentRecipe
    text: StudentRecipe
    fusion: FusionRecipe
    face_crop: VisionSpec = VisionSpec()
    tokens: TextSpec = TextSpec()
    voting: VotingSettings = VotingSettings()
    method: dict[str, str] = {}
    """Activation ranges by model: minmax (default) or percentile."""

    def key(self, *parts: str) -> str:
        """Short digest of the named parts: trained weights are reused only while these are the same."""
        content = "".join(f"{part}={self.model_dump(include={part})}" for part in ("seed", *parts))
        return hashlib.sha256(content.encode()).hexdigest()[:10]


@dataclass(frozen=True)
class Split:
    """Examples by role; no speaker has two roles."""

    train: list[Example]
    dev: list[Example]
    test: list[Example]


def read_recipe(path: Path) -> Recipe:
    """Read and check a recipe. Raises ConfigError with the key that is wrong."""
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"{path} is not a readable recipe ({error}); see recipes/starter.toml") from error
    try:
        return Recipe.model_validate(content)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise ConfigError(f"{path}: {where}: {first['msg']}; see recipes/starter.toml") from error


def split_speakers(
    examples: Sequence[Example], dev: Sequence[str], test: Sequence[str], *, own_test: bool = False
) -> Split:
    """Share examples out by speaker.

    Speakers named nowhere are trained on, unless no list is given: then a twentieth of all speakers
    (by hash of the name) is dev and a tenth test, or none where the corpus has a test split of its own.
    """
    parts: tuple[list[Example], list[Example], list[Example]] = ([], [], [])
    for example in examples:
        drawn = int(hashlib.sha256(example.speaker.encode()).hexdigest()[:8], 16) % 100
        in_test = example.speaker in test if test else not own_test and drawn >= 90
        in_dev = example.speaker in dev if dev else drawn < 5
        parts[2 if in_test else 1 if in_dev else 0].append(example)
    return Split(*parts)
