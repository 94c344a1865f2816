"""`edge replay`: a past run, from its JSON lines, on the panel or into a file."""

from __future__ import annotations

import dataclasses
import heapq
import itertools
import json
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from datetime import datetime
from pathlib import Path
from typing import Any, TypeAlias

from edge.app import starter_bundle
from edge.bundle.folder import open_bundle
from edge.config import Site
from edge.display.display import panel_setup
from edge.display.panel.charset import drawn_language
from edge.display.panel.layout import HEIGHT, WIDTH
from edge.display.panel.panel import draw
from edge.display.view import PanelState, Setup, ViewOptions
from edge.display.window.screen import Screen, has_screen
from edge.errors import InputError
from edge.items import LIVE, Bytes, Frame, People, Reading
from edge.perception.faces import FaceFollower
from edge.sinks.files.readings import read_records
from edge.sources.recorded.recording import RecordingSource
from edge.starter_labels import STARTER, labels_of
from edge.system.disk import not_over, reason
from edge.system.private import replacing
from edge.words import Language, word

FPS = 15
"""Panels a second in a saved film."""
GAP_S = 60.0
"""A live run writes a line a hop, be it of silence: longer without one and it was not running (seconds)."""
Item: TypeAlias = "Reading | tuple[Frame, People]"


def replay(
    readings: Path,
    site: Site,
    save: Path | None,
    at: float | None,
    say: Callable[[str], None] = lambda _: None,
) -> None:
    """Show the last run in a file of readings, with the pictures of `site.source` when that is given.

    save: .png for the panel at `at` seconds or at the end, .mp4 for all; None: a window, until it is closed.
    say: gets a line about those that cannot be read, and where no font has Japanese.
    Raises InputError, MediaError and BundleError.
    """
    if save is not None:
        not_over(save, readings, site.source)
    run = last_run(readings, site.source.name if site.source else None, say, site.language)
    named = next((found for _, found in run if found), None)
    setup = Setup(labels_of(named) if named else STARTER, purpose=site.display.purpose)
    with ExitStack() as stack:
        if site.bundle:
            setup = panel_setup(site, open_bundle(site.bundle).manifest)
        setup = dataclasses.replace(setup, wall_lead_s=_wall_lead(readings, run[-1][0]))
        if other := next((found for _, found in run if found not in ((), setup.labels)), None):
            values = {"found": ", ".join(other), "expected": ", ".join(setup.labels)}
            raise InputError.of("replay_labels", path=readings, **values)
        items: Iterator[tuple[float, Item]] = ((reading.time, reading) for reading, _ in run)
        if site.source:
            # Numbers given now need not be those of the run, so its people are not marked.
            marked = all(reading.person is None for reading, _ in run)
            items = heapq.merge(items, _pictures(site.source, marked, stack), key=lambda item: item[0])
        look = ViewOptions(drawn_language(site.language), site.display.privacy)
        if look.language != site.language:
            say(word("no_japanese_font", site.language))
        if save is None:
            _show(items, setup, look, site.display.full_screen)
        elif save.suffix.lower() == ".png":
            _save_panel(items, PanelState(setup), look, save, run[-1][0].time if at is None else at)
        elif save.suffix.lower() == ".mp4":
            _save_film(items, PanelState(setup), look, save)
        else:
            raise InputError.of("replay_form", path=save)


def last_run(
    path: Path, source: str | None, say: Callable[[str], None] = lambda _: None, language: Language = "en"
) -> list[tuple[Reading, tuple[str, ...]]]:
    """The readings of the last run in the file, of one source if named, each with the labels it names.

    Of a live run whose file could not be written for GAP_S, those since then.
    Raises InputError for what is not readings of `edge run --jsonl`.
    """
    read = [
        (record.get("run"), reading, tuple(record["probabilities"] or ()))
        for record, reading in read_records(path, say, language)
        if source in (None, reading.source)
    ]
    found: list[tuple[Reading, tuple[str, ...]]] = []
    for run, reading, labels in read:
        if run != read[-1][0]:  # of runs that wrote at the same time the lines lie mixed
            continue
        if found and _begins(reading, found[-1][0]):
            found.clear()
        found.append((reading, labels))
    if not found:
        key = "replay_none_of" if source else "replay_none"
        raise InputError.of(key, path=path, source=source or "")
    return found


