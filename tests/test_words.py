"""Words in two languages."""

import re
import string
from pathlib import Path
from typing import get_args

import pytest

import edge
from edge.items import LABELS, MODALITIES, Health, State
from edge.words import WORDS, default_language, word


def holes(words):
    return {name for _, name, _, _ in string.Formatter().parse(words) if name}


def test_no_key_lacks_a_language():
    for key, (en, ja) in WORDS.items():
        assert en, key
        assert ja, key
        assert en.isascii() or key.startswith("keys"), (
            key
        )  # which names the other language in its own letters
        assert not ja.isascii(), key
        assert holes(en) == holes(ja), key


def test_what_is_shown_has_words():
    devices = get_args(Health.__dataclass_fields__["state"].type) or ("opening", "running", "gone")
    for key in (*LABELS, *MODALITIES, *get_args(State), *devices):
        assert key in WORDS
    assert [word(label, "ja") for label in LABELS] == ["平静", "怒り", "喜び", "悲しみ", "不安", "驚き"]


def test_what_the_code_asks_for_is_in_the_table():
    """A key that is not would be shown as it is."""
    asked = {
        key
        for path in Path(edge.__file__).parent.rglob("*.py")
        for key in re.findall(r"(?:word|\.of)\(\s*['\"](\w+)['\"]", path.read_text(encoding="utf-8"))
    }
    assert len(asked) > 80
    assert asked <= WORDS.keys()


def test_a_site_s_own_label_stays():
    assert word("stressed", "ja") == "stressed"


@pytest.mark.parametrize(
    ("locale", "language"),
    [
        ({}, "en"),
        ({"LANG": "ja_JP.UTF-8"}, "ja"),
        ({"LANG": "ja_JP.UTF-8", "LC_ALL": "C"}, "en"),
        ({"LANG": "en_US.UTF-8", "LC_ALL": "ja_JP"}, "ja"),
        ({"LANG": "de_DE.UTF-8", "LC_ALL": ""}, "en"),
    ],
)
def test_the_locale_decides(monkeypatch, locale, language):
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in locale.items():
        monkeypatch.setenv(name, value)
    assert default_language() == language
