"""Importers of published corpora, as their authors lay them out.

ravdess      Actor_*/03-01-05-02-01-01-12.wav           (or metadata.csv)
nemo         data.tsv + samples/*.wav                   (or metadata.csv)
emovo        f1/dis-f1-b1.wav                           (or metadata.csv)
emogator     <emotion>/000001-02-2.mp3                  (or metadata.csv)
fer2013      fer2013.csv, or train/<emotion>/*.jpg, or labels.csv over mosaics of 48 px tiles
goemotions   train.tsv dev.tsv + labels.txt or emotions.txt
meld         train_sent_emo.csv dev_sent_emo.csv
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from calibration.data.dataset import Example, person
from calibration.data.encodings import decoded
from calibration.data.labels import LabelReader
from calibration.data.recordings import SOUNDS
from calibration.data.table import Once, read_rows, read_unquoted, shown
from edge.errors import DatasetError
from edge.recording.sealed import media_suffix
from export.corpora.fer2013 import read_fer2013

RAVDESS = ("neutral", "calm", "happy", "sad", "angry", "fearful", "disgust", "surprised")
EMOVO = {
    "neu": "neutral",
    "rab": "angry",
    "gio": "happy",
    "tri": "sad",
    "pau": "fear",
    "sor": "surprise",
    "dis": "disgust",
}
"""Rabbia, gioia, tristezza, paura, sorpresa, disgusto (Costantini et al. 2014)."""
EMOGATOR = {
    "02": "happy",  # amusement
    "03": "angry",
    "13": "happy",  # elation
    "15": "fear",
    "18": "neutral",
    "24": "sad",
    "27": "surprise",  # negative
    "28": "surprise",  # positive
}
"""Numbers of 30 emotions in alphabetical order (Buhl 2023); those of none of our labels are left out."""

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


def _ravdess(folder: Path, emotions: LabelReader) -> list[Example]:
    examples = []
    for path in sorted(folder.rglob("03-01-*.wav")):
        parts = path.stem.split("-")
        if not re.fullmatch(r"03-01-0[1-8]-\d\d-0[12]-\d\d-\d\d", path.stem):
            raise DatasetError.of("corpus_names", path=path, name="RAVDESS", form="03-01-05-02-01-01-12")
        label = emotions.index(RAVDESS[int(parts[2]) - 1], str(path))
        if label is not None:
            said = ("Kids are talking by the door.", "Dogs are sitting by the door.")[int(parts[4]) - 1]
            name = str(path.relative_to(folder))
            examples.append(Example(name, label, f"ravdess-{parts[6]}", path, said))
    return examples


def _nemo(folder: Path, emotions: LabelReader) -> list[Example]:
    table = folder / "data.tsv"
    if not table.is_file():
        raise DatasetError.of("corpus_lacks", folder=folder, table=table.name, name="nEMO")
    examples, once = [], Once()
    for row in read_rows(table, ("file_id", "emotion", "raw_text", "speaker_id")):
        label = emotions.index(row["emotion"], row.where)
        name = row["file_id"] if row["file_id"].lower().endswith(".wav") else f"{row['file_id']}.wav"
        once.take(row, name, row["emotion"].lower())
        path = folder / "samples" / name
        if not path.is_file():
            raise row.refused("table_no_file", name=f"samples/{shown(name)}", folder=folder)
        if label is not None:
            speaker = person(f"nemo-{row['speaker_id']}")
            examples.append(Example(name, label, speaker, path, row["raw_text"]))
    return examples


def _emovo(folder: Path, emotions: LabelReader) -> list[Example]:
    examples = []
    for path in _sounds(folder):
        found = re.fullmatch(r"([a-z]{3})-([fm]\d)-[a-z]\d", path.stem)
        if not found or found[1] not in EMOVO:
            raise DatasetError.of("corpus_names", path=path, name="EMOVO", form="dis-f1-b1")
        label = emotions.index(EMOVO[found[1]], path)
        if label is not None:
            examples.append(Example(str(path.relative_to(folder)), label, f"emovo-{found[2]}", path))
    return examples


def _emogator(folder: Path, emotions: LabelReader) -> list[Example]:
    """Vocal bursts without words: no model of speech should learn from them unless its recipe says so."""
    examples = []
    for path in _sounds(folder):
        found = re.fullmatch(r"(\d{6})-(0[1-9]|[12]\d|30)-\d+", path.stem)
        if not found:
            raise DatasetError.of("corpus_names", path=path, name="EmoGator", form="000001-02-2")
        if found[2] in EMOGATOR:
            name, label = str(path.relative_to(folder)), emotions.index(EMOGATOR[found[2]], path)
            if label is not None:
                examples.append(Example(name, label, f"emogator-{found[1]}", path))
    return examples


def _sounds(folder: Path) -> list[Path]:
    hidden = (path for path in folder.rglob("*") if not path.name.startswith("."))
    return sorted(path for path in hidden if media_suffix(path) in SOUNDS)


def _goemotions(folder: Path, split: str, emotions: LabelReader) -> list[Example]:
    names = next((folder / n for n in ("labels.txt", "emotions.txt") if (folder / n).is_file()), None)
    table = folder / f"{split}.tsv"
    if names is None or not table.is_file():
        raise DatasetError.of("corpus_sentences", folder=folder, table=table.name)
    known = decoded(names).split()
    examples, once = [], Once()
    for row in read_unquoted(table, 3):
        text, said, name = (row[str(place)] for place in range(3))
        numbers = said.split(",")
        if any(not number.isdecimal() or int(number) >= len(known) for number in numbers):
            raise row.refused("corpus_rows", said=shown(said), names=names.name)
        once.take(row, name, said)
        given = [known[int(number)] for number in numbers]
        found = [emotions.index(emotion, row.where, FINE.get(emotion, "")) for emotion in given]
        labels = list(dict.fromkeys(label for label in found if label is not None))
        if labels and len(labels) == len(set(found)):
            first, *others = labels
            examples.append(Example(name, first, name, None, text, also=tuple(others)))
    return examples


def _meld(folder: Path, split: str, emotions: LabelReader) -> list[Example]:
    table = folder / f"{split}_sent_emo.csv"
    columns = ("Utterance", "Speaker", "Emotion", "Dialogue_ID", "Utterance_ID")
    examples, once = [], Once()
    for row in read_rows(table, columns):
        label = emotions.index(row["Emotion"], row.where)
        name = f"{row['Dialogue_ID']}-{row['Utterance_ID']}"
        once.take(row, name, row["Emotion"].lower())
        if label is not None:
            # The published file was saved in Windows-1252 and read as Latin-1: quotes came out as controls.
            text = row["Utterance"].replace("\x92", "'").replace("\x91", "'").replace("\x97", "-")
            speaker, session = person(f"meld-{row['Speaker']}"), f"{split}-{row['Dialogue_ID']}"
            examples.append(Example(name, label, speaker, None, text, session=session))
    return examples


READERS: dict[str, Callable[[Path, LabelReader], list[Example]]] = {
    "ravdess": _ravdess,
    "nemo": _nemo,
    "emovo": _emovo,
    "emogator": _emogator,
}
"""By folder name, for a corpus without metadata.csv."""
SPLIT_READERS: dict[str, Callable[[Path, str, LabelReader], list[Example]]] = {
    "fer2013": read_fer2013,
    "goemotions": _goemotions,
    "meld": _meld,
}
"""Corpora that come split into train and dev."""
