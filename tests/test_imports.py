"""What the device must never import, and what --help must not wait for."""

import subprocess
import sys
from pathlib import Path

import edge

WORKSTATION = {"torch", "transformers", "export", "calibration", "tensorrt", "tensorrt_rtx", "pycuda"}
"""Not on the device, or not to be loaded before an engine asks for it."""
MODULES = sorted(
    ".".join(("edge", *path.relative_to(Path(edge.__file__).parent).with_suffix("").parts)).removesuffix(
        ".__init__"
    )
    for path in Path(edge.__file__).parent.rglob("*.py")
)
REPORT = "import sys; print(*sorted({name.split('.')[0] for name in sys.modules}))"


def loaded(code):
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    return set(done.stdout.splitlines()[-1].split())


def test_no_module_of_the_device_imports_the_workstation():
    assert "edge.reading.pipeline" in MODULES
    imports = "; ".join(f"import {name}" for name in MODULES)
    names = loaded(f"{imports}; {REPORT}")
    assert not names & WORKSTATION
    assert not names & {"paho", "prometheus_client"}  # extras, loaded when a sink is entered


def test_help_and_version_load_nothing_heavy():
    for option in ("--help", "--version"):
        code = (
            "import sys, edge.cli.main\n"
            f"sys.argv = ['edge', '{option}']\n"
            "try:\n    edge.cli.main.main()\nexcept SystemExit:\n    pass\n"
            f"{REPORT}"
        )
        assert not loaded(code) & {"cv2", "onnxruntime", "onnx", "av", "numpy", "pydantic", "tokenizers"}


def test_the_command_line_alone_never_loads_the_workstation():
    assert not loaded(f"import edge.cli.main; {REPORT}") & {"torch", "export", "calibration"}
