"""How many clips and people the prediction sets of a bundle were fitted on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from pydantic import BaseModel, ConfigDict, Field

from edge.checked import Number, Whole
from edge.labels import Labels
from edge.words import Language, word

LEAST_EFFECTIVE = 9.0
"""Independent clips without which a label is never ruled out: the worst of ten may be the next."""


class Evidence(BaseModel):
    """What one label of one posterior was fitted on."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    clips: Whole = Field(ge=0)
    people: Whole = Field(ge=0)
    effective: Number = Field(ge=0.0)
    """Independent clips that they are worth: clips of one person are alike."""

    @property
    def few(self) -> bool:
        """Whether they are too few to rule the label out."""
        return self.effective < LEAST_EFFECTIVE


def posterior_name(name: str, language: Language) -> str:
    """What a person calls a posterior of the manifest: `fused audio+text`."""
    head, _, names = name.partition(" ")
    shown, parts = word(head, language), [word(one, language) for one in names.split("+") if one]
    if language == "ja":
        return shown + (f"（{'＋'.join(parts)}）" if parts else "")
    return shown + (f" ({'+'.join(parts)})" if parts else "")


def kept_in(
    evidence: Mapping[str, Sequence[Evidence]], labels: Labels, language: Language, names: Iterable[str] = ()
) -> list[str]:
    """A line for each posterior with labels that are never ruled out, for want of clips or people.

    labels: of the bundle. names: posteriors that are asked about; none: all. Like ones share a line.
    """
    found: dict[str, list[str]] = {}
    for name, rows in evidence.items():
        few = [(label, row) for label, row in zip(labels, rows, strict=True) if row.few]
        if few and (not names or name in names):
            said = [
                word(
                    "sets_label",
                    language,
                    label=labels.said(label, language),
                    clips=row.clips,
                    people=row.people,
                )
                for label, row in few
            ]
            listed = word("sets_and", language).join(said)
            found.setdefault(listed, []).append(posterior_name(name, language))
    comma = word("sets_and", language)
    return [
        word("sets_few", language, labels=listed, names=comma.join(shown)) for listed, shown in found.items()
    ]
