"""Repositories that somebody changed, held back or mixed: a device takes nothing and says why in a line."""

import http.server
import json
import shutil
import threading
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from tuf.api.metadata import Metadata, TargetFile
from updates import make_world, plain, take, tree

from edge.bundle.archive import pack
from edge.bundle.folder import open_bundle
from edge.errors import EdgeError
from edge.update import repository
from edge.update.keys import make_keys
from edge.update.repository import publish, sign


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """A device that took the second of three publications; the third is there to be attacked."""
    world = make_world(tmp_path_factory.mktemp("world"))
    make_keys(world.place / "others", None)
    publish(world.place / "strange", world.place / "others", plain, 30, world.bundles[2], "tiny")
    for _ in range(4):
        sign(world.place / "strange", world.place / "others", plain, 30)
    return world


ROLES = ["timestamp.json", "3.snapshot.json", "3.targets.json"]


def place_of(repo, name):
    return next((repo / "targets").glob("*.tar")) if name == "tar" else repo / "metadata" / name


def newest(repo):
    """The .tar that the newest targets name, the only one left."""
    named = json.loads((repo / "metadata" / "3.targets.json").read_text())["signed"]["targets"]["tiny.tar"]
    for path in (repo / "targets").iterdir():
        if not path.name.startswith(named["hashes"]["sha256"]):
            path.unlink()


def flip(name, share):
    def change(world, repo):
        path = place_of(repo, name)
        data = bytearray(path.read_bytes())
        data[int(share * len(data))] ^= 1
        path.write_bytes(data)

    return change


def cut(name, share):
    def change(world, repo):
        path = place_of(repo, name)
        path.write_bytes(path.read_bytes()[: int(share * path.stat().st_size)])

    return change


def longer(name):
    def change(world, repo):
        with place_of(repo, name).open("ab") as file:
            file.write(b"x")

    return change


def gone(name):
    return lambda world, repo: place_of(repo, name).unlink()


def endless(name):
    """Zeros that go on for a tebibyte."""

    def change(world, repo):
        with place_of(repo, name).open("r+b") as file:
            file.truncate(1 << 40)

    return change


def device(name):
    def change(world, repo):
        path = place_of(repo, name)
        path.unlink()
        path.symlink_to("/dev/zero")

    return change


def older(number, *names):
    """Files of an earlier publication in place of the newest."""

    def change(world, repo):
        for name in names or ("timestamp.json",):
            said = f"{number + 1}.{name}" if name != "timestamp.json" else name
            wanted = f"3.{name}" if name != "timestamp.json" else name
            shutil.copy(world.repos[number] / "metadata" / said, repo / "metadata" / wanted)

    return change


def whole(number):
    def change(world, repo):
        shutil.rmtree(repo)
        shutil.copytree(world.repos[number], repo)

    return change


def expired(*roles):
    """Signed with the true keys, but over since yesterday."""

    def change(world, repo):
        real = repository._State._signed
        past = datetime.now(timezone.utc).replace(microsecond=0) - timedelta(days=1)

        def signed(state, part, until):
            return real(state, part, past if part.type in roles else until)

        repository._State._signed = signed
        try:
            sign(repo, world.keys, plain, 30)
        finally:
            repository._State._signed = real

    return change


def strange(*names):
    """Files that the keys of another repository signed."""

    def change(world, repo):
        if not names:  # all of it
            shutil.rmtree(repo)
            shutil.copytree(world.place / "strange", repo)
        for name in names:
            found = next((world.place / "strange" / "metadata").glob(f"*{name}"))
            shutil.copy(found, repo / "metadata" / (name if name == "timestamp.json" else f"3.{name}"))

    return change


def signed_by_others(*roles):
    """The true content with a higher version, signed by keys this device does not trust."""

    def change(world, repo):
        from edge.update.keys import load_keys, read_root

        others = read_root(world.place / "others").signed
        signers = load_keys(
            world.place / "others", others, plain, ("root", "targets", "snapshot", "timestamp")
        )
        for role in roles:
            name = "timestamp.json" if role == "timestamp" else f"{1 if role == 'root' else 3}.{role}.json"
            found = Metadata.from_file(str(repo / "metadata" / name))
            if role in ("root", "timestamp"):
                found.signed.version += 1
            found.sign(signers[role])
            path = name if role != "root" else "2.root.json"
            found.to_file(str(repo / "metadata" / path))

    return change


def no_bundle(content):
    """Signed with the true keys, but no bundle: keys vouch for who published, not for what works."""

    def change(world, repo):
        archive = repo / "targets" / "x"
        content(world, archive)
        target = TargetFile.from_file("tiny.tar", str(archive), ["sha256"])
        archive.rename(repo / "targets" / f"{target.hashes['sha256']}.tiny.tar")
        with repository._signing(repo, world.keys, plain) as state:
            state.targets.targets["tiny.tar"] = target
            state.write(30)

    return change


def wrong_outputs(world, archive):
    """A whole bundle whose networks give other outputs than its golden ones: of two exports."""
    mixed = Path(shutil.copytree(world.bundles[2], archive.with_name("mixed")))
    manifest = json.loads((mixed / "bundle.json").read_text())
    from edge.bundle.folder import sealed, sha256

    shutil.copy(world.bundles[0] / "golden.npz", mixed / "golden.npz")
    manifest["files"]["golden.npz"] = sha256(mixed / "golden.npz")
    (mixed / "bundle.json").write_text(json.dumps(sealed(manifest)))
    open_bundle(mixed)
    pack(mixed, archive)
    shutil.rmtree(mixed)


