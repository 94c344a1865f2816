"""A few damaged inputs of each kind at each run; the whole of script/fuzz when asked for."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from fuzz import CASES

FUZZ = Path(__file__).with_name("fuzz.py")


def run(*arguments):
    limited = ("bash", "-c", 'ulimit -s 2048; exec "$@"', "bash", sys.executable, FUZZ)
    done = subprocess.run([*limited, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return {kind: int(count) for kind, count in re.findall(r"^\| ([\w.]+) \| (\d+) \|", done.stdout, re.M)}


def test_a_few_damaged_inputs():
    assert run("--seed", "7", "--share", "0.01").keys() == CASES.keys()


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_all_of_them():
    assert run("--seed", "1") == CASES
