"""FP32 networks -> INT8 networks: ranges from training recordings, confidence from people unseen."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from calibration.confidence.fitting import confusion_rates, fit_scaling
from calibration.confidence.sets import evidence_of, fit_thresholds
from calibration.confidence.vote_fit import fit_vote
from calibration.confidence.voted import SpeakerPosteriors, streams_of, voted_thresholds
from calibration.int8.parity import compare_engines
from calibration.int8.search import Calls, SearchResult, search
from calibration.judge.streams import Stream
from edge.engines import open_engine
from edge.errors import DatasetError
from edge.items import MODALITIES
from edge.reading.confidence import softmax
from edge.reading.fusion import fused_name
from edge.reading.voting import Rules
from export.fusion.crossfit import CrossFit
from export.fusion.pools import Inputs
from export.fusion.windows import Pool, compose_windows, even_labels
from export.progress import say, tell
from export.recipe import Recipe
from export.students.onnx_files import FACES_A_CALL
from export.training.noisy_windows import HOP_S, WINDOW_S

Feed = dict[str, NDArray[Any]]
Told = tuple[NDArray[Any], NDArray[Any], NDArray[Any] | None, NDArray[Any] | None]
"""Posteriors [n, k] of windows, their labels, people and clips [n], as fit_thresholds takes them."""

CALLS = 192
"""Calls that set the ranges of a model, and as many that its parity is reported on."""
TRIAL_CALLS = 600
"""Calls, at most, that choose between INT8 graphs of a model."""
LEAST_SPEECH_S, LEAST_FACES, LEAST_SENTENCES = 60.0, 100, 50
"""Less than this sets no ranges (seconds of speech, face pictures, transcripts)."""
MUCH = 0.2
"""Share of the multiplications given back to float above which a network needs fine-tuning."""
ARGUMENTS = {
    "audio": ("features", "voice"),
    "vision": ("faces",),
    "text": ("ids", "mask"),
    "fusion": ("audio", "vision", "text", "vision_mask", "text_mask", "present", "quality"),
}


def require_material(inputs: Mapping[str, Inputs]) -> None:
    """Refuse ranges from next to nothing. Raises DatasetError, which says how much there is."""
    found = {
        "audio": (len(inputs["audio"]) * WINDOW_S, LEAST_SPEECH_S, "material_speech"),
        "vision": (len(inputs["vision"]), LEAST_FACES, "material_faces"),
        "text": (len(inputs["text"]), LEAST_SENTENCES, "material_sentences"),
    }
    for amount, least, what in found.values():
        if amount < least:
            raise DatasetError.of("ranges_few", least=least, what=DatasetError.of(what), amount=amount)


def calls_from(
    inputs: Mapping[str, Inputs], pools: Mapping[str, Pool], recipe: Recipe, calls: int = CALLS
) -> dict[str, Calls]:
    """Calls of each model on randomly chosen examples and windows composed from them, at most `calls`."""
    rng = np.random.default_rng(recipe.seed)
    found = {}
    for name in MODALITIES:
        rows = FACES_A_CALL if name == "vision" else 1
        chosen = torch.from_numpy(rng.permutation(len(inputs[name]))[: calls * rows])
        taken = inputs[name].take(chosen[: len(chosen) // rows * rows])
        found[name] = Calls(calls_of(name, taken.tensors, rows), taken.labels.numpy())
    labels = even_labels(pools, calls)
    windows = compose_windows(pools, labels, recipe, rng)
    found["fusion"] = Calls(calls_of("fusion", windows, 1), labels.numpy())
    return found


def quantize_networks(
    paths: Mapping[str, Path],
    ranges: Mapping[str, Calls],
    held_out: Mapping[str, Calls],
    recipe: Recipe,
    folder: Path,
    fine_tuned: Callable[[str], Path],
) -> dict[str, SearchResult]:
    """Write the INT8 networks into a folder as <name>.onnx; name -> what became of it.

    fine_tuned: gives the FP32 file of a network after quantization-aware fine-tuning.
    """
    fits = {}
    for name, path in paths.items():
        out = folder / f"{name}.onnx"
        found = search(path, ranges[name].feeds, held_out[name], out, recipe.quantize, say)
        if found.macs_given_back > MUCH:
            tell("say_float", name=name, share=found.macs_given_back)
            if recipe.quantize.qat:
                found = search(
                    fine_tuned(name), ranges[name].feeds, held_out[name], out, recipe.quantize, say
                )
            else:
                tell("say_qat")
        fits[name] = found
        tell(
            "say_int8",
            name=name,
            int8=found.report.int8_nodes,
            nodes=found.report.nodes,
            macs=found.report.int8_macs,
            method=found.report.method,
            drop=found.drop,
        )
    return fits


def parity_of(
    floats: Mapping[str, Path], integers: Mapping[str, Path], judged: Mapping[str, Calls]
) -> dict[str, dict[str, dict[str, float]]]:
    """INT8 as the device runs it against FP32, on calls that set no range: model -> output -> numbers."""
    found = {}
    for name, calls in judged.items():
        with open_engine(floats[name]) as reference, open_engine(integers[name]) as candidate:
            compared = compare_engines(reference, candidate, calls.feeds)
        found[name] = {
            output: {key: round(value, 4) for key, value in asdict(numbers).items()}
            for output, numbers in compared.items()
        }
    return found


def confidence_of(
    paths: Mapping[str, Path], inputs: Mapping[str, Inputs], cross_fit: CrossFit, rules: Rules
) -> dict[str, Any]:
    """Manifest fields that calibrate each posterior, fitted on people no network was trained on.

    cross_fit: of export/fusion/crossfit.py. rules: those of the vote on a site without a [site_prior]; what
    the recipe states of them stays, the rest is fitted.
    """
    answers = {fused_name(present): told for present, told in cross_fit.logits.items()}
    fused = list(answers)
    for name in MODALITIES:
        rows = FACES_A_CALL if name == "vision" else 1
        taken = inputs[name].take(torch.arange(len(inputs[name]) // rows * rows))
        answers[name] = _logits(paths[name], calls_of(name, taken.tensors, rows)), taken.labels.numpy()
    temperature, bias, posteriors = {}, {}, {}
    for name, (logits, labels) in answers.items():
        # A bias from the few voices of a corpus is theirs; faces and sentences are of thousands of people.
        scaling = fit_scaling(logits, labels, with_bias=name in ("vision", "text"))
        temperature[name] = round(scaling.temperature, 3)
        if any(scaling.bias):
            bias[name] = _rounded(scaling.bias)
        posteriors[name] = softmax(logits, temperature[name], bias.get(name))
    sets: dict[str, Told] = {}
    for name in MODALITIES:
        # Faces and sentences are of so many people that hardly two are of the same.
        known = name == "audio"
        people, clips = (
            np.array(of) if known and of else None for of in (inputs[name].people, inputs[name].clips)
        )
        sets[name] = posteriors[name], answers[name][1], people, clips
    streams: dict[str, list[Stream]] = {}
    for present, told in cross_fit.speaker_logits.items():
        name = fused_name(present)
        voices = [SpeakerPosteriors(softmax(rows[0], temperature[name]), *rows[1:]) for rows in told]
        sets[name] = _windows(voices, heard="audio" in present)
        streams[name] = streams_of(voices, present, rules.train_prior, WINDOW_S, HOP_S)
    if found := [stream for own in streams.values() for stream in own]:
        fitted = fit_vote(found, rules, HOP_S).settings
        voting = fitted.model_copy(update=rules.settings.model_dump(exclude_unset=True))
        rules = replace(rules, settings=voting)
    voted = {name: voted_thresholds(own, rules) for name, own in streams.items()}
    return {
        "temperature": temperature,
        "bias": bias,
        "conformal_threshold": {name: _rounded(fit_thresholds(*told)) for name, told in sets.items()},
        "evidence": {name: evidence_of(*told) for name, told in sets.items()},
        "voted_threshold": {name: _rounded(found) for name, found in voted.items() if found},
        "voting": rules.settings,
        "confusion": {name: confusion_rates(posteriors[name], answers[name][1]) for name in fused},
    }


def _windows(voices: Sequence[SpeakerPosteriors], *, heard: bool) -> Told:
    """The windows of all voices together; heard: whether they hold sound, else no two are of one person."""
    people = np.repeat(range(len(voices)), [len(voice.labels) for voice in voices])
    posteriors, labels, clips = (
        np.concatenate([getattr(voice, part) for voice in voices])
        for part in ("posteriors", "labels", "clips")
    )
    return posteriors, labels, people if heard else None, clips if heard else None


def _rounded(values: Sequence[float]) -> tuple[float, ...]:
    return tuple(round(value, 4) for value in values)


def _logits(path: Path, calls: list[Feed]) -> NDArray[np.float32]:
    with open_engine(path) as engine:
        return np.concatenate([engine.run(call)["logits"] for call in calls])


def calls_of(name: str, tensors: Sequence[Tensor], rows: int = 1) -> list[Feed]:
    """Calls of a network from its arguments, each [n, ...], `rows` examples a call."""
    arrays = [tensor.numpy() for tensor in tensors]
    return [
        {key: array[i : i + rows] for key, array in zip(ARGUMENTS[name], arrays, strict=True)}
        for i in range(0, len(arrays[0]), rows)
    ]
