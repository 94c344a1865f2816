"""Compile a bundle for this machine ahead of its first start."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from edge.app import starter_bundle
from edge.bundle import open_bundle
from edge.engines.cuda import gpu
from edge.engines.plans import clean, folder, listing, plan_for
from edge.engines.trt_build import Precision, Say, compiler
from edge.errors import EngineError


def build_bundle(bundle: Path | None, precision: Precision, say: Say) -> None:
    """Put a plan of each model of a bundle (default: the starter bundle) into the cache, one after the other.

    say: gets lines for people. Raises BundleError and EngineError.
    """
    using, found = compiler(), gpu()
    if found is None and using.package == "tensorrt":
        raise EngineError(
            f"tensorrt {using.version} compiles only where an NVIDIA GPU answers; check the driver, "
            "or try the models elsewhere with tensorrt-rtx-cu12"
        )
    opened = open_bundle(bundle or starter_bundle())
    for name in opened.manifest.models:
        plan = plan_for(opened.path(name), using, found, precision, say)
        state = "built" if plan.built else "was there already"
        line = f"{name}: {precision} plan {state}, {len(plan.data) / 1e6:.1f} MB"
        if plan.given_back:
            line += f"; runs in float for want of an INT8 kernel: {', '.join(plan.given_back)}"
        say(line)
    if found is None:
        say("no NVIDIA GPU here: these plans only prove that the models compile")
    else:
        say(f"plans for {found.name} ({found.arch}) are in {folder()}")


def stored() -> Iterator[str]:
    """One line a plan in the cache."""
    yield from listing()
    yield f"in {folder()}"


def clear() -> str:
    """Delete every plan in the cache; says how many."""
    return f"{clean()} plans deleted from {folder()}"
