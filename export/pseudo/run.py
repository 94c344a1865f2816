"""`edge pseudo`: a few labels and many recordings in, more labels out, every one with where it came from.

<out>/sensitivity.png      what a threshold buys; to look at before the policy is signed
<out>/audit-<key>-1.csv    clips of a round that somebody listens to, for people to fill in
<out>/metadata.csv         the labels that were kept: a corpus for `edge export`
<out>/provenance.csv       every guess of every round and what became of it
<out>/report.json          what each round found, and why the rounds ended
<out>.work/                features by teacher, findings by round
"""

from __future__ import annotations

import datetime
import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from calibration.judge.plot import write_png
from edge.errors import ConfigError, DatasetError
from edge.labels import Labels
from edge.system.disk import work_folder
from edge.system.private import make_private, write_whole
from edge.system.texts import csv_line
from edge.words import Language, asked_language, word
from export.progress import say, tell
from export.pseudo.audit import AuditResult, read_audit, unanswered, write_audit
from export.pseudo.ensemble import half_of, no_pseudo_labels, predict_ensemble
from export.pseudo.policy import Policy, read_policy, require_signature, sign
from export.pseudo.rounds import Outcome, PseudoData, RoundResult, Sample, run_rounds
from export.pseudo.sensitivity import curve, draw_curve, table
from export.pseudo.unlabelled import Gathered, Recording, gather, read_unlabelled
from export.recipe import read_recipe
from export.students.audio import audio_split


def run_pseudo(
    recipe_path: Path, data: Path, unlabelled: Path, policy_path: Path, out: Path, signer: str | None = None
) -> Outcome:
    """Run the rounds as far as they go without a person. Raises EdgeError.

    signer: signs the policy first, once its curve has been drawn by an earlier call.
    """
    recipe = read_recipe(recipe_path)
    policy = read_policy(policy_path, recipe.labels)
    if not data.is_dir():
        raise DatasetError.of("data_none", data=data)
    recordings = read_unlabelled(unlabelled)
    work = work_folder(out)
    found = gather(recipe, data, audio_split(recipe, data), recordings, work / "teacher")
    tell("say_gathered", without=len(found.material.names), labelled=len(found.material.human[0].labels))
    for reason, count in found.left_out.items():
        tell("say_recordings_left", count=count, why=word(reason, asked_language()))
    make_private(out)
    drawn = out / "sensitivity.png"
    key, of_curve = key_of(found, policy, recipe.seed), work / "curve.txt"
    looked_at = drawn.is_file() and of_curve.is_file() and of_curve.read_text() == key
    show_curve(found.material, policy, drawn)
    of_curve.write_text(key)
    if signer is not None:
        if not looked_at:
            raise ConfigError.of("curve_first", path=drawn, policy=policy_path)
        policy = sign(policy_path, recipe.labels, signer, datetime.date.today())
    signed, labels = require_signature(policy, policy_path), recipe.labels

    def listen(number: int, sample: Sample, given: Mapping[int, int]) -> AuditResult | None:
        sheet = out / f"audit-{key}-{number}.csv"
        write_audit(sheet, [(name, found.recordings[name].path, label) for name, label in sample], labels)
        verdicts = read_audit(sheet, sample, given, labels)
        if verdicts is None:
            tell("say_listener", round=number, count=unanswered(sheet), sheet=sheet)
        return verdicts

    outcome = run_rounds(
        found.material, policy, listen if policy.audit else None, recipe.seed, work / f"rounds-{key}"
    )
    write_dataset(out / "metadata.csv", outcome, found.recordings, labels)
    author = {"policy": policy.digest[:16], "signed_by": signed.name, "signed_on": signed.date.isoformat()}
    write_provenance(out / "provenance.csv", outcome, found.recordings, author, labels)
    report = {
        **author,
        "rule": policy.rule,
        "audited": policy.audit,
        "teacher": found.teacher,
        "start": outcome.start.model_dump(),
        "rounds": [as_dict(one) for one in outcome.rounds],
        "ended": str(outcome.ended),
        "left_out": found.left_out,
    }
    write_whole(out / "report.json", json.dumps(report, indent=1) + "\n")
    for line in story(outcome, asked_language()):
        say(line)
    return outcome


