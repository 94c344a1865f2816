"""`edge shadow`: a trial before production."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from edge.cli.help import Command, Group
from edge.cli.options import LocaleOption, language_of, telling, write_json
from edge.errors import InputError
from edge.system.disk import reason
from edge.system.output import say, warn
from edge.system.threads import one_thread
from edge.words import word

app = typer.Typer(name="shadow", cls=Group, help="help_shadow", no_args_is_help=True, rich_markup_mode=None)
Folder = Annotated[Path, typer.Argument(metavar="FOLDER", help="opt_shadow_folder")]


@app.command(cls=Command, help="help_shadow_start")
def start(
    folder: Folder,
    criteria: Annotated[Path, typer.Option(metavar="FILE", help="opt_shadow_criteria")],
    bundle: Annotated[Path | None, typer.Option(metavar="PATH", help="opt_bundle")] = None,
    config: Annotated[Path | None, typer.Option(metavar="FILE", help="opt_run_config")] = None,
    source: Annotated[Path | None, typer.Option(metavar="PATH", help="opt_shadow_source")] = None,
    lang: LocaleOption = None,
) -> None:
    """Read in a folder alone; nothing is shown or sent."""
    one_thread()
    from edge.config import Site, read_site
    from edge.shadow.run import run_shadow

    language = language_of(lang)
    with telling(language):
        site = read_site(config) if config else Site()
        wishes = {"source": source, "bundle": bundle}
        display = site.display.model_copy(update={"language": language})
        site = site.model_copy(update={name: value for name, value in wishes.items() if value})
        site = site.model_copy(update={"display": display})
        _, summary = run_shadow(folder, criteria, site, warn)
    say(word("shadow_logged", language, count=sum(summary.states.values()), folder=folder))


@app.command(cls=Command, help="help_shadow_status")
def status(folder: Folder, lang: LocaleOption = None) -> None:
    """Say how much evidence there is."""
    from calibration.shadow.evidence import evidence  # noqa: TID251 - inside a verb only
    from calibration.shadow.told import status as told  # noqa: TID251 - inside a verb only

    from edge.shadow.folder import opened

    language = language_of(lang)
    with telling(language):
        trial = opened(folder)
        if trial.void:
            say(word("shadow_verdict_void", language))
        say(told(trial, evidence(trial, warn), language))
    if trial.void:
        raise typer.Exit(1)


@app.command(cls=Command, help="help_shadow_report")
def report(
    folder: Folder,
    report: Annotated[Path | None, typer.Option(metavar="FILE", help="opt_shadow_report")] = None,
    json: Annotated[Path | None, typer.Option(metavar="FILE", help="opt_shadow_json")] = None,
    lang: LocaleOption = None,
) -> None:
    """Judge a trial against its criteria."""
    from calibration.shadow.decision import as_dict, decided  # noqa: TID251 - inside a verb only
    from calibration.shadow.evidence import evidence  # noqa: TID251 - inside a verb only
    from calibration.shadow.page import page  # noqa: TID251 - inside a verb only
    from calibration.shadow.told import lines  # noqa: TID251 - inside a verb only

    from edge.shadow.folder import opened
    from edge.system.private import write_whole

    language = language_of(lang)
    with telling(language):
        trial = opened(folder)
        found = evidence(trial, warn)
        decision = decided(trial, found)
        for line in lines(trial, found, decision, language):
            say(line)
        if report:
            try:
                write_whole(report, page(trial, found, decision, language))
            except OSError as error:
                raise InputError.of("file_unwritable", path=report, why=reason(error)) from error
    if json:
        write_json(json, as_dict(trial, found, decision))
    for path in filter(None, (report, json)):
        say(word("written_to", language, path=path))
    if decision.verdict in ("void", "no_go"):
        raise typer.Exit(1)
