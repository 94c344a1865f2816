"""Consents of a site: what is noted, what is refused, what holds on a day."""

import json
import sqlite3
import stat
import subprocess
import sys
import time
from datetime import date, timedelta

import pytest
from typer.testing import CliRunner

from edge.cli.main import app
from edge.consent.store import SCOPES, Consents
from edge.errors import InputError

DAY = date(2026, 11, 20)
NAME = "佐藤 葵"


@pytest.fixture
def path(tmp_path):
    return tmp_path / "consent.sqlite"


def said(call):
    with pytest.raises(InputError) as caught:
        call()
    for language in ("en", "ja"):
        assert "\n" not in caught.value.told(language)
    return caught.value


def test_a_consent_holds_from_its_day_to_its_last_or_its_withdrawal(path):
    with Consents(path) as consents:
        assert consents.valid("S01", "sound", DAY) is None
        assert consents.rows() == []
        assert not path.exists()  # looking makes nothing
        sound, label = consents.add("S01", ["label", "sound"], "Aoki", DAY, DAY + timedelta(days=2))
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        held = {after: consents.valid("S01", "sound", DAY + timedelta(days=after)) for after in (-1, 0, 2, 3)}
        assert held == {-1: None, 0: sound, 2: sound, 3: None}
        assert consents.valid("S01", "picture", DAY) is None
        assert consents.valid("S02", "sound", DAY) is None
        assert consents.withdraw("S01", DAY + timedelta(days=1), ["sound"]) == 1
        assert consents.valid("S01", "sound", DAY) == sound  # what was lawful stays known
        assert consents.valid("S01", "sound", DAY + timedelta(days=1)) is None
        assert consents.valid("S01", "label", DAY + timedelta(days=1)) == label
        (again,) = consents.add("S01", ["sound"], "Aoki", DAY + timedelta(days=1))
        assert consents.valid("S01", "sound", DAY + timedelta(days=1)) == again
        for row in consents.rows():
            for after in range(-1, 5):
                day = DAY + timedelta(days=after)
                if row.id != again:
                    assert row.holds(day) == (
                        consents.valid(row.subject, row.scope, day) == row.id
                        or (row.id == sound and after == 0)
                    ), (row, day)


def test_what_is_wrong_is_one_line_and_changes_nothing(path, tmp_path):
    ahead = date.today() + timedelta(days=1)
    with Consents(path) as consents:
        consents.add("S01", SCOPES, "Aoki", DAY, name=NAME)
        before = consents.rows()
        assert said(lambda: consents.add("S02", ["sound"], "Aoki", ahead)).key == "consents_ahead"
        assert said(lambda: consents.withdraw("S01", ahead)).key == "consents_ahead"
        assert (
            said(lambda: consents.add("S02", ["sound"], "A", DAY, DAY - timedelta(1))).key == "consents_until"
        )
        assert said(lambda: consents.add("S02", ["smell"], "Aoki", DAY)).key == "consents_scope"
        assert said(lambda: consents.add("S02", [], "Aoki", DAY)).key == "consents_no_scope"
        assert said(lambda: consents.add("S02", ["sound"], " ", DAY)).key == "consents_taken_by"
        assert said(lambda: consents.add("s01", ["sound"], "Aoki", DAY)).key == "consents_alike"
        for name in (NAME, "Sato Aoi", "", "../S01", "S" * 33, "S01\n"[:3] + "\nS02"):
            error = said(lambda name=name: consents.add(name, ["sound"], "Aoki", DAY))
            assert error.key == "consents_subject"
            assert not name.strip() or name not in error.told("ja")  # it may be a name
        assert said(lambda: consents.withdraw("S09", DAY)).key == "consents_unknown"
        assert said(lambda: consents.withdraw("S01", DAY - timedelta(1))).key == "consents_before"
        assert consents.rows() == before
        assert consents.withdraw("S01", DAY) == len(SCOPES)
        assert said(lambda: consents.withdraw("S01", DAY)).key == "consents_twice"
        consents.add("Ｓ０２", ["sound"], "Aoki", DAY)  # full width, as a Japanese keyboard may write it
        assert consents.rows()[-1].subject == "S02"
        assert said(lambda: consents.withdraw("S02", DAY, ["label"])).key == "consents_not_given"
    with Consents(tmp_path / "none.sqlite") as consents:
        assert said(lambda: consents.withdraw("S01", DAY)).key == "consents_none"


def test_a_file_of_something_else_is_left_as_it_is(tmp_path):
    def key(path):
        content = path.read_bytes()
        error = said(lambda: Consents(path).__enter__())
        assert path.read_bytes() == content
        return error.key

    text, other, newer = (tmp_path / name for name in ("text", "other.db", "newer.sqlite"))
    text.write_text("no database, but long enough to have a header " * 20)
    assert key(text) == "consents_damaged"
    with sqlite3.connect(other) as db:
        db.execute("CREATE TABLE cats (name)")
    db.close()
    assert key(other) == "consents_other"
    with Consents(newer) as consents:
        consents.add("S01", ["sound"], "Aoki", DAY)
    with sqlite3.connect(newer) as db:
        db.execute("PRAGMA user_version = 2")
    db.close()
    assert key(newer) == "consents_newer"
    assert said(lambda: Consents(tmp_path / "no" / "folder").add("S01", ["sound"], "A", DAY)).key == (
        "consents_unusable"
    )
    with Consents(tmp_path / "held.sqlite") as consents:
        consents.add("S01", ["sound"], "Aoki", DAY)
        holder = sqlite3.connect(consents.path, isolation_level=None)
        holder.execute("BEGIN EXCLUSIVE")
        assert said(lambda: consents.withdraw("S01", DAY)).key == "consents_locked"
        holder.close()
        assert consents.withdraw("S01", DAY) == 1


