"""All recordings of a site played, two people at a time."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import chain, zip_longest

from calibration.data.dataset import Example
from calibration.site.playback import Call, Playback, Played
from calibration.site.recordings import Recordings
from edge.bundle.folder import Bundle
from edge.drift.observation import Observation
from edge.errors import MediaError
from edge.words import asked_language, word

LEAST_WINDOWS = 24
"""Fewer windows than this say nothing about a site."""
MOST_CALLS = 160
"""Calls of each network that ranges are taken from."""
NARROW_SHARE = 0.5
"""Share of narrow recordings from which on their sound is not what the networks were trained on."""
WORKERS = 2
"""Recordings played at a time."""


@dataclass(slots=True, eq=False)
class Heard:
    """What playing recordings gave."""

    calls: dict[str, list[Call]]
    """By network."""
    windows: list[Played] = field(default_factory=list)
    observed: dict[str, list[tuple[Observation, int]]] = field(default_factory=dict)
    """Who was heard or seen -> what was observed; its place in `windows` where it was read, else -1."""
    seconds: float = 0.0
    narrow: set[str] = field(default_factory=set)
    """Names of clips whose sound ends far below what the networks know."""


def play_all(parent: Bundle, recordings: Recordings, say: Callable[[str], object]) -> Heard:
    """Play every recording once. Raises MediaError where there is too little, or too narrow a sound."""
    groups = _groups(recordings.clips, max(1, min(WORKERS, os.cpu_count() or 1)))
    with ThreadPoolExecutor(len(groups)) as pool:
        found = merged(list(pool.map(lambda clips: _play(parent, recordings, clips, say), groups)))
    if len(found.narrow) > NARROW_SHARE * len(recordings.clips):
        wanted = parent.manifest.audio.rate / 2000
        values = {"folder": recordings.folder, "count": len(found.narrow), "of": len(recordings.clips)}
        raise MediaError.of("site_narrow", **values, wanted=wanted)
    if (count := len(found.windows)) < LEAST_WINDOWS:
        raise MediaError.of("site_too_short", folder=recordings.folder, count=count, least=LEAST_WINDOWS)
    return found


def merged(parts: Sequence[Heard]) -> Heard:
    """What was heard side by side as one; of the calls each part gives one in turn, MOST_CALLS at most."""
    whole = Heard({name: _in_turn([part.calls[name] for part in parts]) for name in parts[0].calls})
    for part in parts:
        shift = len(whole.windows)
        whole.windows += part.windows
        for speaker, seen in part.observed.items():
            moved = [(one, place if place < 0 else place + shift) for one, place in seen]
            whole.observed.setdefault(speaker, []).extend(moved)
        whole.seconds += part.seconds
        whole.narrow |= part.narrow
    return whole


def _in_turn(lists: Sequence[list[Call]]) -> list[Call]:
    rows = chain.from_iterable(zip_longest(*lists))
    return [row for row in rows if row is not None][:MOST_CALLS]


def _groups(clips: Sequence[Example], count: int) -> list[list[Example]]:
    """Clips shared out by person, each person's in one group, as even as may be."""
    by_person: dict[str, list[Example]] = {}
    for clip in clips:
        by_person.setdefault(clip.speaker, []).append(clip)
    groups: list[list[Example]] = [[] for _ in range(count)]
    for own in sorted(by_person.values(), key=len, reverse=True):
        min(groups, key=len).extend(own)
    return [_interleaved(group) for group in groups if group]


def _interleaved(clips: Sequence[Example]) -> list[Example]:
    """Clips of all people in turn, so that the first calls are of everybody."""
    rows: dict[str, int] = {}
    order = []
    for clip in clips:
        rows[clip.speaker] = rows.get(clip.speaker, -1) + 1
        order.append((rows[clip.speaker], clip))
    return [clip for _, clip in sorted(order, key=lambda row: row[0])]


def _play(
    parent: Bundle, recordings: Recordings, clips: Sequence[Example], say: Callable[[str], object]
) -> Heard:
    language = asked_language()
    with Playback(parent, MOST_CALLS) as playback:
        found = Heard(playback.calls, playback.windows, playback.observed)
        for clip in clips:
            notes: list[MediaError] = []
            try:
                found.seconds += playback.play(clip, notes.append, recordings.stretches.get(clip.name, ()))
            except MediaError as error:
                say(word("left_out", language, why=error.told(language)))
            if any(note.key == "media_narrow" for note in notes):
                found.narrow.add(clip.name)
    return found
