"""Made-up inputs for golden outputs: no recording of anybody goes into a bundle.

Voices are synthesised, faces are drawn, words are taken from the vocabulary by chance; the fusion network
gets what the three encoders make of these. Range and spectrum are those of real inputs, so that a fault in
any layer shows as well.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge.bundle.manifest import AudioSpec, TextSpec
from edge.features.audio import log_mel
from edge.features.vision import standardise
from edge.interfaces import Engine
from edge.items import MODALITIES, Bytes, Floats
from edge.reading.voice import shrunk

Feed = dict[str, NDArray[Any]]

CALLS = 32
"""Calls of each network to choose from."""
HEARD = 24
"""Windows after which half of the voices are known."""
ROOM_DB = (45.0, 75.0)
"""How far below the loudest vowel the noise of a room lies (decibels)."""
STEP = 160
"""Samples in which pitch, loudness and resonances hardly move."""
FORMANTS = ((270.0, 900.0), (850.0, 2400.0), (2300.0, 3200.0), (3300.0, 4200.0))
"""Where the resonances of a vowel lie (hertz): adult speech, Peterson and Barney 1952."""


def made_up_calls(
    engines: Mapping[str, Engine], audio: AudioSpec, text: TextSpec, seed: int = 0
) -> dict[str, list[Feed]]:
    """CALLS calls of each of the four networks; the same seed and networks give the same calls."""
    rng = np.random.default_rng(seed)
    calls = {
        "audio": _voices(engines["audio"], audio, rng),
        "vision": _faces(engines["vision"], rng),
        "text": _texts(engines["text"], text, rng),
    }
    calls["fusion"] = _fused(engines, calls, rng)
    return calls


def _voices(engine: Engine, spec: AudioSpec, rng: np.random.Generator) -> list[Feed]:
    _, _, frames = engine.inputs["features"]
    unknown = np.zeros(engine.inputs["voice"], np.float32)
    pictures = [log_mel(speech(frames * spec.hop, spec.rate, rng), spec)[None] for _ in range(CALLS)]
    calls = [{"features": picture, "voice": unknown} for picture in pictures]
    means = [engine.run(call)["tokens"].mean(axis=1) for call in calls]
    known = shrunk(HEARD * np.mean(means, axis=0), HEARD)
    return [{**call, "voice": known} if i % 2 else call for i, call in enumerate(calls)]


def speech(samples: int, rate: int, rng: np.random.Generator) -> Floats:
    """A stretch of sound built like speech, [samples] in -1..1: the pulses of a voice through resonances that
    move from syllable to syllable, hiss, pauses, the noise of a room. No word is in it.
    """
    steps = samples // STEP + 2
    knots = max(4, round(samples / rate * rng.uniform(3.0, 6.0)))
    time = np.linspace(0.0, knots - 1.0, steps)

    def line(values: NDArray[np.floating]) -> NDArray[np.floating]:
        return np.asarray(np.interp(time, np.arange(knots), values))

    def fine(values: NDArray[np.floating]) -> NDArray[np.floating]:
        """From a value a step to one a sample."""
        share = np.arange(STEP) / STEP
        return (values[:-1, None] + np.diff(values)[:, None] * share).ravel()[:samples]

    drift = np.cumsum(rng.normal(0.0, 0.12, knots)).clip(-0.5, 0.5)
    pitch = line(rng.uniform(90.0, 260.0) * np.exp(drift))
    loud = line(rng.uniform(0.0, 1.0, knots) * (rng.random(knots) < 0.75)) ** 2
    loud *= 0.6 + 0.4 * np.sin(np.pi * time) ** 2
    resonances = [line(rng.uniform(low, high, knots)) for low, high in FORMANTS]
    phase = 2.0 * np.pi * np.cumsum(fine(pitch)) / rate
    turn, before, wave = 2.0 * np.cos(phase), np.zeros(samples), np.sin(phase)
    voiced, tilt = np.zeros(samples), rng.uniform(0.6, 1.6)
    for harmonic in range(1, int(0.48 * rate / pitch.min())):
        at = harmonic * pitch
        gain = sum(0.5**i / (1.0 + ((at - f) / (40.0 + 30.0 * i)) ** 2) for i, f in enumerate(resonances)) * (
            at < 0.48 * rate
        )
        voiced += fine(gain * loud * harmonic**-tilt) * wave
        before, wave = wave, turn * wave - before  # sin((n + 1) x) = 2 cos(x) sin(n x) - sin((n - 1) x)
    hiss = np.diff(rng.standard_normal(samples + 1)) * fine(
        line(rng.random(knots) * (rng.random(knots) < 0.3))
    )
    room = np.convolve(rng.standard_normal(samples), 0.9 ** np.arange(60), "same")
    level = 10.0 ** (-rng.uniform(*ROOM_DB) / 20.0)
    sound = voiced / np.abs(voiced).max() + 0.01 * hiss + level * room / room.std()
    # As a short recording in a longer window: nothing at all before and behind it.
    sound[: int(samples * rng.choice([0.0, rng.uniform(0.0, 0.35)]))] = 0.0
    sound[samples - int(samples * rng.choice([0.0, rng.uniform(0.0, 0.35)])) :] = 0.0
    return np.asarray(0.5 * sound / np.abs(sound).max(), np.float32)


def _faces(engine: Engine, rng: np.random.Generator) -> list[Feed]:
    rows, _, size, _ = engine.inputs["faces"]
    return [{"faces": standardise([face(size, rng) for _ in range(rows)])} for _ in range(CALLS)]


def face(size: int, rng: np.random.Generator) -> Bytes:
    """A drawn face, [size, size] grey: ellipses for head and eyes, strokes for brows and nose, a mouth."""
    import cv2

    unit = 4.0 * size
    grey, dark = rng.uniform(60, 220), rng.uniform(0.25, 0.6)
    image = np.full((4 * size, 4 * size), rng.uniform(20, 240), np.float32)
    dx, dy = rng.uniform(-0.05, 0.05, 2)

    def place(x: float, y: float) -> tuple[int, int]:
        return round((x + dx) * unit), round((y + dy) * unit)

    def ellipse(x: float, y: float, width: float, height: float, shade: float) -> None:
        axes = round(width * unit), round(height * unit)
        cv2.ellipse(image, place(x, y), axes, 0, 0, 360, min(255.0, shade), -1, cv2.LINE_AA)

    def stroke(start: tuple[int, int], end: tuple[int, int], width: float, shade: float) -> None:
        cv2.line(image, start, end, shade, max(1, round(width * unit)), cv2.LINE_AA)

    ellipse(0.5, 0.42, 0.44, 0.5, rng.uniform(10, 120))  # hair
    ellipse(0.5, 0.55, 0.36, 0.46, grey)
    opened, slope, lift = rng.uniform(0.01, 0.06), rng.uniform(-0.06, 0.06), rng.uniform(0.0, 0.06)
    for side in (-1, 1):
        x, brow = 0.5 + side * 0.16, 0.37 - lift
        ellipse(x, 0.45, 0.075, opened, 1.25 * grey)
        ellipse(x, 0.45, min(0.035, opened), min(0.035, opened), dark * grey)
        inner, outer = place(x - side * 0.09, brow + slope), place(x + side * 0.09, brow - slope)
        stroke(inner, outer, rng.uniform(0.015, 0.04), dark * grey)
    stroke(place(0.5, 0.5), place(0.47, 0.64), 0.02, 0.8 * grey)
    bend, width, gap = rng.uniform(-0.09, 0.09), rng.uniform(0.08, 0.2), max(0.0, rng.uniform(-0.08, 0.1))
    across = np.linspace(-1.0, 1.0, 21)
    upper = [place(0.5 + width * x, 0.78 + bend * (0.5 - x * x)) for x in across]
    lower = [(x, y + round(gap * (1.0 - at * at) * unit)) for (x, y), at in zip(upper, across, strict=True)]
    mouth = np.array([*upper, *lower[::-1]], np.int32)
    cv2.fillPoly(image, [mouth], 0.5 * dark * grey, cv2.LINE_AA)
    cv2.polylines(image, [mouth], True, dark * grey, max(1, round(0.02 * unit)), cv2.LINE_AA)
    light = np.linspace(-1.0, 1.0, len(image))
    image *= 1.0 + rng.uniform(-0.3, 0.3) * light[:, None] + rng.uniform(-0.4, 0.4) * light[None, :]
    soft = cv2.GaussianBlur(image, (0, 0), rng.uniform(1.0, 3.0))
    small = cv2.resize(soft, (size, size), interpolation=cv2.INTER_AREA)
    grain = cv2.GaussianBlur(np.asarray(rng.normal(0.0, 14.0, small.shape)), (0, 0), 0.7)
    return np.asarray((small + grain).clip(0, 255), np.uint8)


def _texts(engine: Engine, spec: TextSpec, rng: np.random.Generator) -> list[Feed]:
    shape = engine.inputs["ids"]
    calls = []
    for _ in range(CALLS):
        count = rng.integers(3, shape[1] + 1)
        mask = (np.arange(shape[1]) < count).astype(np.float32)[None]
        # Frequent words have low ids.
        ids = (spec.vocabulary ** rng.uniform(0.0, 1.0, shape)).astype(np.int32).clip(1, spec.vocabulary - 1)
        calls.append({"ids": np.where(mask > 0, ids, 0).astype(np.int32), "mask": mask})
    return calls


def _fused(
    engines: Mapping[str, Engine], calls: Mapping[str, list[Feed]], rng: np.random.Generator
) -> list[Feed]:
    """Windows that hold what the encoders made of the other calls, some without one or two modalities."""
    shapes = engines["fusion"].inputs
    kinds = [np.array([bits >> i & 1 for i in range(3)], np.float32) for bits in range(1, 8)]
    tokens = {name: [engines[name].run(call)["tokens"] for call in calls[name]] for name in MODALITIES}
    faces = np.concatenate(tokens["vision"])
    found = []
    for i in range(CALLS):
        present = kinds[-1] if i % 2 else kinds[rng.integers(len(kinds))]
        seen = np.zeros(shapes["vision"], np.float32)
        count = rng.integers(1, shapes["vision"][1] + 1)
        seen[0, :count] = faces[rng.integers(len(faces), size=count)]
        row = rng.integers(CALLS, size=2)
        feed = {
            "audio": tokens["audio"][row[0]] * present[0],
            "vision": seen * present[1],
            "text": tokens["text"][row[1]] * calls["text"][row[1]]["mask"][..., None] * present[2],
            "vision_mask": (np.arange(len(seen[0])) < count)[None] * present[1],
            "text_mask": calls["text"][row[1]]["mask"] * present[2],
            "present": present[None],
            "quality": rng.uniform(0.3, 1.0, (1, 3)) * present,
        }
        found.append({name: np.asarray(values, np.float32) for name, values in feed.items()})
    return found
