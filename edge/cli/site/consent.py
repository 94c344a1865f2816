"""`edge consent`: who agreed to what at a site, and the form to sign."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from edge.cli.help import Command, Group
from edge.cli.options import Lang, LocaleOption, language_of, telling
from edge.cli.site.audit import SITE, Config
from edge.errors import InputError
from edge.system.disk import reason
from edge.system.output import say
from edge.system.private import write_whole
from edge.system.texts import columns, visible
from edge.words import Language, word

if TYPE_CHECKING:
    from edge.consent.given import Consent

app = typer.Typer(name="consent", cls=Group, help="help_consent", no_args_is_help=True, rich_markup_mode=None)
Subject = Annotated[str, typer.Argument(help="opt_consent_subject")]
Scopes = Annotated[str, typer.Option("--scope", metavar="NAME,...", help="opt_consent_scope")]
Day = Annotated[str | None, typer.Option(metavar="DAY", help="opt_consent_on")]


@app.command(cls=Command, help="help_consent_add")
def add(
    subject: Subject,
    scope: Scopes,
    by: Annotated[str, typer.Option("--by", metavar="NAME", help="opt_consent_by")],
    on: Day = None,
    until: Annotated[str | None, typer.Option(metavar="DAY", help="opt_consent_until")] = None,
    name: Annotated[str | None, typer.Option(metavar="NAME", help="opt_consent_name")] = None,
    config: Config = SITE,
    lang: LocaleOption = None,
) -> None:
    """Note a consent that was signed."""
    from edge.audit.chain import audit_of
    from edge.config import read_site
    from edge.consent.given import scopes_of, subject_of
    from edge.consent.store import Consents, consents_file

    language = language_of(lang)
    with telling(language):
        site = read_site(config)
        who, scopes = subject_of(subject), scopes_of(_listed(scope))
        day, last = _day(on) or date.today(), _day(until)
        audit = audit_of(site)
        with Consents(consents_file(site, config)) as consents, consents.change(make=True):
            made = consents.add(who, scopes, by, day, last, name=name)
            if audit:  # inside: no consent stands that was not audited
                facts = {"scopes": " ".join(scopes), "consents": " ".join(map(str, made))}
                ends = last.isoformat() if last else None
                audit.append(
                    "consent_added", subject=audit.hashed(who), on=day.isoformat(), until=ends, **facts
                )
    told = ", ".join(word(f"consent_scope_{one}", language) for one in scopes)
    say(word("consents_added", language, subject=who, on=day, scopes=told))


@app.command("list", cls=Command, help="help_consent_list")
def list_(
    names: Annotated[bool, typer.Option("--names", help="opt_consent_names")] = False,
    config: Config = SITE,
    lang: LocaleOption = None,
) -> None:
    """List all consents."""
    from edge.config import read_site
    from edge.consent.store import Consents, consents_file

    language = language_of(lang)
    with telling(language), Consents(consents_file(read_site(config), config)) as consents:
        rows = consents.rows()
        known = consents.names() if names else {}
        if not rows:
            raise InputError.of("consents_none", path=consents.path)
    for line in _table(rows, known, language):
        say(line)


@app.command(cls=Command, help="help_consent_withdraw")
def withdraw(
    subject: Subject,
    scope: Annotated[
        str | None, typer.Option("--scope", metavar="NAME,...", help="opt_consent_withdraw_scope")
    ] = None,
    on: Annotated[str | None, typer.Option(metavar="DAY", help="opt_consent_withdraw_on")] = None,
    config: Config = SITE,
    lang: LocaleOption = None,
) -> None:
    """Note that a person withdrew."""
    from edge.audit.chain import audit_of
    from edge.config import read_site
    from edge.consent.given import scopes_of, subject_of
    from edge.consent.store import Consents, consents_file

    language = language_of(lang)
    with telling(language):
        site = read_site(config)
        who, scopes = subject_of(subject), scopes_of(_listed(scope)) if scope is not None else None
        day = _day(on) or date.today()
        audit = audit_of(site)
        with Consents(consents_file(site, config)) as consents, consents.change():
            count = consents.withdraw(who, day, scopes)
            if audit:
                told = " ".join(scopes) if scopes else None
                audit.append(
                    "consent_withdrawn",
                    subject=audit.hashed(who),
                    on=day.isoformat(),
                    scopes=told,
                    rows=count,
                )
    say(word("consents_withdrawn", language, subject=who, on=day, count=count))
    say(word("consents_next_forget", language, subject=who, config=config))


@app.command(cls=Command, help="help_consent_form")
def form(
    out: Annotated[Path, typer.Option(metavar="FILE", help="opt_consent_out")],
    config: Config = SITE,
    lang: Annotated[Lang | None, typer.Option(metavar="en|ja", help="opt_consent_lang")] = None,
) -> None:
    """Write the form that a person signs, one sheet A4."""
    from calibration.report.render import Texts, render  # noqa: TID251 - inside a verb only

    from edge.config import read_site
    from edge.consent.form import TEMPLATES
    from edge.consent.form import form as made

    with telling(language_of(lang)):
        site = read_site(config)
        language = language_of(lang) if lang else site.language
        page = render(TEMPLATES, "form.html.jinja", t=Texts(language), language=language, form=made(site))
        try:
            write_whole(out, page)
        except OSError as error:
            raise InputError.of("file_unwritable", path=out, why=reason(error)) from error
    say(word("written_to", language, path=out))
    say(word("consents_form_lawyer", language))


def _listed(scopes: str) -> list[str]:
    return [one.strip() for one in scopes.replace("、", ",").split(",") if one.strip()]


def _day(said: str | None) -> date | None:
    if said is None:
        return None
    try:
        return date.fromisoformat(said.strip())
    except ValueError as error:
        raise InputError.of("consents_day", said=visible(said, keep="")[:40]) from error


def _table(rows: Sequence[Consent], names: dict[str, str], language: Language) -> list[str]:
    """One line a row: number, pseudonym, scope, from, until, state, who took it, and the name where asked."""
    today = date.today()
    head = [word(f"consent_column_{name}", language) for name in ("id", "subject", "scope", "on", "until")]
    head += [word("consent_column_state", language), word("consent_column_by", language)]
    cells = [head + ([word("consent_column_name", language)] if names else [])]
    for row in rows:
        key = "in_force" if row.holds(today) else "withdrawn" if row.withdrawn else "over"
        key = "ahead" if key == "over" and row.on > today else key
        line = [str(row.id), row.subject, word(f"consent_scope_{row.scope}", language), row.on.isoformat()]
        line += [row.until.isoformat() if row.until else "-"]
        line += [word(f"consent_state_{key}", language, on=row.withdrawn or "")]
        cells.append([*line, row.taken_by, *([names.get(row.subject, "-")] if names else [])])
    cells = [[visible(cell, keep="") for cell in line] for line in cells]
    wide = [max(columns(line[place]) for line in cells) for place in range(len(cells[0]))]
    return [
        "  ".join(cell + " " * (room - columns(cell)) for cell, room in zip(line, wide, strict=True)).rstrip()
        for line in cells
    ]
