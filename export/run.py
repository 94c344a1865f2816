"""`edge export`: recipe and data in, checked INT8 bundle out.

Stages leave their work in a folder beside the bundle, `<out>.work`; a run killed at any moment goes on
where it was, and a change of the recipe or the data repeats only what it touches. There too lie the card, the
report (export/report.py), and export.log, which every run goes on writing.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from edge import child
from edge.bundle import Bundle
from edge.disk import beside
from edge.errors import DatasetError, EngineError
from edge.features.text import load_tokenizer
from edge.items import MODALITIES
from edge.manifest import AudioSpec
from edge.voting import Rules
from export.audio_training import train_audio, unadapted_audio
from export.calibrate import (
    TRIAL_CALLS,
    calls_from,
    confidence_of,
    golden_cases,
    parity_of,
    quantize_networks,
    require_material,
)
from export.card import card
from export.corpora import fingerprint
from export.crossfit import cross_fitted, train_heads
from export.fusion_training import Pool, voices
from export.heldout import held_out_sets
from export.judging import adaptation, judge, machines_of
from export.networks import fused, write_networks
from export.noisy_windows import WINDOW_S
from export.pack import EVEN, pack
from export.pools import (
    Inputs,
    dev_inputs,
    digest,
    parts_of,
    pools_of,
    require_labels,
    training_batches,
    training_inputs,
)
from export.preflight import require_means
from export.privacy import privacy_of
from export.progress import Stages, logged, say
from export.qat import fine_tune
from export.recipe import Recipe, read_recipe
from export.report import write_report
from export.side_by_side import side_by_side
from export.teacher_scores import beside_teachers
from export.teachers import teacher_of
from export.text_training import train_text
from export.trial import run_trial
from export.vision_training import train_vision
from export.warm_start import started_from

QAT_STEPS = 200
"""Batches an epoch of quantization-aware fine-tuning."""


def run_export(recipe_path: Path, data: Path, out: Path) -> Bundle:
    """Train, quantize, check and pack the bundle the recipe describes into `out`. Raises EdgeError."""
    recipe = read_recipe(recipe_path)
    if not data.is_dir():
        raise DatasetError(f"{data} is no folder; name the one that holds the corpora with --data")
    work = beside(out)
    with logged(work / "export.log"):
        say(f"export {out} by {recipe_path}, seed {recipe.seed}")
        return _export(recipe, data, out, work)


def _export(recipe: Recipe, data: Path, out: Path, work: Path) -> Bundle:
    stages = Stages()
    places = {name: _place(name, recipe, data, work) for name in MODALITIES}
    require_means(recipe, data)
    sets = held_out_sets(recipe, data, work / "heldout")
    machines = machines_of(recipe, data)
    train_students(recipe, data, places)
    stages.end("encoders")
    say("fusion: tokens of the encoders")
    encoders = {name: _student(name, recipe, data, places[name]) for name in MODALITIES}
    taught = beside_teachers(recipe, places)
    words = places["text"] / "tokenizer.json"
    tokenizer = load_tokenizer(words)
    heard = encoders["audio"]
    seen = training_inputs(recipe, data, tokenizer, heard)
    strangers = dev_inputs(recipe, data, tokenizer, heard)
    for role, examples in (("train", seen), ("dev", strangers)):
        require_labels(examples, role)
    left_out = parts_of(strangers)

    def pools_from(inputs: Mapping[str, Inputs]) -> dict[str, Pool]:
        return pools_of(encoders, inputs, tokenizer, recipe.tokens)

    trained, unseen = pools_from(seen), pools_from(strangers)
    pools = [(pools_from(own), pools_from(others)) for own, others in left_out]
    first, second = pools[0]
    key = recipe.key(*MODALITIES, "tokens", "face_crop", "fusion")
    folder = work / f"fusion-{key}-{_data_key(MODALITIES, recipe, data)}"
    private = privacy_of(recipe, voices(trained, unseen))
    if "epsilon" in private:
        say(f"fusion: private training, epsilon {private['epsilon']:.2f} at delta {private['delta']:g}")
    fusion, *others = train_heads(recipe, trained, unseen, pools, folder)
    strange = cross_fitted(recipe, others, [own for own, _ in pools])
    stages.end("fusion")
    shapes = (AudioSpec(), recipe.face_crop, recipe.tokens, WINDOW_S)
    floats = write_networks({**encoders, "fusion": fusion}, *shapes, work / "fp32")
    say("quantize: ranges from training recordings")
    require_material(seen)
    ranges = calls_from(seen, trained, recipe)
    trials = calls_from(left_out[0][0], first, recipe, TRIAL_CALLS)
    judged = calls_from(left_out[0][1], second, recipe)

    def fine_tuned(name: str) -> Path:
        network = fusion if name == "fusion" else encoders[name]
        place = folder if name == "fusion" else places[name]
        inputs = training_batches(name, seen, trained, recipe)
        tuned = fine_tune(name, fused(network), inputs, QAT_STEPS, place, recipe.seed)
        return write_networks({name: tuned}, *shapes, work / "qat")[name]

    fits = quantize_networks(floats, ranges, trials, recipe, work / "int8", fine_tuned)
    integers = {name: work / "int8" / f"{name}.onnx" for name in fits}
    reports = {name: found.report for name, found in fits.items()}
    parity = parity_of(floats, integers, judged)
    facts: dict[str, Any] = {
        **confidence_of(integers, strangers, strange, Rules(recipe.voting, EVEN, EVEN)),
        "calibration": {
            name: {"calls": reports[name].calls, "drawn_from": len(seen[name]), "sha256": digest(seen[name])}
            for name in MODALITIES
        },
        "quantization": {name: found.as_dict() for name, found in fits.items()},
        "privacy": private,
        "parity": parity,
    }
    stages.end("INT8")
    golden = work / "golden.npz"
    limits = golden_cases(floats, integers, judged, golden)
    page = work / "card.md"
    page.write_text(f"# {recipe.name}\n\nnot judged yet\n", encoding="utf-8")
    parts = (limits, words, golden, page)
    candidates = {
        "fp32": pack(work / "bundle-fp32", recipe, floats, {}, *parts, facts),
        "int8": pack(work / "bundle-int8", recipe, integers, reports, *parts, facts),
    }
    results, asked = judge(candidates, sets)
    stages.end("judged on held-out sets")
    adapted = []
    if machines:
        early = unadapted_audio(places["audio"])
        networks = floats | write_networks({"audio": early}, *shapes, work / "unadapted")
        # For `edge evaluate` alone: its golden outputs are those of the adapted student.
        unadapted = pack(work / "bundle-unadapted", recipe, networks, {}, *parts, facts)
        clear = {title: row["fp32"] for title, row in results.items()}
        adapted = adaptation(unadapted, candidates["fp32"], clear, sets, machines)
        stages.end("judged before and after adaptation")
    speed = _speed(candidates["int8"])
    stages.end("bench")
    before = {name: start for name in MODALITIES if (start := started_from(recipe, name, data))}
    told = card(
        recipe, before, sets, results, adapted, taught, strange.composed, reports, parity, speed, private
    )
    page.write_text(told, encoding="utf-8")
    facts["accuracy"] = {
        title: {precision: report.as_dict() for precision, report in row.items()}
        for title, row in results.items()
    } | {"fused on composed windows": strange.composed}
    bundle = pack(out, recipe, integers, reports, *parts, facts)
    if recipe.trial:
        say("fusion: on trial against other ways to fuse")
        run_trial(data, work / "trial")
    trainings = [*places.values(), folder]
    answered = asked["int8"]
    write_report(
        bundle, recipe, data, work, sets, answered, adapted, taught, reports, trainings, speed, stages.seconds
    )
    size = sum(file.stat().st_size for file in out.iterdir())
    say(f"bundle {out}: {size / 1e6:.1f} MB; the held-out sets lie in {work / 'heldout'}")
    say(f"report: {work / 'report.html'}")
    return bundle


def train_students(recipe: Recipe, data: Path, places: Mapping[str, Path]) -> None:
    """Train the three encoders side by side, a process and its share of the cores each.

    places: modality -> folder for its weights.
    """
    # The longest first.
    order = ("vision", "audio", "text")
    side_by_side([(_student, (name, recipe, data, places[name])) for name in order])


def _speed(bundle: Bundle) -> Any:
    """What `edge bench` says, from a process of its own: this one is full of torch and its threads."""
    command = child.command("edge.cli", "bench", str(bundle.folder), "--json")
    done = subprocess.run(command, env=child.environment(), capture_output=True, text=True, check=False)
    if done.returncode:
        raise EngineError(f"edge bench failed on {bundle.folder}: {done.stderr.strip()}")
    return json.loads(done.stdout)


def _student(name: str, recipe: Recipe, data: Path, place: Path) -> Any:
    """Train one encoder, or read it back when it is finished."""
    trainer: Any = {"audio": train_audio, "vision": train_vision, "text": train_text}[name]
    return trainer(recipe, data, place)


def _place(name: str, recipe: Recipe, data: Path, work: Path) -> Path:
    """Where an encoder's weights are kept: another recipe, other data or another teacher, another folder."""
    features = {"audio": (), "vision": ("face_crop",), "text": ("tokens",)}[name]
    return work / f"{name}-{recipe.key(name, *features)}-{_data_key([name], recipe, data)}"


def _data_key(names: Iterable[str], recipe: Recipe, data: Path) -> str:
    """Digest of what the encoders named come from: corpora, noise, teachers from elsewhere, other bundles.

    Raises ConfigError for a teacher or a bundle that is not there or does not fit, and MissingExtraError.
    """
    folders, origins = list[str](), list[str]()
    for name in names:
        student = getattr(recipe, name)
        folders += [*student.corpora, *filter(None, [getattr(student, "noise", None)])]
        if student.teacher != "cnn" and (teacher := teacher_of(recipe, name, data)):
            origins.append(teacher.identity)
        if start := started_from(recipe, name, data):
            origins.append(start.manifest.models[name].sha256)
    found = fingerprint(data, folders)
    return hashlib.sha256("-".join([found, *origins]).encode()).hexdigest()[:10] if origins else found
