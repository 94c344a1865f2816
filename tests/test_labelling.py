"""`edge label`: clips to raters, their annotations back, votes in the table of the recordings."""

import csv
import json
import re
import shutil
import threading
import time
import wave
from datetime import date
from xml.etree import ElementTree

import numpy as np
import pytest
from files_page import described
from studio import START, annotated, annotation, write
from test_cli import edge as _edge  # noqa: F401 - a fixture

from calibration.data.dataset import read_folder
from calibration.data.labels import LabelReader
from calibration.labels.annotations import pseudonym
from calibration.labels.guideline import read_guideline
from calibration.labels.kept import read_kept
from calibration.labels.media import copy_for_raters
from calibration.labels.playable import kind_of
from calibration.labels.studio import CANNOT_TELL
from calibration.labels.taken import outcome
from calibration.site.recordings import read_recordings
from edge.bundle.tiny import write_tiny_bundle
from edge.consent.store import Consents
from edge.recording.keys import Secret
from edge.recording.sealed import write_sealed
from edge.starter_labels import STARTER, labels_of
from edge.system.lock import locked

CLIPS = 6
TRUE = ["angry", "happy", "sad", "neutral", "worried", "surprise"]


@pytest.fixture
def edge(_edge):  # noqa: F811
    """Runs the command: its code, and all it said."""

    def run(*arguments):
        done = _edge(*arguments)
        return done.code, done.out + done.err

    return run


def one_line_error(said):
    assert said.startswith("edge: ")
    assert said.count("\n") == 1
    return said


def sound(path, seed):
    noise = np.random.default_rng(seed).normal(0, 3000, 8000).astype(np.int16)
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 16000, 0, "NONE", ""))
        file.writeframes(noise.tobytes())


