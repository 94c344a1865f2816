"""The units of systemd: what they set, what systemd says of them, and a start as they describe it."""

import configparser
import json
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from rig_camera import FakeCamera

ROOT = Path(__file__).parent.parent
UNITS = ROOT / "jetson"
HIDES = {"PrivateDevices", "DevicePolicy", "DeviceAllow", "ProtectClock", "PrivateUsers"}
"""Each hides /dev/nvmap, /dev/dri, /dev/snd or /dev/video*, or takes the groups that may open them."""
BREAKS = {"PrivateTmp", "MemoryDenyWriteExecute", "ProcSubset"}
"""CSI cameras are read through /tmp, CUDA compiles in memory, the board is told by /proc/device-tree."""

needs_analyze = pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="needs systemd-analyze")


def unit(name):
    parser = configparser.RawConfigParser(strict=False, delimiters="=", comment_prefixes="#")
    parser.optionxform = str
    parser.read(UNITS / name, encoding="utf-8")
    return parser


SERVICE, PANEL = unit("edge.service"), unit("edge-panel.service")


def test_nothing_hides_a_device():
    for parser in (SERVICE, PANEL):
        assert not (HIDES | BREAKS) & set(parser["Service"])
    assert SERVICE["Service"]["SupplementaryGroups"].split() == ["video", "render", "audio"]
    assert SERVICE["Service"]["User"] == "edge"


def test_it_is_watched_and_stays_down_when_it_keeps_failing():
    for parser in (SERVICE, PANEL):
        service = parser["Service"]
        assert (service["Type"], service["Restart"]) == ("notify", "on-failure")
        assert int(service["WatchdogSec"]) >= 4 * 5  # a busy machine gives a reading in four hops
        assert int(parser["Unit"]["StartLimitBurst"]) > 1
        # The limit must be reachable: so many failures, each with its pause, within the interval.
        pause = int(service["RestartSec"]) * int(parser["Unit"]["StartLimitBurst"])
        assert pause < int(parser["Unit"]["StartLimitIntervalSec"])
    # An update that refuses its options ends with 2; the start after it is that of the package before.
    assert "RestartPreventExitStatus" not in SERVICE["Service"]
    assert PANEL["Service"]["RestartPreventExitStatus"] == "2"


def test_it_writes_only_where_it_says():
    service = SERVICE["Service"]
    assert service["ProtectSystem"] == "strict"
    assert "ReadWritePaths" not in service
    assert (service["StateDirectory"], service["LogsDirectory"]) == ("edge", "edge")
    assert service["CacheDirectory"].split() == ["edge", "edge/tmp"]
    told = dict(pair.split("=", 1) for pair in service["Environment"].split())
    assert all(value.startswith(("%C/edge", "%S/edge")) for value in told.values())
    assert set(told) == {"HOME", "XDG_CACHE_HOME", "TMPDIR", "CUDA_CACHE_PATH"}
    assert "--headless" in service["ExecStart"]


def verified(folder, name, *options):
    """What systemd says of a unit; the program it starts is one that is here."""
    text = (UNITS / name).read_text(encoding="utf-8")
    (folder / name).write_text(
        re.sub("/opt/edge/venv/bin/edge|/var/lib/edge/package/start", sys.executable, text), encoding="utf-8"
    )
    done = subprocess.run(
        ["systemd-analyze", *options, "verify", "--man=no", str(folder / name)],
        capture_output=True,
        text=True,
        timeout=60,
    )
    # Units of other packages, and a manager that does not run here, are not what is asked about.
    said = [line for line in (done.stdout + done.stderr).splitlines() if name in line]
    return done.returncode, said


@needs_analyze
@pytest.mark.parametrize(("name", "options"), [("edge.service", ()), ("edge-panel.service", ("--user",))])
def test_systemd_finds_nothing_in_the_units(tmp_path, monkeypatch, name, options):
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    assert verified(tmp_path, name, *options) == (0, [])


