"""A labelled folder judged by a bundle as a site has it: scores of its clips and KPIs of its streams."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

from calibration.data.dataset import read_judged
from calibration.data.noise import Surroundings, load_noises
from calibration.judge.evaluator import Evaluator
from calibration.judge.metrics import Report
from calibration.kpi.facts import Asked, evaluate
from edge.bundle.folder import Bundle, open_bundle
from edge.config import Site, rules
from edge.labels import Labels
from edge.reading.alarm import OperatingPoint
from edge.reading.confidence import Costs, stands
from edge.system.output import warn


def evaluate_kpi(
    bundle: Path,
    folder: Path,
    site: Site,
    *,
    new_voices: bool = False,
    noise: tuple[Path, float] | None = None,
) -> tuple[Report, dict[str, Any], Labels]:
    """Scores as `calibration.judge.evaluate.evaluate_folder` gives them, the KPIs, and the bundle's labels.

    Raises DatasetError, BundleError, ConfigError.
    """
    opened = open_bundle(bundle)
    asked = asked_at(opened, site)
    examples = read_judged(folder, opened.manifest.full_labels)
    around = None
    if noise is not None:
        around = Surroundings(load_noises(noise[0], opened.manifest.audio.rate, judged=True), noise[1])
    found, kpi = evaluate(
        examples, asked, partial(open_evaluator, opened, around), known_voices=not new_voices
    )
    return found, kpi, opened.manifest.full_labels


def asked_at(bundle: Bundle, site: Site) -> Asked:
    """The rules of a bundle with a site's wishes over them, and its operating point. Raises ConfigError."""
    manifest, alarm = bundle.manifest, site.alarm
    point, decided = (alarm.point, bool(alarm.signed_by)) if alarm else (OperatingPoint(), False)
    return Asked(
        manifest.full_labels,
        rules(site, manifest),
        point,
        manifest.hop_s,
        decided,
        alarm.costs if alarm else Costs(),
        stands(manifest.window_s, manifest.hop_s),
    )


def open_evaluator(bundle: Bundle, around: Surroundings | None, floats: bool) -> Evaluator:
    """What cannot be decoded is named once, not again by the float networks."""
    return Evaluator(bundle, around, _silent if floats else warn, floats=floats)


def _silent(_: str) -> None:
    """What was said already."""
