"""Importers: published corpora, as their authors lay them out, and the generic folder -> Examples.

Layouts of the published ones: published.py. Which of them a model learns from is the recipe's to say.
"""

from __future__ import annotations

import difflib
import hashlib
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from calibration.data.dataset import Example, nameless, person, read_folder, require_human
from calibration.data.labels import LabelReader
from edge.errors import DatasetError
from edge.labels import Labels
from edge.words import asked_language
from export.corpora.fer2013 import PICTURES
from export.corpora.published import READERS, SPLIT_READERS
from export.progress import in_child, say

OWN_SPLIT = ("fer2013", "goemotions")
"""Corpora published with a validation split that shares nobody with the training split (MELD's does)."""
LABEL_FILES = (".csv", ".tsv", ".txt")


def read_corpus(data: Path, name: str, labels: Labels, split: str = "train") -> list[Example]:
    """Examples of one corpus below `data`; a name not listed above is a generic folder.

    split: train or dev, for corpora that come split. Says how many examples show what no label stands for.
    Raises DatasetError.
    """
    folder, emotions = data / name, LabelReader(labels)
    if not folder.is_dir():
        raise DatasetError.of("corpus_none", data=data, name=name)
    if name in SPLIT_READERS:
        examples = SPLIT_READERS[name](folder, split, emotions)
    elif name in READERS and not (folder / "metadata.csv").is_file():
        examples = READERS[name](folder, emotions)
    else:
        examples = read_folder(folder, emotions)
    if not examples:
        raise DatasetError.of("corpus_empty", folder=folder, split=split, name=name)
    for line in emotions.told(folder):
        say_once(line.told(asked_language()))
    return examples


@dataclass(frozen=True)
class Split:
    """Examples by role; no speaker and no session has two roles."""

    train: list[Example]
    dev: list[Example]
    test: list[Example]


def split_corpora(
    data: Path, names: Sequence[str], dev: Sequence[str], test: Sequence[str], labels: Labels
) -> dict[str, Split]:
    """Share the examples of each corpus out by speaker.

    With lists, dev and test hold the speakers named there. Without, a twentieth of the first corpus's
    speakers (by hash of the name) are dev; its own validation split is test, or else a tenth of its
    speakers; the other corpora are trained on, but for these people. Of a session that is judged on, nothing
    is trained on; pseudo-labelled clips of people in dev or test are left out. Raises DatasetError, also for
    a speaker who is in both lists or in no corpus, and where speakers would be drawn but are not known.
    """
    dev, test = [person(name) for name in dev], [person(name) for name in test]
    splits: dict[str, Split] = {}
    met: set[str] = set()
    dealt: dict[str, int] = {}  # speaker -> role drawn in the first corpus
    for speaker in dev:
        if speaker in test:
            raise DatasetError.of("corpus_in_both", name=speaker)
    for name in names:
        parts: tuple[list[Example], list[Example], list[Example]] = ([], [], [])
        own = name in OWN_SPLIT
        examples = read_corpus(data, name, labels)
        _require_speakers(data / name, examples, drawn=name == names[0] and not (dev and test))
        for example in examples:
            if name == names[0]:
                drawn = int(hashlib.sha256(example.speaker.encode()).hexdigest()[:8], 16) % 100
                for_test = drawn >= 90 and not own and example.speaker not in dev
                dealt[example.speaker] = 2 if for_test else 1 if drawn < 5 else 0
            role = dealt.get(example.speaker, 0)
            in_test = example.speaker in test if test else role == 2
            in_dev = example.speaker in dev if dev else role == 1
            met.add(example.speaker)
            if example.soft is not None and (in_test or in_dev):
                continue  # who is judged on is judged on by human labels, and never trained on
            parts[2 if in_test else 1 if in_dev else 0].append(example)
        if own and name == names[0]:
            parts[2].extend(read_corpus(data, name, labels, "dev"))
        splits[name] = _apart(data / name, *parts)
    for kind, speakers in (("dev", dev), ("test", test)):
        _require_known(kind, speakers, met, names)
    return splits


def _require_known(kind: str, speakers: Sequence[str], known: Set[str], names: Sequence[str]) -> None:
    """Every speaker the recipe names under dev or test is in one of the corpora."""
    for speaker in speakers:
        if speaker not in known:
            (near,) = difflib.get_close_matches(speaker, sorted(known), 1, 0.0)
            raise DatasetError.of("corpus_nobody", name=speaker, kind=kind, where=", ".join(names), near=near)


def _require_speakers(folder: Path, examples: Sequence[Example], *, drawn: bool) -> None:
    """Refuse unknown speakers where the split draws people at random; elsewhere warn once."""
    count = nameless(examples)
    if count:
        key = "corpus_no_speakers" if drawn else "corpus_unknown_trained"
        said = DatasetError.of(key, folder=folder, count=count, of=len(examples))
        if drawn:
            raise said
        say_once(said.told(asked_language()))


def _apart(folder: Path, train: list[Example], dev: list[Example], test: list[Example]) -> Split:
    """Remove examples whose session is in dev or test from the parts before it; say how many were removed."""
    judged = {example.session for example in test} - {None}
    kept_dev = _without(folder, "dev", dev, judged)
    judged |= {example.session for example in kept_dev} - {None}
    return Split(_without(folder, "train", train, judged), kept_dev, test)


def _without(folder: Path, role: str, part: list[Example], judged: Set[str | None]) -> list[Example]:
    kept = [example for example in part if example.session not in judged]
    if part and not kept:
        raise DatasetError.of("corpus_all_sessions", folder=folder, role=role, session=part[0].session)
    if len(kept) < len(part):
        count = len(part) - len(kept)
        said = DatasetError.of("corpus_sessions", folder=folder, role=role, count=count, of=len(part))
        say_once(said.told(asked_language()))
    return kept


@cache
def say_once(line: str) -> None:
    """A run splits its corpora many times, and each process it starts does so again."""
    if not in_child():
        say(line)


def joined(splits: Mapping[str, Split]) -> Split:
    """All corpora as one. Raises DatasetError when nobody is left for a role."""
    roles = {
        role: [e for s in splits.values() for e in getattr(s, role)] for role in ("train", "dev", "test")
    }
    for role, examples in roles.items():
        if not examples:
            raise DatasetError.of("corpus_role", where=", ".join(splits), role=role)
    require_human([*roles["dev"], *roles["test"]])
    return Split(**roles)


def corpora_fingerprint(data: Path, folders: Iterable[str]) -> str:
    """Short digest of folders below `data`: every file's name and size, and what label files say.

    Cheap enough for any corpus; a recording that changes without its size changing goes unseen.
    """
    whole = hashlib.sha256()
    for name in sorted(set(folders)):
        folder = data / name
        for path in sorted(folder.rglob("*")):
            place = path.relative_to(folder)
            hidden = any(part.startswith(".") for part in place.parts)
            if hidden or not path.is_file() or (name, place.parts[0]) == ("fer2013", PICTURES):
                continue
            whole.update(f"{name}/{place.as_posix()}\0{path.stat().st_size}\0".encode())
            if path.suffix.lower() in LABEL_FILES:
                whole.update(hashlib.sha256(path.read_bytes()).digest())
    return whole.hexdigest()[:10]
