"""The one way a process of our own is started: it imports what this one imports, from nowhere else.

`python -m` and `python -c` put the current folder first among those that are imported from: a numpy.py
that lies there would run. Python's own cure (-P) came with 3.11.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

_RUN = (
    "import os, sys; sys.path[:] = filter(os.path.isabs, sys.path); del sys.argv[0]; "
    "import runpy; runpy.run_module(sys.argv[0], run_name='__main__', alter_sys=True)"
)


def command(module: str, *words: str) -> list[str]:
    """The command line that runs a module with these words; it needs `environment()`."""
    return [sys.executable, "-c", _RUN, module, *words]


def environment() -> dict[str, str]:
    """The environment of a process of our own: its own imports and programs, none of the current folder."""
    return os.environ | {"PYTHONPATH": os.pathsep.join(_imported()), "PATH": safe_path()}


def safe_path() -> str:
    """PATH without what means the current folder, or one below it."""
    found = os.environ.get("PATH", os.defpath).split(os.pathsep)
    return os.pathsep.join(folder for folder in found if Path(folder).is_absolute())


def _imported() -> list[str]:
    """The folders this process imports from, without the current one; the package's own is always there.

    Python makes every folder it is given absolute; what is not (an empty entry, the mark that an editable
    install leaves there) means the current folder or none.
    """
    try:
        here = Path.cwd()
    except OSError:  # the current folder was deleted
        here = Path()
    found = [folder for folder in map(Path, sys.path) if folder.is_absolute() and folder.resolve() != here]
    return list(dict.fromkeys(map(str, [*found, Path(__file__).absolute().parents[2]])))
