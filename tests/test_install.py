"""jetson/install.sh, check_python.py and the pins, on boards played by a fake root and fake commands."""

import os
import re
import shutil
import subprocess
import sys
import tarfile
from importlib.metadata import requires
from pathlib import Path

import pytest
from boards import BOARDS, stand_up
from packaging.requirements import Requirement

from edge.display.panel.fonts import FILES
from edge.words import WORDS

ROOT = Path(__file__).parents[1]
JETSON = ROOT / "jetson"
EXTRAS = ("asr", "mqtt", "prometheus", "update")
STEPS = ["packages", "user", "folders", "pycuda", "python", "files"]

FAKES = {
    # What is installed, in which groups edge is, is kept in files of the test.
    "dpkg-query": '#!/bin/bash\ngrep -qx "${@: -1}" $HERE/installed && echo ii || exit 1\n',
    "apt-get": '#!/bin/bash\necho apt-get "$@" >> $HERE/log\n'
    '[[ "$*" == *" install "* ]] && printf "%s\\n" "$@" >> $HERE/installed; exit 0\n',
    "useradd": '#!/bin/bash\necho useradd "$@" >> $HERE/log; touch $HERE/user\n',
    "usermod": '#!/bin/bash\necho usermod "$@" >> $HERE/log; echo edge video render audio > $HERE/groups\n',
    "id": "#!/bin/bash\ncase $1 in -u) echo ${FAKE_UID:-0};; -nG) cat $HERE/groups;; "
    "*) [ -e $HERE/user ];; esac\n",
    "getent": "#!/bin/bash\nexit 0\n",
    "runuser": '#!/bin/bash\necho runuser "$@" >> $HERE/log\n'
    "cd $HERE/root/var/lib/edge; mkdir -p package; touch package/start; chmod +x package/start\n",
    "install": '#!/bin/bash\necho install "$@" >> $HERE/log\n'
    'args=(); while [ $# -gt 0 ]; do case $1 in -o|-g) shift;; *) args+=("$1");; esac; shift; done\n'
    'exec /usr/bin/install "${args[@]}"\n',
    **{
        name: f'#!/bin/bash\necho {name} "$@" >> $HERE/log\n' for name in ("udevadm", "systemctl", "groupadd")
    },
}
PYTHON = """#!/bin/bash
echo python "$@" >> $HERE/log
case "$*" in
-c*) echo $FAKE_PYTHON;;
"-m venv"*) folder=${@: -1}; rm -rf $folder; mkdir -p $folder/bin; cp "$0" $folder/bin/python;;
*"pip wheel"*) [ -e $HERE/cut ] && kill -9 $PPID; while [ "$1" != -w ]; do shift; done
  mkdir -p $2; touch $2/pycuda-2026.1-cp310-cp310-linux_aarch64.whl;;
*"pip install"*" -c "*) touch ${0%/python}/edge; chmod +x ${0%/python}/edge;;
esac
"""


class Machine:
    """A board below a folder: run() gives the exit code, what was said and the commands that ran."""

    def __init__(self, folder, state=None, python="3.10"):
        self.root, self.here, self.python = folder / "root", folder, python
        if state:
            stand_up(self.root, state)
        for name, text in FAKES.items():
            self.program(folder / "bin" / name, text)
        self.program(self.root / "usr/bin/python3", PYTHON)
        self.program(self.root / "usr/local/cuda/bin/nvcc", "#!/bin/sh\n")
        for name in ("installed", "groups", "log"):
            (folder / name).touch()

    def program(self, path, text):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.replace("$HERE", str(self.here)))
        path.chmod(0o755)

    def release(self, line, compatible="nvidia,p3767-0005\0nvidia,tegra234\0"):
        for name, text in (
            ("etc/nv_tegra_release", line + "\n"),
            ("proc/device-tree/compatible", compatible),
            ("proc/device-tree/model", "NVIDIA Jetson Orin Nano\0"),
        ):
            (self.root / name).parent.mkdir(parents=True, exist_ok=True)
            (self.root / name).write_text(text)

    def run(self, *options, **settings):
        (self.here / "log").write_text("")
        env = {"PATH": f"{self.here / 'bin'}:{os.environ['PATH']}", "LANG": "C", "ROOT": str(self.root)}
        env |= {"FAKE_PYTHON": self.python} | settings
        command = ["bash", str(JETSON / "install.sh"), *options]
        done = subprocess.run(command, env=env, capture_output=True, text=True, check=False, timeout=60)
        lines = (self.here / "log").read_text().splitlines()
        return done.returncode, done.stdout + done.stderr, [one for one in lines if "python -c" not in one]

    @property
    def finished(self):
        return [line.split()[0] for line in self.state("done")]

    def state(self, name):
        return (self.root / "var/lib/edge-install" / name).read_text().splitlines()


