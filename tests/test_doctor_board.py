"""What the doctor says of a Jetson, on states read from public sources: every check good and bad."""

import json
import os
import platform
import shutil
import struct
from collections import namedtuple
from datetime import datetime, timezone
from pathlib import Path

import pytest
from boards import BOARDS, answers, put, recorded, stand_up

from edge.config import Site
from edge.doctor import board as board_doctor
from edge.doctor import gpu as gpu_doctor
from edge.doctor import machine as machine_doctor
from edge.doctor import modes as modes_doctor
from edge.doctor.board import examine_board
from edge.doctor.check import Check
from edge.doctor.devices import examine_devices
from edge.doctor.gpu import examine_build, examine_gpu
from edge.doctor.machine import examine_machine
from edge.doctor.modes import modes
from edge.doctor.snapshot import recording, snapshot
from edge.engines import plans
from edge.engines.trt_build import Compiler, compiler
from edge.errors import InputError

NANO, AGX, THOR = "orin-nano-36.4.7", "agx-orin-39.2", "thor-38.4"
RAILS = "sys/bus/i2c/drivers/ina3221/1-0040/hwmon/hwmon1"


def board_checks(root, language="en", **site):
    return {check.name: check for check in examine_board(Site(**site), language, root)}


def python_of(monkeypatch, version):
    monkeypatch.setattr(platform, "python_version_tuple", lambda: tuple(version.split(".")))


@pytest.mark.parametrize("state", BOARDS)
def test_a_board_in_order(tmp_path, state):
    root = stand_up(tmp_path, state)
    checks = board_checks(root)
    assert [(name, check.text) for name, check in checks.items() if not check.ok] == []
    assert list(checks) == ["board", "power_mode", "clocks", "rails", "throttling", "device_files"]
    for name, check in board_checks(root, "ja").items():
        assert check.ok
        assert not check.text.isascii(), name


def test_a_plain_pc_has_none_of_these_checks(tmp_path):
    root = stand_up(tmp_path, "pc")
    assert board_checks(root) == {}
    assert [check.name for check in examine_machine("en", root)] == ["temperature", "disk", "clock"]
    assert [check.name for check in examine_gpu(Site(), "en", root)] == ["tensorrt"]


def test_what_a_board_is_and_does_is_told(tmp_path):
    checks = board_checks(stand_up(tmp_path, NANO))
    name = "NVIDIA Jetson Orin Nano Engineering Reference Developer Kit Super"
    assert checks["board"].text == f"{name}, Jetson Linux 36.4.7 (JetPack 6.2.1)"
    assert checks["power_mode"].text == "power mode 25W"
    assert checks["clocks"].text.startswith("clocks: gpu 306 MHz (306-918), cpu0 1344 MHz (730-1344), cpu4 ")
    assert checks["rails"].text == "power: 4.8 W (VDD_IN 4.8 W, VDD_CPU_GPU_CV 0.5 W, VDD_SOC 1.5 W)"


def fails(root, name, said, **site):
    """The check is bad in both languages and says what to do; everything else stays good."""
    checks = board_checks(root, **site)
    assert [other for other, check in checks.items() if not check.ok] == [name]
    assert said in checks[name].text
    assert not board_checks(root, "ja", **site)[name].text.isascii()


SPOILED = {
    "no release": ("board", "etc/nv_tegra_release", "odd\n", "-v /etc/nv_tegra_release:"),
    "JetPack 5": (
        "board",
        "etc/nv_tegra_release",
        "# R35 (release), REVISION: 4.1, GCID: 1, DATE: Tue Aug 1 19:57:35 UTC 2023\n",
        "Jetson Linux 35.4.1 (JetPack 5.1.2) is not supported; install JetPack 6.1 to 7.2",
    ),
    "JetPack 6.0": (
        "board",
        "etc/nv_tegra_release",
        "# R36 (release), REVISION: 3.0, GCID: 1\n",
        "36.3.0 (JetPack 6.0) is not supported",
    ),
    "a newer one": (
        "board",
        "etc/nv_tegra_release",
        "# R40 (release), REVISION: 1.0\n",
        "(JetPack ?) is not",
    ),
    "another chip": (
        "board",
        "proc/device-tree/compatible",
        "nvidia,p2972-0000\0nvidia,tegra194\0",
        "neither an Orin nor a Thor",
    ),
    "no clock": ("clocks", "sys/class/devfreq/17000000.gpu/cur_freq", None, "the GPU tells none"),
    "heat": (
        "throttling",
        "sys/class/thermal/cooling_device1/cur_state",
        "1",
        "(cpu-throttle-alert); clean",
    ),
    "supply": ("throttling", "sys/class/hwmon/hwmon2/oc3_event_cnt", "7", "(over-current 7); use the supply"),
}


