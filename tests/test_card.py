"""The card of a bundle: both languages say the same facts."""

import re
from types import SimpleNamespace

import numpy as np
import pytest
from corpora import write_corpora

from calibration.int8.quantize import QuantizeReport
from calibration.judge.metrics import score
from edge.bundle.folder import open_bundle
from edge.starter_labels import STARTER as LABELS
from export.corpora.published import READERS, SPLIT_READERS
from export.deliver.card import FILES, card
from export.deliver.measured import Measured
from export.deliver.names import LICENCES
from export.fusion.privacy.dp import UNIT
from export.judge.heldout import HeldOut
from export.recipe import read_recipe

SPREAD = {"p50_ms": 31.0, "p95_ms": 44.0}
SPEED = {
    "machine": {"processor": "a processor"},
    "stages": {"whole window": SPREAD},
    "peak_memory_mb": 180.0,
    "first_reading_s": None,
    "live_first_reading_s": 3.0,
}


def report(speakers):
    posteriors = np.random.default_rng(0).dirichlet(np.ones(len(LABELS)), 60)
    return score(posteriors, [i % 6 for i in range(60)], [f"s{i % speakers}" for i in range(60)], LABELS)


@pytest.fixture
def measured():
    sets = [HeldOut("voices", "audio", [], new_voices=True), HeldOut("fer2013", "vision", [])]
    return Measured(
        sets,
        {held_out.title: {"fp32": report(3), "int8": report(n)} for n, held_out in enumerate(sets, 1)},
        {},
        {"audio": QuantizeReport(16, 22, 0.95, {}, 9, "mse", 0)},
        {"audio": {"logits": {"cosine": 0.9902, "agreement": 0.962}}},
        SPEED,
        {"all": 0.869, "audio": 0.76},
        [
            {"set": "audio on voices", "n": 12, "snr_db": db, "before": 0.5, "after": 0.6}
            for db in (None, 5.0)
        ],
        [
            {
                "modality": "audio",
                "teacher": "a-teacher",
                "measure": "held-out unweighted recall",
                "teacher_score": 0.7,
                "student_score": 0.65,
                "points": -5.0,
            }
        ],
        {"epsilon": 3.21, "delta": 1e-5, "unit": UNIT},
    )


@pytest.fixture
def recipe(tmp_path):
    path = write_corpora(tmp_path / "data")
    text = path.read_text(encoding="utf-8").replace("[audio]\n", '[audio]\nteacher = "a-teacher"\n', 1)
    path.write_text(text, encoding="utf-8")
    return read_recipe(path)


def started(folder, name, cards):
    """A bundle that networks begin as, with these cards."""
    folder.mkdir()
    for file, text in cards.items():
        (folder / file).write_text(text, encoding="utf-8")
    facts = {"name": name, "created": "2026-01-02T03:04:05+00:00", "files": dict.fromkeys(cards)}
    return SimpleNamespace(manifest=SimpleNamespace(**facts), path=lambda file: folder / file)


def numbers(text):
    """Numbers of each line, sorted: a sentence of Japanese may turn two of them round."""
    digits = re.sub(r"\bten\b", "10", re.sub(r"\bone\b", "1", text))
    return [sorted(re.findall(r"[-+]?\d+(?:\.\d+)?(?:e-\d+)?", line)) for line in digits.splitlines()]


def test_both_languages_say_the_same_facts(recipe, measured, tmp_path):
    first = {language: card(recipe, {}, measured, language) for language in FILES}
    earlier = started(tmp_path / "earlier", "line3", {FILES[k]: text for k, text in first.items()})
    english, japanese = (card(recipe, {"audio": earlier}, measured, language) for language in FILES)
    assert numbers(english) == numbers(japanese)  # and so the same lines
    for found in (r"^#+", r"`[^`]*`", r"\*\*", r"^\|(?:[^|]*\|)+$", r"^> "):
        one, other = (re.findall(found, text, re.M) for text in (english, japanese))
        assert len(one) == len(other) > 0, found
        if found == "`[^`]*`":
            assert one == other
    cells = [[line.count("|") for line in text.splitlines()] for text in (english, japanese)]
    assert cells[0] == cells[1]
    words = re.sub(r"`[^`]*`|（MIT、Shiqi Yu）|a processor", "", japanese)
    assert not re.findall(r"[a-z]+ [a-z]+ [a-z]+", words)
    assert "> 音声のモデルは a-teacher のエンコーダーからも学習しました。" in japanese
    assert "> The audio network also learned from the encoder of a-teacher." in english
    for wanted in ("GoEmotions、ウェブ上の英語コメント、CC BY 4.0", "初めての話者", "未測定"):
        assert wanted in japanese, wanted


def test_an_earlier_bundle_with_one_card_is_quoted_in_english(recipe, measured, tmp_path):
    english = card(recipe, {}, measured, "en")
    earlier = started(tmp_path / "earlier", "line3", {"card.md": english})
    shown = card(recipe, {"audio": earlier}, measured, "ja")
    assert "> The audio network also learned from the encoder of a-teacher." in shown
    assert "音声のモデルはバンドル line3（2026-01-02T03:04:05+00:00）のものから学習を続けました。" in shown


@pytest.mark.parametrize("language", FILES)
def test_bundles_that_began_as_others_are_quoted_side_by_side(recipe, measured, tmp_path, language):
    before = {}
    for number in range(4):
        cards = {FILES[k]: card(recipe, before, measured, k) for k in FILES}
        before = {"audio": started(tmp_path / str(number), f"line{number}", cards)}
    shown = card(recipe, before, measured, language)
    assert "> >" not in shown
    quoted = [line for line in shown.splitlines() if line.startswith("> ")]
    assert [re.findall(r"line\d", line) for line in quoted if "line" in line] == [
        ["line2"],
        ["line1"],
        ["line0"],
    ]
    assert not any(line.endswith(("says of it:", "記載：")) for line in quoted)


def test_a_japanese_card_of_an_earlier_version_is_quoted(recipe, measured, tmp_path):
    old = {
        FILES[k]: card(recipe, {}, measured, k).replace("音声のモデル", "音声のネットワーク") for k in FILES
    }
    shown = card(recipe, {"audio": started(tmp_path / "earlier", "line3", old)}, measured, "ja")
    assert "> 音声のネットワークは a-teacher のエンコーダーからも学習しました。" in shown


def test_every_published_corpus_that_can_be_read_has_a_licence():
    """A site's own recordings are the others: such a corpus would pass for free of any licence."""
    assert {*READERS, *SPLIT_READERS} <= {*LICENCES}


def test_licences_of_an_earlier_bundle_count_in_both_languages(recipe, measured, tmp_path):
    english = "# old\n\n## Data\n\n- RAVDESS, acted English speech, CC BY-NC-SA 4.0\n"
    earlier = started(tmp_path / "earlier", "old", {"card.md": english})
    assert "- RAVDESS, acted English" in card(recipe, {"audio": earlier}, measured, "en")
    assert "- RAVDESS、演技の英語音声、CC BY-NC-SA 4.0" in card(recipe, {"audio": earlier}, measured, "ja")


def test_a_bundle_without_the_japanese_card_still_opens(tiny_bundle):
    assert "card.ja.md" not in tiny_bundle.manifest.files
    assert open_bundle(tiny_bundle.folder).manifest.name == tiny_bundle.manifest.name
