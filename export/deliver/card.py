"""card.md: what a person must know before trusting a bundle."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from calibration.report.render import render
from edge.bundle.folder import Bundle
from edge.items import MODALITIES
from export.deliver.measured import Measured
from export.judge.headline import HEADLINE
from export.recipe import Recipe

LICENCES = {
    "ravdess": "RAVDESS, acted English speech, CC BY-NC-SA 4.0",
    "nemo": "nEMO, acted Polish speech, CC BY-NC-SA 4.0",
    "fer2013": "FER2013, faces from the web, for research only",
    "goemotions": "GoEmotions, English comments from the web, CC BY 4.0",
    "meld": "MELD, English TV dialogue, repository under GPL-3.0; the text belongs to its owners",
    "noise": "ESC-10, environmental sound, CC BY 3.0",
}


def card(recipe: Recipe, before: Mapping[str, Bundle], found: Measured) -> str:
    """The card as Markdown.

    before: modality -> the bundle its network began as, whose data and licences count here too.
    """
    corpora = dict.fromkeys([*recipe.audio.corpora, *recipe.vision.corpora, *recipe.text.corpora])
    if recipe.audio.noise:
        corpora[recipe.audio.noise] = None
    earlier = {
        name: start.path("card.md").read_text(encoding="utf-8").splitlines() for name, start in before.items()
    }
    inherited = [line[2:] for old in earlier.values() for line in old if line[2:] in LICENCES.values()]
    teachers = {name: getattr(recipe, name).teacher for name in MODALITIES}
    return render(
        Path(__file__).parent,
        "card.md.jinja",
        name=recipe.name,
        labels=[recipe.labels.said(name, "en") for name in recipe.labels],
        licences=dict.fromkeys([*(LICENCES[name] for name in corpora if name in LICENCES), *inherited]),
        own=[name for name in corpora if name not in LICENCES],
        teachers={name: teacher for name, teacher in teachers.items() if teacher not in (None, "cnn")},
        starts=[_start(name, start, recipe, earlier[name]) for name, start in before.items()],
        judged=[
            {"title": held_out.title, "number": HEADLINE[held_out.modality], **found.results[held_out.title]}
            for held_out in found.sets
        ],
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


def _start(name: str, start: Bundle, recipe: Recipe, card: Sequence[str]) -> dict[str, Any]:
    """What the card says of a network that began as another bundle's."""
    return {
        "network": name,
        "kept": "is" if getattr(recipe, name).epochs == 0 else "went on from",
        "name": start.manifest.name,
        "created": start.manifest.created,
        "said": _said_of(name, card),
    }


def _said_of(name: str, card: Sequence[str]) -> list[str]:
    """The lines of another card about the teachers of a network, and about the bundles before, as quoted."""
    plain = [line.removeprefix("> ") for line in card]
    first = [index for index, line in enumerate(plain) if line.startswith(f"The {name} network ")]
    return [f"> {line}".rstrip() for index in first for line in plain[index : index + 2]]
