"""[labels] of a recipe: names in order, first what people show most of the time, and what is known of each.

    [labels]
    neutral = {}                  # a name of the starter's label: its words, flags and synonyms
    angry = { event = false }     # or some of them
    confused = { ja = "困惑", negative = true, event = true, synonyms = ["confusion", "戸惑い"] }

Where [labels] lacks, the labels are the starter's. A word that one label names here is no longer a synonym of
another label of the starter.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

from edge.checked import Text
from edge.errors import InputError
from edge.labels import LabelFacts, Labels, plain
from edge.starter_labels import STARTER

MOST = 12
"""Labels of a recipe: as many as there are shapes on the panel."""


class LabelRecipe(BaseModel):
    """What a recipe says of one label; None: as the starter's label of that name has it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    en: Text | None = None
    ja: Text | None = None
    negative: bool | None = None
    event: bool | None = None
    synonyms: tuple[Text, ...] | None = None


class _Section:
    """Tells pydantic how [labels] is read and written."""

    @staticmethod
    def __get_pydantic_core_schema__(source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(
            completed,
            handler(dict[Text, LabelRecipe]),
            serialization=core_schema.plain_serializer_function_ser_schema(
                lambda labels: {name: facts.model_dump() for name, facts in labels.facts.items()}
            ),
        )


RecipeLabels = Annotated[Labels, _Section]


def completed(said: Mapping[str, LabelRecipe], known: Labels = STARTER) -> Labels:
    """The labels with what is not said of them, from those known. Raises ValueError, for pydantic."""
    if not 2 <= len(said) <= MOST:
        raise ValueError(InputError.of("labels_few", count=len(said)))
    for name in said:
        if not plain(name) or ";" in name or plain(name) == "cannot_tell":
            raise ValueError(InputError.of("label_name", name=name))
    claims = Counter(plain(word) for name, given in said.items() for word in _words(name, given))
    labels = Labels({name: _facts(name, given, claims, known) for name, given in said.items()})
    owner: dict[str, str] = {}
    for name in labels:
        for word in sorted(labels.names_of(name)):
            if owner.setdefault(word, name) != name:
                raise ValueError(InputError.of("label_shared", said=word, one=owner[word], other=name))
    return labels


def _words(name: str, given: LabelRecipe) -> set[str]:
    return {plain(word) for word in (name, given.en, given.ja, *(given.synonyms or ())) if word}


def _facts(name: str, given: LabelRecipe, claims: Counter[str], labels: Labels) -> LabelFacts:
    known = labels.facts.get(name, LabelFacts(en=name, ja=name))
    said = given.model_dump(exclude_none=True)
    if given.synonyms is None:
        own = _words(name, given)
        free = (word for word in known.synonyms if plain(word) in own or not claims[plain(word)])
        said["synonyms"] = tuple(free)
    return known.model_copy(update=said)
