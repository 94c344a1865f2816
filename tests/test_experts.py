"""The product of experts: what each modality says, believed as far as it can be relied on."""

from itertools import product

import numpy as np
import pytest
import torch

from edge.bundle.manifest import AudioSpec
from edge.items import MODALITIES
from edge.starter_labels import STARTER as LABELS
from export.fusion.experts import ExpertsHead, fit_experts
from export.fusion.training import train_fusion
from export.fusion.windows import Pool
from export.recipe import FusionRecipe, Recipe
from export.students.networks import TOKEN, AudioStudent, TextStudent, VisionStudent

K = len(LABELS)
STUDENT = {"corpora": ("x",), "epochs": 1, "lr": 1e-3}
RECIPE = Recipe(name="x", audio=STUDENT, vision=STUDENT, text=STUDENT, fusion={"windows": 1200})


def recipe_with(**fusion):
    return RECIPE.model_copy(update={"fusion": RECIPE.fusion.model_copy(update=fusion)})


@pytest.fixture(scope="module")
def encoders():
    torch.manual_seed(0)
    found = {
        "audio": AudioStudent(AudioSpec(), K),
        "vision": VisionStudent(K),
        "text": TextStudent(RECIPE.tokens, K),
    }
    return {name: network.eval() for name, network in found.items()}


def evidence(seed=0, b=4, faces=8, words=6):
    g = torch.Generator().manual_seed(seed)
    tokens = [torch.randn(b, n, TOKEN, generator=g) for n in (10, faces, words)]
    return [*tokens, torch.ones(b, faces), torch.ones(b, words)]


def head_of(encoders, seed=1):
    torch.manual_seed(seed)
    head = ExpertsHead(K, encoders).eval()
    with torch.no_grad():
        head.reliability.normal_()
        head.usual.normal_()
    return head


@torch.no_grad()
def test_a_voice_alone_is_read_as_its_encoder_reads_it(encoders):
    head, tokens = head_of(encoders), evidence()
    alone = torch.tensor([[1.0, 0.0, 0.0]] * 4)
    logits, weights = head(*tokens, alone, alone)
    _, expected = encoders["audio"].read(tokens[0], torch.zeros(4, TOKEN))
    torch.testing.assert_close(logits, expected)
    torch.testing.assert_close(weights, alone)


@torch.no_grad()
def test_words_and_faces_are_read_as_their_encoders_read_them(encoders):
    head, (audio, vision, text, vision_mask, text_mask) = head_of(encoders), evidence()
    vision_mask[:, 3:], text_mask[:, 4:] = 0.0, 0.0
    found = head.alone(audio, vision, text, vision_mask, text_mask)
    torch.testing.assert_close(found[:, 1], encoders["vision"].head(vision[:, :3]).mean(dim=1))
    read = encoders["text"]
    torch.testing.assert_close(found[:, 2], read.head(read.pool(text[:, :4])))


@torch.no_grad()
@pytest.mark.parametrize("kept", [p for p in product((0.0, 1.0), repeat=3) if any(p)])
def test_what_is_absent_changes_nothing_and_weighs_nothing(encoders, kept):
    head, present = head_of(encoders), torch.tensor([kept] * 4)
    ours, others = evidence(0), evidence(1)
    changed = [
        mine if there else 100.0 * other for mine, other, there in zip(ours, others, kept, strict=False)
    ]
    quality = torch.rand(4, 3)
    logits, weights = head(*ours, present, quality)
    again, same = head(*changed, *ours[3:], present, torch.where(present > 0, quality, 1 - quality))
    torch.testing.assert_close(again, logits)
    torch.testing.assert_close(same, weights)
    torch.testing.assert_close(weights.sum(dim=1), torch.ones(4))
    assert (weights[present == 0] == 0).all()
    assert (weights[present == 1] > 0).all()


@torch.no_grad()
def test_the_less_a_transcript_is_believed_the_less_it_changes(encoders):
    head, tokens, present = head_of(encoders), evidence(), torch.tensor([[1.0, 0.0, 1.0]] * 4)
    heard, _ = head(*tokens, torch.tensor([[1.0, 0.0, 0.0]] * 4), torch.ones(4, 3))
    changes, shares = [], []
    for quality in (0.0, 0.3, 0.6, 1.0):
        logits, weights = head(*tokens, present, torch.tensor([[1.0, 0.0, quality]] * 4))
        changes.append(float((logits - heard).abs().max()))
        shares.append(float(weights[:, 2].mean()))
    assert changes[0] == pytest.approx(0.0, abs=1e-5)
    assert changes == sorted(changes)
    assert shares == sorted(shares)


