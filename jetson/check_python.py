"""Does the environment of a board import what it must, each from the place it must come from?

JetPack's own numpy and OpenCV are built on numpy 1 and must stay hidden behind the environment's; TensorRT is
the system's alone. Argument: the list of pinned versions. Exit code 1, and a line for each thing wrong.
"""

import importlib
import sys
from importlib.metadata import version
from pathlib import Path

OWN = {"numpy": "numpy", "cv2": "opencv-python", "onnxruntime": "onnxruntime", "pycuda": "pycuda"}
"""Module -> its package. pycuda is looked for only: its driver module wants a GPU."""


def trouble(pins: dict[str, str]) -> list[str]:
    """What is wrong, a line each."""
    found = []
    for name, package in OWN.items():
        try:
            module = importlib.import_module(name)
        except Exception as error:  # a library that does not fit raises as it likes
            found.append(f"{name}: {type(error).__name__}: {error}")
            continue
        if not str(module.__file__).startswith(sys.prefix):
            found.append(f"{name} comes from {module.__file__}, not from {sys.prefix}")
        elif version(package) != pins[package]:
            found.append(f"{package} is {version(package)}, pinned is {pins[package]}")
    try:
        importlib.import_module("tensorrt")
    except Exception as error:
        found.append(f"tensorrt: {type(error).__name__}: {error}; is python3-libnvinfer installed?")
    return found


if __name__ == "__main__":
    lines = Path(sys.argv[1]).read_text(encoding="utf-8").splitlines()
    lines = trouble(dict(line.split("==") for line in lines if "==" in line and not line.startswith("#")))
    sys.stderr.writelines(f"edge: {line}\n" for line in lines)
    sys.exit(bool(lines))