@pytest.fixture
def recordings(tmp_path):
    """Six clips of two people, whose names say what a rater must not know."""
    folder = tmp_path / "site" / "recordings"
    folder.mkdir(parents=True)
    lines = ["file_name,speaker,Shift"]
    for number, label in enumerate(TRUE):
        sound(folder / f"S0{number % 2}-{label}.wav", number)
        lines.append(f"S0{number % 2}-{label}.wav,S0{number % 2},早番")
    (folder / "metadata.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


@pytest.fixture
def exported(edge, tiny_bundle, recordings):
    out = recordings.parent / "label-studio"
    code, said = edge("label", "export", tiny_bundle.folder, recordings, "--out", out)
    assert code == 0, said
    return out


def tasks_of(folder):
    return json.loads((folder / "tasks-audio.json").read_text(encoding="utf-8"))


def rows_of(path):
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def taken(edge, recordings, export, *more):
    out = recordings.parent / "labels.csv"
    return edge("label", "import", export, "--recordings", recordings, "--out", out, *more)


def names(recordings):
    return {row["file_name"]: row for row in rows_of(recordings / "metadata.csv")}


def test_an_import_waits_for_who_writes_the_table(edge, exported, recordings, tmp_path):
    """A deletion holds the table and takes a clip out of it; the import reads it after that."""
    tasks = tasks_of(exported)
    for number, task in enumerate(tasks):
        task["annotations"] = [annotation(number, 1, "happy")]
    (tmp_path / "export.json").write_text(json.dumps(tasks), encoding="utf-8")
    table = recordings / "metadata.csv"
    with locked(table):
        importing = threading.Thread(
            target=lambda: said.append(taken(edge, recordings, tmp_path / "export.json"))
        )
        said = []
        importing.start()
        time.sleep(1.5)
        assert not said
        lines = table.read_text(encoding="utf-8").splitlines(keepends=True)
        table.write_text("".join(lines[:-1]), encoding="utf-8")
    importing.join(60)
    code, text = said[0]
    assert code == 0, text
    assert "metadata.csv is being written by another command; waiting for it" in text
    gone = lines[-1].split(",")[0]
    assert len(names(recordings)) == CLIPS - 1
    assert gone not in (recordings.parent / "labels.csv").read_text(encoding="utf-8-sig")


def test_tasks_say_no_more_than_a_rater_may_know(exported, tiny_bundle):
    tasks = tasks_of(exported)
    assert len(tasks) == CLIPS
    text = json.dumps(tasks)
    assert not any(
        word in json.dumps([task["data"]["audio"], task["data"]["clip"]]) for task in tasks for word in TRUE
    )
    assert "S00" not in text
    assert "predictions" not in tasks[0]
    facts = tasks[0]["data"]["edge"]
    assert facts["labels"] == list(tiny_bundle.manifest.labels)
    assert facts["guideline"] == read_guideline(None, "en").version
    assert facts["bundle"] == tiny_bundle.manifest.digest[:16]
    assert tasks[0]["data"]["audio"] == "/data/local-files/?d=media/00001.wav"
    assert sorted(path.name for path in (exported / "media").iterdir())[0] == "00001.wav"
    assert oct((exported / "media").stat().st_mode)[-3:] == "700"


def test_the_configuration_has_each_label_in_both_languages_and_a_key(exported):
    view = ElementTree.fromstring((exported / "config-audio.xml").read_text(encoding="utf-8"))
    choices = view.find("Choices")
    assert choices.attrib | {"name": "emotion", "choice": "single-radio"} == choices.attrib
    assert [one.get("alias") for one in choices] == [*STARTER, CANNOT_TELL]
    assert choices[1].get("value") == "angry / 怒り"
    assert len({one.get("hotkey") for one in choices}) == 7
    assert view.find("Audio").get("value") == "$audio"
    asked = json.loads((exported / "project-audio.json").read_text(encoding="utf-8"))
    assert asked["maximum_annotations"] == 3
    assert "<h2>Privacy</h2>" in asked["expert_instruction"]
    assert asked["show_collab_predictions"] is False


def test_predictions_are_shown_when_asked_for(edge, tiny_bundle, recordings):
    out = recordings.parent / "shown"
    code, _ = edge(
        "label", "export", tiny_bundle.folder, recordings, "--out", out, "--predictions", "--lang", "ja"
    )
    assert code == 0
    tasks = tasks_of(out)
    found = tasks[0]["predictions"][0]
    assert found["model_version"] == tiny_bundle.manifest.digest[:16]
    assert found["result"][0]["value"]["choices"][0] in STARTER
    assert 1 / 6 <= found["score"] <= 1
    assert tasks[0]["data"]["edge"]["predictions"] is True
    config = ElementTree.fromstring((out / "config-audio.xml").read_text(encoding="utf-8"))
    assert config.find("Choices")[1].get("value") == "怒り / angry"


def test_a_list_and_gold_clips(edge, tiny_bundle, recordings):
    listed = recordings.parent / "list.csv"
    listed.write_text("file_name\nS00-angry.wav\nS01-happy.wav\nS00-sad.wav\n")
    gold = recordings.parent / "gold.csv"
    gold.write_text("file_name,emotion\nS01-neutral.wav,neutral\n")
    out = recordings.parent / "some"
    code, said = edge(
        "label", "export", tiny_bundle.folder, recordings, "--out", out, "--list", listed, "--gold", gold
    )
    assert code == 0
    assert "4 clips (1 of them gold)" in said
    tasks = tasks_of(out)
    assert len(tasks) == 4
    assert "gold" not in json.dumps(tasks)
    listed.write_text("file_name\nS00-angry.wav\nother.wav\n")
    code, said = edge("label", "export", tiny_bundle.folder, recordings, "--out", out / "x", "--list", listed)
    assert code == 1
    assert "other.wav is not among the recordings" in one_line_error(said)


def test_votes_and_majority_go_into_the_table(edge, exported, recordings, tmp_path):
    said = {
        1: ["angry", "happy", "sad", "neutral", "worried", "surprise"],
        2: ["angry", "happy", "worried", CANNOT_TELL, "worried", "happy"],
        3: ["angry", "neutral", "sad", CANNOT_TELL, None, "angry"],
    }
    export = write(tmp_path / "export.json", annotated(tasks_of(exported), said))
    code, told = taken(edge, recordings, export)
    assert code == 0, told
    assert "18 annotations: 18 new, 0 replaced, 1 skipped" in told
    assert "4 of 6 clips have a label; 2 have no majority" in told
    found = names(recordings)
    assert found["S00-sad.wav"]["emotion"] == "sad"
    assert found["S00-sad.wav"]["votes_sad"] == "2"
    assert found["S00-sad.wav"]["votes_worried"] == "1"
    assert found["S01-neutral.wav"]["emotion"] == ""  # most could not tell
    assert found["S01-neutral.wav"]["votes_cannot_tell"] == "2"
    assert found["S01-surprise.wav"]["emotion"] == ""
    assert found["S00-worried.wav"]["votes_worried"] == "2"
    assert found["S00-sad.wav"]["shift"] == "早番"
    assert found["S00-sad.wav"]["guideline"] == read_guideline(None, "en").version
    kept = read_kept(recordings.parent / "labels.csv")
    assert {one.rater for one in kept} == {pseudonym(user) for user in said}
    assert all(re.fullmatch(r"R-[0-9a-f]{6}", one.rater) for one in kept)
    assert {one.lead_time_s for one in kept} == {12.5}
    assert {one.guideline for one in kept} == {read_guideline(None, "en").version}


def test_the_one_reader_of_tables_knows_votes(edge, exported, recordings, tmp_path, capsys):
    said = {1: ["angry"] * CLIPS, 2: ["sad", *["angry"] * 5], 3: ["angry"] * CLIPS}
    said[1][1], said[2][1], said[3][1] = "happy", "sad", "angry"
    taken(edge, recordings, write(tmp_path / "export.json", annotated(tasks_of(exported), said)))
    emotions = LabelReader(STARTER)
    examples = {one.name: one for one in read_folder(recordings, emotions)}
    assert len(examples) == CLIPS - 1  # one is a tie
    shares = examples["S00-angry.wav"].votes
    assert dict(zip(STARTER, np.round(shares, 3), strict=True))["angry"] == pytest.approx(0.667)
    assert [line.key for line in emotions.told(recordings)] == ["votes_untold"]
    found = read_recordings(recordings, STARTER, labelled=True)
    assert len(found.clips) == CLIPS
    assert len(found.labelled) == CLIPS - 1


def test_an_import_can_be_repeated_and_later_versions_replace(edge, exported, recordings, tmp_path):
    tasks = annotated(tasks_of(exported), {1: TRUE, 2: TRUE})
    export = write(tmp_path / "export.json", tasks)
    taken(edge, recordings, export)
    before = (recordings.parent / "labels.csv").read_bytes(), (recordings / "metadata.csv").read_bytes()
    code, told = taken(edge, recordings, export)
    assert code == 0
    assert "0 new, 0 replaced" in told
    after = (recordings.parent / "labels.csv").read_bytes(), (recordings / "metadata.csv").read_bytes()
    assert after == before
    old = json.loads(export.read_text())
    for one in tasks[0]["annotations"]:
        one["result"][0]["value"]["choices"] = ["worried"]
        one["updated_at"] = START.replace(hour=20).isoformat()
    code, told = taken(edge, recordings, write(tmp_path / "later.json", tasks))
    assert "0 new, 2 replaced" in told
    first = tasks[0]["data"]["clip"]
    changed = next(one.file_name for one in read_kept(recordings.parent / "labels.csv") if one.clip == first)
    assert names(recordings)[changed]["emotion"] == "worried"
    code, told = taken(edge, recordings, write(tmp_path / "old.json", old))  # an older export changes nothing
    assert "0 new, 0 replaced" in told
    assert names(recordings)[changed]["emotion"] == "worried"


def test_one_rater_has_one_vote(edge, exported, recordings, tmp_path):
    tasks = annotated(tasks_of(exported), {1: TRUE})
    tasks[0]["annotations"].append(annotation(99, 1, "sad", minutes=60))
    taken(edge, recordings, write(tmp_path / "export.json", tasks))
    clip = next(one for one in read_kept(recordings.parent / "labels.csv") if one.annotation == "uid-99")
    row = names(recordings)[clip.file_name]
    assert (row["emotion"], row["votes_sad"]) == ("sad", "1")
    assert sum(int(row[f"votes_{label}"]) for label in STARTER) == 1


def test_a_label_that_no_vote_gave_is_kept_beside(edge, exported, recordings, tmp_path):
    table = recordings / "metadata.csv"
    text = (
        table.read_text(encoding="utf-8")
        .replace("Shift\n", "Shift,emotion\n")
        .replace("早番\n", "早番,happy\n")
    )
    table.write_text(text, encoding="utf-8")
    code, told = taken(edge, recordings, write(tmp_path / "e.json", annotated(tasks_of(exported), {1: TRUE})))
    assert code == 0
    assert "5 clips had another label before" in told
    found = names(recordings)
    assert found["S00-sad.wav"]["emotion_before"] == "happy"
    assert found["S01-happy.wav"]["emotion_before"] == ""


def test_what_was_decided_wins_and_stays(edge, exported, recordings, tmp_path):
    said = {1: ["angry"] * CLIPS, 2: ["sad"] * CLIPS}
    export = write(tmp_path / "export.json", annotated(tasks_of(exported), said))
    taken(edge, recordings, export)
    labels, listed = recordings.parent / "labels.csv", tmp_path / "disputed.csv"
    code, told = edge("label", "agree", labels, "--disputed", listed, "--json", tmp_path / "agreement.json")
    assert code == 0
    assert "6 clips are disputed, 6 of them have no label" in told
    found = json.loads((tmp_path / "agreement.json").read_text())
    keys, named = described("Agreement of raters")
    assert keys == set(found)
    (rater, _) = found["raters"].values()
    assert named >= {*found["alpha"], *rater, *rater["others"], *found["between"][0]}
    rows = rows_of(listed)
    assert rows[0]["needed"] == "yes"
    assert rows[0]["votes_angry"] == "1"
    rows[0]["emotion"], decided = "怒り", rows[0]["file_name"]
    with listed.open("w", newline="", encoding="utf-8-sig") as file:
        table = csv.DictWriter(file, rows[0].keys())
        table.writeheader()
        table.writerows(rows)
    code, told = taken(edge, recordings, export, "--adjudicated", listed)
    assert code == 0, told
    assert names(recordings)[decided]["emotion"] == "angry"
    code, told = taken(edge, recordings, export)
    assert names(recordings)[decided]["emotion"] == "angry"
    assert "1 were decided" in edge("label", "agree", labels)[1]
    rows[0]["emotion"] = "bored"
    listed.write_text(f"file_name,emotion\n{decided},bored\n")
    code, told = taken(edge, recordings, export, "--adjudicated", listed)
    assert code == 1
    assert "line 2: the emotion is none of" in one_line_error(told)


def test_copies_are_deleted(edge, exported, recordings, tmp_path):
    export = write(tmp_path / "export.json", annotated(tasks_of(exported), {1: TRUE}))
    code, told = taken(edge, recordings, export, "--close", exported)
    assert code == 0
    assert "6 copies of clips" in told
    assert not (exported / "media").exists()
    assert len(list(recordings.glob("*.wav"))) == CLIPS
    code, told = taken(edge, recordings, export, "--close", recordings)
    assert code == 1
    assert "was not made by edge label export" in one_line_error(told)


def broken(tasks, kind):
    """An export that is wrong in one way."""
    if kind == "foreign":
        return [{"id": 1, "data": {"text": "SECRET"}, "annotations": tasks[0]["annotations"]}]
    if kind == "unknown":
        tasks[0]["annotations"][0]["result"][0]["value"]["choices"] = ["SECRET"]
    elif kind == "two":
        tasks[0]["annotations"][0]["result"] *= 2
    elif kind == "field":
        tasks[0]["annotations"][0]["created_at"] = "SECRET"
    elif kind == "project":
        tasks[1]["data"]["edge"] = tasks[1]["data"]["edge"] | {"project": "0123456789ab"}
    elif kind == "none":
        tasks = [{**task, "annotations": []} for task in tasks]
    elif kind == "min":
        return [{"audio": "SECRET", "emotion": "SECRET", "id": 1}]
    elif kind == "gone":
        for task in tasks:
            task["data"]["clip"] = "0" * 16
    return {"form": {"SECRET": 1}, "empty": []}.get(kind, tasks)


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("foreign", "task 1 is not from edge label export"),
        ("unknown", "task 1, annotation 1: a label that is none of neutral, angry"),
        ("two", "task 1, annotation 1: more than one label"),
        ("field", "task 1: annotations.0.created_at is missing or not what Label Studio writes"),
        ("project", "holds tasks of two projects"),
        ("none", "holds 6 tasks and no annotations"),
        ("form", "is not of the form JSON"),
        ("min", "task 1: data is missing"),
        ("empty", "holds no tasks"),
        ("gone", "none of its clips is among the recordings"),
    ],
)
def test_an_export_that_cannot_be_taken_is_one_line(edge, exported, recordings, tmp_path, kind, said):
    tasks = annotated(tasks_of(exported), {1: TRUE})
    before = (recordings / "metadata.csv").read_bytes()
    for language in ("en", "ja"):
        code, told = taken(
            edge, recordings, write(tmp_path / "export.json", broken(tasks, kind)), "--lang", language
        )
        assert code == 1
        line = one_line_error(told)
        assert said in line or language == "ja"
        assert "SECRET" not in told
    assert (recordings / "metadata.csv").read_bytes() == before
    assert not (recordings.parent / "labels.csv").exists()


