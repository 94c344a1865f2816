"""`edge pseudo` from recordings to a corpus that `edge export` trains on, and every refusal on the way."""

import csv
import os
import re
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from corpora import tone, write_voices, write_wav

from calibration.data.dataset import Example, read_folder, require_human
from calibration.data.labels import LabelReader
from calibration.judge.evaluate import evaluate_folder, stream_clips
from calibration.judge.evaluator import Evaluator
from edge.bundle.manifest import AudioSpec
from edge.errors import ConfigError, DatasetError
from edge.starter_labels import STARTER as LABELS
from export.corpora.readers import Split, joined, split_corpora
from export.pseudo.policy import read_policy
from export.pseudo.run import run_pseudo
from export.pseudo.trial import keep_labels, run_hidden_labels
from export.pseudo.unlabelled import read_unlabelled, scale
from export.recipe import read_recipe
from export.students.audio import audio_split, audio_targets, train_audio
from export.students.text import text_split
from export.training.noisy_windows import NoisyWindows, load_clips
from export.training.sampling import draw_share, label_targets

RECIPE = """
name = "tiny"
[audio]
corpora = ["voices"]
dev = ["s4"]
test = ["s5"]
teacher = "ear"
epochs = 1
lr = 1e-3
[vision]
corpora = ["fer2013"]
epochs = 1
lr = 1e-3
[text]
corpora = ["goemotions"]
epochs = 1
lr = 1e-3
[fusion]
epochs = 1
windows = 64
lr = 1e-3
"""
POLICY = "threshold = 0.4\nfolds = 2\nrounds = 2\naudit_clips = 20\nprecision = 0.5\n"


class Ear:
    """A small teacher: how loud a sound is in 24 bands."""

    identity = "ear"

    def features(self, samples):
        power = np.abs(np.fft.rfft(samples, 1 << 15)) ** 2
        bands = np.array_split(power[200:4000], 24)
        return np.log([part.mean() + 1e-3 for part in bands]).astype(np.float32)


@pytest.fixture
def place(tmp_path, monkeypatch):
    """Voices, recordings nobody labelled, a recipe and a policy; all rows of run_pseudo's arguments."""
    monkeypatch.setattr("export.pseudo.unlabelled.teacher_of", lambda recipe, modality, data: Ear())
    write_voices(tmp_path / "voices", speakers=6, clips=2)
    rng = np.random.default_rng(5)
    for number in range(36):
        write_wav(tmp_path / "shift" / f"{number}-{number % 6}.wav", tone(number % 6, 1.0, rng))
    (tmp_path / "recipe.toml").write_text(RECIPE)
    (tmp_path / "policy.toml").write_text(POLICY)
    return tmp_path


def go(place, out="guessed", signer=None):
    return run_pseudo(
        place / "recipe.toml", place, place / "shift", place / "policy.toml", place / out, signer
    )


def signed(place, more=""):
    """Have the policy signed by somebody who has seen its curve."""
    (place / "policy.toml").write_text(more + POLICY)
    with pytest.raises(ConfigError, match="is not signed"):
        go(place)
    return go(place, signer="Tanaka")


def answer(place, number=1, verdict="yes"):
    (sheet,) = (place / "guessed").glob(f"audit-*-{number}.csv")
    with sheet.open(newline="") as file:
        header, *rows = csv.reader(file)
    with sheet.open("w", newline="") as file:
        csv.writer(file).writerows([header, *([*row[:3], verdict] for row in rows)])
    return sheet


def rows_of(path):
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


# The way from recordings to labels


def test_nothing_is_labelled_before_somebody_signs(place):
    with pytest.raises(ConfigError, match="is not signed; look at its curve"):
        go(place)
    assert [file.name for file in (place / "guessed").iterdir()] == ["sensitivity.png"]
    assert (place / "guessed" / "sensitivity.png").read_bytes()[:4] == b"\x89PNG"


