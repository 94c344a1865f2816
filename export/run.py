"""`edge export`: recipe and data in, checked INT8 bundle out.

Stages leave their work in a folder beside the bundle, `<out>.work`; a run killed at any moment goes on
where it was, and a change of the recipe or the data repeats only what it touches. There too lie the card, the
report (export/deliver/report/facts.py), and export.log, which every run goes on writing.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

from edge.audit.chain import Audit, audit_of
from edge.bundle.folder import Bundle, sha256
from edge.config import read_site
from edge.consent.store import Consents, consents_file
from edge.errors import DatasetError, EngineError
from edge.items import MODALITIES
from edge.policy.rules import ask
from edge.system import child
from edge.system.disk import work_folder
from edge.system.output import warn
from edge.words import asked_language
from export.deliver.card import card
from export.deliver.measured import Measured
from export.deliver.pack import pack
from export.deliver.report.facts import write_report
from export.fusion.comparison.trial import compare_fusions
from export.judge.beside_bundles import differences, others
from export.judge.beside_teachers import beside_teachers
from export.judge.bundles import machines_of, score_bundles
from export.judge.heldout import HELD_OUT, held_out_sets
from export.preflight import require_means
from export.progress import StageTimes, logged, tell
from export.recipe import Recipe, read_recipe
from export.stages import adapted_rows, place_of, quantize, student_of, train_head
from export.students.vision import kept_unseen
from export.students.warm_start import started_from
from export.training.hardware import accelerator, processes
from export.training.side_by_side import side_by_side

QAT_STEPS = 200
"""Batches an epoch of quantization-aware fine-tuning."""


def run_export(recipe_path: Path, data: Path, out: Path) -> Bundle | None:
    """Train, quantize, check and pack the bundle the recipe describes into `out`.

    Under `accelerate launch` all processes train; the first does the rest, the others return None.
    Raises EdgeError.
    """
    recipe = read_recipe(recipe_path)
    audit = _asked(recipe, recipe_path)
    if not data.is_dir():
        raise DatasetError.of("data_none", data=data)
    work = work_folder(out)
    if processes() > 1 and not accelerator(recipe.device).is_main_process:
        places = {name: place_of(name, recipe, data, work) for name in MODALITIES}
        train_students(recipe, data, places)
        train_head(recipe, data, work, places)
        return None
    with logged(work / "export.log"):
        tell("say_export", path=out, recipe=recipe_path, seed=recipe.seed)
        made = _export(recipe, recipe_path, data, out, work)
        if audit:
            about = {"digest": made.manifest.digest, "recipe": sha256(recipe_path)}
            audit.append("exported", bundle=made.manifest.name, **about)
        return made


def _asked(recipe: Recipe, path: Path) -> Audit | None:
    """The chain of the site whose policy allows it; None where the recipe names none. Raises PolicyError."""
    if recipe.policy is None:
        return None
    site = read_site(path.parent / recipe.policy)
    ask(site, "export", asked_language(), warn)
    return audit_of(site)


def _export(recipe: Recipe, recipe_path: Path, data: Path, out: Path, work: Path) -> Bundle:
    stages = StageTimes()
    require_means(recipe, data, work)
    places = {name: place_of(name, recipe, data, work) for name in MODALITIES}
    sets = held_out_sets(recipe, data, work)
    machines = machines_of(recipe, data)
    train_students(recipe, data, places)
    stages.end("encoders")
    trained = train_head(recipe, data, work, places)
    stages.end("fusion")
    made = quantize(recipe, data, work, trained)
    stages.end("INT8")
    results, asked = score_bundles(made.candidates, sets)
    stages.end("judged on held-out sets")
    before = {name: start for name in MODALITIES if (start := started_from(recipe, name, data))}
    rivals = others(made.candidates["int8"], out, list(before.values()))
    beside = differences(asked, rivals, sets)
    stages.end("judged the bundles before on the same sets")
    adapted = []
    if machines:
        adapted = adapted_rows(recipe, work, trained, made, results, sets, machines)
        stages.end("judged before and after adaptation")
    speed = _speed(made.candidates["int8"])
    stages.end("bench")
    found = Measured(
        sets,
        results,
        asked["int8"],
        made.reports,
        made.facts["parity"],
        speed,
        trained.cross_fit.accuracy,
        adapted,
        beside_teachers(recipe, places),
        trained.private,
        beside,
        made.candidates["int8"].manifest.evidence,
        kept_unseen(recipe, data, work),
    )
    for language, page in made.cards.items():
        page.write_text(card(recipe, before, found, language), encoding="utf-8")
    accuracy = {
        title: {precision: report.as_dict() for precision, report in row.items()}
        for title, row in results.items()
    } | {"fused on composed windows": trained.cross_fit.accuracy}
    bundle = pack(out, recipe, made.integers, made.reports, *made.parts, made.facts | {"accuracy": accuracy})
    if recipe.trial:
        tell("say_trial")
        compare_fusions(data, work / "trial")
    folders = [*places.values(), trained.folder]
    with _consents(recipe, recipe_path) as consents:
        write_report(bundle, recipe, data, work, found, folders, stages.seconds, consents)
    size = sum(file.stat().st_size for file in out.iterdir())
    tell("say_bundle", path=out, size=size / 1e6, folder=work / HELD_OUT)
    tell("say_report", path=work / "report.html")
    return bundle


def _consents(recipe: Recipe, path: Path) -> AbstractContextManager[Consents | None]:
    """Consents of the people on the recordings, where worst cases are wished for; else None."""
    if not recipe.worst_cases or recipe.policy is None:
        return nullcontext()
    settings = path.parent / recipe.policy
    return Consents(consents_file(read_site(settings), settings))


def train_students(recipe: Recipe, data: Path, places: Mapping[str, Path]) -> None:
    """Train the three encoders side by side, a process and its share of the cores each; under `accelerate
    launch` one after the other, each by all processes.

    places: modality -> folder for its weights.
    """
    # The longest first.
    order = ("vision", "audio", "text")
    if processes() > 1:  # each is trained by all processes together
        for name in order:
            student_of(name, recipe, data, places[name])
    else:
        side_by_side([(student_of, (name, recipe, data, places[name])) for name in order])


def _speed(bundle: Bundle) -> Any:
    """What `edge bench` says, from a process of its own: this one is full of torch and its threads."""
    command = child.command("edge.cli", "bench", str(bundle.folder), "--json")
    done = subprocess.run(command, env=child.environment(), capture_output=True, text=True, check=False)
    if done.returncode:
        raise EngineError.of("bench_failed", path=bundle.folder, why=done.stderr.strip())
    return json.loads(done.stdout)
