"""`edge bench`: what a window costs, whether it stays so."""

from __future__ import annotations

import json as jsonlib
from pathlib import Path
from typing import Annotated

import typer

from edge.cli.help import misused
from edge.cli.options import BundleArgument, LocaleOption, write_json
from edge.errors import InputError
from edge.system.disk import reason
from edge.system.output import say
from edge.words import asked_language, word


def bench(
    bundle: BundleArgument = None,
    json: Annotated[bool, typer.Option("--json", help="opt_bench_json")] = False,
    compare: Annotated[bool, typer.Option("--compare", help="opt_bench_compare")] = False,
    whisper: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="opt_bench_whisper"),
    ] = None,
    sustained: Annotated[str | None, typer.Option(metavar="TIME", help="opt_bench_sustained")] = None,
    csv: Annotated[Path | None, typer.Option(metavar="FILE", help="opt_bench_csv")] = None,
    report: Annotated[Path | None, typer.Option(metavar="FILE", help="opt_bench_report")] = None,
    roofline: Annotated[bool, typer.Option("--roofline", help="opt_bench_roofline")] = False,
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="opt_bench_out")] = None,
    lang: LocaleOption = None,
) -> None:
    """Measure where the time of one window goes, memory and start-up, INT8 beside FP32."""
    for option, file in (("--csv", csv), ("--report", report)):
        if file and sustained is None:
            raise misused("sustained_needed", option)
    if roofline and any((compare, whisper, sustained, json, out)):
        raise misused("roofline_alone", "--roofline")
    if sustained is not None and any((compare, whisper)):
        raise misused("sustained_alone", "--sustained")
    for path in filter(None, (out, csv, report)):
        if not path.parent.is_dir():  # not after minutes of measuring
            raise InputError.of("jsonl_no_folder", path=path)
    if roofline:
        _roofline(bundle)
    elif sustained is not None:
        _sustain(bundle, sustained, json, (csv, report, out))
    else:
        _measure(bundle, compare, whisper, json, out)


def _measure(bundle: Path | None, compare: bool, whisper: Path | None, json: bool, out: Path | None) -> None:
    from edge.bench.table import table
    from edge.bench.window import measure

    if compare:
        from edge.bench.compare import compare as compare_rivals
        from edge.bench.compare import markdown

        rivals = compare_rivals(bundle, whisper)
        found = measure(bundle) | {"compare": rivals}
        shown = f"{table(found, asked_language())}\n\n{markdown(found, asked_language())}"
    else:
        found = measure(bundle)
        shown = table(found, asked_language())
    say(jsonlib.dumps(found, indent=1) if json else shown)
    if out:
        write_json(out, found)


def _roofline(bundle: Path | None) -> None:
    from calibration.bench.roofline import markdown  # noqa: TID251 - inside a verb only

    from edge.app import starter_bundle
    from edge.bundle.folder import open_bundle

    say(markdown(open_bundle(bundle or starter_bundle()), asked_language()).rstrip("\n"))


def _sustain(
    bundle: Path | None, asked: str, json: bool, files: tuple[Path | None, Path | None, Path | None]
) -> None:
    """--sustained: exit code 1 where it is not sustained, 130 after Ctrl-C; all is said and written."""
    from calibration.bench.page import page  # noqa: TID251 - inside a verb only

    from edge.bench.sustained.run import duration, refusals, sustain
    from edge.bench.sustained.told import as_csv, as_dict, told

    language = asked_language()
    seconds = duration(asked)
    run = sustain(
        bundle, seconds, begun=lambda: say(word("sustained_begun", language, asked=asked), err=True)
    )
    say(jsonlib.dumps(as_dict(run), indent=1) if json else told(run, language))
    csv, report, out = files
    if csv:
        _write(csv, as_csv(run))
    if report:
        _write(report, page(run, language))
    if out:
        write_json(out, as_dict(run))
    for path in filter(None, files):
        say(word("written_to", language, path=path), err=json)
    if refusals(run):
        raise typer.Exit(130 if run.interrupted else 1)


def _write(path: Path, text: str) -> None:
    from edge.system.private import write_whole

    try:
        write_whole(path, text)
    except OSError as error:
        raise InputError.of("file_unwritable", path=path, why=reason(error)) from error
