"""What sound, faces and words of training are like, for the bundle (edge/reading/familiar.py)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from calibration.confidence.familiar import fit_home
from edge.items import MODALITIES
from edge.reading.encoders import Tokens
from edge.reading.familiar import arrays_of, unadapted_summary
from export.fusion.pools import Inputs
from export.fusion.windows import Pool


def write_homes(
    seen: Mapping[str, Inputs], pools: Mapping[str, Pool], drawn: frozenset[str], path: Path
) -> dict[str, int]:
    """Write the centre of each modality to a file of arrays; how many of each there are.

    seen: training examples by modality. pools: their tokens. drawn: modalities whose examples were made up:
    nothing is known of them.
    """
    homes = {}
    for name in MODALITIES:
        if name not in drawn:
            people = np.unique(np.array(seen[name].people), return_inverse=True)[1]
            homes[name] = [fit_home(_summaries(name, seen[name], pools[name]), people)]
    np.savez_compressed(path, **arrays_of(homes))  # type: ignore[arg-type]
    return {name: len(centres) for name, centres in homes.items()}


def _summaries(name: str, examples: Inputs, pool: Pool) -> np.ndarray:
    """Of each example as of a window, [n, features]; sound as that of an unknown voice."""
    rows = []
    empty = np.zeros((0, 0), np.float32)
    for place in range(len(examples)):
        tokens = pool.tokens[place][pool.mask[place] > 0].numpy()
        voice = tokens.mean(axis=0) + examples.tensors[1][place].numpy() if name == "audio" else None
        rows.append(unadapted_summary(name, Tokens(tokens, empty), voice))
    return np.stack(rows)
