"""Votes of raters: read by the one reader of tables and from FER+, and asked for in training."""

import csv

import numpy as np
import pytest
import torch
from corpora import RECIPE, write_faces

from calibration.data.dataset import Example, read_folder
from calibration.data.labels import LabelReader
from edge.errors import ConfigError, DatasetError
from edge.starter_labels import STARTER, labels_of
from export.corpora.fer2013 import read_fer2013
from export.recipe import read_recipe
from export.students.vision import train_vision
from export.training.sampling import label_targets


def read(folder, text, labels=STARTER):
    (folder / "metadata.csv").write_text(text, encoding="utf-8")
    emotions = LabelReader(labels)
    return read_folder(folder, emotions, files=False), emotions


def test_votes_are_shares_whatever_they_are_called(tmp_path):
    found, _ = read(
        tmp_path,
        "file_name,emotion,votes_happiness,Votes Fear,votes_怒り,votes_disgust,votes_NF\n"
        "a.wav,joy,3,0,1,5,1\nb.wav,fear,,,,,\nc.wav,anger,0,0.25,0.75,0,0\n",
    )
    named = [one.votes and dict(zip(STARTER, one.votes, strict=True)) for one in found]
    assert named[0] == {**dict.fromkeys(STARTER, 0.0), "happy": 0.75, "angry": 0.25}
    assert named[1] is None
    assert named[2]["angry"] == 0.75
    assert named[2]["worried"] == 0.25


def test_labels_of_two_words_have_a_column(tmp_path):
    labels = labels_of(("at ease", "self-conscious"))
    found, _ = read(tmp_path, "file_name,emotion,votes_at_ease,votes_self_conscious\na,at ease,2,2\n", labels)
    assert found[0].votes == (0.5, 0.5)


def test_a_row_without_a_majority_is_left_out_and_counted(tmp_path):
    found, emotions = read(
        tmp_path, "file_name,emotion,votes_sad,votes_angry\na.wav,sad,2,1\nb.wav,,1,1\nc.wav,,,\n"
    )
    assert [one.name for one in found] == ["a.wav"]
    assert emotions.undecided == 1
    assert "1 clips have votes and no majority" in emotions.told(tmp_path)[0].told("en")


@pytest.mark.parametrize("votes", ["-1", "many", "nan", "1e9"])
def test_votes_that_are_none_are_refused(tmp_path, votes):
    with pytest.raises(DatasetError, match="line 2"):
        read(tmp_path, f"file_name,emotion,votes_sad\na.wav,sad,{votes}\n")


def with_votes(folder, votes):
    """The list of faces with columns of votes; votes: label -> who many said what."""
    path = folder / "labels.csv"
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    names = sorted({name for row in rows for name in votes(row["emotion"])})
    with path.open("w", newline="", encoding="utf-8") as file:
        table = csv.DictWriter(file, [*rows[0], *(f"votes_{name}" for name in names)])
        table.writeheader()
        for row in rows:
            given = votes(row["emotion"])
            table.writerow(row | {f"votes_{name}": given.get(name, 0) for name in names})


def test_fer_plus_is_read(tmp_path):
    write_faces(tmp_path / "fer2013", 60)
    with_votes(tmp_path / "fer2013", lambda said: {"sadness": 6, "neutral": 2, "contempt": 1, "NF": 1})
    emotions = LabelReader(STARTER)
    found = read_fer2013(tmp_path / "fer2013", "train", emotions)
    shares = dict(zip(STARTER, found[0].votes, strict=True))
    assert shares == {**dict.fromkeys(STARTER, 0.0), "sad": 0.75, "neutral": 0.25}
    assert not emotions.left_out["contempt"]  # no example is left out for a vote


def test_votes_are_targets_only_when_asked_for():
    votes = (0.0, 0.7, 0.0, 0.3, 0.0, 0.0)
    examples = [Example("a", 1, "s", votes=votes), Example("b", 2, "s"), Example("c", 0, "s", also=(3,))]
    plain, soft = label_targets(examples, 6), label_targets(examples, 6, "votes")
    assert plain[0].tolist() == [0, 1, 0, 0, 0, 0]
    torch.testing.assert_close(soft[0], torch.tensor(votes))
    assert plain[1:].equal(soft[1:])
    assert plain[2].tolist() == [0.5, 0, 0, 0.5, 0, 0]


def recipe_of(folder, soft=""):
    path = folder / "tiny.toml"
    path.write_text(RECIPE.replace("[vision]\n", f"[vision]\n{soft}\n"), encoding="utf-8")
    return read_recipe(path)


def test_the_recipe_knows_it_and_old_weights_stay_good(tmp_path):
    plain, soft = recipe_of(tmp_path), recipe_of(tmp_path, 'soft = "votes"')
    assert soft.vision.soft == "votes"
    assert plain.key("vision") != soft.key("vision")
    assert plain.key("audio") == soft.key("audio")
    for part in ("audio", "vision", "text"):
        assert "soft" not in plain.model_dump(include={part})[part]
    with pytest.raises(ConfigError, match="'votes'"):
        recipe_of(tmp_path, 'soft = "counts"')


@pytest.mark.parametrize(("soft", "asked"), [("", [1.0, 0.0]), ('soft = "votes"', [0.75, 0.25])])
def test_the_student_is_asked_for_what_raters_said(tmp_path, monkeypatch, soft, asked):
    (task,) = first_task(tmp_path, monkeypatch, soft)
    _, targets = next(iter(task.batches(np.random.default_rng(0))))
    found = dict(zip(STARTER, targets.mean(0).tolist(), strict=True))
    assert [found["happy"], found["sad"]] == pytest.approx(asked)
    assert dict(zip(STARTER, task.prior.tolist(), strict=True))["sad"] == pytest.approx(asked[1])


def test_votes_are_asked_for_alone_where_a_network_goes_on_learning(tmp_path, monkeypatch):
    """Without votes half of what is asked for is the answer of the bundle that is started from."""
    asked = {}
    for soft in ('soft = "votes"', ""):
        (task,) = first_task(tmp_path, monkeypatch, f'{soft}\nstart = "starter"')
        _, targets = next(iter(task.batches(np.random.default_rng(0))))
        asked[soft] = targets.mean(0)[list(STARTER).index("happy")].item()
    assert asked['soft = "votes"'] == pytest.approx(0.75)
    assert 0.5 <= asked[""] < 0.99


def first_task(tmp_path, monkeypatch, keys):
    """The first training of the vision student. All faces are happy; of the raters a quarter said sad."""
    tmp_path = tmp_path / f"data{len(keys)}"
    write_faces(tmp_path / "fer2013", 36)
    path = tmp_path / "fer2013" / "labels.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    rows = [line.rpartition(",")[0] + ",happy,3,1" for line in lines[1:]]
    path.write_text("\n".join([f"{lines[0]},votes_happiness,votes_sadness", *rows]), encoding="utf-8")
    tasks = []
    monkeypatch.setattr("export.students.vision.train", lambda task, *_: tasks.append(task))
    train_vision(recipe_of(tmp_path, keys), tmp_path, tmp_path / "work" / "vision")
    return tasks[:1]
