"""What a microphone, a room and a camera do to a clip: drawn at random, from a given generator."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from edge.bundle.manifest import AudioSpec
from edge.items import Floats

RESPONSE_KNOTS, RESPONSE_DB = 6, 5.0
"""Bands at which the response of another microphone is drawn, and its deviation (decibels)."""
SHADED, DIM, FLAT, PACKED = 0.2, 0.2, 0.3, 0.3
"""Shares of faces under a helmet's shadow, in low light, through a camera of other contrast, and as JPEG."""


def jitter_faces(faces: Tensor, rng: np.random.Generator, gentle: bool = False) -> Tensor:
    """Flip, turn, shift, zoom, relight and hide a part of each face; [b, 1, size, size] stays.

    Some are seen as real cameras see people at work: `shade`, `dim`, `contrast`, `compress`.
    gentle: half as far, half as many of these, and nothing is hidden.
    """
    far, hidden = (0.5, 0.0) if gentle else (1.0, 0.5)
    b, _, size, _ = faces.shape
    angle = torch.from_numpy(rng.uniform(-0.26, 0.26, b) * far).float()
    zoom = torch.from_numpy(1.0 + rng.uniform(-0.15, 0.12, b) * far).float()
    flip = torch.from_numpy(rng.choice([-1.0, 1.0], b)).float()
    matrix = torch.zeros(b, 2, 3)
    matrix[:, 0, 0], matrix[:, 0, 1] = flip * zoom * angle.cos(), -zoom * angle.sin()
    matrix[:, 1, 0], matrix[:, 1, 1] = flip * zoom * angle.sin(), zoom * angle.cos()
    matrix[:, :, 2] = torch.from_numpy(rng.uniform(-0.16, 0.16, (b, 2)) * far).float()
    grid = F.affine_grid(matrix, [b, 1, size, size], align_corners=False)
    faces = F.grid_sample(faces, grid, padding_mode="border", align_corners=False)
    gamma = torch.from_numpy(np.exp(rng.normal(0.0, 0.25, (b, 1, 1, 1)) * far)).float()
    low, high = faces.amin((2, 3), keepdim=True), faces.amax((2, 3), keepdim=True)
    faces = ((faces - low) / (high - low).clamp(min=1e-3)) ** gamma
    for change, share in ((shade, SHADED), (dim, DIM), (contrast, FLAT), (compress, PACKED)):
        some = torch.from_numpy(np.flatnonzero(rng.random(b) < share * far))
        if len(some):
            faces[some] = change(faces[some], rng)
    deviation, mean = torch.std_mean(faces, (2, 3), keepdim=True)
    faces = (faces - mean) / deviation.clamp(min=1e-2)
    for index in np.flatnonzero(rng.random(b) < hidden):
        h, w = rng.integers(size // 8, size // 3, 2)
        y, x = rng.integers(0, size - h), rng.integers(0, size - w)
        faces[index, :, y : y + h, x : x + w] = torch.randn(h, w, generator=_torch(rng))
    return faces


def shade(faces: Tensor, rng: np.random.Generator) -> Tensor:
    """The shadow of a helmet's brim: a dark band with a soft, tilted edge over the upper face.

    faces: [b, 1, size, size], 0 black to 1 white. The band reaches down a fifth to a half of the picture and
    keeps 0.2 to 0.7 of the light.
    """
    b, _, size, _ = faces.shape
    across = torch.linspace(-0.5, 0.5, size)
    down = torch.linspace(0.0, 1.0, size)[:, None]
    edge = _drawn(rng.uniform(0.2, 0.5, b)) + _drawn(rng.uniform(-0.15, 0.15, b)) * across
    lit = ((down - edge) / _drawn(rng.uniform(0.01, 0.06, b))).sigmoid()
    kept = _drawn(rng.uniform(0.2, 0.7, b))
    return faces * (kept + (1.0 - kept) * lit)


def dim(faces: Tensor, rng: np.random.Generator) -> Tensor:
    """Low light: 4 to 30 % of it, with the noise of the light itself and of the sensor, in 8 bits.

    faces: [b, 1, size, size], 0 black to 1 white. The variance of the noise is that of light that fills a
    pixel with 500 to 4000 electrons at white, and of 2 to 8 electrons where it is dark.
    """
    b = len(faces)
    full = _drawn(rng.uniform(500.0, 4000.0, b))
    light = faces * _drawn(rng.uniform(0.04, 0.3, b)) * full
    noise = torch.from_numpy(rng.standard_normal(faces.shape)).float()
    seen = light + noise * (light + _drawn(rng.uniform(2.0, 8.0, b)).square()).sqrt()
    gain = 1.0 / (light.amax((1, 2, 3), keepdim=True) / full).clamp(min=0.04)  # a camera turns it up
    return (seen / full * gain * 0.8 * 255.0).round().clamp(0.0, 255.0) / 255.0


def contrast(faces: Tensor, rng: np.random.Generator) -> Tensor:
    """Another exposure: the face spread by 0.4 to 1.6 around another grey, burnt and drowned, in 8 bits.

    faces: [b, 1, size, size], 0 black to 1 white.
    """
    b = len(faces)
    spread, grey = _drawn(rng.uniform(0.4, 1.6, b)), _drawn(rng.uniform(0.35, 0.65, b))
    seen = (faces - faces.mean((2, 3), keepdim=True)) * spread + grey
    return (seen.clamp(0.0, 1.0) * 255.0).round() / 255.0


def compress(faces: Tensor, rng: np.random.Generator) -> Tensor:
    """JPEG of quality 15 to 70, [b, 1, size, size], 0 black to 1 white."""
    import cv2

    found = torch.empty_like(faces)
    pictures = (faces[:, 0].clamp(0.0, 1.0) * 255.0).round().to(torch.uint8).numpy()
    for index, quality in enumerate(rng.integers(15, 71, len(faces))):
        packed = cv2.imencode(".jpg", pictures[index], [cv2.IMWRITE_JPEG_QUALITY, int(quality)])[1]
        seen = np.asarray(cv2.imdecode(packed, cv2.IMREAD_GRAYSCALE), np.float32)
        found[index, 0] = torch.from_numpy(seen / 255.0)
    return found


def _drawn(values: NDArray[np.float64]) -> Tensor:
    """A number for each face, [b, 1, 1, 1]."""
    return torch.from_numpy(values).float()[:, None, None, None]


def mix(inputs: Tensor, targets: Tensor, alpha: float, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
    """Mixup (Zhang et al. 2018): each example blended with another, its target likewise."""
    share = torch.from_numpy(rng.beta(alpha, alpha, len(inputs))).float()
    share = torch.maximum(share, 1.0 - share)
    other = torch.from_numpy(rng.permutation(len(inputs)))
    wide = share.reshape(-1, *[1] * (inputs.ndim - 1))
    mixed = wide * inputs + (1.0 - wide) * inputs[other]
    return mixed, share[:, None] * targets + (1.0 - share[:, None]) * targets[other]


def _torch(rng: np.random.Generator) -> torch.Generator:
    return torch.Generator().manual_seed(int(rng.integers(1 << 31)))


def place_clip(clip: Floats, length: int, rng: np.random.Generator) -> Floats:
    """A clip at a random place of a window, played 0.88 to 1.14 times as fast; [length]."""
    speed = np.exp(rng.uniform(-0.13, 0.13))
    clip = np.interp(np.arange(0, len(clip) - 1, speed), np.arange(len(clip)), clip).astype(np.float32)
    window = np.zeros(length, np.float32)
    if len(clip) >= length:
        start = int(rng.integers(0, len(clip) - length + 1))
        return clip[start : start + length]
    # Half of the windows end with the clip, as those the device cuts from a short recording do.
    start = length - len(clip) if rng.random() < 0.5 else int(rng.integers(0, length - len(clip) + 1))
    window[start : start + len(clip)] = clip
    return window


def echo(window: Floats, rate: int, rng: np.random.Generator) -> Floats:
    """A room of 0.1 to 0.6 s reverberation time: exponentially decaying noise behind the direct sound."""
    decay = rng.uniform(0.1, 0.6)
    tail = rng.standard_normal(int(rate * decay)).astype(np.float32)
    tail *= np.exp(-6.9 * np.arange(len(tail)) / len(tail)).astype(np.float32)
    tail *= rng.uniform(0.1, 0.6) / np.sqrt(np.square(tail).sum())
    size = 1 << (len(window) + len(tail) - 1).bit_length()  # powers of two transform fastest
    spectrum = np.fft.rfft(window, size) * np.fft.rfft(tail, size)
    return (window + np.fft.irfft(spectrum, size)[: len(window)]).astype(np.float32)


def tinted_noises(length: int, rng: np.random.Generator, count: int = 32) -> list[Floats]:
    """Synthetic noise between white and pink, for where nobody recorded any; count of [length]."""
    noises = []
    for tint in np.linspace(0.0, 1.0, count):
        spectrum = (
            np.fft.rfft(rng.standard_normal(length)) * np.maximum(np.arange(length // 2 + 1), 20) ** -tint
        )
        noise = np.fft.irfft(spectrum, length)
        noises.append((noise / noise.std()).astype(np.float32))
    return noises


def through_microphone(powers: Floats, spec: AudioSpec, rng: np.random.Generator) -> Floats:
    """What another microphone, its line and its gain control make of a sound.

    powers: of mel bands, [mels, frames]; a new array. Each of these by itself: a response that is not flat
    (half of the time), no sound above 3.4 to 7 kHz as from a telephone or a codec (one time of five), little
    below 100 to 350 Hz (one of five), and loud and soft brought nearer by gain control (one of five).
    """
    bands = np.arange(spec.mels)
    gain_db = np.zeros(spec.mels)
    if rng.random() < 0.5:
        knots = np.linspace(0, spec.mels - 1, RESPONSE_KNOTS)
        gain_db += np.interp(bands, knots, rng.normal(0.0, RESPONSE_DB, RESPONSE_KNOTS))
    if rng.random() < 0.2:
        gain_db -= np.clip((bands - _band(rng.uniform(3400.0, 7000.0), spec)) * 15.0, 0.0, 60.0)
    if rng.random() < 0.2:
        gain_db -= np.clip((_band(rng.uniform(100.0, 350.0), spec) - bands) * 3.0, 0.0, 30.0)
    heard = powers * (10.0 ** (gain_db / 10.0)).astype(np.float32)[:, None]
    if rng.random() < 0.2:
        loudness = np.maximum(heard.sum(axis=0), 1e-10)
        heard *= (loudness / loudness.max()) ** -rng.uniform(0.1, 0.4)
    return np.asarray(heard, np.float32)


def _band(hertz: float, spec: AudioSpec) -> float:
    """The mel band of a frequency, a fraction."""
    low, high, mel = (2595.0 * np.log10(1.0 + f / 700.0) for f in (spec.f_min, spec.f_max, hertz))
    return float((mel - low) / (high - low) * (spec.mels + 1) - 1)


def warp_bands(pictures: Floats, rng: np.random.Generator) -> Floats:
    """A voice from a longer or shorter throat: the frequency axis stretched up to 12 % and shifted up to
    1.5 bands (Jaitly and Hinton 2013), seven times of ten; all pictures alike, [..., bands, frames] stays.
    """
    if rng.random() < 0.3:
        return pictures
    bands = pictures.shape[-2]
    place = np.arange(bands) * np.exp(rng.uniform(-0.12, 0.12)) + rng.uniform(-1.5, 1.5)
    place = np.clip(place, 0, bands - 1)
    below = np.floor(place).astype(int)
    above = np.minimum(below + 1, bands - 1)
    share = (place - below)[:, None].astype(np.float32)
    low, high = pictures[..., below, :], pictures[..., above, :]
    return np.asarray(low * (1 - share) + high * share, np.float32)


def mask_bands(features: Floats, rng: np.random.Generator) -> Floats:
    """SpecAugment (Park et al. 2019): two bands and two stretches of time set to the mean; in place."""
    bands, frames = features.shape
    mean = features.mean()
    for _ in range(2):
        width, span = int(rng.integers(0, bands // 8 + 1)), int(rng.integers(0, frames // 10 + 1))
        first, begin = int(rng.integers(0, bands - width + 1)), int(rng.integers(0, frames - span + 1))
        features[first : first + width] = mean
        features[:, begin : begin + span] = mean
    return features