@pytest.fixture
def machine(tmp_path):
    return Machine(tmp_path, "orin-nano-36.4.7")


# Which boards it takes.


@pytest.mark.parametrize("state", BOARDS)
def test_dry_run_names_every_command_and_changes_nothing(tmp_path, state):
    python = "3.10" if "-36." in state else "3.12"
    board = Machine(tmp_path, state, python)
    before = sorted(board.root.rglob("*"))
    code, said, ran = board.run("--dry-run", FAKE_UID="1000")
    assert (code, ran) == (0, [])
    assert sorted(board.root.rglob("*")) == before
    assert f"Jetson Linux {state.rpartition('-')[2]}" in said
    assert f"constraints-{python}.txt" in said
    assert re.findall(r"^(\d)/6", said, re.M) == list("123456")
    commands = re.findall(r"^  '", said, re.M)
    assert len(commands) >= 15
    assert said.count("    undo: ") == len(commands)


def test_dry_run_in_japanese(machine):
    code, said, _ = machine.run("--dry-run", LANG="ja_JP.UTF-8")
    assert code == 0
    assert "取り消し：" in said
    assert "undo" not in said


@pytest.mark.parametrize(
    ("line", "python", "why"),
    [
        ("# R35 (release), REVISION: 6.1, GCID: 1", "3.8", "35.6.1 is too old"),
        ("# R36 (release), REVISION: 3.0, GCID: 1", "3.10", "36.3.0 is too old"),
        ("# R36 (release), REVISION: 4.0, GCID: 1", "3.10", None),
        ("# R36 (release), REVISION: 5.0, GCID: 1", "3.10", None),
        ("# R38 (release), REVISION: 4.0, GCID: 1", "3.12", None),
        ("# R39 (release), REVISION: 2.1, GCID: 1", "3.12", None),
        ("# R39 (release), REVISION: 3.0, GCID: 1", "3.12", "39.3.0 is not known"),
        ("# R40 (release), REVISION: 0.0, GCID: 1", "3.12", "40.0.0 is not known"),
        ("# R36 (release), REVISION: 4.7, GCID: 1", "3.11", "python3 is 3.11, but TensorRT"),
        ("something else", "3.10", "names no release of Jetson Linux"),
    ],
)
def test_releases(tmp_path, line, python, why):
    board = Machine(tmp_path, python=python)
    board.release(line)
    code, said, ran = board.run("--dry-run")
    assert (code, ran) == ((1, []) if why else (0, []))
    if why:
        assert said.startswith("edge: ")
        assert why in said
        assert said.count("\n") == 1


@pytest.mark.parametrize(
    ("compatible", "why"),
    [
        ("nvidia,p3768-0000+p3767-0005-super\0nvidia,p3767-0005\0nvidia,tegra234\0", None),
        ("nvidia,p4071-0000+p3834-0008\0nvidia,tegra264\0", None),
        ("nvidia,p2888-0001\0nvidia,tegra194\0", "neither Orin nor Thor"),
        ("raspberrypi,5-model-b\0brcm,bcm2712\0", "this is no Jetson"),
    ],
)
def test_boards(tmp_path, compatible, why):
    board = Machine(tmp_path)
    board.release("# R36 (release), REVISION: 4.7, GCID: 1", compatible)
    code, said, _ = board.run("--dry-run")
    assert code == (1 if why else 0)
    assert (why or "6/6") in said


def test_a_pc_is_sent_to_its_own_script(tmp_path):
    code, said, ran = Machine(tmp_path, "pc").run()
    assert (code, ran) == (1, [])
    assert "script/setup" in said


def test_a_board_without_cuda_is_told_what_to_install(machine):
    (machine.root / "usr/local/cuda/bin/nvcc").unlink()
    code, said, ran = machine.run()
    assert (code, ran) == (1, [])
    assert "sudo apt-get install nvidia-jetpack" in said


