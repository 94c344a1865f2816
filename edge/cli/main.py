"""The `edge` command. Heavier packages are imported inside the verbs, so that --help is instant.

Exit codes: 0 fine, 1 found bad, 2 used wrongly, 130 stopped by Ctrl-C.
"""

from __future__ import annotations

import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from edge import __version__
from edge.cli.bench import bench
from edge.cli.bundle import build, doctor, export, fusion_trial, teach
from edge.cli.bundles import app as bundles
from edge.cli.ending import finished
from edge.cli.help import Command, Group
from edge.cli.options import Lang, LangOption, language_of, telling
from edge.cli.pseudo import pseudo
from edge.cli.review import app as review
from edge.cli.site.audit import app as audit
from edge.cli.site.calibrate import calibrate
from edge.cli.site.consent import app as consent
from edge.cli.site.coverage import coverage
from edge.cli.site.decide import decide
from edge.cli.site.evaluate import evaluate
from edge.cli.site.forget import forget
from edge.cli.site.label import app as label
from edge.cli.site.notice import notice
from edge.cli.site.record import app as record
from edge.cli.site.shadow import app as shadow
from edge.cli.site.steps import app as site_folder
from edge.system.environment import leave, prepare_environment
from edge.system.output import say, warn
from edge.system.threads import one_thread, one_thread_but_torch

if TYPE_CHECKING:
    from edge.config import Site
    from edge.reading.summary import Summary
    from edge.words import Language

TRAINING = ("build", "export", "fusion-trial", "pseudo", "teach")
"""Verbs that train networks, by all threads there are."""

app = typer.Typer(
    name="edge",
    cls=Group,
    help="help_edge",
    context_settings={"help_option_names": ["-h", "--help"]},
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def main() -> None:
    """Entry point: what goes wrong is one line on stderr and exit code 1."""
    code = finished(lambda: app(standalone_mode=False))
    if "edge.watch" in sys.modules and sys.stdout is sys.__stdout__:
        leave(code)  # a live run has closed all it held; a test that calls this goes on
    sys.exit(code)


def _version(asked: bool) -> None:
    if asked:
        say(f"edge {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    ctx: typer.Context,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="opt_version")
    ] = False,
) -> None:
    prepare_environment()
    if ctx.invoked_subcommand in TRAINING:
        one_thread_but_torch()
    else:
        one_thread()


@app.command(cls=Command, help="help_demo")
def demo(lang: LangOption = None) -> None:
    """Read the clip that ships with the package with the starter bundle."""
    from edge.app import demo_clip
    from edge.config import Site
    from edge.words import word

    site = _spoken(Site(source=demo_clip()), lang)
    notice = word("demo_notice", site.language)
    say(notice)
    _read(site, jsonl=None, headless=False, realtime=False)
    say(notice)


@app.command(cls=Command, help="help_run")
def run(
    source: Annotated[
        Path | None,
        typer.Option(metavar="PATH", help="opt_run_source"),
    ] = None,
    microphone: Annotated[str | None, typer.Option(metavar="NAME", help="opt_run_microphone")] = None,
    camera: Annotated[str | None, typer.Option(metavar="NAME", help="opt_run_camera")] = None,
    bundle: Annotated[
        Path | None,
        typer.Option(metavar="PATH", help="opt_bundle"),
    ] = None,
    config: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="opt_run_config"),
    ] = None,
    jsonl: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="opt_run_jsonl"),
    ] = None,
    headless: Annotated[bool, typer.Option("--headless", help="opt_run_headless")] = False,
    realtime: Annotated[bool, typer.Option("--realtime/--fast", help="opt_run_realtime")] = False,
    lang: LangOption = None,
) -> None:
    """Read emotions from microphone and camera, or from a recording; one reading a second."""
    from edge.config import Site

    site = _site(config, lang) if config else Site()
    wishes = {"source": source, "bundle": bundle, "microphone": microphone, "camera": camera}
    site = site.model_copy(update={name: value for name, value in wishes.items() if value})
    site = _spoken(site, lang)
    with telling(site.language):
        site = _allowed(site, jsonl, not headless)
    if site.source is None:
        from edge.watch import watch

        with telling(site.language):
            summary = watch(site, jsonl, headless, warn, config)
        with suppress(OSError):  # the terminal may be gone: that is what ended it
            say(_closing(summary, jsonl, site.language))
    else:
        _read(site, jsonl, headless, realtime, config)


