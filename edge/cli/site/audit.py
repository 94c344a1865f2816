"""`edge audit`: the record of what was done at a site."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from edge.cli.help import Command, Group
from edge.cli.options import LocaleOption, language_of, telling
from edge.errors import AuditError, InputError
from edge.system.output import say
from edge.words import Language, word

if TYPE_CHECKING:
    from edge.audit.chain import Audit

app = typer.Typer(name="audit", cls=Group, help="help_audit", no_args_is_help=True, rich_markup_mode=None)
Config = Annotated[Path, typer.Option(metavar="FILE", help="opt_site_config")]
SITE = Path("site.toml")


@app.command(cls=Command, help="help_audit_show")
def show(
    config: Config = SITE,
    json: Annotated[bool, typer.Option("--json", help="opt_audit_json")] = False,
    since: Annotated[str | None, typer.Option(metavar="DAY", help="opt_audit_since")] = None,
    lang: LocaleOption = None,
) -> None:
    """Show the entries, oldest first, and the head."""
    from datetime import date

    from edge.audit.anchor import START, Mark
    from edge.audit.chain import hash_of
    from edge.audit.verify import printable
    from edge.system.days import day_of
    from edge.system.texts import json_text

    language = language_of(lang)
    with telling(language):
        try:
            first = date.fromisoformat(since) if since else date.min
        except ValueError as error:
            raise InputError.of("audit_since_form", since=since) from error
        audit = _audit(config)
        entries = audit.entries()
        if not entries:
            raise AuditError.of("audit_none", path=audit.folder)
    for entry in entries:
        if _day(entry, day_of) >= first:
            say(json_text(entry) if json else _line(entry, language))
    if not json:
        last = audit.path.read_bytes().rstrip(b"\n").rpartition(b"\n")[2]
        head = printable(Mark("", entries[-1]["seq"], hash_of(last) if last else START))
        say(word("audit_head", language, head=head, on=date.today().isoformat()))


@app.command(cls=Command, help="help_audit_verify")
def verify(
    config: Config = SITE,
    head: Annotated[str | None, typer.Option(metavar="HEAD", help="opt_audit_head")] = None,
    lang: LocaleOption = None,
) -> None:
    """Check the chain and its anchors."""
    from edge.audit.verify import verify as check

    language = language_of(lang)
    with telling(language):
        found = check(_audit(config), head)
    for note in found.notes:
        say(word(note.key, language, **note.values))
    if found.bad:
        say(word(found.bad.key, language, **found.bad.values))
        raise typer.Exit(1)
    say(word("audit_good", language, count=found.entries))


def _audit(config: Path) -> Audit:
    from edge.audit.chain import audit_of
    from edge.config import read_site

    audit = audit_of(read_site(config))
    if audit is None:
        raise AuditError.of("audit_no_policy", path=config)
    return audit


def _day(entry: dict[str, Any], day_of: Any) -> Any:
    from datetime import date

    try:
        return day_of(entry["time"])
    except ValueError:  # of an entry that was changed: verify says so
        return date.max


def _line(entry: dict[str, Any], language: Language) -> str:
    """One entry as a line: number, time, event, facts."""
    key = f"audit_event_{entry['event']}"
    told = word(key, language)
    facts = "  ".join(
        f"{name}={fact}" for name, fact in sorted(entry["facts"].items()) if fact not in (None, "")
    )
    event = entry["event"] if told == key else told
    return f"{entry['seq']:>5}  {entry['time']}  {event}  {facts}".rstrip()
