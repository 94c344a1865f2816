"""What every engine asks of the arrays it is given."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge.errors import EngineError


def check_inputs(
    model: str,
    shapes: Mapping[str, tuple[int, ...]],
    types: Mapping[str, Any],
    inputs: Mapping[str, NDArray[Any]],
) -> None:
    """Names, shapes and types as the model has them. Raises EngineError."""
    if inputs.keys() != shapes.keys():
        raise EngineError(f"{model} takes {', '.join(shapes)}; given were {', '.join(inputs) or 'none'}")
    for name, shape in shapes.items():
        array, wanted = inputs[name], np.dtype(types[name])
        if array.shape != shape or array.dtype != wanted:
            raise EngineError(
                f"{model}: {name} must be {wanted} {list(shape)}, given was {array.dtype} {list(array.shape)}"
            )
