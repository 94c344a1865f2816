"""The report of an export: every fact in it, nothing from outside, no text that acts as HTML."""

import json
import re
import shutil
import subprocess
import sys
from collections import Counter
from datetime import date
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
from corpora import write_corpora

from calibration.data.dataset import Example
from calibration.int8.quantize import QuantizeReport
from calibration.judge.evaluator import Predictions
from calibration.judge.metrics import score
from calibration.judge.paired import difference
from edge.app import starter_bundle
from edge.bundle.folder import open_bundle
from edge.consent.store import Consents
from edge.errors import BundleError, ConfigError
from edge.starter_labels import STARTER as LABELS
from export.deliver.measured import Measured
from export.deliver.report.advice import next_steps, weakest
from export.deliver.report.facts import optional, write_report
from export.deliver.report.mistakes import may_show, mistakes_of
from export.deliver.report.page import page
from export.fusion.comparison import trial
from export.fusion.comparison.variants import VARIANTS
from export.judge import beside_bundles
from export.judge.heldout import HeldOut
from export.progress import logged, say
from export.recipe import read_recipe
from export.teachers.whisper import WhisperTeacher
from export.training.history import Epoch, write_history

K = len(LABELS)
EVIL = "<script>alert('x')</script> & <b>loud</b>"
SPREAD = {"p50_ms": 1.5, "p95_ms": 2.0, "p99_ms": 2.5, "n": 10}
SPEED = {
    "bundle": "tiny",
    "machine": {"processor": "a processor", "onnxruntime": "1.0"},
    "stages": {"audio engine": SPREAD, "whole window": SPREAD | {"p50_ms": 31.0}},
    "models": {"audio": {"int8": SPREAD, "fp32": SPREAD, "ratio": 0.5}},
    "window": {"int8": None, "fp32": SPREAD, "ratio": None},
    "peak_memory_mb": 180.0,
    "first_reading_s": None,
    "live_first_reading_s": 3.0,
}


def answers_to(examples, rng, sure=0.0):
    """Answers drawn at random; sure: how far the true label is ahead."""
    posteriors = rng.dirichlet(np.ones(K), len(examples))
    posteriors[np.arange(len(examples)), [e.label for e in examples]] += sure
    posteriors /= posteriors.sum(axis=1, keepdims=True)
    return Predictions(list(examples), posteriors, ["fused"] * len(examples), Counter())


@pytest.fixture(scope="module")
def made(tmp_path_factory, _tiny):
    """A report of a tiny bundle with answers drawn at random; the work folder, and the facts."""
    place, rng = tmp_path_factory.mktemp("report"), np.random.default_rng(0)
    recipe = read_recipe(write_corpora(place / "data"))
    work = place / "work"
    faces = work / "heldout" / "vision" / "fer2013" / "faces"
    faces.mkdir(parents=True)
    sets = []
    for modality, name in (("audio", "voices"), ("vision", "fer2013"), ("text", "goemotions")):
        examples = []
        for i in range(60):
            picture = None
            if modality == "vision":
                picture = faces / f"{i:05d}.png"
                cv2.imwrite(str(picture), rng.integers(0, 255, (48, 48)).astype(np.uint8))
            said = f"{EVIL} {i}" if modality == "text" else None
            examples.append(Example(f"{name}-{i}", i % K, f"s{i % 3}", picture, said))
        sets.append(HeldOut(name, modality, examples))
    answers = {s.title: answers_to(s.examples, rng, 0.5) for s in sets}
    rivals = {
        "fp32": {s.title: answers_to(s.examples, rng, 0.6) for s in sets},
        "starter": {s.title: answers_to(s.examples, rng) for s in sets},
    }
    accuracy = {
        s.title: {
            precision: score(
                found.posteriors,
                [e.label for e in s.examples],
                [e.speaker for e in s.examples],
                LABELS,
            ).as_dict()
            for precision, found in (("fp32", rivals["fp32"][s.title]), ("int8", answers[s.title]))
        }
        for s in sets
    } | {"fused on composed windows": {"all": 0.61, "audio": 0.52}}
    bundle = open_bundle(_tiny)
    fit = {"ranges": "mse", "snr_db": {"mse": 31.4}, "drop_points": 0.25, "cosine": 0.9987}
    back = {"node": "/blocks.0/MatMul_output_0", "macs": 0.12, "drop": 0.4, "cosine": 0.995}
    manifest = bundle.manifest.model_copy(
        update={
            "accuracy": accuracy,
            "quantization": {name: fit | {"given_back": [back]} for name in bundle.manifest.models},
            "parity": {n: {"logits": {"cosine": 0.9912, "agreement": 0.98}} for n in bundle.manifest.models},
        }
    )
    folder = work / "audio-0"
    folder.mkdir()
    course = [
        Epoch(i + 1, 2.0 - i / 10, 0.3 + i / 20, "held-out unweighted recall", 61.0, 0.0, "NVIDIA T4", 1260.0)
        for i in range(5)
    ]
    write_history(folder / "audio.jsonl", course)
    (work / "trial").mkdir()
    (work / "trial" / "trial.json").write_text("{ not JSON")
    quantized = {n: QuantizeReport(3, 5, 0.9, {"a": "last layer"}, 9, "mse", 0) for n in manifest.models}
    told = SimpleNamespace(folder=bundle.folder, manifest=manifest, path=bundle.path)
    monkeypatch = pytest.MonkeyPatch()
    monkeypatch.setattr(
        beside_bundles, "score_bundles", lambda bundles, _: ({}, {n: rivals[n] for n in bundles})
    )
    beside = beside_bundles.differences(
        {"fp32": rivals["fp32"], "int8": answers}, {"starter": open_bundle(starter_bundle())}, sets
    )
    monkeypatch.undo()
    measured = Measured(sets, {}, answers, quantized, {}, SPEED, beside=beside)
    with Consents(place / "consent.sqlite") as consents:
        consents.add("s0", ["report", "picture"], "tester", date.today())
        consents.add("s1", ["picture", "training"], "tester", date.today())
        facts = write_report(
            told, recipe, place / "data", work, measured, [folder], {"bench": 75.0}, consents
        )
    return work, facts


