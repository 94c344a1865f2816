"""What many tests share: a tiny bundle, engines on it, small recordings."""

from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pytest

from edge.bundle import open_bundle
from edge.engines import open_engine
from edge.features.text import load_tokenizer
from edge.tiny import write_tiny_bundle

MEDIA = Path(__file__).parents[2] / "shared" / "data" / "media"
"""Real recordings; present on the workplace only."""


@pytest.fixture(scope="session")
def _tiny(tmp_path_factory):
    return write_tiny_bundle(tmp_path_factory.mktemp("bundles") / "tiny").folder


@pytest.fixture
def tiny_bundle(_tiny):
    """An opened tiny bundle; do not change its files."""
    return open_bundle(_tiny)


@pytest.fixture
def tiny_copy(_tiny, tmp_path):
    """A tiny bundle of one's own to spoil."""
    import shutil

    return Path(shutil.copytree(_tiny, tmp_path / "copy"))


@pytest.fixture
def engines(tiny_bundle):
    """The four engines of the tiny bundle."""
    with ExitStack() as stack:
        yield {
            name: stack.enter_context(open_engine(tiny_bundle.path(name)))
            for name in ("audio", "vision", "text", "fusion")
        }


@pytest.fixture
def tokenizer(tiny_bundle):
    return load_tokenizer(tiny_bundle.path("tokenizer.json"))


@pytest.fixture
def rng():
    return np.random.default_rng(7)
