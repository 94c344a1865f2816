"""[policy] of site.toml: what the rules refuse and remind of, what it makes of a run, what is audited."""

import datetime
import json
import subprocess
import sys
from pathlib import Path

import pytest

from edge.audit.chain import Audit, audit_of
from edge.audit.verify import verify
from edge.config import Site, read_site
from edge.errors import ConfigError, PolicyError
from edge.policy.rules import ALL, AT_PEOPLE, RULES, ask
from edge.policy.section import PolicySettings
from edge.policy.wired import lawful, require_sinks

FACTS = {
    "operator": "Example Works",
    "contact": "extension 1234",
    "place": "Line 3",
    "region": "jp",
    "purpose": "Noticing a worker in danger",
    "purpose_kind": "safety",
    "people": ["worker"],
    "risk_assessment": "RA-2026-014",
    "notice_since": "2026-11-01",
}


def site(**other):
    return Site(policy=PolicySettings.model_validate(FACTS | other))


def toml(path, bundle=None, more="", **other):
    rows = [f"{name} = {json.dumps(value, ensure_ascii=False)}" for name, value in (FACTS | other).items()]
    rows = [row.replace('"2026-11-01"', "2026-11-01") for row in rows]
    ahead = ["backend = 'onnxrt'", *([f"bundle = '{bundle}'"] if bundle else [])]
    path.write_text("\n".join([*ahead, "[policy]", *rows, more]), encoding="utf-8")
    return path


def said(found, action="run"):
    lines = []
    ask(found, action, "en", lines.append)
    return lines


@pytest.mark.parametrize("action", ALL)
@pytest.mark.parametrize("kind", ["research", "customer_service", "training", "marketing", "other"])
@pytest.mark.parametrize("people", [["worker"], ["student"], ["customer", "worker"]])
def test_the_eu_refuses_workers_but_for_safety_and_medical_reasons(action, kind, people):
    with pytest.raises(PolicyError, match=r"Art\. 5\(1\)\(f\)") as caught:
        ask(site(region="eu", purpose_kind=kind, people=people), action, "en")
    assert "\n" not in str(caught.value)
    assert "第 5 条" in caught.value.told("ja")


@pytest.mark.parametrize(
    "allowed",
    [
        {"region": "eu"},
        {"region": "eu", "purpose_kind": "medical"},
        {"region": "eu", "purpose_kind": "customer_service", "people": ["customer"]},
        {"region": "eu", "purpose_kind": "research", "people": ["volunteer", "customer"]},
        {"region": "jp", "purpose_kind": "training"},
        {"region": "other", "purpose_kind": "other"},
    ],
)
def test_what_is_allowed_goes_on(allowed):
    for action in ALL:
        reminders = said(site(**allowed), action)
        assert len(reminders) == ("medical" in allowed.values() and action in AT_PEOPLE)


def test_safety_needs_a_risk_assessment():
    for missing in (None, ""):
        with pytest.raises(PolicyError, match="risk_assessment"):
            ask(site(risk_assessment=missing), "run", "en")


def test_media_need_consents(tmp_path):
    with pytest.raises(PolicyError, match="needs consents"):
        ask(site(media=True, consents=tmp_path / "consent.sqlite"), "run", "en")
    (tmp_path / "consent.sqlite").touch()
    assert said(site(media=True, consents=tmp_path / "consent.sqlite")) == []


@pytest.mark.parametrize("setting", ["aggregate", "self_view"])
def test_single_people_are_not_recorded_where_none_may_be_kept(setting):
    for action in ("record", "shadow"):
        with pytest.raises(PolicyError, match=f"{setting} = true"):
            ask(site(**{setting: True}), action, "en")
    for action in ("run", "export", "calibrate"):
        ask(site(**{setting: True}), action, "en")


