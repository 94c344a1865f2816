"""Whether sound, faces and words are like those the networks learned from or were calibrated on.

The distance of a window is the root mean square of its whitened summary, mean and deviation of its tokens (of
faces the mean alone): Mahalanobis distance over the square root of the number of values (Lee et al. 2018, "A
simple unified framework for detecting out-of-distribution samples"). Windows of people who were left out set
two limits: of a single window, beyond which it says less, and of the mean of a minute, beyond which the
modality is unfamiliar. Sound in noise has a centre of its own: in one with clear sound it would be so wide
that foreign speech passed for familiar.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from edge.bundle.site import FAMILIAR_FILE
from edge.errors import BundleError
from edge.items import Floats
from edge.system.documents import one_line
from edge.words import Language, word

if TYPE_CHECKING:
    from edge.bundle.folder import Bundle
    from edge.reading.encoders import Tokens

PARTS = ("mean", "whitening", "limits")
SIDE = "side"
"""A part that only centres of some windows have."""
MINUTE_S = 60.0
"""Time that the mean is taken over (seconds)."""
LEAST_S = 10.0
"""Less of a modality than this in a minute says nothing about it (seconds)."""
BACK = 0.95
"""A modality is familiar again below this share of its limit: it does not come and go at the limit."""
TINY = 1e-9
"""Nothing is divided by a smaller distance."""


@dataclass(frozen=True, slots=True, eq=False)
class Home:
    """What one modality is usually like."""

    mean: NDArray[np.floating[Any]]
    """Of the summaries, [features]."""
    whitening: NDArray[np.floating[Any]]
    """Makes their covariance the identity, [features, features]."""
    window: float
    """Distance that few windows of people who were left out exceed."""
    minute: float
    """Mean distance over a minute that few people who were left out exceed."""
    side: NDArray[np.floating[Any]] | None = None
    """Weight of each feature and a constant, [features + 1]: it is the centre only of windows whose sum is
    positive; None: of all."""

    def distances(self, summaries: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
        """Of each summary, [n, features] -> [n]; infinite on the other side."""
        rows = np.asarray(summaries, np.float64)
        far = np.sqrt(np.square((rows - self.mean) @ self.whitening).mean(axis=1))
        return np.asarray(far if self.side is None else np.where(on_side(rows, self.side), far, np.inf))


def on_side(rows: NDArray[np.floating[Any]], side: NDArray[np.floating[Any]]) -> NDArray[np.bool_]:
    """Which summaries [n, features] a centre of a side [features + 1] is the centre of, [n]."""
    return np.asarray(rows @ side[:-1] + side[-1] > 0.0)


@dataclass(frozen=True, slots=True)
class Met:
    """How a window and the minute before it compare with what is known."""

    weights: Mapping[str, float]
    """Modality -> how much of what it usually says it says now, 0..1."""
    unfamiliar: frozenset[str] = frozenset()
    """Modalities that are unlike anything known, by their last minute."""


class Familiarity:
    """Compares the windows of one run with what a bundle knows.

    homes: modality -> what it is usually like, of training and of a site; the nearest counts. hop_s: time
    between windows (seconds). say: gets a line when a modality becomes unfamiliar, or familiar again.
    """

    def __init__(
        self,
        homes: Mapping[str, Sequence[Home]],
        hop_s: float,
        say: Callable[[str], None] = lambda _: None,
        language: Language = "en",
    ) -> None:
        self._homes = homes
        self._say, self._language = say, language
        self._least = max(1, round(LEAST_S / hop_s))
        self._minute: dict[str, deque[tuple[float, float]]] = {name: deque() for name in homes}
        self._unfamiliar: frozenset[str] = frozenset()

    def meet(self, time: float, found: Mapping[str, Tokens], voice: Floats | None) -> Met:
        """The next window.

        time: its end (seconds). voice: mean audio token of an unknown voice, [d]; None: there is no sound.
        """
        weights = {}
        for name, homes in self._homes.items():
            if name in found:
                row = unadapted_summary(name, found[name], voice)
                weights[name] = min(1.0, 1.0 / max(nearest(homes, row, "window"), TINY)) ** 2
                self._minute[name].append((time, nearest(homes, row, "minute")))
        before = self._unfamiliar
        self._unfamiliar = frozenset(name for name in self._homes if self._strange(name, time))
        for name in sorted(before ^ self._unfamiliar):
            key = "unfamiliar" if name in self._unfamiliar else "familiar"
            self._say(word(f"{key}_{name}", self._language))
        return Met(weights, self._unfamiliar)

    def _strange(self, name: str, time: float) -> bool:
        met = self._minute[name]
        while met and met[0][0] < time - MINUTE_S:
            met.popleft()
        before = name in self._unfamiliar
        if len(met) < self._least:
            return before and bool(met)
        return sum(ratio for _, ratio in met) / len(met) > (BACK if before else 1.0)


def nearest(homes: Sequence[Home], row: Floats, limit: Literal["window", "minute"]) -> float:
    """Distance of a summary [features] over the limit of the centre nearest by it; beyond 1 it is far."""
    limits = [home.window if limit == "window" else home.minute for home in homes]
    return min(float(home.distances(row[None])[0]) / most for home, most in zip(homes, limits, strict=True))


def unadapted_summary(name: str, tokens: Tokens, voice: Floats | None) -> Floats:
    """What is compared of a window: mean and deviation of its tokens, [2 d], of vision the mean, [d].

    voice: mean audio token of an unknown voice, [d], in place of that of the known one.
    """
    mean = tokens.tokens.mean(axis=0) if name != "audio" or voice is None else voice
    if name == "vision":
        return np.asarray(mean, np.float32)
    return np.concatenate([mean, tokens.tokens.std(axis=0)]).astype(np.float32)


def arrays_of(homes: Mapping[str, Sequence[Home]]) -> dict[str, NDArray[np.float32]]:
    """What familiar.npz holds: modality/number/part."""
    return {
        f"{name}/{place}/{part}": np.asarray(values, np.float32)
        for name, several in homes.items()
        for place, home in enumerate(several)
        for part, values in _parts_of(home).items()
    }


def _parts_of(home: Home) -> dict[str, Any]:
    parts = dict(zip(PARTS, (home.mean, home.whitening, [home.window, home.minute]), strict=True))
    return parts if home.side is None else {**parts, SIDE: home.side}


def load_homes(bundle: Bundle) -> dict[str, list[Home]]:
    """Modality -> what it is usually like; empty for a bundle that does not say. Raises BundleError."""
    stated = bundle.manifest.familiar
    if not stated:
        return {}
    path = bundle.path(FAMILIAR_FILE)
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: np.asarray(file[name], np.float64) for name in file.files}
    except (OSError, ValueError, KeyError, EOFError, BadZipFile) as error:
        raise BundleError.of("familiar_unreadable", path=path, why=error) from error
    width = bundle.manifest.models["audio"].outputs["tokens"][2]
    homes: dict[str, list[Home]] = {name: [] for name in stated}
    for name, count in stated.items():
        for place in range(count):
            parts = [arrays.pop(f"{name}/{place}/{part}", np.zeros(0)) for part in PARTS]
            side = arrays.pop(f"{name}/{place}/{SIDE}", None)
            if not _fit(parts, side, width if name == "vision" else 2 * width):
                raise BundleError.of("familiar_wrong", path=path, name=f"{name}/{place}")
            mean, whitening, (window, minute) = parts
            homes[name].append(Home(mean, whitening, float(window), float(minute), side))
    if arrays:
        raise BundleError.of("familiar_wrong", path=path, name=one_line(min(arrays), 40))
    return homes


def _fit(parts: Sequence[NDArray[Any]], side: NDArray[Any] | None, size: int) -> bool:
    """Whether arrays are the parts of a centre of so many features."""
    shapes = [(size,), (size, size), (2,), (size + 1,)]
    found = [*parts] if side is None else [*parts, side]
    return (
        all(part.shape == shape for part, shape in zip(found, shapes, strict=False))
        and all(np.isfinite(part).all() for part in found)
        and bool((parts[2] > 0).all())
    )
