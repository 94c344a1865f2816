"""Kill -9 what changes a device's slots, before any of its changes to the disk; say what is left.

A process of its own, since it forks: each operation, and each look at what it left, runs in a child. Python's
audit events name every change a process makes to files; a seed picks an operation and one of its changes.
Prints a line of JSON: seeds, places where a kill may come, what was lost.
"""

import json
import os
import random
import shutil
import signal
import sys
import tempfile
import traceback
from pathlib import Path

from edge.bundle.folder import open_bundle
from edge.bundle.tiny import write_tiny_bundle
from edge.config import Site
from edge.update.fetch import find
from edge.update.install import Bundles, activate, install, prove, rollback
from edge.update.keys import make_keys
from edge.update.probation import installed
from edge.update.repository import publish
from edge.update.slots import Slots

CHANGES = {"os.rename", "os.remove", "os.symlink", "os.mkdir", "os.rmdir", "os.chmod", "os.truncate"}
WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT


class Killer:
    """Counts changes to files, and ends its process just before one of them."""

    def __init__(self):
        self.count, self.last = 0, 0

    def __call__(self, event, args):
        if event in CHANGES or (event == "open" and isinstance(args[2], int) and args[2] & WRITES):
            self.count += 1
            if self.count == self.last:
                os.kill(os.getpid(), signal.SIGKILL)


def child(work, *given):
    """Run something in a child: what it gives, or None where it was killed."""
    ours, its = os.pipe()
    if not (pid := os.fork()):
        try:
            found = work(*given)
        except BaseException:
            traceback.print_exc()
            os._exit(1)
        os.write(its, json.dumps(found).encode())
        os._exit(0)
    os.close(its)
    with os.fdopen(ours, "rb") as pipe:
        data = pipe.read()
    _, status = os.waitpid(pid, 0)
    if os.WIFSIGNALED(status):
        return None
    if status:
        raise SystemExit("an operation failed")
    return json.loads(data)


class Device:
    """A repository of three bundles and devices that took two of them."""

    def __init__(self, place):
        self.place, self.repo, self.killer = place, place / "repo", Killer()
        make_keys(place / "keys", None)
        self.root = (place / "keys" / "root.json").read_bytes()
        good, trying = place / "good", place / "trying"
        for seed in (0, 1, 2):
            bundle = write_tiny_bundle(place / f"tiny-{seed}", seed).folder
            publish(self.repo, place / "keys", lambda: None, 30, bundle, "tiny")
            if seed < 2:
                child(self.install, good)
        shutil.copytree(good, trying, symlinks=True)
        Slots(trying).stand("b", "trying")
        Slots(good).stand("b", "good")
        self.operations = {
            "install": (good, self.install),
            "activate": (good, self.activate),
            "rollback": (good, self.rollback),
            "go back by itself": (trying, self.start),
        }

    def install(self, state):
        put = (Slots(state), lambda: find(str(self.repo), state, self.root, None))
        install(*put, 600.0, Bundles("onnxrt"))

    def activate(self, state):
        activate(Slots(state), "a", Bundles("onnxrt"))

    def rollback(self, state):
        rollback(Slots(state), Bundles())

    def start(self, state):
        installed(Site(bundle=state / "current"), lambda line: None)

    def killed(self, work, state, last):
        """Do it up to a change; how many there were, where nothing killed it."""
        self.killer.count, self.killer.last = 0, last
        sys.addaudithook(self.killer)
        work(state)
        return self.killer.count

    def copy(self, name, path):
        return Path(shutil.copytree(self.operations[name][0], self.place / path, symlinks=True))


def working(state):
    """When the bundle in use was made; it is opened and proved as a run would."""
    bundle = open_bundle(state / "current")
    prove(bundle, "onnxrt", "en")
    return bundle.manifest.digest


def left_over(state):
    found = {path.name for path in state.iterdir()} - {"root.json", "tuf", "slots", "current"}
    found |= {path.name for path in (state / "slots").iterdir()} - {"a", "b", "a.json", "b.json"}
    return sorted(found | {path.name for path in (state / "tuf").glob("tmp*")})


def main(place, seeds):
    device = Device(place)
    places, sound, lost, broken = {}, {}, [], []
    for name, (_, work) in device.operations.items():
        state = device.copy(name, f"whole {name}")
        before = child(working, state)
        places[name] = child(device.killed, work, state, 0)
        sound[name] = (before, child(working, state))
    for seed in range(seeds):
        name = list(device.operations)[seed % len(device.operations)]
        last = random.Random(seed).randint(1, places[name])
        told = f"seed {seed}: {name}, killed before change {last} of {places[name]}"
        state, work = device.copy(name, "state"), device.operations[name][1]
        if child(device.killed, work, state, last) is not None:
            broken.append(f"{told}: it was not killed")
        try:
            lost += [] if child(working, state) in sound[name] else [f"{told}: a bundle that never was"]
        except SystemExit:
            lost.append(told)
        try:  # and what a person does next goes through
            child(device.install if name == "install" else device.activate, state)
            child(working, state)
            broken += [f"{told}: left {left}"] if (left := left_over(state)) else []
        except SystemExit:
            broken.append(f"{told}: what follows fails")
        shutil.rmtree(state)
    print(json.dumps({"seeds": seeds, "places": places, "lost": lost, "broken": broken}))


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch:
        main(Path(scratch), int(sys.argv[1]))
