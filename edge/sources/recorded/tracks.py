"""Which tracks of a recording are read, where it holds several."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from edge.errors import MediaError


def chosen(container: Any, path: Path, note: Callable[[MediaError], object]) -> tuple[Any, Any]:
    """The sound and the picture track to read, None each where there is none.

    The one the file states as its default, else the first; never one made for the hard of hearing, a comment
    or the cover of an album where there is another. Which are left unread is noted.
    """
    from av.stream import Disposition as Is

    aside = Is.comment | Is.hearing_impaired | Is.visual_impaired | Is.descriptions | Is.dependent
    # The cover of an album is a video stream too, and the singer on it has nothing to say here.
    films = [
        s for s in container.streams.video if not s.disposition & (Is.attached_pic | Is.timed_thumbnails)
    ]
    found = []
    for key, tracks in (("media_sounds", list(container.streams.audio)), ("media_films", films)):
        known = [track for track in tracks if track.codec_context is not None] or tracks
        best = min(
            known,
            key=lambda track: (bool(track.disposition & aside), not track.disposition & Is.default),
            default=None,
        )
        found.append(best)
        if len(tracks) > 1:
            number = tracks.index(best) + 1
            note(MediaError.of(key, path=path, count=len(tracks), number=number))
    return found[0], found[1]


def length_of(track: Any) -> float:
    """How long a track states it is (seconds); 0 where it does not."""
    if track.duration:
        return float(track.duration * track.time_base)
    try:  # Matroska: a note, as 00:01:02.500000000
        hours, minutes, seconds = (float(part) for part in track.metadata["DURATION"].split(":"))
    except (KeyError, ValueError):
        return 0.0
    return 3600.0 * hours + 60.0 * minutes + seconds
