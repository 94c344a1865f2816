"""Recordings of a site: a folder with metadata.csv, some of its rows labelled, or a folder of plain files.

Columns: file_name; optional emotion (empty where nobody labelled the clip, or no label has most votes),
speaker, transcript, session, votes_<label> (calibration/data/votes.py); from and to (seconds) where a row
means a stretch of a long recording (calibration/data/moments.py).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from calibration.data.dataset import Example, of_side, person, read_folder, require_human
from calibration.data.labels import LabelReader
from calibration.data.moments import part_of
from calibration.data.table import Once, Row, read_rows, shown
from edge.bundle.folder import sha256
from edge.errors import DatasetError
from edge.labels import Labels
from edge.sources.recorded.recording import recordings
from edge.system.output import warn
from edge.words import asked_language

UNLABELLED = -1
"""Label of a clip nobody labelled."""
LEAST_LABELLED = 30
"""Fewer labelled clips say nothing about confidence or a site head."""


@dataclass(frozen=True, slots=True, eq=False)
class Recordings:
    """All clips of a site."""

    folder: Path
    clips: Sequence[Example]
    """A file each, whole. label is UNLABELLED where nobody gave one, or one for each stretch."""
    stretches: Mapping[str, Sequence[Example]] = field(default_factory=dict)
    """Name of a clip -> its stretches that a person labelled."""

    @property
    def labelled(self) -> list[Example]:
        """Clips and stretches that a person labelled."""
        whole = [clip for clip in self.clips if clip.label != UNLABELLED]
        return whole + [stretch for own in self.stretches.values() for stretch in own]

    @property
    def people(self) -> list[str]:
        """Who is known to be heard or seen, sorted."""
        return sorted({clip.speaker for clip in (*self.clips, *self.labelled) if clip.named})

    def digest(self) -> str:
        """sha256 of the digests of all files, in the order of their names."""
        whole = hashlib.sha256()
        for path in sorted({clip.path for clip in self.clips if clip.path is not None}):
            whole.update(sha256(path).encode())
        return whole.hexdigest()


def read_recordings(
    folder: Path, labels: Labels, *, labelled: bool, judged: bool | None = False
) -> Recordings:
    """Read what a folder holds. Raises DatasetError and MediaError.

    labels: of the site. labelled: whether its labels are used; else all clips count as unlabelled. judged: as
    `read_folder` has it.
    """
    table = folder / "metadata.csv"
    if not folder.is_dir():
        raise DatasetError.of("data_none", data=folder)
    if not table.is_file():
        found = recordings(folder, lambda note: warn(note.told(asked_language())))
        clips = [Example(path.name, UNLABELLED, path.name, path, named=False) for path in found]
        return Recordings(folder, clips)
    rows = of_side(read_rows(table, ("file_name",)), judged=judged)
    marked = [row for row in rows if labelled and row.get("emotion")]
    examples = _labelled(folder, labels, judged) if marked else []
    known = {example.name: example for example in examples if example.part is None}
    stretches = dict[str, list[Example]]()
    for example in examples:
        if example.part is not None:
            stretches.setdefault(str(example.path), []).append(example)
    clips = []
    for row, speakers in _files(rows, folder):
        name, path = row.file(folder)
        if name in known:
            clips.append(known[name])
        # Else none of the labels stands for what it shows.
        elif not (labelled and row.get("emotion")) or str(path) in stretches:
            speaker = person(speakers.pop()) if len(speakers) == 1 else ""
            clips.append(
                Example(
                    name,
                    UNLABELLED,
                    speaker or name,
                    path,
                    (row.get("transcript") or None) if part_of(row) is None else None,
                    session=person(row.get("session")) or None,
                    named=bool(speaker),
                )
            )
    if not clips:
        raise DatasetError.of("folder_no_clip", table=table)
    own = {clip.name: stretches[str(clip.path)] for clip in clips if str(clip.path) in stretches}
    return Recordings(folder, clips, own)


def _files(rows: Sequence[Row], folder: Path) -> list[tuple[Row, set[str]]]:
    """The first row of each file, and who its rows name. Raises DatasetError for a file listed twice."""
    found, once = dict[str, tuple[Row, set[str]]](), Once()
    for row in rows:
        name, _ = row.file(folder)
        part = part_of(row)
        once.take(row, name if part is None else f"{name} {part[0]:g}-{part[1]:g} s")
        first, speakers = found.setdefault(name, (row, set()))
        if (part is None) != (part_of(first) is None):  # the whole, and a stretch of it
            raise row.refused("table_twice", name=shown(name), line=first.line)
        speakers.add(person(row.get("speaker")))
    return list(found.values())


def _labelled(folder: Path, labels: Labels, judged: bool | None) -> list[Example]:
    emotions = LabelReader(labels)
    examples = read_folder(folder, emotions, parts=True, unlabelled=True, judged=judged)
    require_human(examples)
    for line in emotions.told(folder):
        warn(line.told(asked_language()))
    return examples
