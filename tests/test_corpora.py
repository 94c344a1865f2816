"""Published corpora in their authors' layouts, each built small, and who of them plays which role."""

import csv
import string
from pathlib import Path

import cv2
import numpy as np
import pytest
from corpora import write_faces, write_sentences, write_voices, write_wav
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from calibration.data.dataset import Example
from edge.errors import DatasetError
from edge.labels import LabelFacts, Labels
from edge.starter_labels import STARTER as LABELS
from export.corpora.fer2013 import read_faces
from export.corpora.published import EKMAN, EMOGATOR, EMOVO, FINE
from export.corpora.readers import Split, corpora_fingerprint, joined, read_corpus, split_corpora
from export.recipe import read_recipe

DATA = Path(__file__).parents[2] / "shared" / "data"

GOEMOTIONS = (  # noqa: SIM905
    "admiration amusement anger annoyance approval caring confusion curiosity desire disappointment "
    "disapproval disgust embarrassment excitement fear gratitude grief joy love nervousness optimism pride "
    "realization relief remorse sadness surprise neutral"
).split()


def table(path, *rows, separator=","):
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, delimiter=separator).writerows(rows)


def lines(path, *texts):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{text}\n" for text in texts), encoding="utf-8")


def refusal(data, name, split="train"):
    """The one line that a corpus is refused with."""
    with pytest.raises(DatasetError) as caught:
        read_corpus(data, name, LABELS, split)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def labels_of(examples):
    return [LABELS[example.label] for example in examples]


# RAVDESS


def ravdess(data, *names):
    for name in names:
        actor = name.split("-")[-1]
        write_wav(data / "ravdess" / f"Actor_{actor}" / f"{name}.wav", np.zeros(160))


def test_ravdess_says_everything_in_the_file_name(tmp_path):
    ravdess(tmp_path, *(f"03-01-{emotion:02}-01-{1 + emotion % 2:02}-01-07" for emotion in range(1, 9)))
    ravdess(tmp_path, "03-01-03-02-01-02-12")
    ravdess(tmp_path, "01-01-03-01-01-01-07")  # 01: a video with sound, 03: sound alone
    examples = read_corpus(tmp_path, "ravdess", LABELS)
    wanted = ["neutral", "neutral", "happy", "sad", "angry", "worried", "surprise", "happy"]
    assert labels_of(examples) == wanted
    assert {e.speaker for e in examples} == {"ravdess-07", "ravdess-12"}
    assert examples[0].transcript == "Dogs are sitting by the door."
    assert examples[1].transcript == "Kids are talking by the door."
    assert all(e.path.is_file() for e in examples)
    assert len({e.name for e in examples}) == len(examples)


@pytest.mark.parametrize("name", ["03-01-03-01-01-01", "03-01-09-01-01-01-07", "03-01-00-01-01-01-07"])
def test_a_file_that_is_no_ravdess_clip_is_named(tmp_path, name):
    ravdess(tmp_path, name)
    assert f"{name}.wav has no name as RAVDESS gives" in refusal(tmp_path, "ravdess")


@pytest.mark.parametrize("name", ["03-01-xx-01-01-01-07", "03-01-03-01-03-01-07", "03-01-03-01-no-01-07"])
def test_a_ravdess_name_with_other_numbers_is_named(tmp_path, name):
    ravdess(tmp_path, name)
    assert f"{name}.wav has no name as RAVDESS gives" in refusal(tmp_path, "ravdess")


def test_ravdess_with_metadata_is_a_generic_folder(tmp_path):
    ravdess(tmp_path, "03-01-05-01-01-01-07")
    file = "Actor_07/03-01-05-01-01-01-07.wav"
    table(tmp_path / "ravdess" / "metadata.csv", ["file_name", "emotion", "speaker"], [file, "angry", "anna"])
    (example,) = read_corpus(tmp_path, "ravdess", LABELS)
    assert example.speaker == "anna"


def test_an_empty_corpus_is_asked_what_it_is(tmp_path):
    (tmp_path / "ravdess").mkdir()
    assert "gave no usable example; is it the published ravdess?" in refusal(tmp_path, "ravdess")


def test_a_corpus_that_is_not_there_is_named(tmp_path):
    assert "holds no folder voices; put the corpus there" in refusal(tmp_path, "voices")
    (tmp_path / "voices").mkdir()
    assert "holds no metadata.csv" in refusal(tmp_path, "voices")


# nEMO


def nemo(data, *rows):
    header = ["file_id", "emotion", "raw_text", "normalized_text", "speaker_id", "gender", "age"]
    table(data / "nemo" / "data.tsv", header, *rows, separator="\t")


def test_nemo_is_a_table_and_samples(tmp_path):
    said = "Lubię czytać przed snem."
    nemo(
        tmp_path,
        ["SB0_fear_1.wav", "fear", said, "", "SB0", "female", "30"],
        ["KD0_anger_2", "anger", said, "", "KD0", "male", "30"],
    )
    for name in ("SB0_fear_1", "KD0_anger_2"):
        write_wav(tmp_path / "nemo" / "samples" / f"{name}.wav", np.zeros(160))
    examples = read_corpus(tmp_path, "nemo", LABELS)
    assert labels_of(examples) == ["worried", "angry"]
    assert [e.speaker for e in examples] == ["nemo-SB0", "nemo-KD0"]
    assert {e.transcript for e in examples} == {said}
    assert all(e.path.is_file() for e in examples)