ATTACKS = [
    *(
        (f"flipped {name} at {share}", flip(name, share))
        for name in (*ROLES, "tar")
        for share in (0.1, 0.5, 0.9)
    ),
    *((f"cut {name} to {share}", cut(name, share)) for name in (*ROLES, "tar") for share in (0.0, 0.5)),
    *((f"longer {name}", longer(name)) for name in (*ROLES, "tar")),
    *((f"no {name}", gone(name)) for name in (*ROLES, "tar")),
    *((f"endless {name}", endless(name)) for name in (*ROLES, "tar")),
    *((f"device {name}", device(name)) for name in ("timestamp.json", "tar")),
    ("all of the first publication", whole(0)),
    ("timestamp of the first", older(0)),
    ("snapshot of the first", older(0, "snapshot.json")),
    ("snapshot of the second", older(1, "snapshot.json")),
    ("targets of the first", older(0, "targets.json")),
    ("targets of the second", older(1, "targets.json")),
    ("snapshot and targets of the second", older(1, "snapshot.json", "targets.json")),
    *((f"expired {role}", expired(role)) for role in ("timestamp", "snapshot", "targets")),
    ("expired all", expired("timestamp", "snapshot", "targets")),
    ("another repository", strange()),
    ("another repository's timestamp", strange("timestamp.json")),
    ("another repository's snapshot", strange("snapshot.json")),
    ("another repository's targets", strange("targets.json")),
    ("timestamp of other keys", signed_by_others("timestamp")),
    ("all of other keys", signed_by_others("targets", "snapshot", "timestamp")),
    ("root of other keys", signed_by_others("root")),
    ("signed, but no bundle", no_bundle(lambda world, archive: archive.write_bytes(b"x" * 5000))),
    ("signed, but networks that give something else", no_bundle(wrong_outputs)),
]


def test_there_are_enough():
    assert len(ATTACKS) >= 50


@pytest.mark.parametrize(("name", "attack"), ATTACKS, ids=[name for name, _ in ATTACKS])
def test_nothing_is_taken_and_a_line_says_why(world, tmp_path, name, attack):
    repo = Path(shutil.copytree(world.repos[2], tmp_path / "repo"))
    newest(repo)
    attack(world, repo)
    state = Path(shutil.copytree(world.place / "state", tmp_path / "state", symlinks=True))
    before = tree(state / "slots"), (state / "current").readlink()
    with pytest.raises(EdgeError) as caught:
        take(state, repo)
    for language in ("en", "ja"):
        assert "\n" not in caught.value.told(language)
        assert 20 < len(caught.value.told(language)) < 450
    assert (tree(state / "slots"), (state / "current").readlink()) == before
    if not name.startswith(("expired", "signed")):  # their versions are true: nothing older follows them
        assert take(state, world.repos[2]).new


def test_a_root_that_has_expired_ends_all_trust_in_it(world, tmp_path, monkeypatch):
    """Once it is published: a device that does not see it yet goes on trusting the one before."""
    root = Metadata.from_file(str(world.root))
    from edge.update.keys import load_keys

    root.signed.version, root.signed.expires = 2, datetime.now(timezone.utc).replace(microsecond=0)
    root.sign(load_keys(world.keys, root.signed, plain, ("root",))["root"])
    repo = Path(shutil.copytree(world.repos[2], tmp_path / "repo"))
    root.to_file(str(repo / "metadata" / "2.root.json"))
    state = Path(shutil.copytree(world.place / "state", tmp_path / "state", symlinks=True))
    with pytest.raises(EdgeError, match=r"has expired \(root.json\)"):
        take(state, repo)


class Server(http.server.SimpleHTTPRequestHandler):
    """Hands a repository out; what is listed never ends, and what is cut stops in the middle."""

    endless, cut = "-", "-"

    def do_GET(self):
        if self.endless in self.path:
            self.send_response(200)
            self.end_headers()
            try:
                while True:
                    self.wfile.write(bytes(1 << 16))
            except OSError:
                return
        if self.cut in self.path:
            data = (Path(self.directory) / self.path[1:]).read_bytes()
            self.send_response(200)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data[: len(data) // 2])
            return
        super().do_GET()

    def log_message(self, *words):
        pass


@pytest.fixture
def served(world):
    """The address of the third publication on a real server, and its handler."""
    handler = type("Handler", (Server,), {})
    server = http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0), lambda *words: handler(*words, directory=str(world.repos[2]))
    )
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", handler
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.mark.parametrize("name", ["timestamp", "3.snapshot", "3.targets", "targets/", "2.root"])
def test_a_server_that_never_ends_is_left(world, served, tmp_path, name):
    address, handler = served
    handler.endless = name
    state = Path(shutil.copytree(world.place / "state", tmp_path / "state", symlinks=True))
    with pytest.raises(EdgeError, match="more bytes than were signed"):
        take(state, address)
    handler.endless = "-"
    assert take(state, address).record.name == "tiny"


@pytest.mark.parametrize("name", ["timestamp", "3.targets", "targets/"])
def test_a_connection_that_breaks_off(world, served, tmp_path, name):
    address, handler = served
    handler.cut = name
    state = Path(shutil.copytree(world.place / "state", tmp_path / "state", symlinks=True))
    with pytest.raises(EdgeError, match="cannot be read"):
        take(state, address)
    handler.cut = "-"
    assert take(state, f"{address}/").new


def test_nobody_answers(world, tmp_path):
    state = Path(shutil.copytree(world.place / "state", tmp_path / "state", symlinks=True))
    with pytest.raises(EdgeError, match="check the address and the network"):
        take(state, "http://127.0.0.1:9/repo")
