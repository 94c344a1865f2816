"""`edge calibrate`: a bundle and recordings of a site in, a bundle for that site out. No torch.

1  play all recordings: activation ranges, the balance of labels
2  encode labelled clips by the networks with the ranges that were taken
3  site head, temperatures, prediction sets: fitted, judged on people left out, taken or left
4  write the new bundle, whole or not at all; the old one is not touched
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import numpy as np
import onnx

from calibration.judge.evaluator import Evaluator
from calibration.site.fit.familiar import site_homes
from calibration.site.fit.posteriors import Found, fit_posteriors
from calibration.site.fit.prior import site_prior
from calibration.site.fit.ranges import SiteCalls, site_ranges
from calibration.site.heard import Heard, play_all
from calibration.site.known import tell_known
from calibration.site.labels import bundle_labels, own_facts, read_site_labels
from calibration.site.recordings import (
    LEAST_LABELLED,
    UNLABELLED,
    Recordings,
    read_recordings,
)
from calibration.site.reference import reference_of
from calibration.site.rows import labelled_rows, matrix_of
from calibration.site.write import Changed, write_site_bundle
from edge.bundle.folder import Bundle, open_bundle, require_replaceable
from edge.bundle.site import HEAD_FILE, Part, RecordingFacts, SiteCalibration, person_digest
from edge.errors import BundleError, DatasetError
from edge.items import Floats
from edge.reading.confidence import softmax
from edge.reading.familiar import load_homes
from edge.reading.fusion import fused_name
from edge.reading.site_head import SiteHead
from edge.system.output import warn
from edge.words import asked_language, word


def calibrate(
    bundle: Path,
    folder: Path,
    out: Path,
    *,
    labelled: bool = True,
    labels: Path | None = None,
    name: str | None = None,
    say: Callable[[str], object] = warn,
) -> Bundle:
    """Write a bundle for a site into `out`. Raises EdgeError; then nothing was written.

    folder: recordings of the site (calibration/site/recordings.py). labelled: whether their labels are used.
    labels: file of the labels readings are to have (calibration/site/labels.py); None: the bundle's. name: of
    the site; None: that of the folder. say: is told what is going on, a line at a time.
    """
    parent = open_bundle(bundle)
    _require_fit(parent, bundle, out)
    wanted = read_site_labels(labels, parent.manifest) if labels else bundle_labels(parent.manifest)
    recordings = read_recordings(folder, wanted.labels, labelled=labelled)
    found = recordings.labelled
    if (labelled and 0 < len(found) < LEAST_LABELLED) or (wanted.own and not found):
        raise DatasetError.of("site_few_labels", folder=folder, count=len(found), least=LEAST_LABELLED)
    tell_known(parent.manifest, recordings.people, say)
    _say(say, "site_playing", count=len(recordings.clips))
    heard = play_all(parent, recordings, say)
    with tempfile.TemporaryDirectory(prefix="edge-site-") as scratch:
        matrix = matrix_of(wanted.labels, parent.manifest.labels, wanted.parents)
        graphs, parts = _ranges(parent, heard, matrix, Path(scratch), say)
        site = _site(parent, recordings, heard, parts, name or folder.resolve().name)
        fresh = parent
        if graphs:
            fresh = write_site_bundle(parent, Changed(graphs, None, {}, site), Path(scratch) / "bundle")
        fitted = Found(facts={})
        if found:
            _say(say, "site_labelled", count=len(found))
            if voted := sum(clip.votes is not None for clip in found):
                _say(say, "site_votes", count=voted)
            with Evaluator(fresh) as judge:
                rows = labelled_rows(judge, found, matrix)
            fitted = fit_posteriors(parent.manifest, rows, own_labels=wanted.own)
        if wanted.own and "fused" not in fitted.layers:
            raise DatasetError.of("site_labels_untold", folder=folder)
        head = SiteHead(matrix, fitted.layers) if fitted.layers else None
        facts = fitted.facts | (own_facts(parent.manifest, wanted) if wanted.own else {})
        posteriors = _posteriors(parent, heard, facts, head)
        prior, parts["prior"] = _prior(parent, heard, facts, posteriors)
        if prior:
            facts["site_prior"] = prior
        homes, met = site_homes(load_homes(parent), heard.windows)
        order = {**{key: part for key, part in parts.items() if key != "prior"}, **fitted.parts}
        site = _site(parent, recordings, heard, {**order, "prior": parts["prior"], **met}, site.name)
        site = site.model_copy(update=_reference(heard, posteriors, recordings))
        return write_site_bundle(parent, Changed(graphs, head, facts, site, homes), out)


def _require_fit(parent: Bundle, bundle: Path, out: Path) -> None:
    """Raises BundleError for a bundle that is a site's already, and for one that would replace itself."""
    if parent.manifest.site is not None:
        values = {
            "path": bundle,
            "site": parent.manifest.site.name,
            "parent": parent.manifest.site.parent_name,
        }
        raise BundleError.of("site_already", **values)
    require_replaceable(out, {*parent.manifest.files, HEAD_FILE})  # not after minutes of work
    if out.exists() and out.resolve() in (parent.folder.resolve(), bundle.resolve()):
        raise BundleError.of("site_over_itself", path=out)