def test_nemo_names_what_is_missing(tmp_path):
    (tmp_path / "nemo").mkdir()
    assert "neither metadata.csv nor data.tsv" in refusal(tmp_path, "nemo")
    nemo(tmp_path, ["SB0_fear_1", "fear", "x", "", "SB0", "female", "30"])
    assert "line 2: samples/SB0_fear_1.wav does not exist" in refusal(tmp_path, "nemo")
    table(tmp_path / "nemo" / "data.tsv", ["file_id", "emotion"], separator="\t")
    assert "lacks the column raw_text, speaker_id" in refusal(tmp_path, "nemo")


def test_nemo_lists_a_recording_once(tmp_path):
    row = ["SB0_fear_1", "fear", "x", "", "SB0", "female", "30"]
    nemo(tmp_path, row, ["SB0_fear_1.wav", "anger", "x", "", "SB0", "female", "30"])
    write_wav(tmp_path / "nemo" / "samples" / "SB0_fear_1.wav", np.zeros(160))
    assert "line 3: SB0_fear_1.wav is anger here and fear in line 2" in refusal(tmp_path, "nemo")


# EMOVO and EmoGator


def files(folder, *names):
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()


def test_emovo_says_everything_in_the_file_name(tmp_path):
    files(tmp_path / "emovo", *(f"f1/{name}-f1-b1.wav" for name in EMOVO), "m2/gio-m2-n5.WAV")
    examples = read_corpus(tmp_path, "emovo", LABELS)
    assert {Path(e.name).name[:3]: LABELS[e.label] for e in examples} == {
        "neu": "neutral",
        "rab": "angry",
        "gio": "happy",
        "tri": "sad",
        "pau": "worried",
        "sor": "surprise",
    }
    assert {e.speaker for e in examples} == {"emovo-f1", "emovo-m2"}
    files(tmp_path / "emovo", "f1/bored-f1-b1.wav")
    assert "bored-f1-b1.wav has no name as EMOVO gives, such as dis-f1-b1" in refusal(tmp_path, "emovo")


def test_emogator_says_everything_in_the_file_name(tmp_path):
    names = [f"x/000001-{number:02}-1.mp3" for number in range(1, 31)]
    files(tmp_path / "emogator", *names, "x/000357-03-2.mp3", "x/.000001-03-1.mp3", "x/notes.txt")
    examples = read_corpus(tmp_path, "emogator", LABELS)
    assert {Path(e.name).name[7:9]: LABELS[e.label] for e in examples} == {
        number: LABELS.find(name) for number, name in EMOGATOR.items()
    }
    assert {e.speaker for e in examples} == {"emogator-000001", "emogator-000357"}
    files(tmp_path / "emogator", "x/000001-31-1.mp3")
    assert "000001-31-1.mp3 has no name as EmoGator gives" in refusal(tmp_path, "emogator")


@pytest.mark.parametrize("name", ["emovo", "emogator"])
def test_real_file_names_say_what_the_real_table_says(tmp_path, name):
    if not (DATA / name).is_dir():
        pytest.skip("needs the real corpora")
    (tmp_path / name).mkdir()
    for folder in (DATA / name).iterdir():
        if folder.is_dir():
            for file in folder.iterdir():
                files(tmp_path / name, f"{folder.name}/{file.name}")

    def said(data):
        return sorted((e.name, e.label, e.speaker) for e in read_corpus(data, name, LABELS))

    assert said(tmp_path) == said(DATA)


def test_no_recipe_that_ships_learns_from_emogator():
    recipes = sorted((Path(__file__).parents[1] / "recipes").glob("*.toml"))
    assert len(recipes) > 2
    for path in recipes:
        assert "emogator" not in path.read_text(encoding="utf-8")


# FER2013: three layouts of the same faces

FACES = [(1, "train", 0), (2, "train", 3), (3, "train", 1), (4, "validation", 2), (5, "validation", 6)]
"""Number that is drawn, split, and FER2013's emotion (0 angry, 1 disgust, 2 fear, 3 happy, 6 neutral)."""
NAMES = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")


def face(number):
    """A 48 px picture whose corner tells its number."""
    picture = np.full((48, 48), 10 * number, np.uint8)
    picture[:4, :8] = 200
    return picture


def as_csv(folder):
    usage = {"train": "Training", "validation": "PublicTest"}
    rows = [(e, " ".join(map(str, face(n).ravel())), usage[split]) for n, split, e in FACES]
    rows.append((4, rows[0][1], "PrivateTest"))
    table(folder / "fer2013.csv", ["emotion", "pixels", "Usage"], *rows)


def as_folders(folder):
    for number, split, emotion in FACES:
        place = folder / split / NAMES[emotion]
        place.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(place / f"{number}.png"), face(number))


def as_mosaics(folder):
    folder.mkdir(parents=True)
    mosaics = {"train": np.zeros((96, 144), np.uint8), "validation": np.zeros((96, 144), np.uint8)}
    rows = []
    for number, split, emotion in FACES:
        row, column = divmod(number, 3)
        mosaics[split][48 * row : 48 * row + 48, 48 * column : 48 * column + 48] = face(number)
        rows.append([split, f"{split}_00.png", row, column, NAMES[emotion]])
    for split, mosaic in mosaics.items():
        cv2.imwrite(str(folder / f"{split}_00.png"), mosaic)
    table(folder / "labels.csv", ["split", "file_name", "row", "column", "emotion"], *rows)


