"""`edge teach`: ask a recipe's teachers ahead of `edge export`, on as many GPUs and machines as there are."""

from __future__ import annotations

from pathlib import Path

from edge.bundle.manifest import AudioSpec
from edge.errors import ConfigError, DatasetError
from edge.items import MODALITIES
from edge.system.disk import work_folder
from export.progress import tell
from export.recipe import read_recipe
from export.students.audio import audio_split, audio_targets
from export.students.text import text_split, text_targets
from export.students.vision import vision_split, vision_targets
from export.training.noisy_windows import NoisyWindows, load_clips


def ask_teachers(recipe_path: Path, data: Path, out: Path) -> None:
    """Tune the teachers and keep their answers where `edge export` with the same `out` finds them.

    Under `accelerate launch` clips and folds are shared out over the processes. Raises EdgeError.
    """
    recipe = read_recipe(recipe_path)
    if not data.is_dir():
        raise DatasetError.of("data_none", data=data)
    asked = [name for name in MODALITIES if getattr(recipe, name).teacher not in (None, "cnn")]
    if not asked:
        raise ConfigError.of("teacher_none", path=recipe_path)
    work = work_folder(out)
    cache = work / "teacher"
    if "audio" in asked:
        split = audio_split(recipe, data)
        windows = NoisyWindows.load(recipe, data, split.train)
        audio_targets(recipe, data, windows, load_clips(split.dev, AudioSpec().rate), cache)
    if "vision" in asked:
        vision_targets(recipe, data, vision_split(recipe, data, work), cache)
    if "text" in asked:
        text_targets(recipe, data, text_split(recipe, data), cache)
    tell("say_asked", names=", ".join(asked), cache=cache)
