"""Labels that no reading can rule out, for want of clips or people, are not told as open on a panel."""

import numpy as np
import pytest

from edge.bundle.evidence import Evidence
from edge.display.proven import proven, unproven_of
from edge.display.view import PanelState, Setup, ViewOptions, doubtful
from edge.items import LIVE, Reading

ENOUGH = Evidence(clips=100, people=10, effective=60.0)
FEW = Evidence(clips=16, people=2, effective=7.8)


def reading(label, candidates, weights):
    return Reading(
        time=1.0,
        state="reading",
        source=LIVE,
        label=label,
        probabilities=np.array([0.9, 0.02, 0.02, 0.02, 0.02, 0.02]),
        candidates=candidates,
        margin=0.8,
        weights=weights,
    )


@pytest.fixture
def unproven(tiny_bundle):
    rows = {"fused audio": (*[ENOUGH] * 5, FEW), "fused text": (FEW,) * 6, "audio": (ENOUGH,) * 6}
    return unproven_of(tiny_bundle.manifest.model_copy(update={"evidence": rows}))


def test_only_labels_that_others_of_their_posterior_can_be_told_from_are_left_out(unproven):
    assert unproven == {("fused audio", "surprise")}


@pytest.mark.parametrize(
    ("label", "candidates", "weights", "left"),
    [
        ("neutral", ("neutral", "surprise"), {"audio": 1.0}, ("neutral",)),
        ("neutral", ("neutral", "sad", "surprise"), {"audio": 1.0}, ("neutral", "sad")),
        ("surprise", ("surprise",), {"audio": 1.0}, ("surprise",)),
        ("neutral", ("neutral", "surprise"), {"text": 1.0}, ("neutral", "surprise")),
        ("neutral", ("neutral", "surprise"), {"audio": 0.5, "vision": 0.5}, ("neutral", "surprise")),
        (None, (), {}, ()),
    ],
)
def test_what_is_left_open(unproven, label, candidates, weights, left):
    assert proven(reading(label, candidates, weights), unproven).candidates == left


def test_a_panel_does_not_call_a_sure_reading_doubtful_for_such_a_label(unproven):
    setup = Setup(unproven=unproven)
    panel = PanelState(setup)
    panel.write(reading("neutral", ("neutral", "surprise"), {"audio": 1.0}))
    assert not doubtful(panel.view(ViewOptions()).current, setup)
    panel.write(reading("neutral", ("neutral", "sad"), {"audio": 1.0}))
    assert doubtful(panel.view(ViewOptions()).current, setup)
