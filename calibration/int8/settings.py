"""Limits of the accuracy that INT8 may cost; the search keeps to them."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from edge.bundle.manifest import Spec
from edge.checked import Number

Rest = Literal["float32", "float16"]
"""What a network computes in where it is not INT8."""


class QuantizeSettings(Spec):
    """Limits of the accuracy that INT8 may cost."""

    max_drop: Annotated[Number, Field(ge=0.0, le=100.0)] = 0.5
    """Weighted F1 a network may lose on held-out windows (points)."""
    min_cosine: Annotated[Number, Field(ge=-1.0, le=1.0)] = 0.99
    """Least mean cosine of its outputs to FP32."""
    rest: Rest = "float32"
    """What the networks compute in where it is not INT8; float16 is kept only within the limits above."""
    qat: bool = False
    """Fine-tune a network in simulated INT8 when more than a fifth of it would have to stay float;
    not with dp_noise."""
