"""`edge record`: recordings of a site, with consent, encrypted, cut into clips."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from edge.cli.help import Command, Group, misused
from edge.cli.options import LangOption, LocaleOption, language_of, telling
from edge.system.output import say, warn
from edge.system.threads import one_thread
from edge.words import word

app = typer.Typer(
    name="record", cls=Group, help="help_record", invoke_without_command=True, rich_markup_mode=None
)
ConfigOption = Annotated[Path | None, typer.Option("--config", metavar="FILE", help="opt_record_config")]


@app.callback()
def record(
    context: typer.Context,
    config: ConfigOption = None,
    subject: Annotated[list[str] | None, typer.Option(metavar="ID", help="opt_record_subject")] = None,
    script: Annotated[Path | None, typer.Option(metavar="FILE", help="opt_record_script")] = None,
    minutes: Annotated[
        float | None, typer.Option(metavar="N", min=0.01, max=1440.0, help="opt_record_minutes")
    ] = None,
    headless: Annotated[bool, typer.Option("--headless", help="opt_record_headless")] = False,
    trigger: Annotated[bool, typer.Option("--trigger", help="opt_record_trigger")] = False,
    recover: Annotated[bool, typer.Option("--recover", help="opt_record_recover")] = False,
    lang: LangOption = None,
) -> None:
    """Record those who agreed; without a verb of its own."""
    if context.invoked_subcommand:
        return
    if config is None:
        raise misused("record_needs_config", "--config")
    if not subject and not recover:
        raise misused("record_needs_subject", "--subject")
    one_thread()
    from edge.config import read_site
    from edge.forget.retention import sweep
    from edge.forget.run import Place
    from edge.recording.record import RecordOptions, recover_alone
    from edge.recording.record import record as run

    with telling(language_of(lang)):
        site = read_site(config)
        if lang is not None:
            display = site.display.model_copy(update={"language": lang.value})
            site = site.model_copy(update={"display": display})
    with telling(site.language):
        sweep(Place(site, config), warn)
        if recover:
            count = recover_alone(site, warn)
            say(word("record_recovered", site.language, count=count))
        if subject:
            run(site, RecordOptions(tuple(subject), script, minutes, headless, trigger), warn)


@app.command(cls=Command, help="help_record_key")
def key(
    out: Annotated[Path, typer.Option(metavar="FILE", help="opt_record_key_out")],
    lang: LocaleOption = None,
) -> None:
    """Make a key that encrypts recordings."""
    from edge.recording.keys import make_key_file

    language = language_of(lang)
    with telling(language):
        make_key_file(out)
    say(word("record_key_made", language, path=out))