VOTED = (
    "neutral",
    "happiness",
    "surprise",
    "sadness",
    "anger",
    "disgust",
    "fear",
    "contempt",
    "unknown",
    "NF",
)
"""Columns of FER+, in its order."""


def vote(folder, votes):
    """Add the votes of FER+ to labels.csv: a face's number -> what its raters said; empty where none did."""
    header, *rows = (folder / "labels.csv").read_text().splitlines()
    cells = (",".join(str(votes.get(number, {}).get(name, 0)) for name in VOTED) for number in range(1, 6))
    head = ",".join((header, *(f"votes_{name}" for name in VOTED)))
    lines(folder / "labels.csv", head, *(f"{row},{said}" for row, said in zip(rows, cells, strict=True)))


def as_mosaics_with_votes(folder):
    as_mosaics(folder)
    label = {0: "anger", 3: "happiness", 1: "disgust", 2: "fear", 6: "neutral"}
    vote(folder, {number: {label[emotion]: 7, "unknown": 3} for number, _, emotion in FACES})


@pytest.mark.parametrize("layout", [as_csv, as_folders, as_mosaics, as_mosaics_with_votes])
def test_fer2013_in_each_layout_gives_the_same_faces(tmp_path, layout):
    layout(tmp_path / "fer2013")
    for _ in range(2):  # the second time from what the first left behind
        train = read_corpus(tmp_path, "fer2013", LABELS)
        dev = read_corpus(tmp_path, "fer2013", LABELS, "dev")
        for examples, wanted in ((train, {1: "angry", 2: "happy"}), (dev, {4: "worried", 5: "neutral"})):
            faces = read_faces(examples)
            assert faces.shape == (2, 48, 48)
            assert faces.dtype == np.uint8
            numbers = [int(picture[-1, -1]) // 10 for picture in faces]
            assert dict(zip(numbers, labels_of(examples), strict=True)) == wanted
            for number, picture in zip(numbers, faces, strict=True):
                np.testing.assert_array_equal(picture, face(number))
        assert len({e.name for e in (*train, *dev)}) == 4
        assert all(e.speaker == e.name for e in train)


def voted(folder, **votes):
    """Label and shares of the first face, whose own label is angry, where its raters gave these votes."""
    as_mosaics(folder / "fer2013")
    vote(folder / "fer2013", {1: votes, 2: {"happiness": 10}})
    found = {e.tile: e for e in read_corpus(folder, "fer2013", LABELS)}
    first = found.get((0, 1))
    return first and (LABELS[first.label], dict(zip(LABELS, first.votes, strict=True)))


def test_a_face_has_the_label_of_most_raters_and_the_shares_of_all(tmp_path):
    label, shares = voted(tmp_path, neutral=6, sadness=2, fear=1, contempt=1)
    assert label == "neutral"
    assert shares == pytest.approx(
        {"neutral": 6 / 9, "angry": 0, "happy": 0, "sad": 2 / 9, "worried": 1 / 9, "surprise": 0}
    )


def test_what_one_rater_alone_said_is_no_vote_against_a_majority(tmp_path):
    label, shares = voted(tmp_path, neutral=4, happiness=1, surprise=1, sadness=2, fear=1, unknown=1)
    assert label == "neutral"
    assert shares["neutral"] == pytest.approx(4 / 9)


@pytest.mark.parametrize(
    "votes",
    [
        {"neutral": 5, "sadness": 5},
        {"neutral": 4, "sadness": 3, "anger": 3},
        {"contempt": 6, "neutral": 4},
        {"disgust": 7, "anger": 3},
        {"unknown": 6, "happiness": 4},
        {"NF": 10},
        {"neutral": 1, "anger": 1},
        {},
    ],
    ids=lambda votes: " ".join(f"{name}{count}" for name, count in votes.items()) or "nobody",
)
def test_a_face_without_a_majority_for_one_of_the_labels_is_left_out(tmp_path, votes):
    assert voted(tmp_path, **votes) is None


def test_what_is_left_out_of_faces_with_votes_is_counted(tmp_path, capsys):
    as_mosaics(tmp_path / "fer2013")
    votes = {1: {"NF": 10}, 2: {"happiness": 9}, 3: {"contempt": 6}, 4: {"neutral": 5, "fear": 5}, 5: {}}
    vote(tmp_path / "fer2013", votes)
    assert labels_of(read_corpus(tmp_path, "fer2013", LABELS)) == ["happy"]
    said = capsys.readouterr().err
    assert "2 of 5 examples are left out, for none of the labels stands for what they show" in said
    assert "contempt 1" in said
    assert "no face 1" in said
    assert "2 of 5 faces are left out, for no more than half of the votes agree" in said


def test_votes_for_two_names_of_one_label_of_a_site_are_one_majority(tmp_path):
    as_mosaics(tmp_path / "fer2013")
    vote(tmp_path / "fer2013", {1: {"fear": 3, "surprise": 3, "neutral": 4}})
    uneasy = LabelFacts(en="uneasy", ja="不安定", synonyms=("fear", "surprise"))
    labels = Labels({"neutral": LABELS.facts["neutral"], "uneasy": uneasy})
    (face,) = read_corpus(tmp_path, "fer2013", labels)
    assert (face.label, face.votes) == (1, (0.4, 0.6))


def test_votes_of_faces_that_are_no_number_are_refused(tmp_path):
    as_mosaics(tmp_path / "fer2013")
    vote(tmp_path / "fer2013", {2: {"sadness": "many"}})
    assert "labels.csv, line 3: votes_sadness" in refusal(tmp_path, "fer2013")


def test_faces_of_another_size_are_scaled(tmp_path):
    as_mosaics(tmp_path / "fer2013")
    faces = read_faces(read_corpus(tmp_path, "fer2013", LABELS), size=24)
    assert faces.shape == (2, 24, 24)
    assert faces[:, -1, -1].tolist() == [10, 20]


def test_a_mosaic_that_is_no_picture_is_named(tmp_path):
    as_mosaics(tmp_path / "fer2013")
    (tmp_path / "fer2013" / "train_00.png").write_bytes(b"no picture")
    with pytest.raises(DatasetError, match=r"train_00\.png is not a readable picture; replace or remove it"):
        read_faces(read_corpus(tmp_path, "fer2013", LABELS))


def test_an_unknown_emotion_of_fer2013_is_named(tmp_path):
    as_mosaics(tmp_path / "fer2013")
    with (tmp_path / "fer2013" / "labels.csv").open("a") as file:
        file.write("train,train_00.png,0,0,bored\n")
    assert "line 7: unknown emotion 'bored'" in refusal(tmp_path, "fer2013")
    (tmp_path / "fer2013" / "train" / "bored").mkdir(parents=True)
    (tmp_path / "fer2013" / "labels.csv").unlink()
    (tmp_path / "fer2013" / "train" / "bored" / "1.png").touch()
    assert "unknown emotion 'bored'" in refusal(tmp_path, "fer2013")


def test_fer2013_that_is_not_there_is_refused(tmp_path):
    (tmp_path / "fer2013").mkdir()
    assert "(dev) gave no usable example" in refusal(tmp_path, "fer2013", "dev")


# GoEmotions


def test_goemotions_by_ekman_name(tmp_path):
    folder = tmp_path / "goemotions"
    lines(folder / "labels.txt", "anger", "disgust", "fear", "joy", "neutral", "sadness", "surprise")
    lines(folder / "train.tsv", "Don't!\t0\ta", "Eh.\t4\tb", 'He said "no" and left\t5\tc', "Ugh\t1\td")
    lines(folder / "dev.tsv", "What?\t6,2\te", "Yuck, scary\t1,2\tf")
    train = read_corpus(tmp_path, "goemotions", LABELS)
    assert labels_of(train) == ["angry", "neutral", "sad"]
    assert [e.transcript for e in train] == ["Don't!", "Eh.", 'He said "no" and left']
    assert [e.name for e in train] == ["a", "b", "c"]
    assert all(e.path is None and e.speaker == e.name for e in train)
    # Who is disgusted as well is left out: what is left of his labels would be half the truth.
    (dev,) = read_corpus(tmp_path, "goemotions", LABELS, "dev")
    assert LABELS[dev.label] == "surprise"
    assert [LABELS[label] for label in dev.also] == ["worried"]


def test_goemotions_by_its_28_names(tmp_path):
    folder = tmp_path / "goemotions"
    lines(folder / "emotions.txt", *GOEMOTIONS)
    lines(folder / "train.tsv", *(f"text {i}\t{i}\tid{i}" for i in range(28)))
    many = [
        ",".join(str(GOEMOTIONS.index(name)) for name in names)
        for names in (("joy", "love"), ("anger", "grief", "annoyance"), ("neutral", "fear"))
    ]
    lines(folder / "dev.tsv", *(f"text\t{indices}\tid{indices}" for indices in many))
    found = {e.name: LABELS[e.label] for e in read_corpus(tmp_path, "goemotions", LABELS)}
    wanted = {f"id{i}": FINE.get(name, name) for i, name in enumerate(GOEMOTIONS) if name != "disgust"}
    assert found == wanted
    dev = read_corpus(tmp_path, "goemotions", LABELS, "dev")
    assert [(LABELS[e.label], [LABELS[label] for label in e.also]) for e in dev] == [
        ("happy", []),
        ("angry", ["sad"]),
        ("neutral", ["worried"]),
    ]


def test_each_fine_name_has_one_label():
    names = [name for group in EKMAN.values() for name in group.split()]
    assert sorted(names) == sorted(set(GOEMOTIONS) - {"neutral", "disgust"})


def test_goemotions_names_what_is_wrong(tmp_path):
    folder = tmp_path / "goemotions"
    lines(folder / "train.tsv", "Don't!\t0\ta", "cut short")
    assert "needs train.tsv and labels.txt (or emotions.txt)" in refusal(tmp_path, "goemotions")
    lines(folder / "labels.txt", "anger", "joy")
    assert "line 2 has 1 cells, not 3: expected text, labels and id" in refusal(tmp_path, "goemotions")
    lines(folder / "train.tsv", "Don't!\t0\ta", "Do!\t0\ta")
    assert "line 2: a is listed in line 1 already" in refusal(tmp_path, "goemotions")
    lines(folder / "labels.txt", "bored", "joy")
    assert "line 1: unknown emotion 'bored'" in refusal(tmp_path, "goemotions")
    assert "needs dev.tsv" in refusal(tmp_path, "goemotions", "dev")


# MELD


def meld(data, split, *rows):
    header = ["Sr No.", "Utterance", "Speaker", "Emotion", "Sentiment", "Dialogue_ID", "Utterance_ID"]
    table(data / "meld" / f"{split}_sent_emo.csv", header, *rows)


def test_meld_and_its_broken_quotes(tmp_path):
    # Windows-1252 quotes read as Latin-1, as in the published files: control characters.
    meld(
        tmp_path,
        "train",
        [1, "Oh my God, he\x92s lost it. \x91Totally\x92 \x97 lost it.", "Phoebe", "sadness", "", 0, 0],
        [2, "What?", "Monica", "surprise", "", 0, 1],
        [3, "Ew!", "Ross", "disgust", "", 0, 2],
    )
    meld(tmp_path, "dev", [1, "Hi, joey.", "The Interviewer", "joy", "", 7, 3])
    train = read_corpus(tmp_path, "meld", LABELS)
    assert labels_of(train) == ["sad", "surprise"]
    assert train[0].transcript == "Oh my God, he's lost it. 'Totally' - lost it."
    assert [(e.name, e.speaker) for e in train] == [("0-0", "meld-Phoebe"), ("0-1", "meld-Monica")]
    (dev,) = read_corpus(tmp_path, "meld", LABELS, "dev")
    assert (dev.name, LABELS[dev.label], dev.path) == ("7-3", "happy", None)


def test_meld_names_what_is_missing(tmp_path):
    (tmp_path / "meld").mkdir()
    assert "train_sent_emo.csv cannot be read" in refusal(tmp_path, "meld")
    table(tmp_path / "meld" / "train_sent_emo.csv", ["Utterance", "Speaker", "Emotion"])
    assert "lacks the column Dialogue_ID, Utterance_ID" in refusal(tmp_path, "meld")


# Roles


def roles(splits):
    """Speakers of each role, all corpora together."""
    parts = joined(splits)
    return [{e.speaker for e in part} for part in (parts.train, parts.dev, parts.test)]


def spoken(data, speakers, name="voices"):
    """A generic folder with one clip for each speaker named."""
    folder = data / name
    folder.mkdir(exist_ok=True)
    for i in range(len(speakers)):
        (folder / f"{i}.wav").touch()
    rows = [[f"{i}.wav", LABELS[i % 6], speaker] for i, speaker in enumerate(speakers)]
    table(folder / "metadata.csv", ["file_name", "emotion", "speaker"], *rows)


NAME = st.text(string.ascii_lowercase + string.digits + "あい山田é-_'", min_size=1, max_size=8)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(NAME, min_size=1, max_size=60), st.data())
def test_no_speaker_has_two_roles(tmp_path, speakers, data):
    spoken(tmp_path, speakers)
    listed = st.lists(st.sampled_from(sorted(set(speakers))), max_size=4)
    dev, test = data.draw(listed), data.draw(listed)
    dev = [speaker for speaker in dev if speaker not in test]
    split = split_corpora(tmp_path, ["voices"], dev, test, LABELS)["voices"]
    parts = [{e.speaker for e in part} for part in (split.train, split.dev, split.test)]
    assert set.union(*parts) == set(speakers)
    assert sum(map(len, parts)) == len(set(speakers))
    assert len(split.train) + len(split.dev) + len(split.test) == len(speakers)
    assert set(test) <= parts[2]
    assert set(dev) <= parts[1]
    again = split_corpora(tmp_path, ["voices"], dev, test, LABELS)["voices"]
    assert again == split


