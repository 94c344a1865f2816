"""Faces cut from films: what an export learns from, keeps, and judges on."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import av
import numpy as np
import pytest
from corpora import RECIPE, write_corpora, write_sentences, write_voices, write_wav

from calibration.judge.evaluate import evaluate_folder
from edge.app import starter_bundle
from edge.bundle.manifest import VisionSpec
from edge.errors import DatasetError, EdgeError
from edge.recording.keys import KEY, KEY_FILE, make_key_file, read_key_file
from edge.recording.sealed import write_sealed
from edge.starter_labels import STARTER as LABELS
from export import preflight
from export.corpora import films
from export.corpora.fer2013 import read_faces
from export.corpora.films import with_faces
from export.corpora.readers import split_corpora
from export.judge.heldout import held_out_sets
from export.recipe import read_recipe
from export.students.vision import vision_split

SPEC = VisionSpec()


@pytest.fixture(scope="module")
def portrait():
    """A picture with a face, RGB."""
    with av.open(str(starter_bundle().parent / "demo.mp4")) as container:
        return next(container.decode(video=0)).to_ndarray(format="rgb24")[::2, ::2]


@pytest.fixture
def grey():
    return np.full((120, 160, 3), 128, np.uint8)


def write_film(path, picture, seconds=1.0):
    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), "w") as container:
        video = container.add_stream("mpeg4", rate=10, width=picture.shape[1], height=picture.shape[0])
        video.pix_fmt, video.bit_rate = "yuv420p", 2_000_000
        for _ in range(round(10 * seconds)):
            container.mux(video.encode(av.VideoFrame.from_ndarray(picture, "rgb24")))
        container.mux(video.encode(None))


def write_table(folder, *rows):
    lines = ["file_name,emotion,speaker", *(",".join(row) for row in rows)]
    (folder / "metadata.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")


def split_of(data, name="films"):
    return split_corpora(data, [name], ["b"], ["c"], LABELS)[name]


@pytest.fixture
def corpus(tmp_path, demo, portrait, grey):
    """Films of three people, one of each; of one person also a sound, a wall and a face that is cut out."""
    folder = tmp_path / "films"
    folder.mkdir()
    shutil.copyfile(demo, folder / "a.mp4")
    write_film(folder / "b.mkv", portrait)
    write_film(folder / "c.avi", portrait[:, ::-1], 0.3)
    write_film(folder / "wall.mp4", grey)
    write_wav(folder / "sound.wav", np.full(16000, 0.1))
    import cv2

    cv2.imwrite(str(folder / "crop.png"), np.full((48, 48), 90, np.uint8))
    write_table(
        folder,
        ("a.mp4", "happy", "a"),
        ("wall.mp4", "sad", "a"),
        ("sound.wav", "sad", "a"),
        ("crop.png", "neutral", "a"),
        ("b.mkv", "angry", "b"),
        ("c.avi", "angry", "c"),
    )
    return tmp_path


def test_a_few_faces_of_each_film_take_its_place(corpus, capsys):
    split = split_of(corpus)
    found = with_faces(corpus / "films", split, SPEC, corpus / "faces")
    assert [e.name for e in found.train] == [*(f"a.mp4:{k}" for k in range(films.A_FILM)), "crop.png"]
    assert {LABELS[e.label] for e in found.train[:-1]} == {"happy"}
    assert {e.speaker for e in found.train} == {"a"}
    assert [len(found.dev), len(found.test)] == [4, 1]  # a look every 0.3 s: pictures come every 0.1 s
    faces = read_faces([*found.train, *found.dev, *found.test])
    assert faces.shape == (12, 48, 48)
    assert (faces[6] == 90).all()
    assert min(face.std() for face in faces[:6]) > 20
    said = capsys.readouterr().err
    assert "2 of 5 recordings show no face and are left out: wall.mp4, sound.wav" in said
    assert said.count("\n") == 1


def test_real_films_show_the_faces_that_are_in_them(media, tmp_path, capsys):
    folder = tmp_path / "films"
    folder.mkdir()
    names = ["WolfgangLanger_Pexels.mp4", "ravdess-01-neutral.mp4", "single_face.mp4", "no_face.mp4"]
    for name in names:
        shutil.copyfile(media / name, folder / name)
    write_table(folder, *((name, "neutral", speaker) for name, speaker in zip(names, "abca", strict=True)))
    found = with_faces(folder, split_of(tmp_path), SPEC, tmp_path / "faces")
    assert [len(part) for part in (found.train, found.dev, found.test)] == [6, 6, 6]
    assert "1 of 4 recordings show no face and are left out: no_face.mp4" in capsys.readouterr().err


def test_what_was_cut_is_kept_under_all_that_made_it(corpus, monkeypatch):
    cut, asked = films._cut, []
    monkeypatch.setattr(films, "_cut", lambda path, *rest: (asked.append(path.name), cut(path, *rest))[1])

    def again(spec=SPEC):
        asked.clear()
        found = with_faces(corpus / "films", split_of(corpus), spec, corpus / "faces")
        return sorted(asked), read_faces(found.train, spec.size)

    everything, first = again()
    assert everything == ["a.mp4", "b.mkv", "c.avi", "sound.wav", "wall.mp4"]
    names, second = again()
    assert names == []
    np.testing.assert_array_equal(second, first)
    assert again(VisionSpec(faces=4))[0] == []  # how many a window shows changes no crop
    names, wide = again(VisionSpec(scale=1.5))
    assert names == everything
    assert (wide != first).any()
    assert again()[0] == []
    shutil.copyfile(corpus / "films" / "c.avi", corpus / "films" / "b.mkv")
    assert again()[0] == []  # the content is known by another name
    kept = sorted((corpus / "faces").glob("*.npy"), key=lambda path: path.stat().st_size)[-1]
    kept.write_bytes(kept.read_bytes()[:200])
    assert len(again()[0]) == 1
    monkeypatch.setattr(films, "STEP_S", 0.5)
    assert len(again()[0]) >= 4  # two films may be cut at once, each for both
    for path in (corpus / "faces", *(corpus / "faces").iterdir()):
        assert path.stat().st_mode & 0o077 == 0


def test_another_detector_cuts_anew(corpus, monkeypatch):
    with_faces(corpus / "films", split_of(corpus), SPEC, corpus / "faces")
    before = len(list((corpus / "faces").iterdir()))
    known = films.file_fingerprint
    monkeypatch.setattr(
        films, "file_fingerprint", lambda path: known(path) + ("b" if path.suffix == ".onnx" else "")
    )
    with_faces(corpus / "films", split_of(corpus), SPEC, corpus / "faces")
    assert len(list((corpus / "faces").iterdir())) == 2 * before


def test_a_killed_run_goes_on_where_it_was(corpus):
    program = """
