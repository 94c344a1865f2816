"""Four labels of a site's own, one of them confused, from the recipe to people's verdicts."""

import csv
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import cv2
import pytest
from corpora import RECIPE, write_faces, write_sentences, write_voices

from edge.bundle.folder import open_bundle
from edge.display.panel import palette

pytestmark = [pytest.mark.slow, pytest.mark.timeout(2400)]

NAMES = ("neutral", "angry", "sad", "confused")
SECTION = """
[labels]
neutral = {}
angry = {}
sad = {}
confused = { ja = "困惑", negative = true, event = true, synonyms = ["fear", "worried"] }
"""
SITE = """
bundle = "bundle"
checks_a_day = 28800
[review]
folder = "review"
"""
NEMO = Path(__file__).parents[2] / "shared" / "data" / "nemo"
LEFT_OUT = {
    "made up": ("voices: 72 of 216 examples are left out", "(happy 36, surprise 36)"),
    "nemo": ("voices: 104 of 328 examples are left out", "(happiness 56, surprised 48)"),
}
CLIP = Path(__file__).parent.parent / "edge" / "assets" / "demo.mp4"


def edge(*arguments, lang="en"):
    """What a command in a process of its own says."""
    done = subprocess.run(
        [sys.executable, "-m", "edge.cli", *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"OMP_NUM_THREADS": "1", "LC_ALL": {"en": "C.UTF-8", "ja": "ja_JP.UTF-8"}[lang]},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout + done.stderr


def write_nemo(folder, clips=8):
    """The same few sentences of each mood by everybody in nEMO: real sound, Polish, its names for moods."""
    with (NEMO / "metadata.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    taken = [
        row
        for row in rows
        if row["file_name"].rsplit("_", 1)[1] in [f"{n}.opus" for n in range(1, clips + 1)]
    ]
    for row in taken:
        target = folder / row["file_name"]
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(NEMO / row["file_name"], target)
    with (folder / "metadata.csv").open("w", newline="", encoding="utf-8") as file:
        table = csv.DictWriter(file, rows[0])
        table.writeheader()
        table.writerows(taken)


@pytest.fixture(scope="module", params=["made up", "nemo"])
def site(tmp_path_factory, request):
    """A folder with corpora, the bundle made of them, what it read of a clip, and the review queue."""
    place = tmp_path_factory.mktemp("own")
    data, recipe = place / "data", place / "own.toml"
    text = RECIPE + SECTION
    if request.param == "nemo":
        if not NEMO.is_dir():
            pytest.skip(f"needs {NEMO}")
        write_nemo(data / "voices")
        text = text.replace('"s2"', '"nemo-MK0"').replace('"s3"', '"nemo-EB0"')
    else:
        write_voices(data / "voices", clips=9)
    write_faces(data / "fer2013", 2400)
    write_sentences(data / "goemotions", 1800)
    recipe.write_text(text, encoding="utf-8")
    said = edge("export", recipe, "--data", data, "--out", place / "bundle")
    assert all(part in said for part in LEFT_OUT[request.param]), said
    (place / "site.toml").write_text(SITE, encoding="utf-8")
    (place / "review").mkdir()
    said = edge(
        "run", "--source", CLIP, "--config", place / "site.toml", "--jsonl", place / "run.jsonl", "--headless"
    )
    assert "readings" in said
    return place


def test_the_bundle_holds_the_labels(site):
    manifest = open_bundle(site / "bundle").manifest
    assert manifest.labels == NAMES
    assert manifest.models["fusion"].outputs["logits"] == (1, 4)
    assert manifest.full_labels.said("confused", "ja") == "困惑"
    assert manifest.voting.events == {"angry": 0.3, "confused": 0.3}
    card = (site / "bundle" / "card.md").read_text(encoding="utf-8")
    assert "Reads neutral, angry, sad, confused from voice" in card
    facts = json.loads((site / "bundle.work" / "report.json").read_text(encoding="utf-8"))
    assert facts["labels"] == list(NAMES)
    assert "confused" in (site / "bundle.work" / "report.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(("language", "shown"), [("en", "confused"), ("ja", "困惑")])
def test_it_is_judged_on_corpora_with_names_of_their_own(site, language, shown):
    known = {site / "data" / "voices": ["--known-people"], site / "bundle.work/heldout/audio/voices": []}
    for folder, more in known.items():
        said = edge("evaluate", site / "bundle", folder, "--modality", "audio", *more, lang=language)
        assert shown in said
        assert "worried" not in said.split("\n\n")[-1]
    found = json.loads((site / "bundle" / "bundle.json").read_text(encoding="utf-8"))["accuracy"]
    assert len(found["audio on voices"]["int8"]["confusion"]) == 4


@pytest.mark.parametrize("language", ["en", "ja"])
def test_readings_and_the_panel_say_its_labels(site, language, tmp_path):
    records = [json.loads(line) for line in (site / "run.jsonl").read_text(encoding="utf-8").splitlines()]
    read = [record for record in records if record["label"]]
    assert read
    assert all(tuple(record["probabilities"]) == NAMES for record in read)
    panels = []
    for bundle in ([], ["--bundle", site / "bundle"]):
        panel = tmp_path / f"{len(panels)}.png"
        edge("replay", site / "run.jsonl", *bundle, "--source", CLIP, "--save", panel, "--lang", language)
        panels.append(cv2.cvtColor(cv2.imread(str(panel)), cv2.COLOR_BGR2RGB))
    for image in panels:  # each label has its colour, and there are no more
        assert [bool((image == palette.label_colour(i)).all(axis=2).any()) for i in (1, 3, 4)] == [
            True,
            True,
            False,
        ]
    # The bundle alone knows the word 困惑, and how often each label is met.
    assert (panels[0] != panels[1]).any()


@pytest.mark.parametrize(
    ("language", "said", "read"),
    [("en", "Confused", "confused"), ("ja", "困惑", "困惑"), ("ja", "fear", "困惑")],
)
def test_people_judge_in_their_words(site, language, said, read):
    queue = site / "review"
    listed = edge("review", "list", queue, "--all", "--lang", language)
    number = next(line.split()[0] for line in listed.splitlines() if line[:1].isdigit())
    assert read in edge("review", "show", queue, number, "--lang", language)
    taken = edge("review", "judge", queue, number, said, "--by", f"{language}-{said}", "--lang", language)
    assert read in taken
    kpi = edge("review", "kpi", queue, "--lang", language)
    heads = {"en": "angry, sad, confused: found", "ja": "怒り・悲しみ・困惑の検出率"}
    assert heads[language] in kpi
