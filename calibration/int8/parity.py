"""How far two engines give the same answers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge.errors import InputError
from edge.interfaces import Engine


@dataclass(frozen=True, slots=True)
class Parity:
    """One output of a model, compared over many calls."""

    cosine: float
    """Cosine between the two outputs, of the worst call, -1..1."""
    mean_cosine: float
    """Mean of the cosines of all calls, -1..1."""
    max_abs: float
    """Largest difference of a single value, in the output's unit."""
    snr_db: float
    """Energy of the reference over energy of the difference, all calls (decibels); inf when equal."""
    agreement: float
    """Share of rows (vectors along the last axis) whose largest entry is the same, 0..1."""
    calls: int
    """Calls compared."""


def compare_engines(
    reference: Engine, candidate: Engine, feeds: Iterable[Mapping[str, NDArray[Any]]]
) -> dict[str, Parity]:
    """Run both engines on each feed: output name -> how close `candidate` comes to `reference`.

    Raises InputError when there is no feed, or the engines do not have the same outputs.
    """
    pairs: dict[str, list[tuple[NDArray[Any], NDArray[Any]]]] = {}
    for feed in feeds:
        wanted, found = reference.run(feed), candidate.run(feed)
        if wanted.keys() != found.keys():
            raise InputError.of(
                "parity_outputs", one=", ".join(sorted(wanted)), other=", ".join(sorted(found))
            )
        for name, values in wanted.items():
            pairs.setdefault(name, []).append((values, found[name]))
    if not pairs:
        raise InputError.of("parity_none")
    return {name: parity(calls) for name, calls in pairs.items()}


@np.errstate(invalid="ignore", divide="ignore", over="ignore")  # a NaN is what is looked for
def parity(calls: Iterable[tuple[NDArray[Any], NDArray[Any]]]) -> Parity:
    """Compare (reference, candidate) pairs of one output; each pair has one shape, [.., n]."""
    cosines, largest, signal, noise, same, rows, count = [], [], 0.0, 0.0, 0, 0, 0
    for reference, candidate in calls:
        a, b = reference.astype(np.float64), candidate.astype(np.float64)
        norms = float(np.linalg.norm(a) * np.linalg.norm(b))
        # Two outputs that are both all zero agree; one alone does not.
        cosines.append(float((a * b).sum()) / norms if norms else float(np.array_equal(a, b)))
        largest.append(np.abs(a - b).max())
        signal += float((a**2).sum())
        noise += float(((a - b) ** 2).sum())
        same += int((a.argmax(-1) == b.argmax(-1)).sum())
        rows += a.size // a.shape[-1]
        count += 1
    snr = 10.0 * np.log10(signal / noise) if noise and signal else (-np.inf if noise else np.inf)
    if not np.isfinite(noise):  # NaN would win or lose a comparison by its place
        snr = -np.inf
    # NumPy's min and max hand a NaN on; Python's lose it.
    worst, most = float(np.min(cosines)), float(np.max(largest))
    return Parity(worst, float(np.mean(cosines)), most, float(snr), same / rows, count)


def require_finite(answers: Iterable[Mapping[str, NDArray[Any]]], name: str) -> None:
    """Raises InputError when a network gave NaN or infinity for a real recording: nothing can be judged."""
    for answer in answers:
        for output, values in answer.items():
            if not np.isfinite(values).all():
                raise InputError.of("output_nan", name=name, output=output)
