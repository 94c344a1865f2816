"""What checks find on composed streams, for several shares of the readings and ways to choose them.

share     of the voted readings that is asked for
checked   share that needs a check: each reading a check stands for
asked     share that a check began with: what people answer; one a run of readings that show one label
caught    share of the wrong readings that the answers correct: those from the reading that is asked about to
          the end of its run, for as long as the person goes on showing what was answered
costly    the same of the misses and false alarms alone: a negative emotion or event not shown, or shown where
          there is none
itself    share of the wrong readings that need a check themselves: no answer counts for what comes after it
found     wrong readings that an answer corrects, a mean over all checks
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from calibration.judge.streams import Stream
from edge.bundle.manifest import Manifest
from edge.reading.confidence import Checks, Costs, Run, watched, worth
from edge.reading.voting import Tally
from edge.system.texts import left, right
from edge.words import Language, word

SHARES = (0.05, 0.1, 0.2)
"""Of the voted readings that are asked about."""
WAYS = ("worth", "doubt", "random")
"""By what a device weighs; by the probability that the label is wrong; by chance."""
COLUMNS = ("checked", "asked", "caught", "costly", "itself", "found")
WIDTH = 22


@dataclass(frozen=True)
class Found:
    """What the checks of all streams together come to; the fields are told above."""

    share: float
    checked: float
    asked: float
    caught: float | None
    """None: nothing was wrong."""
    costly: float | None
    """None: there was neither a miss nor a false alarm."""
    itself: float | None
    found: float | None
    """None: nobody was asked."""


def checks_on_streams(
    voted: Mapping[Stream, Sequence[Tally]], manifest: Manifest, costs: Costs | None = None
) -> dict[str, list[Found]]:
    """Way to choose -> what it finds for each of SHARES; one budget for all streams, one after the other."""
    acted_on = watched(manifest.full_labels, manifest.voting.events or ())
    rng = np.random.default_rng(0)
    weighed: dict[str, list[list[float]]] = {name: [] for name in WAYS}
    for tallies in voted.values():
        rows = [(tally.probabilities, tally.label) for tally in tallies]
        weighed["worth"].append([worth(p, label, acted_on, costs or Costs()) for p, label in rows])
        weighed["doubt"].append([1.0 - float(p[label]) for p, label in rows])
        weighed["random"].append(rng.random(len(rows)).tolist())
    stands = max(1, round(manifest.window_s / manifest.hop_s))
    shown = [np.array([tally.label for tally in tallies]) for tallies in voted.values()]
    truths = [stream.labels for stream in voted]
    return {
        way: [found(values, shown, truths, acted_on, Checks(share=share, stands=stands)) for share in SHARES]
        for way, values in weighed.items()
    }


def found(
    values: Sequence[Sequence[float]],
    shown: Sequence[NDArray[np.int64]],
    truths: Sequence[NDArray[np.int64]],
    acted_on: Collection[int],
    checks: Checks,
) -> Found:
    """What checks find on streams; of each: the worth of each reading, the label shown, the true one."""
    rows = []
    for own, labels, truth in zip(values, shown, truths, strict=True):
        run, answered = Run(), False
        for place, value in enumerate(own):
            label, true = int(labels[place]), int(truth[place])
            before = run.asked and label == run.label
            needs = checks.ask(run, label, value, 0)
            began = run.asked and not before
            answered = began or (before and answered and true == truth[place - 1])
            rows.append((needs, began, answered, label != true, (label in acted_on) != (true in acted_on)))
    needs_, began_, answered_, wrong, costly = np.array(rows, bool).T
    caught = wrong & answered_
    return Found(
        checks.share,
        round(float(needs_.mean()), 4),
        round(float(began_.mean()), 4),
        _share(caught, wrong),
        _share(caught & costly, wrong & costly),
        _share(needs_ & wrong, wrong),
        round(float(caught.sum() / began_.sum()), 4) if began_.any() else None,
    )


def lines(rows: Mapping[str, Sequence[Found]], language: Language) -> list[str]:
    """A table for a person to read."""
    heads = "".join(right(word(f"checks_{name}", language), 12) for name in COLUMNS)
    told = [left(word("checks_title", language), WIDTH) + heads]
    for place, share in enumerate(SHARES):
        for way, results in rows.items():
            name = word(f"checks_by_{way}", language, share=share)
            told.append(left(name, WIDTH) + "".join(_cell(results[place], column) for column in COLUMNS))
    return told


def _cell(result: Found, column: str) -> str:
    value = getattr(result, column)
    if value is None:
        return f"{'-':>12}"
    return f"{value:12.1f}" if column == "found" else f"{value:12.1%}"


def _share(part: NDArray[np.bool_], whole: NDArray[np.bool_]) -> float | None:
    return round(float(part.sum() / whole.sum()), 4) if whole.any() else None
