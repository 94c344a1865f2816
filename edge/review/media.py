"""Media of a check: the face as the network saw it, and the sound of the window."""

from __future__ import annotations

import io
import wave
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from edge.bundle.manifest import Manifest
from edge.features.vision import crop
from edge.items import Bytes, Face, Floats, Window


@dataclass(frozen=True, slots=True, eq=False)
class Media:
    """What consent allows to keep of one window."""

    face: Bytes | None = None
    """Grey face that was found most surely, uint8 [size, size]: what training takes."""
    sound: Floats | None = None
    """[n] in -1..1 at the bundle's rate."""
    words: str | None = None
    """What was said."""


def taken(window: Window, faces: Sequence[Face | None], scope: Sequence[str], manifest: Manifest) -> Media:
    """The media of a window within the scope of a consent; faces: of each of its frames."""
    best = max(
        ((face.score, i) for i, face in enumerate(faces) if face is not None and "face" in scope),
        default=None,
    )
    face = None
    if best and (found := faces[best[1]]):
        face = crop(window.frames[best[1]].image, found, manifest.vision)
    heard = "sound" in scope and window.audio is not None
    return Media(
        face,
        window.audio.copy() if heard and window.audio is not None else None,
        window.text if heard else None,
    )


def face_file(face: Bytes) -> bytes:
    """A grey PNG."""
    import cv2

    _, coded = cv2.imencode(".png", face)
    return coded.tobytes()


def sound_file(samples: Floats, rate: int) -> bytes:
    """16 bit mono WAV; rate: hertz."""
    made = io.BytesIO()
    with wave.open(made, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes((np.clip(samples, -1.0, 1.0) * 32767).astype("<i2").tobytes())
    return made.getvalue()
