"""Signed updates: keys, repositories and a device's slots, by the command and beneath it."""

import io
import itertools
import shutil
import stat
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from test_cli import edge, one_line_error  # noqa: F401 - edge is a fixture
from tuf.api.metadata import Metadata
from updates import make_world, plain, take, tree

from edge.errors import BundleError, InputError
from edge.update import repository
from edge.update.install import Bundles, activate, rollback
from edge.update.keys import load_keys, make_keys, read_root
from edge.update.repository import publish, sign
from edge.update.slots import Slots


@pytest.fixture(scope="module")
def _world(tmp_path_factory):
    return make_world(tmp_path_factory.mktemp("world"))


@pytest.fixture
def world(_world, tmp_path):
    """The world with a repository and a device of one's own to change."""
    for name in ("repo", "state", "keys"):
        shutil.copytree(_world.place / name, tmp_path / name, symlinks=True)
    (tmp_path / "world").mkdir()
    _world.repo, _world.state, _world.mine = tmp_path / "repo", tmp_path / "state", tmp_path / "keys"
    return _world


def names(state):
    return {slot: Slots(state).record(slot) and Slots(state).record(slot).standing for slot in "ab"}


def test_from_keys_to_a_slot_and_back(edge, world, tmp_path, monkeypatch):  # noqa: F811
    monkeypatch.setenv("EDGE_KEY_PASSPHRASE", "of the line")
    monkeypatch.chdir(tmp_path / "world")
    done = edge("bundle", "keygen", "keys")
    assert (done.code, done.err) == (0, "")
    assert done.out.endswith("devices trust keys/root.json\n")
    for role in ("root", "targets", "snapshot", "timestamp"):
        key = Path("keys") / f"{role}.key"
        assert b"ENCRYPTED PRIVATE KEY" in key.read_bytes()
        assert stat.S_IMODE(key.stat().st_mode) == 0o600
    first, second = world.bundles[:2]
    done = edge("bundle", "publish", first, "--repo", "repo", "--keys", "keys", "--expires-days", "30")
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith("repo holds tiny, signed as version 1 until 20")
    there = ("--state", "state", "--backend", "onnxrt")
    done = edge("bundle", "install", "repo", *there)
    assert "state trusts nobody yet; give root.json of the publisher's keys once with --root" in done.err
    done = edge("bundle", "install", "repo", *there, "--root", "keys/root.json")
    assert done.out.splitlines() == [
        "tiny is in slot a",
        "state/current leads to it, with no probation: start edge run anew",
    ]
    assert edge("bundle", "install", "repo", *there).out == "tiny is in slot a and in use already\n"
    assert edge("bundle", "publish", second, "--repo", "repo", "--keys", "keys").code == 0
    address = (tmp_path / "world" / "repo").as_uri()
    done = edge("bundle", "install", address, *there, "--probation", "2.5", "--lang", "ja")
    assert done.out.splitlines()[0] == "tiny をスロット b に導入しました"
    assert "推定が 2.5 分間続くと確定します" in done.out
    lines = edge("bundle", "list", "--state", "state").out.splitlines()
    assert [line[:11] for line in lines] == ["  a  tiny, ", "* b  tiny, "]
    assert lines[0].endswith(": good")
    assert lines[1].endswith(": on probation, not run yet")
    assert edge("bundle", "install", "repo", *there).out == "tiny is in slot b and in use already\n"
    done = edge("bundle", "rollback", "--state", "state")
    assert done.out == "slot a (tiny) is used from the next start on\n"
    assert (
        "is not installed again; edge bundle activate b takes it"
        in edge("bundle", "install", "repo", *there).err
    )
    assert edge("bundle", "list", "--state", "state").out.splitlines()[1].endswith(": rolled back")
    assert edge("bundle", "activate", "b", *there).out == "slot b (tiny) is used from the next start on\n"
    assert names(Path("state")) == {"a": "good", "b": "good"}
    assert not [path for path in Path("state").rglob("*") if path.suffix == ".key"]
    assert not [
        data
        for data in tree(Path("state")).values()
        if b"PRIVATE" in (data if isinstance(data, bytes) else b"")
    ]
    assert edge("doctor", "state/current").out.count("golden") >= 4


def test_keys_in_the_open_are_warned_of(edge, tmp_path):  # noqa: F811
    done = edge("bundle", "keygen", tmp_path / "keys", "--plain")
    assert done.code == 0
    assert done.err.startswith("WARNING: the keys in")
    assert stat.S_IMODE((tmp_path / "keys" / "root.key").stat().st_mode) == 0o600
    before = tree(tmp_path / "keys")
    assert "keys are never written over" in one_line_error(
        edge("bundle", "keygen", tmp_path / "keys", "--plain")
    )
    assert tree(tmp_path / "keys") == before


def test_without_a_passphrase_no_key_is_made(edge, tmp_path, monkeypatch):  # noqa: F811
    monkeypatch.delenv("EDGE_KEY_PASSPHRASE", raising=False)
    monkeypatch.setattr("sys.stdin", io.StringIO())
    assert "set EDGE_KEY_PASSPHRASE" in one_line_error(edge("bundle", "keygen", tmp_path / "keys"))
    assert not (tmp_path / "keys").exists()