import os
import sys
from pathlib import Path
from export.corpora import films
from test_films import SPEC, split_of
cut, corpus = films._cut, Path(sys.argv[1])
def killed(path, *rest):
    os._exit(9) if path.suffix == ".avi" else None
    return cut(path, *rest)
films._cut = killed
os.cpu_count = lambda: 1
films.with_faces(corpus / "films", split_of(corpus), SPEC, corpus / "faces")
"""
    here = Path(__file__).parent
    environment = os.environ | {"PYTHONPATH": f"{here}{os.pathsep}{here.parent}"}
    done = subprocess.run([sys.executable, "-c", program, str(corpus)], env=environment, check=False)
    assert done.returncode == 9
    kept = {path.name: path.stat().st_mtime_ns for path in (corpus / "faces").iterdir()}
    assert len(kept) == 4
    with_faces(corpus / "films", split_of(corpus), SPEC, corpus / "faces")
    after = {path.name: path.stat().st_mtime_ns for path in (corpus / "faces").iterdir()}
    assert len(after) == 5
    assert kept.items() <= after.items()


def test_a_film_that_cannot_be_read_is_named_and_left_out(corpus, capsys):
    (corpus / "films" / "wall.mp4").write_bytes(b"no film")
    found = with_faces(corpus / "films", split_of(corpus), SPEC, corpus / "faces")
    assert len(found.train) == 7
    assert re.search(r"left out: .*wall\.mp4", capsys.readouterr().err)


def test_films_without_any_face_are_refused(tmp_path, grey):
    for speaker in "abc":
        write_film(tmp_path / "films" / f"{speaker}.mp4", grey)
    write_table(tmp_path / "films", *((f"{speaker}.mp4", "sad", speaker) for speaker in "abc"))
    with pytest.raises(DatasetError, match="none of 3 recordings shows a face; name another corpus"):
        with_faces(tmp_path / "films", split_of(tmp_path), SPEC, tmp_path / "faces")


# Encrypted films


@pytest.fixture
def sealed_site(corpus, monkeypatch):
    """The corpus with encrypted films, its key apart from it; gives the folder of data."""
    for name in (KEY, KEY_FILE):
        monkeypatch.delenv(name, raising=False)
    folder = corpus / "films"
    make_key_file(corpus / "key")
    (folder / "site.toml").write_text('[record]\nkey_file = "../key"\n', encoding="utf-8")
    for name in ("a.mp4", "b.mkv", "c.avi"):
        write_sealed(folder / f"{name}.sealed", (folder / name).read_bytes(), read_key_file(corpus / "key"))
        (folder / name).unlink()
    table = (folder / "metadata.csv").read_text(encoding="utf-8")
    table = re.sub(r"\.(mp4|mkv|avi),(happy|angry)", r".\1.sealed,\2", table)
    (folder / "metadata.csv").write_text(table, encoding="utf-8")
    return corpus


def plain_faces(folder, faces):
    """Files in which somebody can see a face: pictures, arrays, and bytes of the faces that are known."""
    import cv2

    marks = [face[len(face) // 2].tobytes() for face in faces]
    found = []
    for path in (path for path in folder.rglob("*") if path.is_file()):
        data = path.read_bytes()
        picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_GRAYSCALE) if data else None
        array = data.startswith(b"\x93NUMPY") and np.load(path).size
        if picture is not None or array or any(mark in data for mark in marks):
            found.append(path.name)
    return found


def films_of(recipe_folder, data):
    """A recipe whose vision network learns from the films alone."""
    part = RECIPE.split("[vision]\n")[1].split("\n[")[0]
    wanted = 'corpora = ["films"]\ndev = ["b"]\ntest = ["c"]\nepochs = 1\nbatch = 16\nlr = 2e-3'
    (recipe_folder / "films.toml").write_text(RECIPE.replace(part, wanted), encoding="utf-8")
    write_voices(data / "voices", clips=1)
    write_sentences(data / "goemotions", 60)
    return read_recipe(recipe_folder / "films.toml")


def test_faces_of_encrypted_films_are_never_plain_on_the_disk(sealed_site, capsys):
    work = sealed_site / "bundle.work"
    recipe = films_of(sealed_site, sealed_site)
    split = vision_split(recipe, sealed_site, work)
    assert len(split.train) == films.A_FILM + 1
    (held_out,) = (s for s in held_out_sets(recipe, sealed_site, work) if s.modality == "vision")
    faces = read_faces([*split.train, *split.dev, *held_out.examples])
    assert min(face.std() for face in faces[: films.A_FILM]) > 20
    assert plain_faces(work, faces) == []
    sealed = list(work.rglob("*.sealed"))
    assert len(sealed) == 4  # crops of three films, and the face that is judged
    before = {path: path.stat().st_mtime_ns for path in (work / "faces").iterdir()}
    again = vision_split(recipe, sealed_site, work)
    np.testing.assert_array_equal(read_faces(again.train), read_faces(split.train))
    assert {path: path.stat().st_mtime_ns for path in (work / "faces").iterdir()} == before
    report = evaluate_folder(starter_bundle(), work / "heldout" / "vision" / "films", "vision").as_dict()
    assert (report["n"], report["skipped"]) == (1, {})


def test_the_search_finds_faces_of_plain_films(corpus):
    work = corpus / "bundle.work"
    recipe = films_of(corpus, corpus)
    split = vision_split(recipe, corpus, work)
    held_out_sets(recipe, corpus, work)
    found = plain_faces(work, read_faces(split.train))
    assert "00000.png" in found
    assert len([name for name in found if name.endswith(".npy")]) >= 3


def test_plain_faces_of_an_earlier_export_go(sealed_site):
    recipe, work = films_of(sealed_site, sealed_site), sealed_site / "bundle.work"
    vision_split(recipe, sealed_site, work)
    held_out_sets(recipe, sealed_site, work)
    left = [path.with_name(path.name.removesuffix(".sealed")) for path in work.rglob("*.sealed")]
    left.append(work / "heldout" / "vision" / "films" / "faces" / "00007.png")
    for path in left:
        path.write_bytes(b"a plain face")
    vision_split(recipe, sealed_site, work)
    held_out_sets(recipe, sealed_site, work)
    assert not [path for path in left if path.exists()]


def test_an_encrypted_film_without_its_key_is_one_line(sealed_site):
    (sealed_site / "films" / "site.toml").unlink()
    with pytest.raises(EdgeError, match="there is no key") as caught:
        vision_split(films_of(sealed_site, sealed_site), sealed_site, sealed_site / "bundle.work")
    assert "\n" not in caught.value.told("ja")


# An export


def write_people(data, portrait, films_of=4):
    """Films of three people: a bar across the forehead tells the label, by its height."""
    rows = []
    for person, speaker in enumerate(("s0", "s2", "s3")):
        for label, name in enumerate(LABELS):
            for number in range(films_of if speaker == "s0" else 2):
                picture = np.clip(portrait.astype(int) - 12 * person - 3 * number, 0, 255).astype(np.uint8)
                picture = mark(picture, label)
                write_film(data / "people" / f"{speaker}-{name}{number}.mp4", picture, 1.5)
                rows.append((f"{speaker}-{name}{number}.mp4", name, speaker))
    write_table(data / "people", *rows)


def mark(picture, label):
    """A grey level of the picture's background that tells the label: the face stays to be found."""
    marked = picture.copy()
    marked[:, : picture.shape[1] // 3] = 40 * label
    return marked


@pytest.fixture(scope="module")
def people(tmp_path_factory, portrait):
    data = tmp_path_factory.mktemp("people") / "data"
    write_corpora(data)
    write_people(data, portrait)
    part = RECIPE.split("[vision]\n")[1].split("\n[")[0]
    wanted = 'corpora = ["people"]\ndev = ["s2"]\ntest = ["s3"]\nepochs = 2\nbatch = 16\nlr = 2e-3'
    (data / "films.toml").write_text(RECIPE.replace(part, wanted), encoding="utf-8")
    return data


def test_people_in_films_are_split_as_everywhere(people, tmp_path):
    recipe = read_recipe(people / "films.toml")
    preflight.require_means(recipe, people, tmp_path)
    split = vision_split(recipe, people, tmp_path)
    assert [len(part) for part in (split.train, split.dev, split.test)] == [120, 60, 60]
    for part, speaker in ((split.train, "s0"), (split.dev, "s2"), (split.test, "s3")):
        assert {e.speaker for e in part} == {speaker}
        assert {e.label for e in part} == set(range(6))
    (held_out,) = (s for s in held_out_sets(recipe, people, tmp_path) if s.modality == "vision")
    assert held_out.title == "vision on people"
    report = evaluate_folder(starter_bundle(), tmp_path / "heldout" / "vision" / "people", "vision")
    assert report.as_dict()["n"] == 60
    assert report.as_dict()["skipped"] == {}


def test_an_export_looks_for_faces_before_it_trains(people, tmp_path, grey):
    data = shutil.copytree(people, tmp_path / "data")
    for film in (data / "people").glob("s2-sad*.mp4"):
        write_film(film, grey)
    with pytest.raises(DatasetError, match="vision: no dev example shows sad"):
        preflight.require_means(read_recipe(data / "films.toml"), data, tmp_path)


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_films_teach_the_network_of_a_bundle(people, tmp_path):
    out = tmp_path / "bundle"
    command = [sys.executable, "-m", "edge.cli", "export", str(people / "films.toml"), "--data", str(people)]
    done = subprocess.run([*command, "--out", str(out)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    accuracy = json.loads((out / "bundle.json").read_text(encoding="utf-8"))["accuracy"]
    assert accuracy["vision on people"]["int8"]["n"] == 60
    assert len(list((tmp_path / "bundle.work" / "faces").glob("*.npy"))) == 48
