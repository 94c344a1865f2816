"""Words in two languages."""

import ast
import errno
import json
import os
import re
import string
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest

import calibration
import edge
import export
from edge import errors
from edge.items import MODALITIES, Health, State
from edge.starter_labels import STARTER as LABELS
from edge.words import WORDS, default_language, word
from edge.words.reasons import reason_in_japanese

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


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
    for key in (*MODALITIES, *get_args(State), *devices):
        assert key in WORDS
    assert [LABELS.said(label, "ja") for label in LABELS] == [
        "平静",
        "怒り",
        "喜び",
        "悲しみ",
        "不安",
        "驚き",
    ]


def test_what_the_code_asks_for_is_in_the_table():
    """A key that is not would be shown as it is."""
    asked = {
        key
        for package in (edge, calibration, export)
        for path in Path(package.__file__).parent.rglob("*.py")
        for key in re.findall(r"(?:word|\.of|\btell)\(\s*['\"](\w+)['\"]", path.read_text(encoding="utf-8"))
    }
    assert len(asked) > 80
    assert asked <= WORDS.keys()


def test_every_place_in_a_text_is_filled():
    """A place that is left open would end what is being told with a KeyError."""
    checked = 0
    for package in (edge, calibration, export):
        for path in Path(package.__file__).parent.rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if not isinstance(node, ast.Call) or not node.args:
                    continue
                called = getattr(node.func, "id", None) or getattr(node.func, "attr", "")
                key = node.args[0].value if isinstance(node.args[0], ast.Constant) else None
                given = {given.arg for given in node.keywords}
                if called in ("word", "of", "tell") and key in WORDS and None not in given:
                    assert given == holes(WORDS[key][0]), (path.name, key)
                    checked += 1
    assert checked > 300


NOT_SHOWN = {
    # Names of stages, threads and metrics: what programs read, in English everywhere.
    *("stage", "Thread", "__init__", "Gauge", "Histogram", "Count", "Counter"),
    # Patterns and parts of what other programs say.
    *("search", "match", "fullmatch", "sub", "compile", "partition", "split", "startswith"),
    "Finding",  # what the checker of graphs says to who changes the exporter
    "TypeError",  # of a caller's mistake
    "t",  # takes both languages side by side, for pages
    "_label",  # synonyms of the starter's labels
    "write_text",  # the tiny bundle of the tests
}
"""What takes English that no person who uses edge is shown."""


