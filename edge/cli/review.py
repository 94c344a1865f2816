"""`edge review`: people judge what waits on the queue of [review] in site.toml."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer

from edge.cli.help import Command, Group
from edge.cli.options import LocaleOption, language_of, telling
from edge.errors import InputError
from edge.system.days import day_of
from edge.system.output import say
from edge.words import WORDS, word

app = typer.Typer(
    name="review",
    cls=Group,
    help="help_review",
    no_args_is_help=True,
    rich_markup_mode=None,
)

Folder = Annotated[Path, typer.Argument(help="opt_review_folder")]
Number = Annotated[int, typer.Argument(metavar="CHECK", help="opt_review_number")]
By = Annotated[str, typer.Option("--by", metavar="NAME", help="opt_review_by")]


@app.command("list", cls=Command, help="help_review_list")
def list_(
    folder: Folder,
    everything: Annotated[bool, typer.Option("--all", help="opt_review_all")] = False,
    lang: LocaleOption = None,
) -> None:
    """List the checks that wait for a verdict."""
    from edge.review.known import labels_in
    from edge.review.shown import listing
    from edge.review.store import Store

    with telling(language_of(lang)), Store(folder) as store:
        _print(listing(store.items(waiting=not everything), labels_in(store), language_of(lang)))


@app.command(cls=Command, help="help_review_show")
def show(folder: Folder, number: Number, lang: LocaleOption = None) -> None:
    """Show one check: its numbers, where its face and sound are, what people said."""
    from edge.review.known import labels_in
    from edge.review.shown import details
    from edge.review.store import Store

    language = language_of(lang)
    with telling(language_of(lang)), Store(folder) as store:
        item, labels = store.item(number), labels_in(store)
    _print(details(item, labels, language))
    if not item.verdicts:
        say(word("review_next", language, folder=folder, id=number))


@app.command(cls=Command, help="help_review_judge")
def judge(
    folder: Folder,
    number: Number,
    label: Annotated[str, typer.Argument(help="opt_review_label")],
    by: By,
    note: Annotated[str, typer.Option(metavar="TEXT", help="opt_review_note")] = "",
    lang: LocaleOption = None,
) -> None:
    """Give a verdict; a second one by the same person replaces the first, one by another stands beside it."""
    from edge.review.known import labels_for, labels_in
    from edge.review.store import Store

    language = language_of(lang)
    if not by.strip():
        raise InputError.of("by_empty")
    with telling(language), Store(folder) as store:
        labels = labels_for(store.item(number), labels_in(store))
        given = None if _cannot_tell(label) else labels.find(label) or label.strip()
        store.judge(number, by.strip(), given, note)
    told = labels.said(given, language) if given else word("cannot_tell", language)
    say(word("review_taken", language, id=number, label=told, who=by.strip()))


@app.command(cls=Command, help="help_review_undo")
def undo(folder: Folder, number: Number, by: By, lang: LocaleOption = None) -> None:
    """Take a verdict back."""
    from edge.review.store import Store

    with telling(language_of(lang)), Store(folder) as store:
        store.undo(number, by.strip())
    say(word("review_undone", language_of(lang), id=number, who=by.strip()))


@app.command(cls=Command, help="help_review_kpi")
def kpi(folder: Folder, lang: LocaleOption = None) -> None:
    """Show how often people agree with the readings: negative emotions found and missed, false alarms."""
    from edge.review.known import labels_in
    from edge.review.results import results
    from edge.review.shown import table
    from edge.review.store import Store

    with telling(language_of(lang)), Store(folder) as store:
        _print(table(results(store), labels_in(store), language_of(lang)))


@app.command(cls=Command, help="help_review_export")
def export(
    folder: Folder,
    out: Annotated[Path, typer.Option(metavar="FOLDER", help="opt_review_out")],
    lang: LocaleOption = None,
) -> None:
    """Write verdicts.csv, kpi.csv and, of what was kept with consent, labelled folders for training."""
    from edge.review.export import export as write
    from edge.review.store import Store

    language = language_of(lang)
    with telling(language_of(lang)), Store(folder) as store:
        counts = write(store, out)
        expires = [
            day_of(item.expires).isoformat() for item in store.items() if item.verdicts and item.consent
        ]
    say(word("review_exported", language, path=out, **counts))
    if counts["faces"] or counts["sound"]:
        say(word("review_copies", language, expires=min(expires)))


@app.command(cls=Command, help="help_review_withdraw")
def withdraw(
    folder: Folder,
    who: Annotated[str, typer.Option(metavar="NAME", help="opt_review_who")],
    lang: LocaleOption = None,
) -> None:
    """Note that a person withdrew consent: media kept under it are deleted at once, and no more are kept."""
    from edge.review.store import MEDIA, Store

    with telling(language_of(lang)), Store(folder) as store:
        count, unlisted = store.withdraw(who), store.unlisted()
    _print([word("review_withdrawn", language_of(lang), who=who, count=count)])
    if unlisted:
        _print([word("review_unlisted", language_of(lang), count=unlisted, folder=folder / MEDIA)])


def _cannot_tell(said: str) -> bool:
    """Whether a verdict says that nobody can tell, in the words of either language."""
    return said.strip().lower() in ("cannot_tell", *WORDS["cannot_tell"])


def _print(lines: Iterable[str]) -> None:
    say("\n".join(lines))
