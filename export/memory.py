"""What an export needs in memory beside what the machine has, before anything is trained.

Of every process: what Python and the libraries take now, what its student learns from, and its teacher;
tuning one takes by far the most (export/teachers/memory.py). After the encoders: windows of the fusion.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch

from calibration.data.dataset import Example
from edge.bundle.manifest import AudioSpec
from edge.errors import ConfigError, EdgeError
from edge.items import MODALITIES
from export.corpora.readers import Split
from export.fusion.pools import A_LABEL
from export.progress import tell
from export.recipe import Recipe, TuningRecipe
from export.teachers.base import first_line
from export.teachers.find import teacher_of
from export.teachers.memory import LONG, TuningNeed, tuning_need
from export.teachers.tuning import Tunable
from export.training.hardware import processes
from export.training.noisy_windows import PLACES, WINDOW_S

CLIP_S = 4.0
"""How long a clip is taken to be (seconds): only decoding would tell."""
STUDENT = 0.4e9
"""Network, optimizer and a batch of a student (bytes)."""


@dataclass(frozen=True)
class PlannedTuning:
    """A teacher that will be tuned."""

    modality: str
    teacher: Tunable
    tuning: TuningRecipe
    longest: tuple[str, ...]
    """Sentences of a text teacher, the longest."""

    def need(self, layers: int | None) -> TuningNeed:
        """What it takes with so many top layers; None: all."""
        return tuning_need(self.teacher, layers, self.longest[: self.tuning.batch])

    def offers(self, room: float) -> list[EdgeError]:
        """Fewer layers, and a smaller batch, with which it takes `room` bytes at most."""
        batch, found = self.tuning.batch, list[EdgeError]()
        layers = (self.tuning.layers or self.need(None).layers) // 2
        while layers and self.need(layers).peak(batch) > room:
            layers //= 2
        if layers:
            found.append(ConfigError.of("memory_layers", name=self.modality, layers=layers))
        needed, smaller = self.need(self.tuning.layers), batch // 2
        while smaller > 1 and needed.peak(smaller) > room:
            smaller //= 2
        if smaller > 1:
            together = -(-batch * self.tuning.accumulate // smaller)
            found.append(
                ConfigError.of("memory_batch", name=self.modality, batch=smaller, accumulate=together)
            )
        return found


def require_memory(recipe: Recipe, data: Path, work: Path, splits: Mapping[str, Split]) -> None:
    """Say what the export needs and what there is. Raises ConfigError where it does not fit."""
    tuned, tuning = list[PlannedTuning](), dict[str, float]()
    for name in ("vision", "text"):
        if one := _tuned(recipe, name, data, work, splits[name]):
            try:
                tuning[name] = one.need(one.tuning.layers).peak(one.tuning.batch)
                tuned.append(one)
            except Exception as error:  # whatever a network does that is given tensors without content
                tell("memory_unknown", name=getattr(recipe, name).teacher, why=first_line(error))
    gpu, own = torch.cuda.is_available(), _resident()
    processor = {name: own + STUDENT + _learnt_from(recipe, name, splits[name].train) for name in MODALITIES}
    if not gpu:
        processor |= {name: processor[name] + more for name, more in tuning.items()}
    at_once = min(len(MODALITIES), os.cpu_count() or 1) if processes() == 1 else 1
    students = sum(sorted(processor.values())[-at_once:])
    need, free = max(students, own + _of_fusion(recipe, splits)), _free()
    tell("say_memory", need=need / 1e9, free=free / 1e9, tuning=sum(tuning.values()) / 1e9)
    _require(need, free, "memory_main", tuned, {} if gpu else tuning)
    if gpu and tuned:
        need, free = sum(tuning.values()), float(torch.cuda.mem_get_info()[0])
        tell("say_memory_gpu", need=need / 1e9, free=free / 1e9)
        _require(need, free, "memory_gpu", tuned, tuning)


def _require(
    need: float, free: float, which: str, tuned: list[PlannedTuning], tuning: Mapping[str, float]
) -> None:
    if need <= free:
        return
    most = max(tuning, key=lambda name: tuning[name], default=None)
    offers = list[EdgeError]()
    for one in tuned:
        if one.modality == most:
            offers = one.offers(free - need + tuning[most])
    either, *more = offers or [ConfigError.of("memory_larger")]
    advice = ConfigError.of("memory_either", one=either, other=more[0]) if more else either
    values = {"which": ConfigError.of(which), "need": need / 1e9, "free": free / 1e9, "advice": advice}
    raise ConfigError.of("memory_short", **values)


def _tuned(recipe: Recipe, name: str, data: Path, work: Path, split: Split) -> PlannedTuning | None:
    """The teacher of a modality, where it is still to be tuned."""
    wanted = getattr(recipe, name)
    teacher = teacher_of(recipe, name, data) if wanted.pretrained else None
    if not isinstance(teacher, Tunable) or not wanted.tuning.epochs:
        return None
    if any((work / "teacher").glob(f"tuned-{teacher.identity}-*/fold{wanted.tuning.folds - 1}.pt")):
        return None
    texts = sorted((e.transcript or "" for e in split.train), key=len)[-LONG:]
    return PlannedTuning(name, teacher, wanted.tuning, tuple(texts[::-1]))


def _learnt_from(recipe: Recipe, name: str, examples: list[Example]) -> float:
    """Clips and windows of them, faces, or tokens, as they lie in memory (bytes)."""
    if name == "audio":
        return len(examples) * (4 * CLIP_S * AudioSpec().rate + 4 * PLACES * _window())
    if name == "vision":  # as they are read, as numbers, and once more while these are made
        return len(examples) * 12.0 * recipe.face_crop.size**2
    return len(examples) * 16.0 * recipe.tokens.length


def _of_fusion(recipe: Recipe, splits: Mapping[str, Split]) -> float:
    """Features and tokens of the training and dev examples (bytes)."""
    most = A_LABEL * len(recipe.labels)
    count = {name: min(most, len(splits[name].train)) + len(splits[name].dev) for name in MODALITIES}
    sizes = {
        "audio": 8 * _window(),
        "vision": 16.0 * recipe.face_crop.size**2,
        "text": 1e3 * recipe.tokens.length,
    }
    return sum(2 * count[name] * size for name, size in sizes.items())


def _window() -> float:
    """Numbers of the picture of a window."""
    spec = AudioSpec()
    return spec.mels * WINDOW_S * spec.rate / spec.hop


def _resident() -> float:
    """What this process takes now, and others like it will (bytes)."""
    return _kilobytes("/proc/self/status", "VmRSS")


def _free() -> float:
    """Main memory that programs can still get (bytes)."""
    return _kilobytes("/proc/meminfo", "MemAvailable")


def _kilobytes(file: str, name: str) -> float:
    found = re.search(rf"^{name}:\s*(\d+) kB", Path(file).read_text(encoding="utf-8"), re.MULTILINE)
    assert found is not None
    return 1024.0 * int(found[1])