@pytest.mark.parametrize(("region", "article"), [("eu", "Art. 50(3)"), ("jp", "APPI"), ("other", None)])
@pytest.mark.parametrize("since", [None, "2999-01-01"])
def test_a_notice_that_does_not_hang_is_reminded_of(region, article, since):
    found = site(region=region, notice_since=since)
    for action in AT_PEOPLE:
        assert [article in line for line in said(found, action)] == ([True] if article else [])
    assert said(found, "export") == []


def test_without_a_policy_only_recording_is_refused():
    with pytest.raises(PolicyError, match="nobody is recorded"):
        ask(Site(), "record", "en")
    assert [said(Site(), action) for action in ("run", "shadow", "export", "calibrate")] == [[]] * 4


def test_every_rule_names_settings_and_values_that_there_are():
    for rule in RULES:
        for name, values in rule.where.items():
            for value in values:
                given = (value,) if name == "people" else value
                facts = FACTS | {name: given}
                assert getattr(PolicySettings.model_validate(facts), name) == given
        assert rule.needs is None or rule.needs in PolicySettings.model_fields


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("k = 9", "k must be at least 10"),
        ("region = 'mars'", "region must be one of"),
        ("people = []", "people must have at least 1"),
        ("people = ['boss']", "people.0 must be one of"),
        ("operator = ''", "operator must be filled in"),
        ("aggregate = true\nself_view = true", "exclude each other"),
        ("retention_days = 0", "retention_days must be at least 1"),
        ("operater = 'x'", "did you mean 'operator'"),
    ],
)
def test_a_bad_policy_is_one_line(tmp_path, text, told):
    wrong = dict(row.split(" = ") for row in text.split("\n"))
    rows = {name: json.dumps(value) for name, value in FACTS.items()} | wrong
    path = tmp_path / "site.toml"
    path.write_text("[policy]\n" + "\n".join(f"{name} = {value}" for name, value in rows.items()))
    with pytest.raises(ConfigError) as caught:
        read_site(path)
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)


def test_paths_are_of_the_folder_of_the_file(tmp_path):
    policy = read_site(toml(tmp_path / "site.toml")).policy
    assert (policy.audit, policy.consents) == (tmp_path / "audit", tmp_path / "consent.sqlite")


# What it makes of a run.


def reviewed(tmp_path, **other):
    consent = {"who": ["A"], "date": "2026-11-20", "scope": ["face"]}
    review = {"folder": tmp_path, "days": 90, "consent": consent}
    return Site.model_validate({"policy": FACTS | other, "review": review})


def test_media_are_off_and_nothing_is_kept_longer_than_said(tmp_path):
    lines = []
    found = lawful(reviewed(tmp_path), lines.append)
    assert (found.review.consent, found.review.days) == (None, 30)
    assert len(lines) == 1
    assert "numbers only" in lines[0]
    found = lawful(reviewed(tmp_path, media=True, retention_days=7), lines.append)
    assert (found.review.consent is None, found.review.days) == (False, 7)
    assert lawful(Site(), lines.append) == Site()


def test_self_view_has_no_sinks(tmp_path, monkeypatch):
    with pytest.raises(PolicyError, match=r"take away \[review\], --jsonl"):
        require_sinks(reviewed(tmp_path, self_view=True), tmp_path / "x.jsonl", True)
    monkeypatch.setattr("sys.stdout.isatty", lambda: False, raising=False)
    with pytest.raises(PolicyError, match="not into a file or a pipe"):
        require_sinks(site(self_view=True), None, True)
    require_sinks(site(self_view=True), None, False)


def edge(*words):
    done = subprocess.run(
        [sys.executable, "-m", "edge.cli", *map(str, words)], capture_output=True, text=True, timeout=120
    )
    return done.returncode, done.stdout, done.stderr