@pytest.mark.parametrize("which", SPOILED)
def test_a_board_out_of_order_says_what_to_do(tmp_path, which):
    name, path, text, said = SPOILED[which]
    root = stand_up(tmp_path, NANO)
    put(root, path, text)
    fails(root, name, said)


def test_a_power_mode_that_is_slow_or_unknown(tmp_path):
    root = stand_up(tmp_path, NANO)
    answers(root, "nvpmodel -q", "NV Power Mode: 7W\n3")
    fails(root, "power_mode", "power mode 7W is slow; run: sudo nvpmodel -m 1 (that is 25W; ")
    answers(root, "nvpmodel -q", "nvpmodel: error", code=1)
    fails(root, "power_mode", "nvpmodel does not name one")


def test_rails(tmp_path):
    root = stand_up(tmp_path, NANO)
    put(root, f"{RAILS}/in1_label", None)
    assert "do not tell what the whole board draws" in board_checks(root)["rails"].text
    for channel in (2, 3):
        put(root, f"{RAILS}/in{channel}_label", "NC")
    fails(root, "rails", "sudo modprobe ina3221")


def test_device_files(tmp_path, monkeypatch):
    root = stand_up(tmp_path, NANO)
    found = board_checks(root)["device_files"]
    assert found.facts == {
        "/dev/nvmap": True,
        "/dev/nvhost-gpu": True,
        "/dev/dri/renderD128": True,
        "/dev/snd/controlC0": True,
        "/dev/video0": True,
    }
    real = os.open

    def closed(path, flags):
        if Path(path).name in ("nvmap", "renderD128"):
            raise PermissionError(13, "Permission denied")
        if Path(path).name == "video0":
            raise OSError(16, "Device or resource busy")  # somebody reads it: that is allowed
        return real(path, flags)

    monkeypatch.setattr(board_doctor.os, "open", closed)
    fails(
        root,
        "device_files",
        "may not open /dev/nvmap, /dev/dri/renderD128; run: sudo usermod -aG video,render",
    )
    monkeypatch.undo()
    shutil.rmtree(root / "dev")
    fails(root, "device_files", "delete PrivateDevices and DevicePolicy")


def test_a_csi_camera(tmp_path):
    csi = {"camera": "csi://0"}
    root = stand_up(tmp_path, AGX)
    fails(root, "csi", "gstreamer1.0-tools", **csi)
    answers(root, "gst-launch-1.0", "")
    fails(root, "csi", "sudo systemctl restart nvargus-daemon", **csi)
    put(root, "tmp/argus_socket", "")
    assert board_checks(root, **csi)["csi"].ok
    answers(root, "gst-inspect-1.0 nvarguscamerasrc", "No such element", code=1)
    fails(root, "csi", "nvidia-l4t-gstreamer", **csi)
    assert "csi" not in board_checks(root, source=tmp_path, **csi)


@pytest.mark.parametrize(
    ("state", "named"), [(NANO, "36.4.7"), ("orin-nx-36.4.4", ""), (AGX, ""), (THOR, "")]
)
def test_releases_with_dead_starts_of_csi_cameras_are_named(tmp_path, state, named):
    root = stand_up(tmp_path, state)
    put(root, "tmp/argus_socket", "")
    answers(root, "gst-launch-1.0", "")
    if named:
        fails(root, "csi_release", f"on Jetson Linux {named} about one in 60 to 120 starts", camera="csi://0")
    else:
        assert all(check.ok for check in board_checks(root, camera="csi://0").values())
    assert "csi_release" not in board_checks(root)


