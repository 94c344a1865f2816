"""What sound, faces and words of training are like, for the bundle (edge/reading/familiar.py)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from calibration.confidence.familiar import fit_home
from edge.items import MODALITIES
from edge.reading.encoders import Tokens
from edge.reading.familiar import arrays_of, unadapted_summary
from export.fusion.pools import Inputs
from export.fusion.windows import Pool


def write_homes(
    seen: Mapping[str, Inputs], pools: Mapping[str, Pool], unknown: Sequence[str], path: Path
) -> dict[str, int]:
    """Write the centre of each modality to a file of arrays; how many of each there are.

    seen: training examples by modality, of sound those of fusion/clear.py. pools: their tokens. unknown:
    modalities whose examples were made up.
    """
    homes = {}
    for name in MODALITIES:
        if name not in unknown:
            people = np.unique(np.array(seen[name].people), return_inverse=True)[1]
            homes[name] = [fit_home(_summaries(name, pools[name]), people)]
    np.savez_compressed(path, **arrays_of(homes))  # type: ignore[arg-type]
    return {name: len(centres) for name, centres in homes.items()}


def _summaries(name: str, known: Pool) -> NDArray[np.float32]:
    """Of each example as of a window, [n, features]."""
    empty = np.zeros((0, 0), np.float32)
    rows = [
        Tokens(tokens[mask > 0].numpy(), empty) for tokens, mask in zip(known.tokens, known.mask, strict=True)
    ]
    return np.stack([unadapted_summary(name, row, None) for row in rows])
