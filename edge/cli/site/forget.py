"""`edge forget`: everything a site holds of a person is deleted; or what it holds too long."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from edge.cli.help import misused
from edge.cli.options import LocaleOption, language_of, telling
from edge.cli.site.audit import SITE, Config
from edge.system.disk import writing
from edge.system.output import say
from edge.system.private import write_whole
from edge.words import Language, word

if TYPE_CHECKING:
    from edge.forget.receipt import Receipt
    from edge.forget.run import Place, Plan


def forget(
    subject: Annotated[str | None, typer.Option(metavar="ID", help="opt_forget_subject")] = None,
    expired: Annotated[bool, typer.Option("--expired", help="opt_forget_expired")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="opt_forget_dry_run")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="opt_forget_yes")] = False,
    config: Config = SITE,
    lang: LocaleOption = None,
) -> None:
    """Delete everything of a person, or what is kept too long; give a receipt."""
    from edge.config import read_site
    from edge.forget.retention import expire
    from edge.forget.run import Place, look
    from edge.forget.run import forget as delete

    language = language_of(lang)
    if (subject is None) == (not expired):
        raise misused("forget_which", "--subject")
    with telling(language), writing(config.absolute().parent):
        place = Place(read_site(config), config)
        if subject is None:
            receipt = expire(place)
        else:
            plan = look(place, subject)
            _planned(plan, language)
            if dry_run or not _sure(yes, language):
                return
            receipt = delete(place, subject)
    if receipt is None:
        say(word("forget_none_expired", language))
        return
    pages = _pages(place, receipt)
    _told(place, receipt, pages[language], language)
    if receipt.left:
        raise typer.Exit(1)


def _planned(plan: Plan, language: Language) -> None:
    """What is going to happen."""
    case = plan.case
    whole = [step for step in plan.steps if step.kind == "delete"]
    cut = [step for step in plan.steps if step.kind == "cut"]
    size = sum(step.size for step in plan.steps) + case.check_bytes
    counts = {"files": len(whole) + case.check_files, "mb": size / 1e6, "tables": len(cut)}
    rows = sum(step.rows for step in cut)
    say(word("forget_plan", language, **counts, rows=rows, checks=case.checks, consents=case.consents))
    if case.shared:
        say(word("forget_shared", language, count=case.shared))
    if case.settings:
        say(word("forget_settings", language))
    for bundle in plan.bundles:
        say(word("forget_fitted" if bundle.sure else "forget_unsure", language, path=bundle.path))


def _sure(yes: bool, language: Language) -> bool:
    if yes:
        return True
    if sys.stdin is None or not sys.stdin.isatty():
        raise misused("forget_ask_yes", "--yes")
    return typer.confirm(word("forget_ask", language))


def _pages(place: Place, receipt: Receipt) -> dict[Language, Path]:
    """Write the pages of a receipt beside its JSON file."""
    from calibration.report.render import Texts, render  # noqa: TID251 - inside a verb only

    from edge import __version__
    from edge.forget import receipt as module

    operator = place.site.policy.operator if place.site.policy else ""
    made: dict[Language, Path] = {}
    languages: tuple[Language, ...] = ("en", "ja")
    for language in languages:
        t = Texts(language)
        page = render(
            Path(module.__file__).parent,
            "receipt.html.jinja",
            t=t,
            language=language,
            receipt=asdict(receipt),
            operator=operator or t("the site", "当現場"),
            version=__version__,
        )
        path = (place.folder / receipt.path).with_suffix(f".{language}.html")
        write_whole(path, page)
        made[language] = path
    return made


def _told(place: Place, receipt: Receipt, page: Path, language: Language) -> None:
    tables = sum(row["tables"] for row in receipt.areas.values())
    counts = {"files": receipt.files, "mb": receipt.bytes / 1e6, "tables": tables, "rows": receipt.rows}
    say(word("forget_done", language, **counts))
    for bundle in receipt.bundles:
        key = "forget_fitted" if bundle["sure"] else "forget_unsure"
        say(word(key, language, path=place.folder / bundle["path"]))
    for path in receipt.left:
        say(word("forget_left", language, path=place.folder / path))
    if receipt.audit is not None:
        say(word("forget_audited", language, number=receipt.audit))
    say(word("written_to", language, path=page))