@torch.no_grad()
def test_what_is_said_in_every_mood_changes_little(encoders):
    """Words that say nothing are mostly of the first label: neutral ones hardly count, angry ones do."""
    head = head_of(encoders)
    head.reliability.fill_(-1.0)
    head.usual.fill_(0.0)
    head.usual[:, 0] = 6.0
    alone = torch.zeros(3, 3, K)
    alone[:, 0] = torch.randn(3, K)
    alone[0, 2, 0], alone[1, 2, 1] = 20.0, 20.0  # surely neutral words; surely angry ones; any mood's
    present = torch.tensor([[1.0, 0.0, 1.0]] * 3)
    logits, weights = head.join(alone, present, present)
    added = logits - alone[:, 0]
    assert added[0].max() - added[0].min() < 0.5
    assert int(added[1].argmax()) == 1
    assert added[1].max() - added[1].min() > 3.0
    torch.testing.assert_close(added[2], torch.zeros(K), atol=1e-5, rtol=0)
    assert weights[2, 2] < 0.01 < weights[0, 2] < weights[1, 2]  # a share is what a modality adds


@torch.no_grad()
@pytest.mark.parametrize("seed", range(8))
def test_no_modality_prefers_a_label_by_itself(encoders, seed):
    """Whatever was fitted: a face or words of no mood leave the voice as it is."""
    head = head_of(encoders, seed)
    head.usual.normal_(0.0, 3.0)
    head.scale.uniform_(0.1, 2.0)
    alone = torch.randn(5, 3, K)
    alone[:, 1:] = torch.randn(5, 2, 1)
    logits, _ = head.join(alone, torch.ones(5, 3), torch.rand(5, 3))
    torch.testing.assert_close(logits, head.scale[0] * alone[:, 0], atol=1e-4, rtol=1e-4)


def pools_for(encoders, voice_sure=1.0):
    """Tokens that the encoders' last layers read as their label: voices with noise, faces, sentences."""
    rng, label = np.random.default_rng(0), torch.arange(240) % K

    def tokens(layer, n, noise):
        way = layer.weight[:, :TOKEN].detach()
        way = way / way.norm(dim=1, keepdim=True)
        wished = 12.0 * way[label][:, None] + noise * torch.from_numpy(rng.standard_normal((240, n, TOKEN)))
        return wished.float()

    heard, seen, said = (encoders[name].head for name in MODALITIES)
    pools = {
        "audio": (tokens(heard[-1], 10, voice_sure), label),
        "vision": (tokens(seen[-1], 1, 0.1), label),
        "text": (tokens(said[-1], 6, 0.1), label),
    }
    return {name: Pool(t, torch.ones(t.shape[:2]), y) for name, (t, y) in pools.items()}


def test_words_that_say_nothing_are_found_out(encoders, tmp_path):
    pools = pools_for(encoders)
    trust = {}
    for share in (0.1, 0.9):
        recipe = recipe_with(idle_words=share, idle_faces=0.1)
        head = fit_experts(recipe, encoders, pools, tmp_path / str(share))
        trust[share] = head.reliability.sigmoid()[1].mean().item()
    assert trust[0.9] < trust[0.1]
    again = fit_experts(recipe_with(idle_words=0.9), encoders, {}, tmp_path / "0.9")  # read back, not fitted
    assert torch.equal(again.reliability, head.reliability)
    encoder = encoders["audio"].head[-1].weight
    assert torch.equal(again.audio[-1].weight, encoder)
    assert not again.audio[-1].weight.requires_grad


def test_the_recipe_says_who_joins_them(encoders, tmp_path):
    assert FusionRecipe().head is None
    assert FusionRecipe(guide="key_value").head == "key_value"
    assert FusionRecipe(dp_noise=1.0).head == FusionRecipe(sites=2).head == "query"
    found = train_fusion(RECIPE, encoders, {}, pools_for(encoders), None, tmp_path)
    assert isinstance(found, ExpertsHead)
