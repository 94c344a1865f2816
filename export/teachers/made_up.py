"""Sentences nobody said, for a teacher to answer: so a student that reads few learns more of what it knows.

Task-specific distillation of Tang et al. 2019, whose words are masked or swapped at random.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

LONGEST = 32
"""Words a made-up sentence holds at most."""
SWAPPED = 0.25
"""Share of words that give way to any other word, in a third of the sentences."""


def made_up(texts: Sequence[str], count: int, seed: int) -> list[str]:
    """So many sentences from those that were said, by words as often as they occur.

    A third begin as one sentence and end as another, a third are a piece of one, and of a third some words
    are swapped. Empty where nothing was said.
    """
    rng = np.random.default_rng(seed)
    said = [words for text in texts if (words := text.split())]
    everything = [word for words in said for word in words]
    found: list[str] = []
    while said and len(found) < count:
        words = said[rng.integers(len(said))]
        kind = rng.integers(3)
        if kind == 0:
            other = said[rng.integers(len(said))]
            head, tail = rng.integers(0, len(words) + 1), rng.integers(0, len(other) + 1)
            new = words[:head] + other[tail:]
        elif kind == 1:
            length = rng.integers(1, len(words) + 1)
            start = rng.integers(0, len(words) - length + 1)
            new = words[start : start + length]
        else:
            new = [
                word if rng.random() > SWAPPED else everything[rng.integers(len(everything))]
                for word in words
            ]
        if new:
            found.append(" ".join(new[:LONGEST]))
    return found
