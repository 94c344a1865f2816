"""Importers: published corpora, as their authors lay them out, and the generic folder -> Examples.

ravdess      Actor_*/03-01-05-02-01-01-12.wav           (or metadata.csv)
nemo         data.tsv + samples/*.wav                   (or metadata.csv)
fer2013      fer2013.csv, or train/<emotion>/*.jpg, or labels.csv over mosaics of 48 px tiles
goemotions   train.tsv dev.tsv + labels.txt or emotions.txt
meld         train_sent_emo.csv dev_sent_emo.csv
"""

from __future__ import annotations

import csv
import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from calibration.dataset import Example, label_index, read_folder, read_rows, require_human
from edge.errors import DatasetError
from edge.items import Bytes

RAVDESS = ("neutral", "calm", "happy", "sad", "angry", "fearful", "disgust", "surprised")
FER2013 = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")
OWN_SPLIT = ("fer2013", "goemotions", "meld")
"""Corpora published with a validation split."""
FACE = 48
"""Side of a FER2013 face, alone or as a tile of a mosaic (pixels)."""

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
    readers = {"fer2013": _fer2013, "goemotions": _goemotions, "meld": _meld}
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
    speakers; the other corpora are trained on whole. Pseudo-labelled clips of people in dev or test are left
    out. Raises DatasetError.
    """
    splits = {}
    for name in names:
        parts: tuple[list[Example], list[Example], list[Example]] = ([], [], [])
        own = name in OWN_SPLIT
        for example in read_corpus(data, name):
            drawn = int(hashlib.sha256(example.speaker.encode()).hexdigest()[:8], 16) % 100
            first = name == names[0]
            drawn_for_test = first and not own and drawn >= 90 and example.speaker not in dev
            in_test = example.speaker in test if test else drawn_for_test
            in_dev = example.speaker in dev if dev else first and drawn < 5
            if example.soft is not None and (in_test or in_dev):
                continue  # who is judged on is judged on by human labels, and never trained on
            parts[2 if in_test else 1 if in_dev else 0].append(example)
        if own and name == names[0]:
            parts[2].extend(read_corpus(data, name, "dev"))
        splits[name] = Split(*parts)
    return splits


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


def read_faces(examples: Iterable[Example], size: int = FACE) -> Bytes:
    """Grey face pictures of examples that are crops already, [n, size, size]. Raises DatasetError."""
    import cv2

    mosaics: dict[Path, Bytes] = {}
    faces = []
    for example in examples:
        assert example.path is not None
        if example.path not in mosaics:
            if example.tile is None:
                mosaics.clear()
            picture = cv2.imread(str(example.path), cv2.IMREAD_GRAYSCALE)
            if picture is None:
                raise DatasetError(f"{example.path} is not a readable picture; replace or remove it")
            mosaics[example.path] = np.asarray(picture, np.uint8)
        face = mosaics[example.path]
        if example.tile is not None:
            row, column = (FACE * place for place in example.tile)
            face = face[row : row + FACE, column : column + FACE]
        if face.shape != (size, size):
            face = np.asarray(cv2.resize(face, (size, size), interpolation=cv2.INTER_AREA), np.uint8)
        faces.append(face)
    return np.stack(faces)


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
        name = row["file_id"] if row["file_id"].endswith(".wav") else f"{row['file_id']}.wav"
        if not (folder / "samples" / name).is_file():
            raise DatasetError(f"{table}, line {number}: samples/{name} does not exist")
        if label is not None:
            speaker = f"nemo-{row['speaker_id']}"
            examples.append(Example(name, label, speaker, folder / "samples" / name, row["raw_text"]))
    return examples


def _fer2013(folder: Path, split: str) -> list[Example]:
    wanted = "train" if split == "train" else "validation"
    if (folder / "labels.csv").is_file():
        columns = ("split", "file_name", "row", "column", "emotion")
        examples = []
        for number, row in read_rows(folder / "labels.csv", columns):
            label = label_index(row["emotion"], f"{folder / 'labels.csv'}, line {number}")
            if row["split"] == wanted and label is not None:
                tile = int(row["row"]), int(row["column"])
                name = f"{row['file_name']}:{tile[0]}:{tile[1]}"
                examples.append(Example(name, label, name, folder / row["file_name"], tile=tile))
        return examples
    if (folder / "fer2013.csv").is_file():
        return _fer2013_pixels(folder, wanted)
    examples = []
    for path in sorted((folder / wanted).glob("*/*.*")):
        label = label_index(path.parent.name, str(path))
        if label is not None:
            name = str(path.relative_to(folder))
            examples.append(Example(name, label, name, path))
    return examples


def _fer2013_pixels(folder: Path, wanted: str) -> list[Example]:
    """fer2013.csv holds the pixels themselves: laid out once as pictures beside it."""
    import cv2

    usage = {"train": "Training", "validation": "PublicTest"}[wanted]
    examples = []
    pictures = folder / "pictures" / wanted
    pictures.mkdir(parents=True, exist_ok=True)
    for number, row in read_rows(folder / "fer2013.csv", ("emotion", "pixels", "Usage")):
        label = label_index(FER2013[int(row["emotion"])], f"{folder / 'fer2013.csv'}, line {number}")
        if row["Usage"] != usage or label is None:
            continue
        path = pictures / f"{number}.png"
        if not path.is_file():
            face = np.array(row["pixels"].split(), np.uint8).reshape(FACE, FACE)
            cv2.imwrite(str(path), face)
        examples.append(Example(path.name, label, path.name, path))
    return examples


def _goemotions(folder: Path, split: str) -> list[Example]:
    names = next((folder / n for n in ("labels.txt", "emotions.txt") if (folder / n).is_file()), None)
    table = folder / f"{split}.tsv"
    if names is None or not table.is_file():
        raise DatasetError(f"{folder} needs {split}.tsv and labels.txt (or emotions.txt)")
    known = names.read_text(encoding="utf-8").split()
    examples = []
    with table.open(newline="", encoding="utf-8") as file:
        for number, row in enumerate(csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE), 1):
            where = f"{table}, line {number}"
            if len(row) != 3:
                raise DatasetError(f"{where}: expected text, labels and id, separated by tabs")
            try:
                emotions = [known[int(index)] for index in row[1].split(",")]
            except (ValueError, IndexError) as error:
                raise DatasetError(f"{where}: '{row[1]}' are no rows of {names.name}") from error
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
            examples.append(Example(name, label, f"meld-{row['Speaker']}", None, text))
    return examples
