"""`edge evaluate`: a bundle scored on labelled recordings, clips and KPIs in pairs."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import Annotated, Any

import typer

from edge.cli.help import misused
from edge.cli.options import LocaleOption, language_of, telling, write_json
from edge.errors import DatasetError, InputError
from edge.system.output import say, warn
from edge.system.threads import one_thread
from edge.words import asked_language, word


class Single(str, Enum):
    """One modality."""

    audio = "audio"
    vision = "vision"
    text = "text"


class Modality(str, Enum):
    """What `edge evaluate` can score."""

    audio = "audio"
    vision = "vision"
    text = "text"
    fused = "fused"


def evaluate(
    bundle: Annotated[Path, typer.Argument(help="opt_bundle_given")],
    folder: Annotated[Path, typer.Argument(help="opt_labelled")],
    modality: Annotated[
        Modality, typer.Option(metavar="audio|vision|text|fused", help="opt_evaluate_modality")
    ] = Modality.fused,
    drop: Annotated[
        list[Single] | None, typer.Option(metavar="audio|vision|text", help="opt_evaluate_drop")
    ] = None,
    json: Annotated[Path | None, typer.Option(metavar="FILE", help="opt_evaluate_json")] = None,
    new_voices: Annotated[bool, typer.Option("--new-voices", help="opt_evaluate_new_voices")] = False,
    noise: Annotated[Path | None, typer.Option(metavar="FOLDER", help="opt_evaluate_noise")] = None,
    snr: Annotated[float, typer.Option(metavar="DB", help="opt_evaluate_snr")] = 5.0,
    streams: Annotated[bool, typer.Option("--streams", help="opt_evaluate_streams")] = False,
    reliability: Annotated[Path | None, typer.Option(metavar="FILE", help="opt_evaluate_reliability")] = None,
    report: Annotated[Path | None, typer.Option(metavar="FILE", help="opt_evaluate_report")] = None,
    config: Annotated[Path | None, typer.Option(metavar="FILE", help="opt_evaluate_config")] = None,
    known_people: Annotated[bool, typer.Option("--known-people", help="opt_evaluate_known")] = False,
    lang: LocaleOption = None,
) -> None:
    """Score a bundle on a labelled folder."""
    one_thread()
    from calibration.judge.evaluate import evaluate_folder  # noqa: TID251 - inside a verb only

    dropped = {one.value for one in drop or []}
    fused = modality is Modality.fused and not dropped
    _require_sense(modality, dropped, report)
    if streams and (modality is not Modality.fused or reliability or new_voices or noise or report):
        raise misused("streams_alone", "--streams")
    _require_unknown(bundle, folder, known_people)
    if streams:
        _compare_votes(bundle, folder, dropped, json)
        return
    for path in (report, json):
        if path and not path.parent.is_dir():  # not after minutes of judging
            raise InputError.of("jsonl_no_folder", path=path)
    around = (noise, snr) if noise else None
    with telling(language_of(lang)):
        if fused and (report or json):
            found, kpi = _with_kpi(bundle, folder, config, report, new_voices, around)
        else:
            found = evaluate_folder(
                bundle, folder, modality.value, dropped, new_voices=new_voices, noise=around
            )
            kpi = None
    say(found.table())
    if kpi:
        say(_line(kpi))
    if json:
        write_json(json, found.as_dict() | ({"kpi": kpi} if fused else {}))
    if reliability:
        from calibration.judge.diagram import write_diagram  # noqa: TID251 - inside a verb only

        write_diagram(found, reliability)
    if report:
        say(word("written_to", asked_language(), path=report))


def _require_unknown(bundle: Path, folder: Path, known_people: bool) -> None:
    """Refuses to judge people the bundle was calibrated on, unless that is asked for."""
    from calibration.site.known import require_unknown  # noqa: TID251 - inside a verb only

    if not known_people:
        require_unknown(bundle, folder)


def _require_sense(modality: Modality, dropped: set[str], report: Path | None) -> None:
    """Refuses options that do not go together."""
    if dropped and modality is not Modality.fused:
        raise misused("drop_fused", "--drop")
    if len(dropped) == len(Single):
        raise misused("drop_all", "--drop")
    if report and (dropped or modality is not Modality.fused):
        raise misused("report_fused", "--report")


def _with_kpi(
    bundle: Path,
    folder: Path,
    config: Path | None,
    report: Path | None,
    new_voices: bool,
    noise: tuple[Path, float] | None,
) -> tuple[Any, Any]:
    """Scores and KPIs; the page is written. Without --report recordings that allow no KPIs are no fault."""
    from calibration.judge.evaluate import evaluate_folder  # noqa: TID251 - inside a verb only
    from calibration.kpi.page import page, write_page  # noqa: TID251 - inside a verb only
    from calibration.kpi.run import evaluate_kpi  # noqa: TID251 - inside a verb only

    from edge.config import Site, read_site

    site = read_site(config) if config else Site()
    try:
        found, kpi, labels = evaluate_kpi(bundle, folder, site, new_voices=new_voices, noise=noise)
    except DatasetError as error:
        if report or not error.key.startswith("kpi_"):
            raise
        warn(word("kpi_left", asked_language(), why=error.told(asked_language())))
        return evaluate_folder(bundle, folder, "fused", new_voices=new_voices, noise=noise), None
    if report:
        write_page(report, page(kpi, found, bundle.name, folder.name, labels, asked_language()))
    return found, kpi


def _line(kpi: Any) -> str:
    """The pair of the device in one line."""
    language, rows = asked_language(), kpi["negative"]["rows"]
    found = next(one for one in rows if (one["precision"], one["way"]) == ("int8", "prior"))
    shown = {name: found[name] or 0.0 for name in ("episodes", "hours")}
    pair = {"detection": found["detection"], "false": found["false_alarms_per_hour"]}
    if None in pair.values():
        return word("kpi_half", language, **shown)
    kind = word(f"kpi_{kpi['streams']['kind']}", language)
    return word("kpi_line", language, threshold=kpi["point"]["threshold"], kind=kind, **pair, **shown)


def _compare_votes(bundle: Path, folder: Path, dropped: set[str], json: Path | None) -> None:
    from calibration.judge.evaluate import stream_clips  # noqa: TID251 - inside a verb only
    from calibration.judge.voting_trial import as_dict, compare_on_streams, table  # noqa: TID251 - inside a verb only

    from edge.bundle.folder import open_bundle

    opened = open_bundle(bundle)
    found = compare_on_streams(stream_clips(opened, folder, dropped), opened.manifest)
    say(table(found, asked_language()))
    if json:
        write_json(json, as_dict(found))
