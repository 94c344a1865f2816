"""`edge export` from small corpora to a bundle that reads, and from bad input to one line."""

import json
import os
import shutil
import subprocess
import sys
import time
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import numpy as np
import onnx
import pytest
from corpora import RECIPE, write_corpora, write_wav
from test_onnx_teacher import write_listener

from calibration.judge.evaluate import evaluate_folder
from edge.bundle.folder import open_bundle
from edge.bundle.manifest import VisionSpec
from edge.bundle.onnx_file import load_graph
from edge.engines.half_rest import has_half_rest
from edge.errors import ConfigError, DatasetError
from edge.items import MODALITIES
from edge.starter_labels import STARTER as LABELS
from export.corpora.fer2013 import read_faces
from export.corpora.readers import corpora_fingerprint
from export.deliver.card import HEADLINE
from export.judge.heldout import held_out_sets
from export.recipe import read_recipe
from export.run import run_export
from export.stages import data_key, place_of

SETS = {
    "fused on voices": 36,
    "audio on voices": 36,
    "audio on voices, new voices": 36,
    "vision on fer2013": 60,
    "text on goemotions": 90,
}
"""What tests/corpora.py holds out, and how many examples."""
ONE_THREAD = os.environ | {"OMP_NUM_THREADS": "1"}
LARGEST = 12e6
"""A bundle that travels (bytes)."""