# TensorRT and what belongs to it.


def gpu_checks(root, language="en", **site):
    return {check.name: check for check in examine_gpu(Site(**site), language, root)}


@pytest.mark.parametrize(("state", "python"), [(NANO, "3.10.12"), (AGX, "3.12.3"), (THOR, "3.12.3")])
def test_versions_that_belong_together(tmp_path, monkeypatch, state, python):
    root = stand_up(tmp_path, state)
    python_of(monkeypatch, python)
    assert gpu_checks(root)["versions"].ok
    assert gpu_checks(root, "ja")["versions"].text.startswith("Python 3.1")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            ("var/lib/dpkg/status", None),
            "TensorRT is not installed; Jetson Linux 36.4.7 has TensorRT 10.3; run",
        ),
        (
            (
                "var/lib/dpkg/status",
                "Package: libnvinfer8\nStatus: install ok installed\nVersion: 8.6.2.3-1+cuda12.2\n",
            ),
            "TensorRT 8.6.2.3 does not belong to Jetson Linux 36.4.7, which has 10.3; ",
        ),
        (("usr/local/cuda/version.json", "{}"), "CUDA is not installed"),
        (("usr/local/cuda/version.json", '{"cuda": {"version": "11.4.19"}}'), "CUDA 11.4.19 does not belong"),
        (None, "Python 3.12 does not belong to Jetson Linux 36.4.7, which has 3.10; make the virtual"),
    ],
)
def test_versions_that_do_not(tmp_path, monkeypatch, change, said):
    root = stand_up(tmp_path, NANO)
    python_of(monkeypatch, "3.10.12" if change else "3.12.3")
    if change:
        put(root, *change)
    found = gpu_checks(root)["versions"]
    assert not found.ok
    assert found.text.startswith(said)
    assert not gpu_checks(root, "ja")["versions"].text.isascii()


def test_a_later_tensorrt_of_the_same_cuda_is_fine(tmp_path, monkeypatch):
    root = stand_up(tmp_path, THOR)
    python_of(monkeypatch, "3.12.3")
    put(root, "var/lib/dpkg/status", "Package: libnvinfer11\nStatus: x\nVersion: 11.4.1.2-1+cuda13.2\n")
    assert gpu_checks(root)["versions"].ok


def test_tensorrt_is_wanted_on_a_board_and_not_elsewhere(tmp_path, monkeypatch):
    monkeypatch.setattr("edge.engines.trt_here.PACKAGES", ("no_such_tensorrt",))
    root = stand_up(tmp_path / "board", NANO)
    assert not gpu_checks(root)["tensorrt"].ok
    assert gpu_checks(root, backend="onnxrt")["tensorrt"].ok
    assert list(gpu_checks(root, backend="onnxrt")) == ["tensorrt"]
    pc = stand_up(tmp_path / "pc", "pc")
    assert gpu_checks(pc)["tensorrt"].ok
    assert not gpu_checks(pc, backend="tensorrt")["tensorrt"].ok


def test_a_context_of_the_gpu_is_made(rig, tmp_path):
    root = stand_up(tmp_path / "board", NANO)
    found = gpu_checks(root)
    assert (found["tensorrt"].ok, found["cuda_context"].ok) == (True, True)
    assert found["cuda_context"].text == "pycuda opens the GPU"
    assert found["tensorrt"].facts["version"] == "10.3.0"


def test_no_context_of_the_gpu(tmp_path):
    pytest.importorskip("onnxruntime")
    try:
        import pycuda.driver  # noqa: F401
    except ImportError:
        found = gpu_checks(stand_up(tmp_path, NANO))["cuda_context"]
        assert not found.ok
        assert "pip install 'edge-emotion[jetson]'" in found.text
    else:
        pytest.skip("pycuda is installed")


