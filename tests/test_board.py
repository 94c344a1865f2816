"""Which Jetson this is, and what its sensors say, on states of boards read from public sources."""

import pytest
from boards import BOARDS, answers, put, stand_up
from processes import children

from edge.bench.energy import find_meter
from edge.board.board import parse_release, read_board
from edge.board.clocks import cpu_clocks, gpu_clock
from edge.board.power import read_power
from edge.board.programs import answer, lines, power_mode, program
from edge.board.tegrastats import parse
from edge.board.thermal import slowed_by_heat, supply_events, temperatures

RELEASES = """
# R35 (release), REVISION: 3.1, GCID: 32827747, DATE: Sun Mar 19 15:19:21 UTC 2023
# R36 (release), REVISION: 4.7, GCID: 42132812, DATE: Thu Sep 18 22:54:44 UTC 2025
# R38 (release), REVISION: 2.0, GCID: 41844464, DATE: Fri Aug 22 00:55:42 UTC 2025
# R38 (release), REVISION: 4.0, GCID: 43443517, DATE: Wed Dec 31 00:15:19 UTC 2025
# R39 (release), REVISION: 2.0, GCID: 45755727, DATE: Mon Jun  1 09:28:48 PM UTC 2026
"""


@pytest.mark.parametrize(
    ("state", "generation", "module", "version", "jetpack"),
    [
        ("orin-nano-36.4.7", "orin", "Orin Nano 8GB", "36.4.7", "6.2.1"),
        ("orin-nx-36.4.4", "orin", "Orin NX 16GB", "36.4.4", "6.2.1"),
        ("agx-orin-39.2", "orin", "AGX Orin 64GB", "39.2.0", "7.2"),
        ("thor-38.4", "thor", "AGX Thor", "38.4.0", "7.1"),
    ],
)
def test_a_board_is_told_by_its_device_tree(tmp_path, state, generation, module, version, jetpack):
    board = read_board(stand_up(tmp_path, state))
    assert (board.generation, board.module) == (generation, module)
    assert (board.release.version, board.release.jetpack) == (version, jetpack)
    assert board.model.startswith("NVIDIA Jetson ")
    assert "\0" not in board.model


def test_a_pc_is_no_board(tmp_path):
    assert read_board(stand_up(tmp_path, "pc")) is None


def test_a_container_knows_its_release_and_not_its_board(tmp_path):
    root = stand_up(tmp_path, "thor-38.4")
    for name in ("model", "compatible"):
        put(root, f"proc/device-tree/{name}", None)
    board = read_board(root)
    assert (board.model, board.generation, board.module) == ("", None, "")
    assert board.release.version == "38.4.0"
    put(root, "etc/nv_tegra_release", "something else\n")
    assert read_board(root).release is None


def test_a_board_of_an_older_release_has_no_jetson_in_its_name(tmp_path):
    put(tmp_path, "proc/device-tree/model", "NVIDIA Orin Nano Developer Kit\0")
    put(tmp_path, "proc/device-tree/compatible", "nvidia,p3768-0000+p3767-0005\0nvidia,tegra234\0")
    board = read_board(tmp_path)
    assert (board.model, board.generation) == ("NVIDIA Orin Nano Developer Kit", "orin")
    assert (board.module, board.release) == ("Orin Nano 8GB", None)


def test_every_form_of_the_release_file_is_read():
    found = [parse_release(line) for line in RELEASES.strip().splitlines()]
    assert [release.version for release in found] == ["35.3.1", "36.4.7", "38.2.0", "38.4.0", "39.2.0"]
    assert [release.built.isoformat() for release in found] == [
        "2023-03-19T15:19:21+00:00",
        "2025-09-18T22:54:44+00:00",
        "2025-08-22T00:55:42+00:00",
        "2025-12-31T00:15:19+00:00",
        "2026-06-01T21:28:48+00:00",  # written with a 12-hour clock
    ]
    assert found[2].jetpack == "7.0"
    midnight = parse_release("# R39 (release), REVISION: 2.0, DATE: Mon Jun  1 12:05:00 AM UTC 2026")
    assert midnight.built.hour == 0
    odd = parse_release("# R39 (release), REVISION: 9.9, DATE: unknown")
    assert (odd.built, odd.jetpack, odd.numbers) == (None, "", (39, 9, 9))


@pytest.mark.parametrize(
    ("state", "total_w", "rails"),
    [
        ("orin-nano-36.4.7", 4.825, {"VDD_IN": 4.825, "VDD_CPU_GPU_CV": 0.52, "VDD_SOC": 1.475}),
        ("agx-orin-39.2", 5.14 + 3.27 + 5.5, {"VDD_GPU_SOC": 5.14, "VDDQ_VDD2_1V8AO": 0.3}),
        ("thor-38.4", 19.78, {"VDD_GPU": 1.962, "VIN": 19.78}),
    ],
)
def test_power_by_rail_and_of_the_whole_board(tmp_path, state, total_w, rails):
    power = read_power(stand_up(tmp_path, state))
    assert power.total_w == pytest.approx(total_w)
    for label, watts in rails.items():
        assert power.rails_w[label] == pytest.approx(watts)
    assert not {"NC", "sum of shunt voltages"} & set(power.rails_w)