def show_curve(material: PseudoData, policy: Policy, path: Path) -> None:
    """Draw what a threshold buys on the human-labelled clips, speakers held out, and print it."""
    first, second = (
        predict_ensemble(
            human,
            pool,
            material.speakers,
            no_pseudo_labels(len(material.labels)),
            half_of(material.names),
            policy.folds,
        ).labelled
        for human, pool in zip(material.human, material.pool, strict=True)
    )
    same = first.argmax(axis=1) == second.argmax(axis=1)
    labels = material.human[0].labels
    points = curve(first, labels, same if policy.head_agreement else np.ones_like(same), material.labels)
    marked = {
        "fixed": (policy.threshold,),
        "per_class": (policy.threshold, *policy.per_class.values()),
        "freematch": (),
        "softmatch": (),
    }[policy.rule]
    write_png(draw_curve(points, marked, len(labels), asked_language()), path)
    tell("say_curve", path=path, table=table(points, asked_language()))


def key_of(found: Gathered, policy: Policy, seed: int) -> str:
    """Short digest of all that decides about the rounds."""
    material = found.material
    content: list[Any] = [policy.digest, found.teacher, seed, list(material.names), list(material.speakers)]
    for people in (material.human[0], material.frozen):
        features = hashlib.sha256(people.features.tobytes()).hexdigest()
        content += [features, people.labels.tolist(), list(people.groups)]
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()[:8]


def write_dataset(path: Path, outcome: Outcome, recordings: Mapping[str, Recording], labels: Labels) -> None:
    """Write the kept labels as a corpus in the generic layout; without any, none is left standing."""
    heard = {name: label for name, label in (outcome.heard or {}).items() if label is not None}
    if not outcome.guesses and not heard:
        path.unlink(missing_ok=True)
        return
    shares = [f"p_{name}" for name in labels]
    rows: list[list[Any]] = [["file_name", "emotion", "speaker", "transcript", "weight", *shares]]
    for guess in outcome.guesses:
        cells = [round(guess.weight, 4), *(round(p, 6) for p in guess.soft)]
        rows.append([*_cells(recordings[guess.clip], labels[guess.label]), *cells])
    for name, label in heard.items():  # a person said so: as good as any other human label
        rows.append([*_cells(recordings[name], labels[label]), "", *[""] * len(labels)])
    _write_table(path, rows)


def write_provenance(
    path: Path,
    outcome: Outcome,
    recordings: Mapping[str, Recording],
    author: Mapping[str, str],
    labels: Labels,
) -> None:
    """Write a row for every guess of every round: what it rests on and what became of it."""
    header = ["clip", "file_name", "round", "state", "label", "probability", "fold_agreement", "head_agrees"]
    rows: list[list[Any]] = [[*header, "weight", "model", "verdict", *author]]
    for done in outcome.rounds:
        heard = done.verdicts.heard if done.verdicts else {}
        for guess in done.found.guesses:
            verdict = heard.get(guess.clip, -1)
            said = "" if verdict == -1 else "no" if verdict is None else labels[verdict]
            rows.append(
                [
                    guess.clip,
                    recordings[guess.clip].path.resolve(),
                    done.found.number,
                    done.state,
                    labels[guess.label],
                    round(guess.probabilities[guess.label], 6),
                    round(guess.agreement, 4),
                    guess.head,
                    round(guess.weight, 4),
                    done.found.model,
                    said,
                    *author.values(),
                ]
            )
    _write_table(path, rows)


def story(outcome: Outcome, language: Language) -> Iterable[str]:
    """What happened, for a person to read."""
    for done in outcome.rounds:
        found = done.found
        refused = (
            word("round_refused", language, count=count, why=word(why, language))
            for why, count in found.left_out.items()
        )
        yield word(
            "round_line",
            language,
            number=found.number,
            state=word(f"round_{done.state.replace(' ', '_')}", language),
            count=len(found.guesses),
            refused=word("round_between", language).join(refused),
            change=found.change.told(language),
            why=done.why.told(language),
        )
    yield outcome.ended.told(language)
    count = len(outcome.guesses)
    yield word("pseudo_next" if count else "pseudo_kept", language, count=count)


def as_dict(done: RoundResult) -> dict[str, Any]:
    """A round for report.json, without its guesses: those are in provenance.csv."""
    found = done.found.model_dump(exclude={"guesses"})
    verdicts = asdict(done.verdicts) if done.verdicts else {}
    verdicts.pop("heard", None)
    return {
        **found,
        "guesses": len(done.found.guesses),
        "state": done.state,
        "why": str(done.why),
        "audit": verdicts,
    }


def _cells(recording: Recording, label: str) -> list[Any]:
    return [recording.path.resolve(), label, recording.speaker, recording.transcript]


def _write_table(path: Path, rows: Sequence[Sequence[Any]]) -> None:
    write_whole(path, "".join(map(csv_line, rows)))
