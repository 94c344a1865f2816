"""`edge label agree`: alpha against published examples, raters with errors, drift, the page."""

import json
from datetime import timedelta

import numpy as np
import pytest
from studio import START
from test_cli import edge  # noqa: F401 - a fixture

from calibration.labels.agreement import agreement
from calibration.labels.alpha import coincidences, krippendorff, of_label
from calibration.labels.kept import Said, table
from calibration.labels.page import page
from calibration.labels.studio import CANNOT_TELL
from calibration.labels.told import as_dict, printed
from edge.starter_labels import STARTER


def counts(*raters):
    """Ratings as in a published table, a row a rater, . where there is none -> [units, labels]."""
    units = list(zip(*(row.split() for row in raters), strict=True))
    labels = sorted({value for unit in units for value in unit} - {"."})
    return np.array([[unit.count(label) for label in labels] for unit in units])


SEVERAL = counts(
    "1 2 3 3 2 1 4 1 2 . . .",
    "1 2 3 3 2 2 4 1 2 5 . 3",
    ". 3 3 3 2 3 4 2 2 5 1 .",
    "1 2 3 3 2 4 4 1 2 5 1 .",
)
"""Krippendorff 2011, "Computing Krippendorff's Alpha-Reliability", section C."""


@pytest.mark.parametrize(
    ("ratings", "alpha"),
    [
        (counts("0 1 0 0 0 0 0 0 1 0", "1 1 1 0 0 1 0 0 0 0"), 0.095),  # section A
        (counts("a a b b d c c c e d d a", "b a b b b c c c e d d d"), 0.692),  # section B
        (SEVERAL, 0.743),
    ],
)
def test_alpha_is_that_of_the_published_examples(ratings, alpha):
    found = krippendorff(ratings)
    assert round(found.value, 3) == alpha
    assert found.low < found.value < found.high


def test_the_coincidences_are_those_of_the_published_example():
    found = coincidences(SEVERAL)
    expected = np.array(
        [
            [7, 4 / 3, 1 / 3, 1 / 3, 0],
            [4 / 3, 10, 4 / 3, 1 / 3, 0],
            [1 / 3, 4 / 3, 8, 1 / 3, 0],
            [1 / 3, 1 / 3, 1 / 3, 4, 0],
            [0, 0, 0, 0, 3],
        ]
    )
    np.testing.assert_allclose(found, expected)
    assert found.sum() == krippendorff(SEVERAL).ratings == 40
    assert krippendorff(SEVERAL).clips == 11


def test_alpha_of_chance_is_none_and_its_interval_covers():
    rng = np.random.default_rng(1)
    covered = 0
    for _ in range(40):
        ratings = np.stack([np.bincount(rng.integers(4, size=3), minlength=4) for _ in range(60)])
        found = krippendorff(ratings)
        covered += found.low <= 0.0 <= found.high
    assert covered >= 34  # of 40, 95 % are meant
    assert of_label(SEVERAL, 4).value == pytest.approx(1.0)


def test_alpha_is_not_defined_where_nothing_can_differ():
    for ratings in (np.zeros((0, 3), int), np.eye(3, dtype=int), np.tile([3, 0, 0], (9, 1))):
        found = krippendorff(ratings)
        assert found.value is None
        assert found.low is None


def said(clip, rater, label, minute=0, **more):
    moment = (START + timedelta(minutes=minute)).isoformat(timespec="milliseconds")
    values = {
        "annotation": f"{clip} {rater}",
        "file_name": clip,
        "clip": clip,
        "rater": rater,
        "label": label,
        "lead_time_s": 10.0,
        "created": moment,
        "updated": moment,
        "guideline": "1-00000000",
        "bundle": "b",
        "labels": tuple(STARTER),
        "predictions": False,
        "kind": "vote",
    }
    return Said(**values | more)


def site(clips=180, errors=(0.1, 0.1, 0.1), tired=(), seed=0):
    """What raters with so many errors say; who is tired guesses in the last third."""
    rng = np.random.default_rng(seed)
    rows, truth = [], {}
    for number in range(clips):
        name = f"{number:03d}.wav"
        truth[name] = str(rng.choice(list(STARTER)))
        for rater, wrong in enumerate(errors):
            share = 0.8 if rater in tired and number >= 2 * clips / 3 else wrong
            label = truth[name]
            if rng.random() < share:
                label = str(rng.choice([one for one in STARTER if one != label]))
            rows.append(said(name, f"R-{rater}", label, number))
    return rows, truth