def test_only_root_installs(machine):
    code, said, ran = machine.run(FAKE_UID="1000")
    assert (code, ran) == (1, [])
    assert "sudo" in said


@pytest.mark.parametrize("options", [["--what"], ["--wheels", "nowhere"], ["--wheels"]])
def test_used_wrongly(machine, options):
    code, said, ran = machine.run(*options)
    assert (code, ran) == (2, [])
    assert said.count("\n") == 1


# What it does.


def test_installs_in_order(machine):
    code, said, ran = machine.run()
    assert code == 0, said
    assert machine.finished == STEPS
    joined = "\n".join(ran)
    assert "--system-site-packages" in joined
    assert "usermod -a -G video,render,audio edge" in joined
    assert "--no-build-isolation --no-deps" in joined
    for path in (
        "etc/systemd/system/edge.service",
        "etc/udev/rules.d/60-edge.rules",
        "var/log/edge",
        "etc/edge",
    ):
        assert (machine.root / path).exists(), path
    assert not (machine.root / "var/lib/edge-install/build").exists()


@pytest.mark.parametrize("there", ["", "fonts-noto-cjk", "fonts-ipafont-gothic"])
def test_one_japanese_font_is_enough(machine, there):
    (machine.here / "installed").write_text(f"{there}\n")
    assert machine.run()[0] == 0
    fonts = [line for line in machine.state("added") if line.startswith("fonts-")]
    assert fonts == ([] if there else ["fonts-vlgothic"])


def test_the_fonts_of_the_installer_are_those_the_panel_knows():
    line = re.search(r"^FONTS=\((.*?)\)", (JETSON / "install.sh").read_text(), re.M)[1]
    assert len(line.split()) == len(FILES)
    for name in line.split():
        folder = name.removeprefix("fonts-").removesuffix("-cjk")
        assert any(f"/{folder}/" in path for path in FILES), name


def test_a_second_run_does_nothing(machine):
    machine.run()
    code, said, ran = machine.run()
    assert (code, ran) == (0, [])
    assert said.count("(done)") == len(STEPS)


def test_a_run_that_was_cut_goes_on(machine):
    (machine.here / "cut").touch()
    assert machine.run()[0] != 0
    assert machine.finished == STEPS[:3]
    (machine.here / "cut").unlink()
    code, said, ran = machine.run()
    assert code == 0, said
    assert said.count("(done)") == 3
    assert not any(line.startswith(("apt-get", "useradd")) for line in ran)
    assert machine.finished == STEPS


@pytest.mark.parametrize(
    ("gone", "again"),
    [
        ("opt/edge/venv", "python"),
        ("var/lib/edge/package", "python"),
        ("var/lib/edge-install/wheels", "pycuda"),
        ("etc/systemd/system/edge.service", "files"),
        ("var/log/edge", "folders"),
    ],
)
def test_what_is_gone_is_made_again(machine, gone, again):
    machine.run()
    path = machine.root / gone
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    code, said, _ = machine.run()
    assert code == 0
    assert path.exists()
    assert said.count("(done)") == len(STEPS) - 1
    assert machine.finished[-1] == again


def test_other_pins_make_the_environment_again(machine):
    pins = machine.here / "pins.txt"
    pins.write_text((JETSON / "constraints-3.10.txt").read_text())
    machine.run(PINS=str(pins))
    pins.write_text(pins.read_text().replace("rich==15.0.0", "rich==15.0.1"))
    _, said, _ = machine.run(PINS=str(pins))
    assert said.count("(done)") == len(STEPS) - 1
    assert machine.finished[-1] == "python"
    pins.write_text(re.sub("numpy==.*", "numpy==2.2.7", pins.read_text()))
    machine.run(PINS=str(pins))
    assert machine.finished[-2:] == ["pycuda", "python"]


def test_without_a_network_packages_come_from_a_folder(machine, tmp_path):
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    code, said, _ = machine.run("--wheels", str(wheels))
    assert code == 1
    assert "holds no edge_emotion-*.whl" in said
    (wheels / "edge_emotion-0.1.0-py3-none-any.whl").touch()
    code, said, ran = machine.run("--wheels", str(wheels))
    assert code == 0, said
    pips = [line for line in ran if "pip install" in line]
    assert pips
    assert all(f"--no-index --find-links {wheels}" in line for line in pips)