def test_lists_are_respected(tmp_path):
    spoken(tmp_path, [f"s{i}" for i in range(200)])
    train, dev, test = roles(split_corpora(tmp_path, ["voices"], ["s3", "s5"], ["s7"], LABELS))
    assert (dev, test) == ({"s3", "s5"}, {"s7"})
    assert len(train) == 197


def test_without_lists_a_twentieth_is_dev_and_a_tenth_is_test(tmp_path):
    spoken(tmp_path, [f"s{i}" for i in range(1000)])
    _, dev, test = roles(split_corpora(tmp_path, ["voices"], [], [], LABELS))
    assert 30 <= len(dev) <= 70
    assert 70 <= len(test) <= 130


def test_a_speaker_stays_where_he_is_when_others_come(tmp_path):
    spoken(tmp_path, [f"s{i}" for i in range(200)])
    before = roles(split_corpora(tmp_path, ["voices"], [], [], LABELS))
    spoken(tmp_path, [f"s{i}" for i in reversed(range(400))])
    after = roles(split_corpora(tmp_path, ["voices"], [], [], LABELS))
    assert all(early <= late for early, late in zip(before, after, strict=True))


PARTS = (lambda s: s.train, lambda s: s.dev, lambda s: s.test)


def test_people_of_two_corpora_keep_one_role(tmp_path):
    people = [f"s{i}" for i in range(300)]
    spoken(tmp_path, people, "first")
    spoken(tmp_path, people[:200], "second")
    splits = split_corpora(tmp_path, ["first", "second"], [], [], LABELS)
    train, dev, test = ({e.speaker for s in splits.values() for e in part(s)} for part in PARTS)
    assert dev
    assert test
    assert train.isdisjoint(dev | test)
    assert dev.isdisjoint(test)
    assert splits["second"].test


