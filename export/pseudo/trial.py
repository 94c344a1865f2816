"""What pseudo-labels are worth where the truth is known: most labels of a corpus hidden, then guessed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from calibration.data.dataset import Example
from calibration.judge.metrics import Report
from edge.errors import DatasetError
from edge.system.disk import work_folder
from edge.system.texts import left, right
from edge.words import Language, asked_language, word
from export.corpora.readers import Split, split_corpora
from export.progress import say, tell
from export.pseudo.audit import AuditResult, audit_result
from export.pseudo.ensemble import HumanLabelled, no_pseudo_labels
from export.pseudo.policy import Policy, read_policy
from export.pseudo.record import PseudoLabel
from export.pseudo.rounds import Outcome, RoundResult, pseudo_labelled, report_on, run_rounds, with_heard
from export.pseudo.run import key_of, show_curve, story
from export.pseudo.unlabelled import Gathered, Recording, gather
from export.recipe import Recipe, read_recipe
from export.students.audio import audio_split

SEEDS = 5
"""Draws of the labels that stay."""
WAYS = ("labelled only", "one round", "all rounds", "full labels")


def run_hidden_labels(recipe_path: Path, data: Path, policy_path: Path, out: Path, share: float) -> str:
    """Hide all labels but a share and run the rounds; a table of what each step is worth. Raises EdgeError.

    The hidden labels play the listener of the audits. The gate looks at the dev speakers alone; the test
    speakers decide nothing.
    """
    recipe = read_recipe(recipe_path)
    policy = read_policy(policy_path, recipe.labels)
    if not data.is_dir():
        raise DatasetError.of("data_none", data=data)
    out.mkdir(parents=True, exist_ok=True)
    split = audio_split(recipe, data)
    sources = split_corpora(data, recipe.audio.corpora, recipe.audio.dev, recipe.audio.test, recipe.labels)
    corpus = [name for name, part in sources.items() for e in part.train if e.soft is None]
    people = [e for e in split.train if e.soft is None]
    runs = []
    for seed in range(recipe.seed, recipe.seed + SEEDS):
        seeded = recipe.model_copy(update={"seed": seed})
        runs.append(_run(seeded, data, policy, out, replace(split, train=people), corpus, share))
    return _table(runs, share, asked_language())


def keep_labels(examples: Sequence[Example], corpus: Sequence[str], share: float, seed: int) -> set[int]:
    """Places of the examples whose label stays: a share of each label of each corpus, at least one."""
    rng, kept = np.random.default_rng(seed), set[int]()
    for name in sorted(set(corpus)):
        for label in sorted({e.label for e in examples}):
            rows = [i for i, e in enumerate(examples) if corpus[i] == name and e.label == label]
            count = max(1, round(share * len(rows)))
            kept |= {rows[int(pick)] for pick in rng.permutation(len(rows))[:count]}
    return kept


class _Run:
    """One draw of the labels that stay."""

    def __init__(self) -> None:
        self.scores: dict[tuple[str, str], Report] = {}
        self.labels: dict[str, tuple[int, int]] = {}
        self.clips = 0


def _run(
    recipe: Recipe, data: Path, policy: Policy, out: Path, split: Split, corpus: Sequence[str], share: float
) -> _Run:
    kept = keep_labels(split.train, corpus, share, recipe.seed)
    hidden = [e for i, e in enumerate(split.train) if i not in kept]
    few = replace(split, train=[e for i, e in enumerate(split.train) if i in kept])
    recordings = [Recording(e.path, e.speaker) for e in hidden if e.path is not None]
    work = work_folder(out)
    found = gather(recipe, data, few, recordings, work / "teacher")
    truth = {e.path: e.label for e in hidden}
    answers = {name: truth[r.path] for name, r in found.recordings.items()}
    key = key_of(found, policy, recipe.seed)
    show_curve(found.material, policy, out / f"sensitivity-{recipe.seed}.png")

    def listen(number: int, sample: Sequence[tuple[str, int]], given: Mapping[int, int]) -> AuditResult:
        return audit_result({name: answers[name] for name, _ in sample}, sample, given)

    outcome = run_rounds(
        found.material, policy, listen if policy.audit else None, recipe.seed, work / f"rounds-{key}"
    )
    tell("say_seed", seed=recipe.seed, kept=len(few.train), hidden=len(answers))
    for line in story(outcome, asked_language()):
        say(line)
    return _judged(found, outcome, answers, len(few.train))


def _judged(found: Gathered, outcome: Outcome, answers: Mapping[str, int], kept: int) -> _Run:
    run, material = _Run(), found.material
    none = no_pseudo_labels(len(material.labels))
    human = material.human[0]
    first = _after(outcome.rounds[:1])
    last = (outcome.guesses, dict(outcome.heard or {}))
    everything = HumanLabelled(
        np.concatenate([human.features, material.pool[0]]),
        np.concatenate([human.labels, [answers[name] for name in material.names]]),
        [*human.groups, *material.speakers],
    )
    run.clips = len(answers)
    for name, judged in (("dev", material.frozen), ("test", found.judged)):
        for way, (guesses, heard) in {"one round": first, "all rounds": last}.items():
            people = with_heard(material, heard)[0]
            guessed = pseudo_labelled(material, guesses)
            run.scores[way, name] = report_on(judged, people, guessed, material.pool[0], material.labels)
            hits = sum(answers[guess.clip] == guess.label for guess in guesses)
            run.labels[way] = (len(guesses), hits)
        run.scores["labelled only", name] = report_on(judged, human, none, material.pool[0], material.labels)
        run.scores["full labels", name] = report_on(
            judged, everything, none, material.pool[0], material.labels
        )
    run.labels["labelled only"], run.labels["full labels"] = (0, 0), (0, 0)
    return run


def _after(rounds: Sequence[RoundResult]) -> tuple[tuple[PseudoLabel, ...], dict[str, int | None]]:
    """Labels after the first round, if it was kept, and what was heard of them."""
    if not rounds or rounds[0].state != "kept":
        return (), {}
    heard = rounds[0].verdicts.heard if rounds[0].verdicts else {}
    return tuple(guess for guess in rounds[0].found.guesses if guess.clip not in heard), heard


def _table(runs: Sequence[_Run], share: float, language: Language) -> str:
    def said(key: str, **values: object) -> str:
        return word(f"pseudo_trial_{key}", language, **values)

    def row(first: str, cells: Sequence[str], guesses: str, correct: str) -> str:
        wide = "".join(right(cell, 24) for cell in cells)
        return f"{left(first, 16)}{wide}{right(guesses, 10)}{right(correct, 8)}".rstrip()

    columns = [(name, score) for name in ("dev", "test") for score in ("macro_f1", "unweighted_recall")]
    titles = [said(name, score=word(f"metric_{score}", language)) for name, score in columns]
    rows = [said("of", share=share, draws=len(runs)), "", row("", titles, said("guesses"), said("right"))]
    for way in WAYS:
        cells = []
        for name, score in columns:
            values = [getattr(run.scores[way, name], score) for run in runs]
            cells.append(f"{np.mean(values):.3f} +- {np.std(values):.3f}")
        n, hits = (sum(run.labels[way][i] for run in runs) for i in (0, 1))
        guessed = (f"{n / len(runs):.0f}", f"{hits / n:.3f}") if n else ("-", "-")
        rows.append(row(said(way.replace(" ", "_")), cells, *guessed))
    return "\n".join([*rows, said("note")])