def test_nvcc(tmp_path, monkeypatch):
    root = stand_up(tmp_path, NANO)
    assert gpu_checks(root)["nvcc"].text == f"nvcc 12.6 in {root}/usr/bin/nvcc"
    answers(root, "nvcc --version", None)
    monkeypatch.setattr(gpu_doctor.importlib.util, "find_spec", lambda name: None)
    assert gpu_doctor._nvcc("en", root) == Check(
        "nvcc", False, "nvcc is missing, and pycuda is built with it; run: sudo apt install cuda-toolkit-12-6"
    )
    monkeypatch.setattr(gpu_doctor.importlib.util, "find_spec", lambda name: object())
    assert gpu_doctor._nvcc("ja", root).ok


def build_checks(bundle, root, language="en", **site):
    return {check.name: check for check in examine_build(bundle, Site(**site), language, root)}


def test_memory_before_a_build(rig, tiny_bundle, tmp_path):
    root = stand_up(tmp_path / "board", NANO)
    found = build_checks(tiny_bundle, root)["memory"]
    assert found.ok
    assert found.text == "memory: 4.4 of 8.0 GB are free, 1.6 GB are needed"
    put(root, "proc/meminfo", "MemTotal: 7803396 kB\nMemAvailable: 1200000 kB\n")
    found = build_checks(tiny_bundle, root)["memory"]
    assert not found.ok
    assert found.text.endswith("or stop the desktop: sudo systemctl isolate multi-user.target")
    assert build_checks(tiny_bundle, root, backend="onnxrt")["memory"].ok
    put(root, "proc/meminfo", "nothing of use")
    assert "memory" not in build_checks(tiny_bundle, root)


def test_plans(rig, tiny_bundle, tmp_path):
    root = stand_up(tmp_path / "board", NANO)
    found = build_checks(tiny_bundle, root)["plans"]
    assert found.ok
    assert found.text.startswith("plans: 0 of 4 models are compiled; the next start takes minutes")
    here = gpu_doctor.gpu()
    for name in tiny_bundle.manifest.models:
        plans.plan_for(tiny_bundle.path(name), Compiler("tensorrt", "10.3.0"), here)
    assert build_checks(tiny_bundle, root)["plans"].text.startswith("plans: all 4 models are compiled, in ")
    next(rig.cache.glob("*.plan")).write_bytes(b"spoiled")
    for language, said in (("en", "does not fit (it is damaged (sha256 differs))"), ("ja", "sha256 不一致")):
        found = build_checks(tiny_bundle, root, language)["plans"]
        assert not found.ok
        assert said in found.text
        assert "edge build" in found.text
    assert "plans" not in build_checks(tiny_bundle, root, backend="onnxrt")


def test_plans_of_a_user_without_a_home(rig, tiny_bundle, tmp_path, monkeypatch):
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setattr(Path, "home", lambda: (_ for _ in ()).throw(RuntimeError))
    found = build_checks(tiny_bundle, stand_up(tmp_path / "board", NANO))["plans"]
    assert not found.ok


# What every machine has.


def machine_checks(root, language="en"):
    return {check.name: check for check in examine_machine(language, root)}


@pytest.mark.parametrize("state", [*BOARDS, "pc"])
def test_a_machine_in_order(tmp_path, state):
    checks = machine_checks(stand_up(tmp_path, state))
    assert all(check.ok for check in checks.values())
    assert list(checks) == ["temperature", "disk", "clock"]


def test_temperature(tmp_path):
    root = stand_up(tmp_path, NANO)
    assert machine_checks(root)["temperature"].text == "temperature: 50 C (tj-thermal)"
    put(root, "sys/class/thermal/thermal_zone1/temp", "93500")
    found = machine_checks(root)["temperature"]
    assert not found.ok
    assert found.text.startswith("temperature: 94 C (gpu-thermal) is hot; clean the fan")
    assert "ファンを清掃し" in machine_checks(root, "ja")["temperature"].text
    assert "temperature" not in machine_checks(tmp_path / "none")


