"""Whom a bundle learned from: kept in it as digests, and asked of the bundles that it begins as."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

from calibration.data.dataset import Example
from calibration.site.known import shared
from edge.bundle.folder import Bundle
from edge.bundle.manifest import Manifest
from edge.bundle.site import Learned, person_digest
from edge.errors import ConfigError
from edge.items import MODALITIES
from edge.words import asked_language
from export.corpora.readers import Split, joined, say_once
from export.recipe import Recipe
from export.students.audio import audio_split
from export.students.text import text_split
from export.students.vision import vision_corpora
from export.students.warm_start import started_from

SPLITS: dict[str, Callable[[Recipe, Path], Split]] = {
    "audio": audio_split,
    "vision": lambda recipe, data: joined(vision_corpora(recipe, data)),
    "text": text_split,
}


def learned_from(recipe: Recipe, data: Path) -> Learned:
    """Everybody that the networks, and those they began as, were trained on, and whom confidence is of."""
    splits = {name: read(recipe, data) for name, read in SPLITS.items()}
    starts = {name: start for name in MODALITIES if (start := started_from(recipe, name, data))}
    return learned_of(splits, starts)


def learned_of(splits: Mapping[str, Split], starts: Mapping[str, Bundle]) -> Learned:
    """The same of the examples of each modality and the bundles its network began as."""
    trained, tuned = set[str](), set[str]()
    for name, split in splits.items():
        trained |= _digests(split.train)
        tuned |= _digests(split.dev)
        if name in starts:
            before = starts[name].manifest
            trained |= _trained(before)
            tuned |= set(before.learned.tuned if before.learned else ())
    return Learned(trained=tuple(sorted(trained)), tuned=tuple(sorted(tuned - trained)))


def known_to_start(name: str, start: Bundle, split: Split) -> Iterator[ConfigError]:
    """What is wrong where the bundle that a network begins as was trained on people of dev or test.

    A line is said where it does not tell whom it learned from, or where its confidence is of test people.
    """
    manifest = start.manifest
    for role, examples in (("dev", split.dev), ("test", split.test)):
        people = _people(examples)
        if both := shared(people, _trained(manifest)):
            values = {"name": name, "folder": start.folder, "role": role}
            yield ConfigError.of("start_knows", count=len(both), of=len(people), person=both[0], **values)
    tuned = shared(_people(split.test), manifest.learned.tuned if manifest.learned else ())
    if tuned:
        said = ConfigError.of(
            "start_tuned", name=name, folder=start.folder, count=len(tuned), person=tuned[0]
        )
        say_once(said.told(asked_language()))
    elif manifest.learned is None and _people(split.test):
        say_once(ConfigError.of("start_unsaid", name=name, folder=start.folder).told(asked_language()))


def _trained(manifest: Manifest) -> set[str]:
    """Whom its networks or its site head learned from."""
    trained = set(manifest.learned.trained if manifest.learned else ())
    return trained | set(manifest.site.recordings.people if manifest.site else ())


def _people(examples: Iterable[Example]) -> list[str]:
    """Who is known by name, sorted; a face or sentence of nobody known is named like its file or row."""
    return sorted({one.speaker for one in examples if one.named and one.speaker != one.name})


def _digests(examples: Iterable[Example]) -> set[str]:
    return {person_digest(name) for name in _people(examples)}
