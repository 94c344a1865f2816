"""Whether this machine may run TensorRT, asked before TensorRT is loaded, and what is missing."""

from __future__ import annotations

import importlib.util
import re
import sys
from pathlib import Path

from edge.engines.cuda import ask_gpu, trace
from edge.errors import EngineError

PACKAGES = ("tensorrt", "tensorrt_rtx")
SYSTEM = Path("/usr/lib")
"""Below it JetPack puts TensorRT's module, for the system's Python: python3.10/dist-packages/tensorrt."""


def installed() -> str | None:
    """The TensorRT package this Python sees, without loading it."""
    return next((name for name in PACKAGES if importlib.util.find_spec(name)), None)


def worth_trying() -> bool:
    """Whether TensorRT is here and a GPU answers; loading TensorRT costs 90 MB.

    False: nothing here points to a GPU. Raises EngineError when something does and something is missing.
    """
    package = installed()
    if package is None:
        if trace() is None:
            return False
        raise not_seen()
    try:
        ask_gpu()
    except EngineError as error:
        raise EngineError.of("trt_no_gpu", package=package, why=error) from error
    return True


def not_seen() -> EngineError:
    """Why this Python has no TensorRT, and what to do."""
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    for place in sorted(SYSTEM.glob("python3*/dist-packages/tensorrt")):
        named = re.fullmatch(r"python(3\.\d+)", place.parts[-3])
        values = {"place": place, "here": sys.prefix, "version": version}
        if named and named[1] != version:
            return EngineError.of("trt_other_python", wanted=named[1], **values)
        return EngineError.of("trt_outside", **values)
    return EngineError.of("trt_none")
