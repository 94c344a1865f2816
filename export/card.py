"""card.md: what a person must know before trusting a bundle."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from calibration.metrics import Report
from edge.bundle import Bundle
from edge.items import LABELS, MODALITIES
from export.heldout import HeldOut
from export.quantize import QuantizeReport
from export.recipe import Recipe

LICENCES = {
    "ravdess": "RAVDESS, acted English speech, CC BY-NC-SA 4.0",
    "nemo": "nEMO, acted Polish speech, CC BY-NC-SA 4.0",
    "fer2013": "FER2013, faces from the web, for research only",
    "goemotions": "GoEmotions, English comments from the web, CC BY 4.0",
    "meld": "MELD, English TV dialogue, repository under GPL-3.0; the text belongs to its owners",
    "noise": "ESC-10, environmental sound, CC BY 3.0",
}
HEADLINE = {"audio": "unweighted_recall", "vision": "accuracy", "text": "macro_f1", "fused": "weighted_f1"}
"""The number a modality is chosen by."""
BESIDE = (
    "the student in FP32, on the same dev examples, of people neither was trained on. A teacher that learned "
    "the labels gives its own answers; for any other a classifier does, on its features of training examples."
)
"""What stands over the scores of students and teachers."""


def card(
    recipe: Recipe,
    before: Mapping[str, Bundle],
    sets: Sequence[HeldOut],
    results: Mapping[str, Mapping[str, Report]],
    adapted: Sequence[Mapping[str, Any]],
    taught: Sequence[Mapping[str, Any]],
    composed: Mapping[str, float],
    reports: Mapping[str, QuantizeReport],
    parity: Mapping[str, Mapping[str, Mapping[str, Any]]],
    speed: Mapping[str, Any],
    private: Mapping[str, Any],
) -> str:
    """The card as Markdown.

    before: modality -> the bundle its network began as, whose data and licences count here too. results:
    title -> precision (fp32, int8) -> report. adapted: rows of `judging.adaptation`. taught:
    rows of `teacher_scores.beside_teachers`. speed: what `edge bench --json` prints. private: how private
    the training was, empty for not at all.
    """
    corpora = dict.fromkeys([*recipe.audio.corpora, *recipe.vision.corpora, *recipe.text.corpora])
    if recipe.audio.noise:
        corpora[recipe.audio.noise] = None
    own = [name for name in corpora if name not in LICENCES]
    lines = [f"# {recipe.name}", ""]
    lines += [f"Reads {', '.join(LABELS)} from voice, face and transcript. INT8, made by `edge export`.", ""]
    lines += ["## Data", ""]
    earlier = {
        name: start.path("card.md").read_text(encoding="utf-8").splitlines() for name, start in before.items()
    }
    inherited = [line for old in earlier.values() for line in old if line[2:] in LICENCES.values()]
    public = dict.fromkeys([*(f"- {LICENCES[name]}" for name in corpora if name in LICENCES), *inherited])
    lines += [*public, *(f"- {name}: the site's own recordings" for name in own)]
    if public:
        lines += [
            "",
            "**Research only.** The licences above do not allow commercial use of what was trained on this "
            "data. Train on your own recordings before putting a bundle to work.",
        ]
    teachers = {name: getattr(recipe, name).teacher for name in MODALITIES}
    for name, teacher in teachers.items():
        if teacher not in (None, "cnn"):
            lines += ["", f"The {name} network also learned from the encoder of {teacher}."]
            lines += ["Its weights are not in the bundle; their licence is with whoever published them."]
    for name, start in before.items():
        kept = "is" if getattr(recipe, name).epochs == 0 else "went on from"
        made = f"that of the bundle {start.manifest.name} of {start.manifest.created}"
        said = _said_of(name, earlier[name])
        lines += ["", f"The {name} network {kept} {made}." + (" Its card says of it:" if said else "")]
        lines += ["", *said] if said else []
    lines += ["", "The face detector is YuNet (MIT, Shiqi Yu).", "", "## Accuracy", ""]
    lines += [
        "On speakers, faces and sentences never trained on. `edge evaluate` prints each row again. A voice "
        "is known from the sound of all clips of a speaker, without their labels, as it is after some "
        "minutes at a workplace; `new voices` (`--new-voices`) takes every clip for the first words of a "
        "stranger.",
        "",
    ]
    lines += ["| judged | n | number | FP32 | INT8 | 95 % interval |", "|---|---|---|---|---|---|"]
    for held_out in sets:
        name = HEADLINE[held_out.modality]
        row = results[held_out.title]
        lines.append(
            f"| {held_out.title} | {row['int8'].n} | {name.replace('_', ' ')} "
            f"| {getattr(row['fp32'], name):.3f} | {getattr(row['int8'], name):.3f} "
            f"| {row['int8'].span(name)} |"
        )
    if adapted:
        lines += [
            "",
            f"Before and after the adaptation to the noise of {recipe.audio.noise}, in FP32: the same",
        ]
        lines[-1] += " clips, mixed with the same recordings of it, which nothing was trained on."
        lines += [
            "",
            "| judged | speech over noise | n | number | before | after |",
            "|---|---|---|---|---|---|",
        ]
    for found in adapted:
        where = "in the clear" if found["snr_db"] is None else f"{found['snr_db']:g} dB"
        lines.append(
            f"| {found['set']} | {where} | {found['n']} | unweighted recall "
            f"| {found['before']:.3f} | {found['after']:.3f} |"
        )
    if taught:
        lines += ["", f"Student beside teacher: {BESIDE}"]
        lines += [
            "",
            "| modality | teacher | number | teacher | student | points |",
            "|---|---|---|---|---|---|",
        ]
    for found in taught:
        lines.append(
            f"| {found['modality']} | {found['teacher']} | {found['measure']} | {found['teacher_score']:.3f} "
            f"| {found['student_score']:.3f} | {found['points']:+.1f} |"
        )
    lines += [
        "",
        "Fusion, accuracy on composed windows: "
        + ", ".join(f"{name} {value:.3f}" for name, value in composed.items())
        + ". These windows join a voice, faces and a sentence of the same label from different people; "
        "that flatters the fusion, so compare these numbers with each other and with nothing else.",
        "",
        "## INT8",
        "",
        "| network | nodes in INT8 | share of multiplications | least cosine to FP32 | same label |",
        "|---|---|---|---|---|",
    ]
    for name, report in reports.items():
        logits = parity[name]["logits"]
        lines.append(
            f"| {name} | {report.int8_nodes} of {report.nodes} | {report.int8_macs:.0%} | "
            f"{logits['cosine']:.4f} | {logits['agreement']:.1%} |"
        )
    if "epsilon" in private:
        lines += ["", "## Privacy", ""]
        lines += [f"The fusion head was trained by DP-SGD: epsilon {private['epsilon']:.2f} at delta "]
        lines[-1] += f"{private['delta']:g}. {private['unit']}"
    if "sites" in private:
        lines += ["", "## Privacy", ""]
        lines += [
            f"The fusion head was averaged over {private['sites']} sites in {private['rounds']} rounds."
        ]
    window = speed["stages"]["whole window"]
    lines += [
        "",
        "## Speed",
        "",
        f"Measured by `edge bench` on {speed['machine']['processor']}, one thread: a window with 8 new faces "
        f"takes {window['p50_ms']:.0f} ms (p50) and {window['p95_ms']:.0f} ms (p95). Peak memory "
        f"{_number(speed['peak_memory_mb'], 'MB')}; first reading {_number(speed['first_reading_s'], 's')} "
        f"after start, live {_number(speed['live_first_reading_s'], 's')}. Nothing was measured on a Jetson.",
    ]
    lines += ["", "## Limits", ""] + [f"- {limit}" for limit in LIMITS]
    return "\n".join(lines) + "\n"


def _said_of(name: str, card: Sequence[str]) -> list[str]:
    """The lines of another card about the teachers of a network, and about the bundles before, as quoted."""
    plain = [line.removeprefix("> ") for line in card]
    first = [index for index, line in enumerate(plain) if line.startswith(f"The {name} network ")]
    return [f"> {line}".rstrip() for index in first for line in plain[index : index + 2]]


def _number(value: float | None, unit: str) -> str:
    return "not measured" if value is None else f"{value:.1f} {unit}"


LIMITS = (
    "Actors showing emotions on demand differ from people at work: expect far lower accuracy on a site until "
    "its own recordings are used.",
    "A reading is an estimate of what is shown, not of what is felt. It is no ground for a decision about a "
    "person.",
    "Confidence is fitted on few people. On a voice never heard before, a fused reading can be surer of "
    "itself than it is right; `edge evaluate` prints the expected calibration error. Prediction sets are "
    "made to hold on people never met: the fewer voices are kept back, the wider they are and the more "
    "readings need a check.",
    "The vote makes readings steadier and later. Where single windows are read badly it can cost accuracy; "
    "`edge evaluate --streams` compares it with no vote.",
    "Text is read in the language of the text corpora only. A transcript in another language says nothing.",
    "Faces: frontal, one person, enough light. Age, skin and glasses were not balanced in the data.",
    "In the EU, inferring emotions at the workplace is prohibited except for medical or safety reasons.",
)
