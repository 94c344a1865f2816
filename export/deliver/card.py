"""card.md and card.ja.md: what a person must know before trusting a bundle, from one template."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from calibration.report.render import render
from edge.bundle.evidence import kept_in
from edge.bundle.folder import Bundle
from edge.items import MODALITIES
from edge.words import Language
from export.deliver.measured import Measured
from export.deliver.names import LICENCES, Names
from export.judge.headline import HEADLINE
from export.recipe import Recipe

FILES: dict[Language, str] = {"en": "card.md", "ja": "card.ja.md"}
"""The card in each language. A bundle of an earlier version has the English one alone."""
QUOTED: dict[Language, tuple[str, ...]] = {
    "en": ("The {name} network ",),
    "ja": ("{name}のモデルは", "{name}のネットワークは"),  # the second in cards of earlier versions
}
"""How a line about a network begins."""
QUOTING = (" Its card says of it:", "そのカードの記載：")
"""How it ends where lines of the card before follow."""


def card(recipe: Recipe, before: Mapping[str, Bundle], found: Measured, language: Language = "en") -> str:
    """The card as Markdown.

    before: modality -> the bundle its network began as, whose data and licences count here too.
    """
    names = Names(language)
    corpora = dict.fromkeys([*recipe.audio.corpora, *recipe.vision.corpora, *recipe.text.corpora])
    if recipe.audio.noise:
        corpora[recipe.audio.noise] = None
    lines = {line[2:] for start in before.values() for line in _lines(start, "en")}
    inherited = [name for name, (english, _) in LICENCES.items() if english in lines]
    teachers = {name: getattr(recipe, name).teacher for name in MODALITIES}
    return render(
        Path(__file__).parent,
        "card.md.jinja",
        names=names,
        t=names.t,
        name=recipe.name,
        labels=[recipe.labels.said(name, language) for name in recipe.labels],
        published=dict.fromkeys([*(name for name in corpora if name in LICENCES), *inherited]),
        own=[name for name in corpora if name not in LICENCES],
        teachers={name: teacher for name, teacher in teachers.items() if teacher not in (None, "cnn")},
        unseen=found.unseen,
        starts=[_start(name, start, recipe, language) for name, start in before.items()],
        judged=[
            {"title": held_out.title, "number": HEADLINE[held_out.modality], **found.results[held_out.title]}
            for held_out in found.sets
        ],
        voices=[
            {"title": held_out.title, "points": points}
            for held_out in found.sets
            if (points := found.results[held_out.title]["int8"].voice)
        ],
        kept_in=kept_in(found.evidence, recipe.labels, language),
        adapted=found.adapted,
        noise=recipe.audio.noise,
        taught=found.taught,
        composed=found.composed,
        reports=found.quantized,
        parity=found.parity,
        private=found.private,
        speed=found.speed,
        window=found.speed["stages"]["whole window"],
    )


def _start(name: str, start: Bundle, recipe: Recipe, language: Language) -> dict[str, Any]:
    """What the card says of a network that began as another bundle's."""
    return {
        "network": name,
        "kept": getattr(recipe, name).epochs == 0,
        "name": start.manifest.name,
        "created": start.manifest.created,
        "said": _said_of(name, start, language),
    }


def _lines(start: Bundle, language: Language) -> list[str]:
    return start.path(FILES[language]).read_text(encoding="utf-8").splitlines()


def _said_of(name: str, start: Bundle, language: Language) -> list[str]:
    """The lines of another card about the teachers of a network, and about the bundles before, as quoted.

    In English where that card has no other language. What it quotes itself stands beside its own lines.
    """
    if FILES[language] not in start.manifest.files:
        language = "en"
    plain = [line.lstrip("> ").rstrip() for line in _lines(start, language)]
    said = Names(language).named(name)
    begin = tuple(part.format(name=said) for part in QUOTED[language])
    quoted = list[str]()
    for line, after in zip(plain, [*plain[1:], ""], strict=True):
        if line.startswith(begin):
            own = line.removesuffix(QUOTING[0]).removesuffix(QUOTING[1])
            quoted += [*([""] if quoted else []), own, *([after] if after else [])]
    return [f"> {line}".rstrip() for line in quoted]
