"""A repository of tiny bundles, its keys, and a device that installed the first of them."""

import shutil
from pathlib import Path
from types import SimpleNamespace

from edge.bundle.tiny import write_tiny_bundle
from edge.update.fetch import find, keep_trust, trust
from edge.update.install import Bundles, install
from edge.update.keys import make_keys
from edge.update.repository import publish
from edge.update.slots import Slots


def plain():
    """No passphrase: keys of tests."""


def make_world(place):
    """Keys, three bundles, the repository as it was after each publication, and a device on the second."""
    make_keys(place / "keys", None)
    world = SimpleNamespace(place=place, keys=place / "keys", root=place / "keys" / "root.json")
    world.bundles = [write_tiny_bundle(place / f"tiny-{seed}", seed).folder for seed in range(3)]
    world.repos = []
    for number, bundle in enumerate(world.bundles):
        publish(place / "repo", world.keys, plain, 30, bundle, "tiny")
        world.repos.append(Path(shutil.copytree(place / "repo", place / f"repo-{number}")))
    for repo in world.repos[:2]:
        take(place / "state", repo, world.root, probation_s=0.0)
    return world


def take(state, where, root=None, name=None, probation_s=600.0):
    """Install as the command does."""

    def found():
        trusted = trust(state, root)
        offer = find(str(where), state, trusted, name)
        keep_trust(state, trusted)
        return offer

    return install(Slots(state), found, probation_s, Bundles("onnxrt"))


def tree(folder):
    """Every file below a folder, and what it holds; links as what they lead to."""
    return {
        path.relative_to(folder).as_posix(): path.readlink().as_posix()
        if path.is_symlink()
        else path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_symlink() or path.is_file()
    }
