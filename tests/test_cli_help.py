"""Help and wrong use of the command line, in English and Japanese."""

import os
import re
import subprocess
import sys
import unicodedata
from pathlib import Path

import pytest
import typer
from test_cli import PARTS, VERBS, edge, one_line_error  # noqa: F401 - edge is a fixture

from edge.cli.help import wrapped
from edge.cli.main import app
from edge.system.texts import columns

EVERY = ["", *VERBS, *(f"{verb} {part}" for verb, parts in PARTS.items() for part in parts)]
SENTENCE = re.compile(r"(?<![\w./=-])[A-Za-z][a-z']*(?: [A-Za-z]?[a-z']+){2,}")
"""Three English words in a row."""


def english(text):
    """What is left of a text that is English and no command, option, path, key or name."""
    text = re.sub(r"(?:edge|accelerate|pip|apt|sudo) [^\n。、）]*", "", text)
    return SENTENCE.findall(re.sub(r"\S*[/_.=\[\]{}]\S*", "", text))


@pytest.mark.parametrize("language", ["en", "ja"])
@pytest.mark.parametrize("verb", EVERY)
def test_help_is_in_the_language_asked_for(edge, verb, language, monkeypatch):  # noqa: F811
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("LC_ALL", "ja_JP.UTF-8" if language == "ja" else "C.UTF-8")
    for option in ("-h", "--help"):
        done = edge(*verb.split(), option)
        assert (done.code, done.err) == (0, "")
        assert max(map(columns, done.out.splitlines())) <= 80
        if language == "en":
            assert done.out.isascii()
            assert done.out.startswith(f"Usage: edge {verb}".rstrip())
        else:
            assert english(done.out) == []
            assert "使い方：edge" in done.out
            assert "このヘルプを表示して終了します。" in done.out
        assert not re.search(r"\b(help|opt)_\w+", done.out)


def test_the_option_lang_decides_before_the_locale(edge, monkeypatch):  # noqa: F811
    monkeypatch.setenv("LC_ALL", "ja_JP.UTF-8")
    assert edge("run", "--lang", "en", "--help").out.startswith("Usage: ")
    monkeypatch.setenv("LC_ALL", "C")
    assert edge("run", "--help", "--lang=ja").out.startswith("使い方：")


@pytest.mark.parametrize("locale", ["C", "ja_JP.UTF-8"])
@pytest.mark.parametrize("group", ["", *PARTS])
def test_summaries_are_whole_and_keep_to_their_line(edge, group, locale, monkeypatch):  # noqa: F811
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("LC_ALL", locale)
    lines = edge(*group.split(), "--help").out.splitlines()
    rows = lines[next(i for i, line in enumerate(lines) if line in ("Commands:", "コマンド：")) + 1 :]
    assert sorted(row.split()[0] for row in rows) == sorted(PARTS.get(group, VERBS))
    assert all(row.endswith((".", "。", "）")) and "..." not in row for row in rows)


WRONG = [
    ("run --lang fr", "--lang must be one of en, ja (got fr); see: edge run --help"),
    ("run --sourc x", "there is no option --sourc; did you mean --source?"),
    ("run --xyzzy", "there is no option --xyzzy; see: edge run --help"),
    ("run -x", "there is no option -x; see: edge run --help"),
    ("fly", "there is no command fly; see: edge --help"),
    ("rnu", "there is no command rnu; did you mean run?"),
    ("review lst", "there is no command lst; did you mean list?"),
    ("evaluate", "BUNDLE is missing; see: edge evaluate --help"),
    ("relabel a --out b", "--config is missing; see: edge relabel --help"),
    ("run --source", "--source needs a value; see: edge run --help"),
    ("run --headless=1", "--headless takes no value; see: edge run --help"),
    ("demo x y", "unexpected argument: x y; see: edge demo --help"),
    ("evaluate a b --snr x", "--snr must be a number (got x); see: edge evaluate --help"),
    ("replay a --at now", "--at must be a number (got now); see: edge replay --help"),
    ("review show a b", "CHECK must be a whole number (got b); see: edge review show --help"),
    (
        "evaluate a b --modality smell",
        "--modality must be one of audio, vision, text, fused (got smell); see: edge evaluate --help",
    ),
    (
        "pseudo a --data b --policy c --out d --trial 5",
        "--trial must be from 0.01 to 0.9 (got 5); see: edge pseudo --help",
    ),
    (
        "evaluate a b --modality audio --drop text",
        "--drop: only the fused reading has modalities to drop; see: edge evaluate --help",
    ),
    (
        "pseudo a --data b --policy c --out d",
        "--unlabelled: give either recordings or --trial; see: edge pseudo --help",
    ),
]


