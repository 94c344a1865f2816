"""`edge run` on an installed bundle: kept once readings flowed, left for the one before when a run died."""

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from rig_audio import until
from test_live import Hand
from updates import make_world, take

from edge.config import Site, read_site
from edge.errors import BundleError, ConfigError
from edge.items import Reading
from edge.sources.devices.live import LiveSource
from edge.update import probation
from edge.update.install import Bundles, rollback
from edge.update.probation import installed
from edge.update.slots import Slots
from edge.watch import watch
from edge.words import word


@pytest.fixture(scope="module")
def _world(tmp_path_factory):
    return make_world(tmp_path_factory.mktemp("world"))


@pytest.fixture
def state(_world, tmp_path):
    """A device with a new bundle in slot a, and a good one in slot b."""
    state = Path(shutil.copytree(_world.place / "state", tmp_path / "state", symlinks=True))
    assert take(state, _world.repos[2], probation_s=2.0).slot == "a"
    return state


@pytest.fixture
def devices(monkeypatch):
    """A microphone that is silent: readings come, and say so."""
    monkeypatch.setattr("edge.watch.live_source", lambda site, rate, say: LiveSource([Hand]))


def standing(state, slot):
    return Slots(state).record(slot).standing


def site(state, **more):
    return Site(bundle=state / "current", backend="onnxrt", **more)


def run(state, seconds, said):
    """Watch until SIGTERM; said: gets the lines of a run, less the one that there is no [policy]."""
    threading.Timer(seconds, os.kill, (os.getpid(), signal.SIGTERM)).start()
    lines = []
    found = watch(site(state), None, True, lines.append)
    lines.remove(word("policy_none", "en"))
    said.extend(lines)
    return found


def test_readings_that_flow_make_it_good(state, devices):
    said = []
    run(state, 6.0, said)
    assert (Slots(state).current, standing(state, "a")) == ("a", "good")
    assert said == ["tiny in slot a is good: readings flowed through its probation"]
    said.clear()
    run(state, 1.0, said)
    assert said == []


def test_one_that_a_person_ends_is_on_probation_still(state, devices):
    Slots(state).note("a", Slots(state).record("a").model_copy(update={"probation_s": 600.0}))
    said = []
    for _ in range(2):
        run(state, 3.0, said)
        assert (Slots(state).current, standing(state, "a"), said) == ("a", "new", [])


@pytest.fixture
def dead(state):
    """The device after its first run on the new bundle died."""
    _, left = installed(site(state), print)
    assert standing(state, "a") == "trying"
    os.close(left._trials[0].held)
    return state


def test_a_second_run_beside_the_first_changes_nothing(state):
    first, watched = installed(site(state), print)
    said = []
    second, beside = installed(site(state), said.append)
    with beside:
        beside.write(Reading(1.0, "reading", "live"))
    assert (first.bundle, said, standing(state, "a")) == (second.bundle, [], "trying")
    with watched:
        pass
    assert standing(state, "a") == "new"


def test_a_run_that_died_is_gone_back_from_at_the_next_start(dead, devices):
    said = []
    run(dead, 3.0, said)
    assert (Slots(dead).current, standing(dead, "a"), standing(dead, "b")) == ("b", "rolled_back", "good")
    assert said == [
        "tiny did not keep its probation; back to slot b (tiny); edge bundle activate tries the other again"
    ]


def test_the_line_is_in_japanese_as_well(dead):
    said = []
    installed(site(dead, display={"language": "ja"}), said.append)
    assert said == [
        "tiny は試用期間中に停止したため、スロット b（tiny）に戻しました。"
        "edge bundle activate で再度使用できます"
    ]


def test_a_bundle_that_does_not_open_is_gone_back_from(state, devices):
    (Slots(state).folder("a") / "text.onnx").write_bytes(b"x")
    with pytest.raises(BundleError):
        watch(site(state), None, True, print)
    assert standing(state, "a") == "trying"
    said = []
    run(state, 2.0, said)
    assert (Slots(state).current, len(said)) == ("b", 1)


def test_settings_and_devices_are_not_the_bundle_s_fault(state, monkeypatch):
    def refuse(*_):
        raise ConfigError.of("no_devices")

    monkeypatch.setattr("edge.watch.live_source", refuse)
    with pytest.raises(ConfigError):
        watch(site(state), None, True, print)
    assert (Slots(state).current, standing(state, "a")) == ("a", "new")


