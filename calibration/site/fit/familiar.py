"""What sound, faces and words of a site are like, beside those of training."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from calibration.confidence.familiar import fit_home
from calibration.site.playback import Played
from edge.bundle.site import Part
from edge.items import MODALITIES
from edge.reading.familiar import Home

LEAST_WINDOWS = 40
"""Fewer windows than this of a modality do not say what it is like on a site."""
LEAST_PEOPLE = 2
"""One person alone does not say how far the next one is from them."""
REACH = 1.6
"""Limit of a minute of what a site has, in half-widths of the 95 % prediction interval: of a normal
distribution one person in a thousand is beyond. At 1.0 it refused 3 to 8 of 118 people of EmoGator who had
been left out, in five draws; at 1.6 none, and EMOVO's six stay 1.3 to 1.6 times as far."""


def site_homes(
    known: Mapping[str, Sequence[Home]], windows: Sequence[Played]
) -> tuple[dict[str, list[Home]], dict[str, Part]]:
    """The centres of a bundle with one of the site's for each modality it says enough of; and why."""
    homes, parts = {name: list(centres) for name, centres in known.items()}, dict[str, Part]()
    for name in (name for name in MODALITIES if name in known):
        own = [window for window in windows if name in window.present]
        names, people = np.unique([window.speaker for window in own], return_inverse=True)
        if len(own) < LEAST_WINDOWS:
            parts[f"familiar {name}"] = Part(taken=False, why="site_familiar_few")
        elif len(names) < LEAST_PEOPLE:
            parts[f"familiar {name}"] = Part(taken=False, why="site_one_person")
        else:
            rows = np.stack([window.compared[name] for window in own])
            found = fit_home(rows, people, reach=REACH)
            parts[f"familiar {name}"] = _part(known[name], found, rows, people)
            homes[name].append(found)
    return homes, parts


def _part(known: Sequence[Home], found: Home, rows: np.ndarray, people: np.ndarray) -> Part:
    """Share of windows beyond the limit of a single one, before and after, each person left out in turn."""
    before = np.min([home.distances(rows) / home.window for home in known], axis=0)
    left = np.zeros(len(rows))
    for person in np.unique(people):
        out = people == person
        left[out] = fit_home(rows[~out], people[~out]).distances(rows[out]) / found.window
    after = np.minimum(before, left)
    shares = {key: round(float((far > 1.0).mean()), 4) for key, far in (("before", before), ("after", after))}
    people_out = len(np.unique(people))
    return Part(taken=True, why="site_familiar_taken", measure="unfamiliar", people=people_out, **shares)
