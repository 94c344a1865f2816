"""The stages of an export: the networks trained, then quantized and packed to be judged."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from calibration.data.noise import Surroundings
from calibration.int8.golden import write_golden
from calibration.int8.quantize import QuantizeReport
from calibration.judge.metrics import Report
from edge.bundle.folder import Bundle
from edge.bundle.manifest import AudioSpec, Limits, TextSpec, VisionSpec
from edge.bundle.site import FAMILIAR_FILE
from edge.features.text import load_tokenizer
from edge.items import MODALITIES
from edge.reading.voting import Rules
from edge.words import Language
from export.corpora.readers import corpora_fingerprint
from export.deliver.card import FILES as CARDS
from export.deliver.familiar import write_homes
from export.deliver.learned import learned_from
from export.deliver.pack import even, pack
from export.fusion.clear import Clear, clear_windows, last_layer
from export.fusion.crossfit import CrossFit, cross_fitted, train_heads
from export.fusion.pools import (
    Inputs,
    dev_inputs,
    inputs_digest,
    parts_of,
    pools_of,
    require_labels,
    training_batches,
    training_inputs,
)
from export.fusion.privacy.dp import privacy_of
from export.fusion.training import Fusion
from export.fusion.windows import Pool, count_voices
from export.int8.calls import (
    TRIAL_CALLS,
    calls_from,
    confidence_of,
    parity_of,
    quantize_networks,
    require_material,
)
from export.int8.kept import OF_NETWORK, OF_POSTERIOR, keep_facts, kept_networks, kept_report
from export.int8.qat import fine_tune
from export.judge.bundles import adaptation
from export.judge.heldout import HeldOut
from export.progress import tell
from export.recipe import Recipe
from export.students.audio import train_audio, unadapted_audio
from export.students.onnx_files import fused, write_networks
from export.students.text import train_text
from export.students.vision import kept_unseen, train_vision
from export.students.warm_start import started_from
from export.teachers.find import teacher_of
from export.training.noisy_windows import WINDOW_S

QAT_STEPS = 200
"""Batches an epoch of quantization-aware fine-tuning."""


@dataclass(frozen=True, eq=False)
class Trained:
    """The trained networks and what they learned from."""

    encoders: Mapping[str, Any]
    fusion: Fusion
    cross_fit: CrossFit
    """Logits of the fusion for people its heads were not trained on."""
    seen: Mapping[str, Inputs]
    """Examples the encoders were trained on."""
    pools: Mapping[str, Pool]
    """Their tokens."""
    clear: Clear
    """Sounds of training without noise, and in it."""
    dev: Mapping[str, Inputs]
    left_out: Sequence[tuple[Mapping[str, Inputs], Mapping[str, Inputs]]]
    """Parts of the dev people, and the others, for each part."""
    left_out_pools: Sequence[tuple[Mapping[str, Pool], Mapping[str, Pool]]]
    places: Mapping[str, Path]
    folder: Path
    """Where the fusion's training is kept."""
    private: Mapping[str, Any]


@dataclass(frozen=True, eq=False)
class Made:
    """The networks as files, and what goes into the bundle with them."""

    floats: Mapping[str, Path]
    integers: Mapping[str, Path]
    reports: Mapping[str, QuantizeReport]
    facts: dict[str, Any]
    """Fields of the manifest."""
    parts: tuple[dict[str, Limits], Path, Path, list[Path]]
    """Limits, tokenizer, golden outputs, and cards with what is familiar, as `pack` takes them."""
    cards: Mapping[Language, Path]
    candidates: Mapping[str, Bundle]
    """Precision (fp32, int8) -> the bundle that is judged."""


def train_head(recipe: Recipe, data: Path, work: Path, places: Mapping[str, Path]) -> Trained:
    tell("say_tokens")
    encoders = {name: student_of(name, recipe, data, places[name]) for name in MODALITIES}
    tokenizer = load_tokenizer(places["text"] / "tokenizer.json")
    seen = training_inputs(recipe, data, work, tokenizer, encoders["audio"])
    clear = clear_windows(recipe, data, encoders["audio"])
    layer = last_layer(encoders["audio"], clear)
    dev = dev_inputs(recipe, data, work, tokenizer, encoders["audio"], layer)
    for role, examples in (("train", seen), ("dev", dev)):
        require_labels(examples, role, recipe.labels)
    left_out = parts_of(dev)

    def pools_from(inputs: Mapping[str, Inputs]) -> dict[str, Pool]:
        return pools_of(encoders, inputs, tokenizer, recipe.tokens)

    trained, unseen = pools_from(seen), pools_from(dev)
    pools = [(pools_from(own), pools_from(others)) for own, others in left_out]
    key = recipe.key(*MODALITIES, "tokens", "face_crop", "fusion")
    folder = work / f"fusion-{key}-{data_key(MODALITIES, recipe, data)}"
    private = privacy_of(recipe, count_voices(trained, unseen))
    if "epsilon" in private:
        tell("say_private", epsilon=private["epsilon"], delta=private["delta"])
    fusion, *others = train_heads(recipe, encoders, trained, unseen, pools, folder)
    if kept_unseen(recipe, data, work):
        for head in (fusion, *others):
            head.without_faces = True
    cross_fit = cross_fitted(recipe, others, [own for own, _ in pools])
    return Trained(
        encoders, fusion, cross_fit, seen, trained, clear, dev, left_out, pools, places, folder, private
    )


