"""Prediction sets of what is shown: fitted on votes, for a vote is surer, and wrong otherwise, than a window.

The streams are those the vote is judged on (calibration/judge/streams.py), of people never trained on:
labels held as in a room, in shifted and in even balances, corrected by the prior as on a device.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calibration.confidence.fitting import fit_thresholds
from calibration.judge.streams import LEAST_LABELS, Clip, compose_stream, shifted_balance
from calibration.judge.voting_trial import tallies
from edge.items import Floats, Prediction, Quality
from edge.reading.voting import Rules

STREAMS, HOPS = 6, 1800
"""Streams of all voices together in each balance, one a voice at least, and windows of each."""
CLEAR = Quality(40.0, 1.0, 1.0)
"""Clips of corpora: every window counts whole."""


@dataclass(frozen=True, eq=False)
class SpeakerPosteriors:
    """Windows around one person's voice."""

    posteriors: Floats
    """Calibrated, [n, k]."""
    labels: NDArray[np.int64]
    """[n]."""


def voted_thresholds(
    voices: Sequence[SpeakerPosteriors], present: Sequence[str], rules: Rules, window_s: float, hop_s: float
) -> tuple[float, ...] | None:
    """For each label the voted probability below which it may be ruled out, [k]; None: no voice shows two.

    present: the modalities that the windows hold. rules: of the vote. window_s: length of a window, and of
    the clip it is taken for (seconds). Fitted as fit_thresholds (fitting.py) does for strangers.
    """
    useful = [voice for voice in voices if len(np.unique(voice.labels)) >= LEAST_LABELS]
    probabilities, labels, people = [], [], []
    for number, voice in enumerate(useful):
        clips = _clips(voice, present, round(window_s / hop_s))
        for seed in range(100 * number, 100 * number + max(1, STREAMS // len(useful))):
            for shares in (shifted_balance(seed, len(rules.train_prior)), rules.train_prior):
                stream = compose_stream(clips, shares, HOPS, hop_s, seed)
                probabilities += [tally.probabilities for tally in tallies(stream, rules)]
                labels.append(stream.labels)
                people.append(np.full(HOPS, number))
    if not useful:
        return None
    return fit_thresholds(np.stack(probabilities), np.concatenate(labels), np.concatenate(people))


def _clips(voice: SpeakerPosteriors, present: Sequence[str], hops: int) -> list[Clip]:
    return [
        Clip(int(label), "", (Prediction(0.0, p, dict.fromkeys(present, p), {}, CLEAR),), hops)
        for p, label in zip(voice.posteriors, voice.labels, strict=True)
    ]
