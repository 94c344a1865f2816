"""A session on the disk: its facts in session.json, its segments beside them until they became clips.

RECORDINGS/sessions/20261130-091500/session.json     who, where, since when, prompts; no sound, no picture
RECORDINGS/sessions/20261130-091500/000012.mka.sealed      sound from 36 s on
RECORDINGS/sessions/20261130-091500/000012.mkv.sealed      pictures from 36 s on
"""

from __future__ import annotations

import re
import shutil
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, ValidationError

from edge.bundle.manifest import Spec
from edge.errors import InputError
from edge.recording.keys import Secret
from edge.recording.sealed import SUFFIX, destroy, write_sealed
from edge.recording.segments import SEGMENT_S, Kind, Segment
from edge.system.private import make_private, replacing, settle

SESSIONS, FACTS, CLIPS = "sessions", "session.json", "clips"
_FILE = re.compile(r"(\d{6})\.(mka|mkv)(\.sealed)?")
_LEFT = ".edge-"  # how the one writer calls a file that is not whole yet


class Mark(Spec):
    """From a moment on something else holds."""

    at_s: float
    """In the session (seconds)."""
    speaker: str = ""
    """Who speaks; empty: one of the subjects, nobody said which."""
    text: str = ""
    """What was to be read out; empty: nothing."""
    label: str = ""
    """How it was to be said: a label."""


class Facts(Spec):
    """What is known of a session."""

    session: str
    began: str
    """Date and time in the site's own zone, ISO 8601."""
    subjects: tuple[str, ...]
    """Everybody who can be heard or seen, by the ids of the site."""
    scopes: tuple[Literal["sound", "picture"], ...] = ("sound", "picture")
    """What was recorded of them."""
    consents: tuple[int, ...] = ()
    """Ids of the consents it was recorded under."""
    device: str = ""
    microphone: str = ""
    camera: str = ""
    place: str = ""
    shift: str = ""
    distance_m: float | None = None
    sealed: bool = True
    cut: bool = False
    """Whether it became clips already: what is left beside this could not be read."""
    marks: tuple[Mark, ...] = Field((), max_length=100_000)
    forgotten: Annotated[tuple[tuple[float, float], ...], Field(max_length=10_000)] = ()
    """Stretches that were deleted on a person's wish (seconds in the session)."""

    def mark_at(self, at_s: float) -> Mark:
        """What holds at a moment of the session."""
        found = Mark(at_s=0.0)
        for mark in self.marks:
            if mark.at_s <= at_s:
                found = mark
        return found


class Session:
    """A session in its folder."""

    def __init__(self, folder: Path, facts: Facts) -> None:
        self.folder, self.facts = folder, facts

    @classmethod
    def begin(cls, recordings: Path, facts: Facts) -> Session:
        """Make the folder. Raises OSError."""
        folder = recordings / SESSIONS / facts.session
        make_private(folder.parent)
        make_private(folder)
        session = cls(folder, facts)
        session.note(facts)
        return session

    @classmethod
    def opened(cls, folder: Path) -> Session:
        """A session that is there. Raises InputError where its facts are missing or damaged."""
        try:
            return cls(folder, Facts.model_validate_json((folder / FACTS).read_bytes()))
        except (OSError, ValidationError, ValueError):
            raise InputError.of("record_facts", path=folder / FACTS) from None

    def note(self, facts: Facts) -> None:
        """Keep facts, on the disk when this returns. Raises OSError."""
        self.facts = facts
        with replacing(self.folder / FACTS) as part:
            part.write_text(facts.model_dump_json(indent=1) + "\n", encoding="utf-8")
            settle(part)
        settle(self.folder)

    def write(self, segment: Segment, secret: Secret | None) -> int:
        """Keep a segment, on the disk when this returns; how many bytes it takes. Raises OSError."""
        return write_media(self.folder / segment.name, segment.data, secret)

    def segments(self) -> dict[tuple[int, Kind], Path]:
        """Its files by number and kind."""
        found: dict[tuple[int, Kind], Path] = {}
        for path in sorted(self.folder.iterdir()):
            if match := _FILE.fullmatch(path.name):
                found[int(match[1]), "mka" if match[2] == "mka" else "mkv"] = path
        return found

    def forget(self, first_s: float, last_s: float) -> int:
        """Destroy every segment that reaches into a stretch (seconds in the session); how many there were."""
        paths = [
            path
            for (number, _), path in self.segments().items()
            if number * SEGMENT_S < last_s and (number + 1) * SEGMENT_S > first_s
        ]
        for path in paths:
            destroy(path)
        settle(self.folder)
        self.note(self.facts.model_copy(update={"forgotten": (*self.facts.forgotten, (first_s, last_s))}))
        return len(paths)

    def discard(self) -> None:
        """Destroy everything of it, clips that were made before power was cut as well."""
        for path in clips_of(self.folder.parent.parent, self.facts.session):
            destroy(path)
        self.delete()

    def delete(self) -> None:
        """Destroy what was recorded; clips stay."""
        for path in self.folder.iterdir():
            destroy(path)
        shutil.rmtree(self.folder, ignore_errors=True)
        settle(self.folder.parent)


def write_media(path: Path, data: bytes, secret: Secret | None) -> int:
    """Write media, encrypted where there is a secret, whole or not at all; how many bytes that took.

    path: without the suffix of encryption. Raises OSError.
    """
    if secret is not None:
        sealed = path.with_name(path.name + SUFFIX)
        write_sealed(sealed, data, secret)
        return sealed.stat().st_size
    with replacing(path) as part:
        part.write_bytes(data)
        settle(part)
    settle(path.parent)
    return len(data)


def clips_of(recordings: Path, session: str) -> list[Path]:
    """Clips of a session."""
    return sorted((recordings / CLIPS).glob(f"{session}_*"))


def sessions(recordings: Path) -> list[Path]:
    """Folders of the sessions there, oldest first."""
    folder = recordings / SESSIONS
    return sorted(path for path in folder.iterdir() if path.is_dir()) if folder.is_dir() else []


def sweep(recordings: Path) -> None:
    """Delete what a power cut left half-written."""
    for folder in (recordings, recordings / CLIPS, *sessions(recordings)):
        if folder.is_dir():
            for path in folder.glob(f"{_LEFT}*"):
                with suppress(OSError):
                    path.unlink()


def new_name(recordings: Path, now: datetime) -> str:
    """A name for a session that begins now: local date and time, and a number where there is one already."""
    name = now.strftime("%Y%m%d-%H%M%S")
    taken = {path.name for path in sessions(recordings)}
    taken |= {path.name.partition("_")[0] for path in (recordings / CLIPS).glob(f"{name}*")}
    number, found = 1, name
    while found in taken:
        number += 1
        found = f"{name}-{number}"
    return found
