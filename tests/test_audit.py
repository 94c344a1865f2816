"""The audit: which clips people hear, what the sheet takes, and the bound that decides."""

import csv
from pathlib import Path

import numpy as np
import pytest

from edge.errors import DatasetError
from edge.starter_labels import STARTER as LABELS
from export.pseudo.audit import (
    audit_result,
    bound_of,
    draw,
    read_audit,
    unanswered,
    wilson_lower,
    write_audit,
)

CLIPS = [("a1", 0), ("b2", 3), ("c3", 3)]
GIVEN = {0: 10, 3: 20}


@pytest.fixture
def sheet(tmp_path):
    path = tmp_path / "audit-1.csv"
    write_audit(path, [(name, Path(f"{name}.wav"), label) for name, label in CLIPS], LABELS)
    return path


def fill(path, *answers):
    with path.open(newline="") as file:
        header, *rows = csv.reader(file)
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([header, *([*row[:3], a] for row, a in zip(rows, answers, strict=True))])


def test_wilsons_bound_is_the_published_one():
    # Newcombe 1998, table I: 81 of 263, and 0 and all of a sample.
    assert wilson_lower(81 / 263, 263) == pytest.approx(0.2553, abs=1e-4)
    assert wilson_lower(0.0, 20) == 0
    assert wilson_lower(1.0, 29) == pytest.approx(0.8830, abs=1e-4)
    assert wilson_lower(1.0, 0) == 0


@pytest.mark.parametrize(("right", "passes"), [(96, True), (95, False)])
def test_a_hundred_clips_show_nine_of_ten_with_four_mistakes_not_with_five(right, passes):
    assert (wilson_lower(right / 100, 100) >= 0.9) is passes


def test_a_proportional_sample_counts_in_full():
    share, bound = bound_of({0: 30, 1: 58}, {0: 30, 1: 60}, {0: 300, 1: 600})
    assert share == pytest.approx(88 / 90)
    assert bound == pytest.approx(wilson_lower(88 / 90, 90))


def test_a_label_heard_oftener_than_given_weighs_no_more():
    # Half of the sample is a label that is a tenth of the round, and all wrong.
    share, bound = bound_of({0: 50, 1: 0}, {0: 50, 1: 50}, {0: 900, 1: 100})
    assert share == pytest.approx(0.9)
    assert bound < wilson_lower(0.9, 100)


def test_a_sample_has_every_label_and_is_the_same_again(rng):
    labels = np.repeat([0, 1, 4], [900, 95, 5])
    rows = draw(labels, 100, np.random.default_rng(1))
    counts = np.bincount(labels[rows], minlength=6)
    assert counts[4] == 5
    assert counts[1] == 9
    assert 85 <= counts[0] <= 90
    assert len(set(rows.tolist())) == len(rows) <= 100
    assert (draw(labels, 100, np.random.default_rng(1)) == rows).all()


def test_a_small_round_is_heard_whole():
    assert sorted(draw(np.array([2, 2, 5]), 100, np.random.default_rng(0)).tolist()) == [0, 1, 2]


def test_an_unfilled_sheet_is_no_verdict(sheet):
    assert read_audit(sheet, CLIPS, GIVEN, LABELS) is None
    fill(sheet, "yes", "", "yes")
    assert read_audit(sheet, CLIPS, GIVEN, LABELS) is None
    assert unanswered(sheet) == 1


def test_a_filled_sheet_gives_labels_by_ear(sheet):
    fill(sheet, "Yes", "no", "fear")
    found = read_audit(sheet, CLIPS, GIVEN, LABELS)
    assert found.heard == {"a1": 0, "b2": None, "c3": LABELS.index("worried")}
    assert (found.right, found.n) == (1, 3)
    assert found.precision == pytest.approx(1 / 3)


def test_what_people_filled_in_is_never_written_over(sheet):
    fill(sheet, "yes", "yes", "yes")
    before = sheet.read_bytes()
    write_audit(sheet, [("z9", Path("z9.wav"), 1)], LABELS)
    assert sheet.read_bytes() == before


def test_a_verdict_nobody_understands_is_named(sheet):
    fill(sheet, "yes", "perhaps", "yes")
    with pytest.raises(DatasetError, match="line 3: verdict 'perhaps'; write yes, no, or what it is"):
        read_audit(sheet, CLIPS, GIVEN, LABELS)


@pytest.mark.parametrize("other", [[("a1", 0), ("b2", 3)], [("a1", 1), ("b2", 3), ("c3", 3)]])
def test_a_sheet_of_another_round_is_refused(sheet, other):
    with pytest.raises(DatasetError, match="is about other clips than this round's; move it away"):
        read_audit(sheet, other, GIVEN, LABELS)


def test_all_right_is_all_right():
    found = audit_result(dict(CLIPS), CLIPS, GIVEN)
    assert (found.right, found.precision) == (3, 1.0)
    assert found.bound < 0.5  # of three clips


def test_no_cell_of_a_sheet_is_a_formula_and_each_is_read_back(tmp_path):
    sheet = tmp_path / "audit.csv"
    write_audit(sheet, [("=1+1", tmp_path / "a.wav", 0), ("-x", tmp_path / "b.wav", 1)], LABELS)
    cells = [line.split(",")[0] for line in sheet.read_text().splitlines()[1:]]
    assert cells == ["'=1+1", "'-x"]
    sheet.write_text(sheet.read_text().replace(",\n", ",yes\n"))
    found = read_audit(sheet, [("=1+1", 0), ("-x", 1)], {0: 1, 1: 1}, LABELS)
    assert found is not None
    assert found.right == 2