@needs_analyze
def test_what_systemd_says_is_read_for_its_code_is_0_for_a_key_it_does_not_know(tmp_path, monkeypatch):
    (tmp_path / "units").mkdir()
    text = (UNITS / "edge.service").read_text(encoding="utf-8")
    (tmp_path / "units" / "edge.service").write_text(text.replace("WatchdogSec", "WatchDogSecs"))
    monkeypatch.setattr(sys.modules[__name__], "UNITS", tmp_path / "units")
    code, said = verified(tmp_path, "edge.service")
    assert code == 0
    assert any(re.search(r"Unknown key (name )?'WatchDogSecs'", line) for line in said)


@needs_analyze
def test_what_systemd_says_of_its_safety():
    done = subprocess.run(
        [
            "systemd-analyze",
            "security",
            "--offline=yes",
            "--json=short",
            "--no-pager",
            UNITS / "edge.service",
        ],
        capture_output=True,
        text=True,
        timeout=60,
    )
    if "unrecognized option" in done.stderr or "Unknown" in done.stderr:
        pytest.skip("this systemd-analyze looks at no file")
    table = {line["json_field"]: line for line in json.loads(done.stdout)}
    assert done.stderr == ""
    for name in (
        "NoNewPrivileges",
        "ProtectSystem",
        "ProtectHome",
        "ProtectKernelTunables",
        "LockPersonality",
    ):
        assert table[name]["set"], name
    for name in ("PrivateDevices", "DeviceAllow", "ProtectClock", "PrivateUsers"):
        assert not table[name]["set"], name
    exposure = sum(float(line["exposure"] or 0) for line in table.values())
    assert exposure < 4.0  # systemd calls what is below 5 of 10 "OK"