def test_both_files_are_written_and_hold_the_same_facts(made):
    work, facts = made
    assert json.loads((work / "report.json").read_text()) == facts
    for file, language, other in (("report.html", "en", "ja"), ("report.ja.html", "ja", "en")):
        beside = "report.html" if other == "en" else "report.ja.html"
        link = {"file": beside, "language": other, "name": {"en": "English", "ja": "日本語"}[other]}
        assert (work / file).read_text(encoding="utf-8") == page(facts, work, language, link)
    assert not list(work.glob("*.tmp"))


def test_the_page_shows_the_numbers(made):
    work, facts = made
    shown = (work / "report.html").read_text(encoding="utf-8")
    for title, row in facts["accuracy"].items():
        if "int8" in row:
            name = facts["headline"][title.split()[0]]
            assert f"<b>{row['int8'][name]:.3f}</b>" in shown
            assert f">{row['fp32'][name]:.3f}<" in shown
            for true, counts in enumerate(row["int8"]["confusion"]):
                for answer, count in enumerate(counts):
                    both = count, row["fp32"]["confusion"][true][answer]
                    assert both == (0, 0) or f">{both[0]} / {both[1]}<" in shown
            assert f"{row['int8']['expected_calibration_error']:.3f}" in shown
    for wanted in ("0.610", "31.4", "/blocks.0/MatMul_output_0", "last layer", "not measured", "31 ms"):
        assert wanted in shown, wanted
    for wanted in (
        "held-out unweighted recall 0.500 at the end",
        "5 min 05 s",
        "1 min 15 s",
        facts["recipe"]["sha256"],
    ):
        assert wanted in shown, wanted
    assert shown.count("<h2>") == 13  # no trial, no pseudo-labels, no privacy


def test_text_of_the_data_never_becomes_html(made):
    work, _ = made
    shown = (work / "report.html").read_text(encoding="utf-8")
    assert "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt; &amp; &lt;b&gt;loud" in shown
    assert "<script" not in shown


def test_the_report_shows_those_alone_who_agreed(made):
    """s0 agreed to it, s1 to other things, s2 to nothing."""
    work, facts = made
    shown = [example for found in facts["mistakes"].values() for example in found["examples"]]
    people = {int(example["name"].rsplit("-", 1)[1]) % 3 for example in shown}
    assert people == {0, 1, 2}
    for example in shown:
        agreed = int(example["name"].rsplit("-", 1)[1]) % 3 == 0
        assert bool(example["said"] or example["picture"]) == (agreed and "voices" not in example["name"])
    for language in ("html", "ja.html"):
        text = (work / f"report.{language}").read_text(encoding="utf-8")
        assert text.count("<img ") == sum(bool(example["picture"]) for example in shown) > 0