@app.command(cls=Command, help="help_replay")
def replay(
    readings: Annotated[Path, typer.Argument(help="opt_replay_readings")],
    source: Annotated[Path | None, typer.Option(metavar="FILE", help="opt_replay_source")] = None,
    bundle: Annotated[Path | None, typer.Option(metavar="PATH", help="opt_replay_bundle")] = None,
    save: Annotated[Path | None, typer.Option(metavar="FILE", help="opt_replay_save")] = None,
    at: Annotated[float | None, typer.Option(metavar="SECOND", help="opt_replay_at")] = None,
    lang: LangOption = None,
) -> None:
    """Watch a past run on the panel."""
    from edge.config import Site
    from edge.replay import replay as show
    from edge.words import word

    try:
        with telling(language_of(lang)):
            show(readings, _spoken(Site(source=source, bundle=bundle), lang), save, at, warn)
    except KeyboardInterrupt:
        raise typer.Exit(130) from None
    if save:
        say(word("written_to", language_of(lang), path=save))


@app.command(cls=Command, help="help_relabel")
def relabel(
    readings: Annotated[Path, typer.Argument(help="opt_relabel_readings")],
    config: Annotated[Path, typer.Option(metavar="FILE", help="opt_relabel_config")],
    out: Annotated[Path, typer.Option(metavar="FILE", help="opt_relabel_out")],
    lang: LangOption = None,
) -> None:
    """Label a finished recording anew, all of it at once, so that each label gets its known share."""
    from edge.relabel import relabel as label_anew
    from edge.words import word

    site = _spoken(_site(config, lang), lang)
    with telling(site.language):
        found = label_anew(readings, site, out, warn)
    for line in found.table(site.language):
        say(line)
    say(word("written_to", site.language, path=out))


def _site(path: Path, lang: Lang | None) -> Site:
    """The settings of a file; what is wrong with them is said in the language asked for or the locale's."""
    from edge.config import read_site

    with telling(language_of(lang)):
        return read_site(path)


def _allowed(site: Site, jsonl: Path | None, shown: bool) -> Site:
    """The settings as [policy] lets a run have them. Raises PolicyError."""
    from edge.policy.rules import ask
    from edge.policy.wired import lawful, require_sinks

    ask(site, "run", site.language, warn)
    require_sinks(site, jsonl, shown)
    return lawful(site, warn)


def _spoken(site: Site, lang: Lang | None) -> Site:
    """The settings with the language asked for laid over them."""
    if lang is None:
        return site
    return site.model_copy(update={"display": site.display.model_copy(update={"language": lang.value})})


def _read(site: Site, jsonl: Path | None, headless: bool, realtime: bool, config: Path | None = None) -> None:
    from edge.read import read
    from edge.words import word

    try:
        with telling(site.language):
            summary = read(site, jsonl, headless, realtime, warn, config)
    except KeyboardInterrupt:
        say(word("stopped", site.language))
        raise typer.Exit(130) from None
    say(_closing(summary, jsonl, site.language))


def _closing(summary: Summary, jsonl: Path | None, language: Language) -> str:
    """What a run came to, in one line."""
    from edge.words import word

    if summary.hours is not None:  # aggregate mode
        return word("hours_closing", language, count=summary.hours)
    quiet = [(state, n) for state, n in summary.states.items() if state not in ("reading", "needs_check")]
    parts = [f"{summary.known.said(name, language)} {n}" for name, n in summary.labels.most_common()]
    parts += [f"{word(state, language)} {n}" for state, n in quiet]
    count = sum(summary.states.values())
    found = [word("closing", language, count=count, parts=", ".join(parts))] if parts else []
    found = found or [word("closing_none", language)]
    for key, n in (
        ("closing_checks", summary.states["needs_check"]),
        ("closing_withheld", summary.withheld),
        ("closing_dropped", summary.dropped),
        ("closing_rested", summary.rested),
    ):
        found += [word(key, language, count=n)] if n else []
    found += [word("written_to", language, path=jsonl)] if jsonl and parts else []
    return word("also", language).join(found)


app.add_typer(record)
app.add_typer(review)
app.add_typer(audit)
app.add_typer(label)
app.add_typer(consent)
app.add_typer(shadow)
app.add_typer(site_folder)
app.add_typer(bundles)
for verb in (
    bench,
    build,
    calibrate,
    coverage,
    decide,
    doctor,
    evaluate,
    export,
    forget,
    fusion_trial,
    notice,
    pseudo,
    teach,
):
    app.command(cls=Command, help=f"help_{verb.__name__}")(verb)


if __name__ == "__main__":
    main()
