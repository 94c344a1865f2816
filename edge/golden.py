"""Golden vectors: does this backend, on this machine, give what the bundle must give?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge.bundle import Bundle
from edge.errors import BundleError, EdgeError
from edge.interfaces import Engine
from edge.manifest import Limits
from edge.words import word


@dataclass(frozen=True, slots=True)
class Replay:
    """How near a model came to its golden outputs."""

    cosine: float
    """Least cosine between an output and its golden value, of any case."""
    max_abs: float
    """Largest difference of a single value, in the output's unit."""
    agreement: float
    """Share of rows of logits whose likeliest label stays, 0..1."""
    cases: int
    """Calls replayed."""

    def __str__(self) -> str:
        return word("doctor_golden", "en", **asdict(self))

    def why_refused(self, limits: Limits) -> EdgeError | None:
        """Which limit is broken; None when all hold."""
        if not self.cosine >= limits.cosine:  # not <: a NaN must not pass
            return EdgeError.of("limit_cosine", limit=limits.cosine)
        if not self.max_abs <= limits.max_abs:
            return EdgeError.of("limit_max_abs", limit=limits.max_abs)
        if not self.agreement >= limits.agreement:
            return EdgeError.of("limit_agreement", limit=limits.agreement)
        return None


def require_golden(bundle: Bundle, engines: Mapping[str, Engine]) -> None:
    """Replay every model's golden inputs. Raises BundleError when a model is outside its limits."""
    for name, engine in engines.items():
        found = replay(bundle, name, engine)
        wrong = found.why_refused(bundle.manifest.models[name].limits)
        if wrong:
            numbers = EdgeError.of("doctor_golden", **asdict(found))
            raise BundleError.of("golden_refused", path=bundle.path(name), found=numbers, why=wrong)


def replay(bundle: Bundle, name: str, engine: Engine) -> Replay:
    """Run a model on its golden inputs (layout: docs/bundle.md). Raises EngineError."""
    golden = golden_arrays(bundle, name)
    cosines, largest, same = [], 0.0, []
    cases = len(next(iter(golden["in"].values())))
    for case in range(cases):
        outputs = engine.run({key: values[case] for key, values in golden["in"].items()})
        for key, values in golden["out"].items():
            cosines.append(_cosine(outputs[key], values[case]))
            largest = max(largest, float(np.abs(outputs[key] - values[case]).max()))
        same.append(outputs["logits"].argmax(axis=-1) == golden["out"]["logits"][case].argmax(axis=-1))
    return Replay(min(cosines), largest, float(np.mean(same)), cases)


def golden_arrays(bundle: Bundle, name: str) -> dict[str, dict[str, NDArray[Any]]]:
    """A model's golden arrays: {"in": {input: [cases, ...]}, "out": {output: [cases, ...]}}."""
    found: dict[str, dict[str, NDArray[Any]]] = {"in": {}, "out": {}}
    with np.load(bundle.path("golden.npz")) as arrays:
        for key in arrays.files:
            model, side, tensor = key.split("/")
            if model == name:
                found[side][tensor] = arrays[key]
    return found


def _cosine(first: NDArray[Any], second: NDArray[Any]) -> float:
    a, b = first.ravel().astype("float64"), second.ravel().astype("float64")
    lengths = float(np.linalg.norm(a) * np.linalg.norm(b))
    return float(a @ b) / lengths if lengths else float(np.array_equal(a, b))