@pytest.mark.parametrize("text", ["", "{", "[1", "\x00", "null"])
def test_broken_json_is_one_line(edge, exported, recordings, tmp_path, text):
    (tmp_path / "export.json").write_text(text)
    code, told = taken(edge, recordings, tmp_path / "export.json")
    assert code == 1
    assert "export.json" in one_line_error(told)


def test_clips_that_are_gone_are_left_out(edge, exported, recordings, tmp_path):
    export = write(tmp_path / "export.json", annotated(tasks_of(exported), {1: TRUE}))
    (recordings / "S00-sad.wav").unlink()
    table = recordings / "metadata.csv"
    lines = table.read_text(encoding="utf-8").splitlines()
    table.write_text("\n".join(line for line in lines if "sad" not in line), encoding="utf-8")
    code, told = taken(edge, recordings, export)
    assert code == 0
    assert "left out: 1 annotations of clips that are no longer among the recordings" in told
    assert "sad" not in (recordings.parent / "labels.csv").read_text(encoding="utf-8-sig").replace(
        ";sad;", ";"
    )


def test_other_labels_and_another_bundle_are_refused(edge, exported, recordings, tmp_path):
    taken(edge, recordings, write(tmp_path / "e.json", annotated(tasks_of(exported), {1: TRUE})))
    kept = (recordings.parent / "labels.csv").read_bytes()
    fewer = labels_of(("neutral", "angry"))
    for name, bundle, said in (
        ("fewer", write_tiny_bundle(tmp_path / "fewer", labels=fewer), "with other labels than"),
        ("other", write_tiny_bundle(tmp_path / "other", seed=3), "was made for another bundle"),
    ):
        out = tmp_path / f"out-{name}"
        assert edge("label", "export", bundle.folder, recordings, "--out", out)[0] == 0
        tasks = annotated(tasks_of(out), {1: ["angry"] * CLIPS})
        code, told = taken(edge, recordings, write(tmp_path / f"{name}.json", tasks))
        assert code == 1
        assert said in one_line_error(told)
        code, told = taken(edge, recordings, tmp_path / "e.json", "--close", out)
        assert "is of project" in one_line_error(told)
        assert len(list((out / "media").iterdir())) == CLIPS
    assert (recordings.parent / "labels.csv").read_bytes() == kept


