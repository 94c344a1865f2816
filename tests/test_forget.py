"""`edge forget`: after it nothing of the person is in any file of the site, and all of the others is."""

import csv
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from datetime import date, timedelta
from pathlib import Path

import pytest
from conftest import MEDIA
from forget_site import KEY, NAMES, Made, aged, traces_left
from typer.testing import CliRunner

from edge.audit.verify import verify
from edge.cli.main import app
from edge.config import read_site
from edge.consent.store import Consents
from edge.errors import InputError
from edge.forget import retention
from edge.forget.cut import cut_json, cut_lines, cut_table, cut_text
from edge.forget.journal import JOURNAL
from edge.forget.retention import Retention, expire
from edge.forget.run import Place, forget, look
from edge.forget.traces import Traces
from edge.recording.sealed import SUFFIX

S01 = Traces(subject="S01", names=("佐藤 葵",), files=frozenset({"clips/a.wav"}), short=frozenset({"a.wav"}))


@pytest.fixture(scope="module", autouse=True)
def _key():
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EDGE_RECORD_KEY", KEY.hex())
        yield


@pytest.fixture(scope="module", params=["sealed", "plain"])
def template(tmp_path_factory, demo, request):
    return Made(tmp_path_factory.mktemp("sites") / "line3", demo, MEDIA, request.param == "sealed")


@pytest.fixture
def made(template, tmp_path):
    return copied(template, tmp_path)


def copied(template, folder):
    """The same site elsewhere."""
    shutil.copytree(template.folder, folder / "line3")
    made = object.__new__(Made)
    made.__dict__ |= template.__dict__
    made.folder, made.settings = folder / "line3", folder / "line3" / "site.toml"
    text = made.settings.read_text(encoding="utf-8")
    made.settings.write_text(text.replace(str(template.folder.parent), str(folder)), encoding="utf-8")
    made.rows = [dict(row) for row in template.rows]
    return made


def place(made):
    return Place(read_site(made.settings), made.settings)


def rows(path):
    with path.open(newline="", encoding="utf-8-sig") as file:
        return list(csv.DictReader(file))


def files(folder):
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def edge(*said):
    return CliRunner().invoke(app, [*map(str, said)])


def test_nothing_of_a_person_is_left_in_any_file_and_all_of_the_others_is(made):
    before = files(made.folder)
    where = {str(path.relative_to(made.folder)).partition("/")[0] for path, _ in traces_left(made, "S01")}
    assert where == {
        *("recordings", "labels", "label-studio", "review", "reports", "shadow", "consent.sqlite"),
        *("site.toml", "split.txt", "notes.md", "copy.zip", "old.tar", "speakers.npz"),
    }
    assert any(what == "media" for _, what in traces_left(made, "S01"))
    receipt = forget(place(made), "S01")
    assert traces_left(made, "S01") == []
    assert (receipt.left, receipt.shared, receipt.checks, receipt.consents) == ([], 2, 1, 5)
    assert receipt.settings
    table = rows(made.folder / "recordings" / "metadata.csv")
    assert [row["speaker"] for row in table] == ["S02"] * 3 + ["S03"] * 3 + ["S02"]
    assert [row["subjects"] for row in table] == ["S02"] * 3 + ["S03"] * 3 + ["S02"]
    after = files(made.folder)
    for who in ("S02", "S03"):
        for name in made.names[who]:
            path = Path("recordings") / "clips" / (name + SUFFIX * made.sealed)
            assert after[path] == before[path]
    assert len(rows(made.folder / "labels" / "labels.csv")) == 3 * 7
    tasks = json.loads((made.folder / "label-studio" / "one" / "tasks-audio.json").read_text())
    copies = [task["data"]["audio"].partition("?d=")[2] for task in tasks]
    assert len(copies) == 7
    assert all((made.folder / "label-studio" / "one" / name).is_file() for name in copies)
    for name in ("reports/agreement.json", "other.zip", "bundles/site/bundle.json", "bundles/two/audio.onnx"):
        assert after[Path(name)] == before[Path(name)]
    assert "S011" in (made.folder / "notes.md").read_text(encoding="utf-8")
    events = (made.folder / "shadow" / "events.csv").read_bytes().decode("cp932").splitlines()
    assert [line.rpartition(",")[2] for line in events] == ["氏名", "鈴木 翼"]
    assert not list(made.folder.glob("bundles/*.work"))
    with Consents(made.folder / "consent.sqlite") as consents:
        assert {row.subject for row in consents.rows()} == {"S02", "S03"}
        assert "S01" not in consents.names()
    assert read_site(made.settings).review.consent is None
    told = {bundle["path"]: bundle["sure"] for bundle in receipt.bundles}
    assert told == {"bundles/site": True}
    with pytest.raises(InputError) as caught:
        forget(place(made), "S01")
    assert caught.value.key == "forget_nobody"


