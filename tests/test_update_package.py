"""The package itself in two slots: installed from a wheelhouse, started by a script that goes back."""

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from test_cli import edge, one_line_error  # noqa: F401 - edge is a fixture
from test_probation import standing
from updates import plain

from edge.config import Site
from edge.errors import BundleError, InputError
from edge.items import Reading
from edge.update.fetch import WHEELS, find
from edge.update.install import activate, install, rollback
from edge.update.keys import make_keys
from edge.update.package import START, Packages, adopt
from edge.update.probation import installed
from edge.update.repository import publish_package
from edge.update.slots import Slots

SLOW = pytest.mark.slow  # virtual environments are made
PROGRAM = """
import pathlib, sys
def main():
    verb = sys.argv[1]
    if verb == "demo":
        sys.exit({demo!r})
    if verb == "run":
        print("{version} runs")
        sys.exit({run})
    print("edge {version}")
"""


def wheelhouse(folder, version, demo=0, run=0):
    """A wheel that is called as ours is and does next to nothing."""
    folder.mkdir()
    info = f"edge_emotion-{version}.dist-info"
    with zipfile.ZipFile(folder / f"edge_emotion-{version}-py3-none-any.whl", "w") as wheel:
        wheel.writestr("pretend_edge.py", PROGRAM.format(version=version, demo=demo, run=run))
        wheel.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: edge-emotion\nVersion: {version}\n")
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{info}/entry_points.txt", "[console_scripts]\nedge = pretend_edge:main\n")
        wheel.writestr(f"{info}/RECORD", "")
    (folder / "constraints.txt").write_text(f"edge-emotion=={version}\n")
    return folder


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """Keys, a repository and a device with version 1 and, on probation, version 2."""
    place = tmp_path_factory.mktemp("packages")
    make_keys(place / "keys", None)
    for version in ("1.0", "2.0"):
        house = wheelhouse(place / version, version, run=0 if version == "1.0" else 3)
        publish_package(place / "repo", place / "keys", plain, 30, house)
        assert take(place).slot == ("a" if version == "1.0" else "b")
    return place


def take(place):
    slots, root = Slots(place / "state" / "package"), (place / "keys" / "root.json").read_bytes()
    return install(
        slots, lambda: find(str(place / "repo"), place / "state", root, None, WHEELS), 60.0, Packages()
    )


@pytest.fixture
def device(world):
    """The slots, version 2 on probation and not run yet."""
    slots = Slots(world / "state" / "package")
    slots.switch("b")
    shutil.rmtree(slots.incoming)
    for slot, kind in (("a", "good"), ("b", "new")):
        slots.stand(slot, kind)
    return slots


def start(slots, *words, language="C"):
    command = [slots.state / "start", *words]
    environment = {key: value for key, value in os.environ.items() if not key.startswith("LC_")}
    return subprocess.run(
        command, capture_output=True, text=True, check=False, env=environment | {"LANG": language}
    )


@SLOW
def test_the_start_script_goes_back_once_a_run_died(device):
    done = start(device, "run")
    assert (done.returncode, done.stdout, standing(device.state, "b")) == (3, "2.0 runs\n", "trying")
    assert start(device, "--version").stdout == "edge 2.0\n"  # only a run is a trial
    done = start(device, "run")
    assert (done.returncode, done.stdout) == (0, "1.0 runs\n")
    assert done.stderr.startswith("edge: the new package did not keep its probation; back to the one before")
    assert (device.current, standing(device.state, "a"), standing(device.state, "b")) == (
        "a",
        "good",
        "rolled_back",
    )
    done = start(device, "run")
    assert (done.stdout, done.stderr) == ("1.0 runs\n", "")


@SLOW
def test_it_says_so_in_japanese(device):
    device.stand("b", "trying")
    assert "以前のものに戻しました" in start(device, "run", language="ja_JP.UTF-8").stderr


@SLOW
def test_a_run_beside_one_that_lives_does_not_go_back(device):
    device.stand("b", "trying")
    held = device.hold("b")
    assert start(device, "run").stdout == "2.0 runs\n"
    os.close(held)
    assert (device.current, standing(device.state, "b")) == ("b", "trying")


@SLOW
def test_readings_make_it_good(device, monkeypatch):
    device.stand("b", "trying")
    monkeypatch.setattr(sys, "prefix", str(device.folder("b")))
    device.note("b", device.record("b").model_copy(update={"probation_s": 0.0}))
    said = []
    _, watched = installed(Site(), said.append)
    with watched:
        watched.write(Reading(1.0, "reading", "live"))
    assert (said, standing(device.state, "b")) == (
        ["edge 2.0 in slot b is good: readings flowed through its probation"],
        "good",
    )


