"""FER2013: faces of 48 pixels, as the challenge's table, as pictures, or as mosaics of tiles.

Mosaics may come with FER+: columns votes_*, how many of ten raters said what (Barsoum et al. 2016). The label
of a face is then that of the majority: the challenge's own label is another in a third of the faces.
"""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from calibration.data.dataset import Example
from calibration.data.labels import LabelReader
from calibration.data.table import Once, Row, read_rows, shown
from calibration.data.votes import MOST, PREFIX, has_votes, shares_of
from edge.errors import DatasetError
from edge.items import Bytes
from edge.recording.sealed import media_suffix, open_media
from edge.system.private import replacing

FER2013 = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")
FACE = 48
"""Side of a FER2013 face, alone or as a tile of a mosaic (pixels)."""
KINDS = (".png", ".jpg", ".jpeg", ".bmp")
PICTURES = "pictures"
"""Folder the table's pixels are laid out in, beside it."""
CROPS = ".npy"
"""Crops of one recording, an array [n, size, size]; the column of a tile says which."""
JPEG_START, JPEG_END = b"\xff\xd8", b"\xff\xd9"
"""A JPEG that lacks its end was cut short, and is decoded as if it were grey there."""


def read_fer2013(folder: Path, split: str, emotions: LabelReader) -> list[Example]:
    """Read the train or dev split of FER2013. Raises DatasetError."""
    wanted = "train" if split == "train" else "validation"
    if (folder / "labels.csv").is_file():
        return _from_mosaics(folder, wanted, emotions)
    if (folder / "fer2013.csv").is_file():
        return _from_pixels(folder, wanted, emotions)
    examples = []
    for path in sorted((folder / wanted).glob("*/*.*")):
        if path.suffix.lower() not in KINDS:
            continue
        label = emotions.index(path.parent.name, path)
        if label is not None:
            name = str(path.relative_to(folder))
            examples.append(Example(name, label, name, path))
    return examples


def _from_mosaics(folder: Path, wanted: str, emotions: LabelReader) -> list[Example]:
    """Read labels.csv: picture and place of each face, and the votes of FER+ where it has them."""
    examples, once = [], Once()
    places: dict[str, Path] = {}
    for row in read_rows(folder / "labels.csv", ("split", "file_name", "row", "column", "emotion")):
        label = _majority(row, emotions) if has_votes(row) else emotions.index(row["emotion"], row.where)
        tile = _whole(row, "row", 10_000), _whole(row, "column", 10_000)
        once.take(row, f"{row['file_name']}:{tile[0]}:{tile[1]}", row["emotion"].lower())
        if row["split"].lower() == wanted and label is not None:
            if row["file_name"] not in places:
                places[row["file_name"]] = row.file(folder)[1]
            name = f"{row['file_name']}:{tile[0]}:{tile[1]}"
            votes = shares_of(row, emotions)
            examples.append(Example(name, label, name, places[row["file_name"]], tile=tile, votes=votes))
    return examples


def _majority(row: Row, emotions: LabelReader) -> int | None:
    """Label that more than half of the votes name; None, and counted, where they name none or disagree.

    As FER+ counts: what one rater alone said is set aside; unknown and NF (no face) are votes too. Raises
    DatasetError.
    """
    heard: Counter[int | str] = Counter()
    for column in row.cells:
        if column.startswith(PREFIX) and (votes := row.number(column, 0.0, MOST)) and votes > 1:
            name = column.removeprefix(PREFIX)
            place = emotions.of_column(name)
            heard[name if place is None else place] += votes  # type: ignore[assignment]
    emotions.met += 1
    most, votes = heard.most_common(1)[0] if heard else ("", 0)
    if 2 * votes <= heard.total():
        emotions.outvoted += 1
        return None
    if isinstance(most, str):
        emotions.left_out["no face" if most == "nf" else most] += 1
        return None
    return most


def _from_pixels(folder: Path, wanted: str, emotions: LabelReader) -> list[Example]:
    """Read fer2013.csv, which holds the pixels. Its faces are written once as pictures beside it."""
    import cv2

    usage = {"train": "Training", "validation": "PublicTest"}[wanted]
    examples = []
    pictures = folder / PICTURES / wanted
    pictures.mkdir(parents=True, exist_ok=True)
    for row in read_rows(folder / "fer2013.csv", ("emotion", "pixels", "Usage")):
        label = emotions.index(FER2013[_whole(row, "emotion", len(FER2013))], row.where)
        if row["Usage"] != usage or label is None:
            continue
        path = pictures / f"{row.line}.png"
        if not path.is_file():
            pixels = [_number(row, pixel, 256) for pixel in row["pixels"].split()]
            if len(pixels) != FACE * FACE:
                raise row.refused("face_pixels", found=len(pixels), wanted=FACE * FACE)
            with replacing(path) as part:
                cv2.imwrite(str(part), np.array(pixels, np.uint8).reshape(FACE, FACE))
        examples.append(Example(path.name, label, path.name, path))
    return examples


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
            of_film = media_suffix(example.path) == CROPS and example.tile
            mosaics[example.path] = (read_crops if of_film else _picture)(example.path)
        face = mosaics[example.path]
        if face.ndim == 3 and example.tile:
            face = face[example.tile[1]]
        elif example.tile is not None:
            row, column = (FACE * place for place in example.tile)
            face = face[row : row + FACE, column : column + FACE]
            if face.shape != (FACE, FACE):
                place = dict(zip(("row", "column"), example.tile, strict=True))
                raise DatasetError.of("face_outside", path=example.path, **place)
        if face.shape != (size, size):
            face = np.asarray(cv2.resize(face, (size, size), interpolation=cv2.INTER_AREA), np.uint8)
        faces.append(face)
    return np.stack(faces)


def read_crops(path: Path) -> Bytes:
    """Faces of a film in a file of their own, [n, size, size]. Raises OSError, ValueError and EdgeError."""
    with open_media(path) as file:
        return np.asarray(np.load(io.BytesIO(file.read())), np.uint8)


def _picture(path: Path) -> Bytes:
    """A grey picture. Raises DatasetError."""
    import cv2

    data = b""
    if path.is_file():
        with open_media(path) as file:
            data = file.read()
    whole = not data.startswith(JPEG_START) or JPEG_END in data[-1024:]
    picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_GRAYSCALE) if data else None
    if picture is None or not whole:
        raise DatasetError.of("face_unreadable", path=path)
    return np.asarray(picture, np.uint8)


def _whole(row: Row, column: str, below: int) -> int:
    """A number out of a table, from 0. Raises DatasetError."""
    return _number(row, row[column], below)


def _number(row: Row, said: str, below: int) -> int:
    if not said.isdecimal() or int(said) >= below:
        raise row.refused("table_whole", said=shown(said), high=below - 1)
    return int(said)
