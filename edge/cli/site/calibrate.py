"""`edge calibrate`: a bundle fitted to a site."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from edge.cli.options import LocaleOption, language_of, telling, write_json
from edge.errors import InputError
from edge.system.disk import writing
from edge.system.output import say, warn
from edge.system.threads import one_thread
from edge.words import Language, word


def calibrate(
    bundle: Annotated[Path, typer.Argument(help="opt_bundle_given")],
    recordings: Annotated[Path, typer.Argument(help="opt_calibrate_recordings")],
    out: Annotated[Path, typer.Option(metavar="FOLDER", help="opt_calibrate_out")],
    labels: Annotated[str | None, typer.Option(metavar="none|FILE", help="opt_calibrate_labels")] = None,
    site: Annotated[str | None, typer.Option(metavar="NAME", help="opt_calibrate_site")] = None,
    label: Annotated[int | None, typer.Option(metavar="N", min=1, help="opt_calibrate_label")] = None,
    json: Annotated[Path | None, typer.Option(metavar="FILE", help="opt_calibrate_json")] = None,
    lang: LocaleOption = None,
) -> None:
    """Fit a bundle to a site by its recordings; what does not help is left."""
    one_thread()
    from calibration.site.calibrate import calibrate as fit  # noqa: TID251 - inside a verb only
    from calibration.site.told import table  # noqa: TID251 - inside a verb only

    language, own = language_of(lang), Path(labels) if labels and labels != "none" else None
    if label:
        _list_to_label(bundle, recordings, label, out, language)
        return
    with telling(language), writing(out):
        made = fit(bundle, recordings, out, labelled=labels != "none", labels=own, name=site)
    facts = made.manifest.site
    assert facts is not None
    say(table(facts, language))
    say(word("written_to", language, path=out))
    if json:
        write_json(json, facts.model_dump(mode="json"))


def _list_to_label(bundle: Path, recordings: Path, count: int, out: Path, language: Language) -> None:
    from calibration.site.choice import list_to_label  # noqa: TID251 - inside a verb only

    if not out.parent.is_dir():
        raise InputError.of("jsonl_no_folder", path=out)
    with telling(language), writing(out):
        found = list_to_label(bundle, recordings, count, out, warn)
    say(word("site_to_label", language, count=found, path=out))
