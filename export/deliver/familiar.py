"""What sound, faces and words of training are like, for the bundle (edge/reading/familiar.py)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from calibration.confidence.familiar import fit_home, fit_noisy_home
from edge.items import MODALITIES
from edge.reading.encoders import Tokens
from edge.reading.familiar import Home, arrays_of, unadapted_summary
from export.fusion.clear import NOISY, Clear
from export.fusion.pools import Inputs
from export.fusion.windows import Pool


def write_homes(
    seen: Mapping[str, Inputs], pools: Mapping[str, Pool], clear: Clear, unknown: Sequence[str], path: Path
) -> dict[str, int]:
    """Write the centres of each modality to a file of arrays; how many of each there are.

    seen: training examples by modality. pools: their tokens. clear: what stands for their sound. unknown:
    modalities whose examples were made up.
    """
    homes = dict[str, list[Home]]()
    for name in MODALITIES:
        if name in unknown:
            continue
        examples, known = (clear.inputs, clear.tokens) if name == "audio" else (seen[name], pools[name])
        people, rows = np.unique(np.array(examples.people), return_inverse=True)[1], _summaries(name, known)
        homes[name] = [fit_home(rows, people)]
        if name == "audio":
            noisy = _summaries(name, clear.noisy)
            homes[name] += filter(None, [fit_noisy_home(rows, noisy, np.repeat(people, NOISY))])
    np.savez_compressed(path, **arrays_of(homes))  # type: ignore[arg-type]
    return {name: len(centres) for name, centres in homes.items()}


def _summaries(name: str, known: Pool) -> NDArray[np.float32]:
    """Of each example as of a window, [n, features]."""
    empty = np.zeros((0, 0), np.float32)
    rows = [
        Tokens(tokens[mask > 0].numpy(), empty) for tokens, mask in zip(known.tokens, known.mask, strict=True)
    ]
    return np.stack([unadapted_summary(name, row, None) for row in rows])
