"""Private and federated training of the fusion head, with opacus and flwr as they are."""

import copy
import dataclasses

import numpy as np
import pytest
import torch

from edge.errors import ConfigError, DatasetError
from edge.items import MODALITIES
from edge.starter_labels import STARTER as LABELS
from export.fusion.head import FusionHead
from export.fusion.privacy.dp import PrivateGradients, privacy_of
from export.fusion.privacy.federated import of_site
from export.fusion.task import fusion_task
from export.fusion.training import train_fusion
from export.fusion.windows import Pool, compose_around, compose_windows, count_voices
from export.recipe import FusionRecipe, Recipe
from export.students.networks import TOKEN
from export.training.history import read_history

K = len(LABELS)
STUDENT = {"corpora": ("x",), "epochs": 1, "lr": 1e-3}
LENGTH = {"audio": 6, "vision": 1, "text": 5}


def recipe_with(**fusion):
    settings = {"guide": "query", "epochs": 4, "windows": 1024, "batch": 64, "lr": 2e-3} | fusion
    return Recipe(name="x", audio=STUDENT, vision=STUDENT, text=STUDENT, fusion=settings)


def pools_of(seed, count, speakers):
    """Tokens that lean towards their label, each speaker and modality in a way of its own."""
    rng = np.random.default_rng(seed)
    means = {m: np.random.default_rng(99).normal(0, 0.5, (K, TOKEN)) for m in MODALITIES}
    found = {}
    for m in MODALITIES:
        label = np.arange(count) % K
        speaker = rng.integers(speakers, size=count)
        voice = rng.normal(0, 0.6, (speakers, TOKEN))
        tokens = means[m][label][:, None] + voice[speaker][:, None]
        tokens = tokens + rng.normal(0, 2.0, (count, LENGTH[m], TOKEN))
        found[m] = Pool(
            torch.from_numpy(tokens).float(),
            torch.ones(count, LENGTH[m]),
            torch.from_numpy(label),
            speaker=torch.from_numpy(speaker + 1000 * seed),
        )
    return found


@pytest.fixture(scope="module")
def pools():
    return pools_of(1, 600, 10), pools_of(2, 300, 4), pools_of(3, 600, 6)


def accuracy(model, pools, recipe):
    model.eval()
    return fusion_task(model, recipe, pools[:2], pools[2]).score(model)


# DP-SGD


def test_more_noise_and_fewer_steps_cost_less_epsilon():
    pytest.importorskip("opacus", reason="script/test_extras has it")

    def epsilon(**fusion):
        return privacy_of(recipe_with(**fusion), 1000)["epsilon"]

    assert epsilon(dp_noise=2.0) < epsilon(dp_noise=1.0) < epsilon(dp_noise=0.7)
    assert epsilon(dp_noise=1.0, epochs=1) < epsilon(dp_noise=1.0, epochs=8)
    assert epsilon(dp_noise=1.0, dp_delta=1e-3) < epsilon(dp_noise=1.0, dp_delta=1e-6)


def test_epsilon_of_the_plain_gaussian_mechanism_is_the_known_one():
    """Without sampling Renyi accounting has a closed form: min over a of a T / 2 s^2 + log terms."""
    pytest.importorskip("opacus", reason="script/test_extras has it")
    from opacus.accountants import RDPAccountant

    accountant = RDPAccountant()
    accountant.history = [(4.0, 1.0, 10)]
    delta, alphas = 1e-5, np.array([*(1 + np.arange(1, 100) / 10), *range(12, 64)])
    slack = np.log((alphas - 1) / alphas) - (np.log(delta) + np.log(alphas)) / (alphas - 1)
    known = (alphas * 10 / (2 * 4.0**2) + slack).min()
    assert accountant.get_epsilon(delta) == pytest.approx(known, rel=1e-6)