@contextmanager
def manager(folder):
    """A service manager's socket: gives the messages that came, each with when it did."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as link:
        link.bind(str(folder / "notify"))

        def heard(until, limit_s):
            found, end = [], time.monotonic() + limit_s
            while time.monotonic() < end:
                link.settimeout(max(0.01, end - time.monotonic()))
                try:
                    message = link.recv(4096).decode()
                except TimeoutError:
                    break
                found.append((time.monotonic(), message))
                if until([text for _, text in found]):
                    return found
            raise AssertionError(f"not within {limit_s} s: {found}")

        yield heard


@contextmanager
def started(folder, settings, start=("-m", "edge.cli"), **more):
    """Start what the unit starts, in its environment, with its folders below another one."""
    service = SERVICE["Service"]
    places = {"%S": folder / "lib", "%C": folder / "cache", "%L": folder / "log"}
    for key, place in (("StateDirectory", "%S"), ("CacheDirectory", "%C"), ("LogsDirectory", "%L")):
        for name in service[key].split():
            (places[place] / name).mkdir(parents=True, exist_ok=True)
    told = dict(pair.split("=", 1) for pair in service["Environment"].split())
    for mark, place in places.items():
        told = {key: value.replace(mark, str(place)) for key, value in told.items()}
    program, *words = shlex.split(service["ExecStart"])
    assert program == "/var/lib/edge/package/start"
    words = [str(settings) if word == "/etc/edge/site.toml" else word for word in words]
    keep = {key: os.environ[key] for key in ("PATH", "LC_ALL") if key in os.environ}
    process = subprocess.Popen(
        [sys.executable, *start, *words],
        env=keep | told | {"PYTHONPATH": str(ROOT), "NOTIFY_SOCKET": str(folder / "notify")} | more,
        cwd=folder / "lib" / "edge",
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def settings_of(folder, bundle, camera, backend="onnxrt"):
    path = folder / "site.toml"
    path.write_text(
        f'bundle = "{bundle}"\nbackend = "{backend}"\nmicrophone = "off"\ncamera = "{camera}"\n'
        f'[log]\nfolder = "{folder}/log/edge"\n',
        encoding="utf-8",
    )
    return path


def test_a_start_is_ready_with_its_first_reading_and_feeds_the_watchdog(tiny_bundle, tmp_path):
    with (
        manager(tmp_path) as heard,
        FakeCamera(fps=10, size=(320, 240)) as camera,
        started(tmp_path, settings_of(tmp_path, tiny_bundle.folder, camera.url)) as process,
    ):
        limit = int(SERVICE["Service"]["TimeoutStartSec"])
        messages = heard(lambda texts: texts.count("WATCHDOG=1") == 3, limit)
        assert messages[0][1] == "READY=1\nWATCHDOG=1"
        pauses = np.diff([when for when, _ in messages])
        assert pauses.max() < int(SERVICE["Service"]["WatchdogSec"]) / 2
        process.send_signal(signal.SIGTERM)
        heard(lambda texts: "STOPPING=1" in texts, int(SERVICE["Service"]["TimeoutStopSec"]))
        assert process.wait(timeout=int(SERVICE["Service"]["TimeoutStopSec"])) == 0
        (log,) = (tmp_path / "log" / "edge").glob("*.jsonl")
        assert log.read_text(encoding="utf-8").count("\n") >= 3


def test_a_run_that_stands_still_stops_feeding_the_watchdog(tiny_bundle, tmp_path):
    with (
        manager(tmp_path) as heard,
        FakeCamera(fps=10, size=(320, 240)) as camera,
        started(tmp_path, settings_of(tmp_path, tiny_bundle.folder, camera.url)) as process,
    ):
        heard(lambda texts: len(texts) == 2, 60)
        process.send_signal(signal.SIGSTOP)
        with pytest.raises(AssertionError, match="not within 4"):
            heard(lambda texts: len(texts) == 5, 4)
        process.send_signal(signal.SIGCONT)


COMPILES = """
import sys
import edge.engines.cuda as cuda
import libcuda
library = libcuda.Library()
cuda.libcuda = lambda: library
from edge.cli.main import main
main()
"""
"""The command, on a machine whose TensorRT and GPU are those of tests/rig."""


def test_a_start_that_compiles_asks_for_more_time(tiny_bundle, tmp_path):
    with (
        manager(tmp_path) as heard,
        FakeCamera(fps=10, size=(320, 240)) as camera,
        started(
            tmp_path,
            settings_of(tmp_path, tiny_bundle.folder, camera.url, "tensorrt"),
            start=("-c", COMPILES),
            PYTHONPATH=os.pathsep.join((str(ROOT), str(ROOT / "tests" / "rig"))),
            RIG_SLOW="1",
        ),
    ):
        texts = [text for _, text in heard(lambda texts: any("READY=1" in text for text in texts), 120)]
        assert texts[-1] == "READY=1\nWATCHDOG=1"
        asked = texts[:-1]
        assert asked == ["EXTEND_TIMEOUT_USEC=60000000"] * 4  # one a model, each sooner than ten seconds
        plans = tmp_path / "cache" / "edge" / "edge" / "plans"
        assert len(list(plans.glob("*.plan"))) == 4
        assert list((tmp_path / "cache" / "edge" / "tmp").iterdir()) == []


def test_settings_that_are_wrong_end_a_start_with_one_line(tmp_path):
    (tmp_path / "site.toml").write_text("camra = 'x'\n")
    with started(tmp_path, tmp_path / "site.toml") as process:
        said, _ = process.communicate(timeout=60)
        assert process.returncode == 1
        assert len(said.strip().splitlines()) == 1
        assert "did you mean 'camera'?" in said


def test_the_two_pages_say_the_same():
    pages = [(UNITS / name).read_text(encoding="utf-8") for name in ("README.md", "README.ja.md")]
    commands = [re.findall(r"```sh\n(.*?)```", page, re.DOTALL) for page in pages]
    assert commands[0] == commands[1]
    headings = [len(re.findall(r"^#+ ", page, re.MULTILINE)) for page in pages]
    assert headings[0] == headings[1]
    for key in HIDES:
        assert all(f"`{key}`" in page for page in pages)
