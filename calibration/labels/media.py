"""Copies of clips for raters: a folder that Label Studio serves, names that give nothing away.

Clips at rest may be encrypted; a browser needs them as they are, so the copies are plain. `close` deletes
them.
"""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from pathlib import Path

from calibration.labels.playable import SHOWN, convert, suffix_for
from calibration.labels.studio import Kind
from edge.bundle.folder import sha256
from edge.errors import DatasetError
from edge.recording.sealed import is_sealed, media_suffix, open_media
from edge.system.private import make_private, open_private

FOLDER = "media"
"""Below the folder of an export; the only one that Label Studio is to serve."""


def clip_id(path: Path) -> str:
    """A clip by its bytes as they lie on the disk, whatever it is called."""
    return sha256(path)[:16]


def copy_for_raters(path: Path, folder: Path, number: int, kind: Kind) -> str:
    """Make a plain copy below the folder of an export; its name there. Raises OSError and MediaError.

    A recording that is plain and playable already is linked where the disk can: no second copy of it.
    """
    make_private(folder / FOLDER)
    suffix = suffix_for(path, kind)
    name = f"{FOLDER}/{number:05d}{suffix}"
    target, as_it_is = folder / name, suffix == media_suffix(path)
    if as_it_is and not is_sealed(path):
        with suppress(OSError):
            os.link(path, target)
            return name
    with open_media(path) as source, open_private(target, "xb") as copy:
        if as_it_is:
            shutil.copyfileobj(source, copy)
        else:
            convert(source, copy, kind, path.name)
    return name


def close(folder: Path) -> int:
    """Delete the copies of an export; how many there were. Raises DatasetError and OSError."""
    media = folder / FOLDER
    if not (folder / "tasks.json").is_file() and not list(folder.glob("tasks-*.json")):
        raise DatasetError.of("label_close_none", folder=folder)
    if not media.is_dir() or media.is_symlink():
        return 0
    copies = [path for path in media.iterdir() if path.stem.isdecimal() and path.suffix in SHOWN]
    for path in copies:
        path.unlink()
    with suppress(OSError):  # something else lies there
        media.rmdir()
    return len(copies)
