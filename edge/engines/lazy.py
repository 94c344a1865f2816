"""What every engine does alike: it opens when first needed and checks what it is given."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from typing_extensions import Self

from edge.errors import EngineError
from edge.words import Language


class LazyEngine(ABC):
    """An engine of one ONNX file, opened on entering its `with` block or at the first call."""

    language: Language = "en"
    """Of what is said while it opens."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._shapes: dict[str, tuple[int, ...]] = {}
        self._types: dict[str, Any] = {}
        self._outputs: list[str] = []

    def __enter__(self) -> Self:
        self._open()
        return self

    @property
    def inputs(self) -> Mapping[str, tuple[int, ...]]:
        """Name -> shape of each input."""
        self._open()
        return self._shapes

    @property
    def outputs(self) -> list[str]:
        """Names of the outputs, in the order of the file."""
        self._open()
        return self._outputs

    @abstractmethod
    def _open(self) -> Any:
        """Open it unless it is open, and fill in shapes, types and outputs. Raises EngineError."""

    def _check(self, inputs: Mapping[str, NDArray[Any]]) -> None:
        """Names, shapes and types as the model has them. Raises EngineError."""
        model = self.path.name
        if inputs.keys() != self._shapes.keys():
            values = {"wanted": ", ".join(self._shapes), "given": ", ".join(inputs) or "none"}
            raise EngineError.of("engine_inputs", name=model, **values)
        for name, shape in self._shapes.items():
            array, wanted = inputs[name], np.dtype(self._types[name])
            if array.shape != shape or array.dtype != wanted:
                values = {"wanted": f"{wanted} {list(shape)}", "given": f"{array.dtype} {list(array.shape)}"}
                raise EngineError.of("engine_input", name=model, tensor=name, **values)


def first_line(error: Exception) -> str:
    """What a foreign error says, short enough for one line."""
    return next(iter(str(error).splitlines()), type(error).__name__)[:200]
