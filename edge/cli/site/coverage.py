"""`edge coverage`: what site recordings hold and lack."""

from __future__ import annotations

import json as jsonlib
from pathlib import Path
from typing import Annotated

import typer

from edge.cli.help import misused
from edge.cli.options import LocaleOption, language_of, telling
from edge.errors import EdgeError, InputError
from edge.system.disk import reason
from edge.system.output import say, warn
from edge.system.private import write_whole
from edge.system.texts import utf8
from edge.system.threads import one_thread
from edge.words import word


def coverage(
    recordings: Annotated[Path, typer.Argument(help="opt_coverage_recordings")],
    bundle: Annotated[Path | None, typer.Option(metavar="PATH", help="opt_coverage_bundle")] = None,
    against: Annotated[Path | None, typer.Option(metavar="FOLDER", help="opt_coverage_against")] = None,
    report: Annotated[Path | None, typer.Option(metavar="FILE", help="opt_coverage_report")] = None,
    json: Annotated[Path | None, typer.Option(metavar="FILE", help="opt_coverage_json")] = None,
    lang: LocaleOption = None,
) -> None:
    """Set site recordings beside what is asked of them; say what is wrong and what to record next."""
    one_thread()
    from calibration.quality.coverage import cover  # noqa: TID251 - inside a verb only
    from calibration.quality.page import page  # noqa: TID251 - inside a verb only
    from calibration.quality.told import as_dict, printed  # noqa: TID251 - inside a verb only

    from edge.app import starter_bundle
    from edge.bundle.folder import open_bundle

    language = language_of(lang)
    if against and against.resolve() == recordings.resolve():
        raise misused("coverage_same", "--against")
    for path in filter(None, (report, json)):
        if not path.parent.is_dir():  # not after an hour of measuring
            raise InputError.of("jsonl_no_folder", path=path)

    def tell(error: EdgeError) -> None:
        warn(error.told(language))

    with telling(language):
        opened = open_bundle(bundle or starter_bundle())
        found = cover(recordings, opened, against, bundle is not None, tell)
        for line in printed(found, language):
            say(line)
        if report:
            _write(report, page(found, language))
        if json:
            _write(json, jsonlib.dumps(as_dict(found), indent=1, ensure_ascii=False) + "\n")
    for path in filter(None, (report, json)):
        say(word("written_to", language, path=path))
    if found.bad:
        far = sum(line.state == "far" for line in found.lines)
        say(word("coverage_ends_bad", language, leaks=len(found.leaks), far=far), err=True)
        raise typer.Exit(1)


def _write(path: Path, text: str) -> None:
    try:
        write_whole(path, utf8(text))
    except OSError as error:
        raise InputError.of("file_unwritable", path=path, why=reason(error)) from error
