"""`edge label export`: recordings of a site -> a folder that Label Studio takes.

DIR/tasks-audio.json, tasks-video.json       tasks to import
DIR/config-audio.xml, config-video.xml       labelling configuration
DIR/project-audio.json, project-video.json   the same and the guideline, as the API of Label Studio takes it
DIR/guideline.md                             what raters are told
DIR/media/                                   plain copies, numbered: the only folder to serve
"""

from __future__ import annotations

import datetime
import json
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from calibration.data.dataset import Example
from calibration.data.table import Once, Row, read_rows
from calibration.judge.evaluator import Evaluator
from calibration.labels.guideline import Guideline
from calibration.labels.media import clip_id, copy_for_raters
from calibration.labels.playable import kind_of
from calibration.labels.studio import Kind, configuration, facts_of, prediction, project, task
from calibration.site.recordings import read_recordings
from edge.bundle.folder import Bundle
from edge.consent.store import Consents
from edge.errors import DatasetError, MediaError
from edge.items import Floats
from edge.recording.sealed import is_sealed
from edge.system.private import make_private, write_whole
from edge.words import Language, asked_language, word

SCOPE = "label"
"""Of a consent: people who label may hear and see the clip."""


@dataclass(frozen=True, slots=True)
class ExportRequest:
    """What is asked for."""

    recordings: Path
    out: Path
    guideline: Guideline
    language: Language
    clips: Path | None = None
    """Table of the clips to label (column file_name); None: all."""
    gold: Path | None = None
    """Table of clips whose label is certain; they are mixed in."""
    consents: Path | None = None
    """Store of consents; None: there is none."""
    raters: int = 3
    """Who label each clip."""
    predictions: bool = False
    """Whether raters are shown what the bundle thinks."""


@dataclass(frozen=True, slots=True)
class Made:
    """What was written."""

    clips: int
    gold: int
    project: str
    guideline: str
    kinds: tuple[Kind, ...]
    decrypted: int
    """Plain copies of encrypted recordings."""


