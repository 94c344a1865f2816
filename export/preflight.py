"""All a recipe needs is looked for before the first batch, and all that lacks is said at once."""

from __future__ import annotations

import importlib.util
import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from calibration.confidence.fitting import LEAST
from calibration.data.dataset import Example
from edge.bundle.manifest import AudioSpec
from edge.errors import ConfigError, DatasetError, EdgeError, MissingExtraError
from edge.items import MODALITIES
from edge.words import asked_language
from export.corpora.readers import Split
from export.deliver.learned import SPLITS, known_to_start
from export.fusion.comparison.trial import TEACHER
from export.fusion.privacy.dp import require_opacus
from export.fusion.privacy.federated import require_flwr
from export.int8.calls import LEAST_FACES, LEAST_SENTENCES
from export.judge.bundles import machines_of
from export.memory import require_memory
from export.progress import say
from export.recipe import Recipe
from export.students.vision import vision_split
from export.students.warm_start import started_from
from export.teachers.find import open_teacher, teacher_of
from export.training.noisy_windows import clip_windows, load_clips

TRIAL_FILES = ("ravdess/metadata.csv", "ravdess_au/ravdess_au.npz")
LEAST_FREE = 1e9
"""Weights, checkpoints, graphs and held-out pictures of an export fit in this (bytes)."""


def require_means(recipe: Recipe, data: Path, work: Path) -> None:
    """Raise EdgeError for what a long export would stop at; of several, each is said on a line of its own."""
    found = {str(error): error for error in _complaints(recipe, data, work)}
    if not found:  # cutting faces from films takes a while: for what has all else it needs
        cut = _lacking("vision", recipe, lambda: vision_split(recipe, data, work))
        found = {str(error): error for error in cut}
    if not found:
        splits = {name: read(recipe, data) for name, read in SPLITS.items()}
        require_memory(recipe, data, work, splits | {"vision": vision_split(recipe, data, work)})
    if len(found) == 1:
        raise next(iter(found.values()))
    for error in found.values():
        say(error.told(asked_language()))
    if found:
        raise ConfigError.of("preflight_many", count=len(found))


def _complaints(recipe: Recipe, data: Path, work: Path) -> Iterator[EdgeError]:
    for name in MODALITIES:
        yield from _of_modality(name, recipe, data)
    if recipe.audio.corpora:
        yield from _raised(lambda: machines_of(recipe, data))
    if recipe.fusion.dp_noise is not None:
        yield from _raised(require_opacus)
    if recipe.fusion.sites is not None:
        yield from _raised(require_flwr)
    if recipe.trial:
        lacking = [data / file for file in TRIAL_FILES if not (data / file).is_file()]
        yield from (DatasetError.of("trial_needs", path=path) for path in lacking)
        yield from _raised(lambda: open_teacher(TEACHER, data))
        if importlib.util.find_spec("faster_whisper") is None:
            yield MissingExtraError("faster-whisper", "teachers")
    free = shutil.disk_usage(work).free
    if free < LEAST_FREE:
        yield ConfigError.of("preflight_disk", path=work, free=free / 1e9, least=LEAST_FREE / 1e9)


def _of_modality(name: str, recipe: Recipe, data: Path) -> Iterator[EdgeError]:
    wanted = getattr(recipe, name)
    yield from _start(name, recipe, data)
    if wanted.teacher not in (None, "cnn"):
        yield from _raised(lambda: teacher_of(recipe, name, data))
    yield from _lacking(name, recipe, lambda: SPLITS[name](recipe, data), cut=False)


def _start(name: str, recipe: Recipe, data: Path) -> Iterator[EdgeError]:
    """What is wrong with the bundle that a network begins as."""
    try:
        start = started_from(recipe, name, data)
        split = SPLITS[name](recipe, data) if start else None
    except EdgeError as error:
        yield error
        return
    if start and split:
        yield from known_to_start(name, start, split)


def _lacking(
    name: str, recipe: Recipe, read: Callable[[], Split], *, cut: bool = True
) -> Iterator[EdgeError]:
    """What lacks in the examples of a modality. cut: whether faces stand in place of films."""
    try:
        split = read()
    except EdgeError as error:
        yield error
        return
    seen = {"train": [e for e in split.train if e.soft is None], "dev": split.dev}
    for role, examples in seen.items():
        if not any(_holds(name, example) for example in examples):
            yield DatasetError.of(f"preflight_no_{name}", name=name, role=role)
            continue
        met = {example.label for example in examples}
        lacking = ", ".join(title for label, title in enumerate(recipe.labels) if label not in met)
        if lacking:
            yield DatasetError.of("pool_lacks", name=name, role=role, title=lacking)
        elif role == "dev" and (cut or name != "vision"):
            yield from _too_few(name, examples)
    least, what = {"vision": (LEAST_FACES, "faces"), "text": (LEAST_SENTENCES, "sentences")}.get(
        name, (0, "")
    )
    if len(seen["train"]) < least and (cut or name != "vision"):
        material = DatasetError.of(f"material_{what}")
        yield DatasetError.of("ranges_few", least=least, what=material, amount=len(seen["train"]))


def _too_few(name: str, examples: Sequence[Example]) -> Iterator[EdgeError]:
    """Whether confidence can be set on dev examples; sound counts by the windows it holds."""
    count = len(examples)
    if name == "audio" and count < LEAST:
        try:
            rate = AudioSpec().rate
            count = len(clip_windows(load_clips(examples, rate)[1], AudioSpec())[1])
        except DatasetError as error:
            yield error
            return
    if count < LEAST:
        yield DatasetError.of("preflight_dev_few", name=name, count=count, least=LEAST)


def _holds(name: str, example: Example) -> bool:
    """Whether there is something of the modality to learn from."""
    return bool(example.transcript) if name == "text" else example.path is not None


def _raised(check: Callable[[], object]) -> Iterator[EdgeError]:
    """What a check raises, if it does."""
    try:
        check()
    except EdgeError as error:
        yield error
