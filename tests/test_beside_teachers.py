"""Students beside their teachers."""

import pytest
from corpora import RECIPE

from edge.items import MODALITIES
from export.judge.beside_teachers import beside_teachers
from export.recipe import read_recipe
from export.training.history import Epoch, write_history
from export.training.targets import keep_score


def course(folder, name, *scores, measure="accuracy"):
    folder.mkdir(exist_ok=True)
    epochs = [Epoch(i + 1, 1.0, score, measure, 1.0, float(i)) for i, score in enumerate(scores)]
    write_history(folder / f"{name}.jsonl", epochs)


@pytest.fixture
def places(tmp_path):
    """Folders of three finished students."""
    found = {name: tmp_path / name for name in MODALITIES}
    course(found["audio"], "audio", 0.5, 0.51, measure="unweighted recall")
    course(found["audio"], "audio-adapted", 0.52, 0.55, measure="unweighted recall")
    course(found["vision"], "vision", 0.6)
    course(found["vision"], "vision-settled", 0.65, 0.66)
    course(found["text"], "text", 0.4, 0.48, measure="macro F1")
    return found


def recipe_with(folder, **lines):
    text = RECIPE
    for modality, line in lines.items():
        text = text.replace(f"[{modality}]\n", f"[{modality}]\n{line}\n", 1)
    (folder / "taught.toml").write_text(text)
    return read_recipe(folder / "taught.toml")


def test_each_student_stands_beside_its_own_teacher(places, tmp_path):
    keep_score(0.58, places["audio"])
    keep_score(0.47, places["text"])
    course(places["vision"], "vision-teacher", 0.61)
    course(places["vision"], "vision-teacher-refined", 0.67, 0.68)
    adapted = "teacher = 'some:model'\nadapt_epochs = 2"
    wanted = {"audio": adapted, "vision": "teacher = 'cnn'", "text": "teacher = 'reader'"}
    rows = beside_teachers(recipe_with(tmp_path, **wanted), places)
    assert [tuple(row.values())[:5] for row in rows] == [
        ("audio", "some:model", "unweighted recall", 0.58, 0.55),
        ("vision", "cnn", "accuracy", 0.68, 0.66),
        ("text", "reader", "macro F1", 0.47, 0.48),
    ]
    assert [row["points"] for row in rows] == pytest.approx([-3.0, -2.0, 1.0])
    plain = recipe_with(tmp_path, audio="teacher = 'some:model'")
    assert [row["student_score"] for row in beside_teachers(plain, places)] == [0.51]


def test_without_a_teacher_there_is_no_row(places, tmp_path):
    keep_score(0.58, places["audio"])
    assert beside_teachers(recipe_with(tmp_path), places) == []
