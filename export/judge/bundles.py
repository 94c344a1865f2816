"""Bundles on the held-out sets: FP32 beside INT8, and the audio student before and after its adaptation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from calibration.data.noise import Surroundings, load_noises
from calibration.judge.evaluator import Evaluator, Predictions
from calibration.judge.metrics import Report
from calibration.judge.voice_curve import voice_curve
from edge.bundle.folder import Bundle
from edge.bundle.manifest import AudioSpec
from edge.words import asked_language, word
from export.judge.headline import HEADLINE
from export.judge.heldout import HeldOut
from export.progress import say
from export.recipe import Recipe

BESIDE_DB = (5.0, 0.0)
"""Loud speech over the noise that an adapted audio student is judged in (decibels)."""

Reports = dict[str, dict[str, Report]]
"""Held-out set -> bundle -> report."""


def score_bundles(
    bundles: Mapping[str, Bundle], sets: Sequence[HeldOut], around: Surroundings | None = None
) -> tuple[Reports, dict[str, dict[str, Predictions]]]:
    """Each set by each bundle: title -> bundle -> report, and bundle -> title -> answers.

    around: noise the clips are mixed with, the same for every bundle.
    """
    results: Reports = {}
    answers: dict[str, dict[str, Predictions]] = {name: {} for name in bundles}
    for held_out in sets:
        row = results[held_out.title] = {}
        for name, bundle in bundles.items():
            with Evaluator(bundle, around, say) as asked:
                if held_out.modality in ("audio", "fused") and not held_out.new_voices:
                    asked.learn_voices(held_out.examples)
                found = asked.predict(held_out.examples, held_out.modality)
                row[name] = asked.report(found)
                if held_out.modality == "audio" and not held_out.new_voices:
                    row[name] = replace(row[name], voice=voice_curve(asked, held_out.examples))
                answers[name][held_out.title] = found
        number = HEADLINE[held_out.modality]
        shown = ", ".join(f"{key} {getattr(report, number):.3f}" for key, report in row.items())
        say(_line(held_out, around, number, shown))
    return results, answers


def _line(held_out: HeldOut, around: Surroundings | None, number: str, shown: str) -> str:
    language = asked_language()
    modality = word(held_out.modality, language)
    judged = word("say_judged_set", language, modality=modality, name=held_out.name)
    if held_out.new_voices:
        judged += word("say_judged_new", language)
    if around:
        judged += word("say_judged_noise", language, snr=around.snr_db)
    number = word(f"metric_{number}", language)
    return word("say_judged", language, judged=judged, number=number, scores=shown)


def machines_of(recipe: Recipe, data: Path) -> list[Surroundings]:
    """What an audio student adapted to the recipe's noise is judged in; nothing without adaptation or noise.

    Raises DatasetError when no recording of the noise is left to judge by.
    """
    if not (recipe.audio.noise and recipe.audio.adapt_epochs):
        return []
    noises = load_noises(data / recipe.audio.noise, AudioSpec().rate, judged=True)
    return [Surroundings(noises, snr_db) for snr_db in BESIDE_DB]


def adaptation(
    before: Bundle,
    after: Bundle,
    clear: Mapping[str, Report],
    sets: Sequence[HeldOut],
    machines: Sequence[Surroundings],
) -> list[dict[str, Any]]:
    """Unweighted recall of two audio students on the audio sets, in the clear and in noise.

    clear: title -> what is known of `after` in the clear. Rows: set, n (clips), snr_db (None: in the clear),
    before and after (0..1). Both hear the very same mixtures.
    """
    heard = [held_out for held_out in sets if held_out.modality == "audio"]
    plain = score_bundles({"before": before}, heard)[0]
    rounds: list[tuple[float | None, Reports]] = [
        (None, {title: row | {"after": clear[title]} for title, row in plain.items()})
    ]
    for around in machines:
        rounds.append((around.snr_db, score_bundles({"before": before, "after": after}, heard, around)[0]))
    return [
        {
            "set": held_out.title,
            "n": found[held_out.title]["after"].n,
            "snr_db": snr_db,
            **{name: report.unweighted_recall for name, report in found[held_out.title].items()},
        }
        for held_out in heard
        for snr_db, found in rounds
    ]
