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
from edge.cli_bundle import bench, build, doctor, evaluate, export, teach, trial
from edge.cli_options import Lang, LangOption, language_of, telling
from edge.cli_pseudo import pseudo
from edge.cli_review import app as review
from edge.environment import leave, prepare_environment
from edge.output import finished, say, warn
from edge.threads import one_thread

if TYPE_CHECKING:
    from edge.config import Site
    from edge.summary import Summary
    from edge.words import Language

app = typer.Typer(
    name="edge",
    help="Emotion reading on the edge: INT8 bundles made on a workstation, read on the device.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
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
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    prepare_environment()


@app.command()
def demo(lang: LangOption = None) -> None:
    """Read the clip that ships with the package with the starter bundle.

    \b
    Example: edge demo
    """
    one_thread()
    from edge.app import demo_clip
    from edge.config import Site
    from edge.words import word

    site = _spoken(Site(source=demo_clip()), lang)
    notice = word("demo_notice", site.language)
    say(notice)
    _read(site, jsonl=None, headless=False, realtime=False)
    say(notice)


@app.command()
def run(
    source: Annotated[
        Path | None,
        typer.Option(help="Recording (video, sound, picture) or a folder of them; else devices are read."),
    ] = None,
    microphone: Annotated[
        str | None, typer.Option(help="Part of a microphone's name, or its serial number, or off.")
    ] = None,
    camera: Annotated[
        str | None, typer.Option(help="Part of a USB camera's name, http://..., rtsp://..., csi://0, or off.")
    ] = None,
    bundle: Annotated[
        Path | None,
        typer.Option(help="Bundle folder or .tar; default: the starter bundle."),
    ] = None,
    config: Annotated[
        Path | None,
        typer.Option(help="Site settings (site.toml); options given here win."),
    ] = None,
    jsonl: Annotated[
        Path | None,
        typer.Option(help="Append one JSON object a reading to this file."),
    ] = None,
    headless: Annotated[
        bool, typer.Option("--headless", help="Show no panel and no readings, only the closing summary.")
    ] = False,
    realtime: Annotated[
        bool, typer.Option("--realtime/--fast", help="Pace a recording as it was recorded, or do not wait.")
    ] = False,
    lang: LangOption = None,
) -> None:
    """Read emotions from microphone and camera, or from a recording; one reading a second.

    Devices are shown on a panel: in a window where there is a screen, else on the terminal. A recording is
    shown as lines, with --realtime in the window; what goes into a file or a pipe is lines as well.

    \b
    Example: edge run --camera http://10.0.0.7/mjpg --jsonl shift.jsonl
    A recording: edge run --source shift.mp4 --jsonl shift.jsonl
    """
    one_thread()
    from edge.config import Site

    site = _site(config, lang) if config else Site()
    wishes = {"source": source, "bundle": bundle, "microphone": microphone, "camera": camera}
    site = site.model_copy(update={name: value for name, value in wishes.items() if value})
    site = _spoken(site, lang)
    if site.source is None:
        from edge.watch import watch

        with telling(site.language):
            summary = watch(site, jsonl, headless, warn)
        with suppress(OSError):  # the terminal may be gone: that is what ended it
            say(_closing(summary, jsonl, site.language))
    else:
        _read(site, jsonl, headless, realtime)


@app.command()
def replay(
    readings: Annotated[Path, typer.Argument(help="Readings that edge run --jsonl wrote.")],
    source: Annotated[
        Path | None, typer.Option(help="The recording they come from, for its pictures.")
    ] = None,
    bundle: Annotated[
        Path | None, typer.Option(help="The bundle they were read with, for its name and usual shares.")
    ] = None,
    save: Annotated[
        Path | None, typer.Option(help="Write a panel (.png) or all of them (.mp4) instead of showing them.")
    ] = None,
    at: Annotated[float | None, typer.Option(help="Second of the panel to write; default: the last.")] = None,
    lang: LangOption = None,
) -> None:
    """Watch a past run on the panel.

    \b
    Example: edge replay shift.jsonl --source shift.mp4
    Without a screen: edge replay shift.jsonl --save panel.png --at 12
    """
    one_thread()
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


@app.command()
def relabel(
    readings: Annotated[Path, typer.Argument(help="Readings of a finished recording (edge run --jsonl).")],
    config: Annotated[Path, typer.Option(help="site.toml with [site_prior]: the share each label has.")],
    out: Annotated[Path, typer.Option(help="File to write the readings with their new labels to.")],
    lang: LangOption = None,
) -> None:
    """Label a finished recording anew, all of it at once, so that each label gets its known share.

    Only for a recording as long and as usual as the shares: a day of a line whose balance was counted, not
    a minute. The probabilities stay as they were read; edge replay shows the result.

    \b
    Example: edge relabel shift.jsonl --config site.toml --out relabelled.jsonl
    """
    one_thread()
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


def _spoken(site: Site, lang: Lang | None) -> Site:
    """The settings with the language asked for laid over them."""
    if lang is None:
        return site
    return site.model_copy(update={"display": site.display.model_copy(update={"language": lang.value})})


def _read(site: Site, jsonl: Path | None, headless: bool, realtime: bool) -> None:
    from edge.read import read
    from edge.words import word

    try:
        with telling(site.language):
            summary = read(site, jsonl, headless, realtime, warn)
    except KeyboardInterrupt:
        say(word("stopped", site.language))
        raise typer.Exit(130) from None
    say(_closing(summary, jsonl, site.language))


def _closing(summary: Summary, jsonl: Path | None, language: Language) -> str:
    """What a run came to, in one line."""
    from edge.words import word

    quiet = [(state, n) for state, n in summary.states.items() if state not in ("reading", "needs_check")]
    parts = [f"{word(name, language)} {n}" for name, n in (*summary.labels.most_common(), *quiet)]
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


app.add_typer(review)
for verb in (bench, build, doctor, evaluate, export, pseudo, teach, trial):
    app.command()(verb)


if __name__ == "__main__":
    main()