def test_nobody_signs_what_nobody_has_looked_at(place):
    with pytest.raises(ConfigError, match=r"look at .*sensitivity.png first: it was drawn only now"):
        go(place, signer="Tanaka")
    assert read_policy(place / "policy.toml", LABELS).signed is None


def test_nobody_signs_what_changed_since_it_was_drawn(place):
    with pytest.raises(ConfigError, match="is not signed"):
        go(place)
    policy = place / "policy.toml"
    policy.write_text(policy.read_text().replace("threshold = 0.4", "threshold = 0.5"))
    with pytest.raises(ConfigError, match=r"look at .*sensitivity.png first: it was drawn only now"):
        go(place, signer="Tanaka")
    assert go(place, signer="Tanaka").ended.told("en") == "round 1 waits for its audit"


def test_a_round_waits_until_every_clip_was_listened_to(place):
    assert signed(place).ended.told("en") == "round 1 waits for its audit"
    assert not (place / "guessed" / "metadata.csv").exists()
    sheet = answer(place)
    sheet.write_text(sheet.read_text().replace("yes", "", 1))
    assert go(place).ended.told("en") == "round 1 waits for its audit"
    assert not (place / "guessed" / "metadata.csv").exists()


def test_an_audited_round_becomes_a_corpus(place):
    signed(place)
    answer(place)
    outcome = go(place)
    assert outcome.rounds[0].state == "kept"
    examples = read_folder(place / "guessed", LabelReader(LABELS))
    guesses = [e for e in examples if e.soft is not None]
    heard = [e for e in examples if e.soft is None]
    assert len(guesses) == len(outcome.guesses)
    assert len(heard) == 20
    assert all(e.weight == 0.5 and e.soft[e.label] == max(e.soft) for e in guesses)
    assert np.mean([e.label == int(e.path.stem.split("-")[1]) for e in examples]) > 0.9


def test_every_guess_says_where_it_comes_from(place):
    signed(place, "audit = false\n")
    outcome = go(place)
    rows = rows_of(place / "guessed" / "provenance.csv")
    assert len(rows) == sum(len(done.found.guesses) for done in outcome.rounds)
    first = rows[0]
    assert first["round"] == "1"
    assert first["model"] == outcome.rounds[0].found.model
    assert float(first["probability"]) >= 0.4
    assert float(first["fold_agreement"]) == 1.0
    assert (first["signed_by"], first["head_agrees"]) == ("Tanaka", "True")
    assert first["policy"] == read_policy(place / "policy.toml", LABELS).digest[:16]
    assert Path(first["file_name"]).is_file()
    assert "audit = false" in (place / "guessed" / "report.json").read_text()


def test_a_bad_audit_leaves_no_corpus(place):
    signed(place)
    answer(place, verdict="no")
    outcome = go(place)
    assert outcome.rounds[0].state == "rolled back"
    assert not (place / "guessed" / "metadata.csv").exists()
    rows = rows_of(place / "guessed" / "provenance.csv")
    assert {row["state"] for row in rows} == {"rolled back"}
    assert [row["verdict"] for row in rows].count("no") == 20


def test_a_policy_changed_after_signing_stops_everything(place):
    signed(place)
    path = place / "policy.toml"
    path.write_text(path.read_text().replace("threshold = 0.4", "threshold = 0.2"))
    with pytest.raises(ConfigError, match="was changed after Tanaka signed it"):
        go(place)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_killed_before_any_of_its_writes_it_ends_the_same(place, monkeypatch):
    signed(place, "audit = false\n")
    shutil.rmtree(place / "guessed.work")
    go(place, "whole")
    whole = {f.name: f.read_bytes() for f in (place / "whole").iterdir()}
    move, left, kills = os.replace, [0], 0

    def dying(source, target):
        if not left[0]:
            raise KeyboardInterrupt
        left[0] -= 1
        move(source, target)

    monkeypatch.setattr(os, "replace", dying)
    for survived in range(60):  # every run dies one write later than the one before
        left[0] = survived
        try:
            go(place, "cut")
        except KeyboardInterrupt:
            kills += 1
        else:
            break
    assert kills >= 4
    assert {f.name: f.read_bytes() for f in (place / "cut").iterdir() if f.suffix != ".tmp"} == whole


