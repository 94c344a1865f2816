"""The site head: what the recordings of one site add to the networks' logits (`edge calibrate`).

    logits' = scale * (matrix @ logits) + weights . (summary - mean) / deviation + bias

A linear layer on the mean and deviation of the tokens, one a posterior; where a posterior has none, the
matrix alone maps the networks' outputs to the site's labels.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from edge.bundle.site import HEAD_FILE
from edge.errors import BundleError
from edge.items import MODALITIES, Floats

if TYPE_CHECKING:
    from edge.bundle.folder import Bundle
    from edge.reading.encoders import Tokens

POSTERIORS = (*MODALITIES, "fused")
PARTS = ("weights", "bias", "scale", "mean", "deviation")
LIMIT = 1e4
"""No value of a site head is larger."""


@dataclass(frozen=True, slots=True, eq=False)
class Layer:
    """What is added to one posterior's logits."""

    weights: Floats
    """[features, labels]."""
    bias: Floats
    """[labels]."""
    scale: float
    mean: Floats
    """Of the summaries met in calibration, [features]."""
    deviation: Floats
    """[features]."""

    def logits(self, logits: Floats, summary: Floats) -> Floats:
        """New logits [labels] of those mapped to the site's labels, [labels], and a summary [features]."""
        standard = (summary - self.mean) / self.deviation
        return np.asarray(self.scale * logits + standard @ self.weights + self.bias, np.float32)


class SiteHead:
    """The layers of a site. matrix: [labels of the site, outputs of the networks]."""

    def __init__(self, matrix: Floats, layers: Mapping[str, Layer]) -> None:
        self.matrix, self.layers = matrix, layers

    def logits(self, name: str, logits: Floats, found: Mapping[str, Tokens]) -> Floats:
        """Logits for the site's labels, [labels], of a network's outputs [k].

        name: audio, vision, text or fused. found: the tokens it was made from, by modality.
        """
        if name not in self.layers:
            return np.asarray(self.matrix @ logits, np.float32)
        return self.apply(name, logits, fused_summary(found) if name == "fused" else summary(found[name]))

    def apply(self, name: str, logits: Floats, summary: Floats) -> Floats:
        """The same from a summary of the tokens."""
        mapped = np.asarray(self.matrix @ logits, np.float32)
        layer = self.layers.get(name)
        return mapped if layer is None else layer.logits(mapped, summary)

    def arrays(self) -> dict[str, NDArray[Any]]:
        """What site.npz holds."""
        found: dict[str, NDArray[Any]] = {"matrix": self.matrix}
        for name, layer in self.layers.items():
            found |= {f"{name}/{part}": np.asarray(getattr(layer, part), np.float32) for part in PARTS}
        return found


def summary(tokens: Tokens) -> Floats:
    """Mean and deviation of tokens [n, d] over n: [2 d]."""
    return np.concatenate([tokens.tokens.mean(axis=0), tokens.tokens.std(axis=0)]).astype(np.float32)


def fused_summary(found: Mapping[str, Tokens]) -> Floats:
    """Summaries of all three modalities and which are there, [6 d + 3]; what is absent is zero."""
    width = 2 * next(iter(found.values())).tokens.shape[1]
    parts = [summary(found[name]) if name in found else np.zeros(width, np.float32) for name in MODALITIES]
    return np.concatenate([*parts, [float(name in found) for name in MODALITIES]]).astype(np.float32)


def load_site_head(bundle: Bundle) -> SiteHead | None:
    """The site head of a bundle; None where it has none. Raises BundleError."""
    stated = bundle.manifest.site.head if bundle.manifest.site else {}
    if not stated:
        return None
    path = bundle.path(HEAD_FILE)
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: np.asarray(file[name], np.float32) for name in stated}
    except (OSError, ValueError, KeyError, EOFError, BadZipFile) as error:
        raise BundleError.of("site_head_unreadable", path=path, why=error) from error
    for name, shape in stated.items():
        if arrays[name].shape != tuple(shape) or not (np.abs(arrays[name]) <= LIMIT).all():  # so is NaN
            raise BundleError.of("site_head_wrong", path=path, name=name)
    layers = {
        name: Layer(
            weights=arrays[f"{name}/weights"],
            bias=arrays[f"{name}/bias"],
            scale=float(arrays[f"{name}/scale"].ravel()[0]),
            mean=arrays[f"{name}/mean"],
            deviation=arrays[f"{name}/deviation"],
        )
        for name in POSTERIORS
        if all(f"{name}/{part}" in arrays for part in PARTS)
    }
    if {"matrix", *(f"{name}/{part}" for name in layers for part in PARTS)} != {*stated}:
        raise BundleError.of("site_head_wrong", path=path, name=", ".join(sorted(stated)))
    return SiteHead(_fitting(arrays, layers, bundle), layers)


def _fitting(arrays: Mapping[str, Floats], layers: Mapping[str, Layer], bundle: Bundle) -> Floats:
    """The matrix, when all arrays fit the labels and tokens of the bundle. Raises BundleError."""
    manifest = bundle.manifest
    count, outputs = len(manifest.labels), len(manifest.network_labels or manifest.labels)
    width = 2 * manifest.models["audio"].outputs["tokens"][2]
    wide = {name: 3 * width + 3 if name == "fused" else width for name in POSTERIORS}
    fits = arrays.get("matrix", np.zeros(())).shape == (count, outputs) and all(
        layer.weights.shape == (wide[name], count)
        and layer.bias.shape == (count,)
        and layer.mean.shape == layer.deviation.shape == (wide[name],)
        and (layer.deviation > 0).all()
        for name, layer in layers.items()
    )
    if not fits:
        raise BundleError.of("site_head_wrong", path=bundle.path(HEAD_FILE), name="matrix")
    return arrays["matrix"]
