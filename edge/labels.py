"""The labels of a bundle in their order, with what is known of each: said in a recipe, kept in a manifest."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from types import MappingProxyType

from pydantic import BaseModel, ConfigDict
from typing_extensions import Self

from edge.checked import Text
from edge.words import Language, asked_language


class LabelFacts(BaseModel):
    """What is known of one label besides its name."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    en: Text
    """The word a person is shown, English."""
    ja: Text
    """The same, Japanese."""
    negative: bool = False
    """Whether it is one of the negative emotions, whose misses and false alarms are counted."""
    event: bool = False
    """Whether somebody wants to hear of it: a miss of it counts as one of a negative emotion does."""
    synonyms: tuple[Text, ...] = ()
    """Other names that tables may use."""


class Labels(tuple[str, ...]):
    """Names of labels in the order of the networks' outputs, with the facts of each."""

    facts: Mapping[str, LabelFacts]

    def __new__(cls, facts: Mapping[str, LabelFacts]) -> Self:
        made = super().__new__(cls, facts)
        made.facts = MappingProxyType(dict(facts))
        return made

    def __reduce__(self) -> tuple[type[Self], tuple[dict[str, LabelFacts]]]:
        return type(self), (dict(self.facts),)

    def said(self, name: str, language: Language) -> str:
        """The word of a label; a name that is none of them stays."""
        found = self.facts.get(name)
        return name if found is None else found.ja if language == "ja" else found.en

    def both(self, name: str, language: Language) -> tuple[str, str]:
        """Its word in a language and in the other one."""
        return self.said(name, language), self.said(name, "en" if language == "ja" else "ja")

    def find(self, said: str) -> str | None:
        """The label of a name, a word in either language or a synonym; None where it is none of them."""
        return next((name for name in self if plain(said) in self.names_of(name)), None)

    def names_of(self, name: str) -> set[str]:
        """Everything that a label may be called, plain."""
        found = self.facts[name]
        return {plain(text) for text in (name, found.en, found.ja, *found.synonyms)}

    @property
    def negative(self) -> tuple[str, ...]:
        """The negative ones."""
        return tuple(name for name, found in self.facts.items() if found.negative)

    @property
    def events(self) -> tuple[str, ...]:
        """Those somebody wants to hear of."""
        return tuple(name for name, found in self.facts.items() if found.event)

    def listed(self, names: Iterable[str], language: Language) -> str:
        """Words of labels, one after the other."""
        return ("・" if language == "ja" else ", ").join(self.said(name, language) for name in names)

    @property
    def choice(self) -> str:
        """What may be written in a table, in the language the command speaks."""
        if asked_language() == "en":
            return ", ".join(self)
        return "、".join(f"{self.said(name, 'ja')}（{name}）" for name in self)


def plain(name: str) -> str:
    """A name without what people write differently: case, width, space around."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())
