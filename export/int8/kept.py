"""Networks that stay as they are in the bundle a recipe starts from: the INT8 file and its facts."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from calibration.int8.multiplications import find_products
from calibration.int8.quantize import QuantizeReport
from edge.bundle.folder import Bundle
from edge.bundle.onnx_file import load_graph
from edge.items import MODALITIES
from export.recipe import Recipe
from export.students.warm_start import started_from

OF_NETWORK = ("calibration", "quantization", "parity")
"""Fields of the manifest that say something of one network's file."""
OF_POSTERIOR = ("temperature", "bias", "conformal_threshold", "evidence")
"""Fields that say something of what it answers; anew wherever there are examples."""


def kept_networks(recipe: Recipe, data: Path) -> dict[str, Bundle]:
    """Encoder -> the bundle it stays as in. Its INT8 file is taken as it is: it answers as it did there."""
    kept = [name for name in MODALITIES if not getattr(recipe, name).epochs]
    return {name: start for name in kept if (start := started_from(recipe, name, data))}


def kept_report(start: Bundle, name: str, floats: Path) -> QuantizeReport:
    """What became INT8 of a network that is kept. floats: its FP32 file."""
    entry, told = start.manifest.models[name], start.manifest.quantization.get(name, {})
    products, left = find_products(load_graph(floats))
    left |= {step["node"]: "given back" for step in told.get("given_back", ())}
    total = sum(product.macs for product in products)
    done = sum(product.macs for product in products if product.output not in left)
    calls = start.manifest.calibration.get(name, {}).get("calls", 0)
    method = told.get("ranges", "minmax")
    return QuantizeReport(entry.int8_nodes, entry.nodes, done / max(total, 1), left, calls, method, 0)


def keep_facts(facts: dict[str, Any], kept: Mapping[str, Bundle], fields: tuple[str, ...]) -> None:
    """What the manifest says of kept networks becomes what the bundles they are from say of them."""
    for name, start in kept.items():
        before = start.manifest.model_dump(mode="json")
        for field in fields:
            facts[field] = {other: found for other, found in facts[field].items() if other != name}
            if name in (before[field] or {}):
                facts[field][name] = before[field][name]
