"""Small corpora in the published layouts, made of tones, blobs and words: enough to train on for a test."""

from __future__ import annotations

import csv
import wave
from pathlib import Path

import numpy as np

from edge.starter_labels import STARTER as LABELS

WORDS = ("the part", "cannot stand", "lovely work", "so tired", "is it safe", "what was that")
FER2013 = {"neutral": "neutral", "angry": "angry", "happy": "happy", "sad": "sad", "worried": "fear"}


def write_wav(path: Path, samples: np.ndarray, rate: int = 16000) -> None:
    """Mono 16 bit sound from samples in -1..1."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes((np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes())


def tone(label: int, seconds: float, rng: np.random.Generator, rate: int = 16000) -> np.ndarray:
    """A wobbling tone whose pitch tells the label."""
    time = np.arange(round(seconds * rate)) / rate
    pitch = 150.0 * 1.5**label * (1 + 0.02 * rng.standard_normal())
    return 0.3 * np.sin(2 * np.pi * pitch * time) * (1 + 0.3 * np.sin(2 * np.pi * 3 * time))


def write_voices(folder: Path, speakers: int = 4, clips: int = 6, seed: int = 0) -> None:
    """A generic folder: `clips` clips of every label by every speaker."""
    rng = np.random.default_rng(seed)
    rows = []
    for speaker in range(speakers):
        for label, name in enumerate(LABELS):
            for clip in range(clips):
                file = f"s{speaker}/{name}{clip}.wav"
                write_wav(folder / file, tone(label, 0.8 + 0.4 * rng.random(), rng))
                rows.append([file, name, f"s{speaker}", WORDS[label]])
    with (folder / "metadata.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([["file_name", "emotion", "speaker", "transcript"], *rows])


def write_faces(folder: Path, count: int = 240, seed: int = 0) -> None:
    """FER2013 as mosaics of 48 px tiles: a bright bar whose height tells the label."""
    import cv2

    rng = np.random.default_rng(seed)
    folder.mkdir(parents=True)
    rows = []
    for split, amount in (("train", count), ("validation", 60)):
        side = int(np.ceil(np.sqrt(amount)))
        mosaic = rng.integers(0, 60, (side * 48, side * 48)).astype(np.uint8)
        for index in range(amount):
            label, (row, column) = index % len(LABELS), divmod(index, side)
            top = row * 48 + 4 + 7 * label
            mosaic[top : top + 6, column * 48 + 8 : column * 48 + 40] = 230
            name = FER2013.get(LABELS[label], LABELS[label])
            rows.append([split, f"{split}_00.jpg", row, column, name])
        cv2.imwrite(str(folder / f"{split}_00.jpg"), mosaic)
    with (folder / "labels.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([["split", "file_name", "row", "column", "emotion"], *rows])


def write_sentences(folder: Path, count: int = 900, seed: int = 0) -> None:
    """GoEmotions by Ekman name: two words of the label among others."""
    rng = np.random.default_rng(seed)
    folder.mkdir(parents=True)
    ekman = ("neutral", "anger", "joy", "sadness", "fear", "surprise", "disgust")
    (folder / "labels.txt").write_text("\n".join(ekman), encoding="utf-8")
    filler = ["today", "this", "line", "runs", "with", "some", "parts", "and", "people", "near", "me"]
    for split, amount in (("train", count), ("dev", 90)):
        lines = []
        for index in range(amount):
            label = index % len(LABELS)
            text = " ".join([*rng.choice(filler, 3), WORDS[label], *rng.choice(filler, 2)])
            lines.append(f"{text}\t{label}\t{split}{index}")
        (folder / f"{split}.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")


RECIPE = """
name = "tiny"
[audio]
corpora = ["voices"]
dev = ["s2"]
test = ["s3"]
epochs = 2
batch = 8
lr = 1e-3
mixup = 0.2
[vision]
corpora = ["fer2013"]
dev = []
epochs = 2
batch = 16
lr = 2e-3
[text]
corpora = ["goemotions"]
epochs = 2
batch = 32
lr = 2e-3
[tokens]
vocabulary = 120
length = 16
[fusion]
epochs = 1
windows = 256
lr = 1e-3
"""


def write_corpora(data: Path) -> Path:
    """Voices, faces and sentences, and the recipe that trains on them; returns the recipe."""
    write_voices(data / "voices")
    write_faces(data / "fer2013", 900)
    write_sentences(data / "goemotions")
    recipe = data / "tiny.toml"
    recipe.write_text(RECIPE, encoding="utf-8")
    return recipe