def test_a_wrong_passphrase(tmp_path):
    make_keys(tmp_path / "keys", b"right")
    root = read_root(tmp_path / "keys").signed
    assert load_keys(tmp_path / "keys", root, lambda: b"right", ("root",))
    with pytest.raises(InputError, match=r"root.key cannot be opened: another passphrase"):
        load_keys(tmp_path / "keys", root, lambda: b"wrong", ("root",))


def test_a_key_that_others_may_read_or_of_another_root(world, tmp_path):
    make_keys(tmp_path / "others", None)
    shutil.copy(tmp_path / "others" / "targets.key", world.mine / "targets.key")
    with pytest.raises(InputError, match=r"targets.key is no key of .*root.json"):
        sign(world.repo, world.mine, plain, 30)
    (world.mine / "targets.key").chmod(0o644)
    with pytest.raises(InputError, match="run: chmod 600"):
        sign(world.repo, world.mine, plain, 30)
    (world.mine / "targets.key").unlink()
    with pytest.raises(InputError, match="edge bundle keygen"):
        sign(world.repo, world.mine, plain, 30)


def test_keys_never_lie_where_bundles_are_handed_out(world):
    inside = world.repo / "keys"
    shutil.copytree(world.mine, inside)
    for repo, keys in ((world.repo, inside), (world.mine / "repo", world.mine), (world.mine, world.mine)):
        with pytest.raises(InputError, match="keys must never be where bundles are handed out"):
            publish(repo, keys, plain, 30, world.bundles[0], "tiny")


def test_a_repository_that_somebody_changed_is_not_signed_again(world):
    path = world.repo / "metadata" / "3.targets.json"
    path.write_text(path.read_text().replace('"length":', '"length": 1'))
    before = tree(world.repo)
    for change in (
        lambda: sign(world.repo, world.mine, plain, 30),
        lambda: publish(world.repo, world.mine, plain, 30, world.bundles[0], "tiny"),
    ):
        with pytest.raises(InputError, match=r"3.targets.json is not what these keys signed"):
            change()
    assert tree(world.repo) == before


def test_a_folder_of_something_else_stays(world, tmp_path):
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "1.jpg").touch()
    with pytest.raises(InputError, match="holds something else than a repository"):
        publish(tmp_path / "photos", world.mine, plain, 30, world.bundles[0], "tiny")
    with pytest.raises(InputError, match="holds nothing to sign"):
        sign(tmp_path / "photos", world.mine, plain, 30)
    assert [path.name for path in (tmp_path / "photos").iterdir()] == ["1.jpg"]


def test_only_a_whole_bundle_under_a_plain_name_is_published(world, tiny_copy):
    with pytest.raises(InputError, match="is no name for a file on a server"):
        publish(world.repo, world.mine, plain, 30, tiny_copy, "ライン3")
    (tiny_copy / "audio.onnx").write_bytes(b"x")
    before = tree(world.repo)
    with pytest.raises(BundleError):
        publish(world.repo, world.mine, plain, 30, tiny_copy, "line3")
    assert tree(world.repo) == before


def test_the_same_bundle_gives_the_same_archive(world):
    before = sorted(path.name for path in (world.repo / "targets").iterdir())
    done = publish(world.repo, world.mine, plain, 30, world.bundles[2], "tiny")
    assert (done.version, done.names) == (4, ("tiny",))
    assert sorted(path.name for path in (world.repo / "targets").iterdir()) == before


def test_a_device_chooses_among_several(world):
    publish(world.repo, world.mine, plain, 30, world.bundles[0], "line4")
    with pytest.raises(InputError, match="holds several bundles: line4, tiny; choose one with --name"):
        take(world.state, world.repo)
    with pytest.raises(InputError, match="holds no bundle line5; it holds: line4, tiny"):
        take(world.state, world.repo, name="line5")
    assert take(world.state, world.repo, name="tiny").slot == "a"


def test_signing_anew_gives_more_days_and_a_new_root_in_time(world):
    first = take(world.state, world.repos[2])
    done = sign(world.repo, world.mine, plain, 3650)
    assert (done.version, done.root_expires >= done.expires) == (4, True)
    root = Metadata.from_file(str(world.mine / "root.json")).signed
    assert root.version == 2
    assert (world.repo / "metadata" / "2.root.json").read_bytes() == (world.mine / "root.json").read_bytes()
    again = take(world.state, world.repo)
    assert (again.new, again.slot) == (False, first.slot)
    assert (world.state / "tuf" / "root.json").resolve().name == "2.root.json"


def test_what_is_signed_together_ends_together(world, monkeypatch):
    ticks, real = itertools.count(), repository.expiry
    monkeypatch.setattr(repository, "expiry", lambda days: real(days) + timedelta(seconds=next(ticks)))
    done = sign(world.repo, world.mine, plain, 3650)
    assert done.root_expires >= done.expires
    newest = [f"{done.version}.targets.json", f"{done.version}.snapshot.json", "timestamp.json"]
    parts = [Metadata.from_file(str(world.repo / "metadata" / name)).signed for name in newest]
    assert {part.expires for part in parts} == {done.expires}


