"""script/setup on a Jetson, played by stubs: the environment must see the system's TensorRT."""

import os
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

PYTHON = """#!/bin/bash
echo "$*" >> {log}
case "$*" in
*tensorrt*) [ -e {there}/tensorrt ];;
*Python.h*) true;;
"-m venv"*) mkdir -p "${{@: -1}}/bin"; cp "$0" "${{@: -1}}/bin/python"
  [[ "$*" == *--system-site* ]] && seen=true || seen=false
  echo "include-system-site-packages = $seen" > "${{@: -1}}/pyvenv.cfg";;
esac
"""


@pytest.fixture
def board(tmp_path):
    """A place with script/setup whose paths of a Jetson lead into it; run() gives the lines it wrote."""
    there, log = tmp_path / "board", tmp_path / "log"
    (there / "script").mkdir(parents=True)
    for name in ("pyproject.toml", "constraints.txt"):
        (there / name).write_text((ROOT / name).read_text())
    script = (ROOT / "script" / "setup").read_text()
    for path in ("/etc/nv_tegra_release", "/usr/bin/python3", "/usr/local/cuda", "/usr/share/fonts"):
        assert path in script
        script = script.replace(path, f"{there}/{Path(path).name}")
    script = script.replace('[ "$(id -u)" = 0 ]', "false")  # nothing is installed here
    (there / "script" / "setup").write_text(script)
    for name in ("python3", "python3.12", "ldconfig", "g++"):
        text = PYTHON.format(log=log, there=there) if "python" in name else "#!/bin/bash\n"
        (there / name).write_text(text)
        (there / name).chmod(0o755)
    names = (
        "libGL.so.1",
        "libglib-2.0.so.0",
        "libSM.so.6",
        "libXext.so.6",
        "libxcb.so.1",
        "libportaudio.so.2",
    )
    (there / "ldconfig").write_text("#!/bin/bash\nprintf '%s\\n' " + " ".join(names) + "\n")

    def run():
        log.write_text("")
        path = {"PATH": f"{there}:{os.environ['PATH']}"}
        command = ["bash", str(there / "script" / "setup")]
        done = subprocess.run(command, env=os.environ | path, capture_output=True, text=True, check=False)
        return done.returncode, log.read_text(), done.stderr

    run.there = there
    return run


def release(there):
    (there / "nv_tegra_release").write_text("# R36 (release), REVISION: 4.7\n")
    (there / "cuda" / "bin").mkdir(parents=True)
    (there / "cuda" / "bin" / "nvcc").touch(0o755)
    (there / "tensorrt").touch()
    (there / "fonts/truetype/vlgothic").mkdir(parents=True)


def test_a_pc_gets_an_environment_of_its_own(board):
    code, ran, said = board()
    assert (code, said) == (0, "")
    assert "-m venv .venv" in ran
    assert "--system-site-packages" not in ran
    assert ran.strip().endswith("-c constraints.txt -e .")


def test_a_jetson_gets_one_that_sees_the_systems_packages(board):
    release(board.there)
    code, ran, said = board()
    assert (code, said) == (0, "")
    assert "-m venv --system-site-packages .venv" in ran
    assert ran.strip().endswith("-e .[jetson]")
    assert "pip install" not in board()[1]  # ready


def test_an_environment_of_before_is_made_again(board):
    board()
    release(board.there)
    code, ran, said = board()
    assert code == 0
    assert said == "edge: .venv does not see the system's TensorRT; it is made again\n"
    assert "-m venv --system-site-packages .venv" in ran


def test_without_tensorrt_it_says_what_to_install(board):
    release(board.there)
    (board.there / "tensorrt").unlink()
    code, _, said = board()
    assert code == 1
    assert said.endswith("--no-install-recommends python3-libnvinfer\n")


def test_a_jetson_without_a_japanese_font_is_told_which(board):
    release(board.there)
    (board.there / "fonts/truetype/vlgothic").rmdir()
    code, _, said = board()
    assert code == 1
    assert said.endswith("--no-install-recommends fonts-vlgothic\n")


def test_without_cuda_it_says_so_and_goes_on(board):
    release(board.there)
    (board.there / "cuda" / "bin" / "nvcc").unlink()
    code, ran, said = board()
    assert code == 0
    assert "so pycuda cannot be built and TensorRT is not used; run: sudo apt install nvidia-jetpack" in said
    assert ran.strip().endswith("-e .")
