"""The verbs of `edge` about a bundle: compiled, examined, made."""

from __future__ import annotations

import json as jsonlib
from pathlib import Path
from typing import Annotated

import typer

from edge.cli.options import BundleArgument, LocaleOption, language_of, needing, telling, write_json
from edge.errors import InputError
from edge.system.disk import writing
from edge.system.output import say
from edge.system.threads import one_thread
from edge.words import asked_language, word


def build(
    bundle: BundleArgument = None,
    listing: Annotated[bool, typer.Option("--list", help="opt_build_list")] = False,
    clean: Annotated[bool, typer.Option("--clean", help="opt_build_clean")] = False,
    lang: LocaleOption = None,
) -> None:
    """Compile a bundle with TensorRT for this machine, so that `edge run` need not do it at its start."""
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
        typer.Option(metavar="FILE", help="opt_doctor_config"),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="opt_doctor_json")] = False,
    record: Annotated[Path | None, typer.Option(metavar="FILE", help="opt_doctor_record")] = None,
    lang: LocaleOption = None,
) -> None:
    """Check this machine, its devices and a bundle; say what to do about each thing that is bad."""
    one_thread()
    from edge.config import read_site
    from edge.doctor.examine import examine
    from edge.doctor.snapshot import recording, snapshot

    if record and not record.parent.is_dir():  # not after the devices were looked at
        raise InputError.of("jsonl_no_folder", path=record)
    with telling(language_of(lang)):
        site = read_site(config) if config else None
    language = site.language if site and not lang else language_of(lang)
    checks = []
    for check in examine(bundle, language, site):
        checks.append(check)
        if not json:
            say(f"{word('ok' if check.ok else 'bad', language)}  {check.text}")
    found = snapshot(checks)
    if json:
        say(jsonlib.dumps(found, indent=1, ensure_ascii=False))
    if record:
        write_json(record, recording(found))
        say(word("written_to", language, path=record), err=json)
    if bad := sum(not check.ok for check in checks):
        say(word("doctor_bad", language, count=bad), err=True)
        raise typer.Exit(1)


def export(
    recipe: Annotated[Path, typer.Argument(help="opt_export_recipe")],
    data: Annotated[Path, typer.Option(metavar="FOLDER", help="opt_data")],
    out: Annotated[Path, typer.Option(metavar="FOLDER", help="opt_export_out")],
    lang: LocaleOption = None,
) -> None:
    """Train, quantize and pack a bundle on the workstation."""
    with needing("export"):
        from export.run import run_export  # noqa: TID251 - inside a verb only

    with writing(out):
        run_export(recipe, data, out)


def teach(
    recipe: Annotated[Path, typer.Argument(help="opt_teach_recipe")],
    data: Annotated[Path, typer.Option(metavar="FOLDER", help="opt_data")],
    out: Annotated[Path, typer.Option(metavar="FOLDER", help="opt_teach_out")],
    lang: LocaleOption = None,
) -> None:
    """Ask the recipe's teachers about every clip ahead of edge export, which then finds the answers."""
    with needing("export"):
        from export.teach import ask_teachers  # noqa: TID251 - inside a verb only

    with writing(out):
        ask_teachers(recipe, data, out)


def fusion_trial(
    data: Annotated[Path, typer.Option(metavar="FOLDER", help="opt_fusion_trial_data")],
    out: Annotated[Path, typer.Option(metavar="FOLDER", help="opt_fusion_trial_out")],
    lang: LocaleOption = None,
) -> None:
    """Put the audio-guided fusion on trial against other ways to fuse, on real pairs of voice and face."""
    one_thread()
    with needing("export"):
        from export.fusion.comparison.trial import compare_fusions  # noqa: TID251 - inside a verb only
        from export.fusion.comparison.verdict import markdown  # noqa: TID251 - inside a verb only

    with writing(out):
        found = compare_fusions(data, out)
    say(markdown(found, asked_language()))
