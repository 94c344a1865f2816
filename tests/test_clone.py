"""What a newcomer does first: clone, and run the demo."""

import os
import subprocess
import time
from pathlib import Path

import pytest

from edge.words import word

NOTICE = word("demo_notice", "en")

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]

ROOT = Path(__file__).parents[1]
AT_ONCE_S = 60.0
"""A second run only reads nine seconds of video; a minute leaves room for a busy machine."""


@pytest.fixture(scope="module")
def clone(tmp_path_factory):
    """A fresh clone of what is committed."""
    if not (ROOT / ".git").exists():
        pytest.skip("needs the git repository")
    target = tmp_path_factory.mktemp("clone") / "edge"
    subprocess.run(["git", "clone", "-q", "--no-hardlinks", ROOT, target], check=True)
    return target


def script(clone, name):
    """Exit code, output, errors and seconds of a script, without this process's own environment of Python."""
    own = {"VIRTUAL_ENV", "PYTHONPATH", "PYTHONHOME"}
    environment = {key: value for key, value in os.environ.items() if key not in own}
    begin = time.monotonic()
    done = subprocess.run(
        [clone / "script" / name], capture_output=True, text=True, check=False, env=environment
    )
    return done.returncode, done.stdout, done.stderr, time.monotonic() - begin


def test_the_demo_runs_in_a_fresh_clone_and_again_at_once(clone):
    code, first, errors, _ = script(clone, "demo")
    assert code == 0, errors
    lines = first.splitlines()
    assert NOTICE in lines
    assert lines[-1] == NOTICE
    assert "the path, not the accuracy" in NOTICE
    assert any(" readings: " in line for line in lines)
    assert not list((clone / ".venv").glob("lib/python*/site-packages/torch"))
    code, second, errors, seconds = script(clone, "demo")
    assert code == 0, errors
    assert seconds < AT_ONCE_S
    assert second.splitlines() == lines[lines.index(NOTICE) :]
    changed = subprocess.run(
        ["git", "status", "--short"], cwd=clone, capture_output=True, text=True, check=True
    )
    assert changed.stdout == ""
