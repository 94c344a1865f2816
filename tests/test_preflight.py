"""What an export needs is looked for before it trains, and all that lacks is said at once."""

import json
import shutil

import pytest
from corpora import RECIPE, write_corpora

from edge.errors import ConfigError, DatasetError, MissingExtraError
from export import preflight
from export.recipe import read_recipe


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    data = tmp_path_factory.mktemp("data") / "data"
    write_corpora(data)
    return data


@pytest.fixture
def data(whole, tmp_path):
    """Corpora to spoil."""
    return shutil.copytree(whole, tmp_path / "data")


def recipe_of(data, *changes):
    text = RECIPE
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    path = data / "changed.toml"
    path.write_text(text)
    return read_recipe(path)


def check(recipe, data):
    preflight.require_means(recipe, data, data.parent)


def rows_without(data, *labels):
    """Take labels off the clips of the speaker who is dev."""
    table = data / "voices" / "metadata.csv"
    rows = table.read_text(encoding="utf-8").splitlines()
    kept = [row for row in rows if not (row.startswith("s2/") and row.split(",")[1] in labels)]
    table.write_text("\n".join(kept) + "\n", encoding="utf-8")


def test_a_recipe_that_has_all_it_needs_passes(whole, capsys):
    check(recipe_of(whole), whole)
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("memory: about ")


@pytest.mark.parametrize(("library", "fusion"), [("opacus", "dp_noise = 1.0"), ("flwr", "sites = 2")])
def test_a_library_that_lacks_is_said_before_training(whole, monkeypatch, library, fusion):
    monkeypatch.setitem(__import__("sys").modules, library, None)
    with pytest.raises(MissingExtraError, match=library):
        check(recipe_of(whole, ("[fusion]\n", f"[fusion]\n{fusion}\n")), whole)


def test_labels_that_lack_in_dev_are_said_before_training(data):
    rows_without(data, "sad", "worried")
    with pytest.raises(DatasetError, match=r"audio: no dev example shows sad, worried; add some"):
        check(recipe_of(data), data)


def test_all_that_lacks_is_said_at_once_a_line_each(data, capsys, monkeypatch):
    rows_without(data, "sad")
    shutil.rmtree(data / "goemotions")
    monkeypatch.setattr(preflight, "LEAST_FREE", 1e18)
    recipe = recipe_of(data, ('name = "tiny"\n', 'name = "tiny"\ntrial = true\n'))
    with pytest.raises(ConfigError, match=r"^(\d) things must be mended before training begins") as caught:
        check(recipe, data)
    lines = capsys.readouterr().err.splitlines()
    assert str(caught.value).startswith(str(len(lines)))
    for part in (
        "audio: no dev example shows sad",
        "holds no folder goemotions",
        "ravdess/metadata.csv does not exist; trial = true needs",
        "ravdess_au.npz does not exist",
        "GB free, an export needs",
    ):
        assert sum(part in line for line in lines) == 1, part


@pytest.mark.parametrize("name", ["audio", "vision", "text"])
def test_a_modality_without_corpora_is_named(whole, name):
    (line,) = [
        line
        for line in RECIPE.split(f"[{name}]\n")[1].split("\n[")[0].splitlines()
        if line.startswith("corpora")
    ]
    with pytest.raises(ConfigError, match=f"{name}.*corpora is empty; name at least one"):
        check(recipe_of(whole, (line, "corpora = []")), whole)


def test_too_few_to_set_confidence_are_said_before_training(data):
    table = data / "voices" / "metadata.csv"
    rows = table.read_text(encoding="utf-8").splitlines()
    kept = [row for row in rows if not row.startswith("s2/") or row.split(".wav")[0][-1] in "012"]
    table.write_text("\n".join(kept) + "\n", encoding="utf-8")
    with pytest.raises(
        DatasetError, match="audio: 18 dev examples are too few to set confidence; give at le"
    ):
        check(recipe_of(data), data)


def test_sentences_of_a_folder_without_transcripts_are_missed(data):
    table = data / "voices" / "metadata.csv"
    rows = [row.split(",")[:3] for row in table.read_text(encoding="utf-8").splitlines()]
    table.write_text("\n".join(",".join(row) for row in rows) + "\n", encoding="utf-8")
    part = RECIPE.split("[text]\n")[1].split("\n[")[0]
    changed = 'corpora = ["voices"]\ndev = ["s2"]\ntest = ["s3"]\nepochs = 1'
    recipe = recipe_of(data, (part, changed))
    with pytest.raises(ConfigError, match="2 things must be mended"):
        check(recipe, data)


def test_a_teacher_that_lacks_is_said_with_the_rest(data, capsys):
    rows_without(data, "sad")
    recipe = recipe_of(data, ("[audio]\n", "[audio]\nteacher = 'nobody'\n"))
    with pytest.raises(ConfigError, match="2 things"):
        check(recipe, data)
    assert "teacher nobody: there is no" in capsys.readouterr().err


def test_complaints_are_in_the_language_asked_for(data, capsys, monkeypatch):
    monkeypatch.setenv("LC_ALL", "ja_JP.UTF-8")
    rows_without(data, "sad")
    shutil.rmtree(data / "goemotions")
    with pytest.raises(ConfigError) as caught:
        check(recipe_of(data), data)
    assert "直すべき点が 2 件" in caught.value.told("ja")
    assert "audio：dev に" in capsys.readouterr().err
    assert json.dumps(caught.value.values)


def kept(data, names, *changes):
    """The tiny recipe, with networks of the starter that stay as they are and name no corpora."""
    text = RECIPE.replace("[tokens]\nvocabulary = 120\nlength = 16\n", "")
    for name in names:
        part = text.split(f"[{name}]\n")[1].split("\n[")[0]
        text = text.replace(part, 'start = "starter"\nepochs = 0', 1)
    for old, new in changes:
        text = text.replace(old, new, 1)
    (data / "kept.toml").write_text(text, encoding="utf-8")
    return read_recipe(data / "kept.toml")


def test_a_network_that_stays_takes_its_examples_from_another_modality(whole):
    recipe = kept(whole, ["text"])
    assert recipe.text.corpora == ("voices",)  # which has transcripts
    assert (recipe.text.dev, recipe.text.test) == (("s2",), ("s3",))
    check(recipe, whole)


def test_a_vision_network_that_stays_needs_no_faces(whole, capsys):
    check(kept(whole, ["vision"]), whole)
    assert "vision: no recording shows a face" in capsys.readouterr().err


def test_some_modality_names_corpora(whole):
    with pytest.raises(ConfigError, match="no modality names corpora"):
        kept(whole, ["audio", "vision", "text"])


def test_a_start_of_other_labels_is_one_line(whole, capsys):
    labels = "[labels]\nneutral = {}\nangry = {}\n[fusion]"
    recipe = kept(whole, ["vision", "text"], ("[fusion]", labels))
    with pytest.raises(ConfigError) as caught:
        check(recipe, whole)
    lines = [str(caught.value), *capsys.readouterr().err.splitlines()]
    (line,) = [line for line in lines if "start" in line]
    assert line == (
        "start: the labels of starter are neutral, angry, happy, sad, worried, surprise, those of the recipe "
        "neutral, angry; leave start out, or name the bundle's labels under [labels]"
    )
