"""How good predictions are: one report from posteriors, labels and speakers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import reduce
from typing import Any

import numpy as np
from numpy.typing import NDArray

from calibration.judge.intervals import METHOD, by_person, intervals
from edge.errors import EdgeError, InputError
from edge.labels import Labels
from edge.reading.confidence import TIE
from edge.starter_labels import STARTER
from edge.system.texts import left, right
from edge.words import Language, asked_language, word

DRAWS = 200
TOLD = 0.01
"""Accuracy that the balance of the labels must be worth to be told."""
BINS = 15
SKIPPED = {
    "no sound": "skipped_no_sound",
    "no face": "skipped_no_face",
    "no transcript": "skipped_no_transcript",
    "nothing heard, seen or said": "skipped_nothing",
    "cannot be decoded": "skipped_undecodable",
}
"""Why an example could not be judged, as reports keep it -> key of the table of words."""


@dataclass(frozen=True)
class VoicePoint:
    """How well sound is read after some speech of each voice."""

    seconds: float
    """Speech that was wished for, in the balance of a site."""
    heard_s: float
    """Speech of the same person that there was, on the mean (seconds)."""
    n: int
    """Clips that hold sound."""
    unweighted_recall: float
    """0..1."""


@dataclass(frozen=True)
class Report:
    """Scores over n examples; all but n and confusion are in 0..1."""

    n: int
    weighted_f1: float
    """F1 of each label, weighted by how often the label occurs."""
    unweighted_recall: float
    """Mean recall over the labels that occur."""
    macro_f1: float
    """Mean F1 over the labels that occur."""
    accuracy: float
    expected_calibration_error: float
    """Mean gap between confidence and accuracy over 15 equal bins, weighted by size (Guo et al. 2017)."""
    per_class_recall: dict[str, float]
    """Recall of each label that occurs."""
    confusion: list[list[int]]
    """Rows: true label, columns: predicted, both in the order of the labels."""
    interval: dict[str, tuple[float, float] | None]
    """95 % interval of weighted_f1, unweighted_recall, macro_f1 and accuracy over people
    (calibration/judge/intervals.py); None of one person."""
    coverage: float | None = None
    """Share of examples whose true label is in the prediction set; None where the bundle knows no sets."""
    mean_set_size: float | None = None
    """Labels in a prediction set."""
    reliability: list[tuple[int, float, float]] = field(default_factory=list)
    """Of each bin of confidence: examples, mean confidence, accuracy; bins without examples are left out."""
    skipped: dict[str, int] = field(default_factory=dict)
    """Examples that could not be judged, by reason; they are in no other number."""
    calibration_error_by_chance: float | None = None
    """Mean expected calibration error of a bundle that is right as often as it says, on as many examples."""
    speakers: int = 1
    """People the examples are of."""
    nameless: int = 0
    """Examples of which it is not known who speaks; each counts as a person of its own."""
    interval_method: str = METHOD
    unfamiliar: dict[str, tuple[int, int]] = field(default_factory=dict)
    """Modality -> people it is unlike all that the bundle learned from of, and people asked about."""
    accuracy_balance_known: float | None = None
    """Accuracy where the prior is the balance of these labels, as a fitting [site_prior] makes it.

    Posteriors are for labels met alike. Published accuracies are at the balance of their corpus.
    """
    labels: Labels = STARTER
    """In the order of `confusion`."""
    few: dict[str, tuple[int, int]] = field(default_factory=dict)
    """Label that prediction sets always hold, for want of clips or people -> how many there were."""
    voice: tuple[VoicePoint, ...] = ()
    """The sound alone as its voices become known (voice_curve.py); empty where that was not judged."""

    def as_dict(self) -> dict[str, Any]:
        """The report as JSON-ready values under the names above."""
        names = self.__dataclass_fields__
        found = {name: getattr(self, name) for name in names}
        return found | {"voice": [asdict(point) for point in self.voice]}

    def span(self, name: str, language: Language = "en") -> str:
        """The interval of a score in words; one person alone has none."""
        ends = self.interval[name]
        if ends is None:
            return word("metric_no_span", language)
        return word("metric_span", language, low=ends[0], high=ends[1], people=self.speakers)

    def table(self, language: Language | None = None) -> str:
        """The report for a person to read; language: None: the one the command is asked to speak."""
        language = language or asked_language()
        rows = [word("evaluated", language, count=self.n)]
        for reason, count in self.skipped.items():
            rows.append(word("evaluated_left_out", language, count=count, why=_reason(reason).told(language)))
        if self.nameless:
            rows.append(word("speakers_unknown", language, count=self.nameless, of=self.n))

        def row(key: str, value: str, note: str = "") -> None:
            rows.append(_row(word(key, language), value, note))

        for name in ("weighted_f1", "unweighted_recall", "macro_f1", "accuracy"):
            span = word("metric_interval", language, span=self.span(name, language))
            row(f"metric_{name}", f"{getattr(self, name):.3f}", span)
        known = self.accuracy_balance_known
        if known is not None and abs(known - self.accuracy) >= TOLD:
            row("metric_balance", f"{known:.3f}", word("metric_prior", language))
        if self.speakers > 1:
            rows.append(word("metric_method", language, freedom=self.speakers - 1))
        chance = self.calibration_error_by_chance
        note = "" if chance is None else word("metric_chance", language, error=chance)
        row("metric_calibration", f"{self.expected_calibration_error:.3f}", note)
        if self.coverage is not None:
            row("metric_coverage", f"{self.coverage:.3f}", word("metric_meant", language))
            row("metric_set", f"{self.mean_set_size:.2f}")
        return "\n".join([*rows, *self._notes(language), "", *self._confusions(language)])

    def _notes(self, language: Language) -> Iterator[str]:
        for label, (clips, people) in self.few.items():
            shown = self.labels.said(label, language)
            said = word("sets_label", language, label=shown, clips=clips, people=people)
            yield _row(word("metric_few", language), said)
        for name, (count, people) in self.unfamiliar.items():
            value = word("metric_people", language, count=count, people=people)
            yield _row(word("metric_unfamiliar", language), value, word(name, language))
        if self.voice:
            points = [word("voice_point", language, **asdict(point)) for point in self.voice]
            yield _row(word("metric_voice", language), "   ".join(points))
            yield word("metric_voice_note", language)

    def _confusions(self, language: Language) -> Iterator[str]:
        names = [self.labels.said(label, language) for label in self.labels]
        heads = [*names, word("metric_recall", language)]
        yield " " * 10 + "".join(right(head, 10) for head in heads)
        for label, name, counts in zip(self.labels, names, self.confusion, strict=True):
            recall = self.per_class_recall.get(label)
            shown = f"{recall:10.2f}" if recall is not None else f"{'-':>10}"
            yield left(name, 10) + "".join(f"{count:10d}" for count in counts) + shown
        yield word("metric_axes", language)


def _row(name: str, value: str, note: str = "") -> str:
    return f"{left(name, 28)} {value}{'   ' if note else ''}{note}"


def reasons(skipped: Mapping[str, int]) -> EdgeError:
    """Why examples could not be judged and how many, to be told; one at least."""
    parts = [InputError.of("skipped_count", why=_reason(why), count=n) for why, n in skipped.items()]
    return reduce(lambda one, other: InputError.of("listed", one=one, other=other), parts)


def _reason(skipped: str) -> EdgeError:
    return InputError.of(SKIPPED[skipped]) if skipped in SKIPPED else EdgeError(skipped)


def score(
    posteriors: NDArray[Any],
    labels: Sequence[int],
    speakers: Sequence[str],
    names: Labels,
    skipped: Mapping[str, int] | None = None,
    thresholds: NDArray[Any] | None = None,
    nameless: int = 0,
) -> Report:
    """Judge posteriors [n, labels] against labels [n], with an interval over speakers [n]; n >= 1.

    names: of the labels. thresholds: [n, labels], what prediction sets are made with
    (edge/reading/confidence.py); None: no sets. nameless: how many examples do not say who speaks.
    """
    if not np.isfinite(posteriors).all():  # argmax would take a NaN for the likeliest label
        raise InputError.of("posterior_nan", count=int((~np.isfinite(posteriors)).any(axis=1).sum()))
    truth, predicted = np.asarray(labels), posteriors.argmax(axis=1)
    confusion = _confusion(truth, predicted, len(names))
    sets = None
    if thresholds is not None:
        # As prediction_set makes them: where every label leaves, the two likeliest stand.
        sets = posteriors >= thresholds - TIE
        ranks = (-posteriors).argsort(axis=1, kind="stable").argsort(axis=1)
        sets |= ~sets.any(axis=1, keepdims=True) & (ranks < 2)
    recall = confusion.diagonal() / np.maximum(1, confusion.sum(1))
    occurs = confusion.sum(1) > 0
    return Report(
        n=len(truth),
        **scores_of(confusion),
        expected_calibration_error=calibration_error(posteriors, truth),
        per_class_recall={
            name: float(r) for name, r, seen in zip(names, recall, occurs, strict=True) if seen
        },
        confusion=confusion.tolist(),
        interval=_interval(truth, predicted, np.asarray(speakers), len(names)),
        coverage=None if sets is None else float(sets[np.arange(len(truth)), truth].mean()),
        mean_set_size=None if sets is None else float(sets.sum(axis=1).mean()),
        reliability=reliability(posteriors, truth),
        skipped=dict(skipped or {}),
        calibration_error_by_chance=error_by_chance(posteriors),
        speakers=len(set(speakers)),
        nameless=nameless,
        interval_method=METHOD,
        unfamiliar={},
        few={},
        voice=(),
        accuracy_balance_known=float(((posteriors * confusion.sum(1)).argmax(axis=1) == truth).mean()),
        labels=names,
    )


def weighted_f1(labels: NDArray[Any], predicted: NDArray[Any]) -> float:
    """F1 of each label weighted by how often it occurs, 0..1; both [n]."""
    k = int(max(labels.max(), predicted.max())) + 1
    return scores_of(_confusion(labels, predicted, k))["weighted_f1"]


def reliability(posteriors: NDArray[Any], labels: NDArray[Any]) -> list[tuple[int, float, float]]:
    """Examples, mean confidence and accuracy of each of BINS equal bins of confidence that holds any."""
    confidence, right = posteriors.max(axis=1), posteriors.argmax(axis=1) == labels
    bins = np.minimum((confidence * BINS).astype(int), BINS - 1)
    inside = [bins == b for b in np.unique(bins)]
    return [(int(i.sum()), float(confidence[i].mean()), float(right[i].mean())) for i in inside]


def calibration_error(posteriors: NDArray[Any], labels: NDArray[Any]) -> float:
    """Expected calibration error of posteriors [n, k] over BINS equal bins of confidence, 0..1."""
    bins = reliability(posteriors, labels)
    return sum(count * abs(confidence - right) for count, confidence, right in bins) / len(labels)


def error_by_chance(posteriors: NDArray[Any]) -> float:
    """Mean calibration error of posteriors [n, k] that are right as often as they say, 0..1.

    Consistency resampling (Broecker and Smith 2007): whether each is right is drawn by its own confidence.
    """
    confidence = posteriors.max(axis=1)
    bins = np.minimum((confidence * BINS).astype(int), BINS - 1)
    inside = np.eye(BINS)[bins]
    right = np.random.default_rng(0).random((DRAWS, len(confidence))) < confidence
    gaps = np.abs(right @ inside - confidence @ inside).sum(axis=1)
    return float(gaps.mean() / len(confidence))


def _confusion(truth: NDArray[Any], predicted: NDArray[Any], k: int) -> NDArray[np.int64]:
    return np.bincount(truth * k + predicted, minlength=k * k).reshape(k, k).astype(np.int64)


def scores_of(confusion: NDArray[np.int64]) -> dict[str, float]:
    """Weighted F1, unweighted recall, macro F1 and accuracy of counts [k, k], rows true; 0..1."""
    hits, actual, given = confusion.diagonal(), confusion.sum(1), confusion.sum(0)
    f1 = 2 * hits / np.maximum(1, actual + given)
    occurs = actual > 0
    return {
        "weighted_f1": float((f1 * actual).sum() / actual.sum()),
        "unweighted_recall": float((hits[occurs] / actual[occurs]).mean()),
        "macro_f1": float(f1[occurs].mean()),
        "accuracy": float(hits.sum() / actual.sum()),
    }


def _interval(
    truth: NDArray[Any], predicted: NDArray[Any], speakers: NDArray[Any], k: int
) -> dict[str, tuple[float, float] | None]:
    """Whole people are left out: clips of one person stand or fall together."""
    counts = by_person(speakers, truth * k + predicted, k * k)
    return intervals(counts, lambda cells: scores_of(cells.reshape(k, k)))
