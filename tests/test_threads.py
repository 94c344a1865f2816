"""Native libraries are kept to one thread by every verb that trains nothing; speech detection always is."""

import os
import subprocess
import sys
from importlib.util import find_spec

import pytest
import typer
from typer.testing import CliRunner

from edge.cli.main import TRAINING, app
from edge.system.threads import NAMES, one_thread_but_torch, unlimited


def verbs():
    return sorted(typer.main.get_command(app).commands)


@pytest.mark.parametrize("verb", verbs())
def test_each_verb_has_the_threads_it_needs(verb, monkeypatch):
    for name in NAMES:
        monkeypatch.setenv(name, "")  # what the verb sets is taken back
        monkeypatch.delenv(name)
    assert CliRunner().invoke(app, [verb, "--no-such-option"]).exit_code == 2
    limited = {name for name in NAMES if os.environ.get(name) == "1"}
    assert limited == ({"OPENBLAS_NUM_THREADS"} if verb in TRAINING else set(NAMES))


def test_the_verbs_that_train_are_there():
    assert set(TRAINING) <= set(verbs())


@pytest.mark.parametrize("before", [None, "4"])
def test_the_limit_is_lifted_again(before, monkeypatch):
    monkeypatch.setenv("OMP_THREAD_LIMIT", before or "")
    if before is None:
        monkeypatch.delenv("OMP_THREAD_LIMIT")
    one_thread_but_torch()
    assert os.environ.get("OMP_THREAD_LIMIT") == before


def test_a_child_may_choose_for_itself():
    assert unlimited({"OMP_THREAD_LIMIT": "1", "PATH": "/bin"}) == {"PATH": "/bin"}


CHILD = """
import os
from edge.system.threads import one_thread_but_torch
one_thread_but_torch()
import numpy, torch
from edge.perception.speech import SpeechDetector
before = len(os.listdir("/proc/self/task"))
SpeechDetector().measure(numpy.random.default_rng(0).normal(0, 0.1, 16000).astype(numpy.float32))
print(len(os.listdir("/proc/self/task")) - before)
torch.set_num_threads(2)
print(torch.pca_lowrank(torch.randn(500, 64), 32)[0].shape[1])
"""


@pytest.mark.skipif(sys.platform != "linux", reason="threads are counted in /proc")
@pytest.mark.skipif(find_spec("torch") is None, reason="needs torch, which no device has")
def test_speech_takes_one_thread_and_torch_as_many_as_it_wants():
    free = unlimited(os.environ)
    done = subprocess.run(
        [sys.executable, "-c", CHILD], capture_output=True, text=True, env=free, check=True, timeout=120
    )
    assert done.stdout.split() == ["0", "32"]
