"""Prediction sets of what is shown: fitted on votes, for a vote is surer, and wrong otherwise, than a window.

The streams are those the vote is judged on (calibration/judge/streams.py), of people never trained on:
labels held as in a room, in shifted and in even balances, corrected by the prior as on a device.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calibration.confidence.sets import fit_thresholds
from calibration.judge.streams import LEAST_LABELS, Clip, Stream, compose_stream, shifted_balance
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
    clips: NDArray[np.int64] | None = None
    """Which clip each window is of, [n]; None: each is one."""


def streams_of(
    voices: Sequence[SpeakerPosteriors],
    present: Sequence[str],
    prior: Sequence[float],
    window_s: float,
    hop_s: float,
) -> list[Stream]:
    """Streams composed of the windows of people, in shifted and even balances; none where no voice shows two.

    present: the modalities that the windows hold. prior: the even balance. window_s: length of a window, and
    of the clip it is taken for (seconds).
    """
    hops = round(window_s / hop_s)
    clips = []
    for number, voice in enumerate(voices):
        sources = range(len(voice.labels)) if voice.clips is None else voice.clips.tolist()
        for p, label, source in zip(voice.posteriors, voice.labels, sources, strict=True):
            seen = Prediction(0.0, p, dict.fromkeys(present, p), {}, CLEAR)
            clips.append(Clip(int(label), str(number), (seen,), hops, source))
    return composed(clips, prior, hop_s)


def composed(clips: Sequence[Clip], prior: Sequence[float], hop_s: float) -> list[Stream]:
    """The same of clips; those of people who show a single label are left out."""
    by_person: dict[str, list[Clip]] = {}
    for clip in clips:
        by_person.setdefault(clip.speaker, []).append(clip)
    useful = [own for own in by_person.values() if len({clip.label for clip in own}) >= LEAST_LABELS]
    streams = []
    for number, own in enumerate(useful):
        for seed in range(100 * number, 100 * number + max(1, STREAMS // len(useful))):
            for shares in (shifted_balance(seed, len(prior)), prior):
                streams.append(compose_stream(own, shares, HOPS, hop_s, seed))
    return streams


def voted_thresholds(streams: Sequence[Stream], rules: Rules) -> tuple[float, ...] | None:
    """For each label the voted probability below which it may be ruled out, [k]; None without a stream.

    rules: of the vote. Fitted as fit_thresholds (sets.py) does for strangers: a clip that is met again in a
    stream, or in several, is one clip.
    """
    if not streams:
        return None
    people = sorted({stream.speaker for stream in streams})
    return fit_thresholds(
        np.stack([tally.probabilities for stream in streams for tally in tallies(stream, rules)]),
        np.concatenate([stream.labels for stream in streams]),
        np.concatenate([np.full(len(s.labels), people.index(s.speaker)) for s in streams]),
        np.concatenate([np.arange(len(s.labels)) if s.clips is None else s.clips for s in streams]),
    )
