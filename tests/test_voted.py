"""Prediction sets of votes: what is ruled out of them holds the share that was promised."""

import numpy as np

from calibration.confidence import voted
from calibration.confidence.voted import CLEAR, SpeakerPosteriors, streams_of, voted_thresholds
from calibration.judge.streams import Clip, compose_stream, shifted_balance
from calibration.judge.voting_trial import tallies
from edge.bundle.manifest import VotingSettings
from edge.items import Prediction
from edge.reading.confidence import softmax
from edge.reading.voting import Rules
from edge.starter_labels import STARTER as LABELS

K = len(LABELS)
EVEN = (1.0 / K,) * K
RULES = Rules(VotingSettings(), EVEN, EVEN)


def voice(seed, n=40, labels=K):
    """Calibrated windows of one person, who is mistaken for the next label now and then."""
    rng = np.random.default_rng(seed)
    truth = np.arange(labels).repeat(n)
    logits = rng.normal(0.0, 1.0, (len(truth), K))
    logits[np.arange(len(truth)), truth] += rng.normal(1.5, 0.5, len(truth))
    return SpeakerPosteriors(softmax(logits), truth)


def fitted(voices, present):
    return voted_thresholds(streams_of(voices, present, EVEN, 4.0, 1.0), RULES)


def test_sets_of_votes_hold_the_true_label_as_often_as_promised():
    thresholds = np.array(fitted([voice(s) for s in range(3)], ("audio", "text")))
    covered = []
    for seed in range(50, 56):
        other = voice(seed)
        clips = [
            Clip(int(label), "", (Prediction(0.0, p, {"audio": p, "text": p}, {}, CLEAR),), 4)
            for p, label in zip(other.posteriors, other.labels, strict=True)
        ]
        stream = compose_stream(clips, shifted_balance(seed, K), 1800, 1.0, seed)
        shown = np.array([tally.probabilities for tally in tallies(stream, RULES)])
        own = shown[np.arange(len(shown)), stream.labels]
        covered.append((own >= thresholds[stream.labels]).mean())
    # The worst of few: three voices are worth 17 clips of each label, and no share of these is 0.9.
    assert 0.88 <= np.mean(covered) <= 0.96


def test_a_voice_of_one_label_makes_no_stream(monkeypatch):
    monkeypatch.setattr(voted, "HOPS", 60)
    assert fitted([voice(0, labels=1)], ("audio",)) is None
    assert fitted([voice(0, labels=1), voice(1)], ("audio",)) == fitted([voice(1)], ("audio",))


def test_a_stream_of_a_few_clips_says_little():
    """However long it goes on: a clip that is met again is one clip."""
    few = SpeakerPosteriors(voice(1).posteriors, voice(1).labels, np.arange(40 * K) % 40 // 14)
    other = SpeakerPosteriors(voice(2).posteriors, voice(2).labels, np.arange(40 * K) % 40 // 14)
    assert fitted([few, other], ("audio",)) == (0.0,) * K
    assert min(fitted([voice(1), voice(2), voice(3)], ("audio",))) > 0.0