def test_the_receipt_proves_it_without_a_name(made):
    receipt = forget(place(made), "S01")
    path = made.folder / receipt.path
    told = json.loads(path.read_text(encoding="utf-8"))
    assert told["files"] == sum(row["files"] for row in told["areas"].values()) > 15
    assert told["bytes"] > 10_000
    audit = made.audit()
    (entry,) = [entry for entry in audit.entries() if entry["event"] == "deleted"]
    assert entry["seq"] == told["audit"]
    assert entry["facts"]["subject"] == told["subject"] == audit.hashed("S01")
    assert entry["facts"]["files"] == told["files"]
    assert verify(audit, None).bad is None
    for what in (path.read_text(encoding="utf-8"), (made.folder / "audit" / "chain.jsonl").read_text()):
        assert "S01" not in what
        assert NAMES["S01"] not in what
    assert not (made.folder / JOURNAL).exists()


def test_the_verb_looks_asks_and_prints_pages_in_both_languages(made):
    where = ("--config", made.settings)
    before = files(made.folder)
    done = edge("forget", "--subject", "S01", "--dry-run", *where)
    assert done.exit_code == 0, done.output
    assert "bundles/site" in done.output
    done = edge("forget", "--subject", "S01", *where)  # nobody is there to be asked
    assert done.exception
    assert files(made.folder) == before
    done = edge("forget", "--subject", "S01", "--yes", "--lang", "ja", *where)
    assert done.exit_code == 0, done.output
    pages = sorted(made.folder.glob("receipts/*.html"))
    assert [page.name.split(".")[-2] for page in pages] == ["en", "ja"]
    for page in pages:
        text = page.read_text(encoding="utf-8")
        assert "http:" not in text
        assert "https:" not in text
        assert "S01" not in text
        assert "bundles/site" in text
    assert traces_left(made, "S01") == []
    assert edge("forget", *where).exception
    assert edge("forget", "--subject", "S09", "--yes", *where).exception


SERVER = """
import os, sys
from pathlib import Path
from edge.config import read_site
from edge.forget.run import Place, forget
for line in sys.stdin:
    settings = Path(line.strip())
    child = os.fork()
    if child == 0:
        forget(Place(read_site(settings), settings), "S01")
        os._exit(0)
    print(child, flush=True)
    print(os.waitpid(child, 0)[1], flush=True)
"""


@pytest.fixture
def server():
    """A process that forgets S01 in the site it is told, in a child that may be killed."""
    command = [sys.executable, "-c", SERVER]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:

        def run(settings, kill_s=None):
            process.stdin.write(f"{settings}\n")
            process.stdin.flush()
            child = int(process.stdout.readline())
            if kill_s is not None:
                time.sleep(kill_s)
                with suppress(ProcessLookupError):
                    os.kill(child, signal.SIGKILL)
            return int(process.stdout.readline())

        yield run
        process.stdin.close()


def killed(template, folder, server, times):
    """How many of so many runs were killed, at moments spread over a whole one; each is finished then."""
    assert server(copied(template, folder / "first").settings) == 0  # what is slow once
    first = copied(template, folder / "whole")
    began = time.monotonic()
    assert server(first.settings) == 0
    lasts = time.monotonic() - began
    random.seed(23)
    count = 0
    for number in range(times):
        made = copied(template, folder / str(number))
        count += server(made.settings, lasts * (number + random.random()) / times) == signal.SIGKILL
        if (made.folder / JOURNAL).exists() or traces_left(made, "S01"):
            assert server(made.settings) == 0
        assert traces_left(made, "S01") == [], number
        assert not (made.folder / JOURNAL).exists()
        (receipt,) = made.folder.glob("receipts/*.json")
        told = json.loads(receipt.read_text(encoding="utf-8"))
        whole = json.loads(next(first.folder.glob("receipts/*.json")).read_text(encoding="utf-8"))
        same = ("rows", "checks", "consents", "shared", "settings")
        assert [told[name] for name in same] == [whole[name] for name in same], number
        assert told["files"] - whole["files"] in (0, 1), (
            number
        )  # a half-written journal names the person, too
        shutil.rmtree(made.folder.parent)
    return count


def test_killed_at_any_moment_it_is_gone_on_with_and_the_receipt_is_whole(template, tmp_path, server):
    assert killed(template, tmp_path, server, 4) >= 1


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_killed_at_a_hundred_moments(template, tmp_path, server):
    """Fifty of an encrypted site and fifty of a plain one."""
    assert killed(template, tmp_path, server, 50) >= 12


def test_old_recordings_go_by_themselves_with_all_that_speaks_of_them(made):
    day = date(2026, 11, 30)
    aged(made, "S03", 40)
    assert expire(place(made), date(2026, 11, 20)) is not None  # S03 is older than 30 days
    assert {row["speaker"] for row in rows(made.folder / "recordings" / "metadata.csv")} >= {"S01", "S02"}
    assert "S03" not in {row["speaker"] for row in rows(made.folder / "recordings" / "metadata.csv")}
    left = {where.name for where, what in traces_left(made, "S03") if what == "media"}
    assert left == {"0000000000000001.wav"}  # a check of the review queue has days of its own
    assert len(rows(made.folder / "labels" / "labels.csv")) == 3 * 8
    assert expire(place(made), date(2026, 11, 20)) is None
    assert expire(place(made), day + timedelta(days=40)) is not None
    assert rows(made.folder / "recordings" / "metadata.csv") == []
    assert not list(made.folder.rglob("*.mkv*"))
    events = [entry["event"] for entry in made.audit().entries()]
    assert events.count("deleted") == 2


