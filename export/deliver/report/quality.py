"""Sections of the report about how good the bundle is; each is empty where there is nothing to say."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from export.deliver.card import BESIDE, LIMITS
from export.deliver.report.figures import bar, confusion, interval, reliability
from export.deliver.report.html import Html, figure, grid, table, tag

Facts = Mapping[str, Any]


def accuracy(facts: Facts) -> Html:
    """The scores of every held-out set with their intervals, and the fusion."""
    rows = []
    for title, row in judged(facts).items():
        for name in ("weighted_f1", "unweighted_recall", "macro_f1", "accuracy"):
            low, high = row["int8"]["interval"][name]
            chosen = name == facts["headline"][title.split()[0]]
            shown = score_name(name)
            rows.append(
                (
                    title if name == "weighted_f1" else "",
                    tag("b", shown) if chosen else shown,
                    row["int8"]["n"],
                    f"{row['fp32'][name]:.3f}",
                    tag("b", f"{row['int8'][name]:.3f}") if chosen else f"{row['int8'][name]:.3f}",
                    f"{low:.3f} – {high:.3f}" if low < high else "no spread",
                    Html(interval(row["int8"][name], low, high)),
                )
            )
    said = "On speakers, faces and sentences never trained on, through the code the device runs. Bold: the "
    said += "number the modality is chosen by. Intervals: 95 %, bootstrap over speakers; one speaker alone "
    said += "has no spread. Each INT8 row is printed again by "
    head = ("held-out set", "score", "n", "FP32", "INT8", "95 %", "0 to 1")
    return Html(
        tag("p", said, tag("code", "edge evaluate"), ".") + table(head, rows, text=2) + _composed(facts)
    )


def _composed(facts: Facts) -> Html:
    found = facts["accuracy"].get("fused on composed windows")
    if not found:
        return Html("")
    rows = [(name, f"{value:.3f}", Html(bar(value))) for name, value in found.items()]
    said = "A composed window joins a voice, faces and a sentence of one label from different people. That "
    said += "flatters the fusion: compare these numbers with each other and with nothing else."
    return Html(
        tag("h3", "Fusion on composed windows")
        + tag("p", said)
        + table(("what is there", "accuracy on people never met", ""), rows)
    )


def adaptation(facts: Facts) -> Html:
    """The audio student before and after its adaptation to noise."""
    if not facts["adaptation"]:
        return Html("")
    rows = [
        (
            row["set"] if row["snr_db"] is None else "",
            "in the clear" if row["snr_db"] is None else f"{row['snr_db']:g} dB",
            row["n"],
            f"{row['before']:.3f}",
            f"{row['after']:.3f}",
            f"{(row['after'] - row['before']) * 100:+.1f}",
        )
        for row in facts["adaptation"]
    ]
    said = (
        "The audio student in FP32, before and after it was adapted to the noise the recipe names: the same "
    )
    said += (
        "clips, mixed with the same recordings of that noise, which nothing was trained on. Printed again by "
    )
    head = ("held-out set", "speech over noise", "n", "before", "after", "gain (points)")
    command = tag("code", "edge evaluate bundle-unadapted FOLDER --modality audio --noise DIR --snr DB")
    again = Html(tag("p", said, command, " in the work folder, and with ", tag("code", "bundle-fp32"), "."))
    return Html(again + table(head, rows, "Unweighted recall", text=2))


def teachers(facts: Facts) -> Html:
    """Students beside their teachers."""
    if not facts["teachers"]:
        return Html("")
    rows = [
        (
            row["modality"],
            tag("code", row["teacher"]),
            row["measure"],
            f"{row['teacher_score']:.3f}",
            f"{row['student_score']:.3f}",
            f"{row['points']:+.1f}",
        )
        for row in facts["teachers"]
    ]
    head = ("modality", "teacher", "score", "teacher", "student", "difference (points)")
    return Html(tag("p", f"Student beside teacher: {BESIDE}") + table(head, rows, text=3))


def answers(facts: Facts) -> Html:
    """Confusion matrices."""
    drawn = []
    for title, row in judged(facts).items():
        matrix = row["int8"]["confusion"]
        pairs = [
            (matrix[i][j], true, said)
            for i, true in enumerate(facts["labels"])
            for j, said in enumerate(facts["labels"])
            if i != j
        ]
        worst = sorted(pairs, key=lambda pair: -pair[0])[:3]
        often = ", ".join(f"{true} → {said} ({count})" for count, true, said in worst if count)
        caption = Html(tag("b", title) + f". Most often confused: {often or 'nothing'}.")
        drawn.append(figure(confusion(matrix, row["fp32"]["confusion"], facts["labels"]), caption))
    said = "Rows are the true labels, columns the answers. In each cell the share of its row by the INT8 "
    said += "bundle, and under it the number of examples by INT8 / FP32."
    return Html(tag("p", said) + grid(drawn))


def confidence(facts: Facts) -> Html:
    """Reliability diagrams, calibration error, coverage, temperatures and thresholds."""
    drawn, rows = [], []
    for title, row in judged(facts).items():
        report = row["int8"]
        error = report["expected_calibration_error"]
        drawn.append(
            figure(
                reliability(report["reliability"], title),
                Html(tag("b", title) + f". Calibration error {error:.3f} over {report['n']} answers."),
            )
        )
        covered = "–" if report["coverage"] is None else f"{report['coverage']:.1%}"
        size = "–" if report["mean_set_size"] is None else f"{report['mean_set_size']:.2f}"
        before = row["fp32"]["expected_calibration_error"]
        chance = f"{report['calibration_error_by_chance']:.3f}"
        rows.append((title, f"{before:.3f}", f"{error:.3f}", chance, covered, size))
    head = (
        "held-out set",
        "ECE, FP32",
        "ECE, INT8",
        "by chance",
        "in the set (90 % is meant)",
        "labels a set",
    )
    found = facts["confidence"]
    thresholds = found["conformal_threshold"] or {}
    fitted = [
        (name, f"{value:.3f}", *(f"{t:.3f}" for t in thresholds.get(name, [])))
        for name, value in found["temperature"].items()
    ]
    voted = [(name, *(f"{t:.3f}" for t in row)) for name, row in found["voted_threshold"].items()]
    said = "On the dashed line the bundle is right as often as it says; below it, it is too sure."
    return Html(
        tag("p", said)
        + grid(drawn)
        + table(head, rows, "Calibration and prediction sets")
        + table(
            ("", "temperature", *(facts["labels"] if thresholds else [])),
            fitted,
            "Softmax temperature, and the probability below which a label leaves a window's prediction set",
        )
        + (
            table(("", *facts["labels"]), voted, "The same of votes, which are what is shown")
            if voted
            else ""
        )
    )


def mistakes(facts: Facts, work: Path) -> Html:
    """The wrong answers the bundle was surest of: faces as pictures, sentences as text, clips by name."""
    parts = [tag("p", facts["notice"], kind="notice")]
    for title, found in facts["mistakes"].items():
        share = found["wrong"] / found["judged"]
        parts.append(tag("h3", f"{title}: {found['wrong']} of {found['judged']} wrong ({share:.0%})"))
        if not found["examples"]:
            continue
        parts.append(tag("p", "The wrong answers it was surest of.", kind="soft"))
        if all(example["picture"] for example in found["examples"]):
            parts.append(tag("div", *(_face(example, work) for example in found["examples"]), kind="faces"))
            continue
        rows = [
            (
                e["said"] if title.startswith("text") else tag("code", e["name"]),
                e["name"] if title.startswith("text") else e["said"],
                e["label"],
                e["answer"],
                f"{e['confidence']:.0%}",
            )
            for e in found["examples"]
        ]
        what = ("sentence", "row") if title.startswith("text") else ("clip", "what is said")
        parts.append(table((*what, "label", "answer", "sure"), rows, text=4))
    return Html("".join(parts))


def _face(example: Mapping[str, Any], work: Path) -> Html:
    file = work / example["picture"]
    kind = "png" if file.suffix.lower() == ".png" else "jpeg"
    data = base64.b64encode(file.read_bytes()).decode("ascii")
    drawing = f'<img src="data:image/{kind};base64,{data}" width="96" height="96" alt="face">'
    line = tag("b", example["answer"])
    said = Html(f"{line} {example['confidence']:.0%}, labelled {example['label']}<br>")
    return figure(drawing, Html(said + tag("code", example["name"])))


def limits() -> Html:
    """What nobody should expect."""
    return tag("ul", *(tag("li", limit) for limit in LIMITS))


def score_name(name: str) -> str:
    """A key of a report in words."""
    return name.replace("_", " ").replace(" f1", " F1")


def judged(facts: Facts) -> dict[str, Any]:
    """The held-out sets that both precisions were judged on."""
    return {title: row for title, row in facts["accuracy"].items() if "int8" in row}