def test_the_published_validation_split_is_the_test_set(tmp_path):
    write_sentences(tmp_path / "goemotions", 300)
    split = split_corpora(tmp_path, ["goemotions"], [], [], LABELS)["goemotions"]
    assert {e.name for e in split.test} == {f"dev{i}" for i in range(90)}
    assert {e.name for e in (*split.train, *split.dev)} == {f"train{i}" for i in range(300)}
    assert 5 <= len(split.dev) <= 30


def test_later_corpora_are_trained_on_whole(tmp_path):
    write_faces(tmp_path / "fer2013", 300)
    spoken(tmp_path, [f"s{i}" for i in range(100)])
    write_sentences(tmp_path / "goemotions", 60)
    splits = split_corpora(tmp_path, ["fer2013", "voices", "goemotions"], [], [], LABELS)
    assert len(splits["fer2013"].test) == 60
    assert splits["fer2013"].dev
    for name, n in (("voices", 100), ("goemotions", 60)):
        assert (len(splits[name].train), splits[name].dev, splits[name].test) == (n, [], [])


def test_lists_hold_for_every_corpus(tmp_path):
    spoken(tmp_path, ["a", "b", "c", "d"], "first")
    spoken(tmp_path, ["b", "c", "e"], "second")
    splits = split_corpora(tmp_path, ["first", "second"], ["b"], ["c"], LABELS)
    assert [e.speaker for e in splits["second"].train] == ["e"]
    assert [set, *roles(splits)][1:] == [{"a", "d", "e"}, {"b"}, {"c"}]