def test_the_gradient_of_a_batch_is_the_mean_of_the_clipped_ones(pools, tmp_path):
    pytest.importorskip("opacus", reason="script/test_extras has it")
    recipe = recipe_with(dp_noise=1e-9, dp_clip=0.05, batch=32)
    torch.manual_seed(0)
    model = FusionHead(K, dropout=0.0).train()
    plain = copy.deepcopy(model)
    gradients = PrivateGradients(model, recipe.fusion, count_voices(*pools[:2]), tmp_path)
    gradients.begin(np.random.default_rng(0))
    batch = gradients.watch(compose_around(pools[:2], gradients.draw(), recipe, np.random.default_rng(1)))
    task = fusion_task(model, recipe, pools[:2], pools[2])
    task.loss(model, batch, torch.nn.functional.cross_entropy).backward()
    gradients.clip(model)
    wanted = [torch.zeros_like(p) for p in plain.parameters()]
    inputs, targets = batch
    for i in range(len(targets)):
        one = tuple(tensor[i : i + 1] for tensor in inputs), targets[i : i + 1]
        plain.zero_grad()
        task.loss(plain, one, torch.nn.functional.cross_entropy).backward()
        norm = torch.stack([p.grad.norm() for p in plain.parameters()]).norm()
        assert norm > recipe.fusion.dp_clip  # each is really clipped
        for total, p in zip(wanted, plain.parameters(), strict=True):
            total += p.grad * recipe.fusion.dp_clip / norm / recipe.fusion.batch
    for found, total in zip(model.parameters(), wanted, strict=True):
        torch.testing.assert_close(found.grad, total, rtol=1e-3, atol=1e-6)


def test_the_noise_has_the_deviation_asked_for(pools, tmp_path):
    pytest.importorskip("opacus", reason="script/test_extras has it")
    recipe = recipe_with(dp_noise=3.0, dp_clip=0.5, batch=32)
    model = FusionHead(K, dropout=0.0).train()
    gradients = PrivateGradients(model, recipe.fusion, count_voices(*pools[:2]), tmp_path)
    gradients.begin(np.random.default_rng(0))
    batch = gradients.watch(compose_around(pools[:2], gradients.draw(), recipe, np.random.default_rng(1)))
    task = fusion_task(model, recipe, pools[:2], pools[2])
    task.loss(model, batch, torch.nn.functional.cross_entropy).backward()
    gradients.clip(model)
    values = torch.cat([p.grad.flatten() for p in model.parameters()])
    assert values.std().item() == pytest.approx(3.0 * 0.5 / 32, rel=0.02)


def test_every_voice_is_drawn_as_often_as_epsilon_was_counted_for(pools, tmp_path):
    pytest.importorskip("opacus", reason="script/test_extras has it")
    recipe = recipe_with(dp_noise=1.0)
    gradients = PrivateGradients(FusionHead(K), recipe.fusion, 900, tmp_path)
    gradients.begin(np.random.default_rng(0))
    drawn = torch.zeros(900)
    for _ in range(400):
        drawn[gradients.draw()] += 1
    rate = privacy_of(recipe, 900)["sampling_rate"]
    assert drawn.mean().item() / 400 == pytest.approx(rate, rel=0.05)
    assert drawn.min() > 0


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_private_training_learns(pools, tmp_path):
    pytest.importorskip("opacus", reason="script/test_extras has it")
    recipe = recipe_with(dp_noise=0.6)
    model = train_fusion(recipe, {}, *pools, tmp_path)
    found = accuracy(model, pools, recipe)
    print(f"accuracy {found:.3f}, epsilon {privacy_of(recipe, count_voices(*pools[:2]))['epsilon']:.2f}")
    assert found > 0.4  # six labels: chance is 0.17
    assert len(read_history(tmp_path / "fusion.jsonl")) == recipe.fusion.epochs


def test_private_training_repeats_with_its_secret_only(pools, tmp_path):
    pytest.importorskip("opacus", reason="script/test_extras has it")
    recipe = recipe_with(dp_noise=0.6, epochs=1, windows=64, batch=32)
    model = train_fusion(recipe, {}, *pools, tmp_path / "a")
    secret = tmp_path / "a" / "noise.secret"
    assert secret.stat().st_mode & 0o077 == 0
    assert not any(module._forward_hooks for module in model.modules())
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "noise.secret").write_text(secret.read_text())
    again = train_fusion(recipe, {}, *pools, tmp_path / "b")
    other = train_fusion(recipe, {}, *pools, tmp_path / "c")
    assert torch.equal(again.head.weight, model.head.weight)
    assert not torch.equal(other.head.weight, model.head.weight)


@pytest.mark.parametrize("batch", [8, 600])
def test_a_batch_that_privacy_does_not_allow_is_refused(batch):
    with pytest.raises(ConfigError, match=f"batch = {batch} with dp_noise"):
        privacy_of(recipe_with(dp_noise=1.0, batch=batch), 600)


def test_noise_and_sites_do_not_go_together():
    with pytest.raises(ValueError, match="dp_noise and sites do not go together"):
        FusionRecipe(epochs=1, windows=64, lr=1e-3, dp_noise=1.0, sites=2)


def test_noise_and_fine_tuning_in_int8_do_not_go_together():
    with pytest.raises(ValueError, match=r"quantize\n.*take qat or dp_noise away"):
        Recipe.model_validate(recipe_with(dp_noise=1.0).model_dump() | {"quantize": {"qat": True}})
    assert Recipe.model_validate(recipe_with().model_dump() | {"quantize": {"qat": True}}).quantize.qat


