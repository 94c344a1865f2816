"""Whom a bundle learned from: nobody is learned from and judged on by mistake."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from calibration.data.dataset import read_folder
from calibration.data.labels import LabelReader
from edge.bundle.folder import open_bundle
from edge.bundle.manifest import Manifest
from edge.bundle.site import Learned, person_digest
from edge.errors import DatasetError
from edge.system.output import warn
from edge.words import asked_language


def require_unknown(bundle: Path, folder: Path, say: Callable[[str], object] = warn) -> None:
    """Raises DatasetError where a labelled folder shows people that the bundle was trained or calibrated on.

    say: gets a line about people its confidence was fitted on.
    """
    manifest = open_bundle(bundle).manifest
    if manifest.site is None and manifest.learned is None:
        return
    emotions = LabelReader(manifest.full_labels)
    examples = read_folder(folder, emotions, files=False, parts=True, unlabelled=True, judged=True)
    people = sorted({example.speaker for example in examples if example.named})
    values = {"folder": folder, "of": len(people)}
    learned = manifest.learned or Learned()
    calibrated = manifest.site.recordings.people if manifest.site else ()
    if count := len(shared(people, calibrated)):
        raise DatasetError.of("site_judged_known", count=count, **values)
    if count := len(shared(people, learned.trained)):
        raise DatasetError.of("judged_trained", count=count, **values)
    if count := len(shared(people, learned.tuned)):
        say(DatasetError.of("judged_tuned", count=count, **values).told(asked_language()))


def tell_known(manifest: Manifest, people: Iterable[str], say: Callable[[str], object] = warn) -> None:
    """One line where a calibration plays people that the bundle was trained on."""
    every = list(people)
    if manifest.learned and (count := len(shared(every, manifest.learned.trained))):
        error = DatasetError.of("site_known", count=count, of=len(every))
        say(error.told(asked_language()))


def shared(people: Iterable[str], digests: Iterable[str]) -> list[str]:
    """Those of some people whose digests are among these."""
    known = set(digests)
    return [name for name in people if person_digest(name) in known]
