"""Site head, temperatures and prediction sets of a bundle's posteriors, from labelled windows of a site."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from calibration.confidence.fitting import confusion_rates
from calibration.confidence.voted import SpeakerPosteriors, streams_of, voted_thresholds
from calibration.site.fit.confidence import Sureness, Told, fit_sureness
from calibration.site.fit.head import Fitted, Rows, fit_head
from calibration.site.fit.regression import Array
from calibration.site.rows import is_fused, pooled
from edge.bundle.evidence import Evidence
from edge.bundle.manifest import Manifest
from edge.bundle.site import Part
from edge.items import MODALITIES
from edge.reading.site_head import Layer
from edge.reading.voting import Rules

MOST_VOICES = 8
"""People whose clips are composed to streams, for the sets of the vote."""


@dataclass(slots=True)
class Found:
    """What labelled windows of a site say of a bundle's posteriors."""

    layers: dict[str, Layer] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)
    """Fields of the manifest: temperature, bias, conformal_threshold, voted_threshold, evidence of these,
    confusion."""
    parts: dict[str, Part] = field(default_factory=dict)


def fit_posteriors(manifest: Manifest, rows: Mapping[str, Rows], *, own_labels: bool) -> Found:
    """Fit what a site asks for and keep what strangers gain by.

    rows: name of a posterior -> its windows (calibration/site/rows.py). own_labels: whether the labels are
    others than the networks'; then nothing of the bundle's own confidence can stay.
    """
    found = Found()
    heads: dict[str, Fitted] = {}
    fused = {name: part for name, part in rows.items() if is_fused(name)}
    for name in (*MODALITIES, "fused"):
        own = pooled(fused.values()) if name == "fused" and fused else rows.get(name)
        if own is None:
            continue
        heads[name] = fit_head(own)
        found.parts[f"head {name}"] = _part(heads[name])
        if (layer := heads[name].layer) is not None:
            found.layers[name] = layer
    told = _told(rows, heads)
    facts = _kept(manifest, own_labels)
    for name, before in rows.items():
        head = "fused" if is_fused(name) else name
        changed = head in found.layers or own_labels
        sureness = fit_sureness(
            as_told(before, before.logits),
            told[name],
            manifest.temperature.get(name, manifest.temperature["fused"]),
            manifest.bias.get(name),
            None if own_labels else manifest.thresholds(name),
            changed=changed,
        )
        if sureness is None and changed:
            _unjudged(facts, name, before.logits.shape[1])
        elif sureness is not None:
            _take(facts, found.parts, name, sureness, manifest, told[name], changed=changed)
    _unseen(facts, manifest, rows, heads=found.layers)
    found.facts = facts
    return found


def _part(head: Fitted) -> Part:
    return Part(
        taken=head.layer is not None,
        why=head.why,
        measure="unweighted_recall",
        before=round(head.before, 4),
        after=round(head.after, 4),
        people=head.people,
    )


def _told(rows: Mapping[str, Rows], heads: Mapping[str, Fitted]) -> dict[str, Told]:
    """Logits of each posterior by fits without the person, where a head was taken; else as they are."""
    found, place = {}, 0
    for name, own in rows.items():
        logits = own.logits
        if not is_fused(name) and heads[name].layer is not None:
            logits = heads[name].logits
        elif is_fused(name):
            if heads["fused"].layer is not None:
                logits = heads["fused"].logits[place : place + len(own.labels)]
            place += len(own.labels)
        found[name] = as_told(own, logits)
    return found


def as_told(rows: Rows, logits: Array) -> Told:
    """Windows with these logits [n, k], to fit confidence on."""
    return Told(logits, rows.labels, rows.people, rows.clips, rows.targets)


def _kept(manifest: Manifest, own_labels: bool) -> dict[str, Any]:
    """The fields as the bundle has them."""
    if own_labels:
        return {
            "temperature": dict(manifest.temperature),
            "bias": {},
            "conformal_threshold": {},
            "voted_threshold": {},
            "evidence": {},
            "confusion": None,
        }
    return {
        "temperature": dict(manifest.temperature),
        "bias": dict(manifest.bias),
        "conformal_threshold": dict(manifest.conformal_threshold or {}),
        "voted_threshold": dict(manifest.voted_threshold),
        "evidence": dict(manifest.evidence),
        "confusion": dict(manifest.confusion or {}),
    }


def _take(
    facts: dict[str, Any],
    parts: dict[str, Part],
    name: str,
    sureness: Sureness,
    manifest: Manifest,
    told: Told,
    *,
    changed: bool,
) -> None:
    """Put what was taken of one posterior into the fields."""
    parts |= {f"{what} {name}": part for what, part in sureness.parts.items()}
    facts["temperature"][name] = sureness.temperature
    if changed:
        facts["bias"].pop(name, None)
    if sureness.thresholds is None:
        return
    facts["conformal_threshold"][name] = sureness.thresholds
    facts["evidence"][name] = sureness.evidence
    if is_fused(name):
        if facts["confusion"] is not None:
            facts["confusion"][name] = confusion_rates(sureness.posteriors, told.labels)
        present = [m for m in MODALITIES if m in name] or list(MODALITIES)
        if voted := _voted(sureness.posteriors, told, present, manifest):
            facts["voted_threshold"][name] = voted


def _voted(posteriors: Array, told: Told, present: list[str], manifest: Manifest) -> tuple[float, ...] | None:
    """Thresholds of the vote, from streams composed of the clips of some people."""
    people, counts = np.unique(told.people, return_counts=True)
    chosen = people[np.argsort(-counts, kind="stable")][:MOST_VOICES]
    voices = [
        SpeakerPosteriors(
            posteriors[own].astype(np.float32),
            told.labels[own],
            told.clips[own],
        )
        for own in (told.people == person for person in chosen)
    ]
    k = posteriors.shape[1]
    even = (1.0 / k,) * k
    streams = streams_of(voices, present, even, manifest.window_s, manifest.hop_s)
    found = voted_thresholds(streams, Rules(manifest.voting, even, even))
    return tuple(round(value, 4) for value in found) if found else None


def _unjudged(facts: dict[str, Any], name: str, labels: int) -> None:
    """What a head changed and too few windows can judge: as likely as the head says, nothing ruled out."""
    facts["temperature"][name] = 1.0
    facts["bias"].pop(name, None)
    facts["conformal_threshold"][name] = (0.0,) * labels
    facts["voted_threshold"].pop(name, None)
    facts["evidence"][name] = (Evidence(clips=0, people=0, effective=0.0),) * labels


def _unseen(
    facts: dict[str, Any], manifest: Manifest, rows: Mapping[str, Rows], *, heads: Mapping[str, Layer]
) -> None:
    """What was fused from modalities that the recordings lack follows those that they hold.

    The scale of the head is theirs too, so their temperature moves in step.
    """
    seen = [name for name in rows if is_fused(name)]
    if "fused" not in heads or not seen:
        return
    model = max(seen, key=lambda name: (len(rows[name].labels), len(name)))
    step = facts["temperature"][model] / manifest.temperature.get(model, manifest.temperature["fused"])
    for name in [name for name in manifest.temperature if is_fused(name) and name not in seen]:
        facts["temperature"][name] = round(manifest.temperature[name] * step, 3)
        facts["bias"].pop(name, None)
        for kind in ("conformal_threshold", "voted_threshold", "evidence"):
            if model in facts[kind]:
                facts[kind][name] = facts[kind][model]