def test_disk(tmp_path, monkeypatch, cache):
    usage = namedtuple("usage", "total used free")
    root = stand_up(tmp_path, "pc")
    monkeypatch.setattr(machine_doctor.shutil, "disk_usage", lambda path: usage(10 << 30, 0, 5 << 30))
    assert machine_checks(root)["disk"].facts == {"path": str(tmp_path), "free_mb": 5120, "total_mb": 10240}
    monkeypatch.setattr(machine_doctor.shutil, "disk_usage", lambda path: usage(10 << 30, 0, 5 << 20))
    found = machine_checks(root)["disk"]
    assert not found.ok
    assert "edge build --clean" in found.text

    def gone(path):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(machine_doctor.shutil, "disk_usage", gone)
    assert "cannot be looked at (Input/output error)" in machine_checks(root)["disk"].text


def test_clock(tmp_path, monkeypatch):
    root = stand_up(tmp_path, NANO)
    answers(root, "timedatectl show", "NTP=yes\nNTPSynchronized=no\n")
    found = machine_checks(root)["clock"]
    assert not found.ok
    assert "/etc/systemd/timesyncd.conf (NTP=)" in found.text
    assert "timesyncd.conf" in machine_checks(root, "ja")["clock"].text
    answers(root, "timedatectl show", None)
    assert "clock" not in machine_checks(root)

    class Past(datetime):
        @classmethod
        def now(cls, tz=None):
            return datetime(1970, 1, 1, 0, 3, tzinfo=timezone.utc)

    monkeypatch.setattr(machine_doctor, "datetime", Past)
    found = machine_checks(root)["clock"]
    assert not found.ok
    assert found.text.startswith("the clock says 1970-01-01 00:03 UTC, before this Jetson Linux was made")


# Devices.


def test_glyphs(tmp_path, monkeypatch):
    def glyphs(language="en"):
        checks = examine_devices(Site(source=tmp_path), language)
        return next(check for check in checks if check.name == "glyphs")

    assert glyphs().ok
    monkeypatch.setattr("edge.display.panel.charset.undrawable", lambda words: "要確認")
    assert not glyphs().ok
    assert glyphs().text == (
        "no font has the panel's letters \u8981\u78ba\u8a8d; run: sudo apt-get install fonts-vlgothic"
    )

    def old(words):
        raise InputError.of("opencv_old", version="4.10.0")

    monkeypatch.setattr("edge.display.panel.charset.undrawable", old)
    assert not glyphs("ja").ok


class FakeDriver:
    """A camera as its V4L2 driver answers: two kinds of pictures, sizes as a list and as a range."""

    KINDS = (b"MJPG", b"YUYV")

    def ioctl(self, handle, request, entry, change):
        index, kind = struct.unpack_from("<2I", entry)
        answer = {0xC0405602: self.kinds, 0xC02C564A: self.sizes, 0xC034564B: self.intervals}[request]
        answer(entry, index, struct.pack("<I", kind))
        return 0

    def kinds(self, entry, index, _):
        if index >= len(self.KINDS):
            raise OSError(22, "Invalid argument")
        assert struct.unpack_from("<I", entry, 4) == (1,)
        struct.pack_into("<4s", entry, 44, self.KINDS[index])

    def sizes(self, entry, index, kind):
        if kind == b"MJPG" and index < 2:
            struct.pack_into("<3I", entry, 8, 1, *((1920, 1080), (640, 480))[index])
        elif kind == b"YUYV" and index == 0:
            struct.pack_into("<7I", entry, 8, 3, 160, 640, 16, 120, 480, 8)
        else:
            raise OSError(22, "Invalid argument")

    def intervals(self, entry, index, kind):
        if kind == b"YUYV" or index > 1:
            raise OSError(22, "Invalid argument")
        struct.pack_into("<3I", entry, 16, 1, 1, (15, 30)[index])


def test_modes_of_a_camera(tmp_path, monkeypatch):
    (tmp_path / "video0").touch()
    monkeypatch.setattr(modes_doctor.fcntl, "ioctl", FakeDriver().ioctl)
    found = list(map(str, modes(tmp_path / "video0")))
    assert found == ["1920x1080@30 MJPG", "640x480@30 MJPG", "640x480 YUYV"]
    with pytest.raises(FileNotFoundError):
        modes(tmp_path / "video1")
    assert modes_doctor.offered("http://10.0.0.7/mjpg") == []
    assert modes_doctor.offered("no such camera") == []


