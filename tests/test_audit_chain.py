"""The chain of what was done: whatever is done to its files is noticed; a power cut is told apart from it."""

import json
import os
import random
import shutil
import subprocess
import sys

import pytest

from edge.audit.anchor import canonical
from edge.audit.chain import CHAIN, Audit, hash_of
from edge.audit.verify import verify
from edge.errors import AuditError, InputError

ENTRIES = 12


@pytest.fixture
def audit(tmp_path):
    made = Audit(tmp_path / "audit", tmp_path / "keys")
    for number in range(ENTRIES):
        made.append("recorded", clips=number, level=-20.5, subject=made.hashed("S01"), note="現場")
    return made


def lines(audit):
    return audit.path.read_bytes().split(b"\n")[:-1]


def put(audit, found):
    audit.path.write_bytes(b"".join(line + b"\n" for line in found))


def test_what_was_written_is_whole(audit):
    found = verify(audit)
    assert (found.bad, found.notes, found.entries) == (None, (), ENTRIES + 1)  # the first says that it began
    assert [entry["seq"] for entry in audit.entries()] == list(range(1, ENTRIES + 2))
    assert audit.entries()[3]["facts"] == {
        "clips": 2,
        "level": -20.5,
        "note": "現場",
        "subject": audit.hashed("S01"),
    }
    assert "S01" not in audit.path.read_text()
    for path in (audit.path, audit.anchors.apart, *audit.anchors.keys.glob("*.key")):
        assert path.stat().st_mode & 0o077 == 0, path


# A hundred of each kind of tampering.


def edit_byte(found, draw):
    index = draw.randrange(len(found))
    line = bytearray(found[index])
    place = draw.randrange(len(line))
    line[place] = draw.choice([b for b in range(256) if b not in (line[place], 10)])
    found[index] = bytes(line)


def edit_fact(found, draw):
    """A number that is changed, with the hashes of all later lines made to fit."""
    index = draw.randrange(1, len(found))
    for number in range(index, len(found)):
        entry = json.loads(found[number])
        if number == index:
            entry["facts"]["clips"] = draw.randrange(1000, 2000)
        else:
            entry["before"] = hash_of(found[number - 1])
        found[number] = canonical(entry).encode()


def take_out(found, draw):
    first = draw.randrange(len(found))
    del found[first : first + draw.randint(1, 3)]


def swap(found, draw):
    one, other = draw.sample(range(len(found)), 2)
    found[one], found[other] = found[other], found[one]


def shuffle(found, draw):
    before = list(found)
    while found == before:
        draw.shuffle(found)


def repeat(found, draw):
    index = draw.randrange(len(found))
    found.insert(draw.randint(0, len(found)), found[index])


def cut_tail(found, draw):
    del found[draw.randrange(len(found)) :]


def cut_tail_in_a_line(found, draw):
    cut_tail(found, draw)
    if found:
        found[-1] = found[-1][: draw.randrange(len(found[-1]))]


def add_at_the_end(found, draw):
    """A new entry that follows, without the key."""
    entry = json.loads(found[-1])
    entry |= {"before": hash_of(found[-1]), "seq": entry["seq"] + 1, "mac": f"{draw.getrandbits(256):064x}"}
    found.append(canonical(entry).encode())


@pytest.mark.parametrize(
    "harm",
    [edit_byte, edit_fact, take_out, swap, shuffle, repeat, cut_tail, cut_tail_in_a_line, add_at_the_end],
)
def test_100_of_100_are_found(audit, harm):
    whole, missed = lines(audit), []
    for seed in range(100):
        found = list(whole)
        harm(found, random.Random(seed))
        put(audit, found)
        verdict = verify(audit)
        if verdict.bad is None:
            missed.append(seed)
    assert missed == []
    put(audit, whole)
    assert verify(audit).bad is None


@pytest.mark.parametrize("what", ["chain", "chain and anchor", "the whole folder"])
def test_an_older_copy_is_found(audit, tmp_path, what):
    old = shutil.copytree(audit.folder, tmp_path / "old")
    for later in range(30):
        audit.append("run_started", later=later)
        if what == "the whole folder":
            shutil.rmtree(audit.folder)
            shutil.copytree(old, audit.folder)
        else:
            kept = audit.path.read_bytes(), audit.anchors.here.read_bytes()
            shutil.copy(old / CHAIN, audit.path)
            if what == "chain and anchor":
                shutil.copy(old / "anchor.json", audit.anchors.here)
        found = verify(audit)
        assert found.bad is not None
        assert (found.bad.key, found.bad.values["there"]) == ("audit_cut", ENTRIES + 1)
        if what == "the whole folder":
            return
        audit.path.write_bytes(kept[0])
        audit.anchors.here.write_bytes(kept[1])
        assert verify(audit).bad is None


def test_a_folder_that_is_gone_is_noticed(audit):
    shutil.rmtree(audit.folder)
    assert verify(audit).bad.key == "audit_cut"
    audit.append("run_started")
    assert verify(audit).bad.key == "audit_order"  # no new chain begins as if nothing had been there