# What takes part


def test_who_is_judged_on_and_what_is_labelled_already_gets_no_guess(place):
    shift = place / "shift"
    shutil.copy(place / "voices" / "s0" / "sad0.wav", shift / "old.wav")
    shutil.copy(shift / "0-0.wav", shift / "twin.wav")
    (shift / "broken.wav").write_bytes(b"RIFF nonsense")
    write_wav(shift / "long.wav", 0.1 * np.ones(21 * 16000))
    names = ["old.wav", "twin.wav", "broken.wav", "long.wav", "0-0.wav", "1-1.wav", "2-2.wav"]
    table = [["file_name", "speaker", "emotion"], *([name, "w1", "bored"] for name in names)]
    table += [["3-3.wav", "s4", ""], ["4-4.wav", "s5", ""]]
    with (shift / "metadata.csv").open("w", newline="") as file:
        csv.writer(file).writerows(table)
    signed(place, "audit = false\n")
    report = (place / "guessed" / "report.json").read_text()
    assert '"cannot be used": 2' in report
    assert '"labelled already": 1' in report
    assert '"the same sound twice": 1' in report
    assert '"of a person who is judged on": 2' in report
    guessed = {Path(row["file_name"]).name for row in rows_of(place / "guessed" / "provenance.csv")}
    assert guessed <= {"0-0.wav", "twin.wav", "1-1.wav", "2-2.wav"}


def test_an_empty_or_wrong_folder_is_named(tmp_path):
    with pytest.raises(DatasetError, match="holds no recording"):
        read_unlabelled(tmp_path)
    (tmp_path / "metadata.csv").write_text("file_name\ngone.wav\n")
    with pytest.raises(DatasetError, match=r"gone.wav does not exist in"):
        read_unlabelled(tmp_path)


def test_a_recipe_without_a_teacher_is_refused(place):
    (place / "recipe.toml").write_text(RECIPE.replace('teacher = "ear"\n', ""))
    with pytest.raises(ConfigError, match=r"pseudo-labels need a teacher .*; name one under \[audio\]"):
        go(place)


def test_features_are_relative_to_who_is_heard_often_enough(rng):
    voices = {"a": 5.0, "b": -5.0, "c": 3.0}
    groups = [["a"] * 30 + ["b"] * 10, ["b"] * 15, ["c"] * 4]
    parts = [
        np.stack([voices[g] + rng.standard_normal(4) for g in part]).astype(np.float32) for part in groups
    ]
    human, pool, judged = scale(parts, groups)
    assert np.abs(human[:30].mean(axis=0)).max() < 1e-4
    assert np.abs(np.concatenate([human[30:], pool]).mean(axis=0)).max() < 1e-4
    assert judged.mean() > 1  # heard four times: taken for the average speaker
    assert np.sqrt(np.square(np.concatenate([human, pool])).mean()) == pytest.approx(1, abs=1e-3)


# No score on guesses


GUESS = Example("g.wav", 1, "w1", Path("g.wav"), soft=(0.1, 0.5, 0.1, 0.1, 0.1, 0.1), weight=0.5)
HUMAN = Example("h.wav", 1, "w2", Path("h.wav"))


def test_a_score_on_guesses_is_refused(tiny_bundle):
    require_human([HUMAN])
    with pytest.raises(DatasetError, match="1 of 2 examples have pseudo-labels"):
        require_human([HUMAN, GUESS])
    with (
        Evaluator(tiny_bundle) as judge,
        pytest.raises(DatasetError, match="a machine agreeing with a machine"),
    ):
        judge.score([GUESS], "audio")
    with pytest.raises(DatasetError, match="pseudo-labels"):
        joined({"x": Split([HUMAN], [HUMAN], [GUESS])})