def test_a_role_that_nobody_plays_is_refused(tmp_path):
    spoken(tmp_path, ["a", "b"])
    with pytest.raises(DatasetError, match=r"^voices: no speaker is left for train; name speakers"):
        joined(split_corpora(tmp_path, ["voices"], ["a"], ["b"], LABELS))
    spoken(tmp_path, ["s1", "s2"])  # neither is drawn
    for role, lists in (("dev", ([], ["s1"])), ("test", (["s1"], []))):
        with pytest.raises(DatasetError, match=f"^voices: no speaker is left for {role}; name speakers"):
            joined(split_corpora(tmp_path, ["voices"], *lists, LABELS))


@pytest.mark.parametrize(("dev", "test", "role"), [(["anna"], ["benn"], "test"), (["benn"], ["anna"], "dev")])
def test_a_speaker_who_is_nowhere_is_refused_with_the_nearest(tmp_path, dev, test, role):
    spoken(tmp_path, ["anna", "zoe"], "one")
    spoken(tmp_path, ["ben", "carl"], "two")
    with pytest.raises(DatasetError) as caught:
        split_corpora(tmp_path, ["one", "two"], dev, test, LABELS)
    assert str(caught.value) == f"no 'benn', named under {role}, is in one, two; nearest is 'ben'"


def test_a_speaker_in_both_lists_is_refused(tmp_path):
    spoken(tmp_path, ["a", "b", "c"])
    with pytest.raises(DatasetError, match="speaker 'b' is named under dev and under test; keep one"):
        split_corpora(tmp_path, ["voices"], ["a", "b"], ["b", "c"], LABELS)


def test_meld_is_split_by_speaker_and_by_dialogue(tmp_path):
    """The published splits share the series' main characters, and guests talk to them."""
    guests = [f"Guest {number}" for number in range(40)]
    rows = [
        [number, "Hi.", name, "joy", "", dialogue, place]
        for dialogue, guest in enumerate(guests)
        for number, (place, name) in enumerate([(0, "Ross"), (1, guest), (2, "Ross")])
    ]
    meld(tmp_path, "train", *rows)
    meld(tmp_path, "dev", [0, "Hi.", "Ross", "joy", "", 0, 0])
    whole = split_corpora(tmp_path, ["meld"], [], [], LABELS)["meld"]
    parts = (whole.train, whole.dev, whole.test)
    for group in ("speaker", "session"):
        found = [{getattr(e, group) for e in part} for part in parts]
        assert all(found)
        assert sum(map(len, found)) == len(set.union(*found))
    named = split_corpora(tmp_path, ["meld"], ["meld-Guest 1"], ["meld-Guest 2"], LABELS)["meld"]
    assert {e.session for e in named.dev + named.test} == {"train-1", "train-2"}
    assert len(named.train) == 3 * 38


def grouped(data, *rows, columns=("file_name", "emotion", "speaker", "session")):
    """A generic folder of rows without their file names."""
    folder = data / "voices"
    files(folder, *(f"{number}.wav" for number in range(len(rows))))
    numbered = ([f"{number}.wav", *row] for number, row in enumerate(rows))
    table(folder / "metadata.csv", columns, *numbered)