def test_an_append_does_not_cover_up(audit):
    """It goes on where the anchors are, whatever the file says: the gap stays."""
    put(audit, lines(audit)[:5])
    audit.append("run_started")
    assert [entry["seq"] for entry in audit.entries()][-2:] == [5, ENTRIES + 2]
    found = verify(audit)
    assert (found.bad.key, found.entries) == ("audit_order", 5)


@pytest.mark.parametrize("name", ["anchor.json", "other anchor", "both"])
def test_anchors_are_watched(audit, name):
    paths = {"anchor.json": [audit.anchors.here], "other anchor": [audit.anchors.apart]}
    for path in paths.get(name, [audit.anchors.here, audit.anchors.apart]):
        path.write_text(path.read_text().replace('"seq":13', '"seq":12'))
    found = verify(audit)
    if name == "other anchor":  # its holder has the key, and could have written what is right
        assert found.bad is None
    else:
        assert found.bad.key == ("audit_anchor_here" if name == "anchor.json" else "audit_no_anchors")
    if name == "both":
        with pytest.raises(AuditError, match="both anchors"):
            audit.append("run_started")


# Power cuts.


def test_a_power_cut_at_every_byte_is_no_tampering(audit):
    before = {path: path.read_bytes() for path in (audit.path, audit.anchors.here, audit.anchors.apart)}
    audit.append("deleted", clips=3)
    after = {path: path.read_bytes() for path in before}
    grown = len(after[audit.path]) - len(before[audit.path])
    assert grown > 100
    for size in range(grown + 1):  # the anchors are written once the entry is on the disk
        for path, data in before.items():
            path.write_bytes(data)
        audit.path.write_bytes(after[audit.path][: len(before[audit.path]) + size])
        found = verify(audit)
        assert found.bad is None, size
        assert [note.key for note in found.notes] == (
            ["audit_note_behind"] if size == grown else ["audit_note_torn"] if size else []
        )
        if size in (0, 1, grown // 2, grown - 1, grown):
            audit.append("run_started")
            assert verify(audit) == verify(audit), size
            assert (verify(audit).bad, verify(audit).notes) == (None, ()), size
            kept = ENTRIES + 2 + (size >= grown - 1)  # a whole line but for its newline is an entry
            assert verify(audit).entries == kept, size
    for path, data in after.items():  # between the two anchors
        path.write_bytes(data)
    audit.anchors.here.write_bytes(before[audit.anchors.here])
    assert (verify(audit).bad, verify(audit).notes) == (None, ())


def test_a_power_cut_while_it_begins(tmp_path):
    for step in ("key", "entry", "anchor"):
        audit = Audit(tmp_path / step / "audit", tmp_path / step / "keys")
        with audit.locked():
            key, mark = audit.anchors.begin()
        if step != "key":
            audit.append("run_started")
            if step == "entry":
                first = lines(audit)[:1]
                put(audit, first)
                audit.anchors.here.unlink()
                audit.anchors.apart.unlink()
                with audit.locked():
                    audit.anchors.note(mark, key)
        audit.append("run_started")
        assert verify(audit).bad is None, step


def test_two_processes_append_at_once(tmp_path):
    program = (
        "import sys; from pathlib import Path; from edge.audit.chain import Audit\n"
        "audit = Audit(Path(sys.argv[1]), Path(sys.argv[2]))\n"
        "for number in range(25): audit.append('recorded', by=sys.argv[3], number=number)\n"
    )
    places = [str(tmp_path / "audit"), str(tmp_path / "keys")]
    running = [subprocess.Popen([sys.executable, "-c", program, *places, by]) for by in "abc"]
    assert [process.wait(120) for process in running] == [0, 0, 0]
    audit = Audit(tmp_path / "audit", tmp_path / "keys")
    assert verify(audit).bad is None
    told = [(entry["facts"]["by"], entry["facts"]["number"]) for entry in audit.entries()[1:]]
    assert sorted(told) == [(by, number) for by in "abc" for number in range(25)]


# Where it is.


def test_a_folder_that_moved_goes_on(audit, tmp_path):
    moved = Audit(audit.folder.rename(tmp_path / "moved"), tmp_path / "keys")
    assert verify(moved).bad is None
    moved.append("run_started")
    assert verify(moved).entries == ENTRIES + 2


def test_without_the_key_it_says_so(audit, tmp_path):
    other = Audit(audit.folder, tmp_path / "none")
    for ask in (lambda: verify(other), lambda: other.append("run_started")):
        with pytest.raises(AuditError, match="the key of this audit is not here"):
            ask()


def test_a_head_that_was_noted_down(audit):
    head = verify(audit).head
    audit.append("run_started")
    assert verify(audit, head).bad is None
    assert verify(audit, head[:-1] + ("0" if head[-1] != "0" else "1")).bad.key == "audit_head_other"
    assert verify(audit, "99:" + "0" * 16).bad.key == "audit_head_other"
    with pytest.raises(InputError, match="is no head"):
        verify(audit, "yesterday")


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes everywhere")
def test_a_folder_that_cannot_be_written(audit):
    audit.folder.chmod(0o500)
    try:
        with pytest.raises(AuditError, match="cannot be written"):
            audit.append("run_started")
    finally:
        audit.folder.chmod(0o700)
