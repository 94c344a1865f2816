"""`edge site`: the folder of a site and its steps."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from edge.cli.help import Command, Group
from edge.cli.options import LocaleOption, language_of, telling, write_json
from edge.system.output import say
from edge.system.texts import columns, left
from edge.words import word

app = typer.Typer(name="site", cls=Group, help="help_site", no_args_is_help=True, rich_markup_mode=None)
Folder = Annotated[Path, typer.Argument(metavar="FOLDER", help="opt_site_folder")]


@app.command(cls=Command, help="help_site_init")
def init(
    folder: Folder,
    bundle: Annotated[Path | None, typer.Option(metavar="PATH", help="opt_site_bundle")] = None,
    lang: LocaleOption = None,
) -> None:
    """Make the folder of a new site."""
    from calibration.steps.begin import begin, key_place  # noqa: TID251 - inside a verb only

    language = language_of(lang)
    with telling(language):
        made, kept = begin(folder, bundle, language)
    for key, names in (("steps_made", made), ("steps_kept", kept)):
        if names:
            say(word(key, language, names=", ".join(names)))
    say(word("steps_key", language, path=key_place(folder)))
    say(word("steps_next", language, folder=folder))


@app.command(cls=Command, help="help_site_split")
def split(folder: Folder, lang: LocaleOption = None) -> None:
    """Share the people out over calibration and evaluation."""
    from calibration.data.sides import share_out  # noqa: TID251 - inside a verb only
    from calibration.steps.layout import RECORDINGS  # noqa: TID251 - inside a verb only

    language = language_of(lang)
    with telling(language):
        sides = share_out(folder / RECORDINGS)
    found = {side: sum(one == side for one in sides.values()) for side in ("calibration", "evaluation")}
    say(word("said_split", language, **found))


@app.command(cls=Command, help="help_site_status")
def status(
    folder: Folder,
    json: Annotated[Path | None, typer.Option(metavar="FILE", help="opt_site_json")] = None,
    lang: LocaleOption = None,
) -> None:
    """Say which step comes next, and why."""
    from calibration.steps.status import status as look  # noqa: TID251 - inside a verb only

    language = language_of(lang)
    with telling(language):
        steps = look(folder)
    said = [
        (word(f"state_{one.state}", language), word(f"step_{one.name}", language), one.why.told(language))
        for one in steps
    ]
    widths = [max(columns(row[place]) for row in said) for place in (0, 1)]
    for row in said:
        say("  ".join([*(left(text, width) for text, width in zip(row, widths, strict=False)), row[2]]))
    if json:
        facts = [
            {"step": s.name, "state": s.state, "why": s.why.told(language), "command": s.command}
            for s in steps
        ]
        write_json(json, facts)
    following = next((one for one in steps if one.state == "next"), None)
    if following is None:
        say(word("steps_all_done", language))
        return
    say("")
    say(f"  {following.command}")
    raise typer.Exit(1)