@pytest.mark.parametrize("named", [True, False])
def test_who_did_not_agree_is_a_file_name_and_a_score(tmp_path, named):
    today = date.today()
    example = Example("clip", 0, "s0", named=named)
    assert not may_show(example, None, today)
    with Consents(tmp_path / "consent.sqlite") as consents:
        assert not may_show(example, consents, today)
        consents.add("s0", ["sound", "picture", "label", "training"], "tester", today)
        assert not may_show(example, consents, today)
        consents.add("s0", ["report"], "tester", today)
        assert may_show(example, consents, today) == named
        consents.withdraw("s0", today)
        assert not may_show(example, consents, today)


def test_worst_cases_need_the_consents_of_a_site(tmp_path):
    recipe = write_corpora(tmp_path / "data")
    recipe.write_text(f"worst_cases = true\n{recipe.read_text()}")
    with pytest.raises(ConfigError, match=r"worst_cases shows people who agreed to it; name the site\.toml"):
        read_recipe(recipe)
    recipe.write_text(f'policy = "site.toml"\n{recipe.read_text()}')
    assert read_recipe(recipe).worst_cases


def test_the_page_names_nothing_outside_itself(made):
    work, _ = made
    shown = (work / "report.html").read_text(encoding="utf-8")
    places = re.findall(r"""(?:src|href|action|data)=["']([^"']*)""", shown)
    assert len(places) > 10  # the faces of who agreed among them
    assert [p for p in places if not p.startswith(("data:", "#s"))] == ["report.ja.html"]  # beside it
    assert not re.search(r"https?:|url\(|@import", shown)


def test_the_surest_mistakes_come_first(tmp_path):
    posteriors = np.full((4, K), 0.02)
    for row, (answer, sure) in enumerate([(1, 0.5), (0, 0.9), (2, 0.8), (3, 0.7)]):
        posteriors[row, answer] = sure
    examples = [Example(f"clip{i}", 0, "s") for i in range(4)]
    found = mistakes_of(
        Predictions(examples, posteriors, ["vision"] * len(examples), Counter()), LABELS, 2, tmp_path
    )
    assert (found["wrong"], found["judged"]) == (3, 4)
    assert [(e["name"], e["answer"], e["confidence"]) for e in found["examples"]] == [
        ("clip2", LABELS[2], 0.8),
        ("clip3", LABELS[3], 0.7),
    ]


def test_sections_of_other_commands_are_shown_when_their_files_are_there(made):
    work, facts = made
    scores = {"macro_f1": 0.51, "negative_recall": 0.42, "unweighted_recall": 0.5}
    done = {"number": 1, "state": "rolled back", "guesses": 321, "why": "macro F1 fell"}
    extra = {
        "pseudo_labels": {
            "site": {
                "rule": "fixed",
                "signed_by": "A. Person",
                "signed_on": "2026-11-01",
                "rounds": [done | {"before": scores, "after": scores, "thresholds": [0.9] * K}],
            }
        },
        "privacy": {
            "epsilon": 3.456,
            "delta": 1e-5,
            "noise": 1.1,
            "clip": 1.0,
            "sampling_rate": 0.02,
            "steps": 300,
            "accountant": "RDP",
            "unit": "One voice window.",
        },
    }
    shown = page(facts | extra, work)
    for wanted in ("A. Person", "321", "macro F1 fell", "(3.46, 1e-05)"):
        assert wanted in shown, wanted
    assert shown.count("<h2>") == 15


def test_the_page_of_an_adapted_student_shows_before_and_after(made):
    work, facts = made
    found = [
        {"set": "audio on voices", "n": 60, "snr_db": snr_db, "before": before, "after": after}
        for snr_db, before, after in ((None, 0.6124, 0.6031), (5.0, 0.311, 0.4518), (0.0, 0.25, 0.35))
    ]
    assert "Adaptation to noise" not in page(facts, work)
    shown = page(facts | {"adaptation": found}, work)
    for wanted in ("Adaptation to noise", "in the clear", "5 dB", "0 dB", "0.612", "0.452", "-0.9", "+14.1"):
        assert wanted in shown, wanted
    assert shown.count("<h2>") == 14