def test_a_driver_that_never_ends_its_list(tmp_path, monkeypatch):
    (tmp_path / "video0").touch()
    driver = FakeDriver()
    monkeypatch.setattr(
        driver, "sizes", lambda entry, index, kind: struct.pack_into("<3I", entry, 8, 1, 2, 2)
    )
    monkeypatch.setattr(modes_doctor.fcntl, "ioctl", driver.ioctl)
    assert len(modes(tmp_path / "video0")) == 2 * modes_doctor.MOST


# For programs.

KEYS = [
    "schema",
    "board",
    "generation",
    "l4t",
    "tensorrt",
    "cuda",
    "python",
    "power",
    "thermal_c",
    "memory_mb",
    "disk",
    "devices",
    "bundle",
    "checks",
]


@pytest.mark.parametrize("state", [*BOARDS, "pc"])
def test_the_snapshot_keeps_its_keys(tmp_path, state):
    root = stand_up(tmp_path, state)
    checks = [*examine_board(Site(), "en", root), *examine_machine("en", root)]
    found = snapshot(checks, root)
    assert list(found) == KEYS
    assert list(found["power"]) == ["mode", "rails_w", "total_w"]
    assert list(found["devices"]) == ["microphone", "camera", "device_files"]
    assert json.loads(json.dumps(found)) == found
    assert {tuple(check) for check in found["checks"]} == {("name", "ok", "text")}
    board = state != "pc"
    assert all(
        (found[key] is not None) == board for key in ("board", "generation", "l4t", "tensorrt", "cuda")
    )
    assert (found["power"]["mode"] is not None, bool(found["power"]["rails_w"])) == (board, board)


def test_the_snapshot_of_a_board(tmp_path):
    found = snapshot(list(examine_board(Site(), "en", stand_up(tmp_path, AGX))), tmp_path)
    assert (found["generation"], found["l4t"], found["tensorrt"]) == ("orin", "39.2.0", "10.16.2.10")
    assert (found["cuda"], found["python"]) == ("13.2.0", platform.python_version())
    assert found["power"]["mode"] == "MAXN"
    assert found["power"]["total_w"] == 13.91
    assert found["thermal_c"] == {"cpu-thermal": 52.968, "gpu-thermal": 47.625, "soc2-thermal": 48.406}
    assert found["memory_mb"] == {"total": 62817, "available": 41764}
    assert found["devices"]["device_files"]["/dev/nvmap"] is True


@pytest.mark.parametrize("state", BOARDS)
def test_a_recording_is_enough_to_look_at_the_board_elsewhere(tmp_path, state):
    root = stand_up(tmp_path / "there", state)
    found = recording(snapshot([], root), root)
    (tmp_path / "doctor.json").write_text(json.dumps(found))
    elsewhere = stand_up(tmp_path / "here", recorded(tmp_path / "doctor.json"))
    assert snapshot([], elsewhere) == found["snapshot"]
    assert set(found) == {"snapshot", "files", "programs", "tegrastats"}
    if state != "orin-nx-36.4.4":
        assert found["tegrastats"][0]["milliwatts"]
        assert found["tegrastats"][0]["ram_mb"][1] > 7000


def test_a_recording_holds_no_name_of_a_person(tmp_path, monkeypatch):
    monkeypatch.setattr(Path, "home", lambda: Path("/home/tanaka"))
    checks = [Check("disk", True, "disk of /home/tanaka/.cache", {"path": "/home/tanaka/.cache"})]
    found = recording(snapshot(checks, tmp_path), tmp_path)
    assert "tanaka" not in json.dumps(found)
    assert found["snapshot"]["disk"]["path"] == "~/.cache"


def test_the_compiler_of_this_machine_is_told():
    assert compiler().package in gpu_doctor._tensorrt(False, "en").text