def test_a_session_never_has_two_roles(tmp_path, capsys):
    rows = [("sad", f"s{i}", f"day {i // 2}") for i in range(8)]
    grouped(tmp_path, *rows)
    split = split_corpora(tmp_path, ["voices"], ["s2"], ["s0"], LABELS)["voices"]
    assert [[e.speaker for e in part(split)] for part in PARTS] == [["s4", "s5", "s6", "s7"], ["s2"], ["s0"]]
    said = capsys.readouterr().err
    assert "2 of 6 clips are left out of train: their session is judged on" in said
    split_corpora(tmp_path, ["voices"], ["s2"], ["s0"], LABELS)
    assert not capsys.readouterr().err  # once is enough


def test_one_session_for_all_leaves_nothing_to_train_on_and_says_why(tmp_path):
    grouped(tmp_path, *(("sad", f"s{i}", "s1") for i in range(4)))
    with pytest.raises(
        DatasetError, match=r"no clip is left for dev, for dev or test holds their session \(s1"
    ):
        split_corpora(tmp_path, ["voices"], ["s2"], ["s0"], LABELS)


@pytest.mark.parametrize(("dev", "test"), [([], []), (["s1"], []), ([], ["s1"])])
def test_people_who_are_not_known_are_not_drawn(tmp_path, dev, test):
    grouped(
        tmp_path,
        *(("sad", f"s{i}") for i in range(9)),
        ("sad", ""),
        columns=("file_name", "emotion", "speaker"),
    )
    with pytest.raises(DatasetError, match="1 of 10 rows do not say who speaks, so the same people would be"):
        split_corpora(tmp_path, ["voices"], dev, test, LABELS)


def test_people_who_are_not_known_are_trained_on_and_that_is_said(tmp_path, capsys):
    grouped(tmp_path, *[("sad",)] * 5, columns=("file_name", "emotion"))
    spoken(tmp_path, ["a", "b", "c"], "others")
    splits = split_corpora(tmp_path, ["voices", "others"], ["a"], ["b"], LABELS)
    assert len(splits["voices"].train) == 5
    assert "5 of 5 rows do not say who speaks; all are trained on" in capsys.readouterr().err


def test_speakers_of_a_recipe_are_named_in_any_form(tmp_path):
    spoken(tmp_path, ["Zoë", "b", "c"])
    split = split_corpora(tmp_path, ["voices"], [" Zoe\u0308 "], ["b"], LABELS)["voices"]
    assert [e.speaker for e in split.dev] == ["Zoë"]


def test_joined_is_all_corpora_as_one():
    def example(name):
        return Example(name, 0, name)

    parts = {
        "one": Split([example("a")], [], [example("b")]),
        "two": Split([example("c")], [example("d")], []),
    }
    whole = joined(parts)
    assert [[e.name for e in part] for part in (whole.train, whole.dev, whole.test)] == [
        ["a", "c"],
        ["d"],
        ["b"],
    ]


def test_small_voices_hold_what_the_other_tests_expect(tmp_path):
    write_voices(tmp_path / "voices", speakers=2, clips=1)
    assert labels_of(read_corpus(tmp_path, "voices", LABELS)) == [*LABELS, *LABELS]


# Damaged files: one line that names file and row


def mosaic(folder, *rows, side=96):
    """FER2013 as one mosaic, and a table of (row, column)."""
    table(
        folder / "labels.csv",
        ["split", "file_name", "row", "column", "emotion"],
        *(["train", "train_00.jpg", row, column, "sad"] for row, column in rows),
    )
    cv2.imwrite(str(folder / "train_00.jpg"), np.random.default_rng(0).integers(0, 255, (side, side)))


@pytest.mark.parametrize("place", ["x", "", "-1", "1.5"])
def test_a_tile_that_is_no_number_is_named(tmp_path, place):
    mosaic(tmp_path / "fer2013", (0, 0), (place, 1))
    assert f"labels.csv, line 3: '{place}' is no whole number" in refusal(tmp_path, "fer2013")


def test_a_mosaic_that_is_missing_is_named_with_its_row(tmp_path):
    mosaic(tmp_path / "fer2013", (0, 0))
    (tmp_path / "fer2013" / "train_00.jpg").unlink()
    assert "labels.csv, line 2: train_00.jpg does not exist in" in refusal(tmp_path, "fer2013")


def test_a_tile_outside_its_mosaic_is_named(tmp_path):
    mosaic(tmp_path / "fer2013", (0, 0), (1, 1), (2, 0))
    with pytest.raises(DatasetError, match=r"train_00\.jpg is too small to hold a face at row 2, column 0"):
        read_faces(read_corpus(tmp_path, "fer2013", LABELS))


@pytest.mark.parametrize("kept", [0.0, 0.3, 0.99])
def test_a_mosaic_cut_short_is_refused_and_not_read_as_grey(tmp_path, kept):
    mosaic(tmp_path / "fer2013", (0, 0))
    picture = tmp_path / "fer2013" / "train_00.jpg"
    picture.write_bytes(picture.read_bytes()[: int(kept * picture.stat().st_size)])
    with pytest.raises(DatasetError, match=r"train_00\.jpg is not a readable picture; replace"):
        read_faces(read_corpus(tmp_path, "fer2013", LABELS))


