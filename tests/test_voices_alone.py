"""A site that records voices alone and keeps the vision network of a bundle."""

from collections import Counter
from contextlib import ExitStack

import numpy as np
import pytest
import torch
from corpora import RECIPE, write_sentences, write_voices

from calibration.data.recordings import load_sound, windows_of
from calibration.int8.golden_inputs import face
from edge.app import starter_bundle
from edge.bundle.folder import open_bundle
from edge.bundle.golden import replay
from edge.bundle.manifest import VisionSpec
from edge.engines import open_engine
from edge.errors import DatasetError
from edge.features.text import load_tokenizer
from edge.items import MODALITIES, Quality
from edge.reading.encoders import Encoders
from edge.reading.fusion import Fusion
from edge.starter_labels import STARTER as LABELS
from export.corpora.drawn_faces import CORPUS, FACES, drawn_faces
from export.corpora.fer2013 import read_faces
from export.corpora.readers import say_once
from export.fusion.experts import ExpertsHead
from export.fusion.head import FusionHead
from export.int8.kept import OF_NETWORK, OF_POSTERIOR, keep_facts
from export.recipe import read_recipe
from export.run import run_export
from export.students.vision import kept_unseen, vision_faces, vision_split

KEPT = RECIPE[: RECIPE.index("[vision]")] + '[vision]\nstart = "starter"\nepochs = 0\n'
KEPT += RECIPE[RECIPE.index("[text]") :]


@pytest.fixture
def recipe(tmp_path):
    write_voices(tmp_path / "data" / "voices", clips=9)
    write_sentences(tmp_path / "data" / "goemotions", 1800)
    (tmp_path / "voices.toml").write_text(KEPT, encoding="utf-8")
    return tmp_path / "voices.toml"


def test_each_drawn_face_stands_under_every_label(tmp_path):
    split = drawn_faces(LABELS, VisionSpec(), tmp_path / "faces")
    for role, count in FACES.items():
        examples = getattr(split, role)
        assert Counter(e.label for e in examples) == dict.fromkeys(range(len(LABELS)), count)
    assert not {e.speaker for e in split.train} & {e.speaker for e in split.dev}
    assert split.test == []
    faces = read_faces(split.train)
    assert faces.shape == (FACES["train"] * len(LABELS), 48, 48)
    assert (faces[0] == faces[1]).all()
    assert (faces[0] != faces[-1]).any()


def test_voices_stand_in_for_no_face(recipe, tmp_path, capsys):
    say_once.cache_clear()  # an earlier test may have made it say the same
    found = read_recipe(recipe)
    data, work = tmp_path / "data", tmp_path / "work"
    assert list(vision_faces(found, data, work)) == [CORPUS]
    assert (
        "no recording shows a face; network and calibration stay those of starter" in capsys.readouterr().err
    )
    assert kept_unseen(found, data, work)
    assert len(vision_split(found, data, work).train) == FACES["train"] * len(LABELS)
    trained = found.vision.model_copy(update={"epochs": 1})
    with pytest.raises(DatasetError, match="recordings shows a face; name another corpus"):
        vision_faces(found.model_copy(update={"vision": trained}), data, work)


def test_calibration_is_that_of_the_bundle():
    start = open_bundle(starter_bundle())
    facts = {field: {"audio": 1, "vision": 2} for field in (*OF_NETWORK, *OF_POSTERIOR)}
    keep_facts(facts, {"vision": start}, (*OF_NETWORK, *OF_POSTERIOR))
    assert facts["temperature"] == {"audio": 1, "vision": start.manifest.temperature["vision"]}
    assert facts["parity"]["vision"] == start.manifest.parity["vision"]
    assert facts["calibration"]["vision"] == start.manifest.calibration["vision"]


@pytest.mark.parametrize("kind", [ExpertsHead, FusionHead])
def test_a_head_without_faces_answers_as_if_none_were_there(kind):
    torch.manual_seed(0)
    head = kind(6).eval()
    audio, vision, text = torch.randn(2, 5, 128), torch.randn(2, 8, 128), torch.randn(2, 4, 128)
    masks = torch.ones(2, 8), torch.ones(2, 4)
    quality = torch.full((2, 3), 0.8)
    absent, both = torch.tensor([[1.0, 0.0, 1.0]] * 2), torch.ones(2, 3)
    plain, _ = head(audio, vision, text, *masks, absent, quality * absent)
    assert not torch.allclose(head(audio, vision, text, *masks, both, quality)[0], plain)
    head.without_faces = True
    logits, weights = head(audio, vision, text, *masks, both, quality)
    assert torch.allclose(logits, plain)
    assert weights[:, 1].max() < 1e-6


@pytest.mark.slow
@pytest.mark.timeout(2400)
def test_an_export_keeps_the_vision_network(recipe, tmp_path):
    bundle, start = run_export(recipe, tmp_path / "data", tmp_path / "bundle"), open_bundle(starter_bundle())
    assert bundle.path("vision").read_bytes() == start.path("vision").read_bytes()
    ours, theirs = bundle.manifest, start.manifest
    assert ours.models["vision"].int8_nodes == theirs.models["vision"].int8_nodes
    assert ours.temperature["vision"] == theirs.temperature["vision"]
    assert ours.conformal_threshold["vision"] == theirs.conformal_threshold["vision"]
    assert {title.split()[0] for title in ours.accuracy} == {"audio", "text", "fused"}
    for language, said in (
        ("card.md", "the fusion leaves faces aside"),
        ("card.ja.md", "統合は顔を使いません"),
    ):
        assert said in bundle.path(language).read_text(encoding="utf-8")
    for name in (*MODALITIES, "fusion"):
        with open_engine(bundle.path(name)) as engine:
            assert replay(bundle, name, engine).why_refused(ours.models[name].limits) is None
    faces_change_nothing(bundle, tmp_path / "data" / "voices" / "s3")


def faces_change_nothing(bundle, folder):
    """What is fused of each clip stays to the digit."""
    rng = np.random.default_rng(5)
    with ExitStack() as stack:
        engines = {
            name: stack.enter_context(open_engine(bundle.path(name))) for name in bundle.manifest.models
        }
        encoders = Encoders(bundle.manifest, engines, load_tokenizer(bundle.folder / "tokenizer.json"))
        fusion = Fusion(bundle.manifest, engines["fusion"])
        for path in sorted(folder.glob("*.wav")):
            sound = windows_of(load_sound(path, 16000), 16000, 4.0, 1.0)[-1]
            found = {"audio": encoders.audio(sound)}
            alone, _ = fusion.fused_logits(found, Quality(32.0, 0.0, 0.0))
            found["vision"] = encoders.vision(np.stack([face(48, rng) for _ in range(8)]))
            both, weights = fusion.fused_logits(found, Quality(32.0, 0.8, 0.0))
            assert weights[1] < 1e-3
            np.testing.assert_allclose(both, alone, atol=1e-4)
