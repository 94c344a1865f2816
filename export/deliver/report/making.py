"""Sections of the report about how the bundle was made; each is empty where there is nothing to say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from export.deliver.report.figures import bar, curves, spreads
from export.deliver.report.html import Html, figure, grid, table, tag

Facts = Mapping[str, Any]


def training(facts: Facts) -> Html:
    """Loss and score of each training, epoch by epoch."""
    drawn = []
    for name, course in facts["training"].items():
        if course:
            last = course[-1]
            said = f". Epochs: {len(course)}; {last['measure']} {last['score']:.3f} at the end."
            drawn.append(figure(curves(course), Html(tag("b", name) + said)))
    if not drawn:
        return Html("")
    said = "Nothing is selected on these curves: every training runs to its last epoch, and the running mean "
    said += (
        "of its weights is kept. What is held out was never trained on. The fusion head that ships learns "
    )
    said += "from everybody kept back; heads that leave some of them out are judged under Accuracy. The rows "
    said += "lie beside the weights as JSON lines."
    return Html(tag("p", said) + grid(drawn))


def trial(facts: Facts) -> Html:
    """What each way of fusing is worth over several seeds."""
    found = facts["trial"]
    if not found:
        return Html("")
    rows = [(row["title"], row["weighted_f1"]["seeds"]) for row in found["variants"].values()]
    listed = [
        (
            row["title"],
            f"{row['parameters']:,}",
            *(f"{row[s]['mean']:.3f} ± {row[s]['sd']:.3f}" for s in ("weighted_f1", "unweighted_recall")),
        )
        for row in found["variants"].values()
    ]
    said = f"{found['clips']} clips of {found['actors']} actors, {found['folds']} folds by actor, "
    said += f"{found['seeds']} seeds. The better guide is {found['recommended_guide']}; "
    said += f"it {'beats' if found['beats_concatenation'] else 'is not shown to beat'} the concatenation."
    bar_to_clear = {found["reference"]["title"]: found["reference"]["weighted_f1"]}
    head = ("", "parameters", "weighted F1", "unweighted recall")
    return Html(
        tag("p", said)
        + figure(spreads(rows, bar_to_clear), "Weighted F1. A dot is a seed, a bar the mean.")
        + table(head, listed, "Mean ± standard deviation over the seeds")
        + tag("p", " ".join(found["notes"]), kind="soft")
    )


def pseudo_labels(facts: Facts) -> Html:
    """Policy, rounds and their gate for every corpus that `edge pseudo` made."""
    parts = []
    for corpus, found in facts["pseudo_labels"].items():
        try:
            parts.append(_corpus(corpus, found, facts["labels"]))
        except (AttributeError, KeyError, TypeError, ValueError):
            said = "Its report.json has a shape not known here: edge pseudo makes it anew."
            parts.append(Html(tag("h3", corpus) + tag("p", said)))
    return Html("".join(parts))


def _corpus(corpus: str, found: Facts, labels: Sequence[str]) -> Html:
    """Policy, rounds and their gate of one corpus."""
    signed = f"signed by {found.get('signed_by')} on {found.get('signed_on')}"
    said = f"Rule {found.get('rule')}, policy {found.get('policy')}, {signed}. {found.get('ended') or ''}"
    rows, thresholds = [], []
    for done in found.get("rounds", []):
        before, after = done["before"], done["after"]
        rows.append(
            (
                done["number"],
                done["state"],
                done["guesses"],
                *(f"{before[k]:.3f} → {after[k]:.3f}" for k in ("macro_f1", "negative_recall")),
                done["why"],
            )
        )
        thresholds.append((done["number"], *(f"{value:.2f}" for value in done["thresholds"])))
    head = ("round", "state", "pseudo-labels", "macro F1", "negative recall", "why")
    judged = table(head, rows, "Judged on clips that people labelled", text=2)
    limits = table(("round", *labels), thresholds, "Thresholds on the calibrated probability")
    return Html(tag("h3", corpus) + tag("p", said) + judged + limits)


def privacy(facts: Facts) -> Html:
    """How private the fusion head was trained."""
    found = facts["privacy"]
    if not found:
        return Html("")
    parts = []
    if "epsilon" in found:
        said = f"The fusion head was trained with DP-SGD: ({found['epsilon']:.2f}, {found['delta']:g})-"
        said += f"differential privacy. {found['unit']}"
        keys = ("noise", "clip", "sampling_rate", "steps", "accountant")
        parts.append(tag("p", said) + table(keys, [[found[key] for key in keys]], text=0))
    if "sites" in found:
        said = f"The fusion head was averaged over {found['sites']} sites in {found['rounds']} rounds "
        said += f"({found['averaging']}); sites share weights and numbers of windows, no recordings."
        parts.append(tag("p", said))
    return Html("".join(parts))


def quantization(facts: Facts) -> Html:
    """What became INT8, how its ranges were set, and how near it is to FP32."""
    networks, ranges, back, left = [], [], [], []
    for name, found in facts["quantization"].items():
        logits = facts["parity"][name]["logits"]
        networks.append(
            (
                name,
                f"{found['int8_nodes']} of {found['nodes']}",
                f"{found['int8_macs']:.0%}",
                f"{found['drop_points']:+.2f}",
                f"{logits['cosine']:.4f}",
                f"{logits['agreement']:.1%}",
            )
        )
        limits = found["activations"]
        reach = [f"{limits[key]:g}" if key in limits else "–" for key in ("smallest", "median", "largest")]
        snr = [
            tag("b", f"{value:.1f}") if method == found["ranges"] else f"{value:.1f}"
            for method, value in found["snr_db"].items()
        ]
        ranges.append((name, *snr, limits["tensors"], *reach))
        back += [
            (name, tag("code", s["node"]), f"{s['macs']:.1%}", f"{s['drop']:.2f}", f"{s['cosine']:.4f}")
            for s in found["given_back"]
        ]
        left += [(name, why, count) for why, count in found["left_float"].items()]
    methods = list(next(iter(facts["quantization"].values()))["snr_db"])
    return Html(
        table(
            ("network", "nodes in INT8", "multiplications", "F1 lost (points)", "least cosine", "same label"),
            networks,
            "INT8 beside FP32",
        )
        + table(
            ("network", *methods, "tensors", "least limit", "median", "largest"),
            ranges,
            "Signal to noise of each range method (dB; bold: chosen), and how far the activations reach",
        )
        + (
            table(
                ("network", "node given back to float", "share", "F1 lost after", "cosine after"),
                back,
                "Decisions of the accuracy loop, in order",
                text=2,
            )
            if back
            else tag("p", "The accuracy loop gave no node back to float.")
        )
        + table(("network", "why it stays float", "nodes"), left, text=2)
    )


def speed(facts: Facts) -> Html:
    """What `edge bench` measured."""
    found = facts["speed"]
    machine, whole = found["machine"], found["stages"]["whole window"]["p50_ms"]
    stages = [
        (
            name,
            *(f"{stage[key]:.2f}" for key in ("p50_ms", "p95_ms", "p99_ms")),
            Html(bar(min(1.0, stage["p50_ms"] / whole)) if whole else ""),
        )
        for name, stage in found["stages"].items()
    ]
    models = [
        (
            name,
            f"{model['int8']['p50_ms']:.2f}" if model["int8"] else "not measured",
            f"{model['fp32']['p50_ms']:.2f}",
            f"{model['ratio']:.2f}" if model["ratio"] else "–",
        )
        for name, model in (*found["models"].items(), ("all calls of a window", found["window"]))
    ]
    others = [
        (title, "not measured" if found[key] is None else f"{found[key]:.1f} {unit}")
        for key, title, unit in (
            ("peak_memory_mb", "peak memory", "MB"),
            ("first_reading_s", "start to first reading", "s"),
            ("live_first_reading_s", "the same, live (2 s warm-up included)", "s"),
        )
    ]
    said = f" on {machine['processor']}, one thread, ONNX Runtime {machine['onnxruntime']}. "
    said += "Nothing was measured on a Jetson."
    return Html(
        tag("p", tag("code", "edge bench"), said)
        + table(("stage", "p50 ms", "p95 ms", "p99 ms", "share of a window"), stages)
        + table(("network", "INT8 ms", "FP32 ms", "ratio"), models)
        + table(("", ""), others)
    )


def origin(facts: Facts) -> Html:
    """What it was made of and with."""
    rows = [
        (
            row["modality"],
            row["corpus"],
            row["licence"],
            *(f"{row['examples'][r]} ({row['speakers'][r]})" for r in ("train", "dev", "test")),
            tag("code", row["sha256"]),
        )
        for row in facts["data"]
    ]
    labels = [
        (r["modality"], r["corpus"], *(r["labels"][label] for label in facts["labels"]))
        for r in facts["data"]
    ]
    calls = [
        (name, row["calls"], row["drawn_from"], tag("code", row["sha256"]))
        for name, row in facts["calibration"].items()
    ]
    settings = [
        (f"{part}.{key}" if key else part, tag("code", value))
        for part, content in facts["recipe"]["content"].items()
        for key, value in (content.items() if isinstance(content, dict) else [("", content)])
    ]
    head = ("", "corpus", "licence", "train (speakers)", "dev", "test", "list sha256")
    return Html(
        table(head, rows, "Examples; no speaker has two roles", text=3)
        + table(("", "corpus", *facts["labels"]), labels, "Training examples by label", text=2)
        + table(("network", "calls", "drawn from", "sha256"), calls, "What set the INT8 ranges")
        + table(("package", "version"), list(facts["versions"].items()), "Versions")
        + table(
            ("recipe", "value"),
            settings,
            f"Recipe, sha256 {facts['recipe']['sha256']}, defaults included",
            text=2,
        )
    )


def times(facts: Facts) -> Html:
    """Where the time of the export went."""
    found = facts["times"]
    trainings = [(name, _clock(seconds)) for name, seconds in found["trainings"].items()]
    stages = [(name, _clock(seconds)) for name, seconds in found["stages"].items()]
    return Html(
        table(("training", "time"), trainings, "All runs together; the encoders are trained side by side")
        + table(("stage", "time"), stages, "Stages of the run that ended; what lay finished takes no time")
    )


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return (
        f"{hours} h {minutes:02} min"
        if hours
        else f"{minutes} min {rest:02} s"
        if minutes
        else f"{seconds:.1f} s"
    )
