"""Energy is read where the board tells, and nowhere else."""

import time

import pytest

from edge.bench.energy import find_meter


def put(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"{text}\n")


def package(sys, zone, microjoules, name="package-0"):
    folder = sys / "sys" / "class" / "powercap" / zone
    put(folder / "name", name)
    put(folder / "energy_uj", microjoules)
    put(folder / "max_energy_range_uj", 1_000_000)
    return folder


def rail(sys, channel, label, millivolts, milliamperes):
    folder = sys / "sys" / "bus" / "i2c" / "drivers" / "ina3221" / "1-0040" / "hwmon" / "hwmon2"
    put(folder / f"in{channel}_label", label)
    put(folder / f"in{channel}_input", millivolts)
    put(folder / f"curr{channel}_input", milliamperes)
    return folder


def test_a_board_that_tells_nothing_has_no_meter(tmp_path):
    assert find_meter(tmp_path) is None
    rail(tmp_path, 2, "VDD_CPU_GPU_CV", 5000, 1000)  # a part of the board only
    assert find_meter(tmp_path) is None


def test_the_input_rail_of_a_jetson(tmp_path):
    rail(tmp_path, 2, "VDD_CPU_GPU_CV", 5000, 9000)
    folder = rail(tmp_path, 1, "VDD_IN", 5000, 2000)
    with find_meter(tmp_path) as meter:
        assert meter.name == "board input (VDD_IN)"
        begin, start = meter.joules(), time.monotonic()
        time.sleep(0.3)
        used, seconds = meter.joules() - begin, time.monotonic() - start
        assert 0 < used <= 10.0 * (seconds + 0.1)  # 5 V times 2 A
        (folder / "in1_input").unlink()
        time.sleep(0.3)
        with pytest.raises(OSError, match="in1_input"):
            meter.joules()


def test_the_counters_of_intel_processors_start_again(tmp_path):
    first = package(tmp_path, "intel-rapl:0", 900_000)
    second = package(tmp_path, "intel-rapl:1", 5, "package-1")
    package(tmp_path, "intel-rapl:0:0", 1, "core")  # a part of the first
    with find_meter(tmp_path) as meter:
        assert meter.joules() == 0.0
        put(first / "energy_uj", 950_000)
        put(second / "energy_uj", 10_005)
        assert meter.joules() == pytest.approx(0.06)
        put(first / "energy_uj", 50_000)
        assert meter.joules() == pytest.approx(0.16)


def test_counters_that_may_not_be_read(tmp_path):
    folder = package(tmp_path, "intel-rapl:0", 1)
    (folder / "energy_uj").unlink()
    (folder / "energy_uj").mkdir()  # reading it fails for everybody, root as well
    assert find_meter(tmp_path) is None
