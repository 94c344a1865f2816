"""Pools of examples that fusion windows are composed from."""

import pytest
import torch

from edge.errors import DatasetError
from edge.items import LABELS
from export.pools import Inputs, halves, require_labels


def inputs(labels, people=None):
    people = tuple(people or (str(i) for i in range(len(labels))))
    return Inputs((torch.arange(len(labels))[:, None].float(),), torch.tensor(labels), people)


def test_halves_share_no_person_and_no_example():
    people = ["mika"] * 6 + ["jun"] * 3 + ["rei"] * 3
    first, second = halves(inputs([0, 1, 2] * 4, people))
    assert not {*first.people} & {*second.people}
    assert {len(first), len(second)} == {6}
    rows = torch.cat([first.tensors[0], second.tensors[0]]).flatten().tolist()
    assert sorted(rows) == list(range(12))


@pytest.mark.parametrize("people", [["mika"] * 6, ["mika"] * 5 + ["jun"]])
def test_with_too_few_people_halves_share_every_label(people):
    first, second = halves(inputs([0, 0, 1, 1, 2, 2], people))
    assert first.labels.bincount().tolist() == second.labels.bincount().tolist() == [1, 1, 1]


def test_transcripts_and_people_follow_their_examples():
    whole = Inputs((torch.arange(3.0),), torch.tensor([0, 1, 2]), ("a", "b", "c"), ("one", "", "three"))
    taken = whole.take(torch.tensor([2, 0]))
    assert (taken.people, taken.said) == (("c", "a"), ("three", "one"))


def test_a_label_nobody_shows_is_named():
    everyone = list(range(len(LABELS)))
    require_labels({"audio": inputs(everyone)}, "train")
    with pytest.raises(DatasetError, match="audio: no dev example shows surprise"):
        require_labels({"vision": inputs(everyone), "audio": inputs(everyone[:-1])}, "dev")