def test_an_unknown_fault_is(state, monkeypatch):
    monkeypatch.setattr("edge.watch.live_source", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        watch(site(state), None, True, print)
    assert standing(state, "a") == "trying"


def test_with_no_way_back_it_stays_and_may_become_good(dead, devices):
    shutil.rmtree(Slots(dead).folder("b"))
    said = []
    run(dead, 6.0, said)
    assert said[0].startswith("tiny did not keep its probation, but stays: ")
    assert said[1].startswith("tiny in slot a is good")
    assert (Slots(dead).current, standing(dead, "a")) == ("a", "good")


def test_one_before_that_is_not_whole_is_not_gone_back_to(dead):
    (Slots(dead).folder("b") / "text.onnx").write_bytes(b"x")
    said = []
    found, _ = installed(site(dead), said.append)
    assert (Slots(dead).current, found.bundle.name) == ("a", "a")
    assert "but stays: " in said[0]


def test_a_folder_that_cannot_be_written_stops_nothing(state, monkeypatch):
    def refuse(*_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Slots, "note", refuse)
    said = []
    found, watched = installed(site(state), said.append)
    assert said == [
        f"{state} cannot be written (Permission denied), so the probation of its bundle is not watched"
    ]
    with watched:
        watched.write(Reading(1.0, "reading", "live"))
    assert found.bundle == Slots(state).folder("a").resolve()


def test_what_a_person_decided_meanwhile_holds(state):
    _, watched = installed(site(state), print)
    with watched:
        assert rollback(Slots(state), Bundles())[0] == "b"
        for _ in range(2):
            watched.write(Reading(1.0, "reading", "live"))
            time.sleep(2.1)
    assert (Slots(state).current, standing(state, "a")) == ("b", "rolled_back")


def test_a_gap_begins_it_anew_and_an_end_in_one_is_a_failure(state, monkeypatch):
    now = [0.0]
    monkeypatch.setattr(probation.time, "monotonic", lambda: now[0])
    said = []
    _, watched = installed(site(state), said.append)
    with watched:
        watched.begun()
        watched.write(Reading(0.0, "reading", "live"))
        now[0] = 61.0
        watched.write(Reading(61.0, "reading", "live"))
        assert said == []
        now[0] = 122.0
    assert standing(state, "a") == "trying"


def test_a_bundle_elsewhere_and_no_bundle_have_no_probation(state, tiny_bundle, tmp_path):
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "current").symlink_to(tiny_bundle.folder)
    for bundle in (None, tiny_bundle.folder, tmp_path / "other" / "current"):
        found, watched = installed(Site(bundle=bundle), print)
        assert found.bundle == bundle
        with watched:
            watched.write(Reading(1.0, "reading", "live"))


def test_site_toml_names_it_and_a_switch_does_not_touch_a_run(state, tmp_path):
    (tmp_path / "site.toml").write_text('bundle = "state/current"\n')
    found, _ = installed(read_site(tmp_path / "site.toml"), print)
    assert found.bundle == (state / "slots" / "a").resolve()


def test_a_run_that_is_killed(state, tmp_path):
    out = tmp_path / "out.jsonl"
    words = ["run", "--bundle", state / "current", "--microphone", "off", "--camera", "http://127.0.0.1:1/x"]
    command = [sys.executable, "-m", "edge.cli", *words, "--headless", "--jsonl", out]

    def started(stderr):
        process = subprocess.Popen(list(map(str, command)), cwd=Path(__file__).parents[1], stderr=stderr)
        until(lambda: out.exists() and out.read_text().count("\n") >= 1, 60)
        return process

    Slots(state).note("a", Slots(state).record("a").model_copy(update={"probation_s": 600.0}))
    process = started(subprocess.DEVNULL)
    process.kill()
    process.wait()
    assert standing(state, "a") == "trying"
    out.unlink()
    with (tmp_path / "stderr").open("w") as stderr:
        process = started(stderr)
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
    assert "did not keep its probation; back to slot b (tiny)" in (tmp_path / "stderr").read_text()
    assert json.loads(out.read_text().splitlines()[0])["state"]