def quantize(recipe: Recipe, data: Path, work: Path, trained: Trained) -> Made:
    shapes = _shapes(recipe)
    floats = write_networks({**trained.encoders, "fusion": trained.fusion}, *shapes, work / "fp32")
    tell("say_ranges")
    seen, (first, second) = trained.seen, trained.left_out_pools[0]
    require_material(seen)
    ranges = calls_from(seen, trained.pools, recipe)
    trials = calls_from(trained.left_out[0][0], first, recipe, TRIAL_CALLS)
    judged = calls_from(trained.left_out[0][1], second, recipe)

    def fine_tuned(name: str) -> Path:
        network = trained.fusion if name == "fusion" else trained.encoders[name]
        place = trained.folder if name == "fusion" else trained.places[name]
        inputs = training_batches(name, seen, trained.pools, recipe)
        tuned = fine_tune(name, fused(network), inputs, QAT_STEPS, place, recipe.seed)
        return write_networks({name: tuned}, *shapes, work / "qat")[name]

    kept = kept_networks(recipe, data)
    anew = {name: path for name, path in floats.items() if name not in kept}
    fits = quantize_networks(anew, ranges, trials, recipe, work / "int8", fine_tuned)
    integers, reports = dict[str, Path](), dict[str, QuantizeReport]()
    for name, path in floats.items():
        if name in kept:
            integers[name], reports[name] = kept[name].path(name), kept_report(kept[name], name, path)
        else:
            integers[name], reports[name] = work / "int8" / f"{name}.onnx", fits[name].report
    facts: dict[str, Any] = {
        **confidence_of(integers, trained.dev, trained.cross_fit, Rules(recipe.voting, *2 * (even(recipe),))),
        "calibration": {
            name: {
                "calls": reports[name].calls,
                "drawn_from": len(seen[name]),
                "sha256": inputs_digest(seen[name]),
            }
            for name in MODALITIES
        },
        "quantization": {name: found.as_dict() for name, found in fits.items()},
        "privacy": trained.private,
        "parity": parity_of(floats, integers, {name: judged[name] for name in fits}),
    }
    facts["learned"] = learned_from(recipe, data)
    keep_facts(facts, kept, OF_NETWORK)
    unknown = ["vision"] if kept_unseen(recipe, data, work) else []
    if unknown:
        keep_facts(facts, {"vision": kept["vision"]}, OF_POSTERIOR)
    facts["familiar"] = write_homes(seen, trained.pools, trained.clear, unknown, work / FAMILIAR_FILE)
    golden = work / "golden.npz"
    cards = {language: work / file for language, file in CARDS.items()}
    limits = write_golden(integers, AudioSpec(), recipe.tokens, golden)
    for page in cards.values():
        page.write_text(f"# {recipe.name}\n\nnot judged yet\n", encoding="utf-8")
    pages = [*cards.values(), work / FAMILIAR_FILE]
    parts = (limits, trained.places["text"] / "tokenizer.json", golden, pages)
    candidates = {
        "fp32": pack(work / "bundle-fp32", recipe, floats, {}, *parts, facts),
        "int8": pack(work / "bundle-int8", recipe, integers, reports, *parts, facts),
    }
    return Made(floats, integers, reports, facts, parts, cards, candidates)


def adapted_rows(
    recipe: Recipe,
    work: Path,
    trained: Trained,
    made: Made,
    results: Mapping[str, Mapping[str, Report]],
    sets: Sequence[HeldOut],
    machines: Sequence[Surroundings],
) -> list[dict[str, Any]]:
    """The audio student before and after its adaptation to machines, on the held-out sets."""
    early = unadapted_audio(recipe, trained.places["audio"])
    networks = {**made.floats, **write_networks({"audio": early}, *_shapes(recipe), work / "unadapted")}
    # For `edge evaluate` alone: its golden outputs are those of the adapted student.
    unadapted = pack(work / "bundle-unadapted", recipe, networks, {}, *made.parts, made.facts)
    clear = {title: row["fp32"] for title, row in results.items()}
    return adaptation(unadapted, made.candidates["fp32"], clear, sets, machines)


def _shapes(recipe: Recipe) -> tuple[AudioSpec, VisionSpec, TextSpec, float]:
    """What the networks take: sound, faces, tokens, and seconds of a window."""
    return AudioSpec(), recipe.face_crop, recipe.tokens, WINDOW_S


def student_of(name: str, recipe: Recipe, data: Path, place: Path) -> Any:
    """Train one encoder, or read it back when it is finished."""
    trainer: Any = {"audio": train_audio, "vision": train_vision, "text": train_text}[name]
    return trainer(recipe, data, place)


def place_of(name: str, recipe: Recipe, data: Path, work: Path) -> Path:
    """Where an encoder's weights are kept: another recipe, other data or another teacher, another folder."""
    features = {"audio": (), "vision": ("face_crop",), "text": ("tokens",)}[name]
    return work / f"{name}-{recipe.key(name, *features)}-{data_key([name], recipe, data)}"


def data_key(names: Iterable[str], recipe: Recipe, data: Path) -> str:
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
    found = corpora_fingerprint(data, folders)
    return hashlib.sha256("-".join([found, *origins]).encode()).hexdigest()[:10] if origins else found
