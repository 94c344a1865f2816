"""Tokens + masks + quality -> a calibrated Prediction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from edge.bundle.manifest import Manifest
from edge.errors import EngineError
from edge.interfaces import Engine
from edge.items import MODALITIES, Floats, Prediction, Quality
from edge.reading.confidence import softmax
from edge.reading.encoders import Tokens
from edge.reading.site_head import SiteHead
from edge.reading.stopwatch import Stopwatch


def fused_name(present: Sequence[str]) -> str:
    """What the fused posterior of these modalities is called in the manifest: fused, or fused audio+text."""
    return "fused" if len(present) == len(MODALITIES) else f"fused {'+'.join(present)}"


class Fusion:
    """The fusion network of a bundle together with the calibration of all four posteriors."""

    def __init__(
        self,
        manifest: Manifest,
        engine: Engine,
        stopwatch: Stopwatch | None = None,
        site_head: SiteHead | None = None,
    ) -> None:
        """site_head: of the bundle (edge/reading/site_head.py), if it has one."""
        self._temperature = manifest.temperature
        self._bias = manifest.bias
        self._engine = engine
        self._site_head = site_head
        self._stopwatch = stopwatch or Stopwatch()

    def predict(self, time: float, found: Mapping[str, Tokens], quality: Quality) -> Prediction:
        """Fuse what the encoders found in the window that ends at `time` (seconds).

        found: at least one of audio, vision, text. Raises EngineError.
        """
        logits, weights = self.fused_logits(found, quality)
        return Prediction(
            time=time,
            probabilities=self._fused(found, logits),
            by_modality={name: self.posterior(name, found[name]) for name in MODALITIES if name in found},
            weights={name: float(w) for name, w in zip(MODALITIES, weights, strict=True) if name in found},
            quality=quality,
        )

    def fused_logits(self, found: Mapping[str, Tokens], quality: Quality) -> tuple[Floats, Floats]:
        """What the network answers: logits [k] before any calibration, and weights [3] that sum to 1.

        found: at least one of audio, vision, text. Raises EngineError.
        """
        present = np.array([name in found for name in MODALITIES], np.float32)
        with self._stopwatch.stage("fusion engine"):
            out = self._engine.run(self._inputs(found, present, quality))
        if not (np.isfinite(out["logits"]).all() and np.isfinite(out["weights"]).all()):
            raise EngineError.of("fusion_nan")
        weights = out["weights"][0].astype(np.float64) * present
        return out["logits"][0], np.asarray(weights / weights.sum(), np.float32)

    def posterior(self, modality: str, found: Tokens) -> Floats:
        """Calibrated posterior of one modality alone, shape [labels]: softmax(mean of its logits / T + b)."""
        logits = found.logits.mean(axis=0)
        if self._site_head is not None:
            logits = self._site_head.logits(modality, logits, {modality: found})
        return self._calibrated(modality, logits)

    def _fused(self, found: Mapping[str, Tokens], logits: Floats) -> Floats:
        # A voice alone is right less often than voice, face and words together: each has its temperature.
        name = fused_name([name for name in MODALITIES if name in found])
        if self._site_head is not None:
            logits = self._site_head.logits("fused", logits, found)
        return self._calibrated(name if name in self._temperature else "fused", logits)

    def _calibrated(self, name: str, logits: Floats) -> Floats:
        return softmax(logits, self._temperature[name], self._bias.get(name))

    def _inputs(self, found: Mapping[str, Tokens], present: Floats, quality: Quality) -> dict[str, Floats]:
        inputs = {
            name: np.zeros(shape, np.float32)
            for name, shape in self._engine.inputs.items()
            if name not in ("present", "quality")
        }
        for name, value in found.items():
            rows = value.tokens[-inputs[name].shape[1] :]
            inputs[name][0, : len(rows)] = rows
            if name != "audio":
                inputs[f"{name}_mask"][0, : len(rows)] = 1.0
        # What is absent has no quality, whatever the perception said before it was dropped.
        return inputs | {"present": present[None], "quality": (quality.as_array() * present)[None]}
