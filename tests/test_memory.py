"""Memory an export needs, told before anything is loaded; recipes this machine is too small for."""

import json

import pytest
import torch
from corpora import RECIPE, write_corpora
from tiny_teachers import write_model

from edge.errors import ConfigError
from edge.words import WORDS
from export import memory, preflight
from export.recipe import read_recipe
from export.teachers.find import open_teacher
from export.teachers.memory import WAY_BACK, tuning_need

t = pytest.importorskip("transformers")
LARGE = {"hidden_size": 1024, "intermediate_size": 4096, "num_hidden_layers": 24, "num_attention_heads": 16}
"""CLIP ViT-L/14."""


def config_only(folder, config, **pictures):
    """A teacher's folder as it looks before anything is loaded: its weights are never read."""
    folder.mkdir()
    config.save_pretrained(folder)
    said = {"image_mean": [0.5] * 3, "image_std": [0.2] * 3}
    (folder / "preprocessor_config.json").write_text(json.dumps(said))
    (folder / "model.safetensors").write_bytes(b"none")
    return folder


@pytest.fixture(autouse=True)
def _fresh(monkeypatch):
    """As in a process of its own: that of the tests has grown."""
    monkeypatch.setattr(memory, "_resident", lambda: 0.55e9)


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    config = t.CLIPVisionConfig(**LARGE, image_size=224, patch_size=14)
    return config_only(tmp_path_factory.mktemp("teachers") / "clip", config)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    data = tmp_path_factory.mktemp("memory") / "data"
    write_corpora(data)
    return data


def recipe_of(data, teacher, tuning, modality="vision"):
    head = f"[{modality}]\n"
    path = data / "taught.toml"
    path.write_text(RECIPE.replace(head, f"{head}teacher = '{teacher}'\ntuning = {{ {tuning} }}\n"))
    return read_recipe(path)


def test_a_large_teacher_is_weighed_without_being_loaded(large):
    teacher = open_teacher(str(large), large, "vision")
    everything, few = tuning_need(teacher, None), tuning_need(teacher, 6)
    assert everything.layers == 24
    assert everything.weights == pytest.approx(4 * 303e6, rel=0.01)  # float32
    assert everything.learnt == pytest.approx(4 * 24 * 12.6e6, rel=0.01)
    # A token of a layer: 8 vectors of 1024, 3 of 4096; 257 tokens.
    assert everything.example == pytest.approx(4 * 24 * 257 * (8 * 1024 + 3 * 4096), rel=0.1)
    assert 20e9 < everything.peak(32) < 28e9
    assert few.weights == everything.weights
    assert few.learnt == pytest.approx(everything.learnt / 4, rel=0.01)
    assert few.example == pytest.approx(everything.example / 4, rel=0.1)
    assert (everything.learning, few.learning) == (24, 6)
    assert few.peak(4) == few.weights + 4 * few.learnt + 4 * few.example * (1 + WAY_BACK / 6)


@pytest.mark.parametrize(
    ("kind", "modality"), [("bert", "text"), ("llama", "text"), ("vit", "vision"), ("clip", "vision")]
)
def test_every_kind_of_teacher_is_weighed(tmp_path, kind, modality):
    write_model(tmp_path / kind, kind)
    teacher = open_teacher(str(tmp_path / kind), tmp_path, modality)
    loaded = sum(p.numel() * p.element_size() for p in teacher.network().parameters())
    found = tuning_need(teacher, None, ["the part is near", "so tired"])
    assert found.weights == loaded + (found.learnt if kind == "llama" else 0)  # LoRA adds to a decoder
    assert 0 < found.learnt < found.weights
    assert found.example > 0
    if modality == "text":
        longer = tuning_need(teacher, None, ["the part is near me and near people"])
        assert longer.example > 1.5 * found.example


def test_what_is_needed_is_said_beside_what_there_is(data, large, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(memory, "_free", lambda: 64e9)
    preflight.require_means(recipe_of(data, large, "batch = 32"), data, tmp_path)
    said = capsys.readouterr().err
    assert "GB of them to tune teachers; 64.0 GB free" in said
    assert said.count("memory:") == 1


@pytest.mark.skipif(torch.cuda.is_available(), reason="the teacher is tuned on the GPU")
def test_a_tuning_that_does_not_fit_is_refused_with_a_way_out(data, large, tmp_path, monkeypatch):
    monkeypatch.setattr(memory, "_free", lambda: 16e9)
    with pytest.raises(ConfigError) as caught:
        preflight.require_means(recipe_of(data, large, "batch = 32"), data, tmp_path)
    said = str(caught.value)
    assert "\n" not in said
    assert (
        "GB of memory, 16.0 GB are free; set layers = 12 in tuning under [vision], or set batch = 8" in said
    )
    assert "and accumulate = 4 in tuning under [vision]" in said
    assert "[vision] の tuning で layers = 12 を指定してください。または、" in caught.value.told("ja")
    for tuning in ("batch = 32, layers = 12", "batch = 8, accumulate = 4"):
        preflight.require_means(recipe_of(data, large, tuning), data, tmp_path)
    monkeypatch.setattr(memory, "_free", lambda: 1e9)
    with pytest.raises(ConfigError, match=r"1\.0 GB are free; end other programs, take a smaller teacher"):
        preflight.require_means(recipe_of(data, large, "batch = 32"), data, tmp_path)


def test_data_that_does_not_fit_is_refused(data, tmp_path, monkeypatch):
    monkeypatch.setattr(memory, "CLIP_S", 1e6)
    with pytest.raises(ConfigError, match="take a smaller teacher or fewer corpora"):
        preflight.require_means(read_recipe(data / "tiny.toml"), data, tmp_path)


def test_a_gpu_is_asked_what_it_has(data, large, tmp_path, monkeypatch, capsys):
    need = tuning_need(open_teacher(str(large), large, "vision"), None)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda device=None: (8_000_000_000, 80_000_000_000))
    monkeypatch.setattr(memory, "tuning_need", lambda *asked: need)
    with pytest.raises(ConfigError, match=r"GB of GPU memory, 8\.0 GB are free"):
        preflight.require_means(recipe_of(data, large, "batch = 32"), data, tmp_path)
    assert "memory of the GPU: about" in capsys.readouterr().err


def test_a_teacher_that_was_tuned_before_takes_nothing_more(data, large, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(memory, "_free", lambda: 16e9)
    recipe = recipe_of(data, large, "batch = 32, folds = 2")
    teacher = open_teacher(str(large), data, "vision")
    folder = tmp_path / "teacher" / f"tuned-{teacher.identity}-0123456789"
    folder.mkdir(parents=True)
    (folder / "fold1.pt").touch()
    preflight.require_means(recipe, data, tmp_path)
    assert " 0.0 GB of them to tune teachers" in capsys.readouterr().err


def test_a_network_that_cannot_be_weighed_stops_nothing(data, large, tmp_path, monkeypatch, capsys):
    def strange(*_):
        raise RuntimeError("no such operator")

    monkeypatch.setattr(memory, "tuning_need", strange)
    preflight.require_means(recipe_of(data, large, "batch = 32"), data, tmp_path)
    assert "cannot be told ahead (no such operator)" in capsys.readouterr().err
    assert "memory_unknown" in WORDS
