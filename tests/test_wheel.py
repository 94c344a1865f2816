"""What a wheel of this repository holds: the three packages, their files, and nothing else."""

import shutil
import subprocess
import sys
import zipfile
from contextlib import suppress
from importlib import metadata
from pathlib import Path, PurePosixPath

import pytest

from edge import __version__

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

ROOT = Path(__file__).parents[1]


def listed(*under):
    """Files that belong to the repository, committed or not yet."""
    if not (ROOT / ".git").exists():
        pytest.skip("needs the git repository")
    verb = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", *under]
    done = subprocess.run(verb, cwd=ROOT, capture_output=True, text=True, check=True)
    return [name for name in done.stdout.split("\0") if name and (ROOT / name).is_file()]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """An opened wheel, built from a copy: a build leaves folders behind that a later one would take in."""
    place = tmp_path_factory.mktemp("wheel")
    for name in listed():
        (place / "source" / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, place / "source" / name)
    verb = [sys.executable, "-m", "pip", "wheel", "-q", "--disable-pip-version-check", "--no-deps"]
    with suppress(metadata.PackageNotFoundError):
        if int(metadata.version("setuptools").split(".")[0]) >= 77:
            verb.append("--no-build-isolation")  # what pyproject.toml asks for is here: no download
    done = subprocess.run(
        [*verb, "-w", place / "dist", place / "source"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    (built,) = (place / "dist").glob("*.whl")
    assert built.name == f"edge_emotion-{__version__}-py3-none-any.whl"
    with zipfile.ZipFile(built) as opened:
        yield opened


def test_the_top_level_is_exactly_the_three_packages(wheel):
    top = {PurePosixPath(name).parts[0] for name in wheel.namelist()}
    assert top == {"edge", "calibration", "export", f"edge_emotion-{__version__}.dist-info"}


def test_every_module_is_in_and_no_test(wheel):
    modules = {name for name in wheel.namelist() if name.endswith(".py")}
    assert modules == {name for name in listed("edge", "calibration", "export") if name.endswith(".py")}
    assert not [name for name in wheel.namelist() if "test" in name or "__pycache__" in name]


def test_every_asset_is_in_and_whole(wheel):
    assets = listed("edge/assets")
    names = ("demo.mp4", "face_detector.onnx", "NOTICE.md")
    assert {f"edge/assets/{name}" for name in names} <= {*assets}
    for name in assets:
        assert wheel.read(name) == (ROOT / name).read_bytes(), name
    assert "edge/py.typed" in wheel.namelist()


def test_the_starter_bundle_is_in(wheel):
    inside = {name for name in wheel.namelist() if name.startswith("edge/assets/starter/")}
    assert inside >= {
        f"edge/assets/starter/{name}"
        for name in ("bundle.json", "audio.onnx", "vision.onnx", "text.onnx", "fusion.onnx", "card.md")
    }
    assert sum(wheel.getinfo(name).file_size for name in inside) <= 12e6


def test_the_command_and_the_licence_are_in_and_the_device_needs_no_torch(wheel):
    info = f"edge_emotion-{__version__}.dist-info"
    assert "edge = edge.cli.main:main" in wheel.read(f"{info}/entry_points.txt").decode()
    assert {f"{info}/licenses/LICENSE", f"{info}/licenses/edge/assets/NOTICE.md"} <= {*wheel.namelist()}
    lines = wheel.read(f"{info}/METADATA").decode().splitlines()
    needed = [line for line in lines if line.startswith("Requires-Dist:") and "extra ==" not in line]
    assert needed
    assert not [line for line in needed if "torch" in line or "transformers" in line]
