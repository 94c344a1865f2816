"""Transcript -> token ids and mask."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from edge.bundle.manifest import TextSpec
from edge.errors import BundleError
from edge.items import Floats
from edge.system.documents import one_line


def load_tokenizer(path: Path) -> Tokenizer:
    """The bundle's tokenizer.json; id 0 is padding. Raises BundleError."""
    try:
        return Tokenizer.from_file(str(path))
    except Exception as error:  # tokenizers has no base class of its own
        raise BundleError.of("tokenizer_broken", path=path, why=one_line(str(error))) from error


def token_ids(text: str, tokenizer: Tokenizer, spec: TextSpec) -> tuple[NDArray[np.int32], Floats]:
    """Ids and mask of a text.

    Returns ids [length] int32, padded with 0, and mask [length], 1 where there is a token.
    """
    found = tokenizer.encode(text).ids[: spec.length]
    ids = np.zeros(spec.length, np.int32)
    ids[: len(found)] = found
    return ids, (np.arange(spec.length) < len(found)).astype(np.float32)
