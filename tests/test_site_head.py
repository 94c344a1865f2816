"""The site head: its fit, its gate, and what a device makes of it."""

import json
from dataclasses import replace

import numpy as np
import pytest

from calibration.data.dataset import Example
from calibration.site.fit.confidence import fit_sureness
from calibration.site.fit.head import LEAST_PEOPLE, Rows, fit_head, recall, strengths_for, surprise
from calibration.site.fit.people import even_weights, folds, gain_over_people
from calibration.site.fit.posteriors import as_told
from calibration.site.fit.regression import fit_regression, least
from calibration.site.rows import targets_of
from edge.bundle.folder import open_bundle, sealed
from edge.bundle.site import HEAD_FILE
from edge.errors import BundleError
from edge.reading.confidence import softmax
from edge.reading.encoders import Tokens
from edge.reading.site_head import Layer, SiteHead, fused_summary, load_site_head, summary

K, D = 4, 12


def rows_of(rng, people, clips, signal, labels=K):
    """Clips of people whose summaries tell the label by `signal`, and logits that know nothing."""
    count = people * clips
    label = rng.integers(labels, size=count)
    means = rng.standard_normal((labels, D))
    who = np.repeat(np.arange(people), clips)
    noise = rng.standard_normal((count, D)) + 0.5 * rng.standard_normal((people, D))[who]
    return Rows(
        signal * means[label] + noise,
        rng.standard_normal((count, K)),
        label,
        who,
        np.arange(count),
        np.eye(K)[label],
    )


def voted_rows(rng, people, clips, raters=5):
    """Clips that raters see differently, labels are what most say; and the chance of each label."""
    rows = rows_of(rng, people, clips, 0.0)
    chances = softmax(rows.summaries @ (0.6 * rng.standard_normal((D, K))), 1.0)
    votes = np.stack([rng.multinomial(raters, chance) for chance in chances])
    # Where two labels tie nobody knows the label: such clips do not come here.
    clear = np.sort(votes, axis=1)[:, -1] > np.sort(votes, axis=1)[:, -2]
    rows = replace(rows, labels=votes.argmax(axis=1), targets=votes / raters).take(clear)
    return rows, np.asarray(chances[clear], np.float64)


def test_least_finds_the_least(rng):
    factor = rng.standard_normal((6, 6))
    curve, goal = factor @ factor.T + np.eye(6), rng.standard_normal(6)
    found = least(lambda x: (0.5 * (x - goal) @ curve @ (x - goal), curve @ (x - goal)), np.zeros(6))
    assert np.allclose(found, goal, atol=1e-4)


def test_the_fit_is_where_the_slope_is_zero(rng):
    rows = rows_of(rng, 10, 12, 1.0)
    weights = even_weights(rows.labels, rows.people, rows.clips)

    def loss(w, b, s):
        z = s * rows.logits + rows.summaries @ w + b
        return (
            weights @ surprise(z, rows.targets) + 0.05 * (w**2).sum() + 0.005 * ((b**2).sum() + (s - 1) ** 2)
        )

    found = fit_regression(rows.summaries, rows.logits, rows.targets, weights, 0.1)
    best = loss(found.weights, found.bias, found.scale)
    for _ in range(20):
        w = found.weights + 0.01 * rng.standard_normal(found.weights.shape)
        b = found.bias + 0.01 * rng.standard_normal(K)
        assert loss(w, b, found.scale + 0.01 * rng.standard_normal()) >= best - 1e-7


def test_the_scale_alone_changes_no_answer(rng):
    rows = rows_of(rng, 6, 20, 1.0)
    none = rows.summaries[:, :0]
    weights = even_weights(rows.labels, rows.people, rows.clips)
    found = fit_regression(none, 7 * rows.logits, rows.targets, weights, np.inf, with_bias=False)
    assert found.scale < 0.2  # the logits know nothing and were very sure
    assert not found.bias.any()
    assert (found.logits(none, rows.logits).argmax(1) == rows.logits.argmax(1)).all()


def test_each_person_is_left_out_once(rng):
    people, labels = rng.integers(7, size=200), rng.integers(3, size=200)
    parts = folds(people, labels)
    assert np.sum(parts, axis=0).tolist() == [1] * 200
    for part in parts:
        assert not set(people[part]) & set(people[~part])
    assert folds(np.zeros(5, int), np.zeros(5, int)) == []
    assert len(folds(np.arange(100), np.zeros(100, int), most=2)) == 2