def test_uninstall_takes_off_what_was_added_and_keeps_readings(machine):
    (machine.here / "installed").write_text("g++\nlibgl1\n")
    machine.run()
    kept = machine.root / "var/lib/edge/readings.jsonl"
    kept.write_text("{}\n")
    before = sorted(machine.root.rglob("*"))
    code, said, ran = machine.run("--uninstall", "--dry-run")
    assert (code, ran) == (0, [])
    assert sorted(machine.root.rglob("*")) == before
    code, said, ran = machine.run("--uninstall")
    assert code == 0, said
    removed = next(line for line in ran if "remove" in line)
    assert "python3-libnvinfer" in removed
    assert "g++" not in removed
    assert "libgl1" not in removed
    assert "systemctl disable --now edge" in ran
    for path in ("opt/edge", "var/lib/edge-install", "etc/systemd/system/edge.service"):
        assert not (machine.root / path).exists(), path
    assert kept.exists()
    assert machine.run("--uninstall")[0] == 0
    assert machine.run()[0] == 0


# The Python of a board.


def package(folder, name, version):
    (folder / name).mkdir(parents=True)
    (folder / name / "__init__.py").write_text("")
    (folder / f"{name}-{version}.dist-info").mkdir()
    (folder / f"{name}-{version}.dist-info" / "METADATA").write_text(f"Name: {name}\nVersion: {version}\n")


