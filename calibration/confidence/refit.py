"""The vote of a bundle fitted anew, its networks untouched: settings and the prediction sets of votes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from calibration.confidence.vote_fit import fit_vote
from calibration.confidence.voted import voted_thresholds
from calibration.judge.streams import Stream
from edge.bundle.folder import Bundle, write_bundle
from edge.reading.voting import Rules


def refit_vote(bundle: Bundle, streams: Mapping[str, Sequence[Stream]], target: Path) -> Bundle:
    """Write the bundle with settings of the vote fitted on streams of people it was not trained on.

    streams: by the name of what their windows are fused from (Manifest.voted_threshold); sets of what has
    none stay. Raises BundleError.
    """
    manifest = bundle.manifest
    fit = fit_vote([stream for own in streams.values() for stream in own], Rules.of(manifest), manifest.hop_s)
    rules = replace(Rules.of(manifest), settings=fit.settings)
    fitted = {name: voted_thresholds(own, rules) for name, own in streams.items()}
    sets = {name: tuple(round(value, 4) for value in found) for name, found in fitted.items() if found}
    facts = manifest.model_dump(by_alias=True, mode="json", exclude={"models", "files"})
    facts |= {"voting": fit.settings, "voted_threshold": {**manifest.voted_threshold, **sets}}
    models = {
        name: (bundle.path(name), entry.model_dump(exclude={"file", "sha256"}))
        for name, entry in manifest.models.items()
    }
    return write_bundle(target, facts, models, {name: bundle.path(name) for name in manifest.files})
