"""`edge teach`: teachers asked ahead of the export, by one process or several."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from corpora import RECIPE, write_faces, write_sentences, write_voices
from safetensors.numpy import load_file
from tiny_teachers import write_model

from edge.errors import ConfigError
from export.recipe import read_recipe
from export.teach import ask_teachers

RECIPES = Path(__file__).parents[1] / "recipes"


@pytest.mark.parametrize("name", ["paper", "ja", "en", "starter"])
def test_a_recipe_reads_and_names_what_it_needs(name, tmp_path):
    recipe = read_recipe(RECIPES / f"{name}.toml")
    assert recipe.name == name
    assert not recipe.download
    assert not recipe.trusted
    assert recipe.audio.teacher
    assert recipe.vision.pretrained == (name != "starter")


def test_a_recipe_without_teachers_is_refused(tmp_path):
    (tmp_path / "bare.toml").write_text(RECIPE)
    with pytest.raises(ConfigError, match="names no teacher to ask; set teacher under"):
        ask_teachers(tmp_path / "bare.toml", tmp_path, tmp_path / "out")


def answers(cache):
    """Everything all teachers said, by folder and clip."""
    return {
        (folder.name, name): row.tolist()
        for folder in cache.iterdir()
        for file in folder.glob("*.safetensors")
        for name, row in load_file(file).items()
    }


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_two_processes_give_the_answers_of_one(tmp_path):
    pytest.importorskip("accelerate")
    write_voices(tmp_path / "voices", speakers=4, clips=1)
    write_faces(tmp_path / "fer2013", 48)
    write_sentences(tmp_path / "goemotions", 240)
    for modality, kind in (("audio", "hubert"), ("vision", "clip"), ("text", "bert")):
        write_model(tmp_path / modality, kind)
    text = RECIPE
    for modality in ("audio", "vision", "text"):
        epochs = {"vision": 1, "text": 0}.get(modality)  # more sentences than one file of the cache holds
        tuning = "" if epochs is None else f"tuning = {{ epochs = {epochs} }}\n"
        text = text.replace(f"[{modality}]\n", f"[{modality}]\nteacher = '{modality}'\n{tuning}", 1)
    (tmp_path / "taught.toml").write_text(text)
    launch = ["-m", "accelerate.commands.launch", "--multi_gpu", "--num_processes", "2"]
    launch += ["--num_machines", "1", "--mixed_precision", "no", "--dynamo_backend", "no"]
    launch += ["--main_process_port", "0"]
    words = ["teach", str(tmp_path / "taught.toml"), "--data", str(tmp_path)]
    clean = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(RECIPES.parent)}
    for name, starter in (("one", []), ("two", launch)):
        command = [sys.executable, *starter, "-m", "edge.cli", *words, "--out", str(tmp_path / name)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=580, env=clean)
        assert done.returncode == 0, done.stderr
    one, two = (answers(tmp_path / f"{name}.work" / "teacher") for name in ("one", "two"))
    assert one == two
    clips = {folder.split("-")[0] for folder, _ in one}
    assert clips == {"audio", "tuned", "text"}
    for process in ("1", "2"):
        assert f"process {process} of 2 asks about" in done.stderr
    assert "teachers of audio, vision, text are asked" in done.stderr
