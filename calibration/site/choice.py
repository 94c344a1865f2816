"""`edge calibrate --label N`: the clips most worth labelling.

Spread over people and sessions, and over what the networks see: the clips are clustered by the tokens of
their windows, one cluster a label to be given; from each the clip nearest its centre is taken, of the person
who was taken least so far. How unsure the bundle is plays no part: unsure clips alone are odd ones.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from calibration.data.dataset import Example
from calibration.site.playback import Playback
from calibration.site.recordings import read_recordings
from edge.bundle.folder import open_bundle
from edge.errors import DatasetError, MediaError
from edge.system.private import write_whole
from edge.system.texts import cell
from edge.words import asked_language, word

AXES = 16
"""Directions in which the summaries differ most: the rest is noise to a clustering."""
ROUNDS = 30
COLUMNS = ("file_name", "emotion", "speaker", "session", "transcript")


def list_to_label(bundle: Path, folder: Path, count: int, out: Path, say: Callable[[str], object]) -> int:
    """Write a table of the clips to label, emotion empty; how many there are. Raises EdgeError.

    Clips that are labelled already are passed over.
    """
    parent = open_bundle(bundle)
    found = read_recordings(folder, parent.manifest.full_labels, labelled=True)
    clips, summaries = list[Example](), list[NDArray[np.float64]]()
    language, labelled = asked_language(), {clip.path for clip in found.labelled}
    with Playback(parent) as playback:
        for clip in found.clips:
            if clip.path in labelled:
                continue
            before = len(playback.windows)
            try:
                playback.play(clip, lambda _: None)
            except MediaError as error:
                say(word("left_out", language, why=error.told(language)))
            if windows := playback.windows[before:]:
                clips.append(clip)
                summaries.append(np.mean([window.summary for window in windows], axis=0))
    if not clips:
        raise DatasetError.of("site_none_to_label", folder=folder)
    people, sessions = [clip.speaker for clip in clips], [clip.session for clip in clips]
    chosen = choose(np.stack(summaries), people, sessions, count)
    _write([clips[i] for i in chosen], out)
    return len(chosen)


def choose(
    summaries: NDArray[np.float64], people: Sequence[str], sessions: Sequence[str | None], count: int
) -> list[int]:
    """Which of n clips to label, at most `count`, in the order to label them.

    summaries: of their tokens, [n, d]. people, sessions: [n].
    """
    if len(summaries) <= count:
        return list(range(len(summaries)))
    places = _axes(summaries)
    cluster = _clusters(places, count)
    by_person, by_session, chosen = Counter[str](), Counter[tuple[str, str | None]](), list[int]()
    # Large clusters first: what is frequent on the site is labelled before what is rare.
    for number in sorted(range(count), key=lambda c: -int((cluster == c).sum())):
        own = np.flatnonzero(cluster == number)
        if not len(own):
            continue
        far = np.linalg.norm(places[own] - places[own].mean(axis=0), axis=1)
        rank = {
            i: (by_person[people[i]], by_session[people[i], sessions[i]], float(d))
            for i, d in zip(own.tolist(), far, strict=True)
        }
        best = min(rank, key=lambda i: rank[i])
        chosen.append(best)
        by_person[people[best]] += 1
        by_session[people[best], sessions[best]] += 1
    return chosen


def _axes(summaries: NDArray[np.float64]) -> NDArray[np.float64]:
    """Standardised summaries along the AXES in which they differ most, [n, axes]."""
    centred = summaries - summaries.mean(axis=0)
    standard = centred / (summaries.std(axis=0) + 1e-3)
    _, _, axes = np.linalg.svd(standard, full_matrices=False)
    return np.asarray(standard @ axes[:AXES].T)


def _clusters(places: NDArray[np.float64], count: int) -> NDArray[np.int64]:
    """k-means by Lloyd, begun as k-means++ (Arthur and Vassilvitskii 2007): cluster of each place, [n]."""
    rng = np.random.default_rng(0)
    centres = [places[int(rng.integers(len(places)))]]
    nearest = ((places - centres[0]) ** 2).sum(axis=1)
    while len(centres) < count and nearest.sum() > 0:
        centres.append(places[int(rng.choice(len(places), p=nearest / nearest.sum()))])
        nearest = np.minimum(nearest, ((places - centres[-1]) ** 2).sum(axis=1))
    middle, cluster = np.stack(centres), np.zeros(len(places), np.int64)
    for _ in range(ROUNDS):
        apart = (places**2).sum(1)[:, None] - 2 * places @ middle.T + (middle**2).sum(1)[None]
        moved = apart.argmin(axis=1)
        if (moved == cluster).all():
            break
        cluster = moved
        for number in np.unique(cluster):
            middle[number] = places[cluster == number].mean(axis=0)
    return np.asarray(cluster, np.int64)


def _write(clips: Sequence[Example], out: Path) -> None:
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(COLUMNS)
    for clip in clips:
        row = (clip.name, "", clip.speaker if clip.named else "", clip.session or "", clip.transcript or "")
        table.writerow([cell(value) for value in row])
    write_whole(out, text.getvalue(), encoding="utf-8-sig")