@pytest.mark.parametrize(
    ("emotion", "pixels", "said"),
    [
        ("7", "0 " * 2304, "'7' is no whole number from 0 to 6"),
        ("sad", "0 " * 2304, "'sad' is no whole number from 0 to 6"),
        ("4", "0 " * 2303, "2303 pixels, not 2304"),
        ("4", "256 " * 2304, "'256' is no whole number from 0 to 255"),
        ("4", "", "0 pixels, not 2304"),
    ],
)
def test_a_damaged_row_of_pixels_is_named(tmp_path, emotion, pixels, said):
    rows = (["emotion", "pixels", "Usage"], ["4", "9 " * 2304, "Training"], [emotion, pixels, "Training"])
    table(tmp_path / "fer2013" / "fer2013.csv", *rows)
    assert f"fer2013.csv, line 3: {said}" in refusal(tmp_path, "fer2013")


@pytest.mark.parametrize("name", ["train.tsv", "labels.txt"])
def test_sentences_in_another_encoding_are_named(tmp_path, name):
    write_sentences(tmp_path / "goemotions", 12)
    (tmp_path / "goemotions" / name).write_bytes("müde\t0\tx\n".encode("latin-1"))
    text = refusal(tmp_path, "goemotions")
    assert f"{name}, line 1 is neither UTF-8 nor Shift-JIS; save it as UTF-8" in text


@pytest.mark.parametrize("labels", ["7", "-1", "x", "", "0,", "0,9"])
def test_labels_that_no_name_stands_for_are_named(tmp_path, labels):
    write_sentences(tmp_path / "goemotions", 12)
    with (tmp_path / "goemotions" / "train.tsv").open("a") as file:
        file.write(f"text\t{labels}\tid\n")
    assert f"train.tsv, line 13: '{labels}' are no rows of labels.txt" in refusal(tmp_path, "goemotions")


# Whether the data is still the same


def test_a_fingerprint_tells_other_data_and_nothing_else(tmp_path):
    spoken(tmp_path, ["a", "b"])
    spoken(tmp_path, ["c"], "others")
    table_of_voices = tmp_path / "voices" / "metadata.csv"
    first = corpora_fingerprint(tmp_path, ["voices", "others"])
    assert corpora_fingerprint(tmp_path, ["others", "voices", "voices"]) == first
    assert corpora_fingerprint(tmp_path, ["voices"]) != first

    def changed(path, content):
        """The fingerprint while a file has another content, or none."""
        before = path.read_bytes() if path.is_file() else None
        path.write_bytes(content)
        found = corpora_fingerprint(tmp_path, ["voices", "others"])
        path.write_bytes(before) if before is not None else path.unlink()
        assert corpora_fingerprint(tmp_path, ["voices", "others"]) == first
        return found

    labels = table_of_voices.read_bytes()
    assert changed(table_of_voices, labels.replace(b"angry", b"happy")) != first
    assert changed(tmp_path / "voices" / "more.wav", b"RIFF") != first
    assert changed(tmp_path / "voices" / "more.wav", b"RIF") != changed(tmp_path / "voices" / "more.wav", b"")
    assert changed(tmp_path / "voices" / ".DS_Store", b"x") == first
    assert changed(tmp_path / "elsewhere.csv", b"x") == first


def test_pictures_laid_out_of_a_table_are_no_other_data(tmp_path):
    pixels = ["4", "9 " * 2304, "Training"]
    table(tmp_path / "fer2013" / "fer2013.csv", ["emotion", "pixels", "Usage"], pixels)
    before = corpora_fingerprint(tmp_path, ["fer2013"])
    assert read_corpus(tmp_path, "fer2013", LABELS)[0].path.is_file()
    assert corpora_fingerprint(tmp_path, ["fer2013"]) == before


# The real corpora, where they are


@pytest.mark.parametrize(
    ("name", "split", "count"),
    [
        ("ravdess", "train", 1040),
        ("nemo", "train", 3687),
        ("emovo", "train", 504),
        ("emogator", "train", 1881),
        ("fer2013", "train", 22799),
        ("fer2013", "dev", 3010),
        ("goemotions", "train", 42617),
        ("goemotions", "dev", 5329),
        ("meld", "train", None),
        ("meld", "dev", None),
    ],
)
def test_the_real_corpora_are_read_whole(name, split, count):
    if not (DATA / name).is_dir():
        pytest.skip("needs the real corpora")
    examples = read_corpus(DATA, name, LABELS, split)
    if count is not None:
        assert len(examples) == count
    assert {e.label for e in examples} == set(range(len(LABELS)))
    assert not any("\x80" <= letter <= "\x9f" for e in examples for letter in e.transcript or "")


def test_the_starter_recipe_judges_on_nobody_it_trains_on():
    if not (DATA / "nemo").is_dir():
        pytest.skip("needs the real corpora")
    recipe = read_recipe(Path(__file__).parents[1] / "recipes" / "starter.toml").audio
    assert recipe is not None
    train, tuned, judged = roles(split_corpora(DATA, recipe.corpora, recipe.dev, recipe.test, LABELS))
    assert (tuned, judged) == (set(recipe.dev), set(recipe.test))
    assert len(train) == 20 + 7 - len(tuned) - len(judged)


def test_the_real_meld_is_judged_on_strangers():
    if not (DATA / "meld").is_dir():
        pytest.skip("needs the real corpora")
    split = joined(split_corpora(DATA, ["meld"], [], [], LABELS))
    assert len(split.train) > 8000
    assert min(len(split.dev), len(split.test)) > 80
    assert not {e.session for e in split.train} & {e.session for e in split.dev + split.test}