def test_rails_that_do_not_tell_the_whole_board(tmp_path):
    assert read_power(stand_up(tmp_path / "pc", "pc")) is None
    root = stand_up(tmp_path / "thor", "thor-38.4")
    put(root, "sys/bus/i2c/drivers/ina238/2-0044/hwmon/hwmon4/power1_input", None)
    power = read_power(root)
    assert set(power.rails_w) == {"VDD_GPU", "VDD_CPU_SOC_MSS", "VIN_SYS_5V0"}
    assert power.total_w is None  # memory and carrier board are not in them
    assert find_meter(root) is None
    root = stand_up(tmp_path / "nano", "orin-nano-36.4.7")
    put(root, "sys/bus/i2c/drivers/ina3221/1-0040/hwmon/hwmon1/curr1_input", "busy")
    power = read_power(root)
    assert (power.total_w, set(power.rails_w)) == (None, {"VDD_CPU_GPU_CV", "VDD_SOC"})


@pytest.mark.parametrize(
    ("state", "named"),
    [
        ("orin-nano-36.4.7", "VDD_IN"),
        ("agx-orin-39.2", "VDD_GPU_SOC + VDD_CPU_CV + VIN_SYS_5V0"),
        ("thor-38.4", "VIN"),
    ],
)
def test_every_board_has_a_meter(tmp_path, state, named):
    with find_meter(stand_up(tmp_path, state)) as meter:
        assert meter.name == f"board input ({named})"


def test_zones_that_are_off_are_left_out(tmp_path):
    root = stand_up(tmp_path, "orin-nano-36.4.7")
    assert temperatures(root) == {"cpu-thermal": 50.031, "gpu-thermal": 49.031, "tj-thermal": 50.25}
    assert temperatures(tmp_path / "none") == {}


def test_what_slows_a_board_down(tmp_path):
    root = stand_up(tmp_path, "orin-nano-36.4.7")
    assert slowed_by_heat(root) == []  # a fan and a warning of a hot surface slow nothing
    assert supply_events(root) == {"under_voltage": 0, "average_over_current": 0, "over_current": 0}
    put(root, "sys/class/thermal/cooling_device1/cur_state", "1")
    put(root, "sys/class/hwmon/hwmon2/oc3_event_cnt", "27390")
    assert slowed_by_heat(root) == ["cpu-throttle-alert"]
    assert supply_events(root)["over_current"] == 27390


@pytest.mark.parametrize(
    ("state", "gpu", "cpus"),
    [
        ("orin-nano-36.4.7", (306, 918), 2),
        ("agx-orin-39.2", (1300.5, 1300.5), 1),
        ("thor-38.4", (315, 1575), 1),
    ],
)
def test_clocks(tmp_path, state, gpu, cpus):
    root = stand_up(tmp_path, state)
    clock = gpu_clock(root)
    assert (clock.now_mhz, clock.most_mhz) == pytest.approx(gpu)
    assert not clock.fixed
    assert len(cpu_clocks(root)) == cpus
    assert gpu_clock(stand_up(tmp_path / "pc", "pc")) is None


def test_clocks_that_are_fixed(tmp_path):
    root = stand_up(tmp_path, "thor-38.4")
    put(root, "sys/class/devfreq/gpu-gpc-0/min_freq", "1575000000")
    assert gpu_clock(root).fixed


@pytest.mark.parametrize(
    ("state", "mode", "known"),
    [
        ("orin-nano-36.4.7", "25W", "MAXN_SUPER"),
        ("orin-nx-36.4.4", "25W", "MAXN"),
        ("thor-38.4", "120W", "MAXN"),
    ],
)
def test_the_power_mode_is_a_name(tmp_path, state, mode, known):
    found = power_mode(stand_up(tmp_path, state))
    assert found.name == mode
    assert known in found.ids


def test_programs_that_fail_answer_nothing(tmp_path):
    root = stand_up(tmp_path, "orin-nano-36.4.7")
    assert program("nvcc", root) == root / "usr/bin/nvcc"
    answers(root, "nvpmodel -q", "NV Power Mode: 25W", code=1)
    assert power_mode(root) is None
    answers(root, "nvpmodel -q", None)
    assert power_mode(root) is None
    (root / "usr/bin/slow").write_text("#!/bin/sh\nexec sleep 30\n")
    (root / "usr/bin/slow").chmod(0o755)
    assert answer("slow", root=root, patience_s=0.2) is None
    assert lines("slow", root=root, patience_s=0.2) == []
    assert lines("missing", root=root) == []
    (root / "usr/bin/endless").write_text("#!/bin/sh\nwhile :; do echo line; sleep 0.01; done\n")
    (root / "usr/bin/endless").chmod(0o755)
    assert lines("endless", root=root, count=2) == ["line", "line"]
    assert children() == []


