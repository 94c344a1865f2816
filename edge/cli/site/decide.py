"""`edge decide`: the operating point of a site, chosen on its recordings, signed and kept."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from edge.cli.help import misused
from edge.cli.options import LocaleOption, language_of, telling, write_json
from edge.errors import InputError
from edge.system.output import say
from edge.system.threads import one_thread
from edge.words import word

if TYPE_CHECKING:
    from edge.sections import AlarmSettings


def decide(
    bundle: Annotated[Path, typer.Argument(help="opt_bundle_given")],
    folder: Annotated[Path, typer.Argument(help="opt_labelled")],
    budget: Annotated[
        float,
        typer.Option("--false-alarms-per-hour", metavar="N", min=0.0, max=3600.0, help="opt_decide_budget"),
    ],
    cost_miss: Annotated[
        float | None, typer.Option(metavar="COST", min=0.0, max=1e9, help="opt_decide_miss")
    ] = None,
    cost_response: Annotated[
        float | None, typer.Option(metavar="COST", min=0.0, max=1e9, help="opt_decide_response")
    ] = None,
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="opt_decide_out")] = None,
    sign: Annotated[str | None, typer.Option(metavar="NAME", help="opt_decide_sign")] = None,
    report: Annotated[Path | None, typer.Option(metavar="FILE", help="opt_decide_report")] = None,
    json: Annotated[Path | None, typer.Option(metavar="FILE", help="opt_decide_json")] = None,
    lang: LocaleOption = None,
) -> None:
    """Choose threshold, averaging and suppression of the alarm within a budget of false alarms an hour."""
    one_thread()
    from calibration.kpi.decision import decide as choose  # noqa: TID251 - inside a verb only
    from calibration.kpi.decision import page, table  # noqa: TID251 - inside a verb only
    from calibration.kpi.operating import Objective  # noqa: TID251 - inside a verb only
    from calibration.kpi.page import write_page  # noqa: TID251 - inside a verb only

    from edge.audit.chain import audit_of
    from edge.audit.changes import note_alarm, note_decided
    from edge.bundle.folder import open_bundle
    from edge.config import Site, read_site

    language = language_of(lang)
    _require_sense(cost_miss, cost_response)
    signed = " ".join((sign or "").split())
    with telling(language):
        for path in (out, report, json):
            if path and not path.absolute().parent.is_dir():  # not after minutes of judging
                raise InputError.of("jsonl_no_folder", path=path)
        site = read_site(out) if out and out.exists() else Site()
        opened = open_bundle(bundle)
        objective = Objective(budget, cost_miss, 1.0 if cost_response is None else cost_response)
        facts = choose(opened, folder, site, objective)
        say(table(facts, language))
        if json:
            write_json(json, facts)
        if report:
            write_page(report, page(facts, opened.manifest.name, folder.name, signed, language))
            say(word("written_to", language, path=report))
        if facts["chosen"] is None:
            raise _nothing(facts)
        if out:
            alarm = _write(out, facts["chosen"], signed, folder, opened.manifest.digest, facts["wish"])
            if audit := audit_of(read_site(out)):
                note_decided(audit, alarm)
                note_alarm(audit, alarm)
            say(word("written_to", language, path=out))
            if not signed:
                say(word("decide_unsigned", language))


def _require_sense(cost_miss: float | None, cost_response: float | None) -> None:
    """Refuses costs that do not go together."""
    if cost_response is not None and cost_miss is None:
        raise misused("decide_costs", "--cost-response")
    if cost_miss == 0.0 and cost_response == 0.0:
        raise misused("decide_both_free", "--cost-miss")


def _nothing(facts: Any) -> InputError:
    """Why no point is chosen, and the nearest one."""
    found = facts["nearest"]
    if found is None:
        return InputError.of("decide_blind")
    return InputError.of(
        "decide_nothing",
        budget=facts["wish"]["budget"],
        threshold=found["threshold"],
        average=found["average_s"],
        suppression=found["suppression_s"],
        found=found["detection"],
        false=found["false_alarms_per_hour"],
    )


def _write(out: Path, chosen: Any, signed: str, folder: Path, digest: str | None, wish: Any) -> AlarmSettings:
    from calibration.kpi.decision import evidence_of  # noqa: TID251 - inside a verb only
    from calibration.kpi.site_file import write_alarm  # noqa: TID251 - inside a verb only
    from pydantic import ValidationError

    from edge.checked import first_error
    from edge.sections import AlarmSettings

    try:
        alarm = AlarmSettings(
            threshold=chosen["threshold"],
            suppression_s=chosen["suppression_s"],
            average_s=chosen["average_s"],
            signed_by=signed or None,
            signed_on=datetime.date.today() if signed else None,
            evidence=evidence_of(folder),
            bundle=digest,
            cost_miss=wish["cost_miss"],
            cost_response=None if wish["cost_miss"] is None else wish["cost_response"],
        )
    except ValidationError as error:  # a name that is too long or not printable
        raise InputError.of("at", where="--sign", what=first_error(error)) from error
    write_alarm(out, alarm)
    return alarm