# Sites


def test_sites_share_no_speaker_and_lose_none(pools):
    parts = [of_site(pools[:2], number, 2, K) for number in range(2)]
    for index, found in enumerate(pools[:2]):
        for m in MODALITIES:
            own = [set(part[index][m].speaker.tolist()) for part in parts]
            assert own[0].isdisjoint(own[1])
            assert own[0] | own[1] == set(found[m].speaker.tolist())
            assert sum(len(part[index][m].label) for part in parts) == len(found[m].label)


def test_the_words_that_were_said_reach_every_site(pools):
    found = dict(pools[0])
    rows = len(found["text"].label)
    found["spoken"] = dataclasses.replace(found["text"], speaker=None)
    found["audio"] = dataclasses.replace(found["audio"], spoken=torch.arange(rows))
    for number in range(2):
        (part,) = of_site([found], number, 2, K)
        rng = np.random.default_rng(0)
        windows = compose_windows(
            part, torch.arange(K).repeat(4), recipe_with(), rng, MODALITIES, spoken=True
        )
        assert any(torch.equal(windows[2][0], tokens) for tokens in found["spoken"].tokens)


def test_a_person_is_at_one_site(pools):
    parts = [of_site(pools[:1], number, 3, K)[0] for number in range(3)]
    people = [set().union(*(part[m].speaker.tolist() for m in MODALITIES)) for part in parts]
    assert sum(map(len, people)) == len(set().union(*people)) == 10


def test_sites_weigh_by_their_voices(pools, tmp_path, monkeypatch):
    pytest.importorskip("flwr", reason="script/test_extras has it")
    from flwr.server.strategy import FedAvg

    told, aggregate = [], FedAvg.aggregate_fit

    def watched(self, number, results, failures):
        told.extend(sent.num_examples for _, sent in results)
        return aggregate(self, number, results, failures)

    monkeypatch.setattr(FedAvg, "aggregate_fit", watched)
    train_fusion(recipe_with(epochs=1, windows=64, batch=32, sites=3), {}, *pools, tmp_path)
    assert told == [count_voices(*of_site(pools[:2], number, 3, K)) for number in range(3)]
    assert len(set(told)) > 1


def test_a_site_without_a_label_is_refused(pools):
    lonely = {m: dataclasses.replace(p, speaker=p.label.clone()) for m, p in pools[0].items()}
    with pytest.raises(DatasetError, match="site 1 lacks recordings of some label; take fewer sites"):
        of_site([lonely], 0, 2, K)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_two_sites_do_as_well_as_pooled_training(pools, tmp_path):
    pytest.importorskip("flwr", reason="script/test_extras has it")
    recipe = recipe_with(epochs=6)
    pooled = train_fusion(recipe, {}, *pools, tmp_path / "pooled")
    recipe = recipe_with(epochs=6, sites=2)
    averaged = train_fusion(recipe, {}, *pools, tmp_path / "sites")
    before, after = accuracy(pooled, pools, recipe), accuracy(averaged, pools, recipe)
    print(f"pooled {before:.3f}, two sites {after:.3f}")
    assert before > 0.5
    assert after > before - 0.02
    assert sorted(p.name for p in (tmp_path / "sites").iterdir()) == ["fusion.jsonl", "fusion.pt"]
    assert [e.epoch for e in read_history(tmp_path / "sites" / "fusion.jsonl")] == list(range(1, 7))


def test_federated_training_that_was_killed_goes_on_to_the_same_weights(pools, tmp_path, monkeypatch):
    pytest.importorskip("flwr", reason="script/test_extras has it")
    import export.fusion.privacy.federated

    recipe = recipe_with(epochs=2, windows=64, batch=32, sites=2)
    whole = train_fusion(recipe, {}, *pools, tmp_path / "whole")
    trained, train = [], export.fusion.privacy.federated.train

    def killed(task, plan, folder):
        if len(trained) == 3:
            raise KeyboardInterrupt
        trained.append(task.name)
        train(task, plan, folder)

    monkeypatch.setattr(export.fusion.privacy.federated, "train", killed)
    with pytest.raises(KeyboardInterrupt):
        train_fusion(recipe, {}, *pools, tmp_path / "killed")
    monkeypatch.undo()
    found = train_fusion(recipe, {}, *pools, tmp_path / "killed")
    for name, value in whole.state_dict().items():
        assert torch.equal(found.state_dict()[name], value), name