def test_no_bundle_is_evaluated_on_guesses(place, tiny_bundle):
    signed(place, "audit = false\n")
    with pytest.raises(DatasetError, match="judge on clips that people labelled"):
        evaluate_folder(tiny_bundle.folder, place / "guessed", "audio")
    with pytest.raises(DatasetError, match="judge on clips that people labelled"):
        stream_clips(tiny_bundle, place / "guessed")


def test_guesses_are_trained_on_and_never_dev_or_test(place):
    signed(place, "audit = false\n")
    splits = split_corpora(place, ["voices", "guessed"], ["s4"], ["s5"], LABELS)
    assert any(e.soft is not None for e in splits["guessed"].train)
    assert not splits["guessed"].dev
    named = splits["guessed"].train[0].speaker
    again = split_corpora(place, ["voices", "guessed"], ["s4", named], ["s5"], LABELS)
    assert named not in {e.speaker for part in again["guessed"].__dict__.values() for e in part}


def test_a_guess_asks_for_its_soft_label():
    found = label_targets([HUMAN, GUESS], len(LABELS))
    assert found[0].tolist() == [0, 1, 0, 0, 0, 0]
    assert torch.allclose(found[1], torch.tensor(GUESS.soft))


def test_a_guess_is_heard_as_often_as_it_counts():
    examples = [HUMAN] * 12 + [GUESS] * 2 + [HUMAN]
    share = draw_share(["a"] * 8 + ["b"] * 4 + ["guessed"] * 3, examples)
    assert share.sum() == pytest.approx(1)
    assert share[8] / share[0] == pytest.approx(2**0.75)
    assert share[12] == pytest.approx(0.5 * share[:12].mean())
    assert share[14] == pytest.approx(share[:12].mean())


class Listener(Ear):
    """The small teacher, heard moment by moment as well."""

    def frames(self, samples):
        return np.stack([self.features(part) for part in np.array_split(samples, 20)])


def lessons_with(place, guess):
    """What the teacher makes of the voices and of recordings that were all guessed to be `guess`."""
    (place / "guessed").mkdir(exist_ok=True)
    header = "file_name,emotion,weight," + ",".join(f"p_{name}" for name in LABELS)
    cells = ",".join("0.9" if name == guess else "0.02" for name in LABELS)
    rows = [f"{file},{guess},1,{cells}" for file in sorted((place / "shift").iterdir())]
    (place / "guessed" / "metadata.csv").write_text("\n".join([header, *rows]) + "\n")
    text = RECIPE.replace('["voices"]', '["voices", "guessed"]')
    (place / "more.toml").write_text(text)
    recipe = read_recipe(place / "more.toml")
    split = audio_split(recipe, place)
    assert sum(e.soft is not None for e in split.train) == 36
    windows = NoisyWindows.load(recipe, place, split.train)
    return audio_targets(recipe, place, windows, load_clips(split.dev, 16000), place / "cache")


@pytest.mark.slow
def test_a_guess_does_not_teach_the_teacher(place, monkeypatch):
    monkeypatch.setattr("export.students.audio.teacher_of", lambda recipe, modality, data: Listener())
    sad, happy = lessons_with(place, "sad"), lessons_with(place, "happy")
    assert torch.equal(sad.soft, happy.soft)
    right = [int(file.stem.split("-")[1]) for file in sorted((place / "shift").iterdir())]
    assert (sad.soft[-36:].argmax(1) == torch.tensor(right)).float().mean() > 0.9  # asked about all the same


def test_guesses_alone_teach_no_teacher(place, monkeypatch):
    monkeypatch.setattr("export.students.audio.teacher_of", lambda recipe, modality, data: Listener())
    recipe = read_recipe(place / "recipe.toml")
    windows = NoisyWindows([GUESS], [np.zeros(16000, np.float32)], [], AudioSpec())
    monkeypatch.setattr("export.students.audio.audio_share", lambda *_: np.ones(1))
    with pytest.raises(DatasetError, match="there are pseudo-labels only"):
        audio_targets(recipe, place, windows, ([], []), place / "cache")


