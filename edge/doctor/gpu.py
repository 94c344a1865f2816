"""The doctor's look at TensorRT: what is installed and belongs together, the GPU itself, memory and plans."""

from __future__ import annotations

import importlib.util
import platform
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from edge.board.board import ROOT, Board, read_board
from edge.board.memory import read_memory
from edge.board.programs import answer, program
from edge.board.software import belongs_to, cuda_version, tensorrt_version
from edge.bundle.folder import Bundle
from edge.config import Site
from edge.doctor.check import Check
from edge.engines.cuda import CudaDevice, gpu
from edge.engines.plans import folder, key_of, stored
from edge.engines.trt_build import Compiler, compiler, memory_needed
from edge.errors import EdgeError, EngineError
from edge.words import Language, word

TENSORRT_LEAST = "10"
READING_BYTES = 1 << 29
"""What a run takes without a build, about (bytes)."""


def examine_gpu(site: Site, language: Language, root: Path = ROOT) -> Iterator[Check]:
    """Check TensorRT, and on a Jetson that uses it, versions, the GPU's context and nvcc."""
    board = read_board(root)
    wanted = site.backend == "tensorrt" or (site.backend == "auto" and board is not None)
    yield _tensorrt(wanted, language)
    if board is not None and board.release and wanted:
        yield from _versions(board, language, root)
    if wanted:
        yield _context(language)
    if board is not None and wanted:
        yield _nvcc(language, root)


def examine_build(bundle: Bundle, site: Site, language: Language, root: Path = ROOT) -> Iterator[Check]:
    """Check memory, and the plans of a bundle where TensorRT runs it; compiles nothing."""
    using = None
    if site.backend in ("auto", "tensorrt") and (found := gpu()):
        try:
            using = compiler()
        except EngineError:  # told by examine_gpu
            using = None
    yield from _memory(bundle, using, language, root)
    if using is None or found is None:
        return
    models = {name: key_of(bundle.path(name), using, found) for name in bundle.manifest.models}
    try:
        states = {name: stored(key) for name, key in models.items()}
    except EdgeError as error:
        yield Check("plans", False, error.told(language))
        return
    ready = sum(fits for fits, _ in states.values())
    values = {"ready": ready, "count": len(states), "path": folder()}
    for name, (_, why) in states.items():
        if why:
            text = word("doctor_plan_unfit", language, name=name, why=why.told(language), **values)
            yield Check("plans", False, text)
            return
    yield Check(
        "plans",
        True,
        word("doctor_plans" if ready == len(states) else "doctor_plans_first", language, **values),
    )


def _tensorrt(wanted: bool, language: Language) -> Check:
    """What there is to run on a GPU: bad only where it is wanted, for ONNX Runtime runs everywhere."""
    try:
        using = compiler()
    except (EdgeError, ImportError) as error:
        known = error if isinstance(error, EdgeError) else EdgeError(error)
        why = known.told(language, "trt_trouble")
        return Check("tensorrt", not wanted, word("doctor_no_tensorrt", language, why=why))
    found = gpu()
    try:
        pycuda = f"pycuda {version('pycuda')}"
    except PackageNotFoundError:
        pycuda = word("doctor_no_pycuda", language)
    device = f"GPU {found.name} ({found.arch})" if found else word("doctor_no_gpu", language)
    facts = {"package": using.package, "version": using.version, "gpu": found and found.model}
    return Check("tensorrt", True, f"{using.package} {using.version}, {device}, {pycuda}", facts)


def _versions(board: Board, language: Language, root: Path) -> Iterator[Check]:
    """Whether Python, CUDA and TensorRT are those of the release: a mix crashes or falls back silently."""
    assert board.release is not None
    wanted = belongs_to(board.release)
    if wanted is None:  # told by the board's own check
        return
    here = {
        "Python": (".".join(platform.python_version_tuple()[:2]), wanted.python),
        "CUDA": (cuda_version(root), wanted.cuda),
        "TensorRT": (tensorrt_version(root), wanted.tensorrt),
    }
    release = board.release.version
    for name, (found, asked) in here.items():
        if found is None:
            text = word("doctor_version_none", language, name=name, release=release, wanted=asked)
            yield Check("versions", False, text)
            return
        if not _fits(name, found, asked):
            values = {"name": name, "found": found, "release": release, "wanted": asked}
            yield Check("versions", False, word("doctor_version_other", language, **values))
            return
    said = ", ".join(f"{name} {found}" for name, (found, _) in here.items())
    yield Check("versions", True, word("doctor_versions", language, versions=said, release=release))


def _fits(name: str, found: str, wanted: str) -> bool:
    """Python must be the same, CUDA of the same first number, TensorRT at least what the release brings."""
    here, asked = ([int(part) for part in version.split(".")[:2]] for version in (found, wanted))
    if name == "Python":
        return here == asked
    return here[0] == asked[0] if name == "CUDA" else here >= asked


def _context(language: Language) -> Check:
    """Whether pycuda gets a context of the GPU: one is really made."""
    try:
        with CudaDevice():
            return Check("cuda_context", True, word("doctor_context", language))
    except EdgeError as error:
        return Check("cuda_context", False, error.told(language))


def _nvcc(language: Language, root: Path) -> Check:
    """The CUDA compiler: pycuda is built with it, once."""
    said = answer("nvcc", "--version", root=root)
    if said is not None:
        release = said.partition("release ")[2].partition(",")[0].strip()
        return Check("nvcc", True, word("doctor_nvcc", language, version=release, path=program("nvcc", root)))
    if importlib.util.find_spec("pycuda"):
        return Check("nvcc", True, word("doctor_nvcc_spared", language))
    package = "-".join(["cuda-toolkit", *(cuda_version(root) or "12.6").split(".")[:2]])
    return Check("nvcc", False, word("doctor_no_nvcc", language, package=package))


def _memory(bundle: Bundle, using: Compiler | None, language: Language, root: Path) -> Iterator[Check]:
    memory = read_memory(root / "proc/meminfo")
    if memory is None:
        return
    needed = READING_BYTES
    if using is not None:
        needed = max(memory_needed(bundle.path(name), using) for name in bundle.manifest.models)
    values = {"free": memory.available / 1e9, "total": memory.total / 1e9, "needed": needed / 1e9}
    enough = memory.available >= needed
    yield Check(
        "memory", enough, word("doctor_memory" if enough else "doctor_memory_low", language, **values)
    )
