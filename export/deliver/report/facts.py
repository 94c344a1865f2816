"""report.json: every fact of one export under stable keys; report.html (page.py) shows the same.

    name                bundle
    notice              why the report itself must stay inside; the licences of the data
    labels              in the order of every row and column below
    label_words         language -> label -> its word on the page
    headline            modality -> the number it is chosen by
    accuracy            held-out set -> {fp32, int8: Report of calibration/judge/metrics.py}; composed windows
    adaptation          [{set, n, snr_db: null in the clear, before, after}]: unweighted recall of the audio
                        student (FP32) before and after its adaptation to noise; empty without
    teachers            [{modality, teacher, measure, teacher_score, student_score, points}]: students beside
                        their teachers on the same dev examples (export/judge/beside_teachers.py)
    differences         [{set, against: fp32, before or starter, bundle, created, measure, n, people, ours,
                        theirs, won, lost, interval, verdict}]: INT8 beside them
                        (export/judge/beside_bundles.py)
    weakest             held-out set -> {pair, person} (advice.py)
    next                [{kind, ...}]: what to do next (advice.py)
    mistakes            held-out set -> {wrong, judged, examples: the surest of them [{name, label, answer,
                        confidence, said, picture}]}; said and picture: null without consent (mistakes.py)
    confidence          {temperature, bias, conformal_threshold, voted_threshold} by modality
    quantization        network -> what the manifest says of it, {int8_nodes, nodes, int8_macs, left_float},
                        ranges of its activations {tensors, smallest, median, largest}
    parity, calibration as in the manifest
    privacy             as in the manifest; empty without private training
    training            training -> [{epoch, loss, score, measure}]
    trial               <work>/trial/trial.json (export/fusion/comparison/verdict.py); null without
    pseudo_labels       corpus -> the report.json beside its labels (`edge pseudo`)
    data                [{modality, corpus, licence, examples and speakers: by role, labels: of training,
                        sha256}]
    recipe              {sha256, content}
    versions            package -> version
    files               file of the bundle -> bytes
    speed               what `edge bench --json` prints
    times               {created, stages: of this run (s), trainings: of all runs together (s), epochs:
                        training -> {device, seconds: of the last epoch, cpu_seconds: the processor's beside
                        a GPU, extrapolated; else null}}

Two runs of one recipe on one machine differ in `speed` and `times` alone, whether or not one was killed.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any, get_args

import numpy as np

from calibration.int8.quantize import QuantizeReport
from edge import __version__
from edge.bundle.folder import MANIFEST, Bundle
from edge.bundle.onnx_file import load_graph
from edge.consent.store import Consents
from edge.engines.wiring import Wiring
from edge.items import MODALITIES
from edge.words import Language, asked_language
from export.corpora.readers import split_corpora
from export.deliver.measured import Measured
from export.deliver.names import Names
from export.deliver.report.advice import next_steps, weakest
from export.deliver.report.mistakes import mistakes_of
from export.deliver.report.page import page
from export.judge.headline import HEADLINE
from export.progress import tell
from export.recipe import Recipe
from export.training.history import Epoch, read_history

SHOWN = {"audio": 12, "vision": 24, "text": 12, "fused": 12}
"""Mistakes listed of a held-out set."""
NOTICE = (
    "For research and for the people who build the bundle. It names clips of held-out people, and shows "
    "faces and sentences of those who agreed: keep it where the data is kept and do not publish it."
)
PACKAGES = ("numpy", "onnx", "onnxruntime", "torch")


def write_report(
    bundle: Bundle,
    recipe: Recipe,
    data: Path,
    work: Path,
    found: Measured,
    trainings: Sequence[Path],
    seconds: Mapping[str, float],
    consents: Consents | None = None,
) -> dict[str, Any]:
    """Write report.json, report.html and the page in the other language into the work folder; the facts.

    trainings: folders with histories. seconds: wall time of the stages of this run. consents: of the people
    on the recordings; None: the face and the words of nobody are shown.
    """
    content = recipe.model_dump(mode="json")
    facts: dict[str, Any] = {
        **_of_bundle(bundle, found, work, consents),
        **_of_training(recipe, data, work, found, trainings),
        "recipe": {"sha256": digest(content), "content": content},
        "versions": {"edge-emotion": __version__, "python": platform.python_version()}
        | {name: version(name) for name in PACKAGES},
        # The manifest holds the time it was made, and so its size may differ by a digit.
        "files": {f.name: f.stat().st_size for f in sorted(bundle.folder.iterdir()) if f.name != MANIFEST},
        "speed": dict(found.speed),
    }
    courses = _courses(trainings)
    spent = {name: round(sum(e.seconds for e in course), 1) for name, course in courses.items()}
    epochs = {name: _epoch(course[-1]) for name, course in courses.items() if course}
    made = {"created": bundle.manifest.created, "stages": dict(seconds)}
    facts["times"] = {**made, "trainings": spent, "epochs": epochs}
    facts["next"] = next_steps(facts)
    # Through JSON, so that the page shows what the file holds: lists for tuples, text for keys.
    text = json.dumps(facts, indent=1)
    facts = json.loads(text)
    _write_text(work / "report.json", text + "\n")
    for file, language, other in _pages():
        _write_text(work / file, page(facts, work, language, other))
    return facts


def _pages() -> Iterator[tuple[str, Language, dict[str, str]]]:
    """File, language and the other page: in the language the command speaks, and in the other."""
    first = asked_language()
    second: Language = "en" if first == "ja" else "ja"
    files: dict[Language, str] = {first: "report.html", second: f"report.{second}.html"}
    names: dict[Language, str] = {"en": "English", "ja": "日本語"}
    for language, other in ((first, second), (second, first)):
        link = {"file": files[other], "language": other, "name": names[other]}
        yield files[language], language, link


def _of_bundle(bundle: Bundle, found: Measured, work: Path, consents: Consents | None) -> dict[str, Any]:
    manifest = bundle.manifest
    shown = {
        s.title: mistakes_of(found.answers[s.title], manifest.labels, SHOWN[s.modality], work, consents)
        for s in found.sets
    }
    return {
        "name": manifest.name,
        "notice": NOTICE,
        "labels": list(manifest.labels),
        "label_words": {
            language: {label: manifest.full_labels.said(label, language) for label in manifest.labels}
            for language in get_args(Language)
        },
        "headline": dict(HEADLINE),
        "accuracy": manifest.accuracy,
        "adaptation": list(found.adapted),
        "teachers": list(found.taught),
        "differences": list(found.beside),
        "weakest": {s.title: weakest(found.answers[s.title], manifest.labels) for s in found.sets},
        "mistakes": shown,
        "confidence": {
            "temperature": manifest.temperature,
            "bias": manifest.bias,
            "conformal_threshold": manifest.conformal_threshold,
            "voted_threshold": manifest.voted_threshold,
        },
        "quantization": {
            name: manifest.quantization.get(name, {})
            | _counts(report)
            | {"activations": _ranges(bundle, name)}
            for name, report in found.quantized.items()
        },
        "parity": manifest.parity,
        "calibration": manifest.calibration,
        "privacy": manifest.privacy,
    }


def _of_training(
    recipe: Recipe, data: Path, work: Path, found: Measured, trainings: Sequence[Path]
) -> dict[str, Any]:
    modalities = [name for name in MODALITIES if name != "vision" or not found.unseen]
    return {
        "training": {
            name: [{"epoch": e.epoch, "loss": e.loss, "score": e.score, "measure": e.measure} for e in course]
            for name, course in _courses(trainings).items()
        },
        "trial": optional(work / "trial" / "trial.json"),
        "pseudo_labels": {
            name: told
            for name in recipe.audio.corpora
            if (told := optional(data / name / "report.json")) is not None
        },
        "data": _data(recipe, data, modalities),
    }


def digest(content: Any) -> str:
    """Short hash of JSON-ready values."""
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]


def _epoch(last: Epoch) -> dict[str, Any]:
    return {"device": last.device, "seconds": last.seconds, "cpu_seconds": last.cpu_seconds}


def _courses(folders: Sequence[Path]) -> dict[str, list[Epoch]]:
    """Histories by training; within a folder in the order they were trained."""
    courses: dict[str, list[Epoch]] = {}
    for folder in folders:
        found = {file.stem: read_history(file) for file in folder.glob("*.jsonl")}
        courses |= dict(sorted(found.items(), key=lambda item: item[1][0].ended if item[1] else 0.0))
    return courses


def _counts(report: QuantizeReport) -> dict[str, Any]:
    return {
        "int8_nodes": report.int8_nodes,
        "nodes": report.nodes,
        "int8_macs": report.int8_macs,
        "tables": report.tables,
        "left_float": dict(Counter(report.left_float.values())),
    }


def _ranges(bundle: Bundle, name: str) -> dict[str, Any]:
    """How far the activations of a network reach: scale x 127 of each tensor quantized at run time."""
    model = load_graph(bundle.path(name))
    wiring = Wiring(model)
    nodes = [node for node in model.graph.node if node.op_type == "QuantizeLinear"]
    limits = sorted(float(wiring.array(node.input[1])) * 127.0 for node in nodes)
    if not limits:
        return {"tensors": 0}
    spread = {"smallest": limits[0], "median": float(np.median(limits)), "largest": limits[-1]}
    return {"tensors": len(limits), **{key: float(f"{value:.4g}") for key, value in spread.items()}}


def _data(recipe: Recipe, data: Path, modalities: Sequence[str]) -> list[dict[str, Any]]:
    rows = []
    for modality in modalities:
        wanted = getattr(recipe, modality)
        for name, split in split_corpora(
            data, wanted.corpora, wanted.dev, wanted.test, recipe.labels
        ).items():
            roles = {"train": split.train, "dev": split.dev, "test": split.test}
            labels = Counter(example.label for example in split.train)
            listed = [[r, e.name, e.label, e.speaker, e.transcript] for r, es in roles.items() for e in es]
            rows.append(
                {
                    "modality": modality,
                    "corpus": name,
                    "licence": Names("en").licence(name),
                    "examples": {role: len(examples) for role, examples in roles.items()},
                    "speakers": {
                        role: len({e.speaker for e in examples}) for role, examples in roles.items()
                    },
                    "labels": {label: labels[index] for index, label in enumerate(recipe.labels)},
                    "sha256": digest(listed),
                }
            )
    return rows


def optional(file: Path) -> Any:
    """JSON that another command wrote; None where there is no such file or it cannot be read."""
    if not file.is_file():
        return None
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        tell("say_report_left", file=file, why=error)
        return None


def _write_text(path: Path, text: str) -> None:
    """Whole or not at all."""
    scratch = path.with_name(f"{path.name}.tmp")
    scratch.write_text(text, encoding="utf-8")
    os.replace(scratch, path)
