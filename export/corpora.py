"""Importers: published corpora, as their authors lay them out, and the generic folder -> Examples.

ravdess      Actor_*/03-01-05-02-01-01-12.wav           (or metadata.csv)
nemo         data.tsv + samples/*.wav                   (or metadata.csv)
fer2013      fer2013.csv, or train/<emotion>/*.jpg, or labels.csv over mosaics of 48 px tiles
goemotions   train.tsv dev.tsv + labels.txt or emotions.txt
meld         train_sent_emo.csv dev_sent_emo.csv
"""

from __future__ import annotations

import csv
import difflib
import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from calibration.dataset import Example, label_index, read_folder, read_rows, require_human
from edge.errors import DatasetError
from export.fer2013 import PICTURES, read_fer2013

RAVDESS = ("neutral", "calm", "happy", "sad", "angry", "fearful", "disgust", "surprised")
OWN_SPLIT = ("fer2013", "goemotions")
"""Corpora published with a validation split that shares nobody with the training split (MELD's does)."""
LABEL_FILES = (".csv", ".tsv", ".txt")

EKMAN = {
    "angry": "anger annoyance disapproval",
    "happy": "joy amusement approval excitement gratitude love optimism relief pride admiration desire "
    "caring",
    "sad": "sadness disappointment embarrassment grief remorse",
    "worried": "fear nervousness",
    "surprise": "surprise realization confusion curiosity",
}
"""GoEmotions' 28 names by label (Demszky et al. 2020, Ekman grouping)."""
FINE = {fine: label for label, names in EKMAN.items() for fine in names.split()}


def read_corpus(data: Path, name: str, split: str = "train") -> list[Example]:
    """Examples of one corpus below `data`; a name not listed above is a generic folder.

    split: train or dev, for corpora that come split. Raises DatasetError.
    """
    folder = data / name
    if not folder.is_dir():
        raise DatasetError(f"{data} holds no folder {name}; put the corpus there or take it off the recipe")
    readers = {"fer2013": read_fer2013, "goemotions": _goemotions, "meld": _meld}
    if name in readers:
        examples = readers[name](folder, split)
    elif (folder / "metadata.csv").is_file():
        examples = read_folder(folder)
    elif name == "ravdess":
        examples = _ravdess(folder)
    elif name == "nemo":
        examples = _nemo(folder)
    else:
        examples = read_folder(folder)
    if not examples:
        raise DatasetError(f"{folder} ({split}) gave no usable example; is it the published {name}?")
    return examples


@dataclass(frozen=True)
class Split:
    """Examples by role; no speaker has two roles."""

    train: list[Example]
    dev: list[Example]
    test: list[Example]


def split_corpora(
    data: Path, names: Sequence[str], dev: Sequence[str], test: Sequence[str]
) -> dict[str, Split]:
    """Share the examples of each corpus out by speaker.

    With lists, dev and test hold the speakers named there. Without, a twentieth of the first corpus's
    speakers (by hash of the name) are dev; its own validation split is test, or else a tenth of its
    speakers; the other corpora are trained on, but for these people. Of a conversation that is judged,
    nothing is trained on; pseudo-labelled clips of people in dev or test are left out. Raises DatasetError,
    also for a speaker who is in both lists or in no corpus.
    """
    splits: dict[str, Split] = {}
    met: set[str] = set()
    dealt: dict[str, int] = {}  # speaker -> role drawn in the first corpus
    for speaker in dev:
        if speaker in test:
            raise DatasetError(f"the speaker '{speaker}' is named under dev and under test; keep one of them")
    for name in names:
        parts: tuple[list[Example], list[Example], list[Example]] = ([], [], [])
        own = name in OWN_SPLIT
        for example in read_corpus(data, name):
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
            parts[2].extend(read_corpus(data, name, "dev"))
        splits[name] = _apart(*parts)
    for kind, speakers in (("dev", dev), ("test", test)):
        for speaker in speakers:
            if speaker not in met:
                (near,) = difflib.get_close_matches(speaker, sorted(met), 1, 0.0)
                where = ", ".join(names)
                raise DatasetError(f"no '{speaker}', named under {kind}, is in {where}; nearest is '{near}'")
    return splits


def _apart(train: list[Example], dev: list[Example], test: list[Example]) -> Split:
    """The parts without what was said in a conversation that a later part holds."""
    judged = {example.scene for example in test} - {None}
    dev = [example for example in dev if example.scene not in judged]
    judged |= {example.scene for example in dev} - {None}
    return Split([example for example in train if example.scene not in judged], dev, test)


