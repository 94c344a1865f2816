"""Sound of labelled recordings, cut or padded to the windows the device would see."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from edge.errors import MediaError
from edge.items import AudioChunk, Floats, Frame
from edge.sources.recording import RecordingSource

SOUNDS = (".wav", ".flac", ".opus", ".ogg", ".mp3", ".m4a")
"""Sound files a folder without a table is searched for, in any case."""
SILENCE = 1e-4
"""Peak below which a recording counts as silent: about -80 dB of full scale."""


def load_sound(path: Path, rate: int) -> Floats:
    """The whole sound of a recording, [n] at `rate`. Raises MediaError when there is none."""
    samples, _ = load_media(path, rate, float("inf"))
    if samples is None:
        raise MediaError.of("no_sound", path=path)
    return samples


def load_media(path: Path, rate: int, step: float) -> tuple[Floats | None, list[Frame]]:
    """Sound of a recording, [n] at `rate` or None, and a frame every `step` seconds. Raises MediaError."""
    chunks, frames, due = [], [], 0.0
    with RecordingSource(path, rate) as source:
        for item in source:
            if isinstance(item, AudioChunk):
                chunks.append(item.samples)
            elif item.time >= due:
                frames.append(item)
                due = item.time + step
    samples = np.concatenate(chunks) if chunks else None
    if samples is not None and np.abs(samples).max(initial=0.0) < SILENCE:
        samples = None
    if samples is None and not frames:
        raise MediaError.of("no_media", path=path)
    return samples, frames


def windows_of(samples: Floats, rate: int, window_s: float, hop_s: float) -> list[Floats]:
    """Windows over a clip as the device cuts them: a short clip is padded at the front.

    The last window ends with the clip.
    """
    length, hop = round(rate * window_s), round(rate * hop_s)
    if len(samples) <= length:
        return [np.pad(samples, (length - len(samples), 0))]
    ends = range(len(samples), length - 1, -hop)
    return [samples[end - length : end] for end in reversed(ends)]