def _ranges(
    parent: Bundle, heard: Heard, matrix: Floats, scratch: Path, say: Callable[[str], object]
) -> tuple[dict[str, onnx.ModelProto], dict[str, Part]]:
    """Graphs that were taken, and what became of each; matrix: outputs of the networks -> site labels."""
    # A label that the networks do not tell has no output of its own.
    outputs = np.append(np.where(matrix.max(axis=1) == 1.0, matrix.argmax(axis=1), UNLABELLED), UNLABELLED)
    graphs, parts = {}, {}
    for name, calls in heard.calls.items():
        _say(say, "site_ranging", name=word(name, asked_language()))
        _, people = np.unique([call.speaker for call in calls] or [""], return_inverse=True)
        asked = SiteCalls(
            [call.feed for call in calls],
            people[: len(calls)],
            outputs[np.array([call.label for call in calls], int)],
        )
        graph, parts[f"ranges {name}"] = site_ranges(parent.path(name), asked, scratch)
        if graph is not None:
            graphs[name] = graph
    return graphs, parts


def _posteriors(parent: Bundle, heard: Heard, facts: Mapping[str, Any], head: SiteHead | None) -> Floats:
    """What the new bundle says of all windows, calibrated, not voted, [n, labels]."""
    manifest = parent.manifest
    temperature, bias = (facts.get(key, getattr(manifest, key)) for key in ("temperature", "bias"))
    posteriors = []
    for window in heard.windows:
        logits = window.logits
        if head is not None:
            logits = head.apply("fused", logits, window.summary)
        key = fused_name(list(window.present))
        key = key if key in temperature else "fused"
        posteriors.append(softmax(logits, temperature[key], bias.get(key)))
    return np.stack(posteriors)


def _prior(
    parent: Bundle, heard: Heard, facts: Mapping[str, Any], posteriors: Floats
) -> tuple[tuple[float, ...] | None, Part]:
    """The balance of labels in all recordings, as the new bundle sees them."""
    windows = heard.windows
    _, people = np.unique([window.speaker for window in windows], return_inverse=True)
    names, counts = np.unique([fused_name(list(window.present)) for window in windows], return_counts=True)
    known = facts.get("confusion") or parent.manifest.confusion or {}
    rates = known.get(str(names[counts.argmax()]))
    train = facts.get("train_prior", parent.manifest.train_prior)
    return site_prior(posteriors, people, train, None if rates is None else np.array(rates))


def _reference(heard: Heard, posteriors: Floats, recordings: Recordings) -> dict[str, Any]:
    """What the site was like: fields of SiteCalibration."""
    seen = {
        speaker: [
            one if place < 0 else replace(one, probabilities=posteriors[place]) for one, place in observed
        ]
        for speaker, observed in heard.observed.items()
    }
    every = [one for some in seen.values() for one in some]
    noise = [one.noise for one in every if one.noise is not None]
    level = [one.noise + one.snr for one in every if one.noise is not None and one.snr is not None]
    band = [one.band for one in every if one.band is not None]
    return {
        "noise_db": _median(noise),
        "gain_db": _median(level),
        "band_hz": _median(band),
        "reference": reference_of(seen, chosen=all(c.label != UNLABELLED for c in recordings.clips)),
    }


def _median(values: list[float]) -> float | None:
    return round(float(np.median(values)), 1) if values else None


def _site(
    parent: Bundle, recordings: Recordings, heard: Heard, parts: Mapping[str, Part], name: str
) -> SiteCalibration:
    return SiteCalibration(
        name=name,
        created=datetime.now(timezone.utc).isoformat(timespec="seconds"),
        parent_name=parent.manifest.name,
        parent_digest=parent.manifest.digest,
        recordings=RecordingFacts(
            sha256=recordings.digest(),
            clips=len(recordings.clips),
            labelled=len(recordings.labelled),
            seconds=round(heard.seconds, 1),
            people=tuple(person_digest(person) for person in recordings.people),
        ),
        parts=dict(parts),
    )


def _say(say: Callable[[str], object], key: str, **values: object) -> None:
    say(word(key, asked_language(), **values))