def export_tasks(bundle: Bundle, request: ExportRequest, say: Callable[[str], object]) -> Made:
    """Write the folder, whole or not at all. Raises EdgeError; say: is told of clips left out."""
    if request.out.exists():
        raise DatasetError.of("label_out_exists", path=request.out)
    chosen, gold = _chosen(request, bundle)
    chosen = _consented(request, chosen, say)
    clips, kinds = dict[str, Example](), dict[str, Kind]()
    unplayed = 0
    for clip in chosen:
        assert clip.path is not None
        kind = kind_of(clip.path)
        if kind is None:
            unplayed += 1
            continue
        name = clip_id(clip.path)
        if name in clips:
            _say(say, "label_same_sound", name=clip.name, first=clips[name].name)
            continue
        clips[name], kinds[name] = clip, kind
    if unplayed:
        _say(say, "label_unplayed", count=unplayed)
    if not clips:
        raise DatasetError.of("label_no_clip", folder=request.recordings)
    facts = facts_of(bundle.manifest, request.guideline, list(clips), predictions=request.predictions)
    thoughts = _thoughts(bundle, clips, say) if request.predictions else {}
    part = request.out.with_name(f".{request.out.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    try:
        make_private(part)
        tasks: dict[Kind, list[dict[str, Any]]] = {}
        for number, (name, clip) in enumerate(clips.items(), 1):
            assert clip.path is not None
            made = task(
                number, copy_for_raters(clip.path, part, number, kinds[name]), kinds[name], name, facts
            )
            if name in thoughts:
                made["predictions"] = [prediction(facts, thoughts[name])]
            tasks.setdefault(kinds[name], []).append(made)
        _write(part, request, bundle, tasks)
        part.rename(request.out)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    decrypted = sum(is_sealed(clip.path) for clip in clips.values() if clip.path)
    mixed = sum(clip.name in gold for clip in clips.values())
    return Made(len(clips), mixed, facts.project, facts.guideline, tuple(tasks), decrypted)


def _chosen(request: ExportRequest, bundle: Bundle) -> tuple[list[Example], set[str]]:
    """Clips to label, gold ones at even distances among them, and the names of these."""
    every = {
        clip.name: clip
        for clip in read_recordings(
            request.recordings, bundle.manifest.full_labels, labelled=False, judged=None
        ).clips
    }
    gold = _listed(request.gold, every) if request.gold else []
    silent = {
        name for name, row in _rows(request.recordings).items() if row.number("speech_s", 0.0, 1e9) == 0.0
    }
    wanted = (
        _listed(request.clips, every) if request.clips else [name for name in every if name not in silent]
    )
    rest = [name for name in wanted if name not in set(gold)]
    places = np.linspace(0, len(rest), len(gold) + 2)[1:-1].round().astype(int)[::-1]
    for place, name in zip(places.tolist(), reversed(gold), strict=True):
        rest.insert(place, name)
    return [every[name] for name in rest], set(gold)


def _rows(recordings: Path) -> dict[str, Row]:
    """Rows of the table by clip; none where there is no table."""
    table = recordings / "metadata.csv"
    if not table.is_file():
        return {}
    return {row.file(recordings)[0]: row for row in read_rows(table, ("file_name",))}


def _listed(table: Path, known: Mapping[str, Example]) -> list[str]:
    names, once = [], Once()
    for row in read_rows(table, ("file_name",)):
        name, _ = row.file(Path(), must_exist=False)
        once.take(row, name)
        if name not in known:
            raise row.refused("label_not_there", name=name)
        names.append(name)
    if not names:
        raise DatasetError.of("label_list_empty", path=table)
    return names


def _consented(
    request: ExportRequest, clips: Sequence[Example], say: Callable[[str], object]
) -> list[Example]:
    """Those whose people agreed that raters hear and see them; all where no consents are kept.

    Who else was there when it was recorded (column subjects) is asked as well: they may be seen or heard.
    """
    if request.consents is None:
        return list(clips)
    today = datetime.date.today()
    people = {clip.name: {clip.speaker} if clip.named else set[str]() for clip in clips}
    for name, row in _rows(request.recordings).items():
        people.get(name, set()).update(row.get("subjects").split())
    with Consents(request.consents) as consents:
        every = {who for some in people.values() for who in some}
        agreed = {who for who in every if consents.valid(who, SCOPE, today) is not None}
    kept = [clip for clip in clips if people[clip.name] and people[clip.name] <= agreed]
    if len(kept) < len(clips):
        _say(say, "label_no_consent", count=len(clips) - len(kept), of=len(clips))
    return kept


def _thoughts(
    bundle: Bundle, clips: Mapping[str, Example], say: Callable[[str], object]
) -> dict[str, Floats]:
    """Posterior of each clip that holds something, [labels]."""
    found = {}
    with Evaluator(bundle, say=lambda line: say(line)) as judge:
        for name, clip in clips.items():
            try:
                answer = judge.by_all(clip)
            except MediaError as error:
                judge.leave_out(clip, error)
                continue
            if not isinstance(answer, str):
                found[name] = answer
    return found


def _write(
    folder: Path, request: ExportRequest, bundle: Bundle, tasks: Mapping[Kind, Sequence[Mapping[str, Any]]]
) -> None:
    write_whole(folder / "guideline.md", request.guideline.text)
    for kind, own in tasks.items():
        config = configuration(bundle.manifest.full_labels, kind, request.guideline, request.language)
        write_whole(folder / f"config-{kind}.xml", config)
        title = f"{bundle.manifest.name} {request.recordings.resolve().name} {kind}"
        asked = project(title, config, request.guideline, request.raters, predictions=request.predictions)
        _json(folder / f"project-{kind}.json", asked)
        _json(folder / f"tasks-{kind}.json", own)


def _json(path: Path, content: Any) -> None:
    write_whole(path, json.dumps(content, ensure_ascii=False, indent=1) + "\n")


def _say(say: Callable[[str], object], key: str, **values: object) -> None:
    say(word(key, asked_language(), **values))