def test_weights_are_even_over_labels_and_people():
    labels = np.array([0, 0, 0, 0, 1])
    people = np.array([0, 0, 0, 1, 1])
    found = even_weights(labels, people, np.arange(5))
    assert found.sum() == pytest.approx(1.0)
    assert found[4] == pytest.approx(0.5)
    assert found[:3].sum() == pytest.approx(np.sqrt(3) * found[3])


@pytest.mark.parametrize("people", [2, 3, 6, 30])
def test_noise_is_no_gain(people):
    """What is there by chance is believed in about one case of twenty; of few people in one of 2^n."""
    believed = 0
    for seed in range(200):
        rng = np.random.default_rng(seed)
        who = np.repeat(np.arange(people), 8)
        gains = rng.standard_normal(len(who)) + rng.standard_normal(people)[who]
        believed += gain_over_people(gains, who).low > 0
    assert believed <= 200 * max(0.08, 1.25 * 0.5**people)


def test_a_head_that_helps_people_left_out_is_taken(rng):
    rows = rows_of(rng, 12, 10, 1.0)
    found = fit_head(rows)
    assert found.why == "site_head_taken"
    assert found.after > found.before + 0.3
    layer = found.layer
    told = np.stack([layer.logits(z, s) for z, s in zip(rows.logits, rows.summaries, strict=True)])
    assert recall(told, rows.labels) >= found.after


def test_votes_teach_more_than_what_most_said():
    """People left out: what raters would say of them is told better, and what most say no worse."""
    gains, recalls = [], []
    for seed in range(3):
        rows, chances = voted_rows(np.random.default_rng(seed), 12, 24)
        hard = replace(rows, targets=np.eye(K)[rows.labels])
        losses, found = [], []
        for taught in (hard, rows):
            head = fit_head(taught)
            assert head.why == "site_head_taken"
            told = fit_sureness(
                as_told(taught, taught.logits), as_told(taught, head.logits), 1.0, None, None, changed=True
            )
            losses.append(surprise(np.log(told.posteriors), chances).mean())
            found.append(head.after)
        gains.append(losses[0] - losses[1])
        recalls.append(found[1] - found[0])
    assert min(gains) > 0.0
    assert np.mean(gains) > 0.02
    assert np.mean(recalls) > -0.01


def test_a_temperature_of_votes_is_as_unsure_as_raters(rng):
    rows, chances = voted_rows(rng, 12, 24)
    logits = 4.0 * np.log(chances)  # right in every order, and far too sure
    hard = replace(rows, targets=np.eye(K)[rows.labels])
    found = [
        fit_sureness(as_told(one, logits), as_told(one, logits), 1.0, None, None, changed=True)
        for one in (rows, hard)
    ]
    assert found[0].temperature == pytest.approx(4.0, rel=0.2)
    assert found[1].temperature < found[0].temperature


def test_a_decision_against_the_votes_is_what_is_learnt():
    known = {"name": "a.wav", "speaker": "s"}
    votes = (0.0, 0.6, 0.4, 0.0)
    assert targets_of(Example(label=1, votes=votes, **known), K).tolist() == list(votes)
    assert targets_of(Example(label=2, votes=votes, **known), K).tolist() == [0, 0, 1, 0]
    assert targets_of(Example(label=2, **known), K).tolist() == [0, 0, 1, 0]


def test_a_head_that_knows_nothing_is_left():
    left = []
    for seed in range(20):
        found = fit_head(rows_of(np.random.default_rng(seed), 12, 8, 0.0))
        left.append(found.layer is None)
        assert found.why == ("site_head_left" if left[-1] else "site_head_taken")
        assert found.logits.shape == (96, K)
    assert sum(left) >= 17


def test_few_people_get_a_bias_alone(rng):
    assert strengths_for(LEAST_PEOPLE - 1) == (float("inf"),)
    assert max(strengths_for(300)) < np.inf
    rows = rows_of(rng, 3, 40, 2.0)
    # What the logits say is right but for one label that they favour.
    rows.logits[:] = 2.0 * np.eye(K)[rows.labels] + rng.standard_normal(rows.logits.shape)
    rows.logits[:, 0] += 3.0
    found = fit_head(rows)
    assert found.why == "site_bias_taken"
    assert not found.layer.weights.any()
    assert found.layer.bias[0] < found.layer.bias[1:].min()


