"""Pools of examples that fusion windows are composed from."""

import pytest
import torch

from edge.errors import DatasetError
from edge.items import LABELS
from export.pools import Inputs, halves, require_labels


def inputs(labels):
    return Inputs((torch.arange(len(labels))[:, None].float(),), torch.tensor(labels))


def test_halves_share_every_label_and_no_example():
    whole = inputs([0, 0, 0, 1, 1, 2, 2, 2, 2])
    first, second = halves(whole)
    assert sorted(torch.cat([first.tensors[0], second.tensors[0]]).flatten().tolist()) == list(range(9))
    assert first.labels.bincount().tolist() == [2, 1, 2]
    assert second.labels.bincount().tolist() == [1, 1, 2]


def test_a_label_nobody_shows_is_named():
    everyone = list(range(len(LABELS)))
    require_labels({"audio": inputs(everyone)}, "train")
    with pytest.raises(DatasetError, match="audio: no dev example shows surprise"):
        require_labels({"vision": inputs(everyone), "audio": inputs(everyone[:-1])}, "dev")
