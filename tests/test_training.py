"""Training: the loop, what clips go through, the networks' promises, composed windows, the recipe."""

import json
from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from corpora import RECIPE, write_voices
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from calibration.data.noise import add_noise, background
from edge.bundle.manifest import AudioSpec, TextSpec
from edge.errors import ConfigError
from edge.features.audio import log_mel
from edge.items import MODALITIES
from edge.starter_labels import STARTER as LABELS
from export.fusion.crossfit import train_heads
from export.fusion.head import FusionHead
from export.fusion.training import train_fusion
from export.fusion.windows import Pool, compose_windows
from export.recipe import read_recipe
from export.students.audio import train_audio
from export.students.networks import TOKEN, AudioStudent, TextStudent, VisionStudent
from export.students.onnx_files import audio_tokens
from export.students.voices import BASELINE, voice_weights, voices_of
from export.training import augment, noisy_windows
from export.training.augment import (
    compress,
    contrast,
    dim,
    echo,
    jitter_faces,
    mask_bands,
    mix,
    place_clip,
    shade,
    through_microphone,
    tinted_noises,
    warp_bands,
)
from export.training.history import Epoch, read_history
from export.training.loop import Hyperparameters, Task, finished, train
from export.training.noisy_windows import Bank, NoisyWindows
from export.training.targets import kept_score

STARTER = Path(__file__).parents[1] / "recipes" / "starter.toml"
K, STEPS, EPOCHS = 3, 5, 4


# The loop


class KilledError(Exception):
    """Stands for a kill in the middle of a training."""


class Tiny(nn.Module):
    """Has all that a resumed training must bring back: norms with statistics, and drawn dropout."""

    def __init__(self):
        super().__init__()
        self.into, self.norm, self.drop = nn.Linear(4, 8), nn.BatchNorm1d(8), nn.Dropout(0.3)
        self.head = nn.Linear(8, K)

    def forward(self, x):
        tokens = self.drop(self.norm(self.into(x)))
        return tokens, self.head(tokens)


def tiny():
    torch.manual_seed(5)
    return Tiny()


def task(model, name="tiny", kill_batch=None, kill_score=None):
    """A small task that raises KilledError before a batch, or in the score of an epoch, counted from here."""
    drawn, scored = [], []

    def batches(rng):
        for _ in range(STEPS):
            if len(drawn) == kill_batch:
                raise KilledError
            drawn.append(1)
            x = torch.from_numpy(rng.standard_normal((16, 4))).float()
            yield (x,), F.one_hot(x[:, :K].argmax(1), K).float()

    def score(model):
        if len(scored) == kill_score:
            raise KilledError
        scored.append(torch.rand(1))  # a score may draw numbers: the next epoch must not notice
        return 0.0

    return Task(name, model, batches, STEPS, torch.full((K,), 1 / K), score)


PLAN = Hyperparameters(EPOCHS, 1e-2, seed=3)


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory):
    """Weights after a training that nothing disturbed."""
    model = tiny()
    train(task(model), PLAN, tmp_path_factory.mktemp("whole"))
    return model.state_dict()


@pytest.mark.parametrize(("short", "made_for_it"), [(True, True), (True, False), (False, True)])
def test_short_numbers_only_where_the_cpu_is_made_for_them(short, made_for_it, monkeypatch, tmp_path):
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: {"amx_bf16": made_for_it})
    model, met = tiny(), set()
    model.into.register_forward_hook(lambda *call: met.add(call[2].dtype) if model.training else None)
    train(replace(task(model), short=short), PLAN, tmp_path)
    assert met == {torch.bfloat16 if short and made_for_it else torch.float32}
    weights = torch.load(tmp_path / "tiny.pt", weights_only=True)
    assert {value.dtype for name, value in weights.items() if "batches" not in name} == {torch.float32}
    x = torch.randn(200, 4)
    assert (model(x)[1].argmax(1) == x[:, :K].argmax(1)).float().mean() > 0.7


