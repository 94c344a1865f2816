"""Training the audio student on speech, mixed with the noise it will meet."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from calibration.dataset import Example
from edge.errors import ConfigError, DatasetError
from edge.features.audio import log_mel
from edge.items import LABELS, Floats
from edge.manifest import AudioSpec
from export.augment import mask_bands, mix, warp_bands
from export.corpora import Split, joined, split_corpora
from export.draws import draw_share, label_targets
from export.feature_cache import teach
from export.find_teacher import teacher_of
from export.fingerprint import item_fingerprint
from export.losses import distillation_loss
from export.moments import DIRECTIONS, Listener, Listening, find_directions, moments
from export.networks import audio_tokens
from export.noisy_windows import PLACES, WINDOW_S, Bank, NoisyWindows, clip_windows, load_clips
from export.progress import say
from export.recipe import Recipe
from export.students import AudioStudent
from export.targets import DevClips, keep_score, teacher_targets
from export.training import Batch, Plan, Task, finished, train
from export.voices import clip_means, known_logits, voice_weights, voices_of
from export.warm_start import begin_as, started_from, wake_norms

LISTEN_EPOCHS, LISTEN_LR = 0.5, 2.0
"""Epochs and learning rate of listening as the teacher does, over those of learning the labels after."""
ADAPT_LR = 0.6
"""Learning rate of the adaptation to noise, over that of learning the labels."""
LEARN, ADAPT = "audio", "audio-adapted"
"""The rounds that learn the labels: before the adaptation to noise, and in it."""
RECALL = "held-out unweighted recall"
SHOWN = 256
"""Windows that norms are measured on where a network goes on learning."""
TOGETHER = 16
"""Clips of one speaker that stand together in a batch: from them the voice is known."""


@dataclass(frozen=True)
class Round:
    """One round of training."""

    name: str
    epochs: int
    lr: float
    listening: bool = False
    """Without labels: the student learns to hear what its teacher hears."""
    loud: bool = False
    """Beside machines: heard over loud noise, taught by what the teacher makes of the clean clip."""


@dataclass(frozen=True)
class Heard:
    """What a teacher makes of the training clips and of people never trained on."""

    soft: Tensor
    """Posterior of each clip (export/targets.py), [n, k]."""
    moments: Tensor
    """What it hears in each place of each clip (export/moments.py), [n * PLACES, t, DIRECTIONS]."""
    dev: Tensor
    """The same of each held-out window, [m, t, DIRECTIONS]."""
    score: float
    """Its unweighted recall on those people's clips, 0..1."""


def audio_split(recipe: Recipe, data: Path) -> Split:
    """Examples of the audio corpora, shared out by speaker."""
    wanted = recipe.audio
    return joined(split_corpora(data, wanted.corpora, wanted.dev, wanted.test))


