"""What an export needs late is looked for before it trains."""

import pytest

from edge.errors import DatasetError, MissingExtraError
from export import preflight
from export.recipe import Recipe

STUDENT = {"corpora": ("x",), "epochs": 1, "lr": 1e-3}
FUSION = {"epochs": 1, "windows": 64, "lr": 1e-3}


def recipe_with(fusion=None, **rest):
    students = dict.fromkeys(("audio", "vision", "text"), STUDENT)
    return Recipe(name="x", **students, fusion=FUSION | (fusion or {}), **rest)


@pytest.mark.parametrize(("library", "fusion"), [("opacus", {"dp_noise": 1.0}), ("flwr", {"sites": 2})])
def test_a_library_that_lacks_is_said_before_training(tmp_path, monkeypatch, library, fusion):
    monkeypatch.setitem(__import__("sys").modules, library, None)
    with pytest.raises(MissingExtraError, match=library):
        preflight.require_means(recipe_with(fusion=fusion), tmp_path)


def test_data_the_trial_lacks_is_said_before_training(tmp_path):
    with pytest.raises(DatasetError, match=r"metadata\.csv does not exist; trial = true needs ravdess"):
        preflight.require_means(recipe_with(trial=True), tmp_path)