def test_a_run_is_audited_from_start_to_end(tmp_path, demo, tiny_bundle):
    path = toml(tmp_path / "site.toml", tiny_bundle.folder)
    run = ["run", "--config", path, "--source", demo, "--headless"]
    assert [edge(*run)[0] for _ in range(2)] == [0, 0]
    toml(path, tiny_bundle.folder, "[alarm]\nthreshold = 0.5\nsigned_by = 'Sato Aoi'", retention_days=10)
    code, _, err = edge(*run)
    assert (code, err) == (0, "")
    audit = audit_of(read_site(path))
    assert verify(audit).bad is None
    found = [(entry["event"], entry["facts"]) for entry in audit.entries()]
    once = ["run_started", "run_ended"]
    assert [event for event, _ in found] == [
        *("begun", "policy_changed", *once, *once),
        *("policy_changed", "threshold_changed", *once),
    ]
    assert found[2][1]["digest"] == tiny_bundle.manifest.digest
    assert (found[3][1]["readings"], found[3][1]["error"], found[3][1]["source"]) == (9, None, "recording")
    assert (found[1][1]["changed"], found[6][1]["changed"]) == ("all", "retention_days")
    assert (found[6][1]["retention_days"], found[6][1]["region"]) == (10, "jp")
    written = b"".join(file.read_bytes() for file in audit.folder.iterdir())
    for name in ("Example Works", "Sato", demo.name, "1234"):
        assert name.encode() not in written
    code, out, _ = edge("audit", "verify", "--config", path)
    assert (code, out) == (0, "all 10 entries are as they were written\n")
    code, out, _ = edge("audit", "show", "--config", path, "--lang", "ja")
    assert code == 0
    assert len(out.splitlines()) == 11
    assert "実行を開始" in out
    head = out.splitlines()[-1].split()[1].partition("（")[0]
    assert edge("audit", "verify", "--config", path, "--head", head)[0] == 0
    lines = edge("audit", "show", "--config", path, "--json", "--since", "2026-01-01")[1].splitlines()
    assert [json.loads(line)["seq"] for line in lines] == list(range(1, 11))
    audit.path.write_bytes(audit.path.read_bytes().replace(b'"retention_days":10', b'"retention_days":99'))
    code, out, _ = edge("audit", "verify", "--config", path)
    assert (code, out) == (1, "BAD: entry 7 was changed\n")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["show", "--since", "monday"], "is no day"),
        (["verify", "--head", "x"], "is no head"),
        (["verify"], "holds no audit yet"),
        (["show"], "holds no audit yet"),
        (["show", "--config", "none.toml"], "none.toml"),
    ],
)
def test_what_audit_cannot_do_is_one_line(tmp_path, words, told):
    path = toml(tmp_path / "site.toml")
    words = words if "--config" in words else [*words, "--config", path]
    code, out, err = edge("audit", *words)
    assert (code, out, err.count("\n")) == (1, "", 1)
    assert told in err
    assert not (tmp_path / "audit").exists()


def test_settings_without_a_policy_have_no_audit(tmp_path, demo, tiny_bundle):
    path = tmp_path / "site.toml"
    path.write_text("backend = 'onnxrt'\n")
    code, _, err = edge("audit", "verify", "--config", path)
    assert (code, err.count("\n")) == (1, 1)
    assert "has no [policy]" in err
    code, _, err = edge("run", "--source", demo, "--bundle", tiny_bundle.folder, "--config", path)
    assert (code, err) == (0, "")  # a recording is read as before
    assert sorted(file.name for file in tmp_path.iterdir()) == ["site.toml"]


def test_a_run_that_is_not_allowed_does_not_begin(tmp_path, demo, tiny_bundle):
    path = toml(tmp_path / "site.toml", tiny_bundle.folder, region="eu", purpose_kind="training")
    for words in (["run", "--config", path, "--source", demo], ["calibrate", "a", "b", "--out", "c"]):
        words = words if words[0] == "run" else [*words, "--config", path]
        code, out, err = edge(*words)
        assert (code, out, err.count("\n")) == (1, "", 1)
        assert "Art. 5(1)(f)" in err
    assert not (tmp_path / "audit").exists()


