"""Corpora whose files are films: a few faces are cut from each, as the device would see them.

The crops of a film are one array in a folder of the export, named after all they come from: the film, the
detector, and how a face is cut out. They are made once, each whole or not at all; those of an encrypted film
are encrypted with the key of that film.
"""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from importlib.resources import as_file, files
from pathlib import Path

import numpy as np

from calibration.data.dataset import Example
from calibration.data.looks import Looker
from edge.bundle.manifest import VisionSpec
from edge.errors import DatasetError, MediaError
from edge.items import Bytes, Frame
from edge.recording.keys import made_of
from edge.recording.sealed import SUFFIX, destroy, is_sealed, media_suffix, write_beside
from edge.sources.recorded.recording import MOVING, RecordingSource
from edge.system.private import make_private
from edge.words import asked_language, word
from export.corpora.fer2013 import CROPS, read_crops
from export.corpora.fingerprint import file_fingerprint
from export.corpora.readers import Split, say_once
from export.progress import bar

A_FILM = 6
"""Faces of a film at most, each from the middle of an equal part of its pictures with a face."""
STEP_S = 0.25
"""How often a face is looked for (seconds)."""
RATE = 16000
"""Sample rate of the sound, which is not listened to (hertz)."""
NAMED = 10
"""Films without a face that are named in a line."""


def with_faces(corpus: Path, split: Split, spec: VisionSpec, cache: Path) -> Split:
    """A split with faces in place of films; examples that are pictures already stay.

    corpus: its folder, for messages. cache: folder of the crops. A film that cannot be read or shows no face
    is left out, and named. Raises DatasetError where none of a corpus is left.
    """
    roles = {"train": split.train, "dev": split.dev, "test": split.test}
    films = [e.path for examples in roles.values() for e in examples if e.path and _lasts(e.path)]
    if not films:
        return split
    found = _cut_all(films, spec, cache, corpus.name)
    faces = {role: _faces(examples, found) for role, examples in roles.items()}
    if not any(faces.values()):
        raise DatasetError.of("films_no_face", folder=corpus, count=len(films))
    if lacking := [path for path in films if not found.get(path)]:
        names = ", ".join(path.name for path in lacking[:NAMED]) + (", ..." if len(lacking) > NAMED else "")
        values = {"folder": corpus, "count": len(lacking), "of": len(films), "names": names}
        say_once(word("say_faceless", asked_language(), **values))
    return Split(**faces)


def _lasts(path: Path) -> bool:
    return media_suffix(path) in MOVING


def _faces(examples: Sequence[Example], found: dict[Path, tuple[Path, int]]) -> list[Example]:
    faces = []
    for example in examples:
        if example.path is None or not _lasts(example.path):
            faces.append(example)
            continue
        crops, count = found.get(example.path) or (example.path, 0)
        for number in range(count):
            faces.append(replace(example, name=f"{example.name}:{number}", path=crops, tile=(0, number)))
    return faces


def _cut_all(
    films: Sequence[Path], spec: VisionSpec, cache: Path, title: str
) -> dict[Path, tuple[Path, int]]:
    """Film -> file of its crops and how many these are; films without a face are not there."""
    make_private(cache)
    found = {}
    # Most of the time goes into decoding, which lets other threads run.
    crew = ThreadPoolExecutor(os.cpu_count())
    with as_file(files("edge") / "assets" / "face_detector.onnx") as detector:
        try:
            made = crew.map(partial(_kept, spec=spec, cache=cache, detector=detector), films)
            for path, crops in zip(films, bar(made, len(films), title), strict=True):
                if isinstance(crops, MediaError):
                    say_once(word("left_out", asked_language(), why=crops.told(asked_language())))
                elif crops[1]:
                    found[path] = crops
        finally:
            crew.shutdown(cancel_futures=True)
    return found


def _kept(path: Path, spec: VisionSpec, cache: Path, detector: Path) -> tuple[Path, int] | MediaError:
    """File of a film's crops and how many these are, cut now if they are not there."""
    way = f"{file_fingerprint(detector)} {A_FILM} {STEP_S} {spec.model_dump(exclude={'faces'})}"
    name = hashlib.sha256(f"{way} {file_fingerprint(path)}".encode()).hexdigest()[:32]
    plain = cache / f"{name}{CROPS}"
    kept = plain
    if is_sealed(path):
        kept = plain.with_name(plain.name + SUFFIX)
        destroy(plain)  # of an earlier version
        made_of(kept, path)
    count = _count(kept, spec)
    if count is None:
        try:
            crops = _cut(path, Looker(spec, detector), spec)
        except MediaError as error:
            return error
        count = len(crops)
        data = io.BytesIO()
        np.save(data, crops)
        write_beside(plain, data.getvalue(), path)
    return kept, count


def _count(kept: Path, spec: VisionSpec) -> int | None:
    """How many crops a file holds; None where there is none, or a damaged one."""
    try:
        crops = read_crops(kept)
    except (OSError, ValueError, EOFError, MediaError):
        return None
    return len(crops) if crops.shape[1:] == (spec.size, spec.size) else None


def _cut(path: Path, looker: Looker, spec: VisionSpec) -> Bytes:
    """Crops of the face that is read, [n, size, size], spread over the film. Raises MediaError."""
    seen, due = list[Bytes](), 0.0
    with RecordingSource(path, RATE) as source:
        for item in source:
            if isinstance(item, Frame) and item.time >= due:
                face, due = looker.look(item).face, item.time + STEP_S
                if face is not None:
                    seen.append(face)
    count = min(A_FILM, len(seen))
    chosen = [int((number + 0.5) * len(seen) / count) for number in range(count)]
    return np.array([seen[place] for place in chosen], np.uint8).reshape(count, spec.size, spec.size)
