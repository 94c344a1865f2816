"""Sound of labelled recordings, cut or padded to the windows the device would see."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import numpy as np

from edge.errors import MediaError
from edge.items import AudioChunk, Floats, Frame
from edge.sources.recorded.part import Note
from edge.sources.recorded.recording import RecordingSource

SOUNDS = (".wav", ".flac", ".opus", ".ogg", ".mp3", ".m4a")
"""Sound files a folder without a table is searched for, in any case."""
SILENCE = 1e-4
"""Peak below which a recording counts as silent: about -80 dB of full scale."""

Seen = TypeVar("Seen")


def load_sound(path: Path, rate: int, longest_s: float = float("inf")) -> Floats:
    """The whole sound of a recording, [n] at `rate`.

    Raises MediaError when there is none, and when it lasts longer than `longest_s` (seconds).
    """
    samples, _ = load_media(path, rate, float("inf"), lambda _: None, longest_s=longest_s)
    if samples is None:
        raise MediaError.of("no_sound", path=path)
    return samples


def load_media(
    path: Path,
    rate: int,
    step: float,
    look: Callable[[Frame], Seen],
    note: Note = lambda _: None,
    longest_s: float = float("inf"),
) -> tuple[Floats | None, list[Seen]]:
    """Sound of a recording, [n] at `rate` or None, and what a frame every `step` seconds shows.

    look: gets each of these frames as it passes by; pictures are not kept. note: told what is unusual.
    Raises MediaError.
    """
    # One array that grows: hours of sound are held once.
    heard, seen, due = bytearray(), list[Seen](), 0.0
    with RecordingSource(path, rate, note=note) as source:
        for item in source:
            if isinstance(item, AudioChunk):
                heard += item.samples.tobytes()
                if len(heard) > 4 * rate * longest_s:
                    raise MediaError.of("clip_long", path=path, most=longest_s)
            elif item.time >= due:
                seen.append(look(item))
                due = item.time + step
    samples = np.frombuffer(heard, np.float32) if heard else None
    if samples is not None and max(samples.max(), -samples.min()) < SILENCE:
        samples = None
    if samples is None and not seen:
        raise MediaError.of("no_media", path=path)
    return samples, seen


def windows_of(samples: Floats, rate: int, window_s: float, hop_s: float) -> list[Floats]:
    """Windows over a clip as the device cuts them: a short clip is padded at the front.

    The last window ends with the clip.
    """
    length, hop = round(rate * window_s), round(rate * hop_s)
    if len(samples) <= length:
        return [np.pad(samples, (length - len(samples), 0))]
    ends = range(len(samples), length - 1, -hop)
    return [samples[end - length : end] for end in reversed(ends)]


def placed_anywhere(samples: Floats, length: int) -> Floats:
    """A clip shorter than a window, as a run may meet it: anywhere in one, always there; [length].

    Of a longer clip its first window.
    """
    sound = samples[:length]
    window = np.zeros(length, np.float32)
    start = int(np.random.default_rng(zlib.crc32(sound.tobytes())).integers(length - len(sound) + 1))
    window[start : start + len(sound)] = sound
    return window