def test_a_folder_that_is_there_stays(edge, exported, tiny_bundle, recordings):
    code, told = edge("label", "export", tiny_bundle.folder, recordings, "--out", exported)
    assert code == 1
    assert "is there already" in one_line_error(told)


def test_the_same_file_twice_is_shown_once(edge, tiny_bundle, recordings):
    shutil.copy(recordings / "S00-sad.wav", recordings / "again.wav")
    with (recordings / "metadata.csv").open("a", encoding="utf-8") as file:
        file.write("again.wav,S00,\n")
    out = recordings.parent / "twice"
    code, told = edge("label", "export", tiny_bundle.folder, recordings, "--out", out)
    assert code == 0
    assert "left out: again.wav is the same file as S00-sad.wav" in told
    assert len(tasks_of(out)) == CLIPS


def test_a_folder_without_a_table_gets_one(edge, tiny_bundle, recordings, tmp_path):
    (recordings / "metadata.csv").unlink()
    out = recordings.parent / "plain"
    assert edge("label", "export", tiny_bundle.folder, recordings, "--out", out)[0] == 0
    code, _ = taken(edge, recordings, write(tmp_path / "e.json", annotated(tasks_of(out), {1: TRUE})))
    assert code == 0
    assert len(rows_of(recordings / "metadata.csv")) == CLIPS


