"""Machines as folders: files of a board below a root, its programs as scripts that print their answers."""

import json
import shlex
import sys
from pathlib import Path

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

STATES = Path(__file__).parent / "board_states"
BOARDS = ("orin-nano-36.4.7", "orin-nx-36.4.4", "agx-orin-39.2", "thor-38.4")
"""States of boards, put together from public sources; pc.toml is the machine that is none."""


def stand_up(folder, state):
    """Write a state (its name, or what a recording holds) below a folder; gives the folder, a root."""
    if isinstance(state, str):
        state = tomllib.loads((STATES / f"{state}.toml").read_text(encoding="utf-8"))
    for path, text in flat(state["files"]):
        put(folder, path, text)
    for asked, said in state["programs"].items():
        answers(folder, asked, said)
    return folder


def flat(tree, above=""):
    for name, value in tree.items():
        path = f"{above}{name}"
        if isinstance(value, dict):
            yield from flat(value, f"{path}/")
        else:
            yield path, value


def put(root, path, text):
    """Write one file, or take one away (None)."""
    place = root / path
    if text is None:
        place.unlink()
        return
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(text.removeprefix("\n"), encoding="utf-8")


def answers(root, asked, said, code=0):
    """A program that prints a text when asked with these words and fails at others; None: it is missing."""
    program, *words = shlex.split(asked)
    place = root / "usr" / "bin" / program
    place.parent.mkdir(parents=True, exist_ok=True)
    if said is None:
        place.unlink()
        return
    wanted = shlex.quote(" ".join(words))
    then = f"cat <<'END'\n{said.strip()}\nEND\nexit {code}"
    # What is asked with more words than the state holds is answered as well: options do not matter here.
    place.write_text(f'#!/bin/sh\ncase "$*" in {wanted}*) ;; *) exit 9 ;; esac\n{then}\n', encoding="utf-8")
    place.chmod(0o755)


def recorded(path):
    return json.loads(path.read_text(encoding="utf-8"))