def test_the_page_shows_students_beside_their_teachers(made):
    work, facts = made
    row = {"modality": "text", "teacher": f"{EVIL}:model", "measure": "macro F1"}
    row |= {"teacher_score": 0.5432, "student_score": 0.5219, "points": -2.13}
    assert "Student and teacher" not in page(facts, work)
    shown = page(facts | {"teachers": [row]}, work)
    for wanted in ("Student and teacher", "macro F1", "0.543", "0.522", "-2.1", "loud&lt;/b&gt;:model"):
        assert wanted in shown, wanted
    assert "<script" not in shown
    assert shown.count("<h2>") == 14


def test_the_page_of_a_run_with_a_trial_shows_it(made, tmp_path, monkeypatch):
    labels, actors = np.tile(np.arange(8), 20), np.repeat(np.arange(10), 16)
    rng = np.random.default_rng(0)
    answers = {name: rng.integers(8, size=(3, 160)) for name in VARIANTS}
    monkeypatch.setattr(trial, "open_teacher", lambda *_: WhisperTeacher.__new__(WhisperTeacher))
    monkeypatch.setattr(trial, "read_pairs", lambda *_: SimpleNamespace(labels=labels, actors=actors))
    monkeypatch.setattr(trial, "judged", lambda *_: answers)
    found = trial.compare_fusions(tmp_path, tmp_path / "trial")
    work, facts = made
    told = optional(tmp_path / "trial" / "trial.json")
    assert told == found
    shown = page(facts | {"trial": told}, work)
    assert "Fusion on trial" in shown
    assert shown.count("<h2>") == 14
    for row in found["variants"].values():
        score = row["weighted_f1"]
        assert row["title"] in shown
        assert f"{score['mean']:.3f} ± {score['sd']:.3f}" in shown
    assert "is not shown to beat the concatenation" in shown