def edge(*arguments):
    """The command in a process of its own: it starts others, and sets their threads."""
    return subprocess.run(
        [sys.executable, "-m", "edge.cli", *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        env=ONE_THREAD,
    )


@pytest.fixture(scope="module")
def exported(tmp_path_factory):
    """Data folder, recipe and the bundle made of them."""
    place = tmp_path_factory.mktemp("export")
    recipe = write_corpora(place / "data")
    out = place / "bundle"
    done = edge("export", recipe, "--data", place / "data", "--out", out)
    assert done.returncode == 0, done.stderr
    return place / "data", recipe, out


def numbers(report):
    return json.loads(json.dumps(report.as_dict()))


def held_out(out, title):
    modality, _, name = title.split(",")[0].split()
    return modality, out.with_name(f"{out.name}.work") / "heldout" / modality / name


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_the_bundle_is_whole_int8_and_small(exported):
    _, _, out = exported
    bundle = open_bundle(out)
    manifest = bundle.manifest
    assert manifest.name == "tiny"
    assert manifest.labels == LABELS
    assert set(manifest.models) == {*MODALITIES, "fusion"}
    for name, entry in manifest.models.items():
        assert entry.precision == "int8"
        assert 0 < entry.int8_nodes <= entry.nodes
        onnx.checker.check_model(onnx.load(bundle.path(name)), full_check=True)
    assert sum(file.stat().st_size for file in out.iterdir()) < LARGEST
    assert sorted(file.name for file in out.iterdir()) == sorted(
        ["bundle.json", *(f"{name}.onnx" for name in manifest.models), *manifest.files]
    )
    fewer = {f"fused {'+'.join(some)}" for n in (1, 2) for some in combinations(MODALITIES, n)}
    assert manifest.temperature.keys() == {*MODALITIES, "fused", *fewer}
    assert manifest.conformal_threshold.keys() == manifest.temperature.keys()
    assert manifest.voted_threshold.keys() == {"fused", *fewer}
    assert manifest.parity.keys() == {*MODALITIES, "fusion"}
    assert all(manifest.calibration[name]["calls"] > 0 for name in MODALITIES)
    with np.load(bundle.path("golden.npz")) as golden:
        for name, entry in manifest.models.items():
            for side, shapes in (("in", entry.inputs), ("out", entry.outputs)):
                assert {key: golden[f"{name}/{side}/{key}"].shape[1:] for key in shapes} == shapes


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_something_was_learnt(exported):
    accuracy = open_bundle(exported[2]).manifest.accuracy
    for title, n in SETS.items():
        report = accuracy[title]["int8"]
        assert report["n"] == n
        assert report["skipped"] == {}
        assert abs(report["accuracy"] - accuracy[title]["fp32"]["accuracy"]) < 0.12
    assert accuracy["text on goemotions"]["int8"]["accuracy"] > 0.5  # six labels: chance is 0.17


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_an_export_goes_on_from_a_bundle(exported, tmp_path):
    data, recipe, earlier = exported
    old, new = recipe.read_text(encoding="utf-8"), tmp_path / "on.toml"
    for corpora in ("voices", "fer2013", "goemotions"):
        old = old.replace(f'corpora = ["{corpora}"]', f'corpora = ["{corpora}"]\nstart = "{earlier}"')
    before, _, text = old.partition("[text]")
    kept = text.replace("epochs = 2", "epochs = 0", 1)
    new.write_text(f"{before}[text]{kept}", encoding="utf-8")
    out = tmp_path / "on"
    done = edge("export", new, "--data", data, "--out", out)
    assert done.returncode == 0, done.stderr
    first, second = open_bundle(earlier), open_bundle(out)
    was, found = first.manifest.accuracy, second.manifest.accuracy
    title = "text on goemotions"
    assert found[title]["int8"]["accuracy"] == pytest.approx(was[title]["int8"]["accuracy"], abs=0.02)
    assert first.path("tokenizer.json").read_bytes() == second.path("tokenizer.json").read_bytes()
    for title in ("audio on voices", "vision on fer2013"):
        assert found[title]["int8"]["accuracy"] > was[title]["int8"]["accuracy"] - 0.1
    card = (out / "card.md").read_text(encoding="utf-8")
    assert f"The text network is that of the bundle tiny of {first.manifest.created}." in card
    assert f"The vision network went on from that of the bundle tiny of {first.manifest.created}." in card
    assert "**Research only.**" in card


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_every_number_of_the_card_is_in_the_manifest_and_printed_again(exported):
    _, _, out = exported
    accuracy = open_bundle(out).manifest.accuracy
    card = (out / "card.md").read_text(encoding="utf-8").splitlines()
    assert accuracy.keys() == {*SETS, "fused on composed windows"}
    for title in SETS:
        modality, folder = held_out(out, title)
        row, *curve = (line for line in card if line.startswith(f"| {title} |"))
        name = HEADLINE[modality]
        found = [cell.strip() for cell in row.split("|")[2:-1]]
        span, people = (accuracy[title]["int8"][key] for key in ("interval", "speakers"))
        assert found == [
            str(accuracy[title]["int8"]["n"]),
            name.replace("_", " "),
            f"{accuracy[title]['fp32'][name]:.3f}",
            f"{accuracy[title]['int8'][name]:.3f}",
            "{:.3f} to {:.3f}, {} people".format(*span[name], people)
            if span[name]
            else "no interval: one person",
        ]
        again = evaluate_folder(out, folder, modality, new_voices=title.endswith("new voices"))
        points = accuracy[title]["int8"]["voice"]
        told = [[cell.strip() for cell in line.split("|")[2:-1]] for line in curve]
        assert told == (
            [[str(points[0]["n"]), *(f"{point['unweighted_recall']:.3f}" for point in points)]]
            if points
            else []
        )
        if modality == "fused":  # how soon a voice is known is judged once, in the set of the sound
            again = replace(again, voice=())
        assert numbers(again) == accuracy[title]["int8"]
    (composed,) = (line for line in card if line.startswith("Fusion, accuracy on composed windows"))
    for name, value in accuracy["fused on composed windows"].items():
        assert f"{name} {value:.3f}" in composed
    assert "flatters the fusion" in composed
    assert any("**Research only.**" in line for line in card)


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_the_bundle_reads_the_demo_clip(exported, demo, tmp_path):
    out = tmp_path / "demo.jsonl"
    done = edge("run", "--source", demo, "--bundle", exported[2], "--headless", "--jsonl", out)
    assert done.returncode == 0, done.stderr
    records = [json.loads(line) for line in out.read_text().splitlines()]
    assert len(records) == 9
    assert any(record["state"] in ("reading", "needs_check") for record in records)


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_a_second_run_trains_nothing_and_gives_the_same_networks(exported):
    data, recipe, out = exported
    work = out.with_name(f"{out.name}.work")
    weights = {path: path.stat().st_mtime_ns for path in work.rglob("*.pt")}
    assert {path.stem for path in weights} >= {"audio", "text", "fusion"}
    assert not list(work.rglob("*.part"))
    before = open_bundle(out).manifest
    done = edge("export", recipe, "--data", data, "--out", out)
    assert done.returncode == 0, done.stderr
    assert "epoch" not in done.stderr
    assert {path: path.stat().st_mtime_ns for path in work.rglob("*.pt")} == weights
    after = open_bundle(out).manifest
    assert {k: v.sha256 for k, v in after.models.items()} == {k: v.sha256 for k, v in before.models.items()}
    assert after.accuracy == before.accuracy


# Bad input: one line, and nothing that looks like a bundle


@pytest.fixture
def corpora(tmp_path):
    """Small corpora and their recipe; nothing is trained on them here."""
    return write_corpora(tmp_path / "data").parent


def test_held_out_faces_of_an_older_list_are_not_judged_again(corpora, tmp_path):
    recipe, work = read_recipe(corpora / "tiny.toml"), tmp_path
    table = corpora / "fer2013" / "labels.csv"
    header, *rows = table.read_text().splitlines()
    for order in (rows, rows[::-1]):
        table.write_text("\n".join([header, *order]) + "\n")
        (faces,) = (s for s in held_out_sets(recipe, corpora, work) if s.modality == "vision")
        assert len(faces.examples) == 60
        for example, face in zip(faces.examples, read_faces(faces.examples), strict=True):
            top = 4 + 7 * example.label  # the bar whose height tells the label
            assert face[top : top + 6, 10:38].min() > 150


def test_weights_for_other_face_crops_are_not_reused(corpora, tmp_path):
    recipe = read_recipe(corpora / "tiny.toml")
    larger = recipe.model_copy(update={"face_crop": VisionSpec(size=64)})
    assert place_of("vision", larger, corpora, tmp_path) != place_of("vision", recipe, corpora, tmp_path)


def test_weights_of_other_data_are_not_reused(corpora, tmp_path):
    recipe = read_recipe(corpora / "tiny.toml")

    def places():
        return [place_of(name, recipe, corpora, tmp_path) for name in ("audio", "vision", "text")]

    before = places()
    held_out_sets(recipe, corpora, tmp_path)  # reading leaves the data what it was
    assert places() == before
    table = corpora / "voices" / "metadata.csv"
    table.write_text(table.read_text().replace(",angry,", ",happy,", 1))
    after = places()
    assert [old == new for old, new in zip(before, after, strict=True)] == [False, True, True]


def test_keys_without_a_teacher_from_elsewhere_are_of_the_data_alone(corpora):
    recipe = read_recipe(corpora / "tiny.toml")
    own = recipe.model_copy(update={"vision": recipe.vision.model_copy(update={"teacher": "cnn"})})
    folders = ["fer2013", "goemotions", "voices"]
    for name, folder in zip(("vision", "text", "audio"), folders, strict=True):
        assert data_key([name], own, corpora) == corpora_fingerprint(corpora, [folder])
    assert data_key(MODALITIES, own, corpora) == corpora_fingerprint(corpora, folders)


def teacher_in(kind, folder):
    """A teacher of voices or sentences, by a name of its kind, and the file that holds its weights."""
    if kind == "onnx":
        file = write_listener(folder, rate=16000)
        return "audio", str(file), file
    home = {"package": folder / "a_package", "absolute": folder, "beside": folder / "data", "hub": folder}[
        kind
    ]
    home.mkdir(exist_ok=True)
    if kind == "package":
        (home / "__init__.py").touch()
    place = home / "model"
    place.mkdir()
    if kind == "absolute":
        (place / "model.bin").write_bytes(b"some weights")
        return "audio", str(place), place / "model.bin"
    (place / "config.json").write_text("{}")
    (place / "model.safetensors").write_bytes(b"some weights")
    name = {"package": "a_package:model", "beside": "model", "hub": "somebody/model"}[kind]
    return "text", name, place / "model.safetensors"


@pytest.mark.parametrize("kind", ["package", "absolute", "beside", "onnx", "hub"])
def test_another_teacher_at_the_same_place_trains_its_student_anew(kind, corpora, tmp_path, monkeypatch):
    modality, name, weights = teacher_in(kind, tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    if kind == "hub":
        hub = pytest.importorskip("huggingface_hub")
        monkeypatch.setattr(hub, "snapshot_download", lambda *_, **__: str(weights.parent))
    bare = read_recipe(corpora / "tiny.toml")
    recipe = read_recipe(with_recipe(corpora, f"[{modality}]\n", f"[{modality}]\nteacher = '{name}'\n"))

    def keys(recipe):
        return [data_key([one], recipe, corpora) for one in MODALITIES] + [
            data_key(MODALITIES, recipe, corpora)
        ]

    before = keys(recipe)
    assert keys(recipe) == before
    changed = [one != modality for one in MODALITIES] + [False]
    assert [a == b for a, b in zip(keys(bare), before, strict=True)] == changed
    size = weights.stat().st_size
    if kind == "onnx":
        graph = onnx.load(weights)
        graph.producer_name = "other"
        onnx.save(graph, weights)
    else:
        weights.write_bytes(weights.read_bytes()[::-1])
        assert weights.stat().st_size == size
    os.utime(weights, ns=(0, weights.stat().st_mtime_ns + 10**9))
    assert [a == b for a, b in zip(keys(recipe), before, strict=True)] == changed


def test_a_teacher_that_is_not_there_is_said_before_training(corpora):
    recipe = with_recipe(corpora, "[audio]\n", "[audio]\nteacher = 'nobody'\n")
    assert "teacher nobody: there is no" in refusal(corpora, recipe, ConfigError)


def refusal(data, recipe=None, error=DatasetError):
    """The one line that an export is refused with; nothing may be left where the bundle would be."""
    out = data.with_name("bundle")
    with pytest.raises(error) as caught:
        run_export(recipe or data / "tiny.toml", data, out)
    assert not out.exists()
    assert not list(data.parent.rglob("bundle.json"))
    assert not list(data.parent.rglob("*.pt"))
    assert "\n" not in str(caught.value)
    return str(caught.value)


def with_recipe(data, old, new):
    assert old in RECIPE
    path = data / "changed.toml"
    path.write_text(RECIPE.replace(old, new, 1))
    return path


def test_a_data_folder_that_is_not_there_is_named(corpora):
    recipe = shutil.copy(corpora / "tiny.toml", corpora.parent / "tiny.toml")
    shutil.rmtree(corpora)
    text = refusal(corpora, corpora.parent / "tiny.toml")
    assert f"{corpora} is no folder; name the one that holds the corpora with --data" in text
    assert recipe


@pytest.mark.parametrize("name", ["voices", "fer2013", "goemotions"])
def test_a_corpus_that_is_not_there_is_named(corpora, name):
    shutil.rmtree(corpora / name)
    assert f"holds no folder {name}; put the corpus there or take it off the recipe" in refusal(corpora)


@pytest.mark.parametrize(("role", "old"), [("dev", 'dev = ["s2"]'), ("test", 'test = ["s3"]')])
def test_a_role_without_speakers_is_named(corpora, role, old):
    recipe = with_recipe(corpora, old, f'{role} = ["nobody"]')
    assert f"no 'nobody', named under {role}, is in voices; nearest is 's" in refusal(corpora, recipe)


def test_a_recipe_with_an_unknown_key_is_refused(corpora):
    recipe = with_recipe(corpora, "[fusion]", "[fuson]")
    text = refusal(corpora, recipe, ConfigError)
    assert "fusion is missing" in text or "fuson is not known" in text


def test_an_unknown_emotion_is_named_before_anything_is_trained(corpora):
    with (corpora / "voices" / "metadata.csv").open("a") as file:
        file.write("s0/sad0.wav,bored,s0,x\n")
    assert "line 146: unknown emotion 'bored'" in refusal(corpora)


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_picture_cut_short_stops_the_export_with_its_name(corpora):
    cut = corpora / "fer2013" / "train_00.jpg"
    cut.write_bytes(cut.read_bytes()[:-2000])
    recipe = corpora / "tiny.toml"
    # A thousand epochs of voices would take hours: they do not hold the message up.
    recipe.write_text(recipe.read_text().replace('test = ["s3"]\nepochs = 2', 'test = ["s3"]\nepochs = 1000'))
    out = corpora.with_name("bundle")
    done = edge("export", corpora / "tiny.toml", "--data", corpora, "--out", out)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == f"edge: {cut} is not a readable picture; replace or remove it"
    assert "Traceback" not in done.stderr
    assert not out.exists()


@pytest.mark.slow
def test_a_killed_export_leaves_no_trainer_behind(corpora):
    recipe = corpora / "tiny.toml"
    recipe.write_text(recipe.read_text().replace("epochs = 2", "epochs = 1000"))
    command = [sys.executable, "-m", "edge.cli", "export", recipe, "--data", corpora]
    out = corpora.with_name("killed")
    run = subprocess.Popen([*map(str, command), "--out", str(out)], stderr=subprocess.PIPE)
    threads = Path(f"/proc/{run.pid}/task")
    wait_until(lambda: list(out.with_name("killed.work").glob("*/*.part")))
    # Each is the child of the thread that started it.
    children = [int(pid) for file in threads.glob("*/children") for pid in file.read_text().split()]
    assert len(children) >= 2
    run.kill()
    run.communicate()
    wait_until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in children))


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_an_export_killed_anywhere_ends_with_the_same_report(exported, tmp_path):
    data, recipe, whole = exported
    out = tmp_path / "bundle"
    work = out.with_name("bundle.work")
    command = [sys.executable, "-m", "edge.cli", "export", recipe, "--data", data, "--out", out]
    moments = (
        lambda: list(work.glob("text-*/text.jsonl")),  # an epoch is told, its checkpoint perhaps not written
        lambda: list(work.glob("vision-*/vision-refined.pt")),
        lambda: list(work.glob("fusion-*/fusion.pt")),
        lambda: (work / "int8" / "text.onnx").exists(),
        lambda: (work / "bundle-int8" / "bundle.json").exists(),  # while it is judged
    )
    for moment in moments:
        with subprocess.Popen([*map(str, command)], stderr=subprocess.DEVNULL, env=ONE_THREAD) as run:
            wait_until(lambda run=run, moment=moment: moment() or run.poll() is not None, 300.0)
            assert run.poll() is None, "it ended before it could be killed"
            children = Path(f"/proc/{run.pid}/task/{run.pid}/children").read_text().split()
            run.kill()
        wait_until(lambda children=children: not any(Path(f"/proc/{pid}").exists() for pid in children))
        assert not (work / "report.json").exists()
    done = edge(*command[3:])
    assert done.returncode == 0, done.stderr
    assert report_of(work) == report_of(whole.with_name(f"{whole.name}.work"))
    assert (work / "report.html").stat().st_size > 50_000
    log = (work / "export.log").read_text(encoding="utf-8")
    assert log.count("seed 1") == len(moments) + 1  # every run says that it began
    for title in SETS:
        assert title in log


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_a_private_export_says_its_epsilon_everywhere(exported, tmp_path):
    pytest.importorskip("opacus", reason="the extra `privacy` is not installed")
    data, recipe, whole = exported
    private = tmp_path / "private.toml"
    private.write_text(recipe.read_text() + "batch = 32\ndp_noise = 1.5\n")
    out = tmp_path / "bundle"
    # The encoders lie finished there: only the fusion is trained.
    shutil.copytree(whole.with_name(f"{whole.name}.work"), tmp_path / "bundle.work")
    done = edge("export", private, "--data", data, "--out", out)
    assert done.returncode == 0, done.stderr
    found = open_bundle(out).manifest.privacy
    assert found["noise"] == 1.5
    assert found["steps"] == 8
    said = f"{found['epsilon']:.2f}"
    assert f"epsilon {said} at delta 1e-05" in done.stderr
    assert f"epsilon {said} at delta 1e-05" in (out / "card.md").read_text(encoding="utf-8")
    assert f"ε = {said}" in (tmp_path / "bundle.work" / "report.html").read_text(encoding="utf-8")


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_an_export_with_a_half_precision_rest(exported, demo, tmp_path):
    data, recipe, whole = exported
    half = tmp_path / "half.toml"
    limits = '[quantize]\nrest = "float16"\nmax_drop = 100\nmin_cosine = 0.9\n'
    half.write_text(f"{recipe.read_text()}\n{limits}")
    out = tmp_path / "bundle"
    # All networks lie finished there: only INT8 is made anew.
    shutil.copytree(whole.with_name(f"{whole.name}.work"), tmp_path / "bundle.work")
    done = edge("export", half, "--data", data, "--out", out)
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("what is not INT8 runs in float16: drop") == 4
    bundle, before = open_bundle(out), open_bundle(whole)
    for name, entry in bundle.manifest.models.items():
        found = bundle.manifest.quantization[name]
        assert found["rest"] == "float16"
        assert found["float16_rest"]["cosine"] > 0.9
        assert before.manifest.quantization[name]["rest"] == "float32"
        graph = load_graph(bundle.path(name))
        assert has_half_rest(graph)
        assert not has_half_rest(load_graph(before.path(name)))
        assert entry.int8_nodes == before.manifest.models[name].int8_nodes
    read = edge("run", "--source", demo, "--bundle", out, "--headless", "--fast")
    assert read.returncode == 0, read.stderr


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_an_adapted_export_shows_the_student_before_and_after(exported, tmp_path):
    data, recipe, whole = exported
    rng = np.random.default_rng(0)
    for number in range(12):
        write_wav(data / "noise" / f"press-{number}.wav", 0.1 * rng.standard_normal(24000))
    adapted = tmp_path / "adapted.toml"
    head = '[audio]\nnoise = "noise"\nadapt_epochs = 3\n'
    adapted.write_text(recipe.read_text().replace("[audio]\n", head, 1))
    out, work = tmp_path / "bundle", tmp_path / "bundle.work"
    shutil.copytree(whole.with_name(f"{whole.name}.work"), work)  # faces and sentences are learnt
    done = edge("export", adapted, "--data", data, "--out", out)
    assert done.returncode == 0, done.stderr
    rows = json.loads((work / "report.json").read_text(encoding="utf-8"))["adaptation"]
    heard = [title for title in SETS if title.startswith("audio")]
    assert [(r["set"], r["snr_db"]) for r in rows] == [(t, db) for t in heard for db in (None, 5.0, 0.0)]
    accuracy = open_bundle(out).manifest.accuracy
    card = (out / "card.md").read_text(encoding="utf-8")
    for row in rows:
        modality, folder = held_out(out, row["set"])
        around = None if row["snr_db"] is None else (data / "noise", row["snr_db"])
        new = row["set"].endswith("new voices")
        for name, bundle in (("before", "bundle-unadapted"), ("after", "bundle-fp32")):
            again = evaluate_folder(work / bundle, folder, modality, new_voices=new, noise=around)
            assert again.unweighted_recall == row[name]
        where = "in the clear" if around is None else f"{row['snr_db']:g} dB"
        assert f"| {row['set']} | {where} | {row['n']} | unweighted recall " in card
        assert f"| {row['before']:.3f} | {row['after']:.3f} |" in card
        if around is None:
            assert row["after"] == accuracy[row["set"]]["fp32"]["unweighted_recall"]
    assert "Adaptation to noise" in (work / "report.html").read_text(encoding="utf-8")


def report_of(work):
    """What a report says besides times."""
    facts = json.loads((work / "report.json").read_text(encoding="utf-8"))
    del facts["times"], facts["speed"]
    for name in ("card.md", "card.ja.md"):  # the cards tell the time of a window
        del facts["files"][name]
    return facts


def wait_until(true, seconds=300.0):
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.1)
