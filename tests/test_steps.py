"""The folder of a site: what a new one holds, and which step comes next."""

import csv
import datetime
import json
import os
import shutil
import stat
from typing import get_args

import pytest
from files_page import described
from typer.testing import CliRunner

from calibration.quality import kit
from calibration.steps import layout
from calibration.steps.begin import begin, key_place
from calibration.steps.script import prompts
from calibration.steps.status import State, status
from edge.app import starter_bundle
from edge.audit.chain import audit_of
from edge.bundle.folder import sealed
from edge.cli.main import app
from edge.config import read_site
from edge.consent.store import Consents
from edge.errors import EdgeError
from edge.starter_labels import STARTER

POLICY = """[policy]
operator = "Plant 1"
contact = "desk 3"
place = "line 3"
region = "jp"
purpose = "Safety at line 3"
purpose_kind = "safety"
people = ["worker"]
risk_assessment = "RA-17"
"""


@pytest.fixture
def site(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    folder = tmp_path / "line3"
    begin(folder, None, "en")
    return folder


def fill_in(folder, more=""):
    (folder / "site.toml").write_text(more + POLICY, encoding="utf-8")


def record(folder, rows, header="file_name,speaker,emotion,split,seconds"):
    (folder / layout.TABLE).write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")


def states(folder):
    return {step.name: step.state for step in status(folder)}


def following(folder):
    return next((step for step in status(folder) if step.state == "next"), None)


def test_every_sentence_is_read_with_every_label_and_labels_take_turns():
    read = list(prompts(list(STARTER)))
    assert len(read) == len(set(read)) == 20 * len(STARTER)
    for label in STARTER:
        sentences = [text for said, text, _ in read if said == label]
        assert len(set(sentences)) == 20
        places = [place for place, (said, _, _) in enumerate(read) if said == label]
        assert min(places) < len(read) / 4  # none stands at the end alone
        assert max(places) > len(read) / 2


@pytest.mark.parametrize("language", ["en", "ja"])
def test_a_new_site_is_private_and_its_settings_say_what_is_missing(tmp_path, monkeypatch, language):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    folder = tmp_path / "line3"
    made, kept = begin(folder, None, language)
    assert not kept
    assert {"site.toml", "script.csv", "criteria.toml", "guideline.md", "checklist.md"} <= set(made)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE(key_place(folder).stat().st_mode) == 0o600
    assert not key_place(folder).is_relative_to(folder)
    with pytest.raises(EdgeError, match=r"policy\.operator must be filled in"):
        read_site(folder / "site.toml")
    assert ("評価" in (folder / "guideline.md").read_text(encoding="utf-8")) == (language == "ja")
    with (folder / "script.csv").open(encoding="utf-8", newline="") as table:
        assert len(list(csv.DictReader(table))) == 120


def test_filled_in_settings_are_read(site):
    text = (site / "site.toml").read_text(encoding="utf-8")
    for name in ("operator", "contact", "place", "purpose", "risk_assessment"):
        text = text.replace(f'{name} = ""', f'{name} = "said"')
    (site / "site.toml").write_text(text, encoding="utf-8")
    assert read_site(site / "site.toml").policy.retention_days == 90
    assert following(site).name == "consent"


def test_what_is_there_stays(site):
    (site / "site.toml").write_text("# mine\n")
    key = key_place(site).read_text()
    (site / "script.csv").unlink()
    made, kept = begin(site, None, "ja")
    assert made == ["script.csv"]
    assert "site.toml" in kept
    assert (site / "site.toml").read_text() == "# mine\n"
    assert key_place(site).read_text() == key


def test_the_steps_come_one_by_one(site):
    assert following(site).name == "policy"
    assert "operator" in str(following(site).why)
    fill_in(site)
    assert following(site).name == "consent"
    with Consents(site / "consent.sqlite") as consents:
        consents.add("S01", ["sound", "picture"], "Sato", datetime.date.today())
    assert following(site).name == "record"
    record(site, [f"{n}.wav,S{n % 4},angry,,60" for n in range(80)])
    assert following(site).name == "split"
    assert CliRunner().invoke(app, ["site", "split", str(site), "--lang", "en"]).output == (
        "calibrated on: 2 people; kept back: 2\n"
    )
    assert following(site).name == "coverage"
    (site / layout.COVERAGE).write_text('{"bad": true, "leaks": [1], "kit": [{"state": "far"}]}')
    assert "far" in get_args(kit.State)
    assert "leaks: 1, far too little of: 1" in str(following(site).why)
    (site / layout.COVERAGE).write_text('{"bad": false}')
    assert following(site).name == "agree"  # the script's labels are there
    (site / layout.VOTES).write_text("file_name\n")
    (site / layout.AGREEMENT).write_text('{"alpha": {"value": 0.2}}')
    assert "0.20 is under 0.40" in str(following(site).why)
    (site / layout.AGREEMENT).write_text('{"alpha": {"value": 0.6}}')
    assert following(site).name == "calibrate"


def test_labels_on_one_side_alone_are_not_enough(site):
    fill_in(site)
    with Consents(site / "consent.sqlite") as consents:
        consents.add("S01", ["sound"], "Sato", datetime.date.today())
    record(
        site,
        [f"a{n}.wav,A,angry,calibration,9" for n in range(40)]
        + [f"b{n}.wav,B,,evaluation,9" for n in range(40)],
    )
    (site / layout.COVERAGE).write_text('{"bad": false}')
    assert following(site).name == "label"
    assert "to calibrate: 40, to judge: 0" in str(following(site).why)


def test_a_result_older_than_what_it_looks_at_is_no_result(site):
    fill_in(site)
    with Consents(site / "consent.sqlite") as consents:
        consents.add("S01", ["sound"], "Sato", datetime.date.today())
    (site / layout.COVERAGE).write_text('{"bad": false}')
    os.utime(site / layout.COVERAGE, (1, 1))
    record(site, ["a.wav,A,angry,calibration,9", "b.wav,B,angry,evaluation,9"])
    assert following(site).name == "coverage"
    assert "do it again" in str(following(site).why)


def test_withdrawn_consent_is_none(site):
    fill_in(site)
    today = datetime.date.today()
    with Consents(site / "consent.sqlite") as consents:
        consents.add("S01", ["sound"], "Sato", today)
        consents.withdraw("S01", today)
    assert following(site).name == "consent"


def test_all_steps_done(site):
    bundle = site / "bundles" / "site"
    shutil.copytree(starter_bundle(), bundle)
    calibrated_for(bundle)
    digest = json.loads((bundle / "bundle.json").read_text(encoding="utf-8"))["digest"]
    fill_in(
        site,
        'bundle = "bundles/site"\n[alarm]\nthreshold = 0.6\nsigned_by = "Sato"\n'
        f'signed_on = 2026-11-20\nbundle = "{digest}"\n',
    )
    with Consents(site / "consent.sqlite") as consents:
        consents.add("S01", ["sound"], "Sato", datetime.date.today())
    sides = [("A", "calibration"), ("B", "evaluation")]
    record(site, [f"{who}{n}.wav,{who},angry,{side},9" for who, side in sides for n in range(30)])
    (site / layout.VOTES).write_text("file_name\n")
    for name, text in {
        layout.COVERAGE: '{"bad": false}',
        layout.AGREEMENT: '{"alpha": {"value": 0.6}}',
        layout.EVALUATION: "{}",
        layout.VERDICT: '{"verdict": "go"}',
    }.items():
        (site / name).write_text(text)
    assert following(site).name == "run"
    audit_of(read_site(site / "site.toml")).append("run_started", source="recording")
    assert following(site).name == "run"
    audit_of(read_site(site / "site.toml")).append("run_started", source="devices")
    told = CliRunner().invoke(app, ["site", "status", str(site), "--lang", "ja"])
    assert told.exit_code == 0
    assert "すべての手順が済んでいます" in told.output


def calibrated_for(bundle):
    """Say in a bundle's manifest that it is calibrated; its digest follows."""
    path = bundle / "bundle.json"
    content = json.loads(path.read_text(encoding="utf-8"))
    content["site"] = {
        "name": "line 3",
        "created": "2026-11-20T00:00:00+00:00",
        "parent_name": "starter",
        "recordings": {"sha256": "0" * 64, "clips": 60, "labelled": 60, "seconds": 540.0},
        "parts": {},
    }
    path.write_text(json.dumps(sealed(content), ensure_ascii=False), encoding="utf-8")


def test_what_is_no_site_and_no_report_is_told_in_one_line(site, tmp_path):
    told = CliRunner().invoke(app, ["site", "status", str(tmp_path / "nothing"), "--lang", "en"])
    assert "is no folder of a site" in str(told.exception)
    fill_in(site)
    with Consents(site / "consent.sqlite") as consents:
        consents.add("S01", ["sound"], "Sato", datetime.date.today())
    record(site, ["a.wav,A,angry,calibration,9", "b.wav,B,angry,evaluation,9"])
    (site / layout.COVERAGE).write_text("[1")
    told = CliRunner().invoke(app, ["site", "status", str(site), "--lang", "en"])
    assert "coverage.json is no report of edge" in str(told.exception)


def test_the_status_says_what_to_type(site):
    told = CliRunner().invoke(
        app, ["site", "status", str(site), "--json", str(site / "s.json"), "--lang", "en"]
    )
    assert told.exit_code == 1
    steps = json.loads((site / "s.json").read_text())
    assert [step["state"] for step in steps].count("next") == 1
    assert len(steps) == 12
    keys, named = described("Steps of a site")
    assert keys == set(steps[0])
    assert named >= {*(step["step"] for step in steps), *get_args(State)}
