"""`edge calibrate`: a made-up site of one voice, changed for each person and label."""

import csv
import json
import shutil
import signal
import subprocess
import sys
import time
import wave
from contextlib import ExitStack

import numpy as np
import onnx
import pytest

from calibration.data.recordings import load_sound
from calibration.int8.rescale import activation_ranges, rescaled
from calibration.site.calibrate import calibrate
from calibration.site.choice import choose
from calibration.site.known import require_unknown
from calibration.site.playback import Playback
from calibration.site.recordings import read_recordings
from calibration.site.rows import targets_of
from calibration.site.told import named, table
from edge.app import starter_bundle
from edge.bundle.folder import open_bundle
from edge.bundle.golden import require_golden
from edge.bundle.onnx_file import load_graph
from edge.bundle.site import person_digest
from edge.engines import open_engine
from edge.engines.onnxrt import OnnxRuntimeEngine
from edge.errors import BundleError, ConfigError, DatasetError, EdgeError, MediaError
from edge.starter_labels import STARTER

RATE = 16000
PEOPLE = [f"worker {number}" for number in range(6)]
LABELS = ("angry", "happy", "sad")
PITCH = {"angry": 1.0, "happy": 1.25, "sad": 0.8}


def faster(sound, factor):
    """Sound [n] played faster."""
    places = np.arange(0, len(sound) - 1, factor)
    return np.interp(places, np.arange(len(sound)), sound).astype(np.float32)


@pytest.fixture(scope="session")
def site(tmp_path_factory, demo):
    """Recordings of six people, three labels, three clips each; a person is a filter and a level."""
    folder, rng = tmp_path_factory.mktemp("site"), np.random.default_rng(3)
    speech = load_sound(demo, RATE)
    rows = []
    for number, person in enumerate(PEOPLE):
        colour = rng.uniform(-0.5, 0.5)
        for label in LABELS:
            for take in range(3):
                start = int(rng.uniform(0.0, 4.5) * RATE)
                sound = faster(speech[start : start + 4 * RATE], PITCH[label] * (1 + 0.02 * number))
                sound = (sound - colour * np.roll(sound, 1)) * rng.uniform(0.5, 0.9)
                sound = sound + 0.002 * rng.standard_normal(len(sound))
                name = f"{number}-{label}-{take}.wav"
                write_wav(folder / name, sound)
                rows.append({"file_name": name, "emotion": label, "speaker": person})
    write(folder, rows)
    return folder


def write_wav(path, sound):
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, RATE, 0, "NONE", ""))
        file.writeframes((np.clip(sound, -1, 1) * 32767).astype(np.int16).tobytes())


def write(folder, rows):
    with (folder / "metadata.csv").open("w", newline="") as file:
        table = csv.DictWriter(file, rows[0].keys())
        table.writeheader()
        table.writerows(rows)