def test_a_name_is_no_pseudonym(edge, recordings):
    code, told = taken(edge, recordings, recordings, "--rater", "Taro Yamada <t@example.org>")
    assert code == 2
    assert "a pseudonym" in told


def test_raters_with_a_server_each_are_told_apart(edge, exported, recordings, tmp_path):
    for name in ("A", "B"):
        tasks = annotated(tasks_of(exported), {1: TRUE})
        for task in tasks:
            task["annotations"][0]["unique_id"] += name
        code, _ = taken(edge, recordings, write(tmp_path / f"{name}.json", tasks), "--rater", name)
        assert code == 0
    assert {one.rater for one in read_kept(recordings.parent / "labels.csv")} == {"A", "B"}
    assert names(recordings)["S00-sad.wav"]["emotion"] in TRUE


def test_the_majority():
    assert outcome({"a": 2, "b": 1}) == "a"
    assert outcome({"a": 1, "b": 1}) is None
    assert outcome({CANNOT_TELL: 2, "b": 1}) is None
    assert outcome({"b": 1}) == "b"
    assert outcome({}) is None


def test_a_guideline_has_a_version_and_an_own_one_is_read(tmp_path, edge, tiny_bundle, recordings):
    english, japanese = read_guideline(None, "en"), read_guideline(None, "ja")
    assert re.fullmatch(r"1-[0-9a-f]{8}", english.version)
    assert re.fullmatch(r"1-[0-9a-f]{8}", japanese.version)
    assert english.version != japanese.version
    assert english.html().count("<h2>") == japanese.html().count("<h2>") == 7
    assert english.html().count("• ") == japanese.html().count("• ") > 30
    own = tmp_path / "own.md"
    own.write_text("# Ours\n\nVersion 12\n\n- <b>first</b>\n", encoding="utf-8")
    out = recordings.parent / "own"
    assert edge("label", "export", tiny_bundle.folder, recordings, "--out", out, "--guideline", own)[0] == 0
    assert tasks_of(out)[0]["data"]["edge"]["guideline"].startswith("12-")
    assert "&lt;b&gt;" in (out / "project-audio.json").read_text(encoding="utf-8")
    for data in (b"", b"\xff\xfe\xfa"):
        own.write_bytes(data)
        code, told = edge("label", "export", tiny_bundle.folder, recordings, "--out", out, "--guideline", own)
        assert code == 1
        assert "own.md" in one_line_error(told) or "is there already" in told


