"""Golden vectors: does this backend, on this machine, give what the bundle must give?"""

from __future__ import annotations

import math
import struct
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge.bundle.folder import Bundle
from edge.bundle.manifest import Limits
from edge.errors import BundleError, EdgeError, EngineError, InputError
from edge.interfaces import Engine
from edge.system.documents import one_line
from edge.words import word

MOST_BYTES = 256 << 20
"""Of one array."""
_UNREADABLE = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    OSError,
    ValueError,
    EOFError,
    RuntimeError,  # encrypted
    NotImplementedError,  # packed in a way Python does not know
)
_read_header_2_0 = np.lib.format.read_array_header_2_0


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


@np.errstate(invalid="ignore")  # a NaN is what is looked for
def replay(bundle: Bundle, name: str, engine: Engine) -> Replay:
    """Run a model on its golden inputs (layout: docs/bundle.md). Raises EngineError and BundleError.

    A NaN or an infinity that the model gives stays one in what is found, which no limit lets pass.
    """
    golden = golden_arrays(bundle, name)
    cosines, differences, same = [], [], []
    cases = len(golden["out"]["logits"])
    for case in range(cases):
        outputs = engine.run({key: values[case] for key, values in golden["in"].items()})
        for key, values in golden["out"].items():
            if key not in outputs or outputs[key].shape != values.shape[1:]:
                wanted = {"name": key, "wanted": list(values.shape[1:])}
                raise EngineError.of("output_shape", path=bundle.path(name), **wanted)
            found = outputs[key].astype(np.float64)
            cosines.append(_cosine(found, values[case]))
            differences.append(np.abs(found - values[case]).max())
        same.append(outputs["logits"].argmax(axis=-1) == golden["out"]["logits"][case].argmax(axis=-1))
    # NumPy's min and max hand a NaN on; Python's lose it.
    return Replay(float(np.min(cosines)), float(np.max(differences)), float(np.mean(same)), cases)


def golden_arrays(bundle: Bundle, name: str) -> dict[str, dict[str, NDArray[Any]]]:
    """A model's golden arrays: {"in": {input: [cases, ...]}, "out": {output: [cases, ...]}}.

    Each is there, finite and of the shape the manifest says, the same number of cases in all. Raises
    BundleError.
    """
    path, entry = bundle.path("golden.npz"), bundle.manifest.models[name]
    try:
        with zipfile.ZipFile(path) as file:
            found = {
                side: {key: _array(file, f"{name}/{side}/{key}", shape) for key, shape in shapes.items()}
                for side, shapes in (("in", entry.inputs), ("out", entry.outputs))
            }
    except InputError as error:
        raise BundleError.of("golden_unusable", path=path, why=error) from error
    except _UNREADABLE as error:
        why = InputError.of("golden_zip", text=one_line(str(error)))
        raise BundleError.of("golden_unusable", path=path, why=why) from error
    counts = {len(array) for arrays in found.values() for array in arrays.values()}
    if len(counts) != 1 or not counts.pop():
        why = InputError.of("golden_cases", name=name)
        raise BundleError.of("golden_unusable", path=path, why=why)
    return found


def _array(file: zipfile.ZipFile, name: str, shape: tuple[int, ...]) -> NDArray[Any]:
    """One array of an npz, looked at before it is read: what a header claims is not yet there."""
    try:
        info = file.getinfo(f"{name}.npy")
    except KeyError:
        raise InputError.of("golden_none", name=name) from None
    if info.file_size > MOST_BYTES:
        raise InputError.of("golden_size", name=name, megabytes=info.file_size >> 20)
    with file.open(info) as member:
        version = np.lib.format.read_magic(member)
        header = np.lib.format.read_array_header_1_0 if version == (1, 0) else _read_header_2_0
        stated, _, kind = header(member)
    if kind.kind not in "fi" or kind.hasobject:
        raise InputError.of("golden_kind", name=name, found=one_line(str(kind), 40))
    if len(stated) != len(shape) + 1 or stated[1:] != shape:
        raise InputError.of("golden_shape", name=name, found=list(stated), wanted=list(shape))
    if math.prod(stated) * kind.itemsize > info.file_size:
        raise InputError.of("golden_size", name=name, megabytes=math.prod(stated) * kind.itemsize >> 20)
    with file.open(info) as member:
        array = np.lib.format.read_array(member, allow_pickle=False)
    if not np.isfinite(array).all():
        raise InputError.of("golden_nan", name=name)
    return np.asarray(array)


def _cosine(first: NDArray[Any], second: NDArray[Any]) -> float:
    a, b = first.ravel().astype("float64"), second.ravel().astype("float64")
    lengths = float(np.linalg.norm(a) * np.linalg.norm(b))
    return float(a @ b) / lengths if lengths else float(np.array_equal(a, b))
