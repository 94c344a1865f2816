"""jetson/Dockerfile.*: they copy, install and pin what jetson/install.sh does. No image is built here."""

import json
import re
import shlex
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
JETSON = ROOT / "jetson"
FILES = [("Dockerfile.jp6", "3.10"), ("Dockerfile.jp7", "3.12")]
IN_THE_IMAGE = {"python3-libnvinfer"}
"""What the base image has."""
FOR_CSI = {"gstreamer1.0-tools"}
"""What JetPack has, and an image has not."""


def instructions(name):
    """Pairs of an instruction and its text; lines that go on are joined."""
    text = re.sub(r"^#.*\n", "", (JETSON / name).read_text(), flags=re.M).replace("\\\n", " ")
    return [tuple(line.split(maxsplit=1)) for line in text.splitlines() if line.strip()]


def of(name, kind):
    return [text for one, text in instructions(name) if one == kind]


def installer(pattern):
    return re.search(pattern, (JETSON / "install.sh").read_text(), re.M)[1]


@pytest.mark.parametrize(("name", "python"), FILES)
def test_everything_that_is_copied_is_there_and_enough_for_a_wheel(name, python):
    copied = set()
    for text in of(name, "COPY"):
        if not text.startswith("--from="):
            copied |= {*text.split()[:-1]}
    assert not [one for one in copied if not (ROOT / one).exists()]
    project = (ROOT / "pyproject.toml").read_text()
    packages = re.search(r"^include = (\[.*\])", project, re.M)[1]
    needed = {one for one in json.loads(packages) if "." not in one}
    assert needed == {"edge", "calibration", "export"}
    assert needed | {"pyproject.toml", "README.md", "LICENSE", f"jetson/constraints-{python}.txt"} == copied


@pytest.mark.parametrize(("name", "python"), FILES)
def test_pip_installs_the_pins_of_that_python(tmp_path, name, python):
    (text,) = (text for text in of(name, "COPY") if "constraints" in text)
    assert text == f"jetson/constraints-{python}.txt /src/constraints.txt"
    pins = (JETSON / f"constraints-{python}.txt").read_text()
    (tmp_path / "constraints.txt").write_text(pins)
    runs = " && ".join(of(name, "RUN"))
    picks = [part.strip() for part in runs.split("&&") if part.strip().startswith("grep ")]
    subprocess.run(["bash", "-c", " && ".join(picks)], cwd=tmp_path, check=True)
    picked = [line.split("==")[0] for line in (tmp_path / "build.txt").read_text().splitlines()]
    assert sorted(picked) == ["numpy", "setuptools", "wheel"]
    assert re.fullmatch(r"pycuda==[\d.]+\n", (tmp_path / "pycuda.txt").read_text())
    pips = [shlex.split(part) for part in runs.split("&&") if part.strip().startswith("pip ")]
    assert pips[0][-2:] == ["-r", "build.txt"]
    assert all("constraints.txt" in words for words in pips[1:])
    assert pips[-1][-1] == f".[{installer(r'^EXTRAS=(.*)')}]"


@pytest.mark.parametrize(("name", "python"), FILES)
def test_apt_installs_what_the_installer_does(name, python):
    asked = set()
    for text in of(name, "RUN"):
        for part in text.split("&&"):
            if "apt-get install" in part:
                asked |= {one for one in part.split()[2:] if not one.startswith("-")}
    wanted = {one for one in installer(r"^  echo (python3-venv .*)$").split() if "$" not in one}
    glib = "libglib2.0-0" if python == "3.10" else "libglib2.0-0t64"
    wanted |= {glib, "fonts-vlgothic"}
    assert asked - {"python3"} == (wanted - IN_THE_IMAGE) | FOR_CSI


@pytest.mark.parametrize(("name", "python"), FILES)
def test_it_runs_as_the_service_does_and_may_write_where_the_run_line_mounts(name, python):
    unit = (JETSON / "edge.service").read_text()
    (command,) = of(name, "CMD")
    assert json.loads(command)[1:] == re.search(r"^ExecStart=\S+ (.*)", unit, re.M)[1].split()
    (user,) = of(name, "USER")
    owner = user.split(":")[0]
    said = re.sub(r"^#[ ]*|\\\n", "", (JETSON / name).read_text(), flags=re.M)
    mounted = dict(re.findall(r"-v (\S+?):(\S+)", said))
    writable = {"/var/lib/edge", "/var/cache/edge", "/var/log/edge"}
    assert mounted == {
        path: path if path in writable | {"/tmp/argus_socket"} else f"{path}:ro"
        for path in writable | {"/tmp/argus_socket", "/etc/edge", "/etc/nv_tegra_release"}
    }
    # Docker itself makes a folder that is not there, and makes it root's.
    made = re.search(rf"sudo install -d -o {owner} -g {owner} -m 0750 (.*)", said)
    assert {*made[1].split()} == writable
