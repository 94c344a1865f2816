"""The examples a bundle is judged on, laid out so that `edge evaluate` prints the same numbers again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from calibration.data.dataset import Example
from calibration.judge.evaluator import Modality
from edge.labels import Labels
from edge.recording.sealed import destroy, write_beside
from edge.system.private import make_private, open_private
from edge.system.texts import csv_line
from export.corpora.drawn_faces import CORPUS
from export.corpora.fer2013 import read_faces
from export.corpora.readers import joined, split_corpora
from export.recipe import Recipe, StudentRecipe
from export.students.vision import vision_faces

HELD_OUT = "heldout"
"""Folder of the held-out sets, in the work folder of an export."""


@dataclass(frozen=True)
class HeldOut:
    """One set of examples, never trained on, and how it is judged."""

    name: str
    modality: Modality
    examples: list[Example]
    new_voices: bool = False
    """Every clip counts as the first words of a voice never heard."""

    @property
    def title(self) -> str:
        """Name in tables: audio on ravdess."""
        return f"{self.modality} on {self.name}" + (", new voices" if self.new_voices else "")


def held_out_sets(recipe: Recipe, data: Path, work: Path) -> list[HeldOut]:
    """Write every held-out set as a folder in the generic layout, below the work folder, and return them.

    What the device shows comes first: the recordings of each audio corpus by all they hold, their sound,
    faces and transcript.
    """
    folder = work / HELD_OUT
    together, sets = list[HeldOut](), list[HeldOut]()
    wanted: dict[Modality, StudentRecipe] = {
        "audio": recipe.audio,
        "vision": recipe.vision,
        "text": recipe.text,
    }
    for modality, student in wanted.items():
        if modality == "vision":
            splits = vision_faces(recipe, data, work)
            if CORPUS in splits:  # drawn faces judge nothing
                continue
        else:
            splits = split_corpora(data, student.corpora, student.dev, student.test, recipe.labels)
        joined(splits)
        for name, split in splits.items():
            if not split.test:
                continue
            examples = [e for e in split.test if not e.also]
            if modality == "vision":
                examples = _as_pictures(examples, folder / modality / name, recipe.face_crop.size)
            write_set(folder / modality / name, examples, recipe.labels)
            sets.append(HeldOut(name, modality, examples))
            if modality == "audio":
                sets.append(HeldOut(name, modality, examples, new_voices=True))
                write_set(folder / "fused" / name, examples, recipe.labels)
                together.append(HeldOut(name, "fused", examples))
    return [*together, *sets]


def write_set(folder: Path, examples: Sequence[Example], labels: Labels) -> None:
    """Write metadata.csv for examples that lie anywhere."""
    make_private(folder)
    with open_private(folder / "metadata.csv", "w", newline="", encoding="utf-8") as file:
        file.write(csv_line(["file_name", "emotion", "speaker", "transcript"]))
        for e in examples:
            place = str(e.path.resolve()) if e.path else e.name
            file.write(csv_line([place, labels[e.label], e.speaker, e.transcript or ""]))


def _as_pictures(examples: Sequence[Example], folder: Path, size: int) -> list[Example]:
    """Faces as picture files of their own, which `edge evaluate` takes for crops by their size.

    Those of encrypted films are encrypted with the key of the film.
    """
    import cv2

    pictures = folder / "faces"
    make_private(pictures)
    loose = []
    for number, (example, face) in enumerate(zip(examples, read_faces(examples, size), strict=True)):
        assert example.path is not None
        data = cv2.imencode(".png", face)[1].tobytes()
        path = write_beside(pictures / f"{number:05d}.png", data, example.path)
        loose.append(replace(example, path=path, tile=None))
    for old in {*pictures.iterdir()} - {example.path for example in loose}:
        destroy(old)  # of an earlier export with more of them
    return loose