def test_batches_that_make_a_step_together_teach_as_one_batch_of_all(tmp_path):
    data = torch.randn(6, 16, 4, generator=torch.Generator().manual_seed(1))

    class Linear(nn.Module):
        def __init__(self):
            super().__init__()
            self.head = nn.Linear(4, K)

        def forward(self, x):
            return x, self.head(x)

    def trained(parts, accumulate, name):
        torch.manual_seed(2)
        model = Linear()

        def batches(rng):
            for x in parts:
                yield (x,), F.one_hot(x[:, :K].argmax(1), K).float()

        asked = Task(name, model, batches, len(parts), torch.full((K,), 1 / K), lambda model: 0.0)
        train(asked, Hyperparameters(3, 0.05, seed=1, accumulate=accumulate), tmp_path)
        return [row.loss for row in read_history(tmp_path / f"{name}.jsonl")], model.state_dict()

    for count, together in ((6, 2), (6, 3)):
        small = trained(list(data[:count]), together, f"small{together}")
        large = trained(list(data[:count].reshape(count // together, -1, 4)), 1, f"large{together}")
        np.testing.assert_allclose(small[0], large[0], rtol=1e-5)
        for mine, other in zip(small[1].values(), large[1].values(), strict=True):
            torch.testing.assert_close(mine, other, rtol=1e-4, atol=1e-6)
    _, uneven = trained(list(data[:5]), 2, "uneven")  # the last step has one batch
    by_hand = trained([*data[:4].reshape(2, -1, 4), data[4]], 1, "by_hand")[1]
    for mine, other in zip(uneven.values(), by_hand.values(), strict=True):
        torch.testing.assert_close(mine, other, rtol=1e-4, atol=1e-6)


def assert_same(found, wanted):
    assert found.keys() == wanted.keys()
    for name, value in wanted.items():
        assert torch.equal(found[name], value), name


@pytest.mark.parametrize(
    "kills",
    [
        [{"kill_batch": 0}],
        [{"kill_batch": 2}],
        [{"kill_batch": STEPS}],
        [{"kill_batch": 3 * STEPS + 4}],
        [{"kill_score": 0}],
        [{"kill_score": EPOCHS - 1}],
        [{"kill_batch": STEPS + 1}, {"kill_score": 0}, {"kill_batch": 3}],
    ],
    ids=str,
)
def test_a_training_that_was_stopped_ends_with_the_same_weights(kills, uninterrupted, tmp_path):
    for kill in kills:
        with pytest.raises(KilledError):
            train(task(tiny(), **kill), PLAN, tmp_path)
        assert not finished(tiny(), "tiny", tmp_path)
    model = tiny()
    train(task(model), PLAN, tmp_path)
    assert_same(model.state_dict(), uninterrupted)
    assert not model.training
    assert sorted(path.name for path in tmp_path.iterdir()) == ["tiny.jsonl", "tiny.pt"]


def without_times(file):
    return [(e.epoch, e.loss, e.score, e.measure) for e in read_history(file)]


@pytest.mark.parametrize(
    "kill", [{"kill_batch": 0}, {"kill_batch": STEPS + 1}, {"kill_score": 1}, {"kill_save": 2}], ids=str
)
def test_a_training_that_was_stopped_tells_the_same_history(kill, tmp_path, monkeypatch):
    train(task(tiny()), PLAN, tmp_path / "whole")
    whole = without_times(tmp_path / "whole" / "tiny.jsonl")
    assert [epoch for epoch, *_ in whole] == list(range(1, EPOCHS + 1))
    save, saved = torch.save, []

    def killed(content, path):
        saved.append(path)
        if len(saved) == kill.get("kill_save"):  # the history is written, its checkpoint is not
            raise KilledError
        save(content, path)

    monkeypatch.setattr(torch, "save", killed)
    with pytest.raises(KilledError):
        train(task(tiny(), **{k: v for k, v in kill.items() if k != "kill_save"}), PLAN, tmp_path / "killed")
    monkeypatch.undo()
    train(task(tiny()), PLAN, tmp_path / "killed")
    assert without_times(tmp_path / "killed" / "tiny.jsonl") == whole


def test_the_log_says_what_the_score_is_of(tmp_path, capsys):
    train(replace(task(tiny()), measure="accuracy on people learned from"), PLAN, tmp_path)
    said = capsys.readouterr().err
    assert "accuracy on people learned from 0.000  " in said
    assert "held-out" not in said


def test_a_history_of_an_earlier_version_is_read(tmp_path):
    old = {"epoch": 1, "loss": 1.5, "held_out": 0.25, "measure": "accuracy", "seconds": 2.0, "ended": 3.0}
    (tmp_path / "old.jsonl").write_text(json.dumps(old) + "\n")
    assert read_history(tmp_path / "old.jsonl") == [Epoch(1, 1.5, 0.25, "accuracy", 2.0, 3.0)]


def test_a_stopped_training_repeats_no_whole_epoch(tmp_path):
    with pytest.raises(KilledError):
        train(task(tiny(), kill_batch=2 * STEPS + 3), PLAN, tmp_path)
    with pytest.raises(KilledError):
        train(task(tiny(), kill_batch=2 * STEPS - 1), PLAN, tmp_path)  # two epochs are left
    train(task(tiny(), kill_batch=STEPS), PLAN, tmp_path)  # one is left
    assert finished(tiny(), "tiny", tmp_path)


def test_a_kill_while_writing_leaves_the_last_whole_epoch(uninterrupted, tmp_path, monkeypatch):
    save, saved = torch.save, []

    def cut_short(content, stream):
        saved.append(content)
        if len(saved) == 3:
            stream.write(b"half")
            raise KilledError
        save(content, stream)

    monkeypatch.setattr(torch, "save", cut_short)
    with pytest.raises(KilledError):
        train(task(tiny()), PLAN, tmp_path)
    monkeypatch.undo()
    model = tiny()
    train(task(model), PLAN, tmp_path)
    assert_same(model.state_dict(), uninterrupted)


def test_another_seed_gives_other_weights(uninterrupted, tmp_path):
    model = tiny()
    train(task(model), Hyperparameters(EPOCHS, 1e-2, seed=4), tmp_path)
    assert not torch.equal(model.head.weight, uninterrupted["head.weight"])


def test_finished_weights_are_loaded(uninterrupted, tmp_path):
    assert not finished(tiny(), "tiny", tmp_path)
    train(task(tiny()), PLAN, tmp_path)
    model = tiny().train()
    assert finished(model, "tiny", tmp_path)
    assert not model.training
    assert_same(model.state_dict(), uninterrupted)


def test_weights_of_another_network_are_refused(tmp_path):
    train(task(tiny()), PLAN, tmp_path)
    with pytest.raises(ConfigError) as caught:
        finished(nn.Linear(4, K), "tiny", tmp_path)
    assert "tiny.pt holds weights of another network; delete" in str(caught.value)
    assert "\n" not in str(caught.value)


class Bias(nn.Module):
    """Knows nothing but how often a label comes."""

    def __init__(self):
        super().__init__()
        self.bias = nn.Parameter(torch.zeros(K))

    def forward(self, x):
        return x, self.bias.expand(len(x), K)


def learn_bias(folder, prior, adjust, smoothing=0.0):
    shares = torch.tensor(prior)
    targets = F.one_hot(torch.repeat_interleave(torch.arange(K), (shares * 20).round().long()), K).float()

    def batches(_):
        for _ in range(50):
            yield (torch.zeros(len(targets), 1),), targets

    model = Bias()
    plan = Hyperparameters(4, 0.1, smoothing=smoothing, adjust=adjust, average=0.9)
    train(Task("bias", model, batches, 50, shares, lambda _: 0.0), plan, folder)
    return model.bias.detach()


def test_logit_adjustment_takes_the_prior_out(tmp_path):
    prior = [0.7, 0.2, 0.1]
    plain = learn_bias(tmp_path / "plain", prior, 0.0).softmax(0)
    np.testing.assert_allclose(plain, prior, atol=0.02)
    adjusted = learn_bias(tmp_path / "adjusted", prior, 1.0).softmax(0)
    np.testing.assert_allclose(adjusted, [1 / 3] * 3, atol=0.02)
    half = learn_bias(tmp_path / "half", prior, 0.5).softmax(0)
    root = np.sqrt(prior)
    np.testing.assert_allclose(half, root / root.sum(), atol=0.02)


@pytest.mark.parametrize("adjust", [0.0, 1.0])
def test_a_label_that_nobody_shows_does_not_spoil_the_others(tmp_path, adjust):
    assert learn_bias(tmp_path, [0.75, 0.25, 0.0], adjust, 0.05).isfinite().all()


def test_what_is_kept_is_the_running_mean(tmp_path):
    model, seen = tiny(), []

    def batches(rng):
        for batch in task(model).batches(rng):
            seen.append(model.into.weight.detach().clone())
            yield batch
        seen.append(model.into.weight.detach().clone())

    train(
        Task("mean", model, batches, STEPS, torch.full((K,), 1 / K), lambda _: 0.0),
        Hyperparameters(1, 0.1),
        tmp_path,
    )
    mean, *steps = seen
    assert len(steps) == STEPS
    for step, weight in enumerate(steps, 1):
        decay = min(0.998, (1 + step) / (10 + step))
        mean = decay * mean + (1 - decay) * weight
    torch.testing.assert_close(model.into.weight.detach(), mean)
    assert not torch.allclose(model.into.weight, steps[-1])


# What clips and faces go through


def draw(seed):
    return np.random.default_rng(seed)


def sound(n=16000, rate=16000):
    return (0.3 * np.sin(2 * np.pi * 220 * np.arange(n) / rate)).astype(np.float32)


SEEN = torch.linspace(0, 1, 48)[:, None] * torch.linspace(0.2, 1, 48) * torch.ones(8, 1, 1, 1)
"""Faces between black and white, 0 to 1."""
CHANGES = {
    "jitter": lambda rng: jitter_faces(torch.linspace(-1, 1, 8 * 48 * 48).reshape(8, 1, 48, 48), rng),
    "gentle": lambda rng: jitter_faces(torch.linspace(-1, 1, 8 * 48 * 48).reshape(8, 1, 48, 48), rng, True),
    "shade": lambda rng: shade(SEEN, rng),
    "dim": lambda rng: dim(SEEN, rng),
    "contrast": lambda rng: contrast(SEEN, rng),
    "compress": lambda rng: compress(SEEN, rng),
    "mix": lambda rng: mix(torch.arange(32.0).reshape(8, 4), torch.eye(8), 0.4, rng)[0],
    "place short": lambda rng: place_clip(sound(9000), 16000, rng),
    "place long": lambda rng: place_clip(sound(40000), 16000, rng),
    "echo": lambda rng: echo(sound(), 16000, rng),
    "noises": lambda rng: np.stack(tinted_noises(4000, rng, 3)),
    "background": lambda rng: background([sound(5000), sound(30000)], 8000, rng),
    "warp": lambda rng: warp_bands(np.arange(64.0 * 400).reshape(64, 400).astype(np.float32), rng),
    "microphone": lambda rng: through_microphone(np.ones((64, 400), np.float32), AudioSpec(), rng),
    "mask": lambda rng: mask_bands(np.arange(64.0 * 400).reshape(64, 400).astype(np.float32), rng),
}
SHAPES = {
    "jitter": (8, 1, 48, 48),
    "gentle": (8, 1, 48, 48),
    "shade": (8, 1, 48, 48),
    "dim": (8, 1, 48, 48),
    "contrast": (8, 1, 48, 48),
    "compress": (8, 1, 48, 48),
    "mix": (8, 4),
    "place short": (16000,),
    "place long": (16000,),
    "echo": (16000,),
    "noises": (3, 4000),
    "background": (8000,),
    "warp": (64, 400),
    "microphone": (64, 400),
    "mask": (64, 400),
}


@pytest.mark.parametrize("name", CHANGES)
def test_chance_comes_from_the_generator_alone(name):
    change = CHANGES[name]
    first = np.asarray(change(draw(1)))
    torch.manual_seed(99)
    np.random.seed(99)  # noqa: NPY002 - must not matter
    np.testing.assert_array_equal(np.asarray(change(draw(1))), first)
    assert any(not np.array_equal(np.asarray(change(draw(seed))), first) for seed in (2, 3))
    assert first.shape == SHAPES[name]
    assert first.dtype == np.float32
    assert np.isfinite(first).all()


def test_jittered_faces_are_standardised_and_the_given_ones_stay(rng):
    faces = torch.from_numpy(rng.standard_normal((16, 1, 48, 48))).float()
    before = faces.clone()
    found = jitter_faces(faces, rng, gentle=True)
    assert torch.equal(faces, before)
    torch.testing.assert_close(found.mean((1, 2, 3)), torch.zeros(16), atol=1e-4, rtol=0)
    torch.testing.assert_close(found.std((1, 2, 3)), torch.ones(16), atol=1e-3, rtol=0)


def test_a_flat_face_stays_finite(rng):
    for _ in range(20):
        assert jitter_faces(torch.zeros(8, 1, 48, 48), rng).isfinite().all()


def test_the_shadow_of_a_helmet_lies_on_the_upper_face_alone(rng):
    lit = shade(torch.ones(64, 1, 48, 48), rng)[:, 0]
    assert ((lit[:, 0] > 0.19) & (lit[:, 0] < 0.75)).all()
    assert (lit[:, 40:] > 0.95).all()
    steps = lit.diff(dim=1)
    assert (steps >= 0).all()  # it only gets brighter downwards
    assert steps.max() < 0.5  # and nowhere at once


def test_low_light_keeps_the_face_under_noise_that_is_stronger_where_it_is_darker(rng):
    face = torch.linspace(0.1, 1, 48).expand(256, 1, 48, 48)
    seen = dim(face, rng)
    assert 0 <= seen.min() < seen.max() <= 1
    assert torch.equal((seen * 255).round(), (seen * 255).round().clamp(0, 255))
    torch.testing.assert_close(seen.mean((0, 1, 2)), 0.8 * torch.linspace(0.1, 1, 48), atol=0.05, rtol=0)
    noise = seen.std(2).mean(0)[0]  # of pixels that get the same light
    assert noise[-12:].mean() > noise[:12].mean() > 0.01  # the light's own noise grows with it ...
    assert noise[0] / face[0, 0, 0, 0] > noise[-1]  # ... but slower than the light does


def test_contrast_spreads_and_burns(rng):
    seen = contrast(torch.linspace(0, 1, 48).expand(256, 1, 48, 48), rng)
    spread = seen.std((1, 2, 3)) / torch.linspace(0, 1, 48).std()
    assert spread.min() < 0.6
    assert spread.max() > 1.1
    assert (seen == 1.0).any()
    assert (seen == 0.0).any()
    assert (seen.diff(dim=3) >= 0).all()


def test_jpeg_loses_detail_and_keeps_the_face(rng):
    detail = torch.from_numpy(rng.random((32, 1, 48, 48))).float()
    smooth = torch.linspace(0, 1, 48).expand(32, 1, 48, 48)
    assert (compress(detail, rng) - detail).abs().mean((1, 2, 3)).min() > 0.01
    assert (compress(smooth, rng) - smooth).abs().mean() < 0.02


def test_gentle_jitter_takes_fewer_faces_through_a_bad_camera(monkeypatch, rng):
    met = []

    def counted(faces, rng):
        met.append(len(faces))
        return faces

    monkeypatch.setattr(augment, "compress", counted)
    for gentle in (False, True):
        jitter_faces(torch.rand(2000, 1, 48, 48), rng, gentle)
    assert met[0] == pytest.approx(2000 * augment.PACKED, rel=0.15)
    assert met[1] == pytest.approx(1000 * augment.PACKED, rel=0.15)


def test_mixed_targets_sum_to_one_and_follow_the_inputs(rng):
    targets = F.one_hot(torch.arange(30) % 6, 6).float()
    mixed, wished = mix(targets.clone(), targets, 0.4, rng)
    torch.testing.assert_close(mixed, wished)
    torch.testing.assert_close(wished.sum(1), torch.ones(30))
    assert ((wished * targets).sum(1) >= 0.5).all()
    assert (wished < 0.99).all(dim=1).any()


@given(st.integers(200, 14000), st.integers(0, 1000))
def test_a_short_clip_is_placed_whole(length, seed):
    clip = sound(length)
    window = place_clip(clip, 16000, draw(seed))
    assert window.shape == (16000,)
    # Played faster or slower, its energy changes by that factor alone.
    assert 0.84 < np.square(window).sum() / np.square(clip).sum() < 1.17


def test_a_short_clip_often_ends_the_window():
    clip = np.ones(4000, np.float32)
    last = [place_clip(clip, 16000, draw(seed))[-1] for seed in range(200)]
    assert 70 <= sum(last) <= 130


def test_a_long_clip_fills_the_window():
    assert (place_clip(np.ones(30000, np.float32), 16000, draw(1)) == 1.0).all()


@pytest.mark.parametrize("loud", [False, True])
def test_noise_added_to_a_picture_is_noise_added_to_the_sound(loud, rng, monkeypatch):
    monkeypatch.setattr(noisy_windows, "through_microphone", lambda powers, spec, rng: powers)
    spec = AudioSpec()
    clip, noise = sound(40000), np.asarray(rng.standard_normal(80000), np.float32)
    windows = NoisyWindows([], [clip], [noise], spec)
    bank = windows.bank(list(windows.places(1)), np.random.default_rng(2))
    quiet, over = (bank.with_noise(0, Drawn(snr), loud=loud) for snr in (90.0, 5.0))
    place = windows.places(1)[0]
    wished = log_mel(add_noise(place, noise[:64000], 5.0), spec)
    assert np.abs(over.mean(axis=1) - wished.mean(axis=1)).mean() < 0.04  # 1.6 dB
    assert quiet.mean() < over.mean() - 0.1


class Drawn:
    """A generator that always draws noise, from its start and at one level over it."""

    def __init__(self, snr):
        self.snr = snr

    def random(self):
        return 0.0

    def uniform(self, least, most):
        return self.snr

    def integers(self, least, most=None):
        return 0 if most is None else least

    def dirichlet(self, alpha):
        return alpha / len(alpha)

    def normal(self, mean, deviation, count):
        return np.zeros(count)


def test_a_noise_comes_in_another_colour_every_time_and_as_loud(rng):
    spec, powers = AudioSpec(), np.log(np.full((1, 80, 400), 1e-10, np.float32)).astype(np.float16)
    spec = spec.model_copy(update={"mels": 80})
    noises = [(1.0 + rng.random((80, 500))).astype(np.float32), np.full((80, 400), 1.5, np.float32)]
    bank = Bank(powers, np.ones(1, np.float32), noises, spec)
    drawn = [bank._noise(400, draw(seed)) for seed in range(40)]
    assert np.mean([noise.mean() for noise in drawn]) == pytest.approx(1.5, rel=0.05)
    slopes = [np.log(noise[60:].mean() / noise[:20].mean()) for noise in drawn]
    assert min(slopes) < -0.7
    assert max(slopes) > 0.7
    smooth = [np.abs(np.diff(np.log(noise.mean(axis=1)))).max() for noise in drawn]
    assert max(smooth) < 0.4
    flat = sum(noise.std(axis=1).max() < 1e-4 for noise in drawn)
    assert 4 <= flat <= 25, "the second alone, the first alone or both"


@pytest.mark.parametrize("snr", [-5.0, 0.0, 12.5, 40.0])
def test_noise_has_the_ratio_asked_for(snr, rng):
    window = np.zeros(16000, np.float32)
    window[4000:9000] = sound(5000)
    noise = (0.01 * rng.standard_normal(16000)).astype(np.float32)
    added = add_noise(window, noise, snr).astype(np.float64) - window
    speech = np.square(window[np.abs(window) > 0.03].astype(np.float64)).mean()
    assert 10 * np.log10(speech / np.square(added).mean()) == pytest.approx(snr, abs=0.01)


def test_noise_over_silence_stays_finite(rng):
    noise = rng.standard_normal(1000).astype(np.float32)
    assert not add_noise(np.zeros(1000, np.float32), noise, 10.0).any()
    assert np.isfinite(add_noise(sound(1000), np.zeros(1000, np.float32), 10.0)).all()


def test_a_room_answers_after_the_sound_only(rng):
    click = np.zeros(16000, np.float32)
    click[6000] = 1.0
    heard = echo(click, 16000, rng)
    assert np.abs(heard[:6000]).max() < 1e-5
    assert heard[6000] == pytest.approx(1.0, abs=0.2)
    tail = np.square(heard[6001:]).sum()
    assert 0.005 < tail < 0.4
    assert np.square(heard[-1000:]).sum() < 0.1 * tail


def test_noises_go_from_white_to_pink(rng):
    noises = tinted_noises(16000, rng, 8)
    assert all(noise.std() == pytest.approx(1.0, abs=1e-3) for noise in noises)
    power = [np.square(np.abs(np.fft.rfft(noise))) for noise in noises]
    low_share = [p[:800].sum() / p.sum() for p in power]
    assert low_share[0] == pytest.approx(0.1, abs=0.02)
    assert low_share[-1] > 0.8
    assert low_share == sorted(low_share)


def test_other_microphones_change_the_response_and_the_ends_of_the_band(rng):
    flat = np.ones((64, 400), np.float32)
    loud = np.linspace(1.0, 100.0, 400, dtype=np.float32) * flat
    heard = [through_microphone(flat, AudioSpec(), rng) for _ in range(400)]
    assert all(np.isfinite(p).all() and p.min() >= 0 for p in heard)
    decibels = 10 * np.log10(np.stack([p[:, 0] for p in heard]) + 1e-12)
    middle = decibels[:, 25:35].mean(axis=1)
    assert 0.25 < np.mean(np.ptp(decibels[:, 20:40], axis=1) < 1e-3) < 0.55  # as many are left as they were
    assert 0.1 < np.mean(decibels[:, -1] - middle < -40) < 0.3  # as from a telephone
    assert 0.1 < np.mean(decibels[:, 0] - middle < -12) < 0.4  # little below the voice
    nearer = [np.ptp(10 * np.log10(through_microphone(loud, AudioSpec(), rng)[32])) for _ in range(400)]
    assert 0.1 < np.mean(np.array(nearer) < 18.5) < 0.3  # 20 dB without gain control
    assert max(nearer) < 20.1


def test_masks_are_the_mean_and_leave_most(rng):
    features = rng.standard_normal((64, 400)).astype(np.float32)
    before = features.copy()
    assert mask_bands(features, rng) is features
    changed = features != before
    assert 0.0 < changed.mean() < 0.5
    np.testing.assert_allclose(features[changed], before.mean(), atol=0.01)


# The networks


def test_a_warped_voice_keeps_its_bands_in_order(rng):
    bands = np.repeat(np.arange(64.0, dtype=np.float32)[:, None], 5, axis=1)
    moved = [warp_bands(bands, rng) for _ in range(200)]
    assert all((np.diff(picture, axis=0) >= 0).all() for picture in moved)
    assert 0.2 < np.mean([picture is bands for picture in moved]) < 0.4
    furthest = max(np.abs(picture - bands).max() for picture in moved)
    assert 5.0 < furthest <= 63 * (np.exp(0.12) - 1) + 1.5


def test_pictures_of_one_voice_are_warped_alike(rng):
    bands = np.repeat(np.arange(64.0, dtype=np.float32)[:, None], 5, axis=1)
    first, second = warp_bands(np.stack([bands, bands + 1.0]), rng)
    assert np.allclose(second - first, 1.0, atol=1e-4)


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_merged_blocks_give_the_same_outputs(layout):
    torch.manual_seed(2)
    model = VisionStudent(len(LABELS), width=8, depths=(2, 2, 1, 2)).to(memory_format=layout)
    optimizer = torch.optim.SGD(model.parameters(), 0.05)
    for _ in range(6):  # moves the weights and statistics of the norms away from where they began
        loss = F.cross_entropy(model(2 * torch.randn(16, 1, 48, 48) + 1)[1], torch.arange(16) % 6)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    model.eval()
    faces = torch.randn(4, 1, 48, 48).to(memory_format=layout)
    with torch.no_grad():
        wanted = model(faces)
        found = model.fuse()(faces)
    assert [tuple(part.shape) for part in found] == [(4, TOKEN), (4, len(LABELS))]
    for a, b in zip(found, wanted, strict=True):
        torch.testing.assert_close(a, b, atol=1e-4, rtol=1e-4)
    kinds = {type(module) for module in model.modules()}
    assert nn.BatchNorm2d not in kinds
    assert {m.kernel_size for m in model.modules() if isinstance(m, nn.Conv2d)} == {(3, 3)}


def test_a_face_and_its_mirror_image_read_alike():
    model = VisionStudent(len(LABELS), width=8, depths=(1, 1, 1, 1)).eval()
    faces = torch.randn(3, 1, 48, 48)
    with torch.no_grad():
        for found, wanted in zip(model(faces.flip(3)), model(faces), strict=True):
            torch.testing.assert_close(found, wanted, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("seconds", [4.0, 2.0, 3.93])
def test_the_audio_student_gives_a_token_every_eight_frames(seconds):
    spec = AudioSpec()
    frames = round(spec.rate * seconds) // spec.hop
    model = AudioStudent(spec, len(LABELS), width=8).eval()
    with torch.no_grad():
        tokens, logits = model(torch.randn(2, spec.mels, frames), torch.zeros(2, TOKEN))
    assert tokens.shape == (2, audio_tokens(spec, seconds), TOKEN)
    assert logits.shape == (2, len(LABELS))


def test_a_known_voice_is_taken_off_every_token():
    torch.manual_seed(4)
    model = AudioStudent(AudioSpec(), len(LABELS), width=8).eval()
    features, voice = torch.randn(3, 64, 80), torch.randn(3, TOKEN)
    with torch.no_grad():
        tokens, logits = model(features, torch.zeros(3, TOKEN))
        less, changed = model(features, voice)
    assert torch.allclose(less, tokens - voice[:, None], atol=1e-5)
    assert (changed - logits).abs().max() > 0.01


def test_voices_are_the_mean_tokens_of_their_speakers():
    torch.manual_seed(5)
    model = AudioStudent(AudioSpec(), len(LABELS), width=8).eval()
    features, speakers = torch.randn(5, 64, 80), ["a", "b", "a", "b", "b"]
    voices = voices_of(model, features, speakers)
    with torch.no_grad():
        tokens, _ = model(features, voices)
    assert torch.allclose(voices[0], voices[2])
    assert not torch.allclose(voices[0], voices[1], atol=1e-3)
    for name in "ab":  # what is left of a speaker has no mean of its own
        own = torch.tensor([speaker == name for speaker in speakers])
        assert tokens[own].mean(dim=(0, 1)).abs().max() < 1e-4


@pytest.mark.slow
def test_the_tokens_of_all_speakers_come_to_have_no_mean():
    torch.manual_seed(6)
    model = AudioStudent(AudioSpec(), len(LABELS), width=8)
    features = torch.randn(8, 64, 80)
    before = model.encode(features).mean(dim=(0, 1)).abs().max()
    for _ in range(500):
        tokens = model.encode(features)
    after = tokens.mean(dim=(0, 1)).abs().max()
    assert after < 0.05
    assert after < before / 5


def test_weights_of_a_voice_favour_neutral_speech_or_are_all_zero(rng):
    labels = np.array([BASELINE, 1, 2, 3])
    drawn = np.stack([voice_weights(labels, rng) for _ in range(400)])
    unknown = drawn.sum(axis=1) == 0
    assert 0.1 < unknown.mean() < 0.3
    assert ((drawn[~unknown].sum(axis=1) >= 0.7 - 1e-6) & (drawn[~unknown].sum(axis=1) <= 1.0 + 1e-6)).all()
    assert (drawn[:, 0] >= drawn[:, 1] - 1e-6).all()
    assert 0.3 < (drawn[~unknown][:, 0] > 1.01 * drawn[~unknown][:, 1]).mean() < 0.7


def test_transformer_layers_of_the_audio_student_begin_as_the_identity():
    model = AudioStudent(AudioSpec(), len(LABELS), width=8, layers=2).eval()
    x = torch.randn(2, 50, TOKEN)
    for layer in model.layers:
        assert torch.equal(layer(x), x)


def test_padding_does_not_change_what_is_read():
    torch.manual_seed(3)
    model = TextStudent(TextSpec(length=20, vocabulary=50), len(LABELS), layers=2).eval()
    words = torch.randint(2, 50, (3, 7))
    with torch.no_grad():
        tokens, logits = model(words, torch.ones(3, 7))
        assert tokens.shape == (3, 7, TOKEN)
        assert logits.shape == (3, len(LABELS))
        mask = torch.cat([torch.ones(3, 7), torch.zeros(3, 13)], 1)
        for filling in (torch.zeros(3, 13, dtype=torch.long), torch.randint(0, 50, (3, 13))):
            padded, same = model(torch.cat([words, filling], 1), mask)
            torch.testing.assert_close(same, logits, atol=1e-5, rtol=1e-5)
            torch.testing.assert_close(padded[:, :7], tokens, atol=1e-4, rtol=1e-4)


GUIDES = ("query", "key_value")


def head(guide):
    torch.manual_seed(4)
    return FusionHead(len(LABELS), guide=guide).eval()


def evidence(seed=0, b=2, faces=8, words=16):
    """Tokens of all three modalities, their masks, and quality, in the order the head takes them."""
    g = torch.Generator().manual_seed(seed)

    def tokens(n):
        return torch.randn(b, n, TOKEN, generator=g)

    masks = torch.ones(b, faces), torch.ones(b, words)
    return [tokens(50), tokens(faces), tokens(words), *masks, torch.ones(b, 3), torch.rand(b, 3, generator=g)]


@pytest.mark.parametrize("guide", GUIDES)
@pytest.mark.parametrize("kept", [p for p in product((0.0, 1.0), repeat=3) if any(p)])
def test_weights_are_shares_of_what_is_there(guide, kept):
    *inputs, _, quality = evidence()
    present = torch.tensor([kept, kept])
    with torch.no_grad():
        logits, weights = head(guide)(*inputs, present, quality)
    assert logits.shape == (2, len(LABELS))
    torch.testing.assert_close(weights.sum(1), torch.ones(2))
    assert (weights[present == 0] < 1e-9).all()
    assert (weights[present == 1] > 1e-3).all()


@pytest.mark.parametrize("guide", GUIDES)
@pytest.mark.parametrize("absent", [0, 1, 2], ids=MODALITIES)
def test_what_is_absent_changes_nothing_whatever_it_holds(guide, absent):
    model = head(guide)
    ours, others = evidence(0), evidence(1)
    ours[5][:, absent] = 0.0
    changed = list(ours)
    changed[absent] = 100.0 * others[absent]
    changed[6] = ours[6].clone()
    changed[6][:, absent] = 1.0 - ours[6][:, absent]
    with torch.no_grad():
        for found, wanted in zip(model(*changed), model(*ours), strict=True):
            torch.testing.assert_close(found, wanted, atol=1e-6, rtol=1e-6)


@pytest.mark.parametrize("guide", GUIDES)
@pytest.mark.parametrize(("place", "mask"), [(1, 3), (2, 4)], ids=["faces", "words"])
def test_masked_tokens_change_nothing(guide, place, mask):
    model = head(guide)
    ours = evidence(0)
    ours[mask][:, 3:] = 0.0
    changed = list(ours)
    changed[place] = ours[place].clone()
    changed[place][:, 3:] = evidence(1)[place][:, 3:]
    with torch.no_grad():
        for found, wanted in zip(model(*changed), model(*ours), strict=True):
            torch.testing.assert_close(found, wanted, atol=1e-5, rtol=1e-5)


def test_the_guides_differ_and_each_modality_speaks():
    ours, others = evidence(0), evidence(1)
    with torch.no_grad():
        answers = [head(guide)(*ours)[0] for guide in GUIDES]
        assert not torch.allclose(*answers)
        for guide, wanted in zip(GUIDES, answers, strict=True):
            for place in range(3):
                changed = [*ours[:place], others[place], *ours[place + 1 :]]
                assert not torch.allclose(head(guide)(*changed)[0], wanted)
        pooled, own = head("query").pooled(*ours[:5])
        assert pooled.shape == own.shape == (2, 3, TOKEN)
        assert head("query").logits_alone(own).shape == (2, 3, len(LABELS))
        _, heard = head("query").pooled(others[0], *ours[1:5])
        torch.testing.assert_close(heard[:, 1:], own[:, 1:])  # by itself no other modality hears audio


# Composed windows


@pytest.fixture(scope="module")
def recipe(tmp_path_factory):
    path = tmp_path_factory.mktemp("recipe") / "tiny.toml"
    path.write_text(RECIPE)
    return read_recipe(path)


def wishing(recipe, **changes):
    return recipe.model_copy(update={"fusion": recipe.fusion.model_copy(update=changes)})


@pytest.fixture(scope="module")
def pools():
    """Ten examples a label; every token holds its label + 1, a sentence has one to seven words."""
    label = torch.arange(60) % 6
    value = (label + 1.0)[:, None, None]
    words = (torch.arange(7)[None] <= (torch.arange(60) % 7)[:, None]).float()
    return {
        "audio": Pool(value.expand(60, 5, 4), torch.ones(60, 5), label),
        "vision": Pool(value.expand(60, 1, 4), torch.ones(60, 1), label),
        "text": Pool(value.expand(60, 7, 4), words, label),
    }


WISHED = torch.arange(600) % 6


def test_windows_keep_what_was_really_said(recipe, pools):
    nothing = torch.full((60,), -1)
    nothing[:30] = 1
    spoken = Pool(
        torch.stack([torch.full((7, 4), 50.0), torch.full((7, 4), 99.0)]), torch.ones(2, 7), WISHED[:2]
    )
    known = {**pools, "audio": replace(pools["audio"], spoken=nothing), "spoken": spoken}
    shares = {}
    half = wishing(recipe, idle_words=0.5)
    for spoken in (False, None, True):
        text = compose_windows(known, WISHED, half, draw(3), ("audio", "text"), spoken=spoken)[2]
        shares[spoken] = (text[:, 0, 0] == 99.0).float().mean().item()
        assert not (text == 50.0).any()
    assert shares[False] == 0.0
    assert 0.1 < shares[None] < 0.25  # half of the clips, where the words are idle and heard right
    assert 0.4 < shares[True] < 0.6


def test_a_composed_window_has_the_shapes_of_a_real_one(recipe, pools):
    audio, vision, text, vision_mask, text_mask, present, quality = compose_windows(
        pools, WISHED, recipe, draw(1)
    )
    faces = recipe.face_crop.faces
    assert audio.shape == (600, 5, 4)
    assert vision.shape == (600, faces, 4)
    assert text.shape == (600, 7, 4)
    assert (vision_mask.shape, text_mask.shape) == ((600, faces), (600, 7))
    assert present.shape == quality.shape == (600, 3)
    assert all(t.dtype == torch.float32 for t in (audio, vision, text, vision_mask, text_mask, present))
    again = compose_windows(pools, WISHED, recipe, draw(1))
    assert all(torch.equal(a, b) for a, b in zip(again[:3], (audio, vision, text), strict=True))


@pytest.mark.parametrize("dropout", [0.01, 0.3, 0.95])
def test_masks_agree_with_what_is_present(recipe, pools, dropout):
    for seed in range(5):
        composed = compose_windows(pools, WISHED, wishing(recipe, dropout=dropout), draw(seed))
        audio, vision, text, vision_mask, text_mask, present, quality = composed
        assert (present.sum(1) >= 1).all()
        assert torch.equal(vision_mask.amax(1), present[:, 1])
        assert torch.equal(text_mask.amax(1), present[:, 2])
        assert torch.equal(audio.amax((1, 2)) > 0, present[:, 0] == 1)
        assert torch.equal(vision.amax(2) > 0, vision_mask == 1)
        assert torch.equal(text.amax(2) > 0, text_mask == 1)
        assert torch.equal(quality > 0, present == 1)
        assert (quality <= 1).all()
        assert (vision_mask.diff(dim=1) <= 0).all()  # faces fill the front


def test_modalities_go_missing_as_often_as_wished(recipe, pools):
    present = compose_windows(pools, WISHED, wishing(recipe, dropout=0.2), draw(1))[5]
    np.testing.assert_allclose(1 - present.mean(0), 0.2, atol=0.06)


def test_what_is_heard_has_the_wished_label(recipe, pools):
    audio, *_, present, _ = compose_windows(pools, WISHED, recipe, draw(2))
    heard = present[:, 0] == 1
    assert torch.equal(audio[heard][:, 0, 0], WISHED[heard] + 1.0)


def test_what_is_said_and_seen_does_not_always_fit(recipe, pools):
    everything = ("audio", "vision", "text")

    def off(**shares):
        windows = compose_windows(pools, WISHED, wishing(recipe, **shares), draw(3), everything)
        clear = windows[6] > 0.9  # rated so well that hardly any is of something else
        fits = [(windows[m][:, 0, 0] == WISHED + 1.0)[clear[:, m]].float().mean().item() for m in (1, 2)]
        return [1.0 - share for share in fits], windows

    (face, text), _ = off(idle_words=1e-9, idle_faces=1e-9)
    assert face < 0.12
    assert text < 0.12
    (face, text), windows = off(idle_words=0.8, idle_faces=0.4)
    assert text == pytest.approx(0.8 * 5 / 6, abs=0.15)
    assert face == pytest.approx(0.4 * 5 / 6, abs=0.15)
    plain = (windows[2][:, 0, 0] == 1.0).float().mean().item()
    assert plain > 0.3, "words without a mood are mostly of the first label"


def test_what_is_rated_badly_is_often_of_something_else(recipe, pools):
    fitting = wishing(recipe, idle_words=1e-9, idle_faces=1e-9)
    windows = compose_windows(pools, WISHED, fitting, draw(3), ("audio", "vision", "text"))
    for m in (1, 2):
        fits, quality = windows[m][:, 0, 0] == WISHED + 1.0, windows[6][:, m]
        assert fits[quality < 0.4].float().mean() < 0.6
        assert fits[quality > 0.9].float().mean() > 0.85


@pytest.mark.slow
def test_a_fusion_head_that_met_everybody_is_not_called_held_out(recipe, pools, tmp_path):
    wide = {name: replace(pool, tokens=pool.tokens.repeat(1, 1, TOKEN // 4)) for name, pool in pools.items()}
    told = []
    for place, dev in (("ships", None), ("without-1", wide)):
        train_fusion(
            wishing(recipe, guide="query", epochs=1, windows=64), {}, wide, wide, dev, tmp_path / place
        )
        told += [epoch.measure for epoch in read_history(tmp_path / place / "fusion.jsonl")]
    assert told == ["accuracy on people learned from", "held-out accuracy"]


@pytest.mark.slow
def test_heads_trained_side_by_side_are_those_trained_one_by_one(recipe, pools, tmp_path):
    wide = {name: replace(pool, tokens=pool.tokens.repeat(1, 1, TOKEN // 4)) for name, pool in pools.items()}
    brief = wishing(recipe, guide="query", epochs=1, windows=64)
    train_fusion(brief, {}, wide, wide, None, tmp_path / "alone")
    train_fusion(brief, {}, wide, wide, wide, tmp_path / "side" / "without-1")
    before = (tmp_path / "side" / "without-1" / "fusion.jsonl").read_text()
    parts = [(wide, wide)] * 2
    shipped, *others = train_heads(brief, {}, wide, wide, parts, tmp_path / "side")
    alone = torch.load(tmp_path / "alone" / "fusion.pt", weights_only=True)
    for head in (shipped, *others):
        for name, value in head.state_dict().items():  # other threads, other rounding
            torch.testing.assert_close(value, alone[name], rtol=0, atol=1e-4)
    assert (tmp_path / "side" / "without-1" / "fusion.jsonl").read_text() == before, "trained once"
    assert read_history(tmp_path / "side" / "without-2" / "fusion.jsonl")
    (tmp_path / "side" / "pools.pt").write_bytes(b"of a run that was killed")
    assert len(train_heads(brief, {}, wide, wide, parts, tmp_path / "side")) == 3
    assert not (tmp_path / "side" / "pools.pt").exists()


@pytest.mark.parametrize("kept", [MODALITIES, ("audio",), ("vision",), ("vision", "text")])
def test_exactly_what_is_kept_is_there(recipe, pools, kept):
    present = compose_windows(pools, WISHED, wishing(recipe, dropout=0.95), draw(4), kept)[5]
    assert torch.equal(present, torch.tensor([float(m in kept) for m in MODALITIES]).expand(600, 3))


# The recipe


def test_the_starter_recipe_reads():
    recipe = read_recipe(STARTER)
    assert recipe.name == "starter"
    assert recipe.audio.corpora == ("ravdess", "nemo")
    assert not set(recipe.audio.dev) & set(recipe.audio.test)
    assert recipe.fusion.head is None  # the product of experts


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("[audio]\n", "[audio]\nepoch = 3\n", "audio.epoch is not known"),
        ("[audio]\n", "colour = 'red'\n[audio]\n", "colour is not known"),
        ("epochs = 2", "epochs = 0", "audio epochs = 0 keeps a network as it is"),
        ("epochs = 2", "epochs = 'two'", "audio.epochs must be a number"),
        ("epochs = 2\n", "", "audio.epochs is missing"),
        ('name = "tiny"', "", "name is missing"),
        ("windows = 256", "windows = 256\ndropout = 1.0", "fusion.dropout must be below 1"),
        ("windows = 256", "windows = 256\nguide = 'face'", "fusion.guide must be one of 'query', 'key"),
        ("length = 16", "length = -1", "tokens.length must be at least 1"),
        ('name = "tiny"', "name = ", "is not a readable recipe"),
        ("[fusion]", "[quantize]\nmax_drop = -1\n[fusion]", "quantize.max_drop must be at least 0"),
    ],
)
def test_a_wrong_recipe_is_refused_in_one_line(tmp_path, old, new, said):
    assert old in RECIPE
    path = tmp_path / "wrong.toml"
    path.write_text(RECIPE.replace(old, new, 1))
    with pytest.raises(ConfigError) as caught:
        read_recipe(path)
    text = str(caught.value)
    assert said in text
    assert str(path) in text
    assert text.endswith("see recipes/starter.toml")
    assert "\n" not in text


def test_a_recipe_that_is_not_there_is_named(tmp_path):
    with pytest.raises(ConfigError, match=r"nothing\.toml is not a readable recipe"):
        read_recipe(tmp_path / "nothing.toml")


def test_a_key_changes_with_what_it_covers_only(recipe):
    other = wishing(recipe, epochs=9)
    assert recipe.key("audio") == other.key("audio")
    assert recipe.key("fusion") != other.key("fusion")
    louder = recipe.model_copy(update={"audio": recipe.audio.model_copy(update={"lr": 1e-4})})
    assert louder.key("audio") != recipe.key("audio")
    assert louder.key("vision", "text", "fusion") == recipe.key("vision", "text", "fusion")
    renamed = recipe.model_copy(update={"name": "other"})
    assert renamed.key("audio", "fusion") == recipe.key("audio", "fusion")
    reseeded = recipe.model_copy(update={"seed": 2})
    assert all(reseeded.key(part) != recipe.key(part) for part in ("audio", "vision", "text", "fusion"))
    keys = {recipe.key(part) for part in ("audio", "vision", "text", "tokens", "fusion")}
    assert len(keys) == 5
    assert recipe.key("audio") == read_recipe_again(recipe).key("audio")


def read_recipe_again(recipe):
    """The same recipe by way of its own JSON: another object, the same content."""
    return type(recipe).model_validate_json(recipe.model_dump_json())


@pytest.mark.slow
def test_the_audio_student_learns_from_its_teacher(tmp_path, monkeypatch):
    write_voices(tmp_path / "voices", speakers=4, clips=2)
    path = tmp_path / "taught.toml"
    path.write_text(RECIPE.replace("[audio]\n", "[audio]\nteacher = 'large'\n", 1))
    taught = read_recipe(path)
    asked, heard = [], []

    class Teacher:
        identity = "pitch"

        def features(self, samples):
            asked.append(len(samples))
            return np.abs(np.fft.rfft(samples, 400))[:120].astype(np.float32)

        def frames(self, samples):
            heard.append(len(samples))
            pieces = samples[: len(samples) // 400 * 400].reshape(-1, 400)
            return np.abs(np.fft.rfft(pieces))[:, :120].astype(np.float32)

    monkeypatch.setattr("export.teachers.find.open_teacher", lambda *_, **__: Teacher())
    place = tmp_path / "work" / "audio"
    student = train_audio(taught, tmp_path, place)
    assert len(asked) == 36  # clips of the two training speakers and of the dev speaker, once each
    assert 0.0 <= kept_score(place) <= 1.0
    assert set(heard) == {4 * 16000}
    assert (place / "audio-listening.pt").is_file()
    kept = [folder.name.split("-")[0] for folder in (tmp_path / "work" / "teacher").iterdir()]
    assert kept == ["pitch"] * 3  # of clips, of some windows for the directions, of all along them
    alone = train_audio(
        taught.model_copy(update={"audio": taught.audio.model_copy(update={"teacher": None})}),
        tmp_path,
        tmp_path / "alone",
    )
    sound, voice = torch.randn(2, 64, 400), torch.zeros(2, TOKEN)
    with torch.no_grad():
        assert not torch.equal(student(sound, voice)[1], alone(sound, voice)[1])
        again = train_audio(taught, tmp_path, place)
        assert torch.equal(student(sound, voice)[1], again(sound, voice)[1])
    before, listened = len(asked), (place / "audio-listening.pt").read_bytes()
    beside_machines = taught.model_copy(update={"audio": taught.audio.model_copy(update={"adapt_epochs": 1})})
    adapted = train_audio(beside_machines, tmp_path, place)
    assert (place / "audio-adapted-listening.pt").is_file()
    assert (place / "audio-adapted.pt").is_file()
    assert (place / "audio-listening.pt").read_bytes() == listened  # what was learnt is where it goes on
    assert len(asked) == before  # the teacher's answers are kept
    with torch.no_grad():
        assert not torch.equal(adapted(sound, voice)[1], again(sound, voice)[1])


def test_a_training_that_makes_it_worse_says_so(tmp_path, capsys):
    scores = iter([0.8, 0.6, 0.7, 0.65])
    model = Tiny()
    told = replace(task(model), score=lambda _: next(scores))
    train(told, Hyperparameters(3, 1e-2, seed=3), tmp_path)
    said = capsys.readouterr().err
    assert "the last epoch is kept (0.650); epoch 2 was the best (0.700)" in said
    assert "lies beside it in tiny.best" in said
    assert "warning: training made it worse (held-out accuracy 0.800 before, 0.650 now)" in said
    best = torch.load(tmp_path / "tiny.best", weights_only=True)
    kept = torch.load(tmp_path / "tiny.pt", weights_only=True)
    assert best.keys() == kept.keys()
    assert any(not torch.equal(best[name], kept[name]) for name in kept)
