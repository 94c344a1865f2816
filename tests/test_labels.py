"""Labels of a site's own: said in a recipe, kept in a manifest, known by name nowhere else."""

import ast
import json
import math
import pickle
import re
from pathlib import Path

import pytest

import calibration
import edge
import export
from calibration.data.labels import LabelReader
from edge.bundle.folder import MANIFEST, open_bundle, sealed
from edge.bundle.manifest import SCHEMA, VotingSettings
from edge.bundle.tiny import write_tiny_bundle
from edge.errors import BundleError, ConfigError, DatasetError
from edge.labels import Labels
from edge.starter_labels import STARTER, labels_of
from export.recipe import read_recipe

ROOT = Path(__file__).parent.parent
KNOW_NAMES = {
    "edge/starter_labels.py",  # the default of a recipe
    "export/corpora/published.py",  # importers of published corpora, in whose tables the names stand
    "export/corpora/fer2013.py",
    "export/fusion/comparison/pairs.py",  # RAVDESS alone is put on this trial
    "calibration/data/label_section.py",  # the example in its docstring
}
SITE = """
[labels]
neutral = {}
angry = {}
sad = { event = true }
confused = { ja = "困惑", negative = true, event = true, synonyms = ["fear", "fearful"] }
"""


def recipe_with(folder, labels):
    path = folder / "recipe.toml"
    text = (ROOT / "recipes" / "starter.toml").read_text(encoding="utf-8")
    path.write_text(text + labels, encoding="utf-8")
    return read_recipe(path)


def test_no_module_knows_a_label_by_name():
    names = {name for label in STARTER for name in (label, STARTER.said(label, "ja"))}
    names |= {"fear", "surprised", "anger"}
    found = []
    for package in (edge, calibration, export):
        for path in sorted(Path(package.__file__).parent.rglob("*.py")):
            place = path.relative_to(ROOT).as_posix()
            if place in KNOW_NAMES:
                continue
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value in names:
                    found.append((place, node.lineno, node.value))
                if isinstance(node, ast.Assign) and place != "edge/bench/mini_xception.py":
                    targets = {getattr(target, "id", "") for target in node.targets}
                    if targets & {"LABELS", "NEGATIVE", "NEUTRAL", "EVENTS_OF_LABELS"}:
                        found.append((place, node.lineno, "a list of labels"))
    assert found == []


def test_a_recipe_without_labels_has_those_of_the_starter(tmp_path):
    recipe = recipe_with(tmp_path, "")
    assert recipe.labels == STARTER
    assert recipe.labels.facts == STARTER.facts


def test_a_recipe_says_names_words_flags_and_synonyms(tmp_path):
    labels = recipe_with(tmp_path, SITE).labels
    assert isinstance(labels, Labels)
    assert labels == ("neutral", "angry", "sad", "confused")
    assert [labels.said(name, "ja") for name in labels] == ["平静", "怒り", "悲しみ", "困惑"]
    assert labels.both("confused", "ja") == ("困惑", "confused")
    assert labels.negative == ("angry", "sad", "confused")
    assert labels.events == ("angry", "sad", "confused")
    assert [labels.find(said) for said in ("Fear", " 困惑 ", "ANGER", "恐れ", "happy")] == [
        "confused",
        "confused",
        "angry",
        None,
        None,
    ]
    assert pickle.loads(pickle.dumps(labels)).facts == labels.facts


def test_a_word_taken_from_another_label_means_the_one_that_takes_it(tmp_path):
    labels = recipe_with(
        tmp_path, '[labels]\nworried = {}\nsad = {}\ntense = { synonyms = ["fear"] }\n'
    ).labels
    assert [labels.find(said) for said in ("fear", "fearful")] == ["tense", "worried"]


@pytest.mark.parametrize(
    ("section", "message"),
    [
        ("neutral = {}", "two labels or more, and 12 at most; it has 1"),
        ("\n".join(f"l{i} = {{}}" for i in range(13)), "it has 13"),
        ('a = {}\n"cannot_tell" = {}', "'cannot_tell' cannot be a label's name"),
        ('a = {}\n"b;c" = {}', "'b;c' cannot be a label's name"),
        ('a = { ja = "困惑" }\nb = { synonyms = ["困惑"] }', "'困惑' means a as well as b"),
        ("a = {}\nb = { colour = 1 }", r"labels\.b\.colour"),
        ("a = {}\nb = { negative = 3 }", r"labels\.b\.negative"),
        ("a = {}\nb = {}\n[voting]\nevents = { angry = 0.3 }", "angry, which is no label; use a, b"),
    ],
)
def test_what_is_wrong_with_labels_is_one_line(section, message, tmp_path):
    with pytest.raises(ConfigError, match=message) as caught:
        recipe_with(tmp_path, f"[labels]\n{section}\n")
    assert "\n" not in str(caught.value)
    assert "\n" not in caught.value.told("ja")