def joined(splits: Mapping[str, Split]) -> Split:
    """All corpora as one. Raises DatasetError when nobody is left for a role."""
    roles = {
        role: [e for s in splits.values() for e in getattr(s, role)] for role in ("train", "dev", "test")
    }
    for role, examples in roles.items():
        if not examples:
            raise DatasetError(
                f"{', '.join(splits)}: no speaker is left for {role}; name speakers under dev and test"
            )
    require_human([*roles["dev"], *roles["test"]])
    return Split(**roles)


def fingerprint(data: Path, folders: Iterable[str]) -> str:
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


def _ravdess(folder: Path) -> list[Example]:
    examples = []
    for path in sorted(folder.rglob("03-01-*.wav")):
        parts = path.stem.split("-")
        if not re.fullmatch(r"03-01-0[1-8]-\d\d-0[12]-\d\d-\d\d", path.stem):
            raise DatasetError(f"{path}: not a RAVDESS name (seven numbers joined by -); remove it")
        label = label_index(RAVDESS[int(parts[2]) - 1], str(path))
        if label is not None:
            said = ("Kids are talking by the door.", "Dogs are sitting by the door.")[int(parts[4]) - 1]
            name = str(path.relative_to(folder))
            examples.append(Example(name, label, f"ravdess-{parts[6]}", path, said))
    return examples


def _nemo(folder: Path) -> list[Example]:
    table = folder / "data.tsv"
    if not table.is_file():
        raise DatasetError(f"{folder} holds neither metadata.csv nor data.tsv; is it the published nEMO?")
    examples = []
    for number, row in read_rows(table, ("file_id", "emotion", "raw_text", "speaker_id"), "\t"):
        label = label_index(row["emotion"], f"{table}, line {number}")
        name = row["file_id"] if row["file_id"].lower().endswith(".wav") else f"{row['file_id']}.wav"
        if not (folder / "samples" / name).is_file():
            raise DatasetError(f"{table}, line {number}: samples/{name} does not exist")
        if label is not None:
            speaker = f"nemo-{row['speaker_id']}"
            examples.append(Example(name, label, speaker, folder / "samples" / name, row["raw_text"]))
    return examples


def _goemotions(folder: Path, split: str) -> list[Example]:
    names = next((folder / n for n in ("labels.txt", "emotions.txt") if (folder / n).is_file()), None)
    table = folder / f"{split}.tsv"
    if names is None or not table.is_file():
        raise DatasetError(f"{folder} needs {split}.tsv and labels.txt (or emotions.txt)")
    examples = []
    try:
        known = names.read_text(encoding="utf-8").split()
        with table.open(newline="", encoding="utf-8") as file:
            rows = list(enumerate(csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE), 1))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DatasetError(f"{table} or {names.name} cannot be read ({error}); save both as UTF-8") from error
    for number, row in rows:
        where = f"{table}, line {number}"
        if len(row) != 3:
            raise DatasetError(f"{where}: expected text, labels and id, separated by tabs")
        if any(not index.isdecimal() or int(index) >= len(known) for index in row[1].split(",")):
            raise DatasetError(f"{where}: '{row[1]}' are no rows of {names.name}")
        emotions = [known[int(index)] for index in row[1].split(",")]
        found = [label_index(FINE.get(name, name), where) for name in emotions]
        labels = list(dict.fromkeys(label for label in found if label is not None))
        if labels and len(labels) == len(set(found)):
            first, *others = labels
            examples.append(Example(row[2], first, row[2], None, row[0], also=tuple(others)))
    return examples


def _meld(folder: Path, split: str) -> list[Example]:
    table = folder / f"{split}_sent_emo.csv"
    columns = ("Utterance", "Speaker", "Emotion", "Dialogue_ID", "Utterance_ID")
    examples = []
    for number, row in read_rows(table, columns):
        label = label_index(row["Emotion"], f"{table}, line {number}")
        if label is not None:
            name = f"{row['Dialogue_ID']}-{row['Utterance_ID']}"
            # The published file was saved in Windows-1252 and read as Latin-1: quotes came out as controls.
            text = row["Utterance"].replace("\x92", "'").replace("\x91", "'").replace("\x97", "-")
            speaker, scene = f"meld-{row['Speaker']}", f"{split}-{row['Dialogue_ID']}"
            examples.append(Example(name, label, speaker, None, text, scene=scene))
    return examples
