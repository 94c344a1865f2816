"""Where a bundle fails and what to do next, from the facts of its report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from calibration.judge.evaluator import Predictions

ENOUGH = 8
"""Fewer people than this are told to be few."""
LEAST = 5
"""Fewer clips of a person tell nothing of them."""
STEPS = 3


def weakest(found: Predictions, labels: Sequence[str]) -> dict[str, Any]:
    """The pair of labels most often confused, and the person worst read; None where there is none.

    pair {true, answer, count, of}: of how many of the true label. person {speaker, n, right, others: share
    right of everybody else, 0..1}: named, with LEAST clips or more.
    """
    answers = np.asarray(found.posteriors).argmax(axis=1)
    truth = np.array([example.label for example in found.examples])
    met = Counter(truth.tolist())
    pairs = Counter((t, a) for t, a in zip(truth.tolist(), answers.tolist(), strict=True) if t != a)
    pair = None
    if pairs:  # by the share of its true label, then by count: a rare label that is never read comes first
        true, answer = max(pairs, key=lambda one: (pairs[one] / met[one[0]], pairs[one], -one[0], -one[1]))
        pair = {
            "true": labels[true],
            "answer": labels[answer],
            "count": pairs[true, answer],
            "of": met[true],
        }
    return {"pair": pair, "person": _person(found, answers == truth)}


def _person(found: Predictions, right: Any) -> dict[str, Any] | None:
    clips = Counter(example.speaker for example in found.examples if example.named)
    hits = Counter(e.speaker for e, hit in zip(found.examples, right, strict=True) if e.named and hit)
    known = [name for name, n in clips.items() if n >= LEAST]
    if len(clips) < 2 or not known:
        return None
    name = min(known, key=lambda one: (hits[one] / clips[one], one))
    rest = sum(clips.values()) - clips[name]
    others = (sum(hits.values()) - hits[name]) / rest
    return {"speaker": name, "n": clips[name], "right": hits[name], "others": others}


def next_steps(facts: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What to do next, the weightiest first: STEPS of {kind, and what its sentence says}.

    The sentences are in first.html.jinja, one a kind.
    """
    found: list[dict[str, Any]] = []
    for step in _candidates(facts):
        if step["kind"] not in {other["kind"] for other in found}:
            found.append(step)
    return found[:STEPS]


def _candidates(facts: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    rows = facts["differences"]
    for row in rows:
        if row["against"] != "fp32" and row["verdict"] == "worse":
            yield {"kind": "keep", **_points(row)}
    for row in rows:
        if row["against"] == "fp32" and row["verdict"] == "worse":
            yield {"kind": "int8", **_points(row)}
    few = [row for row in rows if row["people"] < ENOUGH]
    if few:
        least = min(few, key=lambda row: row["people"])
        yield {"kind": "people", "set": least["set"], "people": least["people"], "enough": ENOUGH}
    yield from _confused_pair(facts)
    for title, one in facts["weakest"].items():
        person = one["person"]
        if person and person["right"] / person["n"] < person["others"] - 0.1:
            yield {"kind": "person", "set": title, **person}
    for row in rows:
        if row["against"] != "fp32" and row["verdict"] in ("unclear", "same"):
            yield {"kind": "unclear", **_points(row)}
    yield {"kind": "try"}
    yield {"kind": "review"}
    yield {"kind": "again"}


def _confused_pair(facts: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The labels confused most often on any held-out set, and how many training examples the true one has."""
    weak = [(title, one["pair"]) for title, one in facts["weakest"].items() if one["pair"]]
    if weak:
        title, pair = max(weak, key=lambda item: item[1]["count"] / item[1]["of"])
        modality = title.split()[0]  # what is fused are the recordings of the audio corpora
        parts = [p for p in facts["data"] if p["modality"] == modality.replace("fused", "audio")]
        taught = sum(part["labels"].get(pair["true"], 0) for part in parts)
        yield {"kind": "pair", "set": title, **pair, "taught": taught}


def _points(row: Mapping[str, Any]) -> dict[str, Any]:
    kept = ("set", "against", "bundle", "n", "won", "lost")
    return {key: row[key] for key in kept} | {"points": 100 * (row["ours"] - row["theirs"])}