def test_trained_weights_are_of_their_labels(tmp_path):
    plain, site = recipe_with(tmp_path, ""), recipe_with(tmp_path, SITE)
    other = recipe_with(tmp_path, SITE.replace('"fear", ', ""))
    assert len({recipe.key("audio") for recipe in (plain, site, other)}) == 3
    told = recipe_with(tmp_path, SITE.replace("confused = { ja", 'confused = { en = "puzzled", ja'))
    assert told.labels.said("confused", "en") == "puzzled"
    starter = recipe_with(tmp_path, "[labels]\n" + "".join(f"{name} = {{}}\n" for name in STARTER))
    assert starter.key("audio") == plain.key("audio")


def test_names_of_corpora_become_labels_and_the_others_are_counted(tmp_path):
    emotions = LabelReader(recipe_with(tmp_path, SITE).labels)
    read = [emotions.index(name, "here") for name in ("fear", "calm", "joy", "disgust", "悲しい")]
    assert read == [3, 0, None, None, 2]
    assert emotions.index("confusion", "here", "surprise") is None
    (line,) = emotions.told("nemo")
    assert str(line).startswith(
        "nemo: 3 of 6 examples are left out, for none of the labels stands for what they show "
        "(joy 1, disgust 1, confusion 1)"
    )
    with pytest.raises(DatasetError, match="unknown emotion 'bored'; use neutral, angry, sad, confused"):
        emotions.index("bored", "here")


def test_the_manifest_keeps_facts_and_events(tmp_path):
    labels = recipe_with(tmp_path, SITE).labels
    bundle = write_tiny_bundle(tmp_path / "own", labels=labels)
    manifest = open_bundle(bundle.folder).manifest
    assert manifest.labels == labels
    assert manifest.full_labels.facts == labels.facts
    assert manifest.voting.events == {"angry": 0.3, "sad": 0.3, "confused": 0.3}


def earlier(folder, schema, **changes):
    """The bundle as a version with an earlier schema wrote it."""
    content = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    content = {name: value for name, value in content.items() if name not in ("label_facts", "digest")}
    content |= {"schema": schema, **changes}
    content = sealed(content) if schema > 4 else content
    (folder / MANIFEST).write_text(json.dumps(content), encoding="utf-8")


@pytest.mark.parametrize("schema", [4, 5])
def test_bundles_of_earlier_schemas_open_with_what_is_known_of_their_labels(schema, tmp_path):
    folder = write_tiny_bundle(tmp_path / "old").folder
    earlier(folder, schema)
    labels = open_bundle(folder).manifest.full_labels
    assert labels.facts == STARTER.facts
    own = write_tiny_bundle(tmp_path / "own", labels=labels_of(("calm", "sad"))).folder
    earlier(own, schema, voting=VotingSettings().model_dump(exclude={"events"}))
    manifest = open_bundle(own).manifest
    assert [manifest.full_labels.said(name, "ja") for name in manifest.labels] == ["calm", "悲しみ"]
    assert manifest.full_labels.negative == ("sad",)
    assert manifest.voting.events == {}


def test_facts_of_a_label_that_is_none_are_refused(tmp_path):
    folder = write_tiny_bundle(tmp_path / "own").folder
    content = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    content["label_facts"]["bored"] = {"en": "bored", "ja": "退屈"}
    (folder / MANIFEST).write_text(json.dumps(sealed(content)), encoding="utf-8")
    with pytest.raises(BundleError, match="label_facts knows bored, which labels does not list"):
        open_bundle(folder)


def test_the_starter_says_everything_of_its_labels():
    manifest = open_bundle(ROOT / "edge" / "assets" / "starter").manifest
    assert manifest.schema_ == SCHEMA
    assert manifest.label_facts == STARTER.facts
    assert re.fullmatch(r"[0-9a-f]{64}", manifest.digest or "")


@pytest.mark.parametrize("schema", [4, 5, 6, 7])
def test_the_vote_of_earlier_schemas_keeps_how_fast_it_forgets(schema, tmp_path):
    folder = write_tiny_bundle(tmp_path / "old").folder
    before = {"window_s": 12.0, "half_life_s": 9.0, "eta": 0.3, "ratio_min": 0.2, "ratio_max": 5.0}
    earlier(folder, schema, voting=before | {"margin": 0.2, "dwell_s": 1.0, "events": {"angry": 0.4}})
    found = open_bundle(folder).manifest.voting
    assert found.tau_s == pytest.approx(9.0 / math.log(2.0))
    assert (found.margin, found.dwell_s, found.events) == (0.2, 1.0, {"angry": 0.4})
    assert found.kappa == VotingSettings().kappa


@pytest.mark.parametrize("half_life", [0, "12", True, -1.0])
def test_a_forgetting_out_of_bounds_is_refused_in_earlier_schemas_too(half_life, tmp_path):
    folder = write_tiny_bundle(tmp_path / "old").folder
    earlier(folder, 7, voting={"half_life_s": half_life})
    with pytest.raises(BundleError, match=r"voting\.tau_s must be"):
        open_bundle(folder)
