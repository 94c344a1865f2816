"""How far two histograms lie apart, and how far they would by chance.

    PSI         sum over bins of (p - q) ln(p / q)          (Siddiqi 2006, "Credit Risk Scorecards")
    by chance   (k - 1) (1 / n + 1 / m) in the mean; PSI / (1 / n + 1 / m) follows chi-square with k - 1
                degrees of freedom           (Yurdakul and Naranjo 2020, Journal of Risk Model Validation)
    n, m        independent windows: those counted over their design effect, which is the variance between
                blocks over that of independent ones        (Rao and Scott 1984, Annals of Statistics 12)

p, q: shares of k bins, from n and m windows. Common practice calls 0.1 some and 0.25 a large change.
Pure functions.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

SOME, LARGE = 0.1, 0.25
"""Excess of PSI over chance from which a change is some, and large."""
LEAST_SHARE = 0.005
"""No bin counts as rarer: the logarithm of a bin that is all but empty would drown the others."""
SPREAD = (1, 5, 15)
"""Blocks put together where dependence is looked for: sound and light change over more than one minute."""
LEAST_BLOCKS = 4
"""Fewer blocks tell nothing of how much blocks differ."""
DOUBT = 8.0
"""The variance between blocks is taken for 1 + DOUBT / (blocks - 1) times what was found."""
RARE = 4.0
"""Deviations of a normal distribution that chance does not exceed."""

Counts = NDArray[np.float64]


def stability(p: Counts, n: float, q: Counts, m: float) -> float:
    """PSI of shares p and q [k] from n and m independent windows, half a window added to each bin."""
    one, other = _smoothed(p, n), _smoothed(q, m)
    return float(((one - other) * np.log(one / other)).sum())


def by_chance(bins: int, n: float, m: float) -> float:
    """What PSI comes to in the mean where nothing changed."""
    return (bins - 1) * (1.0 / n + 1.0 / m)


def most_by_chance(bins: int, n: float, m: float) -> float:
    """What it exceeds by chance about once in 30,000 times: the quantile of chi-square by Wilson and
    Hilferty (1931)."""
    freedom = bins - 1
    part = 2.0 / (9.0 * freedom)
    return freedom * (1.0 - part + RARE * math.sqrt(part)) ** 3 * (1.0 / n + 1.0 / m)


def independent(blocks: Counts) -> float:
    """Independent windows that would vary as much as those counted in blocks [blocks, bins], in their order.

    At least 1, at most all of them; as many as there are blocks where these are fewer than LEAST_BLOCKS.
    """
    blocks = blocks[blocks.sum(axis=1) > 0]
    if len(blocks) < LEAST_BLOCKS:
        return float(max(1, len(blocks)))
    found = [_independent(_joined(blocks, size)) for size in SPREAD if len(blocks) >= LEAST_BLOCKS * size]
    return max(1.0, min(found))


def _independent(blocks: Counts) -> float:
    sizes, total, count = blocks.sum(axis=1), float(blocks.sum()), len(blocks)
    shares = blocks.sum(axis=0) / total
    apart = np.square(blocks - sizes[:, None] * shares).sum(axis=0) * count / (count - 1) / total**2
    there = shares > 0
    # The fewer blocks, the more the design effect may be underestimated by chance.
    effect = float((apart[there] / shares[there]).sum()) * (1.0 + DOUBT / (count - 1))
    return min(total, (int(there.sum()) - 1) / effect) if effect > 0 else total


def _joined(blocks: Counts, size: int) -> Counts:
    whole: Sequence[Counts] = np.split(blocks, range(size, len(blocks), size))
    return np.array([part.sum(axis=0) for part in whole])


def _smoothed(shares: Counts, windows: float) -> Counts:
    filled = (shares * windows + 0.5) / (windows + 0.5 * len(shares))
    filled = np.maximum(filled, LEAST_SHARE)
    return np.asarray(filled / filled.sum())
