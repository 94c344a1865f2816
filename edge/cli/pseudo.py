"""The verb of `edge` that makes few labels more."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from edge.cli.help import misused
from edge.cli.options import LocaleOption
from edge.errors import MissingExtraError
from edge.system.disk import writing
from edge.system.output import say


def pseudo(
    recipe: Annotated[Path, typer.Argument(help="opt_pseudo_recipe")],
    data: Annotated[Path, typer.Option(metavar="FOLDER", help="opt_data")],
    policy: Annotated[Path, typer.Option(metavar="FILE", help="opt_pseudo_policy")],
    out: Annotated[Path, typer.Option(metavar="FOLDER", help="opt_pseudo_out")],
    unlabelled: Annotated[Path | None, typer.Option(metavar="FOLDER", help="opt_pseudo_unlabelled")] = None,
    sign: Annotated[str | None, typer.Option(metavar="NAME", help="opt_pseudo_sign")] = None,
    trial: Annotated[
        float | None,
        typer.Option(min=0.01, max=0.9, metavar="SHARE", help="opt_pseudo_trial"),
    ] = None,
    lang: LocaleOption = None,
) -> None:
    """Guess labels of recordings in rounds, behind a signed policy, a gate and people who listen."""
    if (unlabelled is None) == (trial is None):
        raise misused("pseudo_either", "--unlabelled")
    if trial is not None and sign is not None:
        raise misused("pseudo_trial_sign", "--sign")
    try:
        from export.pseudo.run import run_pseudo  # noqa: TID251 - inside a verb only
        from export.pseudo.trial import run_hidden_labels  # noqa: TID251 - inside a verb only
    except ModuleNotFoundError as error:
        if error.name and error.name.split(".")[0] in ("edge", "calibration", "export"):
            raise
        raise MissingExtraError(error.name or "a package", "export") from error

    with writing(out):
        if trial is not None:
            say(run_hidden_labels(recipe, data, policy, out, trial))
        elif unlabelled is not None:
            run_pseudo(recipe, data, unlabelled, policy, out, sign)
