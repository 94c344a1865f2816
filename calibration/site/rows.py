"""Labelled clips of a site as the posteriors of a bundle see them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from calibration.data.dataset import Example
from calibration.judge.evaluator import Evaluator
from calibration.site.fit.head import Rows
from calibration.site.fit.regression import Array
from edge.errors import MediaError
from edge.items import MODALITIES, Floats
from edge.reading.encoders import Tokens
from edge.reading.fusion import fused_name
from edge.reading.site_head import fused_summary, summary


class _Column:
    """Windows of one posterior, as they come."""

    def __init__(self) -> None:
        self.summaries: list[Floats] = []
        self.logits: list[Floats] = []
        self.examples: list[Example] = []

    def add(self, summary: Floats, logits: Floats, example: Example) -> None:
        self.summaries.append(summary)
        self.logits.append(logits)
        self.examples.append(example)

    def rows(self, people: Mapping[str, int], clips: Mapping[str, int]) -> Rows:
        return Rows(
            np.stack(self.summaries).astype(np.float64),
            np.stack(self.logits).astype(np.float64),
            np.array([example.label for example in self.examples]),
            np.array([people[example.speaker] for example in self.examples]),
            np.array([clips[example.name] for example in self.examples]),
            np.stack([targets_of(example, len(self.logits[0])) for example in self.examples]),
        )


def labelled_rows(
    judge: Evaluator, examples: Sequence[Example], matrix: Floats, seen: Callable[[], None] = lambda: None
) -> dict[str, Rows]:
    """Name of each posterior, as the manifest has it, -> its windows.

    A fused posterior is asked about every combination of what a window holds, as if the other devices were
    gone. matrix: outputs of the networks -> labels of the site. seen: is called after each clip. Clips that
    cannot be decoded are named and left out.
    """
    judge.learn_voices(examples)
    columns: dict[str, _Column] = {}
    for example in examples:
        try:
            windows = judge.encoded(example)
        except MediaError as error:
            judge.leave_out(example, error)
            continue
        for found, quality in windows:
            for name, tokens in found.items():
                logits = matrix @ tokens.logits.mean(axis=0)
                columns.setdefault(name, _Column()).add(summary(tokens), logits, example)
            for part in _parts(found):
                logits = matrix @ judge.fusion.fused_logits(part, quality)[0]
                columns.setdefault(fused_name(list(part)), _Column()).add(
                    fused_summary(part), logits, example
                )
        seen()
    people = {name: number for number, name in enumerate(sorted({e.speaker for e in examples}))}
    clips = {example.name: number for number, example in enumerate(examples)}
    return {name: column.rows(people, clips) for name, column in columns.items()}


def targets_of(example: Example, labels: int) -> Array:
    """What a clip is to teach: shares of the raters' votes, or its label alone, [labels].

    The label alone too where somebody decided on another one than most raters said.
    """
    votes = example.votes
    if votes is None or votes[example.label] < max(votes):
        return np.asarray(np.eye(labels)[example.label])
    return np.array(votes)


def is_fused(name: str) -> bool:
    """Whether a posterior is of the fusion."""
    return name not in MODALITIES


def pooled(rows: Iterable[Rows]) -> Rows:
    """All windows of several posteriors of the same clips and people."""
    every = list(rows)
    return Rows(*(np.concatenate([getattr(part, name) for part in every]) for name in Rows.__slots__))


def _parts(found: Mapping[str, Tokens]) -> Iterable[dict[str, Tokens]]:
    there = [name for name in MODALITIES if name in found]
    for count in range(1, len(there) + 1):
        for names in combinations(there, count):
            yield {name: found[name] for name in names}


def matrix_of(
    labels: Sequence[str], networks: Sequence[str], parents: Mapping[str, str]
) -> NDArray[np.float32]:
    """Outputs of the networks -> labels of a site, [labels, outputs].

    parents: label of the site -> label of the networks that it is a part of, where their names differ. What
    has none is taken for the mean of all outputs.
    """
    matrix = np.zeros((len(labels), len(networks)), np.float32)
    for row, label in enumerate(labels):
        known = label if label in networks else parents.get(label)
        if known is None:
            matrix[row] = 1.0 / len(networks)
        else:
            matrix[row, list(networks).index(known)] = 1.0
    return matrix