@SLOW
def test_a_person_decides(device):
    assert rollback(device, Packages())[0] == "a"
    assert start(device, "run").stdout == "1.0 runs\n"
    assert activate(device, "b", Packages()).name == "edge 2.0"
    assert start(device, "--version").stdout == "edge 2.0\n"


@SLOW
def test_one_that_does_not_work_here_is_not_switched_to(world, device):
    device.stand("b", "good")
    publish_package(
        world / "repo", world / "keys", plain, 30, wheelhouse(world / "3.0", "3.0", demo="no camera")
    )
    with pytest.raises(BundleError, match="the package in slot a does not work here: no camera"):
        take(world)
    assert (device.current, device.record("a")) == ("b", None)
    assert start(device, "--version").stdout == "edge 2.0\n"
    (world / "4.0").mkdir()
    shutil.copy(wheelhouse(world / "4", "4.0") / "edge_emotion-4.0-py3-none-any.whl", world / "4.0")
    (world / "4.0" / "constraints.txt").write_text("edge-emotion==5.0\n")
    publish_package(world / "repo", world / "keys", plain, 30, world / "4.0")
    with pytest.raises(BundleError, match=r"edge 4.0 cannot be installed here: "):
        take(world)
    assert start(device, "--version").stdout == "edge 2.0\n"
    publish_package(world / "repo", world / "keys", plain, 30, world / "1.0")
    assert take(world).slot == "a"


@SLOW
def test_by_the_command(edge, tmp_path):  # noqa: F811
    make_keys(tmp_path / "keys", None)
    house = wheelhouse(tmp_path / "house", "1.0")
    there = ("--repo", tmp_path / "repo", "--keys", tmp_path / "keys")
    assert edge("bundle", "publish", *there).code == 2
    assert edge("bundle", "publish", house, *there, "--wheelhouse", house).code == 2
    done = edge("bundle", "publish", *there, "--wheelhouse", house)
    assert "holds edge.wheels, signed as version 1" in done.out
    state = ("--state", tmp_path / "state", "--package")
    done = edge("bundle", "install", tmp_path / "repo", *state, "--root", tmp_path / "keys" / "root.json")
    assert done.out.splitlines()[0] == "edge 1.0 is in slot a"
    assert done.out.endswith("package/start starts it, with no probation\n")
    assert edge("bundle", "list", *state).out.startswith("* a  edge 1.0, exported ")
    assert "holds no bundle; publish one" in one_line_error(
        edge("bundle", "install", tmp_path / "repo", "--state", tmp_path / "state")
    )


def test_what_is_no_wheelhouse(tmp_path):
    make_keys(tmp_path / "keys", None)
    (tmp_path / "house").mkdir()
    for names in ([], ["numpy-2.0-py3-none-any.whl"], ["edge_emotion-1.0-py3-none-any.whl"]):
        for name in names:
            (tmp_path / "house" / name).touch()
        with pytest.raises(InputError, match="holds no wheelhouse of the package"):
            publish_package(tmp_path / "repo", tmp_path / "keys", plain, 30, tmp_path / "house")


def test_the_start_script_is_clean(tmp_path):
    Path(tmp_path / "start").write_text(START)
    shellcheck = Path(sys.executable).with_name("shellcheck")
    done = subprocess.run([shellcheck, tmp_path / "start"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


def test_what_was_installed_in_another_way_is_the_way_back_from_an_update(tmp_path):
    (tmp_path / "venv" / "bin").mkdir(parents=True)
    (tmp_path / "venv" / "bin" / "edge").write_text("#!/bin/sh\necho installed $*\n")
    (tmp_path / "venv" / "bin" / "edge").chmod(0o755)
    slots = Slots(tmp_path / "state" / "package")
    for _ in range(2):  # installed again: what updates brought gives way
        adopt(tmp_path / "state", tmp_path / "venv")
        assert start(slots, "run").stdout == "installed run\n"
        assert slots.current == "a"
        assert slots.record("b") is None
        shutil.copytree(tmp_path / "venv", slots.folder("b"))
        (slots.folder("b") / "bin" / "edge").write_text("#!/bin/sh\necho update $*; exit 1\n")
        slots.note("b", slots.record("a").model_copy(update={"standing": "new"}))
        slots.switch("b")
        assert start(slots, "run").stdout == "update run\n"
        assert start(slots, "run").stdout == "installed run\n"
        assert (slots.record("a").standing, slots.record("b").standing) == ("good", "rolled_back")
    slots.switch("b")
    with slots.changing():
        slots.empty("a")  # the next update takes the slot, and leaves what was installed alone
    assert (tmp_path / "venv" / "bin" / "edge").exists()
