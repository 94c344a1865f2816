"""What the trial of fusion found: scores of each variant, and whether audio guidance earned its place."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge.items import MODALITIES
from edge.words import Language, word
from export.corpora.published import RAVDESS

GUIDED = {"guided_query": "query", "guided_key_value": "key_value"}
"""Variants that are the product's own head, and the recipe's word for each."""
RIVAL = "concat"
REFERENCE = 0.696
"""Weighted F1 of an RBF-SVM on three hand-made features of the same clips, folds by actor."""
RESAMPLES = 1000
NOTES = ("folds", "face", "actor", "words", "settings", "labels", "width")


def verdict(
    labels: NDArray[np.int64],
    actors: NDArray[np.int64],
    folds: NDArray[np.int64],
    predicted: Mapping[str, NDArray[np.int64]],
    parameters: Mapping[str, int],
    fewer: Mapping[float, Mapping[str, NDArray[np.int64]]] | None = None,
) -> dict[str, Any]:
    """The trial as JSON-ready values.

    labels, actors, folds: [n], of each clip. predicted: by variant [seeds, n]. parameters: by variant.
    fewer: the same by share of the labels. Of every score: its mean over seeds, standard deviation over
    seeds, and each seed's own.
    """
    by_actor = {name: _cells(labels, row, actors) for name, row in predicted.items()}
    by_fold = {name: _cells(labels, row, folds) for name, row in predicted.items()}
    rows: dict[str, dict[str, Any]] = {
        name: {
            "title": title(name),
            "parameters": parameters[name],
            "weighted_f1": _spread(weighted_f1(cells.sum(axis=1))),
            "unweighted_recall": _spread(unweighted_recall(cells.sum(axis=1))),
        }
        for name, cells in by_actor.items()
    }
    compared: dict[str, dict[str, Any]] = {
        name: {
            "against": RIVAL,
            "difference": rows[name]["weighted_f1"]["mean"] - rows[RIVAL]["weighted_f1"]["mean"],
            "interval": _interval(by_actor[name], by_actor[RIVAL]),
            "per_fold": (weighted_f1(by_fold[name]) - weighted_f1(by_fold[RIVAL])).mean(axis=0).tolist(),
        }
        for name in GUIDED
    }
    best = max(GUIDED, key=lambda name: rows[name]["weighted_f1"]["mean"])
    shares = {**(fewer or {}), 1.0: predicted}
    by_labels = [_share(share, labels, actors, shares[share]) for share in sorted(shares)]
    return {
        "clips": len(labels),
        "actors": len(np.unique(actors)),
        "labels": list(RAVDESS),
        "folds": len(np.unique(folds)),
        "seeds": len(predicted[RIVAL]),
        "reference": {"title": title("reference"), "weighted_f1": REFERENCE},
        "variants": rows,
        "comparison": compared,
        "recommended_guide": GUIDED[best],
        "beats_reference": rows[best]["weighted_f1"]["mean"] > REFERENCE,
        "beats_concatenation": compared[best]["interval"][0] > 0.0,
        "by_labels": by_labels,
        "guided_keeps_up": all(row["keeps_up"] for row in by_labels),
        "notes": notes(),
    }


def _share(
    share: float,
    labels: NDArray[np.int64],
    actors: NDArray[np.int64],
    predicted: Mapping[str, NDArray[np.int64]],
) -> dict[str, Any]:
    """The ways to fuse with a share of the labels: the better guide beside the best other, by actor.

    keeps_up: the interval of the difference does not lie below 0.
    """
    cells = {name: _cells(labels, row, actors) for name, row in predicted.items() if name not in MODALITIES}
    rows = {name: _spread(weighted_f1(found.sum(axis=1))) for name, found in cells.items()}
    guided, rival = (
        max((name for name in rows if (name in GUIDED) is wanted), key=lambda name: rows[name]["mean"])
        for wanted in (True, False)
    )
    interval = _interval(cells[guided], cells[rival])
    return {
        "share": share,
        "weighted_f1": rows,
        "guided": guided,
        "rival": rival,
        "difference": rows[guided]["mean"] - rows[rival]["mean"],
        "interval": interval,
        "keeps_up": interval[1] >= 0.0,
    }


def weighted_f1(confusion: NDArray[np.int64]) -> NDArray[np.float64]:
    """F1 of each label weighted by how often it occurs; confusion [.., k, k], rows true -> [..]."""
    hits, actual, given = _sums(confusion)
    f1 = 2 * hits / np.maximum(1, actual + given)
    return np.asarray((f1 * actual).sum(axis=-1) / actual.sum(axis=-1))


def unweighted_recall(confusion: NDArray[np.int64]) -> NDArray[np.float64]:
    """Mean recall of the labels that occur; confusion [.., k, k], rows true -> [..]."""
    hits, actual, _ = _sums(confusion)
    return np.asarray((hits / np.maximum(1, actual)).sum(axis=-1) / (actual > 0).sum(axis=-1))


def title(variant: str, language: Language = "en") -> str:
    """What tables call a variant."""
    return word(f"variant_{variant}", language)


def notes(language: Language = "en") -> list[str]:
    """What a reader of the scores must know."""
    return [word(f"fusion_trial_note_{note}", language) for note in NOTES]


def markdown(found: Mapping[str, Any], language: Language = "en") -> str:
    """The verdict as a page for people."""
    counts = {key: found[key] for key in ("clips", "actors", "folds", "seeds")}
    of = word(
        "fusion_trial_of", language, labels=len(found["labels"]), plus_minus="\N{PLUS-MINUS SIGN}", **counts
    )
    head = word("fusion_trial_head", language)
    lines = [f"# {word('fusion_trial_title', language)}", "", of, "", head, "|---|---:|---:|---:|"]
    for name, row in found["variants"].items():
        scores = (f"{row[s]['mean']:.3f} ± {row[s]['sd']:.3f}" for s in ("weighted_f1", "unweighted_recall"))
        lines.append(f"| {title(name, language)} | {row['parameters']:,} | {' | '.join(scores)} |")
    lines += [f"| {title('reference', language)} | | {found['reference']['weighted_f1']:.3f} | |", ""]
    for name, pair in found["comparison"].items():
        low, high = (100 * end for end in pair["interval"])
        values = {"difference": 100 * pair["difference"], "low": low, "high": high}
        each = ", ".join(f"{100 * fold:+.1f}" for fold in pair["per_fold"])
        ours, theirs = (title(one, language) for one in (name, pair["against"]))
        pair_line = word("fusion_trial_pair", language, ours=ours, theirs=theirs, folds=each, **values)
        lines += [pair_line, ""]
    key = "fusion_trial_beats" if found["beats_concatenation"] else "fusion_trial_beats_not"
    lines += [word(key, language, guide=found["recommended_guide"]), "", *_shares_table(found, language), ""]
    return "\n".join([*lines, *(f"- {note}" for note in notes(language))]) + "\n"


def share_line(row: Mapping[str, Any], language: Language = "en") -> str:
    """Guided beside the best other way with a share of the labels, in a sentence."""
    low, high = (100 * end for end in row["interval"])
    values = {"share": row["share"], "difference": 100 * row["difference"], "low": low, "high": high}
    ours, theirs = title(row["guided"], language), title(row["rival"], language)
    return word("fusion_trial_share", language, ours=ours, theirs=theirs, **values)


def _shares_table(found: Mapping[str, Any], language: Language) -> list[str]:
    """Weighted F1 of each way to fuse by share of the labels, and what it says of the guided ones."""
    rows = found["by_labels"]
    head = " | ".join(word("fusion_trial_labels", language, share=row["share"]) for row in rows)
    lines = [f"| {word('fusion_trial_way', language)} | {head} |", f"|---|{'---:|' * len(rows)}"]
    for name in rows[-1]["weighted_f1"]:
        scores = (row["weighted_f1"][name] for row in rows)
        shown = " | ".join(f"{score['mean']:.3f} ± {score['sd']:.3f}" for score in scores)
        lines.append(f"| {title(name, language)} | {shown} |")
    key = "fusion_trial_keeps_up" if found["guided_keeps_up"] else "fusion_trial_falls_behind"
    return [*lines, "", *(f"- {share_line(row, language)}" for row in rows), "", word(key, language)]


def _cells(
    labels: NDArray[np.int64], predicted: NDArray[np.int64], groups: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Confusion of each seed and group, [seeds, groups, k, k]."""
    _, who = np.unique(groups, return_inverse=True)
    cells = np.zeros((len(predicted), int(who.max()) + 1, len(RAVDESS), len(RAVDESS)), np.int64)
    for seed, row in enumerate(predicted):
        np.add.at(cells[seed], (who, labels, row), 1)
    return cells


def _interval(ours: NDArray[np.int64], theirs: NDArray[np.int64]) -> list[float]:
    """95 % bootstrap interval of the difference in weighted F1, mean over seeds.

    Whole actors are drawn anew, the same ones for both.
    """
    rng = np.random.default_rng(0)
    people = ours.shape[1]
    drawn = []
    for _ in range(RESAMPLES):
        counts = np.bincount(rng.integers(people, size=people), minlength=people)
        a, b = (weighted_f1(np.tensordot(cells, counts, (1, 0))) for cells in (ours, theirs))
        drawn.append(float((a - b).mean()))
    return [float(np.quantile(drawn, q)) for q in (0.025, 0.975)]


def _spread(scores: NDArray[np.float64]) -> dict[str, Any]:
    return {"mean": float(scores.mean()), "sd": float(scores.std(ddof=1)), "seeds": scores.tolist()}


def _sums(confusion: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    return confusion.diagonal(axis1=-2, axis2=-1), confusion.sum(axis=-1), confusion.sum(axis=-2)
