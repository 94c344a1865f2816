"""The notice: it says what the settings say, on one page, and fetches nothing."""

import re
import shutil
import subprocess
import sys

import pytest

from edge.config import Site
from edge.errors import PolicyError
from edge.policy.notice import notice
from edge.policy.section import PolicySettings

FACTS = {
    "operator": "株式会社サンプル製作所",
    "contact": "品質保証部　内線 1234",
    "place": "Line <3> & 4",
    "region": "jp",
    "purpose": "To notice early when a worker is unwell",
    "purpose_kind": "safety",
    "people": ["worker"],
    "notice_since": "2026-11-20",
}


def made(language="en", facts=None, **site):
    policy = PolicySettings.model_validate(FACTS | (facts or {}))
    return notice(Site(policy=policy, **site), language)


def texts(found):
    return {row.name: row.text for row in found.rows}


def test_it_says_who_what_for_and_where_to_ask():
    found = made()
    assert (found.purpose, found.contact) == (FACTS["purpose"], FACTS["contact"])
    assert texts(found)["Operator"] == FACTS["operator"]
    assert texts(found)["Place"] == FACTS["place"]
    assert texts(found)["Given to others"] == "No"
    assert found.since == "2026-11-20"
    assert made("ja").since == "2026 年 11 月 20 日"
    assert texts(made(facts={"third_parties": "Example Lab"}))["Given to others"] == "Example Lab"
    assert texts(made(facts={"opt_out": "Use the other aisle."}))["To stay out"] == "Use the other aisle."


@pytest.mark.parametrize(
    ("site", "title", "taken"),
    [
        ({}, "Camera and microphone", "Pictures of the camera and sound"),
        ({"camera": "off"}, "A microphone", "Sound"),
        ({"microphone": "off"}, "A camera", "Pictures"),
    ],
)
def test_it_names_the_devices_that_are_there(site, title, taken):
    found = made(**site)
    assert found.title.startswith(title)
    assert texts(found)["What is taken"].startswith(taken)
    assert (found.camera, found.microphone) == ("off" not in (site.get("camera"),), "microphone" not in site)


@pytest.mark.parametrize(
    ("facts", "kept"),
    [
        ({"retention_days": 7}, "Pictures and sound are deleted at once, unless a person consented"),
        ({"media": True}, "Estimates, and faces and sound of those who consented: 30 days at most."),
        ({"aggregate": True, "k": 12}, "Only counts over an hour and 12 or more people together."),
        ({"self_view": True}, "Nothing. The estimate is shown to the person alone."),
    ],
)
def test_it_says_what_is_kept(facts, kept):
    assert texts(made(facts=facts))["What is kept"].startswith(kept)


def test_words_that_are_written_down_are_named(tmp_path):
    assert "from what is said" in texts(made(asr=tmp_path))["What is derived"]
    assert "from what is said" not in texts(made(asr=tmp_path, microphone="off"))["What is derived"]


def test_there_must_be_something_to_make_known():
    with pytest.raises(PolicyError, match="no \\[policy\\]"):
        notice(Site(), "en")
    with pytest.raises(PolicyError, match="both off"):
        made(camera="off", microphone="off")


def toml(path, **facts):
    rows = [f'{name} = "{value}"' for name, value in (FACTS | facts).items() if name != "people"]
    text = "\n".join(["[policy]", 'people = ["worker"]', *rows]).replace('"2026-11-20"', "2026-11-20")
    path.write_text(text, encoding="utf-8")
    return path


def edge(*words):
    done = subprocess.run(
        [sys.executable, "-m", "edge.cli", *map(str, words)], capture_output=True, text=True
    )
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize("language", ["en", "ja"])
def test_the_page_is_written_in_both_languages(tmp_path, language):
    out = tmp_path / "notice.html"
    code, _, err = edge(
        *("notice", "--config", toml(tmp_path / "site.toml"), "--out", out, "--lang", language)
    )
    assert (code, err) == (0, "")
    html = out.read_text(encoding="utf-8")
    assert f'<html lang="{language}">' in html
    assert "Line &lt;3&gt; &amp; 4" in html
    assert ("感情を推定しています" in html) == (language == "ja")
    assert html.count("<svg") == 3
    assert not re.search(r"(src|href)=.?https?:|@import|url\(", html)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--config", "none.toml", "--out", "x.html"], "none.toml"),
        (["--config", "site.toml", "--out", "none/x.html"], "cannot be written"),
    ],
)
def test_what_it_cannot_do_is_one_line(tmp_path, monkeypatch, words, told):
    toml(tmp_path / "site.toml")
    monkeypatch.chdir(tmp_path)
    code, out, err = edge("notice", *words)
    assert (code, out, err.count("\n")) == (1, "", 1)
    assert told in err
    assert sorted(file.name for file in tmp_path.iterdir()) == ["site.toml"]


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("chromium"), reason="needs chromium")
@pytest.mark.parametrize("language", ["en", "ja"])
def test_the_longest_notice_prints_on_one_page(tmp_path, language):
    wide = "あ" if language == "ja" else "WORD "
    most = {"operator": 60, "contact": 60, "place": 60, "purpose": 100, "third_parties": 80, "opt_out": 80}
    facts = {name: (wide * 100)[:count].strip() for name, count in most.items()}
    out, pdf = tmp_path / "notice.html", tmp_path / "notice.pdf"
    config = toml(tmp_path / "site.toml", **facts)
    assert edge("notice", "--config", config, "--out", out, "--lang", language)[0] == 0
    command = ["chromium", "--headless", "--no-sandbox", f"--print-to-pdf={pdf}", out.as_uri()]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    assert len(re.findall(rb"/Type /Page\b", pdf.read_bytes())) == 1
