"""Sentences that say nothing of a mood: made for training, and read by the starter."""

import re

import numpy as np

from edge.app import starter_bundle
from edge.bundle.folder import open_bundle
from edge.engines import open_engine
from edge.features.text import load_tokenizer, token_ids
from edge.reading.confidence import softmax
from export.corpora.plain_sentences import TEMPLATES, WORDS, plain_sentences
from export.recipe import read_recipe
from export.students.text import text_split

SAID = """\
The pallet is at gate four.
I will tighten the bolts on line two.
The next shift starts at six.
Please hand me the torque wrench.
We need twelve more boxes of screws.
The conveyor is running at normal speed.
I checked the oil level this morning.
Put the housings on the left shelf.
The label printer is out of paper.
Torque is set to eight newton metres.
The second station is waiting for parts.
I am going to lunch now.
The truck arrives at half past ten.
Could you count the brackets again?
This lot number ends in zero seven.
Machine three is back in operation.
We finished forty units before the break.
The drawing is on the table.
Turn the part over and scan the code.
It is about twenty degrees in here.
I put the gloves back in the drawer.
What time is the meeting?
The bus was ten minutes late.
I had rice and fish for lunch.
My sister lives near the station.
There is a meeting at three.
The door on the right leads to the office.
He works in the other building.
I will call you tomorrow.
It will rain this afternoon.
Open the valve and wait for two minutes.
Clean the nozzle with the brush.
The cover has four screws.
The red light means the guard is open.
Stop the line before you open the guard.
The alarm is only a test.
The scrap bin is full.
There was an error on station five, I reset it.
The blade is worn, I will change it.
Be careful, the plate is hot.
"""
"""What people say at a line and beside it; none of these is trained on."""
RECIPE = """name = "plain"
[audio]
epochs = 1
corpora = ["speech"]
[vision]
epochs = 1
corpora = ["faces"]
[text]
epochs = 1
corpora = ["said"]
dev = ["ben"]
test = ["eva"]
plain = 50
"""


def test_sentences_are_many_different_and_of_the_first_label():
    found = plain_sentences(2000, seed=1)
    texts = [one.transcript for one in found]
    assert len(texts) == len({*texts}) == 2000
    assert {one.label for one in found} == {0}
    assert not any(re.search(r"[{}|]|  ", text) for text in texts)
    assert 0.2 < np.mean([text == text.lower() for text in texts]) < 0.45
    assert all(one.speaker == one.name for one in found), "of nobody in particular"
    assert texts == [one.transcript for one in plain_sentences(2000, seed=1)]
    assert texts != [one.transcript for one in plain_sentences(2000, seed=2)]
    assert plain_sentences(0, seed=1) == []


def test_every_kind_of_word_is_used():
    assert {*re.findall(r"{(\w+)}", TEMPLATES)} == {*WORDS}
    assert len(TEMPLATES.splitlines()) == len({*TEMPLATES.splitlines()})


def test_more_than_there_are_is_all_there_are():
    assert 4000 <= len(plain_sentences(6000, seed=3)) <= 6000


def test_a_recipe_trains_on_them_and_judges_nobody_by_them(tmp_path):
    folder = tmp_path / "said"
    folder.mkdir()
    rows = [f"{n}.wav,{who},angry,That is enough {n}" for n, who in enumerate(["anna", "ben", "eva"] * 4)]
    (folder / "metadata.csv").write_text("file_name,speaker,emotion,transcript\n" + "\n".join(rows) + "\n")
    for n in range(12):
        (folder / f"{n}.wav").write_bytes(b"")
    path = tmp_path / "recipe.toml"
    path.write_text(RECIPE)
    recipe = read_recipe(path)
    split = text_split(recipe, tmp_path)
    assert [len(part) for part in (split.train, split.dev, split.test)] == [4 + 50, 4, 4]
    without = recipe.model_copy(update={"text": recipe.text.model_copy(update={"plain": 0})})
    assert len(text_split(without, tmp_path).train) == 4
    assert recipe.key("text") != without.key("text")
    assert "plain" not in without.text.model_dump(), "weights from before this key was there stay good"


def test_the_starter_reads_what_is_said_at_a_line_as_without_a_mood():
    bundle = open_bundle(starter_bundle())
    manifest, said = bundle.manifest, SAID.splitlines()
    assert not {text.lower().rstrip(".") for text in said} & {
        one.transcript.lower().rstrip(".") for one in plain_sentences(4000, seed=1)
    }
    with open_engine(bundle.path("text")) as engine:
        tokenizer = load_tokenizer(bundle.path("tokenizer.json"))
        calls = [token_ids(text, tokenizer, manifest.text) for text in said]
        logits = np.concatenate([engine.run({"ids": i[None], "mask": m[None]})["logits"] for i, m in calls])
    read = softmax(logits, manifest.temperature["text"], manifest.bias.get("text")).argmax(axis=1)
    assert (read == 0).sum() >= 36, [text for text, label in zip(said, read, strict=True) if label]
