"""Voices of labelled people as they are met: mostly one label, and never from the clip that is judged."""

import numpy as np
import pytest

from calibration.judge.met_voices import MetVoices, Said, balance_of
from edge.reading.voice import PRIOR

EVEN = (1 / 6,) * 6


def said(name, label, value, hops=3):
    token = np.full(128, value, np.float32)
    return Said(name, label, [(token, np.zeros(128, np.float32))], hops)


@pytest.fixture
def voices():
    found = MetVoices(balance_of(EVEN), 128, 1.0, None)
    for number in range(20):
        found.hear("anna", said(f"n{number}", 0, 1.0))
        found.hear("anna", said(f"a{number}", 1, 1.0))
    return found


def test_nothing_is_known_before_anything_was_said(voices):
    voice, heard = voices.known("anna", "n0", 0.0)
    assert (np.abs(voice).max(), heard) == (0.0, 0.0)
    voice, heard = voices.known("nobody", "n0", 60.0)
    assert (np.abs(voice).max(), heard) == (0.0, 0.0)


@pytest.mark.parametrize("seconds", [10.0, 30.0, 60.0])
def test_a_voice_is_known_from_as_much_speech_as_was_asked_for(voices, seconds):
    voice, heard = voices.known("anna", "n0", seconds)
    assert heard == seconds
    # Half of what was heard first is forgotten in minutes.
    assert voice == pytest.approx(seconds / (seconds + PRIOR), rel=0.05)


def test_a_clip_says_nothing_of_the_voice_it_is_judged_by():
    voices = MetVoices(balance_of(EVEN), 128, 1.0, None)
    voices.hear("anna", said("loud", 0, 100.0))
    voices.hear("anna", said("soft", 0, 1.0))
    known = {name: float(voices.known("anna", name, 60.0)[0][0]) for name in ("loud", "soft", "other")}
    assert known["loud"] < 1.0 < known["soft"]
    assert known["soft"] > 10.0
    assert known["other"] == pytest.approx(known["loud"] + known["soft"], rel=0.2)
    assert voices.known("anna", "loud", 60.0)[1] == 3.0


def test_people_are_heard_mostly_with_the_first_label(voices):
    assert balance_of(EVEN) == pytest.approx((0.7, *[0.06] * 5))
    labels = [one.label for one in voices._drawn("anna")]
    assert labels[:12].count(0) >= 8
    assert len(labels) == 40
    own = (0.2, 0.4, 0.1, 0.1, 0.1, 0.1)
    assert balance_of(own) == own