def train_audio(recipe: Recipe, data: Path, folder: Path) -> AudioStudent:
    """Train, or load, the audio student.

    With a teacher it first learns to hear as that does, then the labels and what the teacher would guess.
    """
    wanted, spec = recipe.audio, AudioSpec()
    torch.manual_seed(recipe.seed)
    student = AudioStudent(spec, len(LABELS))
    student.stem.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    model = Listening(student)
    rounds = [Round(LEARN, wanted.epochs, wanted.lr)]
    if wanted.teacher:
        epochs = max(1, round(wanted.epochs * LISTEN_EPOCHS))
        rounds.insert(0, Round("audio-listening", epochs, wanted.lr * LISTEN_LR, listening=True))
    if wanted.adapt_epochs:
        epochs, lr = wanted.adapt_epochs, wanted.lr * ADAPT_LR
        if wanted.teacher:
            rounds.append(Round(f"{ADAPT}-listening", epochs, lr * LISTEN_LR, listening=True, loud=True))
        rounds.append(Round(ADAPT, epochs, lr, loud=True))
    if finished(model, rounds[-1].name, folder):
        return student
    if start := started_from(recipe, "audio", data):
        begin_as(student, "audio", start)
        if not wanted.epochs:
            return student
    split = audio_split(recipe, data)
    windows = NoisyWindows.load(recipe, data, split.train)
    held_out, dev_clips = load_clips(split.dev, spec.rate)
    heard = audio_targets(recipe, data, windows, (held_out, dev_clips), folder.parent / "teacher")
    if heard:
        keep_score(heard.score, folder)
    share = audio_share(recipe, data, windows.examples)
    labels = np.array([e.label for e in windows.examples])
    targets = label_targets(windows.examples)
    alike = max(1, wanted.batch // TOGETHER)
    steps = max(1, len(labels) // (alike * TOGETHER))
    dev_windows, dev_owner = clip_windows(dev_clips, spec)
    dev_features = torch.from_numpy(np.stack([log_mel(window, spec) for window in dev_windows]))
    dev_labels = torch.tensor([e.label for e in held_out])
    dev_speakers = [held_out[i].speaker for i in dev_owner.tolist()]
    if start:
        some = windows.sample(SHOWN, np.random.default_rng(recipe.seed))
        wake_norms(student, lambda network: voices_of(network, some, [""] * len(some)))
    speakers = np.array([e.speaker for e in windows.examples])
    names = np.unique(speakers)
    met = np.array([share[speakers == name].sum() for name in names])

    def batches(kind: Round, bank: Bank, rng: np.random.Generator) -> Iterator[Batch]:
        for _ in range(steps):
            groups = [persona(kind, bank, names[rng.choice(len(names), p=met)], rng) for _ in range(alike)]
            inputs, right, weight = (torch.cat(parts) for parts in zip(*groups, strict=True))
            yield (inputs, weight), right

    def persona(
        kind: Round, bank: Bank, name: str, rng: np.random.Generator
    ) -> tuple[Tensor, Tensor, Tensor]:
        own = np.flatnonzero(speakers == name)
        chosen = rng.choice(own, TOGETHER, p=share[own] / share[own].sum())
        places = chosen * PLACES + rng.integers(PLACES, size=TOGETHER)
        pictures = np.stack([bank.heard(place, rng, loud=kind.loud) for place in places.tolist()])
        if not kind.listening:  # the teacher heard no longer or shorter throats
            pictures = warp_bands(pictures, rng)
        inputs = torch.from_numpy(np.stack([mask_bands(features, rng) for features in pictures]))
        right = targets[torch.from_numpy(chosen)]
        if heard:
            known = heard.soft[torch.from_numpy(chosen)], heard.moments[torch.from_numpy(places)]
            right = torch.cat([right, known[0], known[1].float().flatten(1)], dim=1)
        if kind.listening:
            return inputs, right, torch.full((TOGETHER,), 1 / TOGETHER)
        if wanted.mixup:
            inputs, right = mix(inputs, right, wanted.mixup, rng)
        return inputs, right, torch.from_numpy(voice_weights(labels[chosen], rng))

    def loss(
        kind: Round, model: nn.Module, batch: Batch, label_loss: Callable[[Tensor, Tensor], Tensor]
    ) -> Tensor:
        assert isinstance(model, Listening)
        (inputs, weight), right = batch
        encoded = model.student.encode(inputs)
        own = (encoded.mean(dim=1) * weight[:, None]).unflatten(0, (-1, TOGETHER)).sum(dim=1)
        tokens, logits = model.student.read(encoded, own.repeat_interleave(TOGETHER, dim=0))
        k = len(LABELS)
        if not heard:
            return label_loss(logits, right)
        wished = right[:, 2 * k :].unflatten(1, (-1, DIRECTIONS))
        if kind.listening:
            return F.mse_loss(model.imitated(tokens), wished)
        plain, soft = label_loss(logits, right[:, :k]), right[:, k : 2 * k]
        return distillation_loss(plain, logits, soft, model.imitated(tokens), wished, match=1.0)

    def score(model: nn.Module) -> float:
        assert isinstance(model, Listening)
        logits = known_logits(model.student, dev_features, dev_speakers)
        return unweighted_recall(clip_means(logits, dev_owner).argmax(1), dev_labels)

    @torch.no_grad()
    def explained(model: nn.Module) -> float:
        assert isinstance(model, Listening)
        assert heard
        voices = voices_of(model.student, dev_features, dev_speakers)
        parts = zip(dev_features.split(128), voices.split(128), strict=True)
        found = torch.cat([model.imitated(model.student(*part)[0]) for part in parts])
        wished = heard.dev.float()
        return float(1 - (found - wished).square().sum() / wished.square().sum())

    bank: Bank | None = None
    for number, kind in enumerate(rounds):
        if finished(model, kind.name, folder):
            continue
        bank = bank or windows.bank(windows.places(recipe.seed), np.random.default_rng(recipe.seed))
        plan = Plan(
            kind.epochs,
            kind.lr,
            wanted.weight_decay,
            wanted.smoothing,
            wanted.adjust,
            seed=recipe.seed + number,
        )
        judged = (explained, "held-out share of the teacher") if kind.listening else (score, RECALL)
        shown = partial(batches, kind, bank)
        asked, prior = partial(loss, kind), targets.mean(0)
        task = Task(kind.name, model, shown, steps, prior, judged[0], asked, judged[1], short=True)
        train(task, plan, folder)
    return student


def unadapted_audio(folder: Path) -> AudioStudent:
    """The audio student as it was before its adaptation to noise, from the folder it was trained in.

    Raises ConfigError when its weights are gone.
    """
    student = AudioStudent(AudioSpec(), len(LABELS))
    if not finished(Listening(student), LEARN, folder):
        raise ConfigError(f"{folder} lacks {LEARN}.pt; delete the folder to train the audio student again")
    return student


def audio_share(recipe: Recipe, data: Path, examples: Sequence[Example]) -> NDArray[np.float64]:
    """Chance of each of the recipe's training clips to be drawn, [n]; sums to 1."""
    wanted = recipe.audio
    parts = split_corpora(data, wanted.corpora, wanted.dev, wanted.test)
    home = {e.path: name for name, part in parts.items() for e in part.train}
    return draw_share([home[e.path] for e in examples], examples)


def audio_targets(
    recipe: Recipe,
    data: Path,
    windows: NoisyWindows,
    held_out: tuple[Sequence[Example], Sequence[Floats]],
    cache: Path,
) -> Heard | None:
    """What the recipe's teacher makes of the clean training clips; None without a teacher.

    Its classifier learns what people labelled and answers for every clip: a guess rests on features of such a
    teacher already, and learning it would only confirm it.
    held_out: examples of people never trained on, and their clips.
    """
    teacher = teacher_of(recipe, "audio", data)
    if teacher is None:
        return None
    assert isinstance(teacher, Listener)
    spec, examples = AudioSpec(), windows.examples
    features = teach(teacher, windows.clips, [item_fingerprint(clip) for clip in windows.clips], cache)
    labels = np.array([e.label for e in examples])
    speakers = [e.speaker for e in examples]
    told_by_people = np.array([e.soft is None for e in examples])
    if not told_by_people.any():
        raise DatasetError("no clip that people labelled is left to train on: there are pseudo-labels only")
    share = audio_share(recipe, data, examples) * told_by_people
    people = [e.speaker for e in held_out[0]]
    right = torch.tensor([e.label for e in held_out[0]])
    strange = teach(teacher, held_out[1], [item_fingerprint(clip) for clip in held_out[1]], cache)
    strangers = DevClips(strange, people, lambda logits: unweighted_recall(logits.argmax(1), right))
    found = teacher_targets(features, labels, speakers, share / share.sum(), strangers)
    say(f"audio teacher: {RECALL} {found.score:.3f}")
    places = windows.places(recipe.seed)
    tokens = audio_tokens(spec, WINDOW_S)
    directions = find_directions(teacher, places, places.names, tokens, cache)
    owners = [speaker for speaker in speakers for _ in range(PLACES)]
    told = moments(teacher, directions, places, places.names, owners, tokens, cache)
    cut, owner = clip_windows(held_out[1], spec)
    who = [people[i] for i in owner.tolist()]
    prints = [item_fingerprint(window) for window in cut]
    dev = moments(teacher, directions, cut, prints, who, tokens, cache)
    return Heard(found.soft, told, dev, found.score)


def unweighted_recall(predicted: Tensor, labels: Tensor) -> float:
    """Mean recall over the labels that occur."""
    recalls: list[float] = [
        (predicted[labels == label] == label).float().mean().item() for label in labels.unique()
    ]
    return sum(recalls) / len(recalls)