JP5_AGX = (
    "RAM 2454/30536MB (lfb 6254x4MB) SWAP 0/15268MB (cached 0MB) CPU [0%@729,off,off,0%@729] EMC_FREQ 0% "
    "GR3D_FREQ 0% GR3D2_FREQ 0% CV0@-256C CPU@41.437C Tboard@31C SOC2@38.218C GPU@-256C tj@41.656C "
    "VDD_GPU_SOC 2390mW/2390mW VDD_CPU_CV 796mW/796mW VIN_SYS_5V0 3522mW/3522mW NC 0mW/0mW "
    "VDDQ_VDD2_1V8AO 301mW/301mW NC 0mW/0mW"
)
JP6_ROOT = (
    "11-15-2024 08:38:09 RAM 6185/7620MB (lfb 8x2MB) SWAP 851/3810MB (cached 1MB) "
    "CPU [15%@729,11%@729,14%@729,13%@729,11%@729,8%@729] EMC_FREQ 43%@2133 GR3D_FREQ 63%@[621] NVDEC off "
    "NVJPG off NVJPG1 off VIC off OFA off APE 200 cpu@53.968C soc2@52.437C soc0@50.75C gpu@53.343C "
    "tj@53.968C soc1@51.656C VDD_IN 12479mW/12479mW VDD_CPU_GPU_CV 4667mW/4667mW VDD_SOC 2817mW/2817mW"
)


def line(state, tmp_path):
    return answer("tegrastats", root=stand_up(tmp_path, state))


def test_tegrastats_of_jetpack_6_as_root_and_not(tmp_path):
    stats = parse(JP6_ROOT)
    assert (stats.ram_mb, stats.swap_mb) == ((6185, 7620), (851, 3810))
    assert (stats.cpus, stats.gpu, stats.gpu_mhz, stats.emc) == ((15, 11, 14, 13, 11, 8), 63, (621,), 43)
    assert stats.milliwatts == {"VDD_IN": 12479, "VDD_CPU_GPU_CV": 4667, "VDD_SOC": 2817}
    assert stats.celsius["soc0"] == 50.75
    stats = parse(line("orin-nano-36.4.7", tmp_path))
    assert (stats.gpu, stats.gpu_mhz, stats.emc) == (0, (), None)
    assert (stats.celsius["soc0"], stats.milliwatts["VDD_IN"]) == (50.0, 4824)


def test_tegrastats_of_jetpack_7_on_agx_orin_has_doubled_temperatures_and_three_powers(tmp_path):
    stats = parse(line("agx-orin-39.2", tmp_path))
    assert stats.celsius == {"cpu": 52.968, "soc2": 48.406, "soc0": 49.531, "gpu": 47.625}
    assert stats.milliwatts == {"VDD_GPU_SOC": 5139, "VDD_CPU_CV": 3268, "VIN_SYS_5V0": 5500}
    assert (stats.gpu, stats.gpu_mhz, len(stats.cpus), stats.swap_mb) == (12, (1300, 1300), 12, None)


def test_tegrastats_of_thor_has_no_load_of_the_gpu(tmp_path):
    stats = parse(line("thor-38.4", tmp_path))
    assert (stats.gpu, stats.gpu_mhz, stats.emc) == (None, (314, 314, 314), 0)
    assert stats.milliwatts["VIN"] == 19780
    assert stats.celsius["soc345"] == 37.406


def test_tegrastats_of_jetpack_5_on_agx_orin(tmp_path):
    stats = parse(JP5_AGX)
    assert stats.celsius == {"CPU": 41.437, "Tboard": 31.0, "SOC2": 38.218, "tj": 41.656}  # -256: off
    assert stats.cpus == (0, None, None, 0)
    assert "NC" not in stats.milliwatts
    assert stats.milliwatts["VDDQ_VDD2_1V8AO"] == 301


@pytest.mark.parametrize("text", ["", "tegrastats: not found", "CPU [", "[sudo] password:"])
def test_other_lines_are_none_of_tegrastats(text):
    assert parse(text) is None


@pytest.mark.parametrize("state", BOARDS)
def test_states_of_boards_say_where_they_are_from(state):
    from boards import STATES

    head = (STATES / f"{state}.toml").read_text(encoding="utf-8").split("[files]")[0]
    assert "Put together from public sources; no board was recorded" in head
