"""What people find who check the readings worth most on streams: calibration/judge/checks_trial.py."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from calibration.judge.checks_trial import Readings, find
from calibration.judge.voting_trial import votes
from calibration.kpi.tracks import PersonStream
from edge.labels import Labels
from edge.reading.confidence import Costs, watched
from edge.reading.voting import Rules


def checked(
    tracks: Sequence[PersonStream], labels: Labels, rules: Rules, stands: int, costs: Costs
) -> list[dict[str, Any]]:
    """A row for each share of the readings, as the device chooses them; costs: of the site."""
    readings = [part for track in tracks for part in _parts(track, rules)]
    found = find(readings, watched(labels, rules.settings.events or ()), stands, costs, ("worth",))
    return [asdict(one) for one in found["worth"]]


def _parts(track: PersonStream, rules: Rules) -> Iterator[Readings]:
    """A stream, cut where the vote begins anew: a run ends there."""
    tallies = [tally for tally, _ in votes(track.predictions, rules)]
    times = np.array([prediction.time for prediction in track.predictions])
    cuts = np.flatnonzero(np.diff(times) > rules.settings.memory_s) + 1
    for part in np.split(np.arange(len(tallies)), cuts):
        if len(part):
            yield Readings.of([tallies[i] for i in part], track.labels[part])
