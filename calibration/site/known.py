"""Who a bundle was calibrated on: nobody is calibrated on and judged on by mistake."""

from __future__ import annotations

from pathlib import Path

from calibration.data.dataset import read_folder
from calibration.data.labels import LabelReader
from edge.bundle.folder import open_bundle
from edge.bundle.site import person_digest
from edge.errors import DatasetError


def require_unknown(bundle: Path, folder: Path) -> None:
    """Raises DatasetError where a labelled folder shows people that the bundle was calibrated on."""
    manifest = open_bundle(bundle).manifest
    if manifest.site is None:
        return
    examples = read_folder(folder, LabelReader(manifest.full_labels), files=False, parts=True, judged=True)
    people = sorted({example.speaker for example in examples if example.named})
    known = set(manifest.site.recordings.people)
    shared = [name for name in people if person_digest(name) in known]
    if shared:
        raise DatasetError.of("site_judged_known", folder=folder, count=len(shared), of=len(people))
