"""Training the audio student on speech, mixed with the noise it will meet."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from calibration.data.dataset import Example
from edge.bundle.manifest import AudioSpec
from edge.errors import ConfigError, DatasetError
from edge.items import Floats
from export.corpora.fingerprint import item_fingerprint
from export.corpora.readers import Split, joined, split_corpora
from export.progress import tell
from export.recipe import AudioRecipe, Recipe
from export.students.audio_phases import (
    RECALL,
    AudioTargets,
    AudioTrainer,
    DevWindows,
    Phase,
    unweighted_recall,
)
from export.students.frame_targets import FrameMatcher, FrameTeacher, find_directions, frame_targets
from export.students.networks import AudioStudent
from export.students.onnx_files import audio_tokens
from export.students.voices import voices_of
from export.students.warm_start import begin_as, started_from, wake_norms
from export.teachers.cache import teach
from export.teachers.find import teacher_of
from export.training.hardware import accelerator
from export.training.loop import Hyperparameters, finished, train
from export.training.noisy_windows import PLACES, WINDOW_S, Bank, NoisyWindows, clip_windows, load_clips
from export.training.sampling import draw_share
from export.training.targets import DevClips, keep_score, teacher_targets

LISTEN_EPOCHS, LISTEN_LR = 0.5, 2.0
"""Epochs and learning rate of listening as the teacher does, over those of learning the labels after."""
ADAPT_LR = 0.6
"""Learning rate of the adaptation to noise, over that of learning the labels."""
LEARN, ADAPT = "audio", "audio-adapted"
"""The rounds that learn the labels: before the adaptation to noise, and in it."""
SHOWN = 256
"""Windows that norms are measured on where a network goes on learning."""


def audio_split(recipe: Recipe, data: Path) -> Split:
    """Examples of the audio corpora, shared out by speaker."""
    wanted = recipe.audio
    return joined(split_corpora(data, wanted.corpora, wanted.dev, wanted.test, recipe.labels))


def train_audio(recipe: Recipe, data: Path, folder: Path) -> AudioStudent:
    """Train, or load, the audio student.

    With a teacher it first learns to hear as that does, then the labels and what the teacher would guess.
    """
    wanted, spec = recipe.audio, AudioSpec()
    torch.manual_seed(recipe.seed)
    student = AudioStudent(spec, len(recipe.labels))
    student.stem.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    model = FrameMatcher(student)
    phases = _phases(wanted)
    if finished(model, phases[-1].name, folder):
        return student
    if start := started_from(recipe, "audio", data):
        begin_as(student, "audio", start)
        if not wanted.epochs:
            return student
    split = audio_split(recipe, data)
    windows = NoisyWindows.load(recipe, data, split.train)
    held_out = load_clips(split.dev, spec.rate)
    heard = audio_targets(recipe, data, windows, held_out, folder.parent / "teacher")
    if heard:
        keep_score(heard.score, folder)
    share = audio_share(recipe, data, windows.examples)
    before = copy.deepcopy(student) if start and heard is None else None
    trainer = AudioTrainer(recipe, windows, share, heard, DevWindows(*held_out, spec), before)
    if start:
        some = windows.sample(SHOWN, np.random.default_rng(recipe.seed))
        wake_norms(student, lambda network: voices_of(network, some, [""] * len(some)))
    bank: Bank | None = None
    for number, phase in enumerate(phases):
        if finished(model, phase.name, folder):
            continue
        bank = bank or windows.bank(windows.places(recipe.seed), np.random.default_rng(recipe.seed))
        rates = phase.lr, wanted.weight_decay, wanted.smoothing, wanted.adjust
        plan = Hyperparameters(phase.epochs, *rates, seed=recipe.seed + number)
        train(trainer.task(phase, model, bank), plan, folder, accelerator(recipe.device))
    return student


def _phases(wanted: AudioRecipe) -> list[Phase]:
    """The rounds a recipe asks for, in order."""
    phases = [Phase(LEARN, wanted.epochs, wanted.lr)]
    if wanted.teacher:
        epochs = max(1, round(wanted.epochs * LISTEN_EPOCHS))
        phases.insert(0, Phase("audio-listening", epochs, wanted.lr * LISTEN_LR, listening=True))
    if wanted.adapt_epochs:
        epochs, lr = wanted.adapt_epochs, wanted.lr * ADAPT_LR
        if wanted.teacher:
            phases.append(Phase(f"{ADAPT}-listening", epochs, lr * LISTEN_LR, listening=True, loud=True))
        phases.append(Phase(ADAPT, epochs, lr, loud=True))
    return phases


def unadapted_audio(recipe: Recipe, folder: Path) -> AudioStudent:
    """The audio student as it was before its adaptation to noise, from the folder it was trained in.

    Raises ConfigError when its weights are gone.
    """
    student = AudioStudent(AudioSpec(), len(recipe.labels))
    if not finished(FrameMatcher(student), LEARN, folder):
        raise ConfigError.of("learn_lacks", folder=folder, name=LEARN)
    return student


def audio_share(recipe: Recipe, data: Path, examples: Sequence[Example]) -> NDArray[np.float64]:
    """Chance of each of the recipe's training clips to be drawn, [n]; sums to 1."""
    wanted = recipe.audio
    parts = split_corpora(data, wanted.corpora, wanted.dev, wanted.test, recipe.labels)
    home = {e.path: name for name, part in parts.items() for e in part.train}
    return draw_share([home[e.path] for e in examples], examples)


def audio_targets(
    recipe: Recipe,
    data: Path,
    windows: NoisyWindows,
    held_out: tuple[Sequence[Example], Sequence[Floats]],
    cache: Path,
) -> AudioTargets | None:
    """What the recipe's teacher makes of the clean training clips; None without a teacher.

    Its classifier learns what people labelled and answers for every clip: a guess rests on features of such a
    teacher already, and learning it would only confirm it.
    held_out: examples of people never trained on, and their clips.
    """
    teacher = teacher_of(recipe, "audio", data)
    if teacher is None:
        return None
    assert isinstance(teacher, FrameTeacher)
    spec, examples = AudioSpec(), windows.examples
    features = teach(teacher, windows.clips, [item_fingerprint(clip) for clip in windows.clips], cache)
    labels = np.array([e.label for e in examples])
    speakers = [e.speaker for e in examples]
    told_by_people = np.array([e.soft is None for e in examples])
    if not told_by_people.any():
        raise DatasetError.of("pseudo_only")
    share = audio_share(recipe, data, examples) * told_by_people
    people = [e.speaker for e in held_out[0]]
    right = torch.tensor([e.label for e in held_out[0]])
    strange = teach(teacher, held_out[1], [item_fingerprint(clip) for clip in held_out[1]], cache)
    strangers = DevClips(strange, people, lambda logits: unweighted_recall(logits.argmax(1), right))
    found = teacher_targets(features, labels, speakers, share / share.sum(), strangers, len(recipe.labels))
    tell("say_teacher", modality="audio", measure=RECALL, score=found.score)
    places = windows.places(recipe.seed)
    tokens = audio_tokens(spec, WINDOW_S)
    directions = find_directions(teacher, places, places.names, tokens, cache)
    owners = [speaker for speaker in speakers for _ in range(PLACES)]
    told = frame_targets(teacher, directions, places, places.names, owners, tokens, cache)
    cut, owner = clip_windows(held_out[1], spec)
    who = [people[i] for i in owner.tolist()]
    prints = [item_fingerprint(window) for window in cut]
    dev = frame_targets(teacher, directions, cut, prints, who, tokens, cache)
    return AudioTargets(found.soft, told, dev, found.score)
