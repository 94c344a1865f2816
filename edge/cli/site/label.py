"""`edge label`: clips to people who label, what they said, how far they agree, which labels may be wrong."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from edge.cli.help import Command, Group, misused
from edge.cli.options import LocaleOption, language_of, needing, telling, write_json
from edge.errors import InputError
from edge.system.disk import reason, writing
from edge.system.output import say, warn
from edge.system.threads import one_thread
from edge.words import word

if TYPE_CHECKING:
    from edge.config import Site

app = typer.Typer(name="label", cls=Group, help="help_label", no_args_is_help=True, rich_markup_mode=None)
Recordings = Annotated[Path, typer.Argument(help="opt_label_recordings")]
Config = Annotated[Path | None, typer.Option(metavar="FILE", help="opt_label_config")]
SITE = "site.toml"


@app.command(cls=Command, help="help_label_export")
def export(
    bundle: Annotated[Path, typer.Argument(help="opt_bundle_given")],
    recordings: Recordings,
    out: Annotated[Path, typer.Option(metavar="FOLDER", help="opt_label_out")],
    clips: Annotated[Path | None, typer.Option("--list", metavar="FILE", help="opt_label_list")] = None,
    gold: Annotated[Path | None, typer.Option(metavar="FILE", help="opt_label_gold")] = None,
    guideline: Annotated[Path | None, typer.Option(metavar="FILE", help="opt_label_guideline")] = None,
    raters: Annotated[int, typer.Option(metavar="N", min=1, max=100, help="opt_label_raters")] = 3,
    predictions: Annotated[
        bool, typer.Option("--predictions/--no-predictions", help="opt_label_predictions")
    ] = False,
    config: Config = None,
    lang: LocaleOption = None,
) -> None:
    """Write what Label Studio needs."""
    one_thread()
    from calibration.labels.guideline import read_guideline  # noqa: TID251 - inside a verb only
    from calibration.labels.media import FOLDER  # noqa: TID251 - inside a verb only
    from calibration.labels.tasks import ExportRequest, export_tasks  # noqa: TID251 - inside a verb only

    from edge.bundle.folder import open_bundle

    language = language_of(lang)
    with telling(language), writing(out):
        site = _site(config, recordings)
        request = ExportRequest(
            recordings,
            out,
            read_guideline(guideline, language),
            language,
            clips,
            gold,
            site.policy.consents if site and site.policy else None,
            raters,
            predictions,
        )
        made = export_tasks(open_bundle(bundle), request, warn)
        _audit(site, "exported", clips=made.clips, project=made.project, decrypted=made.decrypted)
    values = {"clips": made.clips, "gold": made.gold, "project": made.project, "guideline": made.guideline}
    say(word("label_exported", language, path=out, **values))
    if made.decrypted:
        say(word("label_decrypted", language, count=made.decrypted, path=out / FOLDER))


@app.command("import", cls=Command, help="help_label_import")
def import_(
    export: Annotated[Path, typer.Argument(help="opt_label_export_json")],
    recordings: Annotated[Path, typer.Option(metavar="FOLDER", help="opt_label_recordings")],
    out: Annotated[Path, typer.Option(metavar="FILE", help="opt_label_labels")],
    adjudicated: Annotated[Path | None, typer.Option(metavar="FILE", help="opt_label_adjudicated")] = None,
    rater: Annotated[str | None, typer.Option(metavar="NAME", help="opt_label_rater")] = None,
    close: Annotated[Path | None, typer.Option(metavar="FOLDER", help="opt_label_close")] = None,
    config: Config = None,
    lang: LocaleOption = None,
) -> None:
    """Take what raters said."""
    from calibration.labels.media import close as delete_copies  # noqa: TID251 - inside a verb only
    from calibration.labels.taken import require_project, take  # noqa: TID251 - inside a verb only

    language = language_of(lang)
    if rater is not None and not re.fullmatch(r"[A-Za-z0-9_-]{1,32}", rater):
        raise misused("label_rater_name", "--rater")
    with telling(language), writing(out):
        site = _site(config, recordings)
        if not out.absolute().parent.is_dir():
            raise InputError.of("jsonl_no_folder", path=out)
        if close:
            require_project(export, close)
        found = take(export, recordings, out, adjudicated=adjudicated, rater=rater)
        deleted = delete_copies(close) if close else 0
        _audit(site, "labelled", new=found.new, replaced=found.replaced, copies_deleted=deleted)
    counts = ("annotations", "new", "replaced", "skipped")
    say(word("label_imported", language, **{name: getattr(found, name) for name in counts}))
    if found.gone:
        say(word("label_gone", language, count=found.gone))
    say(word("label_labelled", language, labelled=found.labelled, judged=found.judged, ties=found.ties))
    if found.changed:
        say(word("label_changed", language, count=found.changed))
    if close:
        say(word("label_closed", language, count=deleted, path=close))


@app.command(cls=Command, help="help_label_agree")
def agree(
    labels: Annotated[Path, typer.Argument(help="opt_label_kept")],
    gold: Annotated[Path | None, typer.Option(metavar="FILE", help="opt_label_gold_agree")] = None,
    disputed: Annotated[Path | None, typer.Option(metavar="FILE", help="opt_label_disputed")] = None,
    report: Annotated[Path | None, typer.Option(metavar="FILE", help="opt_label_report")] = None,
    json: Annotated[Path | None, typer.Option(metavar="FILE", help="opt_label_json")] = None,
    lang: LocaleOption = None,
) -> None:
    """Say how far raters agree."""
    from calibration.labels.agreement import agreement  # noqa: TID251 - inside a verb only
    from calibration.labels.disputed import read_gold, write_disputed  # noqa: TID251 - inside a verb only
    from calibration.labels.kept import read_kept  # noqa: TID251 - inside a verb only
    from calibration.labels.page import page  # noqa: TID251 - inside a verb only
    from calibration.labels.told import as_dict, printed  # noqa: TID251 - inside a verb only

    from edge.system.private import write_whole

    language = language_of(lang)
    with telling(language):
        rows = read_kept(labels)
        found = agreement(rows, read_gold(gold, rows[0].labels) if gold else {})
        for line in printed(found, language):
            say(line)
        try:
            if disputed:
                write_disputed(found, disputed)
            if report:
                write_whole(report, page(found, labels.name, language))
        except OSError as error:
            raise InputError.of("file_unwritable", path=report or disputed, why=reason(error)) from error
        if json:
            write_json(json, as_dict(found))
    for path in filter(None, (disputed, report, json)):
        say(word("written_to", language, path=path))


@app.command(cls=Command, help="help_label_check")
def check(
    recordings: Recordings,
    bundle: Annotated[Path | None, typer.Option(metavar="PATH", help="opt_label_check_bundle")] = None,
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="opt_label_check_out")] = None,
    lang: LocaleOption = None,
) -> None:
    """List labels that are likely wrong."""
    one_thread()
    from calibration.labels.check import check as look  # noqa: TID251 - inside a verb only
    from calibration.labels.check import told, write_list  # noqa: TID251 - inside a verb only

    from edge.app import starter_bundle
    from edge.bundle.folder import open_bundle

    language = language_of(lang)
    with telling(language), needing("labels"):
        folder = recordings.parent if recordings.name == "metadata.csv" else recordings
        found = look(open_bundle(bundle or starter_bundle()), folder)
        for line in told(found, language):
            say(line)
        if out:
            with writing(out):
                write_list(found, out)
            say(word("written_to", language, path=out))


def _site(config: Path | None, recordings: Path) -> Site | None:
    """Settings of the site: those given, else those beside the folder of its recordings; None: neither."""
    from edge.config import read_site

    beside = recordings.absolute().parent / SITE
    path = config or (beside if beside.is_file() else None)
    return read_site(path) if path else None


def _audit(site: Site | None, event: str, **facts: str | int | float | None) -> None:
    from edge.audit.chain import audit_of

    if site and (audit := audit_of(site)):
        audit.append(event, **facts)