def test_one_person_or_one_label_is_left(rng):
    assert fit_head(rows_of(rng, 1, 40, 1.0)).why == "site_one_person"
    rows = rows_of(rng, 6, 10, 1.0)
    rows.labels[:] = 2
    assert fit_head(rows).why == "site_one_label"


def head_for(bundle, rng, labels=6):
    width = 2 * bundle.manifest.models["audio"].outputs["tokens"][2]
    wide = {"audio": width, "fused": 3 * width + 3}
    layers = {
        name: Layer(
            rng.standard_normal((size, labels)).astype(np.float32),
            rng.standard_normal(labels).astype(np.float32),
            0.5,
            rng.standard_normal(size).astype(np.float32),
            np.full(size, 2.0, np.float32),
        )
        for name, size in wide.items()
    }
    return SiteHead(np.eye(labels, dtype=np.float32), layers)


def with_head(folder, head, spoil=lambda arrays: None):
    """The bundle in a folder with a site head; spoil: changes its arrays after they were stated."""
    from edge.bundle.folder import sha256

    arrays = head.arrays()
    stated = {name: list(array.shape) for name, array in arrays.items()}
    spoil(arrays)
    np.savez(folder / HEAD_FILE, **arrays)
    content = json.loads((folder / "bundle.json").read_text())
    content["files"][HEAD_FILE] = sha256(folder / HEAD_FILE)
    content["site"] = {
        "name": "line 3",
        "created": "2026-01-01T00:00:00+00:00",
        "parent_name": "tiny",
        "recordings": {"sha256": "0" * 64, "clips": 1, "labelled": 1, "seconds": 1.0},
        "parts": {},
        "head": stated,
    }
    (folder / "bundle.json").write_text(json.dumps(sealed(content)))
    return folder


def test_a_head_survives_its_file(tiny_copy, rng):
    head = head_for(open_bundle(tiny_copy), rng)
    found = load_site_head(open_bundle(with_head(tiny_copy, head)))
    tokens = Tokens(rng.standard_normal((50, 128)).astype(np.float32), rng.standard_normal((1, 6)))
    for name, given in (
        ("audio", {"audio": tokens}),
        ("fused", {"audio": tokens}),
        ("text", {"text": tokens}),
    ):
        logits = rng.standard_normal(6).astype(np.float32)
        assert np.allclose(found.logits(name, logits, given), head.logits(name, logits, given), atol=1e-5)
    assert np.allclose(found.logits("text", logits, {"text": tokens}), logits)  # has no layer


def test_a_summary_says_what_is_there(rng):
    tokens = Tokens(rng.standard_normal((5, 8)).astype(np.float32), np.zeros((1, 6)))
    assert summary(tokens).shape == (16,)
    found = fused_summary({"vision": tokens})
    assert found.shape == (51,)
    assert not found[:16].any()
    assert np.allclose(found[16:32], summary(tokens))
    assert found[48:].tolist() == [0.0, 1.0, 0.0]


def nan(arrays):
    arrays["audio/bias"][0] = np.nan


def longer(arrays):
    arrays["audio/bias"] = np.zeros(9, np.float32)


def lacking(arrays):
    del arrays["fused/weights"]


def flat(arrays):
    arrays["audio/deviation"][:] = 0.0


@pytest.mark.parametrize("spoil", [nan, longer, lacking, flat])
def test_a_head_that_does_not_fit_is_refused(tiny_copy, rng, spoil):
    with_head(tiny_copy, head_for(open_bundle(tiny_copy), rng), spoil)
    with pytest.raises(BundleError, match=r"site\.npz"):
        load_site_head(open_bundle(tiny_copy))


def test_labels_of_its_own_need_a_head(tiny_copy):
    content = json.loads((tiny_copy / "bundle.json").read_text())
    content["network_labels"] = content["labels"]
    content["labels"] = [*content["labels"][:4], "tired", "surprise"]
    content["label_facts"] = {}
    content["voting"]["events"] = {}
    (tiny_copy / "bundle.json").write_text(json.dumps(sealed(content)))
    with pytest.raises(BundleError, match="site head"):
        open_bundle(tiny_copy)
