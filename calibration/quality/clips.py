"""The recordings of a site as `edge coverage` reads them: with a table, or plain files in folders."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from calibration.data.dataset import person, speaker_of
from calibration.data.labels import LabelReader
from calibration.data.moments import part_of
from calibration.data.table import Once, Row, read_rows
from edge.errors import DatasetError
from edge.labels import Labels, plain
from edge.recording.sealed import media_suffix
from edge.sources.recorded.recording import MEDIA
from edge.starter_labels import STARTER


@dataclass(frozen=True, slots=True)
class Clip:
    """One recording and what a table says of it; empty where it says nothing."""

    name: str
    """Its file name below the folder."""
    path: Path
    speaker: str = ""
    label: str = ""
    """What it shows, under the name of a label where one is known."""
    transcript: str = ""
    session: str = ""
    shift: str = ""
    condition: str = ""
    """What surrounds it: the column condition, else place."""
    group: str = ""
    """The group of people it counts for."""
    split: str = ""
    """Which side of a division it is on, such as calibration or evaluation."""
    part: tuple[float, float] | None = None
    """The stretch of the recording that is meant (seconds within it); None: all of it."""


def read_clips(folder: Path, labels: Labels | None = None) -> tuple[list[Clip], bool]:
    """Recordings of a folder in file order, and whether a table lists them. Raises DatasetError.

    labels: of a bundle; a name of an emotion that is none of them is refused then. Without, any name is a
    label; known names of the starter's labels count as these.
    """
    table = folder / "metadata.csv"
    if not table.is_file():
        return _plain_files(folder), False
    emotions, once, met = LabelReader(labels) if labels else None, Once(), dict[str, tuple[int, str]]()
    clips = []
    for row in read_rows(table, ("file_name",)):
        name, path = row.file(folder)
        said = row.get("emotion")
        part = part_of(row)
        name = f"{name} {part[0]:g}-{part[1]:g} s" if part else name
        once.take(row, name, said.lower())
        speaker = speaker_of(row, met)
        clips.append(
            Clip(
                name,
                path,
                speaker,
                _label(row, said, emotions),
                row.get("transcript"),
                **{part: person(row.get(part)) for part in ("session", "shift", "group", "split")},
                part=part,
                condition=person(row.get("condition")) or person(row.get("place")),
            )
        )
    if not clips:
        raise DatasetError.of("folder_no_clip", table=table)
    return clips, True


def label_names(clips: Iterable[Clip], labels: Labels | None = None) -> list[str]:
    """Labels in the order of the bundle or the starter, then those of the table alone by name."""
    known = list(labels or STARTER)
    met = {clip.label for clip in clips if clip.label}
    first = known if labels else [name for name in known if name in met]
    return [*first, *sorted(met - set(known))]


def _label(row: Row, said: str, emotions: LabelReader | None) -> str:
    """Name of the label a cell stands for; empty where the cell is empty or a bundle has no such label."""
    if not said:
        return ""
    if emotions is None:
        return STARTER.find(said) or plain(said)
    index = emotions.index(said, row.where)
    return "" if index is None else emotions.labels[index]


def _plain_files(folder: Path) -> list[Clip]:
    """Every recording below a folder, sorted by name; hidden ones are passed over."""
    if not folder.is_dir():
        raise DatasetError.of("coverage_no_folder", folder=folder)
    clips = []
    for path in sorted(folder.rglob("*")):
        below = path.relative_to(folder)
        hidden = any(part.startswith(".") for part in below.parts)
        if media_suffix(path) in MEDIA and not hidden and path.is_file():
            clips.append(Clip(below.as_posix(), path))
    if not clips:
        raise DatasetError.of("coverage_no_media", folder=folder)
    return clips
