"""The new bundle beside its FP32 twin, the bundle before it and the starter, on the same held-out people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from calibration.judge.evaluator import Predictions
from calibration.judge.paired import difference
from edge.app import starter_bundle
from edge.bundle.folder import MANIFEST, Bundle, open_bundle
from edge.errors import EdgeError
from edge.words import asked_language
from export.judge.bundles import score_bundles
from export.judge.headline import HEADLINE
from export.judge.heldout import HeldOut
from export.progress import tell


def others(made: Bundle, out: Path, starts: Sequence[Bundle]) -> dict[str, Bundle]:
    """What a new bundle is measured against: `before`, and `starter`.

    before: the bundle that lies at `out`, else one the recipe starts from. One of other labels is left out,
    as is one with the very networks of the new bundle.
    """
    found: dict[str, Bundle] = {}
    starter = _opened(starter_bundle())
    earlier = _opened(out) if (out / MANIFEST).is_file() else None
    before = [bundle for bundle in (earlier, *starts) if bundle and not _same(bundle, starter)]
    for name, bundle in (("before", next(iter(before), None)), ("starter", starter)):
        if bundle is None or _same(bundle, made):
            continue
        if bundle.manifest.labels != made.manifest.labels:
            tell("say_other_labels", folder=bundle.folder)
            continue
        found[name] = bundle
    return found


def differences(
    answers: Mapping[str, Mapping[str, Predictions]], bundles: Mapping[str, Bundle], sets: Sequence[HeldOut]
) -> list[dict[str, Any]]:
    """Rows of the INT8 bundle beside its FP32 twin and others on each held-out set.

    answers: fp32, int8 -> held-out set -> answers. bundles: as `others` gives them; they are judged here.
    Rows: set, against (fp32, before, starter), bundle and created (its name and when it was made), measure,
    n, people, ours, theirs (0..1), won, lost (examples), interval (-1..1 or None), verdict.
    """
    asked: dict[str, Mapping[str, Predictions]] = {"fp32": answers["fp32"]}
    for against, bundle in bundles.items():
        try:
            asked |= score_bundles({against: bundle}, sets)[1]
        except EdgeError as error:  # a bundle of long ago must not end an export that is all but done
            tell("say_unjudged", folder=bundle.folder, why=error.told(asked_language()))
    rows = []
    for held_out in sets:
        measure = HEADLINE[held_out.modality]
        for against, found in asked.items():
            gap = difference(answers["int8"][held_out.title], found[held_out.title], measure)
            if gap is None:
                continue
            told = bundles[against].manifest if against in bundles else None
            rows.append(
                {
                    "set": held_out.title,
                    "against": against,
                    "bundle": told.name if told else "",
                    "created": told.created if told else "",
                    "measure": measure,
                    **vars(gap),
                    "verdict": gap.verdict,
                }
            )
    return rows


def _opened(folder: Path) -> Bundle | None:
    try:
        return open_bundle(folder)
    except EdgeError as error:
        tell("say_unopened", folder=folder, why=error.told(asked_language()))
        return None


def _same(one: Bundle, other: Bundle | None) -> bool:
    networks = [
        {name: entry.sha256 for name, entry in bundle.manifest.models.items()}
        for bundle in (one, other)
        if bundle
    ]
    return len(networks) == 2 and networks[0] == networks[1]