def test_a_guess_of_the_voice_says_nothing_about_words(place):
    header = "file_name,emotion,speaker,transcript,weight," + ",".join(f"p_{name}" for name in LABELS)
    rows = [f"{i}.wav,angry,t{i},words,{'1,0.1,0.9,0,0,0,0' if i % 2 else ',,,,,,'}" for i in range(8)]
    (place / "said").mkdir()
    (place / "said" / "metadata.csv").write_text("\n".join([header, *rows]) + "\n")
    for i in range(8):
        (place / "said" / f"{i}.wav").touch()
    text = RECIPE.replace('["goemotions"]', '["said"]\ndev = ["t0"]\ntest = ["t2"]')
    (place / "said.toml").write_text(text)
    assert [e.speaker for e in text_split(read_recipe(place / "said.toml"), place).train] == ["t4", "t6"]


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_the_audio_student_trains_on_guesses(place, tmp_path):
    signed(place, "audit = false\n")
    text = RECIPE.replace('["voices"]', '["voices", "guessed"]').replace('teacher = "ear"\n', "batch = 8\n")
    (place / "more.toml").write_text(text)
    student = train_audio(read_recipe(place / "more.toml"), place, tmp_path / "audio")
    assert all(torch.isfinite(p).all() for p in student.parameters())


@pytest.mark.parametrize(
    "cells", ["0.5,,,,,,", ",0.9,0.1,0,0,0,0", "2,0.1,0.5,0.1,0.1,0.1,0.1", "1,1,0,0,0,0,0"]
)
def test_a_damaged_guess_is_named(tmp_path, cells):
    header = "file_name,emotion,weight," + ",".join(f"p_{name}" for name in LABELS)
    (tmp_path / "metadata.csv").write_text(f"{header}\ng.wav,angry,{cells}\n")
    with pytest.raises(DatasetError, match=r"line 2: (a pseudo-label needs a|weight '2' is no number)"):
        read_folder(tmp_path, LabelReader(LABELS), files=False)


# The trial


def test_labels_that_stay_are_a_share_of_each():
    examples = [replace(HUMAN, label=i % 6) for i in range(120)]
    kept = keep_labels(examples, ["x"] * 60 + ["y"] * 60, 0.2, 1)
    assert len(kept) == 24
    assert {examples[i].label for i in kept} == set(range(6))
    assert keep_labels(examples, ["x"] * 60 + ["y"] * 60, 0.2, 1) == kept


def test_a_trial_shows_what_rounds_are_worth(place, monkeypatch):
    monkeypatch.setattr("export.pseudo.trial.SEEDS", 2)
    args = (place / "recipe.toml", place, place / "policy.toml", place / "trial", 0.7)
    table = run_hidden_labels(*args)
    ways = [line[:16].strip() for line in table.splitlines()[3:7]]
    assert ways == ["labelled only", "one round", "all rounds", "full labels"]
    assert table.startswith("70% of the labels, mean and deviation over 2 draws")
    assert run_hidden_labels(*args) == table
    monkeypatch.setattr("export.pseudo.trial.asked_language", lambda: "ja")
    spoken = run_hidden_labels(*args)
    assert spoken.startswith("ラベルの 70% を使用。2 回の抽出についての平均と標準偏差\n")
    for wanted in ("検証：マクロ F1", "評価：平均再現率", "推定件数", "1 ラウンド", "全ラベル", "評価の話者"):
        assert wanted in spoken
    assert re.findall(r"\d\.\d{3}", spoken) == re.findall(r"\d\.\d{3}", table)
    assert not re.search("[a-zA-Z]{3}", spoken)
    assert (place / "trial" / "sensitivity-1.png").is_file()
