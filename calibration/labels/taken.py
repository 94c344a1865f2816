"""`edge label import`: an annotation export -> LABELS.csv, and votes in the table of the recordings.

The table gets votes_<label> (how many raters said so), emotion (what most of them said; empty on a tie),
guideline, and emotion_before where another label stood there that no vote gave.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from pathlib import Path

from calibration.data.dataset import Example
from calibration.data.table import Once, read_rows
from calibration.data.votes import column_of
from calibration.labels.annotations import project_in, read_export
from calibration.labels.kept import ADJUDICATOR, Said, certain, merged, read_kept, said_of, table, votes
from calibration.labels.media import clip_id
from calibration.labels.studio import CANNOT_TELL, Facts
from calibration.site.recordings import read_recordings
from edge.errors import DatasetError
from edge.starter_labels import labels_of
from edge.system.lock import locked
from edge.system.private import replacing
from edge.system.texts import csv_line


@dataclass(frozen=True, slots=True)
class Taken:
    """What an import came to."""

    annotations: int
    """In the export."""
    new: int
    replaced: int
    gone: int
    """Of clips that are no longer among the recordings."""
    skipped: int
    labelled: int
    """Clips that have a label now, of all that were judged."""
    judged: int
    ties: int
    """Clips without a majority: to be adjudicated."""
    changed: int
    """Clips whose label in the table was another one before."""


def take(
    export: Path, recordings: Path, out: Path, *, adjudicated: Path | None = None, rater: str | None = None
) -> Taken:
    """Take what raters said. Raises DatasetError and InputError; then neither file was changed."""
    facts, given = read_export(export, rater)
    metadata = recordings / "metadata.csv"
    clips = {clip_id(clip.path): clip.name for clip in _clips(recordings, facts) if clip.path}
    with locked(out), locked(metadata):  # a recording or a deletion may be writing them
        before = read_kept(out) if out.exists() else []
        _require_same(facts, before, export, out)
        columns, cells = _cells(recordings, facts)
        there = {own["file_name"] for own in cells}
        here = [one for one in given if clips.get(one.clip) in there]
        if not here:
            raise DatasetError.of("label_all_gone", path=export, folder=recordings)
        rows, new, replaced = merged(before, (said_of(one, clips[one.clip], facts) for one in here))
        if adjudicated:
            rows, *_ = merged(rows, _decided(adjudicated, rows, facts))
        text, changed, found = _voted(columns, cells, rows, facts)
        with replacing(out) as labels, replacing(metadata) as part:
            labels.write_text(table(rows), encoding="utf-8-sig")
            part.write_text(text, encoding="utf-8-sig")
    return Taken(
        len(given),
        new,
        replaced,
        len(given) - len(here),
        sum(not one.label for one in here),
        sum(label is not None for _, label in found.values()),
        len(found),
        sum(label is None for _, label in found.values()),
        changed,
    )


def require_project(export: Path, folder: Path) -> None:
    """Raises DatasetError where an export is not of the project that a folder was made for."""
    made = next(iter(sorted(folder.glob("tasks-*.json"))), None)
    if made is None:
        raise DatasetError.of("label_close_none", folder=folder)
    project, other = project_in(export), project_in(made)
    if project != other:
        raise DatasetError.of(
            "label_other_project", path=export, project=project.project, folder=folder, other=other.project
        )


def outcome(counts: Mapping[str, int]) -> str | None:
    """What most raters said; None on a tie, and where most could not tell.

    counts: votes by label, or cannot_tell.
    """
    ranked = Counter(counts).most_common(2)
    if not ranked or ranked[0][0] == CANNOT_TELL or (len(ranked) > 1 and ranked[0][1] == ranked[1][1]):
        return None
    return ranked[0][0]


def _require_same(facts: Facts, before: Sequence[Said], export: Path, out: Path) -> None:
    if before and (before[0].labels != facts.labels or before[0].bundle != facts.bundle):
        key = "label_other_labels" if before[0].labels != facts.labels else "label_other_bundle"
        raise DatasetError.of(key, path=export, out=out)


def _clips(recordings: Path, facts: Facts) -> Sequence[Example]:
    return read_recordings(recordings, labels_of(facts.labels), labelled=False, judged=None).clips


def _decided(path: Path, rows: Sequence[Said], facts: Facts) -> list[Said]:
    """What was decided of clips raters do not agree on, from the list of `edge label agree`."""
    known, once, found = {one.file_name: one for one in rows}, Once(), []
    labels, now = labels_of(facts.labels), datetime.now(timezone.utc).isoformat(timespec="milliseconds")
    for row in read_rows(path, ("file_name", "emotion")):
        if not row["emotion"]:
            continue
        once.take(row, row["file_name"], row["emotion"])
        if row["file_name"] not in known:
            raise row.refused("label_not_there", name=row["file_name"])
        label = labels.find(row["emotion"])
        if label is None:
            raise row.refused("label_adjudicated_unknown", known=labels.choice)
        found.append(
            replace(
                known[row["file_name"]],
                annotation=f"{ADJUDICATOR} {row['file_name']}",
                rater=ADJUDICATOR,
                label=label,
                lead_time_s=None,
                created=now,
                updated=now,
                guideline=facts.guideline,
                kind=ADJUDICATOR,
            )
        )
    return found


def _voted(
    columns: list[str], cells: list[dict[str, str]], rows: Sequence[Said], facts: Facts
) -> tuple[str, int, dict[str, tuple[Counter[str], str | None]]]:
    """The table of the recordings with votes; how many labels changed; votes and label of each clip.

    columns, cells: of the table as it is.
    """
    decided, given = certain(rows, ADJUDICATOR), votes(rows)
    found: dict[str, tuple[Counter[str], str | None]] = {}
    for name, said in given.items():
        counts = Counter(one.label for one in said.values())
        found[name] = counts, decided.get(name) or outcome(counts)
    added = [column_of(label) for label in (*facts.labels, CANNOT_TELL)]
    columns += [name for name in ("emotion", *added, "guideline") if name not in columns]
    changed = 0
    for own in cells:
        name = own["file_name"]
        if name not in found:
            continue
        counts, label = found[name]
        voted_before = any(own.get(column) for column in added)
        stood = own.get("emotion", "")
        if stood and stood != label and not voted_before:
            own["emotion_before"] = own.get("emotion_before") or stood
        changed += bool(stood) and stood != (label or "")
        own["emotion"] = label or ""
        if "label_source" in own:
            own["label_source"] = "raters"
        own |= {column_of(one): str(counts[one]) for one in (*facts.labels, CANNOT_TELL)}
        versions = dict.fromkeys(one.guideline for one in given[name].values())
        own["guideline"] = ";".join(versions)
    if any("emotion_before" in own for own in cells) and "emotion_before" not in columns:
        columns.append("emotion_before")
    lines = [csv_line(columns), *(csv_line(own.get(name, "") for name in columns) for own in cells)]
    return "".join(lines), changed, found


def _cells(recordings: Path, facts: Facts) -> tuple[list[str], list[dict[str, str]]]:
    """Columns and rows of the table there is; of a folder without one, the names of its recordings."""
    path = recordings / "metadata.csv"
    if not path.is_file():
        return ["file_name"], [{"file_name": clip.name} for clip in _clips(recordings, facts)]
    rows = read_rows(path, ("file_name",))
    columns = list(dict.fromkeys(name for row in rows for name in row.cells))
    return columns, [{**row.cells, "file_name": row.file(recordings)[0]} for row in rows]
