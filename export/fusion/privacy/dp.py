"""Private training of the fusion head: DP-SGD (Abadi et al. 2016) with the parts of `opacus`.

What is protected is one voice window: batches are drawn by Poisson sampling from the voice windows, the
gradient of each is clipped, and noise is added to their sum. The noise and the draws come from a secret
that stays in the work folder: a seed that the recipe tells would let anybody take the noise away again.
"""

from __future__ import annotations

import math
import secrets
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from edge.errors import ConfigError, MissingExtraError
from edge.items import MODALITIES
from edge.system.private import write_whole
from export.recipe import FusionRecipe, Recipe
from export.training.loop import Batch

LEAST_BATCH = 32
"""Windows a batch: a Poisson draw of fewer would sometimes be empty."""
UNIT = (
    "Protected is the presence of any one voice window among those the fusion head was trained on. The "
    "encoders, the faces and sentences of the windows, the INT8 ranges and the confidence fits are not."
)


def privacy_of(recipe: Recipe, windows: int) -> dict[str, Any]:
    """Privacy facts of the fusion head's training on so many voice windows; empty without DP-SGD.

    epsilon by Renyi accounting (Mironov et al. 2019). Raises ConfigError, MissingExtraError.
    """
    wanted = recipe.fusion
    if wanted.sites is not None:
        return {"sites": wanted.sites, "rounds": wanted.epochs, "averaging": "FedAvg"}
    if wanted.dp_noise is None:
        return {}
    if not LEAST_BATCH <= wanted.batch < windows:
        raise ConfigError.of("dp_batch", batch=wanted.batch, windows=windows, least=LEAST_BATCH)
    require_opacus()
    from opacus.accountants import RDPAccountant

    accountant = RDPAccountant()
    steps = wanted.epochs * (wanted.windows // wanted.batch)
    rate = wanted.batch / windows
    accountant.history = [(wanted.dp_noise, rate, steps)]
    with warnings.catch_warnings():
        # Next to no noise: the bound is loose, and large enough to tell that by itself.
        warnings.filterwarnings("ignore", message="Optimal order")
        epsilon = accountant.get_epsilon(wanted.dp_delta)
    if not math.isfinite(epsilon):
        raise ConfigError.of("epsilon_none", noise=wanted.dp_noise)
    return {
        "epsilon": round(float(epsilon), 4),
        "delta": wanted.dp_delta,
        "noise": wanted.dp_noise,
        "clip": wanted.dp_clip,
        "sampling_rate": round(rate, 6),
        "steps": steps,
        "accountant": "RDP",
        "unit": UNIT,
    }


class PrivateGradients:
    """Draws the batches of a private training, and makes each batch's gradient private.

    windows: how many voice windows there are. folder: where the secret is kept, so that a training that was
    killed goes on to the same weights.
    """

    def __init__(self, model: nn.Module, wanted: FusionRecipe, windows: int, folder: Path) -> None:
        require_opacus()
        from opacus.optimizers import DPOptimizer

        self._model, self._windows, self._rate = model, windows, wanted.batch / windows
        self._secret = _secret(folder / "noise.secret")
        self._draws, noise = torch.Generator(), torch.Generator()
        self._noise = noise
        self._hooks: Any = None
        self._optimizer = DPOptimizer(
            # Its own step is never taken: it clips, adds up and adds the noise.
            torch.optim.SGD(model.parameters(), lr=0.0),
            noise_multiplier=wanted.dp_noise,
            max_grad_norm=wanted.dp_clip,
            expected_batch_size=wanted.batch,
            generator=noise,
        )

    def begin(self, rng: np.random.Generator) -> None:
        """Start an epoch; the same epoch draws the same again."""
        if self._hooks is None:
            from opacus import GradSampleModule

            # Not strict: the only buffer holds the positions, which nobody's data changes.
            self._hooks = GradSampleModule(self._model, strict=False)
        place = int(rng.integers(2**62))
        self._draws.manual_seed((self._secret ^ place) % 2**63)
        self._noise.manual_seed((self._secret ^ ~place) % 2**63)

    def draw(self) -> Tensor:
        """Voice windows of one batch, each with the same chance; at least one."""
        while True:
            chosen = torch.nonzero(torch.rand(self._windows, generator=self._draws) < self._rate).flatten()
            if len(chosen):
                return chosen

    def watch(self, batch: Batch) -> Batch:
        """The batch with inputs that require gradients: else the first layers' hooks are not called."""
        for tokens in batch[0][: len(MODALITIES)]:
            tokens.requires_grad_()
        return batch

    def clip(self, model: nn.Module) -> None:
        """Put the clipped and noised mean in the place of the gradient."""
        del model
        self._optimizer.pre_step()
        for parameter in self._model.parameters():
            parameter.grad_sample = None  # type: ignore[attr-defined]
            parameter.summed_grad = None  # type: ignore[attr-defined]

    def end(self) -> None:
        """Leave the network as it was before, its weights apart."""
        if self._hooks is not None:
            self._hooks.to_standard_module()


def _secret(file: Path) -> int:
    """A secret random number, kept on disk so that it is the same in every run."""
    if not file.is_file():
        file.parent.mkdir(parents=True, exist_ok=True)
        write_whole(file, f"{secrets.randbits(62)}\n")  # for its owner alone
    return int(file.read_text(encoding="ascii"))


def require_opacus() -> None:
    """Raise MissingExtraError without opacus."""
    try:
        import opacus  # noqa: F401
    except ImportError as error:
        raise MissingExtraError("opacus", "privacy") from error