@pytest.mark.parametrize(("words", "line"), WRONG)
def test_wrong_use_is_one_clear_line_in_both_languages(edge, words, line, monkeypatch):  # noqa: F811
    monkeypatch.setenv("LC_ALL", "C")
    done = edge(*words.split())
    assert (done.code, done.out, done.err) == (2, "", f"edge: {line}\n")
    monkeypatch.setenv("LC_ALL", "ja_JP.UTF-8")
    done = edge(*words.split())
    assert (done.code, done.out, done.err.count("\n")) == (2, "", 1)
    assert english(done.err) == []
    assert any(unicodedata.category(letter) == "Lo" for letter in done.err)


def test_controls_in_what_was_typed_do_not_act(edge):  # noqa: F811
    for words in (["run", "--\x1b[2J"], ["\x1b[2J"], ["evaluate", "a", "b", "--snr", "\x1b[2J"]):
        done = edge(*words)
        assert done.code == 2
        assert "\x1b" not in done.err
        assert done.err.count("\n") == 1


def test_lines_break_where_japanese_may():
    text = "推定は毎秒 1 回です。パネルに（画面があれば）表示します。"
    for width in range(12, 60):
        lines = wrapped(text, width)
        assert "".join(lines).replace(" ", "") == text.replace(" ", "")
        assert max(map(columns, lines)) <= max(width, 14)
        assert not any(line[0] in "、。）" or line[-1] == "（" for line in lines)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_of_each_shell(tmp_path, shell):
    asked = {"bash": {"COMP_WORDS": "edge re", "COMP_CWORD": "1"}, "zsh": {}, "fish": {}}[shell]
    asked = asked | {"_TYPER_COMPLETE_ARGS": "edge re", "_TYPER_COMPLETE_FISH_ACTION": "get-args"}
    clean = {name: value for name, value in os.environ.items() if not name.startswith("LC_")}
    environment = {**clean, "HOME": str(tmp_path), "LANG": "C.UTF-8", "_EDGE_COMPLETE": f"complete_{shell}"}
    command = [Path(sys.executable).with_name("edge")]
    found = subprocess.run(
        command, env={**environment, **asked}, capture_output=True, text=True, check=True, timeout=60
    )
    assert all(verb in found.stdout for verb in ("replay", "relabel", "review"))
    assert "bench" not in found.stdout


def test_completion_is_installed_and_says_where(edge, tmp_path, monkeypatch):  # noqa: F811
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr("typer._completion_shared._get_shell_name", lambda: "bash", raising=False)
    done = edge("--install-completion")
    place = tmp_path / ".bash_completions" / "edge.sh"
    assert (done.code, done.err) == (0, "")
    assert done.out == f"completion for bash is in {place}; open a new terminal to use it\n"
    assert "_EDGE_COMPLETE=complete_bash" in place.read_text()
    monkeypatch.setattr("typer._completion_shared._get_shell_name", lambda: "tcsh", raising=False)
    assert "is not known; run it from bash" in one_line_error(edge("--install-completion"))


def test_every_verb_takes_a_language():
    def verbs(command):
        parts = getattr(command, "commands", None)
        return [verb for one in parts.values() for verb in verbs(one)] if parts else [command]

    found = verbs(typer.main.get_command(app))
    assert len(found) > 15
    assert [verb.name for verb in found if "lang" not in [option.name for option in verb.params]] == []
