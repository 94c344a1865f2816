"""What an export measured of its bundle: the facts of the card and of the report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from calibration.int8.quantize import QuantizeReport
from calibration.judge.evaluator import Predictions
from calibration.judge.metrics import Report
from edge.bundle.evidence import Evidence
from export.judge.heldout import HeldOut


@dataclass(frozen=True, eq=False)
class Measured:
    """Measurements of one export; a field is empty where nothing was measured."""

    sets: Sequence[HeldOut]
    results: Mapping[str, Mapping[str, Report]]
    """Held-out set -> precision (fp32, int8) -> report."""
    answers: Mapping[str, Predictions]
    """Held-out set -> what the INT8 bundle said."""
    quantized: Mapping[str, QuantizeReport]
    """Network -> its quantization."""
    parity: Mapping[str, Mapping[str, Mapping[str, Any]]]
    """Network -> output -> INT8 against FP32."""
    speed: Mapping[str, Any]
    """What `edge bench --json` prints."""
    composed: Mapping[str, float] = field(default_factory=dict)
    """Modalities present -> accuracy on composed windows (0..1)."""
    adapted: Sequence[Mapping[str, Any]] = ()
    """Rows of `adaptation` (export/judge/bundles.py)."""
    taught: Sequence[Mapping[str, Any]] = ()
    """Rows of `beside_teachers` (export/judge/beside_teachers.py)."""
    private: Mapping[str, Any] = field(default_factory=dict)
    """How private the training was."""
    beside: Sequence[Mapping[str, Any]] = ()
    """Rows of `differences` (export/judge/beside_bundles.py)."""
    evidence: Mapping[str, Sequence[Evidence]] = field(default_factory=dict)
    """Posterior -> what its prediction sets were fitted on, of each label."""
    unseen: bool = False
    """Whether no recording shows a face: the vision network was kept with its calibration."""
