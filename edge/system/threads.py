"""One thread for native libraries: small networks lose by more."""

from __future__ import annotations

import os


def one_thread() -> None:
    """Keep native libraries to one thread; they read these when first loaded.

    OMP_THREAD_LIMIT holds back the voice activity network, which asks for threads of its own: on small
    chunks they wait for each other six times longer than one of them works.
    """
    for name in ("OMP_NUM_THREADS", "OMP_THREAD_LIMIT", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(name, "1")
