"""Shapes of the four networks' inputs and outputs, as a manifest wants them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from edge.errors import InputError
from edge.items import MODALITIES

if TYPE_CHECKING:
    from edge.bundle.manifest import Manifest

Shapes: TypeAlias = "dict[str, tuple[int, ...]]"


def wanted_shapes(manifest: Manifest) -> dict[str, tuple[Shapes, Shapes]]:
    """Model -> shapes of its inputs and of its outputs: what the features, labels and other networks make."""
    spec, modalities = manifest.audio, len(MODALITIES)
    k = len(manifest.network_labels or manifest.labels)
    steps = manifest.models["audio"].outputs.get("tokens", ())
    steps = steps if len(steps) == 3 else (1, 1, 1)
    batch, width = manifest.models["vision"].inputs.get("faces", (1,))[0], steps[2]
    words, faces, side = manifest.text.length, manifest.vision.faces, manifest.vision.size
    frames = round(manifest.window_s * spec.rate) // spec.hop
    fused = {"audio": steps, "vision": (1, faces, width), "text": (1, words, width)}
    masks = {"vision_mask": (1, faces), "text_mask": (1, words)}
    return {
        "audio": (
            {"features": (1, spec.mels, frames), "voice": (1, width)},
            {"tokens": (1, *steps[1:]), "logits": (1, k)},
        ),
        "vision": ({"faces": (batch, 1, side, side)}, {"tokens": (batch, width), "logits": (batch, k)}),
        "text": (
            {"ids": (1, words), "mask": (1, words)},
            {"tokens": (1, words, width), "logits": (1, k)},
        ),
        "fusion": (
            {**fused, **masks, "present": (1, modalities), "quality": (1, modalities)},
            {"logits": (1, k), "weights": (1, modalities)},
        ),
    }


def require_names(where: str, given: Any, names: tuple[str, ...]) -> None:
    """Raises ValueError, for pydantic, unless all the names are given."""
    missing = {*names} - {*given}
    if missing:
        raise ValueError(InputError.of("lacks", where=where, names=", ".join(sorted(missing))))