def test_the_key_of_the_root_may_stay_elsewhere(world, monkeypatch):
    (world.mine / "root.key").unlink()
    monkeypatch.setattr(repository, "ROOT_DAYS", 1)
    done = sign(world.repo, world.mine, plain, 3650)
    assert done.root_expires < done.expires


def test_a_publication_that_is_cut_off_leaves_the_one_before(world, monkeypatch):
    real, calls = repository._write, []

    def cut(path, data):
        calls.append(path.name)
        if len(calls) == 3:
            raise OSError("cut")
        real(path, data)

    monkeypatch.setattr(repository, "_write", cut)
    with pytest.raises(OSError, match="cut"):
        publish(world.repo, world.mine, plain, 30, world.bundles[0], "line4")
    assert take(world.state, world.repo).slot == "a"
    monkeypatch.undo()
    assert publish(world.repo, world.mine, plain, 30, world.bundles[0], "line4").names == ("line4", "tiny")


def test_another_root_is_not_slipped_in(world, tmp_path):
    make_keys(tmp_path / "others", None)
    with pytest.raises(InputError, match="leave --root out"):
        take(world.state, world.repo, tmp_path / "others" / "root.json")
    for name, data in (
        ("none", None),
        ("empty", b""),
        ("targets", b"{}"),
        ("key", (world.mine / "root.key").read_bytes()),
    ):
        if data is not None:
            (tmp_path / name).write_bytes(data)
        with pytest.raises(InputError, match="is no root metadata"):
            take(tmp_path / "new", world.repo, tmp_path / name)
    assert not (tmp_path / "new" / "root.json").exists()


def test_a_device_is_told_by_hand_to_trust_new_keys(world, tmp_path):
    make_keys(tmp_path / "others", None)
    publish(tmp_path / "new", tmp_path / "others", plain, 30, world.bundles[2], "tiny")
    with pytest.raises(InputError, match=r"is not signed by the keys this device trusts \(timestamp.json\)"):
        take(world.state, tmp_path / "new")
    (world.state / "root.json").unlink()
    assert take(world.state, tmp_path / "new", tmp_path / "others" / "root.json").new


@pytest.mark.parametrize("where", ["ftp://x/repo", "https:///x", "gopher://x", "/nowhere", "."])
def test_an_address_that_is_none(world, where, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path / "world")
    with pytest.raises(InputError, match=r"no https, http or file URL|is no bundle repository"):
        take(world.state, where)


def test_a_bundle_on_probation_keeps_its_way_back(world):
    state = world.state
    assert take(state, world.repos[2]).slot == "a"
    publish(world.repo, world.mine, plain, 30, world.bundles[0], "tiny")
    with pytest.raises(
        InputError, match=r"slot a \(tiny\) is on probation and the other slot is the way back"
    ):
        take(state, world.repo)
    activate(Slots(state), "a", Bundles("onnxrt"))
    assert names(state) == {"a": "good", "b": "good"}
    assert take(state, world.repo).slot == "b"


def test_a_slot_that_is_not_whole_is_not_used(world):
    slots = Slots(world.state)
    assert slots.current == "b"
    (slots.folder("a") / "text.onnx").write_bytes(b"x")
    for change in (lambda: rollback(slots, Bundles()), lambda: activate(slots, "a", Bundles("onnxrt"))):
        with pytest.raises(BundleError):
            change()
        assert (slots.current, names(world.state)) == ("b", {"a": "good", "b": "good"})
    shutil.rmtree(slots.folder("a"))
    with pytest.raises(InputError, match="slot a holds no bundle"):
        activate(slots, "a", Bundles("onnxrt"))
    with pytest.raises(InputError, match="holds no other good bundle"):
        rollback(slots, Bundles())


def test_two_at_once(world):
    with Slots(world.state).changing(), pytest.raises(InputError, match="is being changed by"):
        take(world.state, world.repo)


def test_a_state_folder_that_cannot_be(edge, world, tmp_path):  # noqa: F811
    (tmp_path / "file").touch()
    line = one_line_error(edge("bundle", "rollback", "--state", tmp_path / "file"))
    assert str(tmp_path / "file") in line
    assert one_line_error(edge("bundle", "activate", "a", "--state", tmp_path / "new"))


def test_without_the_extra_one_line_says_what_to_install(edge, monkeypatch):  # noqa: F811
    for name in ("fetch", "keys", "repository"):
        monkeypatch.delitem(sys.modules, f"edge.update.{name}", raising=False)
    for name in ("tuf", "tuf.api", "tuf.api.exceptions", "cryptography"):
        monkeypatch.setitem(sys.modules, name, None)
    for words in (("keygen", "k"), ("sign", "--repo", "r", "--keys", "k"), ("install", "r", "--state", "s")):
        assert "pip install 'edge-emotion[update]'" in one_line_error(edge("bundle", *words))
