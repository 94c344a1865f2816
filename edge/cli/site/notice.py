"""`edge notice`: the page that hangs where people are seen and heard."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from edge.cli.options import Lang, language_of, telling
from edge.cli.site.audit import SITE, Config
from edge.errors import InputError
from edge.system.disk import reason
from edge.system.output import say
from edge.system.private import write_whole
from edge.words import word


def notice(
    out: Annotated[Path, typer.Option(metavar="FILE", help="opt_notice_out")],
    config: Config = SITE,
    lang: Annotated[Lang | None, typer.Option(metavar="en|ja", help="opt_notice_lang")] = None,
) -> None:
    """Write the notice of a site as one A4 page."""
    from calibration.report.render import Texts, render  # noqa: TID251 - inside a verb only

    from edge.config import read_site
    from edge.policy.notice import TEMPLATES, is_long
    from edge.policy.notice import notice as made

    with telling(language_of(lang)):
        site = read_site(config)
        language = language_of(lang) if lang else site.language
        found = made(site, language)
        page = render(
            TEMPLATES,
            "notice.html.jinja",
            t=Texts(language),
            language=language,
            notice=found,
            long_purpose=is_long(found.purpose),
            long_contact=is_long(found.contact),
        )
        try:
            write_whole(out, page)
        except OSError as error:
            raise InputError.of("file_unwritable", path=out, why=reason(error)) from error
    say(word("written_to", language, path=out))
