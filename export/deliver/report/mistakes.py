"""The wrong answers a bundle was surest of, and whose face and words a report may show with them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from calibration.data.dataset import Example
from calibration.judge.evaluator import Predictions
from edge.consent.store import Consents


def may_show(example: Example, consents: Consents | None, on: date) -> bool:
    """Whether a report of this day may show face and words of an example: its person agreed to `report`.

    Everybody else is a file name and a score. Nobody agreed where a recording names nobody.
    """
    return (
        consents is not None and example.named and consents.valid(example.speaker, "report", on) is not None
    )


def mistakes_of(
    found: Predictions,
    labels: Sequence[str],
    shown: int,
    work: Path,
    consents: Consents | None = None,
) -> dict[str, Any]:
    """The wrong predictions with the highest confidence. Raises InputError for consents that cannot be read.

    work: the folder that pictures are named from. consents: None: nobody's face and words are shown.
    """
    posteriors = np.asarray(found.posteriors)
    answer, confidence = posteriors.argmax(axis=1), posteriors.max(axis=1)
    wrong = [i for i, example in enumerate(found.examples) if answer[i] != example.label]
    wrong.sort(key=lambda i: (-confidence[i], found.examples[i].name))
    rows = []
    for i in wrong[:shown]:
        example = found.examples[i]
        agreed = may_show(example, consents, date.today())
        # A face lies below the work folder as a picture of its own; recordings are only named.
        picture = example.path if example.path and example.path.suffix.lower() == ".png" else None
        rows.append(
            {
                "name": example.name,
                "label": labels[example.label],
                "answer": labels[int(answer[i])],
                "confidence": round(float(confidence[i]), 3),
                "said": example.transcript if agreed else None,
                "picture": os.path.relpath(picture, work) if picture and agreed else None,
            }
        )
    return {"wrong": len(wrong), "judged": len(found.examples), "examples": rows}
