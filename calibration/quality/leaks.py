"""People, sessions and sounds that two sides share: what is learnt on one is judged on the other."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Literal

from calibration.quality.fingerprint import Sounds
from calibration.quality.measure import Measured
from edge.labels import plain

Kind = Literal["person", "session", "sound"]


@dataclass(frozen=True, slots=True)
class Leak:
    """Something that stands on both sides."""

    kind: Kind
    what: str
    """The person or session, or the recording of the one side that sounds the same."""
    sides: tuple[str, str]
    """Names of the sides: folders, or values of the column split."""
    one: tuple[str, ...]
    """Files of the first side."""
    other: tuple[str, ...]
    """Files of the second."""


def leaks(sides: Sequence[tuple[str, Sequence[Measured]]]) -> list[Leak]:
    """What any two of some named sides share: people first, then sessions, then sounds."""
    found: list[Leak] = []
    for (name, here), (other, there) in combinations(sides, 2):
        pair = (name, other)
        found += _shared("person", lambda one: one.clip.speaker, here, there, pair)
        found += _shared("session", lambda one: one.clip.session, here, there, pair)
        found += _sounds(here, there, pair)
    order = {"person": 0, "session": 1, "sound": 2}
    return sorted(found, key=lambda leak: order[leak.kind])


def splits(measured: Iterable[Measured]) -> list[tuple[str, list[Measured]]]:
    """Recordings by what the column split says of them; those it says nothing of are on no side."""
    sides = defaultdict[str, list[Measured]](list)
    for one in measured:
        if one.clip.split:
            sides[one.clip.split].append(one)
    return list(sides.items())


def _shared(
    kind: Kind,
    name_of: Callable[[Measured], str],
    here: Sequence[Measured],
    there: Sequence[Measured],
    sides: tuple[str, str],
) -> list[Leak]:
    ours, theirs = _by(name_of, here), _by(name_of, there)
    return [
        Leak(kind, name_of(files[0]), sides, _names(files), _names(theirs[key]))
        for key, files in ours.items()
        if key in theirs
    ]


def _by(name_of: Callable[[Measured], str], clips: Sequence[Measured]) -> dict[str, list[Measured]]:
    found = defaultdict[str, list[Measured]](list)
    for one in clips:
        if name := name_of(one):
            found[plain(name)].append(one)
    return found


def _sounds(here: Sequence[Measured], there: Sequence[Measured], sides: tuple[str, str]) -> list[Leak]:
    theirs = [(one, one.sound.marks) for one in there if one.sound]
    known = Sounds([marks for _, marks in theirs])
    found = []
    for one in here:
        if one.sound and (same := known.find(one.sound.marks)):
            files = tuple(theirs[number][0].clip.name for number in same)
            found.append(Leak("sound", one.clip.name, sides, (one.clip.name,), files))
    return found


def _names(clips: Sequence[Measured]) -> tuple[str, ...]:
    return tuple(one.clip.name for one in clips)
