"""Students beside their teachers: the same dev examples, of people neither was trained on; the same measure.

A teacher is judged as it teaches. One that learned the labels answers itself, a tuned one by the mean of its
copies. Any other is answered for by a classifier on its features of all training examples, less the mean of
each person's own clips where there are enough of them. That needs no label, and the audio student knows these
voices likewise; the students of faces and sentences do not, and the classifier has no logit adjustment. An
audio teacher hears a clip whole, its student in windows.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from export.recipe import Recipe
from export.students.audio import ADAPT, LEARN
from export.students.vision import LOOK, TEACH
from export.training.history import read_history
from export.training.targets import kept_score


def beside_teachers(recipe: Recipe, folders: Mapping[str, Path]) -> list[dict[str, Any]]:
    """Rows {modality, teacher, measure, teacher_score, student_score, points} of students with a teacher.

    folders: modality -> where its student was trained. Scores: 0..1, by the same measure. points: what the
    student scores more, in hundredths.
    """
    heard = ADAPT if recipe.audio.adapt_epochs else LEARN
    rows = []
    for modality, last in {"audio": heard, "vision": LOOK[-1].name, "text": "text"}.items():
        folder, name = folders[modality], getattr(recipe, modality).teacher
        course = read_history(folder / f"{last}.jsonl")
        score = _score(folder)
        if name is not None and course and score is not None:
            rows.append(
                {
                    "modality": modality,
                    "teacher": name,
                    "measure": course[-1].measure,
                    "teacher_score": score,
                    "student_score": course[-1].score,
                    "points": 100 * (course[-1].score - score),
                }
            )
    return rows


def _score(folder: Path) -> float | None:
    """What the teacher scored: one from elsewhere as it was kept, the wider network as it was trained."""
    course = read_history(folder / f"{TEACH[-1].name}.jsonl")
    return course[-1].score if course else kept_score(folder)
