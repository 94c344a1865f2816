"""`edge label check`: labels that are likely wrong, by confident learning (Northcutt et al. 2021; cleanlab).

What a clip most likely shows is said by a site head that was fitted without its person, or by the bundle as
it is where such a head does not help people left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from calibration.judge.evaluator import Evaluator
from calibration.site.fit.head import Rows, fit_head, recall
from calibration.site.recordings import LEAST_LABELLED, read_recordings
from calibration.site.rows import is_fused, labelled_rows, matrix_of, pooled
from edge.bundle.folder import Bundle
from edge.errors import DatasetError
from edge.labels import Labels
from edge.reading.confidence import softmax
from edge.system.private import write_whole
from edge.system.texts import columns, csv_line, left
from edge.words import Language, word

SHOWN = 20
"""Clips that are printed."""
WEAK = 1.5
"""A recall under so many times that by chance says little."""


@dataclass(frozen=True, slots=True)
class Suspect:
    """A label that is likely wrong."""

    file_name: str
    given: str
    likely: str
    probability: float
    """Of the given label, 0..1."""


@dataclass(frozen=True, slots=True)
class Checked:
    """What was found."""

    labels: Labels
    suspects: Sequence[Suspect]
    """The likeliest first."""
    of: int
    """Clips that could be asked about."""
    by_head: bool
    """Whether a site head was asked, else the bundle as it is."""
    recall: float
    """Of what was asked, on clips of people it never met, 0..1."""
    chance: float
    """The same by chance."""

    @property
    def weak(self) -> bool:
        """Whether that is little better than chance."""
        return self.recall < WEAK * self.chance


def check(bundle: Bundle, folder: Path) -> Checked:
    """Look at the labels of a folder. Raises DatasetError; ModuleNotFoundError without cleanlab."""
    from cleanlab.filter import find_label_issues

    manifest = bundle.manifest
    names = manifest.full_labels
    examples = read_recordings(folder, names, labelled=True, judged=None).labelled
    people = len({example.speaker for example in examples})
    if len(examples) < LEAST_LABELLED or people < 2:
        raise DatasetError.of(
            "label_check_few", folder=folder, count=len(examples), people=people, least=LEAST_LABELLED
        )
    with Evaluator(bundle) as judge:
        rows = labelled_rows(judge, examples, matrix_of(names, manifest.network_labels or names, {}))
    fused = {name: own for name, own in rows.items() if is_fused(name)}
    every = pooled(fused.values())
    head = fit_head(every)
    clips, posteriors = _clips(
        every, head.logits, [len(name) for name, own in fused.items() for _ in own.labels]
    )
    given = np.array([examples[clip].label for clip in clips])
    used, compact = np.unique(given, return_inverse=True)
    shares = posteriors[:, used] / posteriors[:, used].sum(axis=1, keepdims=True)
    found = find_label_issues(compact, shares, return_indices_ranked_by="self_confidence", n_jobs=1)
    suspects = [
        Suspect(
            examples[clips[place]].name,
            names[given[place]],
            names[used[int(shares[place].argmax())]],
            round(float(shares[place, compact[place]]), 3),
        )
        for place in found.tolist()
    ]
    by_head = head.layer is not None
    return Checked(names, suspects, len(clips), by_head, recall(posteriors, given), 1.0 / len(used))


def told(found: Checked, language: Language) -> list[str]:
    """What the command prints."""
    by = "label_check_by_head" if found.by_head else "label_check_by_bundle"
    lines = [
        word(by, language, recall=found.recall),
        *([word("label_check_weak", language)] if found.weak else []),
        word("label_check_found", language, count=len(found.suspects), of=found.of),
    ]
    heads = ("clip", "given", "likely", "probability")
    rows = [[word(f"label_head_{name}", language) for name in heads]]
    for one in found.suspects[:SHOWN]:
        words = (found.labels.said(label, language) for label in (one.given, one.likely))
        rows.append([one.file_name, *words, f"{one.probability:.2f}"])
    if len(rows) == 1:
        return lines
    widths = [max(columns(row[place]) for row in rows) for place in range(len(heads))]
    shown = ("  ".join(left(cell, width) for cell, width in zip(row, widths, strict=True)) for row in rows)
    return [*lines, *(f"  {line.rstrip()}" for line in shown)]


def write_list(found: Checked, path: Path) -> None:
    """All of them as a table. Raises OSError."""
    head = csv_line(("file_name", "emotion", "likely", "probability"))
    rows = (csv_line((one.file_name, one.given, one.likely, one.probability)) for one in found.suspects)
    write_whole(path, head + "".join(rows), encoding="utf-8-sig")


def _clips(
    rows: Rows, logits: NDArray[np.float64], fullness: Sequence[int]
) -> tuple[list[int], NDArray[np.float64]]:
    """Clips that were asked about, and the mean posterior of each over its windows, [clips, labels].

    fullness: of each row, larger where more was fused; only the fullest of a clip count.
    """
    posteriors, full = softmax(logits.astype(np.float32), 1.0), np.array(fullness)
    clips = np.unique(rows.clips).tolist()
    means = []
    for clip in clips:
        own = rows.clips == clip
        means.append(posteriors[own & (full == full[own].max())].mean(axis=0))
    return clips, np.asarray(np.stack(means), np.float64)
