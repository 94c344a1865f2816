"""The students in PyTorch eager, for `edge bench --compare`: a child process of edge/bench/compare.py.

An ONNX file does not hold the modules it came from: they are built anew with random weights. The same
operations on the same shapes take the same time, and the outputs mean nothing.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from edge.bench.rivals import FACES, Rival, serve
from edge.bundle.folder import Bundle, open_bundle
from edge.bundle.manifest import Manifest
from edge.bundle.onnx_file import load_graph
from export.fusion.experts import ExpertsHead
from export.fusion.head import FusionHead
from export.students.networks import AudioStudent, TextStudent, VisionStudent


def eager_networks(bundle: Bundle) -> dict[str, nn.Module]:
    """The four networks a bundle was exported from, with random weights."""
    manifest = bundle.manifest
    labels = len(manifest.labels)
    # Only the transformer layers of the audio-guided head have a GELU.
    guided = any(node.op_type == "Erf" for node in load_graph(bundle.path("fusion")).graph.node)
    networks: dict[str, nn.Module] = {
        "audio": AudioStudent(manifest.audio, labels),
        "vision": VisionStudent(labels).eval().fuse(),
        "text": TextStudent(manifest.text, labels),
        "fusion": FusionHead(labels) if guided else ExpertsHead(labels),
    }
    return {name: network.eval() for name, network in networks.items()}


def eager(asked: dict[str, Any]) -> Rival:
    """One window: the faces in one call, as a user of PyTorch would."""
    torch.set_num_threads(asked["threads"])
    bundle = open_bundle(Path(asked["bundle"]))
    networks = eager_networks(bundle)
    given = {name: inputs(bundle.manifest, name) for name in networks}

    def run() -> None:
        with torch.inference_mode():
            for name, network in networks.items():
                network(*given[name])

    weights = [tensor for network in networks.values() for tensor in network.state_dict().values()]
    return Rival(run, sum(tensor.numel() * tensor.element_size() for tensor in weights) / 1e6)


def inputs(manifest: Manifest, name: str) -> list[Tensor]:
    """Arguments of one network's forward, in order: random, nothing masked."""
    found = []
    for key, shape in manifest.models[name].inputs.items():
        sizes = (FACES, *shape[1:]) if key == "faces" else tuple(shape)
        whole = key == "ids" or key.endswith("mask") or key in ("present", "quality")
        found.append(
            torch.ones(sizes, dtype=torch.int32 if key == "ids" else None) if whole else torch.randn(sizes)
        )
    return found


if __name__ == "__main__":
    asked_for = json.loads(sys.argv[1])
    serve(lambda: eager(asked_for))