def test_a_threshold_changed_while_a_run_lasts_is_audited(tmp_path, tiny_bundle):
    from edge.audit.run import RunAudit
    from edge.sections import AlarmSettings

    found = site(audit=tmp_path / "audit", audit_keys=tmp_path / "keys")
    lines = []
    with RunAudit(found, tiny_bundle.manifest, lines.append) as audited:
        audited.alarm(AlarmSettings(threshold=0.7, signed_by="Sato Aoi"))
        audited.alarm(None)
    events = [(entry["event"], entry["facts"].get("threshold")) for entry in audit_of(found).entries()]
    assert events[3:] == [("threshold_changed", 0.7), ("threshold_changed", None), ("run_ended", None)]
    assert lines == []


def test_settings_that_an_earlier_version_did_not_know_are_no_change(tmp_path):
    from edge.audit.changes import note_alarm
    from edge.sections import AlarmSettings

    audit = audit_of(site(audit=tmp_path / "audit", audit_keys=tmp_path / "keys"))
    audit.append("threshold_changed", threshold=0.7, suppression_s=0.0)
    before = len(audit.entries())
    note_alarm(audit, AlarmSettings(threshold=0.7))
    assert len(audit.entries()) == before
    note_alarm(audit, AlarmSettings(threshold=0.7, cost_miss=5.0))
    assert audit.entries()[-1]["facts"]["cost_miss"] == 5.0


def test_a_run_that_cannot_be_audited_does_not_begin(tmp_path, demo, tiny_bundle):
    path = toml(tmp_path / "site.toml", tiny_bundle.folder, audit="taken")
    (tmp_path / "taken").write_text("a file")
    code, _, err = edge("run", "--config", path, "--source", demo)
    assert (code, err.count("\n")) == (1, 1)
    assert "cannot be written" in err


def test_the_chain_of_a_site_is_where_its_settings_say(tmp_path):
    found = audit_of(site(audit=tmp_path / "here", audit_keys=tmp_path / "apart"))
    assert isinstance(found, Audit)
    found.append("recorded", clips=1)
    assert {file.name for file in (tmp_path / "here").iterdir()} == {"chain.jsonl", "anchor.json", ".lock"}
    assert len(list((tmp_path / "apart").iterdir())) == 2
    assert audit_of(Site()) is None


def test_readings_are_deleted_at_the_age_the_policy_says(tmp_path, demo, tiny_bundle):
    (tmp_path / "log").mkdir()
    today = datetime.date.today()
    for age in (12, 11, 10, 1):
        (tmp_path / "log" / f"readings-{today - datetime.timedelta(age):%Y%m%d}-001.jsonl").touch()
    (tmp_path / "log" / "notes-20200101.txt").touch()
    path = toml(tmp_path / "site.toml", tiny_bundle.folder, "[log]\nfolder = 'log'", retention_days=10)
    assert edge("run", "--config", path, "--source", demo, "--headless")[0] == 0
    kept = sorted(file.name for file in (tmp_path / "log").iterdir() if not file.name.startswith("."))
    days = [f"{today - datetime.timedelta(age):%Y%m%d}" for age in (10, 1, 0)]
    assert kept == ["notes-20200101.txt", *(f"readings-{day}-001.jsonl" for day in days)]


def test_an_export_asks_the_policy_its_recipe_names(tmp_path):
    from export.recipe import Recipe, read_recipe
    from export.run import _asked

    shipped = Path(__file__).parents[1] / "recipes" / "starter.toml"
    recipe = tmp_path / "my.toml"
    recipe.write_text("policy = 'site.toml'\n" + shipped.read_text(encoding="utf-8"), encoding="utf-8")
    assert _asked(read_recipe(shipped), shipped) is None
    toml(tmp_path / "site.toml")
    found = read_recipe(recipe)
    assert isinstance(found, Recipe)
    audit = _asked(found, recipe)
    assert audit.folder == tmp_path / "audit"
    toml(tmp_path / "site.toml", region="eu", purpose_kind="training")
    with pytest.raises(PolicyError, match=r"Art\. 5\(1\)\(f\)"):
        _asked(found, recipe)