def rows_of(folder):
    with (folder / "metadata.csv").open(newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def copy(site, tmp_path):
    """A copy of the site to spoil; takes a function that changes its rows."""

    def make(change):
        folder = tmp_path / "spoiled"
        shutil.copytree(site, folder)
        write(folder, change(rows_of(folder)))
        return folder

    return make


@pytest.fixture(scope="session")
def calibrated(site, tmp_path_factory):
    out = tmp_path_factory.mktemp("calibrated") / "bundle"
    return calibrate(starter_bundle(), site, out, say=lambda _: None)


def edge(*words):
    """What the command did: code and what it said."""
    done = subprocess.run(
        [sys.executable, "-m", "edge.cli", *map(str, words)], capture_output=True, text=True, timeout=300
    )
    return done.returncode, done.stdout + done.stderr


def state(folder):
    return {file.name: file.read_bytes() for file in folder.iterdir()} if folder.exists() else None


def test_the_bundle_says_what_was_done(calibrated, site):
    found = calibrated.manifest.site
    assert found.name == site.name
    assert found.parent_name == "starter"
    assert found.recordings.clips == found.recordings.labelled == 54
    assert set(found.recordings.people) == {person_digest(name) for name in PEOPLE}
    assert not any(name.encode() in file for file in state(calibrated.folder).values() for name in PEOPLE)
    assert found.parts["head audio"].taken
    assert found.parts["head audio"].after > found.parts["head audio"].before
    assert found.parts["prior"].why == "site_prior_few"
    assert found.parts["ranges vision"].why == "site_ranges_few"
    assert all(part.why for part in found.parts.values())
    assert found.reference is not None
    assert -60 < found.noise_db < found.gain_db < 0


def test_the_device_runs_it(calibrated, site, tmp_path):
    with ExitStack() as stack:
        names = calibrated.manifest.models
        require_golden(
            calibrated, {name: stack.enter_context(open_engine(calibrated.path(name))) for name in names}
        )
    out = tmp_path / "readings.jsonl"
    source = site / rows_of(site)[0]["file_name"]
    assert (
        edge("run", "--source", source, "--bundle", calibrated.folder, "--headless", "--jsonl", out)[0] == 0
    )
    assert json.loads(out.read_text().splitlines()[-1])["label"] in calibrated.manifest.labels


def test_a_card_tells_of_the_site_in_words(calibrated):
    card = calibrated.path("card.md").read_text(encoding="utf-8")
    assert f"## Calibrated for {calibrated.manifest.site.name}" in card
    assert "site head: audio" in card
    for language in ("en", "ja"):
        text = table(calibrated.manifest.site, language)
        assert "site_" not in text
        assert len(text.splitlines()) == 1 + len(calibrated.manifest.site.parts)
    assert named("temperature fused audio+text", "ja") == "温度：統合（音声＋発話内容）"


def test_the_calibrated_is_not_calibrated_again(calibrated, site, tmp_path):
    with pytest.raises(BundleError, match="already"):
        calibrate(calibrated.folder, site, tmp_path / "again")


def test_people_of_the_calibration_are_not_judged(calibrated, site, copy):
    with pytest.raises(DatasetError, match="6 of the 6 people"):
        require_unknown(calibrated.folder, site)
    require_unknown(starter_bundle(), site)
    require_unknown(calibrated.folder, copy(lambda rows: [row | {"speaker": "guest"} for row in rows]))
    code, said = edge("evaluate", calibrated.folder, site, "--modality", "audio")
    assert code == 1
    assert "--known-people" in said
    assert len(said.splitlines()) == 1


def test_ranges_of_the_site_keep_the_weights():
    model = load_graph(starter_bundle() / "audio.onnx")
    rng = np.random.default_rng(0)
    shapes = {v.name: [d.dim_value for d in v.type.tensor_type.shape.dim] for v in model.graph.input}
    feeds = [{n: 3 * rng.standard_normal(s).astype(np.float32) for n, s in shapes.items()} for _ in range(3)]
    found = rescaled(model, activation_ranges(model, feeds), "minmax")
    changed = {
        tensor.name
        for tensor, other in zip(model.graph.initializer, found.graph.initializer, strict=True)
        if tensor.SerializeToString() != other.SerializeToString()
    }
    assert changed
    assert all(name.endswith(".scale") for name in changed)
    scales = {t.name: onnx.numpy_helper.to_array(t) for t in found.graph.initializer if t.name in changed}
    assert all(scale.size == 1 and scale > 0 for scale in scales.values())


def test_what_is_chosen_to_be_labelled_is_spread(rng):
    places = np.concatenate([rng.standard_normal((50, 40)) + 8 * rng.standard_normal(40) for _ in range(6)])
    people = [f"p{i % 5}" for i in range(300)]
    chosen = choose(places, people, [None] * 300, 30)
    assert len(set(chosen)) == 30
    assert {i // 50 for i in chosen} == set(range(6))
    assert min(sum(people[i] == f"p{k}" for i in chosen) for k in range(5)) >= 5
    assert choose(places[:4], people[:4], [None] * 4, 30) == [0, 1, 2, 3]


def test_a_list_to_label(site, copy, tmp_path):
    folder = copy(
        lambda rows: [row | {"emotion": row["emotion"] if i < 30 else ""} for i, row in enumerate(rows)]
    )
    out = tmp_path / "list.csv"
    assert edge("calibrate", starter_bundle(), folder, "--label", 8, "--out", out)[0] == 0
    with out.open(newline="", encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 8
    assert not any(row["emotion"] for row in rows)
    assert not {row["file_name"] for row in rows} & {row["file_name"] for row in rows_of(folder)[:30]}


def with_votes(rows):
    """Three raters: a third of the clips is not clear to one of them, of each person one clip to nobody."""
    for number, row in enumerate(rows):
        counts = dict.fromkeys(LABELS, 0) | {row["emotion"]: 3}
        other = next(label for label in LABELS if label != row["emotion"])
        if number % 9 == 0:
            counts, row["emotion"] = dict.fromkeys(LABELS, 1), ""
        elif number % 3 == 0:
            counts |= {row["emotion"]: 2, other: 1}
        row |= {f"votes_{label}": count for label, count in counts.items()}
    return rows


def test_votes_of_raters_are_read_and_ties_have_no_label(copy, capsys):
    folder = copy(with_votes)
    found = read_recordings(folder, STARTER, labelled=True)
    assert len(found.clips) == 54
    assert len(found.labelled) == 48
    shares = [targets_of(clip, len(STARTER)) for clip in found.labelled]
    assert sorted({round(float(share.max()), 2) for share in shares}) == [0.67, 1.0]
    assert all(share.argmax() == clip.label for share, clip in zip(shares, found.labelled, strict=True))
    assert "6 clips have votes and no majority" in capsys.readouterr().err


def in_one_file(folder, out, rows):
    """The clips of each person joined to one recording in `out`, a row for each stretch of it."""
    joined = []
    for person in PEOPLE:
        own, at = [row for row in rows if row["speaker"] == person], 0.0
        sounds = [load_sound(folder / row["file_name"], RATE) for row in own]
        write_wav(out / f"{person}.wav", np.concatenate(sounds))
        for row, sound in zip(own, sounds, strict=True):
            stretch = {"from": round(at, 3), "to": round(at + len(sound) / RATE, 3)}
            joined.append(row | {"file_name": f"{person}.wav"} | stretch)
            at += len(sound) / RATE
    return joined


def test_stretches_of_long_recordings_are_labelled_clips(site, copy, tmp_path):
    folder = copy(lambda rows: in_one_file(site, tmp_path, rows))
    for person in PEOPLE:
        (tmp_path / f"{person}.wav").rename(folder / f"{person}.wav")
    found = read_recordings(folder, STARTER, labelled=True)
    assert [clip.name for clip in found.clips] == [f"{person}.wav" for person in PEOPLE]
    assert len(found.labelled) == 54
    assert found.people == PEOPLE
    assert len(read_recordings(folder, STARTER, labelled=False).clips) == len(PEOPLE)
    with Playback(open_bundle(starter_bundle()), 160) as playback:
        clip = found.clips[0]
        playback.play(clip, lambda _: None, found.stretches[clip.name])
    told = [call.label for call in playback.calls["audio"]]
    assert {STARTER.index(label) for label in LABELS} == set(told)


def test_a_file_and_a_stretch_of_it_are_not_both_listed(copy):
    def change(rows):
        rows = [row | {"from": "", "to": ""} for row in rows]
        return [*rows, rows[0] | {"from": 0, "to": 2}]

    with pytest.raises(DatasetError, match="listed in line 2 already"):
        read_recordings(copy(change), STARTER, labelled=True)


@pytest.mark.slow
def test_votes_are_learnt_from(copy, tmp_path):
    said = []
    found = calibrate(starter_bundle(), copy(with_votes), tmp_path / "out", say=said.append)
    assert any("48 of them were labelled by several people" in line for line in said)
    assert found.manifest.site.recordings.labelled == 48
    part = found.manifest.site.parts["head audio"]
    assert part.taken
    assert part.after > part.before


SPLIT = """
[labels]
neutral = {}
angry = {}
sad = {}
joking = { of = "happy", ja = "冗談", event = true }
"""


@pytest.mark.slow
def test_labels_of_a_site_are_learnt(copy, tmp_path):
    folder = copy(lambda rows: [r | {"emotion": r["emotion"].replace("happy", "冗談")} for r in rows])
    (tmp_path / "labels.toml").write_text(SPLIT, encoding="utf-8")
    found = calibrate(
        starter_bundle(), folder, tmp_path / "out", labels=tmp_path / "labels.toml", say=lambda _: None
    )
    manifest = found.manifest
    assert manifest.labels == ("neutral", "angry", "sad", "joking")
    assert manifest.network_labels == open_bundle(starter_bundle()).manifest.labels
    assert manifest.full_labels.said("joking", "ja") == "冗談"
    assert set(manifest.voting.events) == {"angry", "joking"}
    out = tmp_path / "readings.jsonl"
    source = next(folder / row["file_name"] for row in rows_of(folder) if row["emotion"] == "冗談")
    assert edge("run", "--source", source, "--bundle", found.folder, "--headless", "--jsonl", out)[0] == 0
    assert json.loads(out.read_text().splitlines()[-1])["label"] == "joking"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("labels = 3", "section"),
        ("[labels]\nneutral = {}\n", "2"),
        ('[labels]\nneutral = {}\nodd = { of = "bored" }\n', "bored"),
        ("[labels]\nneutral = {}\nangry = { events = true }\n", "events"),
        ("[labels", "cannot|can be used|names no"),
    ],
)
def test_files_of_labels_that_cannot_be_used_are_refused(site, tmp_path, text, said):
    (tmp_path / "labels.toml").write_text(text)
    with pytest.raises(ConfigError, match=said) as raised:
        calibrate(starter_bundle(), site, tmp_path / "out", labels=tmp_path / "labels.toml")
    assert "labels.toml" in str(raised.value)
    assert not (tmp_path / "out").exists()


def few(rows):
    return [row | {"emotion": row["emotion"] if i < 10 else ""} for i, row in enumerate(rows)]


def short(rows):
    return rows[:4]


def unknown(rows):
    return [row | {"emotion": "bored"} if i == 5 else row for i, row in enumerate(rows)]


def guessed(rows):
    from edge.starter_labels import STARTER

    empty = {f"p_{name}": "" for name in STARTER} | {"weight": ""}
    shares = {f"p_{name}": "1" if name == "angry" else "0" for name in STARTER} | {"weight": "0.5"}
    return [row | (shares if i == 0 and row["emotion"] == "angry" else empty) for i, row in enumerate(rows)]


@pytest.mark.parametrize(
    ("change", "said"),
    [(few, "10 labelled clips, 30"), (unknown, "bored"), (guessed, "pseudo")],
)
def test_what_cannot_be_calibrated_is_refused_in_one_line(copy, tmp_path, change, said):
    out = tmp_path / "out"
    with pytest.raises(EdgeError, match=said) as raised:
        calibrate(starter_bundle(), copy(change), out, say=lambda _: None)
    assert "\n" not in str(raised.value)
    assert not out.exists()
    assert raised.value.told("ja") != str(raised.value)


def test_too_little_is_refused(copy, tmp_path):
    with pytest.raises(MediaError, match="4 windows of speech or faces, 24"):
        calibrate(starter_bundle(), copy(short), tmp_path / "out", labelled=False, say=lambda _: None)
    assert not (tmp_path / "out").exists()


def test_sound_of_a_telephone_is_refused(site, tmp_path):
    import soxr

    folder = tmp_path / "narrow"
    folder.mkdir()
    import wave

    for row in rows_of(site)[:30]:
        sound = soxr.resample(load_sound(site / row["file_name"], RATE), RATE, 8000)
        with wave.open(str(folder / row["file_name"]), "wb") as file:
            file.setparams((1, 2, 8000, 0, "NONE", ""))
            file.writeframes((np.clip(sound, -1, 1) * 32767).astype(np.int16).tobytes())
    with pytest.raises(MediaError, match="record at 16 kHz"):
        calibrate(starter_bundle(), folder, tmp_path / "out", labelled=False, say=lambda _: None)


def test_the_bundle_itself_is_never_replaced(site, tmp_path):
    own = tmp_path / "own"
    shutil.copytree(starter_bundle(), own)
    before = state(own)
    with pytest.raises(BundleError, match="--out"):
        calibrate(own, site, own)
    assert state(own) == before


def test_a_folder_of_something_else_is_not_replaced(site, tmp_path):
    out = tmp_path / "mine"
    out.mkdir()
    (out / "notes.txt").write_text("mine")
    with pytest.raises(BundleError):
        calibrate(starter_bundle(), site, out, labelled=False, say=lambda _: None)
    assert (out / "notes.txt").read_text() == "mine"


def test_without_labels_and_without_torch(site, tmp_path):
    code = (
        "import sys; from pathlib import Path; import calibration.site.calibrate as c\n"
        f"c.calibrate(Path({str(starter_bundle())!r}), Path({str(site)!r}), Path({str(tmp_path / 'out')!r}), "
        "labelled=False, name='line 3', say=lambda _: None)\n"
        "print(sorted(name for name in sys.modules if name.split('.')[0] in ('torch', 'export', 'scipy')))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=300, check=True
    )
    assert done.stdout.strip() == "[]"
    found = open_bundle(tmp_path / "out").manifest
    assert found.site.name == "line 3"
    assert found.site.recordings.labelled == 0
    assert not any(name.startswith("head") for name in found.site.parts)
    assert found.temperature == open_bundle(starter_bundle()).manifest.temperature


@pytest.mark.slow
def test_killed_at_any_moment_it_leaves_nothing_half_written(site, tmp_path, rng):
    out = tmp_path / "out"
    command = [
        sys.executable,
        "-m",
        "edge.cli",
        "calibrate",
        str(starter_bundle()),
        str(site),
        "--out",
        str(out),
    ]
    for _ in range(12):
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(float(rng.uniform(0.5, 25.0)))
        process.send_signal(signal.SIGKILL)
        process.wait()
        if out.exists():
            assert open_bundle(out).manifest.site is not None
        left = [entry.name for entry in tmp_path.iterdir() if entry != out]
        assert all(name.startswith(".out.") for name in left)
    open_bundle(starter_bundle())


def test_each_answer_is_the_canonical_one(calibrated):
    """Golden outputs are of the new ranges."""
    with (
        np.load(calibrated.path("golden.npz")) as golden,
        OnnxRuntimeEngine(calibrated.path("audio"), canonical=True) as engine,
    ):
        inputs = {key.split("/")[2]: golden[key] for key in golden.files if key.startswith("audio/in/")}
        told = engine.run({key: values[0] for key, values in inputs.items()})
        assert np.allclose(told["logits"], golden["audio/out/logits"][0], atol=1e-4)