def test_the_log_holds_what_was_said_here_and_in_children(tmp_path):
    log = tmp_path / "work" / "export.log"
    with logged(log):
        say("first")
        child = [sys.executable, "-c", "from export.progress import say; say('from a child')"]
        subprocess.run(child, check=True, capture_output=True)
    say("afterwards")
    with pytest.raises(ValueError, match="went wrong"), logged(log):
        raise ValueError("it went wrong")
    lines = [line[21:] for line in log.read_text().splitlines()]
    assert lines == ["first", "from a child", "stopped: it went wrong"]
    assert all(re.match(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d  ", line) for line in log.read_text().splitlines())


# In a browser


def browse(file, folder):
    """Console lines and requests of a page in headless Chromium."""
    found = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if found is None:
        pytest.skip("no Chromium here: apt-get install chromium")
    net = folder / f"{file.stem}.net.json"
    options = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    options += [f"--user-data-dir={folder / 'profile'}", "--enable-logging=stderr", f"--log-net-log={net}"]
    picture = folder / f"{file.stem}.png"
    done = subprocess.run(
        [found, *options, "--window-size=1200,9000", f"--screenshot={picture}", file.as_uri()],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    events = json.loads(net.read_text())["events"]
    asked = [event["params"] for event in events if "initiator" in event.get("params", {})]
    # The browser asks its maker for updates by itself; what a page asks for has the page's origin.
    requests = {a["url"] for a in asked if a["initiator"] != "not an origin"}
    return (
        [line for line in done.stderr.splitlines() if "CONSOLE" in line],
        requests,
        cv2.imread(str(picture)),
    )


@pytest.mark.slow
def test_a_browser_finds_no_error_and_asks_for_nothing(made, tmp_path):
    console, requests, picture = browse(made[0] / "report.html", tmp_path)
    assert console == []
    assert requests == set()
    assert (picture < 128).any(axis=2).mean() > 0.01  # it is drawn
    assert (np.ptp(picture[6000:].reshape(-1, 3), axis=0) > 100).all()  # down to the end


@pytest.mark.slow
def test_a_page_that_does_is_noticed(tmp_path):
    bad = tmp_path / "bad.html"
    bad.write_text('<img src="http://127.0.0.1:9/x.png"><script>console.error("oops")</script>')
    console, requests, _ = browse(bad, tmp_path)
    assert any("oops" in line for line in console)
    assert requests == {"http://127.0.0.1:9/x.png"}


@pytest.mark.parametrize("found", [[], "x", {"rounds": [{"number": 1}]}, {"rounds": 3}])
def test_a_report_of_pseudo_labels_of_another_shape_is_said(made, found):
    work, facts = made
    shown = page(facts | {"pseudo_labels": {"guessed": found}}, work)
    assert "guessed" in shown
    assert "has a shape not known here" in shown


# The first screen


def person_by_person(rights, label=0, other=1):
    """Answers to 10 clips of each person, so many of them right; the other label is said else."""
    examples = [Example(f"clip{p}-{i}", label, f"p{p}") for p in range(len(rights)) for i in range(10)]
    said = [label if i < right else other for right in rights for i in range(10)]
    posteriors = np.full((len(said), K), 0.02)
    posteriors[np.arange(len(said)), said] = 0.9
    return Predictions(examples, posteriors, ["audio"] * len(said), Counter())


def row_of(ours, theirs, against="before"):
    gap = difference(ours, theirs, "accuracy")
    row = {
        "set": "audio on site",
        "against": against,
        "bundle": "older",
        "created": "2026-01-02T00:00:00+00:00",
    }
    return row | {"measure": "accuracy"} | vars(gap) | {"verdict": gap.verdict}


@pytest.mark.parametrize(
    ("ours", "theirs", "verdict", "said"),
    [
        ([9, 9, 8, 9], [5, 6, 5, 5], "better", "+14 of 40 clips: 14 newly right, 0 newly wrong"),
        ([5, 6, 5, 5], [9, 9, 8, 9], "worse", "-14 of 40 clips: 0 newly right, 14 newly wrong"),
        ([9, 5, 8, 9], [5, 9, 8, 8], "unclear", "+1 of 40 clips: 5 newly right, 4 newly wrong"),
        ([9], [8], "unknown", "no interval: one person"),
        ([8, 7], [8, 7], "same", "the same answers to all 20"),
    ],
)
def test_a_difference_is_told_in_clips_and_with_what_it_is_worth(made, ours, theirs, verdict, said):
    work, facts = made
    row = row_of(person_by_person(ours), person_by_person(theirs))
    assert row["verdict"] == verdict
    shown = page(
        facts | {"differences": [row], "weakest": {"audio on site": {"pair": None, "person": None}}}, work
    )
    assert said in shown
    assert f'class="verdict {verdict}"' in shown
    assert "The bundle before: older, made 2026-01-02." in shown


def test_other_wrong_answers_are_not_called_the_same(made):
    work, facts = made
    row = row_of(person_by_person([8, 7]), person_by_person([8, 7])) | {"verdict": "unclear", "ours": 0.7}
    weak = {"audio on site": {"pair": None, "person": None}}
    shown = page(facts | {"differences": [row], "weakest": weak}, work)
    assert "as many right of 20 clips; other wrong answers" in shown
    assert "the same answers" not in shown


def test_it_says_where_a_bundle_fails():
    found = weakest(person_by_person([9, 2, 8, 9]), LABELS)
    assert found["pair"] == {"true": LABELS[0], "answer": LABELS[1], "count": 12, "of": 40}
    assert found["person"] == {"speaker": "p1", "n": 10, "right": 2, "others": pytest.approx(26 / 30)}
    assert weakest(person_by_person([10]), LABELS) == {"pair": None, "person": None}


def steps(rows, weak):
    data = [{"modality": "audio", "labels": dict.fromkeys(LABELS, 7)}]
    facts = {"differences": rows, "weakest": {"audio on site": weak}, "data": data}
    return next_steps(facts)


def test_the_next_steps_begin_with_what_weighs_most():
    bad, good = person_by_person([2, 3, 2, 3]), person_by_person([9, 9, 8, 9])
    found = steps([row_of(bad, good), row_of(bad, good, "fp32")], weakest(bad, LABELS))
    assert [step["kind"] for step in found] == ["keep", "int8", "people"]
    assert found[0]["points"] == pytest.approx(-62.5)
    many = person_by_person([9] * 9 + [3])
    found = steps([row_of(many, many)], weakest(many, LABELS))
    assert [step["kind"] for step in found] == ["pair", "person", "unclear"]
    assert found[0]["taught"] == 7
    assert [step["kind"] for step in steps([], {"pair": None, "person": None})] == ["try", "review", "again"]


def test_every_step_has_a_sentence_in_both_languages(made):
    work, facts = made
    bad = person_by_person([2, 3, 2, 3])
    row = row_of(bad, person_by_person([9, 9, 8, 9]))
    weak = weakest(bad, LABELS)
    gap = {key: row[key] for key in ("set", "against", "bundle", "n", "won", "lost")} | {"points": -62.5}
    one = {"set": "audio on site", "people": 4, "enough": 8}
    known = [{"kind": kind, **gap} for kind in ("keep", "int8", "unclear")]
    known += [{"kind": "people", **one}, {"kind": "pair", "set": "x on y", "taught": 3, **weak["pair"]}]
    known += [{"kind": "person", "set": "x on y", **weak["person"]}]
    known += [{"kind": kind} for kind in ("try", "review", "again")]
    for language in ("en", "ja"):
        shown = page(facts | {"next": known}, work, language)
        (listed,) = re.findall(r"<ol>(.*?)</ol>", shown, re.DOTALL)
        sentences = [
            re.sub(r"<[^>]*>", "", item).strip() for item in re.findall(r"<li>(.*?)</li>", listed, re.DOTALL)
        ]
        assert len(set(sentences)) == len(known)
        assert all(sentences)


@pytest.mark.parametrize("language", ["en", "ja"])
def test_the_recipe_is_shown_as_a_person_writes_it(made, language):
    work, facts = made
    shown = page(facts, work, language)
    caption = {"en": "Labels of the recipe", "ja": "レシピのラベル"}[language]
    section = shown.split(caption)[1].split("</table>")[0]
    assert section.count("<tr>") == 1 + len(facts["labels"])
    assert "<td><code>worried</code></td><td>worried</td><td>不安</td>" in section
    settings = shown.split(facts["recipe"]["sha256"])[-1].split("</table>")[0]
    assert "synonyms" not in settings
    for mark in ("{&#39;", "[&#39;", "True", "False", "None"):  # as Python prints it
        assert mark not in settings


def test_the_japanese_page_is_japanese(made):
    """Apart from names, code and quoted texts no two English words stand side by side."""
    work, _ = made
    shown = (work / "report.ja.html").read_text(encoding="utf-8")
    assert '<html lang="ja">' in shown
    body = re.sub(r"<style>.*?</style>|<code>.*?</code>|<title>.*?</title>", " ", shown, flags=re.DOTALL)
    body = re.sub(r"&lt;script.*?&lt;/b&gt; \d+", " ", body)
    texts = re.findall(r">([^<>]+)<", body)
    english = [text for text in texts if re.search(r"[A-Za-z]{3,} [A-Za-z]{2,} [A-Za-z]{2,}", text)]
    assert [text for text in english if "FER2013" not in text and "GoEmotions" not in text] == []
    assert ">驚き</text>" in shown  # labels by their own words
    assert ">surprise</text>" not in shown


def test_what_a_new_bundle_is_compared_with(tiny_bundle, tmp_path):
    nothing = beside_bundles.others(tiny_bundle, tmp_path / "none", [])
    assert list(nothing) == ["starter"]
    found = beside_bundles.others(tiny_bundle, tiny_bundle.folder, [])  # itself, packed by a run before
    assert list(found) == ["starter"]
    starter = open_bundle(starter_bundle())
    other = SimpleNamespace(
        folder=tmp_path, manifest=starter.manifest.model_copy(update={"labels": ("a", "b")})
    )
    assert beside_bundles.others(other, tiny_bundle.folder, []) == {}
    there = SimpleNamespace(folder=tmp_path, manifest=starter.manifest.model_copy(update={"models": {}}))
    assert list(beside_bundles.others(there, tiny_bundle.folder, [])) == ["before", "starter"]


def test_a_bundle_that_cannot_be_judged_ends_no_export(monkeypatch, capsys):
    def broken(*_):
        raise BundleError("its engine is gone")

    monkeypatch.setattr(beside_bundles, "score_bundles", broken)
    ours = person_by_person([9, 8])
    sets = [HeldOut("site", "audio", ours.examples)]
    asked = {name: {"audio on site": ours} for name in ("fp32", "int8")}
    starter = open_bundle(starter_bundle())
    (row,) = beside_bundles.differences(asked, {"starter": starter}, sets)
    assert (row["against"], row["verdict"]) == ("fp32", "same")
    assert (
        "cannot be judged, the new bundle is not compared with it: its engine is gone"
        in capsys.readouterr().err
    )
