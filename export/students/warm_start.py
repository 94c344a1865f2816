"""Weights of a bundle's network, put back into the student it was exported from: training goes on there.

A bundle holds graphs, not modules: norms are folded into convolutions, matrices turned, attention's scale
taken in. So a student with weights drawn at random is exported as well, and what became of each of them tells
where the bundle keeps it. What comes back is INT8 made float: the network as it runs on the device.
"""

from __future__ import annotations

import copy
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from edge.app import starter_bundle
from edge.bundle.folder import Bundle, open_bundle
from edge.bundle.onnx_file import load_graph
from edge.engines.float_graph import float_graph
from edge.errors import ConfigError
from export.recipe import Recipe
from export.students.networks import PlainBlock
from export.students.onnx_files import fused, write_networks

SAME = 1e-3
"""How far two arrays may be apart, over their size, to be one weight: a folded norm changes it a little."""
Student = TypeVar("Student", bound=nn.Module)
NORMS = (nn.BatchNorm1d, nn.BatchNorm2d)


def started_from(recipe: Recipe, name: str, data: Path) -> Bundle | None:
    """The bundle that the recipe has a student begin as; None where it begins at random.

    name: audio, vision or text. Raises BundleError, and ConfigError for one of other labels or features.
    """
    start = getattr(recipe, name).start
    if start is None:
        return None
    bundle = open_bundle(starter_bundle() if start == "starter" else data / start)
    wanted = {"vision": recipe.face_crop, "text": recipe.tokens}.get(name)
    networks = bundle.manifest.network_labels or bundle.manifest.labels
    if networks != tuple(recipe.labels):
        theirs, ours = (", ".join(labels) for labels in (networks, recipe.labels))
        raise ConfigError.of("start_labels", start=start, theirs=theirs, ours=ours)
    if wanted not in (None, getattr(bundle.manifest, name)):
        raise ConfigError.of("start_other", name=name, start=start)
    return bundle


def begin_as(student: nn.Module, name: str, bundle: Bundle) -> None:
    """Give a student, in place, the weights of the bundle's network; in eval mode its outputs are the same.

    Norms become the identity: call `wake_norms` before training. Raises ConfigError where the bundle's
    network is of another shape.
    """
    drawn, chance = copy.deepcopy(student), torch.Generator().manual_seed(0)
    norms = _of_norms(drawn)
    for key, value in drawn.state_dict().items():
        if value.is_floating_point() and key not in norms:
            value.copy_(torch.randn(value.shape, generator=chance))
    drawn = fused(drawn)
    manifest = bundle.manifest
    with tempfile.TemporaryDirectory() as scratch:
        shapes = (manifest.audio, manifest.vision, manifest.text, manifest.window_s)
        path = write_networks({name: drawn}, *shapes, Path(scratch))[name]
        own, theirs = _constants(load_graph(path)), _constants(float_graph(load_graph(bundle.path(name))))
    if [(op, value.shape) for op, value in own] != [(op, value.shape) for op, value in theirs]:
        raise ConfigError.of("start_shape", name=name, folder=bundle.folder)
    pairs = [(mine[1], other[1]) for mine, other in zip(own, theirs, strict=True)]
    found = {key: _found(key, value, pairs) for key, value in drawn.state_dict().items() if key not in norms}
    student.load_state_dict(_parted(student, found), strict=False)
    student.eval()


@torch.no_grad()
def wake_norms(student: Student, show: Callable[[Student], object]) -> None:
    """Give every batch norm the statistics of what it is shown, undone in its weight: the outputs stay.

    show: runs the student on some training examples.
    """
    norms = [module for module in student.modules() if isinstance(module, NORMS)]
    seen: dict[int, list[tuple[Tensor, Tensor]]] = {id(norm): [] for norm in norms}

    def note(norm: nn.Module, given: tuple[Tensor, ...]) -> None:
        axes = [axis for axis in range(given[0].ndim) if axis != 1]
        seen[id(norm)].append((given[0].mean(axes), given[0].square().mean(axes)))

    hooks = [norm.register_forward_pre_hook(note) for norm in norms]
    student.eval()
    show(student)
    for hook in hooks:
        hook.remove()
    for norm in norms:
        means, squares = (torch.stack(part).mean(0) for part in zip(*seen[id(norm)], strict=True))
        mean, variance = norm.running_mean, norm.running_var
        assert mean is not None
        assert variance is not None
        scale = norm.weight / (variance + norm.eps).sqrt()
        norm.bias.add_((means - mean) * scale)
        mean.copy_(means)
        variance.copy_(squares - means.square())
        norm.weight.copy_(scale * (variance + norm.eps).sqrt())


def _of_norms(module: nn.Module) -> set[str]:
    """Names of what a batch norm holds besides its bias: folded away by an export."""
    return {
        f"{name}.{part}"
        for name, norm in module.named_modules()
        if isinstance(norm, NORMS)
        for part in ("weight", "running_mean", "running_var", "num_batches_tracked")
    }


def _constants(model: onnx.ModelProto) -> list[tuple[str, NDArray[np.float32]]]:
    """Every float array the nodes read, in their order, with the type of the node."""
    values = {t.name: t for t in model.graph.initializer if t.data_type == onnx.TensorProto.FLOAT}
    return [
        (node.op_type, onnx.numpy_helper.to_array(values[name]))
        for node in model.graph.node
        for name in node.input
        if name in values
    ]


def _found(key: str, drawn: Tensor, pairs: list[tuple[NDArray[np.float32], NDArray[np.float32]]]) -> Tensor:
    """What the bundle has where the export put the weight that was drawn, turned and scaled back."""
    for mine, other in pairs:
        for turned in (False, True):
            near, there = (mine.T, other.T) if turned else (mine, other)
            if near.shape != tuple(drawn.shape) or not near.size:
                continue
            values = torch.from_numpy(np.array(near, np.float32))
            scale = float((values * drawn).sum() / drawn.square().sum())
            if scale > 0 and float((values - scale * drawn).norm() / values.norm()) < SAME:
                return torch.from_numpy(np.array(there, np.float32)) / scale
    raise ConfigError.of("start_weight", weight=key)


def _parted(student: nn.Module, found: dict[str, Tensor]) -> dict[str, Tensor]:
    """Weights of merged blocks as those of their parts; others as they are."""
    parts = dict(found)
    for name, block in student.named_modules():
        if isinstance(block, PlainBlock):
            kernel = parts.pop(f"{name}.merged.weight")
            if block.passed is not None:
                parts[f"{name}.passed"] = kernel[:, :, 1, 1].diagonal().clone()
                kernel[:, :, 1, 1] -= torch.diag(parts[f"{name}.passed"])
            parts |= {f"{name}.conv.weight": kernel, f"{name}.norm.bias": parts.pop(f"{name}.merged.bias")}
    return parts