POLICY = """[policy]
operator = "Plant"
contact = "desk"
place = "line 3"
region = "jp"
purpose = "trial"
purpose_kind = "research"
people = ["worker"]
"""


def test_only_people_who_agreed_are_shown_and_it_is_audited(
    edge, tiny_bundle, recordings, tmp_path, monkeypatch
):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    site = recordings.parent / "site.toml"
    site.write_text(POLICY, encoding="utf-8")
    out = recordings.parent / "agreed"
    code, told = edge("label", "export", tiny_bundle.folder, recordings, "--out", out)
    assert code == 1
    assert "left out: 6 of 6 clips" in told
    assert not out.exists()
    with Consents(recordings.parent / "consent.sqlite") as consents:
        consents.add("S00", ["sound", "picture", "label"], "Sato", date.today())
        consents.add("S01", ["sound", "picture"], "Sato", date.today())
    code, told = edge("label", "export", tiny_bundle.folder, recordings, "--out", out)
    assert code == 0, told
    assert "left out: 3 of 6 clips, whose person did not agree" in told
    shown = {path.read_bytes() for path in (out / "media").iterdir()}
    assert shown == {path.read_bytes() for path in recordings.glob("S00*.wav")}
    table = recordings / "metadata.csv"
    lines = table.read_text(encoding="utf-8").splitlines()
    lines = [
        f"{lines[0]},subjects",
        *(f"{line},S00" for line in lines[1:3]),
        *(f"{line},S00 S01" for line in lines[3:]),
    ]
    table.write_text("\n".join(lines), encoding="utf-8")
    code, told = edge("label", "export", tiny_bundle.folder, recordings, "--out", tmp_path / "both")
    assert "left out: 5 of 6 clips" in told  # S01 is in the others, too
    export = write(tmp_path / "e.json", annotated(tasks_of(out), {1: TRUE}))
    assert taken(edge, recordings, export, "--close", out)[0] == 0
    events = (recordings.parent / "audit" / "chain.jsonl").read_text(encoding="utf-8")
    noted = [json.loads(line)["event"] for line in events.splitlines()]
    assert noted[-3:] == ["exported", "exported", "labelled"]
    assert "S00" not in events


