"""Recordings nobody labelled: which of them may get pseudo-labels, and features of all clips."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from calibration.data.dataset import Example, person, require_human
from calibration.data.recordings import SOUNDS
from calibration.data.table import Once, read_rows
from edge.errors import ConfigError, DatasetError
from edge.items import Floats
from edge.labels import Labels
from edge.recording.sealed import media_suffix
from export.corpora.readers import Split
from export.pseudo.clips import Described, describe
from export.pseudo.ensemble import HumanLabelled
from export.pseudo.rounds import PseudoData
from export.recipe import Recipe
from export.teachers.find import teacher_of
from export.training.targets import LEAST_CLIPS


@dataclass(frozen=True)
class Recording:
    """One recording without a label."""

    path: Path
    speaker: str
    """Who is heard; the file itself where nobody knows."""
    transcript: str = ""


@dataclass(frozen=True, eq=False)
class Gathered:
    """What the rounds work on."""

    material: PseudoData
    recordings: dict[str, Recording]
    """Of each pool clip, by hash of its sound."""
    judged: HumanLabelled
    """The test speakers' clips; nothing is ever decided on them."""
    left_out: dict[str, int]
    """Recordings that take no part, by reason."""
    teacher: str
    """Its identity."""


def read_unlabelled(folder: Path) -> list[Recording]:
    """Recordings of a folder: those metadata.csv names (file_name; optional speaker, transcript), or all.

    Labels in the table are not looked at. Raises DatasetError.
    """
    table = folder / "metadata.csv"
    found = []
    if table.is_file():
        once = Once()
        for row in read_rows(table, ("file_name",)):
            name, path = row.file(folder)
            once.take(row, name)
            found.append(Recording(path, person(row.get("speaker")) or name, row.get("transcript")))
    else:
        files = sorted(p for p in folder.rglob("*") if media_suffix(p) in SOUNDS)
        found = [Recording(p, str(p.relative_to(folder))) for p in files]
    if not found:
        raise DatasetError.of("unlabelled_none", folder=folder, kinds=", ".join(SOUNDS))
    return found


def gather(
    recipe: Recipe, data: Path, split: Split, recordings: Sequence[Recording], cache: Path
) -> Gathered:
    """Features of everybody, and a pool without anybody who is judged on. Raises ConfigError, DatasetError.

    Features are relative to their speaker: give speakers in metadata.csv where they are known.

    cache: folder of features by teacher. Clips whose very sound is labelled already, or that come twice,
    leave the pool, and so do the speakers that dev and test name.
    """
    if recipe.audio.teacher is None:
        raise ConfigError.of("unlabelled_teacher")
    require_human([*split.dev, *split.test])
    _require_labels(split.dev, recipe.labels)
    teacher = teacher_of(recipe, "audio", data)
    assert teacher is not None
    people = [example for example in split.train if example.soft is None]
    human, frozen, judged = (
        _labelled(describe([_path(e) for e in part], teacher, cache), part)
        for part in (people, split.dev, split.test)
    )
    reserved = {example.speaker for example in (*split.dev, *split.test)}
    free = [r for r in recordings if r.speaker not in reserved]
    heard = describe([r.path for r in free], teacher, cache)
    rows, left_out = _pool_rows(heard, {*human.names, *frozen.names, *judged.names})
    left_out["of a person who is judged on"] = len(recordings) - len(free)
    if not rows:
        raise DatasetError.of(
            "unlabelled_left",
            unusable=left_out["cannot be used"],
            judged=left_out["of a person who is judged on"],
            known=left_out["labelled already"],
            twice=left_out["the same sound twice"],
        )
    by_path = {r.path: r for r in free}
    pool = [by_path[heard.files[row]] for row in rows]
    names, speakers = [heard.names[row] for row in rows], [r.speaker for r in pool]
    scaled = [
        scale(
            [human.views[side], heard.views[side][rows], frozen.views[side], judged.views[side]],
            [human.groups, speakers, frozen.groups, judged.groups],
        )
        for side in (0, 1)
    ]
    first, second = (HumanLabelled(view[0], human.labels, human.groups) for view in scaled)
    material = PseudoData(
        (first, second),
        (scaled[0][1], scaled[1][1]),
        names,
        speakers,
        HumanLabelled(scaled[0][2], frozen.labels, frozen.groups),
        recipe.labels,
    )
    judged_ = HumanLabelled(scaled[0][3], judged.labels, judged.groups)
    by_name = dict(zip(names, pool, strict=True))
    return Gathered(material, by_name, judged_, {w: n for w, n in left_out.items() if n}, teacher.identity)


def _pool_rows(heard: Described, known: set[str]) -> tuple[list[int], Counter[str]]:
    """Rows of what was heard that join the pool, and how many do not, by reason. known: labelled sounds."""
    rows, taken, left_out = list[int](), set[str](), Counter({"cannot be used": len(heard.skipped)})
    for row, name in enumerate(heard.names):
        if name in known or name in taken:
            left_out["labelled already" if name in known else "the same sound twice"] += 1
        else:
            rows.append(row)
            taken.add(name)
    return rows, left_out


def scale(parts: Sequence[Floats], groups: Sequence[Sequence[str]]) -> list[Floats]:
    """Features with each speaker's own level taken off, and one unit for all.

    parts: [n, f] each; the first two are what is learned from. groups: who is heard, clip by clip.
    Whoever is heard in fewer than LEAST_CLIPS is taken for the average speaker. No label is looked at.
    """
    average = np.concatenate(parts[:2]).mean(axis=0)
    clips = np.concatenate([features - average for features in parts])
    who = np.array([name for part in groups for name in part])
    for name in np.unique(who):
        own = who == name
        if own.sum() >= LEAST_CLIPS:
            clips[own] -= clips[own].mean(axis=0)
    ends = np.cumsum([len(part) for part in parts])
    unit = float(np.sqrt(np.square(clips[: ends[1]]).mean())) + 1e-9
    return [np.asarray(part / unit, np.float32) for part in np.split(clips, ends[:-1])]


@dataclass(frozen=True, eq=False)
class _Labelled:
    """Clips that people labelled, as far as they can be heard."""

    names: list[str]
    views: tuple[Floats, Floats]
    labels: NDArray[np.int64]
    groups: list[str]


def _labelled(found: Described, examples: Sequence[Example]) -> _Labelled:
    by_path = {example.path: example for example in examples}
    heard = [by_path[file] for file in found.files]
    labels = np.array([e.label for e in heard], np.int64)
    return _Labelled(found.names, found.views, labels, [e.speaker for e in heard])


def _path(example: Example) -> Path:
    assert example.path is not None
    return example.path


def _require_labels(frozen: Sequence[Example], labels: Labels) -> None:
    there = {labels[example.label] for example in frozen}
    missing = [name for name in labels.negative if name not in there]
    if missing:
        raise DatasetError.of("unlabelled_dev", missing=", ".join(missing))
