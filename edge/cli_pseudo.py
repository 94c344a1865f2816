"""The verb of `edge` that makes few labels more."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from edge.disk import writing
from edge.errors import MissingExtraError
from edge.output import say


def pseudo(
    recipe: Annotated[Path, typer.Argument(help="Recipe whose [audio] names the labelled corpora.")],
    data: Annotated[Path, typer.Option(help="Folder that holds the corpora.")],
    policy: Annotated[Path, typer.Option(help="Policy (TOML): when a guess becomes a label.")],
    out: Annotated[Path, typer.Option(help="Folder to write the pseudo-labelled corpus to.")],
    unlabelled: Annotated[
        Path | None, typer.Option(help="Folder of recordings without labels, an utterance each.")
    ] = None,
    sign: Annotated[
        str | None, typer.Option(metavar="NAME", help="Sign the policy, having looked at its curve.")
    ] = None,
    trial: Annotated[
        float | None,
        typer.Option(
            min=0.01, max=0.9, help="Instead hide all labels but this share, and show what rounds are worth."
        ),
    ] = None,
) -> None:
    """Guess labels of recordings in rounds, behind a signed policy, a gate and people who listen.

    \b
    Example: edge pseudo my.toml --data corpora --policy pseudo.toml \\
        --unlabelled shift --out corpora/guessed
    What a policy is worth: edge pseudo my.toml --data corpora \\
        --policy pseudo.toml --out trial --trial 0.1
    """
    if (unlabelled is None) == (trial is None):
        raise typer.BadParameter("give either recordings or --trial", param_hint="--unlabelled")
    if trial is not None and sign is not None:
        raise typer.BadParameter("a trial needs no signature", param_hint="--sign")
    try:
        from export.pseudo import run_pseudo  # noqa: TID251 - inside a verb only
        from export.pseudo_trial import run_trial  # noqa: TID251 - inside a verb only
    except ModuleNotFoundError as error:
        if error.name and error.name.split(".")[0] in ("edge", "calibration", "export"):
            raise
        raise MissingExtraError(error.name or "a package", "export") from error

    with writing(out):
        if trial is not None:
            say(run_trial(recipe, data, policy, out, trial))
        elif unlabelled is not None:
            run_pseudo(recipe, data, unlabelled, policy, out, sign)
