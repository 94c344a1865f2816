"""Semi-supervised rounds: guess, select, judge on people's labels, audit; kept, or rolled back and ended.

What a round found is written down when it is found, so a run killed at any moment goes on to the same end.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from calibration.judge.metrics import Report, score
from edge.errors import InputError
from edge.items import Floats
from edge.labels import Labels
from edge.reading.confidence import softmax
from export.pseudo.audit import AuditResult, draw
from export.pseudo.ensemble import (
    HumanLabelled,
    PseudoLabelled,
    half_of,
    logits_of,
    no_pseudo_labels,
    predict_ensemble,
    train_on_all,
)
from export.pseudo.policy import Policy
from export.pseudo.record import PseudoLabel, Round, Scores, read_round, write_round
from export.pseudo.selection import select, sharpened

Sample = Sequence[tuple[str, int]]
"""Clip and its pseudo-label, of each clip to listen to."""
Auditor = Callable[[int, Sample, Mapping[int, int]], AuditResult | None]
"""Number of the round, its sample, clips by label in the whole round -> verdicts; None: wait for them."""


@dataclass(frozen=True, eq=False)
class PseudoData:
    """Features in two views (first those of the teacher), relative to the speaker, and who is heard."""

    human: tuple[HumanLabelled, HumanLabelled]
    pool: tuple[Floats, Floats]
    names: Sequence[str]
    """Hash of each pool clip."""
    speakers: Sequence[str]
    """Of each pool clip."""
    frozen: HumanLabelled
    """Labelled by people, never trained on: the first view alone."""
    labels: Labels


@dataclass(frozen=True)
class RoundResult:
    """One round and what became of it."""

    found: Round
    state: Literal["kept", "rolled back", "waiting"]
    verdicts: AuditResult | None
    why: InputError = field(compare=False)


@dataclass(frozen=True)
class Outcome:
    """Where the rounds ended."""

    rounds: tuple[RoundResult, ...]
    start: Scores
    """By human labels alone."""
    ended: InputError = field(compare=False)
    """Why there is no further round."""
    guesses: tuple[PseudoLabel, ...] = ()
    """Pseudo-labels of the last round that was kept, without clips a person has heard since."""
    heard: Mapping[str, int | None] | None = None
    """Clip -> label by ear (None: only not the one given) of all audits."""


def run_rounds(
    material: PseudoData, policy: Policy, auditor: Auditor | None, seed: int, folder: Path
) -> Outcome:
    """Run rounds until one is not kept, nothing changes any more, or the policy's last one is done.

    auditor: None keeps rounds unheard. folder: where each round's findings are kept; another material or
    policy needs another folder.
    """
    start = before = score_frozen(
        material, material.human[0], no_pseudo_labels(len(material.labels)), material.pool[0]
    )
    kept: tuple[PseudoLabel, ...] = ()
    heard: dict[str, int | None] = {}
    rounds: list[RoundResult] = []
    ended = InputError.of("rounds_all", rounds=policy.rounds)
    for number in range(1, policy.rounds + 1):
        file = folder / f"round-{number}.json"
        found = read_round(file)
        if found is None:
            found = propose_round(material, policy, number, kept, heard, before)
            write_round(file, found)
        if not found.guesses:
            ended = InputError.of("rounds_none", number=number)
            break
        if _labels(found.guesses) == _labels(kept):
            ended = InputError.of("rounds_same", number=number)
            break
        if not found.passes:
            why = InputError.of("round_frozen", change=found.change)
            rounds.append(RoundResult(found, "rolled back", None, why))
            ended = InputError.of("rounds_back", number=number, why=why)
            break
        verdicts, why = None, InputError.of("round_unheard")
        if auditor is not None:
            sample = sample_of(found, policy, seed)
            verdicts = auditor(number, sample, Counter(guess.label for guess in found.guesses))
            if verdicts is None:
                why = InputError.of("round_unanswered", count=len(sample))
                rounds.append(RoundResult(found, "waiting", None, why))
                ended = InputError.of("rounds_audit", number=number)
                break
            heard_right = {"right": verdicts.right, "n": verdicts.n, "bound": verdicts.bound}
            why = InputError.of("round_right", **heard_right)
            heard |= verdicts.heard  # true whatever becomes of the round
            if not verdicts.bound >= policy.precision:
                why = InputError.of("round_under", why=why, least=policy.precision)
                rounds.append(RoundResult(found, "rolled back", verdicts, why))
                ended = InputError.of("rounds_back", number=number, why=why)
                break
        rounds.append(RoundResult(found, "kept", verdicts, why))
        before = found.after
        kept = tuple(guess for guess in found.guesses if guess.clip not in heard)
    return Outcome(tuple(rounds), start, ended, kept, heard)


def propose_round(
    material: PseudoData,
    policy: Policy,
    number: int,
    kept: Sequence[PseudoLabel],
    heard: Mapping[str, int | None],
    before: Scores,
) -> Round:
    """One round up to its gate; nobody listens yet."""
    people = with_heard(material, heard)
    guessed = pseudo_labelled(material, kept)
    halves = half_of(material.names)
    first, second = (
        predict_ensemble(view, pool, material.speakers, guessed, halves, policy.folds)
        for view, pool in zip(people, material.pool, strict=True)
    )
    chosen = select(first.pool, first.votes, second.pool, policy, material.labels)
    soft = sharpened(first.pool, policy.sharpness)
    guesses = tuple(
        PseudoLabel(
            clip=material.names[row],
            label=int(chosen.labels[row]),
            probabilities=tuple(first.pool[row].tolist()),
            soft=tuple(soft[row].tolist()),
            agreement=float(chosen.agreement[row]),
            head=bool(chosen.head[row]),
            weight=float(chosen.weight[row]) * policy.weight,
        )
        for row in np.flatnonzero(chosen.weight > 0).tolist()
        if material.names[row] not in heard
    )
    return Round(
        number=number,
        model=first.model,
        temperature=first.temperature,
        thresholds=chosen.thresholds,
        prior=chosen.prior,
        left_out=chosen.left_out,
        guesses=guesses,
        negative=material.labels.negative,
        before=before,
        after=score_frozen(material, people[0], pseudo_labelled(material, guesses), material.pool[0]),
    )


def score_frozen(material: PseudoData, human: HumanLabelled, guessed: PseudoLabelled, pool: Floats) -> Scores:
    """Train on everything labelled and judge on the frozen clips, which only people labelled."""
    report = report_on(material.frozen, human, guessed, pool, material.labels)
    negative = [
        report.per_class_recall[name] for name in material.labels.negative if name in report.per_class_recall
    ]
    return Scores(
        macro_f1=report.macro_f1,
        negative_recall=float(np.mean(negative)) if negative else 0.0,
        unweighted_recall=report.unweighted_recall,
    )


def report_on(
    judged: HumanLabelled, human: HumanLabelled, guessed: PseudoLabelled, pool: Floats, labels: Labels
) -> Report:
    """Scores of one classifier trained on everything labelled."""
    logits = logits_of(train_on_all(human, pool, guessed), judged.features)
    return score(softmax(logits), judged.labels.tolist(), judged.groups, labels)


def with_heard(material: PseudoData, heard: Mapping[str, int | None]) -> tuple[HumanLabelled, HumanLabelled]:
    """The human-labelled clips and those of the pool that people named in an audit."""
    rows = [row for row, name in enumerate(material.names) if heard.get(name) is not None]
    if not rows:
        return material.human
    labels = np.array([heard[material.names[row]] for row in rows], np.int64)
    groups = [material.speakers[row] for row in rows]
    first, second = (
        replace(
            view,
            features=np.concatenate([view.features, pool[rows]]),
            labels=np.concatenate([view.labels, labels]),
            groups=[*view.groups, *groups],
        )
        for view, pool in zip(material.human, material.pool, strict=True)
    )
    return first, second


def pseudo_labelled(material: PseudoData, guesses: Sequence[PseudoLabel]) -> PseudoLabelled:
    """Pseudo-labels by place in the pool."""
    if not guesses:
        return no_pseudo_labels(len(material.labels))
    place = {name: row for row, name in enumerate(material.names)}
    return PseudoLabelled(
        np.array([place[guess.clip] for guess in guesses], np.int64),
        np.array([guess.soft for guess in guesses], np.float32),
        np.array([guess.weight for guess in guesses], np.float32),
    )


def sample_of(found: Round, policy: Policy, seed: int) -> Sample:
    """The clips of a round that people listen to."""
    labels: NDArray[np.int64] = np.array([guess.label for guess in found.guesses], np.int64)
    rows = draw(labels, policy.audit_clips, np.random.default_rng((seed, found.number))).tolist()
    return [(found.guesses[row].clip, found.guesses[row].label) for row in rows]


def _labels(guesses: Sequence[PseudoLabel]) -> dict[str, int]:
    return {guess.clip: guess.label for guess in guesses}