def test_the_environments_own_packages_are_told_from_jetpacks(tmp_path):
    """A numpy of the system in front of the environment's, and no TensorRT: a line each."""
    package(tmp_path, "pycuda", "2026.1")
    (tmp_path / "numpy.py").write_text("")
    command = [sys.executable, str(JETSON / "check_python.py"), str(JETSON / "constraints-3.12.txt")]
    done = subprocess.run(
        command, env=os.environ | {"PYTHONPATH": str(tmp_path)}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert f"numpy comes from {tmp_path}/numpy.py, not from" in done.stderr
    assert "tensorrt: ModuleNotFoundError" in done.stderr


def test_tensorrt_is_never_given_an_array():
    """TensorRT 10.3's module is built on numpy 1: with addresses alone it runs beside numpy 2."""
    for path in (ROOT / "edge" / "engines").glob("*.py"):
        assert not re.search(r"trt\.(Weights|nptype)|\.(numpy|host_memory)\(", path.read_text()), path.name


# Pins.


def pins(python):
    lines = (JETSON / f"constraints-{python}.txt").read_text().splitlines()
    return dict(line.split("==") for line in lines if not line.startswith("#"))


def canonical(name):
    return re.sub(r"[-_.]+", "-", name).lower()


def holds(requirement, python, extras):
    environment = {
        "python_version": python,
        "python_full_version": f"{python}.0",
        "platform_machine": "aarch64",
    }
    found = requirement.marker
    return not found or any(found.evaluate(environment | {"extra": extra}) for extra in ("", *extras))


@pytest.mark.parametrize("python", ["3.10", "3.12"])
def test_every_package_of_a_board_is_pinned_as_tested(python):
    pinned = pins(python)
    tested = {}
    for line in (ROOT / "constraints.txt").read_text().splitlines():
        if line.startswith("#"):
            continue
        requirement = Requirement(line)
        if holds(requirement, python, ()):
            tested[canonical(requirement.name)] = str(requirement.specifier).removeprefix("==")
    differ = {
        name: (version, tested[name])
        for name, version in pinned.items()
        if tested.get(name, version) != version
    }
    assert differ == {}
    for name in wanted(python):
        assert name in pinned, f"jetson/constraints-{python}.txt pins no {name}"


def wanted(python):
    """The packages of pyproject.toml and what they bring, as far as they are installed here."""
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    project = tomllib.loads(text)["project"]
    ask = [*project["dependencies"]]
    for extra in ("jetson", *EXTRAS):
        ask += project["optional-dependencies"][extra]
    ask, seen = [(Requirement(one), ()) for one in ask], set()
    while ask:
        requirement, extras = ask.pop()
        name = canonical(requirement.name)
        if name in seen or not holds(requirement, python, extras):
            continue
        seen.add(name)
        try:
            brought = requires(name) or []
        except ModuleNotFoundError:  # not installed here, as pycuda
            continue
        ask += [(Requirement(one), tuple(requirement.extras)) for one in brought]
    return sorted(seen)


def test_opencv_and_numpy_agree():
    """opencv-python 5 wants numpy 2; pip resolves both to what is pinned."""
    for python in ("3.10", "3.12"):
        assert pins(python)["numpy"].startswith("2.")
        assert pins(python)["opencv-python"].startswith("5.")


@pytest.mark.slow
def test_every_pin_has_a_wheel_for_aarch64():
    done = subprocess.run([ROOT / "script" / "pins"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.slow
@pytest.mark.timeout(7200)
@pytest.mark.skipif(os.geteuid() != 0, reason="making an aarch64 root takes root")
def test_readings_on_aarch64_are_those_of_the_host():
    done = subprocess.run([ROOT / "script" / "aarch64"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "probabilities differ by" in done.stdout


# The page.


@pytest.mark.parametrize(("name", "column"), [("README.md", 0), ("README.ja.md", 1)])
def test_lines_of_the_doctor_are_really_printed(name, column):
    said = "\n".join(re.sub(r"\{[^}]*\}", "...", texts[column]) for texts in WORDS.values())
    text = (JETSON / name).read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([^`]+)` \| ", text.rpartition("`...`")[2], re.M)
    assert len(rows) >= 12
    for row in rows:
        assert row in said, row


def test_ten_steps_in_both_languages():
    for name in ("README.md", "README.ja.md"):
        section = (JETSON / name).read_text(encoding="utf-8").split("\n## ")[1]
        assert re.findall(r"^(\d+)\. ", section, re.M) == [str(n) for n in range(1, 11)]


# The scripts themselves.


@pytest.mark.parametrize("was", ["active", "inactive"])
def test_the_first_run_on_a_board_packs_what_came_out(tmp_path, was):
    """A step that fails is told; clocks and service are put back as they were."""
    for name, text in (
        ("edge", 'echo "$@"; [ "$1" != demo ]'),
        ("systemctl", f"case $1 in is-active) echo {was};; verify) exit 1;; esac"),
        ("jetson_clocks", 'case $1 in --store) touch "$2";; esac'),
    ):
        path = tmp_path / "bin" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(f'#!/bin/sh\necho {name} "$@" >> {tmp_path}/calls\n{text}\n')
        path.chmod(0o755)
    done = subprocess.run(
        ["bash", JETSON / "first-board.sh", "line3"],
        cwd=tmp_path,
        env=os.environ
        | {"EDGE": str(tmp_path / "bin/edge"), "LANG": "C", "PATH": f"{tmp_path}/bin:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    (archive,) = tmp_path.glob("first-board-*.tar.gz")
    with tarfile.open(archive) as packed:
        files = [one for one in packed if one.isfile()]
        text = {Path(one.name).name: packed.extractfile(one).read().decode() for one in files}
    assert text["doctor.json"] == "doctor line3 --json\n"
    assert text["build.txt"] == "build line3\nbuild --list\n"
    codes = {line.split("\t")[1]: line.split("\t")[2] for line in text["steps.tsv"].splitlines()}
    passed = ("bench.json", "sustained.json", "clocks.txt", "service.txt")
    assert {codes[name] for name in passed} == {"0"}
    assert re.fullmatch(
        r"bench line3 --sustained 30m --csv (\S+)/sustained.csv --report \1/sustained.html --json\n",
        text["sustained.json"],
    )
    assert codes["demo.txt"] == "1"
    assert "6. Readings on the GPU\n   exit code 1: demo.txt" in text["log.txt"]
    assert [path.name for path in tmp_path.iterdir() if path.is_dir()] == ["bin"]
    calls = (tmp_path / "calls").read_text().splitlines()
    calls = [re.sub(r" \S+clocks.before", "", one) for one in calls if re.search("clocks|edge$|bench", one)]
    assert [one.split(" line3")[0] for one in calls] == [
        "systemctl is-active edge",
        "systemctl stop edge",
        "jetson_clocks --store",
        "jetson_clocks",
        "jetson_clocks --show",
        "edge bench",
        "edge bench",
        "jetson_clocks --restore",
        "systemctl start edge",
        "systemctl status --no-pager edge",
        "systemctl start edge" if was == "active" else "systemctl stop edge",
    ]