def test_recordings_of_a_consent_that_ran_out_go_and_those_of_others_stay(made):
    with Consents(made.folder / "consent.sqlite") as consents:
        consents.withdraw("S02", date(2026, 11, 25))
        (one,) = {row.until for row in consents.rows()}
        assert one is None
        consents.add("S04", ["sound"], "Aoki", date(2026, 11, 20), date(2026, 11, 27))
    for row in made.rows:
        row["speaker"] = row["subjects"] = {"S03": "S04"}.get(row["speaker"], row["speaker"])
    made._table()
    assert expire(place(made), date(2026, 11, 27)) is None
    assert expire(place(made), date(2026, 11, 28)) is not None
    assert "S04" not in {row["speaker"] for row in rows(made.folder / "recordings" / "metadata.csv")}
    assert "S02" in {row["speaker"] for row in rows(made.folder / "recordings" / "metadata.csv")}


def test_a_run_looks_at_its_start_and_every_day_and_a_trouble_stops_nothing(made, monkeypatch):
    monkeypatch.setattr(retention, "DAY_S", 0.05)
    aged(made, "S01", 400)
    said = []
    with Retention(read_site(made.settings), made.settings, said.append):
        until = time.monotonic() + 20
        while not said and time.monotonic() < until:
            time.sleep(0.02)
        aged(made, "S03", 400)
        while len(said) < 2 and time.monotonic() < until:
            time.sleep(0.02)
    assert len(said) == 2
    assert all(line.startswith("retention: ") for line in said)
    (made.folder / "consent.sqlite").write_text("no database at all, but long enough to be looked at " * 9)
    said.clear()
    retention.sweep(place(made), said.append)
    assert len(said) == 1
    assert "until the next start" in said[0]


def test_tables_keep_what_stays_byte_for_byte(tmp_path):
    head = "speaker;note\r\n"
    for encoding in ("utf-8", "utf-8-sig", "utf-16", "cp932"):
        stays = 'S02;"two\r\nlines; 葵"\r\n'
        data = (head + 'S01;"a; b"\r\n' + stays + "\r\ns０１;x\r\nS011;y\r\n").encode(encoding)
        found = cut_table(data, S01)
        assert found.rows == 2, encoding
        assert found.data == (head + stays + "\r\nS011;y\r\n").encode(encoding)
    same = b"speaker,note\nS02,x\n"
    assert cut_table(same, S01).data == same
    named = "speaker,note\nS02,佐藤葵 と S01\n".encode()
    assert cut_table(named, S01).data.decode() == "speaker,note\nS02,[forgotten] と [forgotten]\n"
    assert cut_table(b"file_name\nclips\\a.wav\n", S01).rows == 1
    assert cut_text(b"a.wav\nb.wav\n", S01).data == b"b.wav\n"


def test_json_loses_the_innermost_element_that_is_about_the_person():
    one = {"people": [{"name": "x", "speaker": "S01"}, {"speaker": "S02"}], "by": {"S01": 1, "S02": 2}}
    left = json.loads(cut_json(json.dumps(one).encode(), S01).data)
    assert left == {"people": [{"speaker": "S02"}], "by": {"S02": 2}}
    assert cut_json(b'{"speaker": "S01", "text": "x"}', S01).whole
    lines = b'{"source": "a.wav"}\n{"source": "b.wav"}\n{"torn'
    assert cut_lines(lines, S01).data == b'{"source": "b.wav"}\n{"torn'
    task = [{"data": {"audio": "/data/local-files/?d=media/00001.flac", "file": "clips/a.wav"}}]
    found = cut_json(json.dumps(task).encode(), S01)
    assert (json.loads(found.data), found.copies) == ([], ("media/00001.flac",))


def test_what_is_not_telling_is_looked_for_in_columns_alone():
    one = Traces(subject="7")
    assert cut_table(b"speaker,value\n7,1\n8,7\n", one).data == b"speaker,value\n8,7\n"
    assert cut_text(b"7 of 7\n", one).data == b"7 of 7\n"


def test_looking_changes_nothing_and_a_database_of_something_else_is_named(made):
    import sqlite3

    with sqlite3.connect(made.folder / "other.db") as db:
        db.execute("CREATE TABLE t (x)")
        db.execute("INSERT INTO t VALUES ('S01')")
    db.close()
    before = files(made.folder)
    plan = look(place(made), "S01")
    assert files(made.folder) == before
    assert [step.path.name for step in plan.steps if step.kind == "left"] == ["other.db"]
    assert forget(place(made), "S01").left == ["other.db"]