def test_a_withdrawal_by_another_process_is_seen_and_asking_costs_little(path):
    with Consents(path) as consents:
        consents.add("S01", ["sound"], "Aoki", DAY)
        began = time.perf_counter()
        for _ in range(1000):
            assert consents.valid("S01", "sound", DAY)
        assert time.perf_counter() - began < 2.0  # a thousand; a recording asks once a second
        other = (
            "import sys; from datetime import date; from pathlib import Path\n"
            "from edge.consent.store import Consents\n"
            "with Consents(Path(sys.argv[1])) as c: c.withdraw('S01', date.fromisoformat(sys.argv[2]))"
        )
        subprocess.run([sys.executable, "-c", other, path, DAY.isoformat()], check=True)
        assert consents.valid("S01", "sound", DAY) is None


def test_a_name_stands_here_alone_and_nothing_of_it_stays(path):
    with Consents(path) as consents:
        for number in range(50):
            consents.add(f"S{number:02}", SCOPES, "Aoki", DAY, name=f"{NAME} {number:02}")
        assert consents.names()["S07"] == f"{NAME} 07"
        assert f"{NAME} 07".encode() in path.read_bytes()
        assert consents.forget("S07") == len(SCOPES)
        assert "S07" not in consents.names()
        assert consents.forget("S07") == 0
    whole = path.read_bytes()
    assert f"{NAME} 07".encode() not in whole
    assert b"S07" not in whole
    assert f"{NAME} 08".encode() in whole
    assert list(path.parent.iterdir()) == [path]  # no journal is left


def test_a_killed_process_leaves_all_of_a_consent_or_nothing(path):
    script = (
        "import sys, itertools; from datetime import date; from pathlib import Path\n"
        "from edge.consent.store import SCOPES, Consents\n"
        "with Consents(Path(sys.argv[1])) as c:\n"
        "    for n in itertools.count():\n"
        "        print(n, flush=True)\n"
        "        c.add(f'S{n}', SCOPES, 'Aoki', date(2026, 11, 20), name=f'Name {n}')\n"
    )
    for attempt in range(3):
        path.unlink(missing_ok=True)
        with subprocess.Popen([sys.executable, "-c", script, path], stdout=subprocess.PIPE) as process:
            for _ in range(4):
                process.stdout.readline()
            time.sleep(0.003 * attempt)
            process.kill()
        with Consents(path) as consents:
            people = [row.subject for row in consents.rows()]
            assert len(people) >= 3 * len(SCOPES)
            assert all(people.count(one) == len(SCOPES) for one in people)
            assert set(consents.names()) == set(people)


POLICY = """
[policy]
operator = "Example Works, quality section"
contact = "extension 1234"
place = "Line 3"
region = "jp"
purpose = "Noticing a worker in danger"
purpose_kind = "safety"
people = ["worker"]
risk_assessment = "RA-1"
retention_days = 45
"""


@pytest.fixture
def site(tmp_path):
    settings = tmp_path / "site.toml"
    settings.write_text(POLICY, encoding="utf-8")
    return settings


def edge(*said):
    return CliRunner().invoke(app, [*map(str, said)])


def test_the_verbs_note_list_and_withdraw_and_all_of_it_is_audited(site):
    where = ("--config", site)
    done = edge("consent", "add", "S01", "--scope", "sound,picture", "--by", "Aoki", "--name", NAME, *where)
    assert done.exit_code == 0, done.output
    assert NAME not in done.output
    assert edge("consent", "add", "S02", "--scope", "label", "--by", "Aoki", *where).exit_code == 0
    listed = edge("consent", "list", "--lang", "ja", *where).output
    assert listed.count("有効") == 3
    assert NAME not in listed
    assert NAME in edge("consent", "list", "--names", *where).output
    done = edge("consent", "withdraw", "S01", "--lang", "ja", *where)
    assert done.exit_code == 0
    assert "edge forget --subject S01" in done.output
    with Consents(site.parent / "consent.sqlite") as consents:
        assert consents.valid("S01", "sound", date.today()) is None
    chain = (site.parent / "audit" / "chain.jsonl").read_text()
    assert [json.loads(line)["event"] for line in chain.splitlines()] == [
        "begun",
        "consent_added",
        "consent_added",
        "consent_withdrawn",
    ]
    assert "S01" not in chain
    assert NAME not in chain


def test_no_consent_stands_that_could_not_be_audited(site):
    (site.parent / "audit").write_text("in its way")
    done = edge("consent", "add", "S01", "--scope", "sound", "--by", "Aoki", "--config", site)
    assert done.exception
    with Consents(site.parent / "consent.sqlite") as consents:
        assert consents.rows() == []


@pytest.mark.parametrize("language", ["en", "ja"])
def test_the_form_says_what_the_policy_says_and_asks_for_nothing_else(site, language):
    out = site.parent / "form.html"
    where = ("--config", site, "--out", out, "--lang", language)
    assert edge("consent", "form", *where).exit_code == 0
    page = out.read_text(encoding="utf-8")
    for said in ("Example Works, quality section", "extension 1234", "Line 3", "Noticing a worker", "45"):
        assert said in page
    assert page.count('class="box"') == len(SCOPES) + 3  # three of the withdrawal
    assert "http://" not in page
    assert "https://" not in page
    site.write_text('camera = "off"\n' + POLICY)
    edge("consent", "form", *where)
    page = out.read_text(encoding="utf-8")
    assert "<code>picture</code>" not in page
    assert "<code>sound</code>" in page
    site.write_text('camera = "off"\nmicrophone = "off"\n' + POLICY)
    assert edge("consent", "form", *where).exception
    assert out.read_text(encoding="utf-8") == page
