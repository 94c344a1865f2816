"""How well the sound of labelled clips is read as their speakers become known: after 0 to 60 s of speech."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from calibration.data.dataset import Example
from calibration.judge.evaluator import Evaluator
from calibration.judge.met_voices import KNOWN_S
from calibration.judge.metrics import VoicePoint
from edge.errors import MediaError

HEARD_S = (0.0, 10.0, 30.0, KNOWN_S)
"""Speech after which a voice is judged (seconds)."""


def voice_curve(judge: Evaluator, examples: Sequence[Example]) -> tuple[VoicePoint, ...]:
    """A point for each of HEARD_S; nothing where no clip holds sound.

    judge: has learned the voices. Speech is met in the balance of a site (met_voices.py). Clips that cannot
    be decoded are passed over.
    """
    labels, right, heard = list[int](), list[list[bool]](), list[list[float]]()
    for example in examples:
        try:
            told = judge.by_audio_after(example, HEARD_S)
        except MediaError:
            continue
        if told:
            labels.append(example.label)
            right.append([int(posterior.argmax()) == example.label for posterior, _ in told])
            heard.append([seconds for _, seconds in told])
    if not labels:
        return ()
    recalls, means = _recalls(np.array(right), np.array(labels)), np.mean(heard, axis=0)
    return tuple(
        VoicePoint(seconds, round(float(mean), 1), len(labels), round(float(recall), 4))
        for seconds, mean, recall in zip(HEARD_S, means, recalls, strict=True)
    )


def _recalls(right: NDArray[np.bool_], labels: NDArray[np.int64]) -> NDArray[np.float64]:
    """Unweighted recall of each column of right [n, points]."""
    return np.asarray(np.mean([right[labels == label].mean(axis=0) for label in np.unique(labels)], axis=0))