def test_encrypted_recordings_are_shown_in_plain_until_closed(
    edge, tiny_bundle, recordings, tmp_path, monkeypatch
):
    pytest.importorskip("cryptography")
    monkeypatch.setenv("EDGE_RECORD_KEY", "7" * 64)
    table = recordings / "metadata.csv"
    plain = {}
    for path in sorted(recordings.glob("*.wav")):
        plain[path.name] = path.read_bytes()
        write_sealed(path.with_name(f"{path.name}.sealed"), plain[path.name], Secret(bytes.fromhex("7" * 64)))
        path.unlink()
    table.write_text(table.read_text(encoding="utf-8").replace(".wav", ".wav.sealed"), encoding="utf-8")
    out = recordings.parent / "label-studio"
    code, told = edge("label", "export", tiny_bundle.folder, recordings, "--out", out)
    assert code == 0, told
    assert f"6 encrypted recordings lie in {out / 'media'} in plain" in told
    assert {path.read_bytes() for path in (out / "media").iterdir()} == set(plain.values())
    assert all(oct(path.stat().st_mode)[-3:] == "600" for path in (out / "media").iterdir())
    export = write(tmp_path / "e.json", annotated(tasks_of(out), {1: TRUE}))
    code, told = taken(edge, recordings, export, "--close", out)
    assert code == 0, told
    assert names(recordings)["S00-angry.wav.sealed"]["emotion"] in TRUE
    left = [path for path in recordings.parent.rglob("*") if path.is_file()]
    assert not any(data[44:] in path.read_bytes() for data in plain.values() for path in left)
    monkeypatch.setenv("EDGE_RECORD_KEY", "8" * 64)
    code, told = edge("label", "export", tiny_bundle.folder, recordings, "--out", tmp_path / "other")
    assert code == 1
    assert told.count("\n") == 1
    assert not (tmp_path / "other").exists()
    assert not list(tmp_path.glob(".other*"))


@pytest.mark.parametrize(
    ("codec", "options"), [("libx264", {"tune": "zerolatency"}), ("libx264", {}), ("ffv1", {})]
)
def test_films_that_browsers_do_not_play_become_some(tmp_path, codec, options):
    import av

    rng = np.random.default_rng(0)
    source = tmp_path / "clip.mkv"
    with av.open(str(source), "w") as container:
        film = container.add_stream(codec, rate=10, width=64, height=48, options=options)
        film.pix_fmt = "yuv420p"
        heard = container.add_stream("pcm_s16le", rate=16000)
        heard.layout = "mono"
        frame = av.AudioFrame.from_ndarray(rng.integers(-9000, 9000, (1, 32000), np.int16), "s16", "mono")
        frame.rate = 16000
        container.mux([*heard.encode(frame), *heard.encode(None)])
        for _ in range(20):
            picture = rng.integers(0, 255, (48, 64, 3), np.uint8)
            container.mux(film.encode(av.VideoFrame.from_ndarray(picture, "rgb24")))
        container.mux(film.encode(None))
    assert kind_of(source) == "video"
    name = copy_for_raters(source, tmp_path / "out", 1, "video")
    assert name == "media/00001.mp4"
    with av.open(str(tmp_path / "out" / name)) as made:
        assert made.streams.video[0].codec_context.name in ("h264", "vp9")
        assert made.streams.audio[0].codec_context.name == "aac"
        assert sum(1 for _ in made.decode(video=0)) == 20
    (tmp_path / "broken.mkv").write_bytes(source.read_bytes()[:300])
    assert kind_of(tmp_path / "broken.mkv") is None
    assert kind_of(tmp_path / "metadata.csv") is None
