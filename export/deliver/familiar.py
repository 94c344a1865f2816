"""What sound, faces and words of training are like, for the bundle (edge/reading/familiar.py)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from calibration.confidence.familiar import fit_home
from edge.bundle.manifest import AudioSpec
from edge.features.audio import log_mel
from edge.items import MODALITIES
from edge.reading.encoders import Tokens
from edge.reading.familiar import arrays_of, unadapted_summary
from export.fusion.pools import A_LABEL, Inputs, pool, training_clips
from export.fusion.windows import Pool
from export.recipe import Recipe
from export.students.networks import TOKEN, AudioStudent
from export.training.augment import place_clip
from export.training.noisy_windows import WINDOW_S, load_clips


def clear_windows(recipe: Recipe, data: Path, student: AudioStudent) -> tuple[Inputs, Pool]:
    """A window of each training clip without noise, as of unknown voices, and their tokens.

    Speech lies anywhere in it, as in a run. Noise is what a site is calibrated for: beside training in all
    its noises foreign speech would pass for familiar.
    """
    spec, rng = AudioSpec(), np.random.default_rng(recipe.seed)
    examples, clips = load_clips(training_clips(recipe, data, rng, A_LABEL), spec.rate)
    placed = [place_clip(clip, round(WINDOW_S * spec.rate), rng) for clip in clips]
    features = torch.from_numpy(np.stack([log_mel(window, spec) for window in placed]))
    labels, people = torch.tensor([e.label for e in examples]), tuple(e.speaker for e in examples)
    inputs = Inputs((features, torch.zeros(len(features), TOKEN)), labels, people)
    return inputs, pool(student, inputs)


def write_homes(
    seen: Mapping[str, Inputs], pools: Mapping[str, Pool], unknown: Sequence[str], path: Path
) -> dict[str, int]:
    """Write the centre of each modality to a file of arrays; how many of each there are.

    seen: training examples by modality, of sound those of `clear_windows`. pools: their tokens. unknown:
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