def literals(path) -> Iterator[tuple[str, str]]:
    """What is called with each text, and the text, of a module; filled-in places are blank."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            called = getattr(node.func, "id", None) or getattr(node.func, "attr", "")
            for given in (*node.args, *(word.value for word in node.keywords)):
                if not isinstance(given, (ast.Constant, ast.JoinedStr)):
                    continue
                parts = given.values if isinstance(given, ast.JoinedStr) else [given]
                said = [part.value if isinstance(part, ast.Constant) else " " for part in parts]
                if all(isinstance(part, str) for part in said):
                    yield called, "".join(said)


@pytest.mark.parametrize("package", [edge, calibration])
def test_no_text_is_shown_that_is_not_from_the_table(package):
    modules = [path for path in Path(package.__file__).parent.rglob("*.py") if "words" not in path.parts]
    found = [
        (path.name, called, text)
        for path in modules
        for called, text in literals(path)
        if re.search(r"[a-z']{2,} [a-z']{2,}", re.sub(r"<[^>]*>", "", text)) and called not in NOT_SHOWN
    ]
    assert len(modules) > 10
    assert found == []


def test_errors_are_made_from_the_table():
    """An error with a text of its own has no Japanese."""
    names = {name for name, kind in vars(errors).items() if isinstance(kind, type)} - {"MissingExtraError"}
    made = [
        (path.name, called, text)
        for package in (edge, calibration, export)
        for path in Path(package.__file__).parent.rglob("*.py")
        if path.parent.name != "report"  # whose `say` is given both languages
        for called, text in literals(path)
        if (called in names and text) or (called == "say" and re.search(r"[a-z]{2,} [a-z]{2,}", text))
    ]
    assert made == []


def test_help_is_in_the_table():
    shown = [
        text
        for path in Path(edge.__file__).parent.glob("cli/*.py")
        for text in re.findall(r'help="(.*?)"', path.read_text(encoding="utf-8"))
    ]
    assert len(shown) > 50
    assert {text for text in shown if "{" not in text} <= WORDS.keys()


def test_reasons_of_the_system_and_of_parsers_are_told_in_japanese():
    for code in (errno.ENOENT, errno.EACCES, errno.ENOSPC, errno.EROFS, errno.ECONNREFUSED, errno.EIO):
        said = os.strerror(code)
        for text in (said, said.lower(), f"[Errno {code}] {said}: '/var/lib/edge'"):
            assert not word("failed", "ja", where="x", why=text).isascii(), text
        assert word("failed", "en", where="x", why=said) == f"x: {said}"
    assert reason_in_japanese("unheard of") == "unheard of"
    for text in (
        "a = ",
        "a = 1 b",
        "[a",
        "a = [1",
        "a",
        "a = 'x",
        "a = 1\na = 2",
        "[a]\n[a]",
        'a = "\\q"',
        "=1",
    ):
        with pytest.raises(ValueError) as caught:  # noqa: PT011
            tomllib.loads(text)
        told = reason_in_japanese(str(caught.value))
        assert re.fullmatch(r"(\d+ 行目 \d+ 文字目|ファイルの末尾)：.*", told), told
        assert not re.search(r"[a-z]{3,} [a-z]{2,}", told), told
    for text in ("", "{", "{1}", '{"a" 1}', '{"a": 1,}', '{"a": 1} x', '["a" 1]', '"x'):
        with pytest.raises(ValueError) as caught:  # noqa: PT011
            json.loads(text)
        assert not re.search(r"[a-z]{3,} [a-z]{2,}", reason_in_japanese(str(caught.value))), caught.value


GIVEN_UP = (
    *(
        "誤検出",
        "誤警報",
        "アラーム",
        "実行環境",
        "較正",
        "キャリブレーション",
        "信頼度",
        "95 % 区間",
        "95% 区間",
    ),
    *("費用", "損失", "充足度", "ドリフト", "否定感情の区間", "通知対象", "融合", "手引き", "漏れ", "否定的"),
    *(
        "方針",
        "仮名",
        "ラベル担当者",
        "アノテータ",
        "録音回",
        "サイト",
        "音声列",
        "閾値",
        "トライアル",
        "信号対雑音比",
    ),
    *("書き出し直", "書き出し後", "書き出し時", "書き出しの", "バンドルを書き出", "サイズで書き出", "多数決"),
    *("音声のネットワーク", "統合ネットワーク", "映像のネットワーク"),
)
"""Japanese words of what has another name: CONTRIBUTING.md, Japanese terms."""
STANDS = (
    *("信頼度図", "学習損失", "エポックごとの損失", "損失 {loss", "入力、損失、", "現場の手引き"),
    *(
        "漏れない",
        "仮名 ID",
        "多数決で決まらない",
        "単純な多数決",
        "評価者の多数決",
        "10 人の多数決",
        "多数決のラベル（",
    ),
    *("多数決のラベルで", "多数決との一致率", "多数決のラベルは、", "多数決と異なる", "多数決のラベル。同数"),
)
"""Where such a word means something else: a majority of raters, the loss of a training."""


def test_one_thing_has_one_japanese_name():
    root = Path(edge.__file__).parent.parent
    pages = [*root.glob("*.ja.md"), *root.glob("docs/*.ja.md"), *root.glob("jetson/*.ja.md")]
    for package in (edge, calibration, export):
        folder = Path(package.__file__).parent
        pages += [*folder.rglob("*.jinja"), *folder.rglob("templates/*.ja.md")]
    texts = {path.name: path.read_text(encoding="utf-8") for path in pages}
    texts |= {key: japanese for key, (_, japanese) in WORDS.items()}
    assert len(pages) > 40
    found = []
    for name, text in texts.items():
        left = re.sub("|".join(map(re.escape, STANDS)), "", text)
        found += [
            (name, left[max(0, m.start() - 20) : m.end() + 9]) for m in re.finditer("|".join(GIVEN_UP), left)
        ]
    assert found == []


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
