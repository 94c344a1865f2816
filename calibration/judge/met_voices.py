"""The voices of labelled people as a device knows them after some speech in the balance of a site."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from edge.items import Floats
from edge.reading.voice import LastLayer, Voice

KNOWN_S = 60.0
"""Speech after which a voice counts as known (seconds)."""
BASELINE = 0.7
"""How often people show the first label, where the bundle does not know the balance of a site."""


@dataclass(frozen=True, slots=True, eq=False)
class Said:
    """The sound of one clip."""

    name: str
    label: int
    tokens: Sequence[tuple[Floats, Floats]]
    """Of each window, as of an unknown voice: mean and deviation, [d] each."""
    hops: int
    """How long it lasts (hops), at least its windows."""


class MetVoices:
    """What is known of each voice before a clip: never from that clip itself."""

    def __init__(self, shares: Sequence[float], size: int, hop_s: float, layer: LastLayer | None) -> None:
        """shares: how often each label is met, [k]. size: of a voice. hop_s: between windows (seconds).

        layer: the last of the audio network, edge/reading/voice.py.
        """
        self._shares, self._size = np.array(shares), size
        self._hop_s, self._layer = hop_s, layer
        self._said: dict[str, list[Said]] = {}
        self._order: dict[str, list[Said]] = {}
        self._known: dict[tuple[str, float, str | None], tuple[Floats, float]] = {}

    def hear(self, speaker: str, said: Said) -> None:
        """One clip of a person."""
        self._said.setdefault(speaker, []).append(said)

    def known(self, speaker: str, clip: str, seconds: float) -> tuple[Floats, float]:
        """The voice [d] before a clip, after so much other speech, and how much there was (seconds)."""
        if speaker not in self._order:
            self._order[speaker] = self._drawn(speaker)
        order, hops = self._order[speaker], round(seconds / self._hop_s)
        heard, length, own = list[Said](), 0, False
        for said in order:
            if length >= hops:
                break
            if said.name == clip:
                own = True
            else:
                heard.append(said)
                length += said.hops
        key = (speaker, seconds, clip if own else None)
        if key not in self._known:
            self._known[key] = self._listened(heard, hops), min(length, hops) * self._hop_s
        return self._known[key]

    def _listened(self, heard: Sequence[Said], hops: int) -> Floats:
        voice, hop = Voice(self._size, self._layer), 0
        for said in heard:
            for place in range(min(said.hops, hops - hop)):
                voice.update(hop * self._hop_s, *said.tokens[min(place, len(said.tokens) - 1)])
                hop += 1
        return voice.known(hop * self._hop_s)

    def _drawn(self, speaker: str) -> list[Said]:
        """Their clips, each once, in an order that meets the balance until those of a label are used up."""
        rng = np.random.default_rng(int(hashlib.sha256(speaker.encode()).hexdigest()[:8], 16))
        left: dict[int, list[Said]] = {}
        for said in self._said.get(speaker, []):
            left.setdefault(said.label, []).append(said)
        order = []
        while left:
            labels = sorted(left)
            weights = np.maximum(self._shares[labels], 1e-6)
            label = labels[int(rng.choice(len(labels), p=weights / weights.sum()))]
            order.append(left[label].pop(int(rng.integers(len(left[label])))))
            if not left[label]:
                del left[label]
        return order


def balance_of(site_prior: Sequence[float]) -> tuple[float, ...]:
    """How often each label is met: as is known of a site, else mostly the first, [k]."""
    count = len(site_prior)
    if max(site_prior) > min(site_prior):
        return tuple(site_prior)
    return (BASELINE, *[(1.0 - BASELINE) / (count - 1)] * (count - 1))
