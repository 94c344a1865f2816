"""Native libraries are kept to one thread by every verb that trains nothing."""

import os

import pytest
import typer
from typer.testing import CliRunner

from edge.cli.main import TRAINING, app

NAMES = ("OMP_THREAD_LIMIT", "OPENBLAS_NUM_THREADS")


def verbs():
    return sorted(typer.main.get_command(app).commands)


@pytest.mark.parametrize("verb", verbs())
def test_each_verb_has_the_threads_it_needs(verb, monkeypatch):
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
    assert CliRunner().invoke(app, [verb, "--no-such-option"]).exit_code == 2
    assert {os.environ.get(name) for name in NAMES} == ({None} if verb in TRAINING else {"1"})
    for name in (*NAMES, "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        monkeypatch.delenv(name, raising=False)


def test_the_verbs_that_train_are_there():
    assert set(TRAINING) <= set(verbs())