def test_three_raters_with_errors():
    rows, truth = site()
    found = agreement(rows, {name: truth[name] for name in list(truth)[::5]})
    # Two agree with 0.9^2 + 0.1^2 / 5 = 0.812; by chance with 1/6: alpha 0.774.
    assert found.alpha.low < 0.774 < found.alpha.high
    assert found.alpha.clips == 180
    assert all(one.gold.of == 36 and one.gold.value > 0.6 for one in found.raters)
    assert not any(one.fell for one in found.raters)
    assert all(one.by_gold for one in found.raters)
    assert min(share.value for share in found.between.values()) > 0.7
    assert found.pairs.sum() == pytest.approx(540)
    disputed = [one.disagreement for one in found.disputed if not one.needed]
    assert disputed == sorted(disputed, reverse=True)


def test_a_tired_rater_is_found_and_the_others_are_not():
    rows, _ = site(tired={1})
    fell = {one.name: one.fell for one in agreement(rows, {}).raters}
    assert fell == {"R-0": False, "R-1": True, "R-2": False}
    false = sum(one.fell for seed in range(1, 11) for one in agreement(site(seed=seed)[0], {}).raters)
    assert false <= 3  # of 30, 2.5 % are meant


def test_who_cannot_tell_and_who_skips():
    rows = [
        said("a.wav", "A", "sad"),
        said("a.wav", "B", CANNOT_TELL),
        said("a.wav", "C", ""),
        said("b.wav", "A", "happy"),
        said("b.wav", "B", "happy"),
        said("b.wav", "gold", "sad", kind="gold", annotation="g"),
    ]
    found = agreement(rows, {})
    assert [(one.name, one.cannot_tell, one.skipped) for one in found.raters] == [
        ("A", 0, 0),
        ("B", 1, 0),
        ("C", 0, 1),
    ]
    assert found.ratings == 3
    assert found.gold == 1
    assert found.raters[0].gold.hits == 0
    assert [one.file_name for one in found.disputed] == ["a.wav"]


def kept(tmp_path, rows):
    path = tmp_path / "labels.csv"
    path.write_text(table(rows), encoding="utf-8-sig")
    return path


def test_one_rater_alone_is_said_so(edge, tmp_path):  # noqa: F811
    done = edge("label", "agree", kept(tmp_path, site(errors=(0.1,))[0]))
    assert done.code == 0
    assert "agreement is not defined with one rater" in done.out


@pytest.mark.parametrize("language", ["en", "ja"])
def test_the_page_says_what_the_command_prints(edge, tmp_path, language):  # noqa: F811
    rows, truth = site(tired={1})
    gold = tmp_path / "gold.csv"
    gold.write_text("file_name,emotion\n" + "".join(f"{n},{truth[n]}\n" for n in list(truth)[::10]))
    report, numbers = tmp_path / "agreement.html", tmp_path / "agreement.json"
    done = edge(
        *("label", "agree", kept(tmp_path, rows), "--gold", gold, "--report", report),
        *("--json", numbers, "--lang", language),
    )
    assert done.code == 0
    facts = json.loads(numbers.read_text())
    text = report.read_text(encoding="utf-8")
    assert f"{facts['alpha']['value']:.3f}" in done.out
    assert f"{facts['alpha']['value']:.3f}" in text
    assert "R-1" in text
    assert facts["raters"]["R-1"]["fell"]
    assert facts["gold_clips"] == 18
    assert STARTER.said("worried", language) in text
    assert "http" not in text.replace("http-equiv", "")


def test_predictions_and_guidelines_are_told():
    rows, _ = site(clips=10)
    rows = [said(one.file_name, one.rater, one.label, predictions=True, guideline=one.rater) for one in rows]
    found = agreement(rows, {})
    for language in ("en", "ja"):
        lines = "\n".join(printed(found, language))
        assert "30" in lines
        assert "R-0 (10)" in lines
        assert "R-0 (10)" in page(found, "labels.csv", language)
    assert as_dict(found)["with_predictions"] == 30


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda text: text.splitlines()[0], "holds no annotations"),
        (lambda text: text.replace("sad,10.0", "bored,10.0"), "was changed by hand"),
        (lambda text: text.replace(",R-0,", ",,", 1), "was changed by hand"),
        (lambda text: text.replace("annotation,", "annot,", 1), "annotation"),
        (lambda text: text.replace("neutral;", "", 1), "different sets of labels"),
        (lambda text: "", "empty"),
    ],
)
def test_a_file_that_cannot_be_used_is_one_line(edge, tmp_path, change, told):  # noqa: F811
    path = tmp_path / "labels.csv"
    rows = [said("x.wav", "R-0", "sad"), *site(clips=5)[0]]
    path.write_text(change(table(rows)), encoding="utf-8")
    done = edge("label", "agree", path)
    assert done.code == 1
    assert told in done.err
    assert done.err.count("\n") == 1