def _begins(reading: Reading, last: Reading) -> bool:
    """Whether a reading is of another run than the one before it; within a boot live times only rise."""
    return (
        reading.source != last.source
        or reading.time < last.time
        or (reading.state == "warming_up" and last.state != "warming_up")
        or (reading.source == LIVE and reading.time - last.time > GAP_S)
    )


def _wall_lead(path: Path, last: Reading) -> float | None:
    """Wall clock less the clock of the readings of a live run (seconds), by its last record."""
    for line in reversed(path.read_bytes().splitlines() if last.source == LIVE else []):
        with suppress(ValueError, KeyError, TypeError):
            found = json.loads(line)
            if (found["source"], found["time"]) == (LIVE, last.time):
                return datetime.fromisoformat(found["wall_time"]).timestamp() - last.time
    return None


def _pictures(path: Path, marked: bool, stack: ExitStack) -> Iterator[tuple[float, Item]]:
    """Pictures of the recording with the face found in each, if it is to be marked."""
    from edge.errors import MediaError

    follower = FaceFollower(starter_bundle() / "face_detector.onnx")
    source = stack.enter_context(RecordingSource(path, 16000))
    try:
        for item in source:
            if isinstance(item, Frame):
                yield item.time, (item, {**follower.follow(item), **follower.unread} if marked else {})
    except MediaError:  # damaged: the run read no more of it either
        return


def _put(state: PanelState | Screen, item: Item) -> None:
    if isinstance(item, Reading):
        state.write(item)
    else:
        state.see(*item)


def _show(items: Iterator[tuple[float, Item]], setup: Setup, look: ViewOptions, full_screen: bool) -> None:
    if not has_screen():
        raise InputError.of("no_screen")
    ended: list[str] = []
    with Screen(
        setup, look, full_screen, quit=lambda: ended.append("q"), gone=lambda: ended.append("")
    ) as screen:
        lead: float | None = None  # of our clock over that of the run, which may have begun at any time
        for moment, item in items:
            lead = time.monotonic() - moment if lead is None else lead
            while not ended and (early := lead + moment - time.monotonic()) > 0:
                time.sleep(min(early, 0.1))
            if ended:
                return
            _put(screen, item)
        screen.end()
        screen.wait()


def _save_panel(
    items: Iterator[tuple[float, Item]], state: PanelState, look: ViewOptions, save: Path, at: float
) -> None:
    import cv2

    for _, item in itertools.takewhile(lambda item: item[0] <= at, items):
        _put(state, item)
    panel = cv2.cvtColor(draw(state.view(look, at)), cv2.COLOR_RGB2BGR)
    _, coded = cv2.imencode(".png", panel, [cv2.IMWRITE_PNG_COMPRESSION, 9])
    try:
        with replacing(save) as part:
            part.write_bytes(coded.tobytes())
    except OSError as error:
        raise InputError.of("file_unwritable", path=save, why=reason(error)) from error


def _save_film(items: Iterator[tuple[float, Item]], state: PanelState, look: ViewOptions, save: Path) -> None:
    import av

    try:
        with replacing(save) as part, av.open(str(part), "w") as container:
            video: Any = container.add_stream("libx264", rate=FPS, options={"preset": "veryfast"})
            video.width, video.height, video.pix_fmt = WIDTH, HEIGHT, "yuv420p"
            for panel in _film(items, state, look):
                container.mux(video.encode(av.VideoFrame.from_ndarray(panel, "rgb24")))
            container.mux(video.encode(None))
    except OSError as error:
        raise InputError.of("file_unwritable", path=save, why=reason(error)) from error


def _film(items: Iterator[tuple[float, Item]], state: PanelState, look: ViewOptions) -> Iterator[Bytes]:
    """A panel every 1 / FPS seconds from the first item to the last."""
    due: float | None = None
    for moment, item in items:
        due = moment if due is None else due
        while due < moment:
            yield draw(state.view(look, due))
            due += 1.0 / FPS
        _put(state, item)
    if due is not None:
        yield draw(state.view(look, due))
