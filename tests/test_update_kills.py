"""A device's slots after a kill before any change to the disk: a working bundle is never lost."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from updates import make_world, take

from edge.update.slots import Slots

TESTS = Path(__file__).parent


@pytest.mark.parametrize("seeds", [8, pytest.param(200, marks=[pytest.mark.slow, pytest.mark.timeout(1200)])])
def test_no_kill_loses_a_working_bundle(seeds):
    done = subprocess.run(
        [sys.executable, TESTS / "update_kills.py", str(seeds)],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"PYTHONPATH": os.pathsep.join([str(TESTS.parent), str(TESTS)])},
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert (found["seeds"], found["lost"], found["broken"]) == (seeds, [], [])
    assert found["places"]["install"] > 40
    assert min(found["places"].values()) > 5


def test_all_of_a_slot_is_on_the_disk_before_the_switch(tmp_path, monkeypatch):
    """A kill loses no page cache, a power cut does: what the link leads to was synced before it changed."""
    world, synced, at_switch = make_world(tmp_path), set(), []
    fsync, switch = os.fsync, Slots.switch

    def noted(descriptor):
        synced.add(os.fstat(descriptor).st_ino)
        fsync(descriptor)

    def switched(slots, slot):
        folder = slots.folder(slot)
        files = [folder, *folder.iterdir(), folder.parent / f"{slot}.json", folder.parent]
        at_switch.append([path.name for path in files if path.stat().st_ino not in synced])
        switch(slots, slot)

    monkeypatch.setattr(os, "fsync", noted)
    monkeypatch.setattr(Slots, "switch", switched)
    assert take(tmp_path / "state", world.repos[2]).slot == "a"
    assert at_switch == [[]]
    assert (tmp_path / "state").stat().st_ino in synced
