"""Compile a bundle for this machine ahead of its first start."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from edge.app import starter_bundle
from edge.bundle.folder import open_bundle
from edge.engines.cuda import Gpu, ask_gpu
from edge.engines.plans import clean, folder, listing, plan_for
from edge.engines.trt_build import Say, compiler
from edge.errors import EngineError
from edge.words import Language, asked_language, word


def build_bundle(bundle: Path | None, say: Say, language: Language | None = None) -> None:
    """Put a plan of each model of a bundle (default: the starter bundle) into the cache, one after the other.

    say: gets lines for people, in a language (default: the locale's). Raises BundleError and EngineError.
    """
    language = language or asked_language()
    using = compiler()
    found: Gpu | None = None
    try:
        found = ask_gpu()
    except EngineError as error:
        if using.package == "tensorrt":
            raise EngineError.of("build_no_gpu", version=using.version, why=error) from error
    opened = open_bundle(bundle or starter_bundle())
    for name in opened.manifest.models:
        plan = plan_for(opened.path(name), using, found, say=say, language=language)
        key = "build_built" if plan.built else "build_kept"
        say(word(key, language, name=name, size=len(plan.data) / 1e6))
        if plan.given_back:
            say(word("build_given_back", language, name=name, nodes=", ".join(plan.given_back)))
    if found is None:
        say(word("build_proof_only", language))
    else:
        say(word("build_done", language, gpu=found.name, arch=found.arch, path=folder()))


def stored(language: Language | None = None) -> Iterator[str]:
    """One line a plan in the cache."""
    language = language or asked_language()
    yield from listing(language)
    yield word("plans_in", language, path=folder())


def clear(language: Language | None = None) -> str:
    """Delete every plan in the cache; says how many."""
    return word("plans_deleted", language or asked_language(), count=clean(), path=folder())
