"""Federated averaging of the fusion head (McMahan et al. 2017) over sites that keep their recordings.

The sites are simulated in this process, one after the other: people are dealt out to them, and all that
leaves a site are the weights of its fusion head and the number of its voice windows, as the messages of
`flwr` that its FedAvg averages. Nothing goes over a network.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import nn

from edge.errors import DatasetError, MissingExtraError
from edge.items import MODALITIES
from export.fusion.head import FusionHead
from export.fusion.task import fusion_task
from export.fusion.windows import Pool, count_voices
from export.progress import tell
from export.recipe import Recipe
from export.training.history import Epoch, read_history, write_history
from export.training.loop import Hyperparameters, finished, train
from export.training.weights import save_whole


def train_over_sites(
    model: FusionHead,
    recipe: Recipe,
    pools: Sequence[Mapping[str, Pool]],
    dev: Mapping[str, Pool] | None,
    plan: Hyperparameters,
    folder: Path,
) -> None:
    """Train the model in plan.epochs rounds: every site trains a copy for an epoch, then they are averaged.

    The learning rate falls from round to round. Weights of finished sites lie in the folder until the end:
    a training that was killed goes on to the same result. Raises DatasetError, MissingExtraError.
    """
    require_flwr()
    from flwr.common import Code, FitRes, Status, ndarrays_to_parameters, parameters_to_ndarrays
    from flwr.server.strategy import FedAvg

    assert recipe.fusion.sites is not None
    count, labels = recipe.fusion.sites, len(recipe.labels)
    sites = [of_site(pools, number, count, labels) for number in range(count)]
    strategy: Any = FedAvg(fit_metrics_aggregation_fn=_mean_metrics)
    course: list[Epoch] = []
    for number in range(plan.epochs):
        results, rows = [], list[Epoch]()
        weights = _weights(model)
        for place, site in enumerate(sites):
            where, name = folder / f"round-{number + 1}", f"site-{place + 1}"
            copy = FusionHead(len(recipe.labels), guide=recipe.fusion.head or "query")
            _load(copy, weights)
            task = replace(fusion_task(copy, recipe, site, dev), name=name)
            if not finished(copy, name, where):
                rate = plan.lr * (1.0 - number / plan.epochs)
                seed = plan.seed + 1 + number * len(sites) + place
                train(task, replace(plan, epochs=1, lr=rate, seed=seed), where)
            sent = ndarrays_to_parameters(_weights(copy))
            rows += read_history(where / f"{name}.jsonl")
            windows = count_voices(*site)
            results.append((None, FitRes(Status(Code.OK, ""), sent, windows, {"loss": rows[-1].loss})))
        averaged, metrics = strategy.aggregate_fit(number + 1, results, [])
        _load(model, parameters_to_ndarrays(averaged))
        model.eval()
        whole = fusion_task(model, recipe, pools, dev)
        course.append(
            Epoch(
                number + 1,
                metrics["loss"],
                whole.score(model),
                whole.measure,
                sum(row.seconds for row in rows),
                max(row.ended for row in rows),
            )
        )
        write_history(folder / "fusion.jsonl", course)
        tell("say_round", round=number + 1, rounds=plan.epochs, measure=whole.measure, score=course[-1].score)
    save_whole(folder / "fusion.pt", model.state_dict())
    for done in folder.glob("round-*"):
        shutil.rmtree(done)


def require_flwr() -> None:
    """Raise MissingExtraError without flwr."""
    # It would report its use to its makers.
    os.environ["FLWR_TELEMETRY_ENABLED"] = "0"
    try:
        import flwr.server.strategy  # noqa: F401
    except ImportError as error:
        raise MissingExtraError("flwr", "privacy") from error


def of_site(
    pools: Sequence[Mapping[str, Pool]], number: int, sites: int, labels: int
) -> list[dict[str, Pool]]:
    """What one site has of each set of pools: every `sites`-th person.

    A set in which some label is missing at the site is left out. Raises DatasetError when none is left.
    """
    parts = [_share(found, number, sites) for found in pools]
    whole = [p for p in parts if all(len(p[m].label.unique()) == labels for m in MODALITIES)]
    if not whole:
        raise DatasetError.of("site_lacks", sites=sites, site=number + 1)
    return whole


def _share(found: Mapping[str, Pool], number: int, sites: int) -> dict[str, Pool]:
    """What one site has: each person's voice, face and sentences lie at one site."""
    site: dict[int, int] = {}
    for m in MODALITIES:
        speaker = found[m].speaker
        new = [] if speaker is None else [p for p in speaker.unique().tolist() if p not in site]
        site |= {person: place % sites for place, person in enumerate(new)}

    def own(pool: Pool) -> Pool:
        if pool.speaker is None:  # what was said: found only through the voices of the site
            return pool
        here = [place for place, person in enumerate(pool.speaker.tolist()) if site[person] == number]
        return pool.take(torch.tensor(here, dtype=torch.long))

    return {name: own(pool) for name, pool in found.items()}


def _mean_metrics(found: list[tuple[int, dict[str, Any]]]) -> dict[str, Any]:
    """Mean loss of the sites by their voice windows."""
    total = sum(windows for windows, _ in found)
    return {"loss": sum(windows * metrics["loss"] for windows, metrics in found) / total}


def _weights(model: nn.Module) -> list[Any]:
    return [value.detach().numpy().copy() for value in model.state_dict().values()]


def _load(model: nn.Module, weights: Sequence[Any]) -> None:
    names = model.state_dict().keys()
    model.load_state_dict({n: torch.from_numpy(w) for n, w in zip(names, weights, strict=True)})
