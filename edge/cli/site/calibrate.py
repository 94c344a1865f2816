"""`edge calibrate`: a bundle fitted to a site."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from edge.cli.options import LocaleOption, language_of, telling, write_json
from edge.errors import InputError
from edge.system.disk import writing
from edge.system.output import say, warn
from edge.system.threads import one_thread
from edge.words import Language, word

if TYPE_CHECKING:
    from edge.audit.chain import Audit


def calibrate(
    bundle: Annotated[Path, typer.Argument(help="opt_bundle_given")],
    recordings: Annotated[Path, typer.Argument(help="opt_calibrate_recordings")],
    out: Annotated[Path, typer.Option(metavar="FOLDER", help="opt_calibrate_out")],
    labels: Annotated[str | None, typer.Option(metavar="none|FILE", help="opt_calibrate_labels")] = None,
    site: Annotated[str | None, typer.Option(metavar="NAME", help="opt_calibrate_site")] = None,
    label: Annotated[int | None, typer.Option(metavar="N", min=1, help="opt_calibrate_label")] = None,
    json: Annotated[Path | None, typer.Option(metavar="FILE", help="opt_calibrate_json")] = None,
    config: Annotated[Path | None, typer.Option(metavar="FILE", help="opt_calibrate_config")] = None,
    lang: LocaleOption = None,
) -> None:
    """Fit a bundle to a site by its recordings; what does not help is left."""
    one_thread()
    from calibration.site.calibrate import calibrate as fit  # noqa: TID251 - inside a verb only
    from calibration.site.told import table  # noqa: TID251 - inside a verb only

    from edge.bundle.evidence import kept_in

    language, own = language_of(lang), Path(labels) if labels and labels != "none" else None
    with telling(language):
        audit = _asked(config, language)
    if label:
        _list_to_label(bundle, recordings, label, out, language)
        return
    with telling(language), writing(out):
        made = fit(bundle, recordings, out, labelled=labels != "none", labels=own, name=site)
    facts = made.manifest.site
    assert facts is not None
    if audit:
        with telling(language):
            audit.append(
                "calibrated",
                bundle=made.manifest.name,
                digest=made.manifest.digest,
                before=facts.parent_digest,
                recordings=facts.recordings.sha256,
                clips=facts.recordings.clips,
                people=len(facts.recordings.people),
            )
    say(table(facts, language))
    for line in kept_in(made.manifest.evidence, made.manifest.full_labels, language):
        say(line)
    say(word("written_to", language, path=out))
    if json:
        write_json(json, facts.model_dump(mode="json"))


def _asked(config: Path | None, language: Language) -> Audit | None:
    """The chain of a site whose policy allows it; None where no settings are given. Raises PolicyError."""
    from edge.audit.chain import audit_of
    from edge.config import read_site
    from edge.policy.rules import ask

    if config is None:
        return None
    site = read_site(config)
    ask(site, "calibrate", language, warn)
    return audit_of(site)


def _list_to_label(bundle: Path, recordings: Path, count: int, out: Path, language: Language) -> None:
    from calibration.site.choice import list_to_label  # noqa: TID251 - inside a verb only

    if not out.parent.is_dir():
        raise InputError.of("jsonl_no_folder", path=out)
    with telling(language), writing(out):
        found = list_to_label(bundle, recordings, count, out, warn)
    say(word("site_to_label", language, count=found, path=out))
