"""A bundle's networks go on learning: what comes back out of a graph is the network that went in."""

import copy
from dataclasses import replace

import numpy as np
import onnxruntime
import pytest
import torch

from calibration.data.dataset import Example
from edge.app import starter_bundle
from edge.bundle.folder import open_bundle
from edge.bundle.manifest import AudioSpec
from edge.errors import ConfigError
from edge.items import MODALITIES
from edge.starter_labels import STARTER as LABELS
from export.recipe import AudioRecipe, Recipe
from export.students.audio_phases import AudioTrainer, DevWindows, Phase
from export.students.frame_targets import FrameMatcher
from export.students.networks import AudioStudent, TextStudent, VisionStudent
from export.students.onnx_files import write_networks
from export.students.warm_start import begin_as, started_from, wake_norms
from export.training.augment import tinted_noises
from export.training.noisy_windows import NoisyWindows

RECIPE = {
    "name": "tiny",
    "audio": {"corpora": ["voices"], "epochs": 1},
    "vision": {"corpora": ["faces"], "epochs": 1},
    "text": {"corpora": ["said"], "epochs": 1},
    "fusion": {"epochs": 1, "windows": 8, "lr": 1e-3},
}


def recipe(**of_text):
    return Recipe.model_validate(RECIPE | {"text": RECIPE["text"] | of_text})


@pytest.fixture(scope="module")
def starter():
    return open_bundle(starter_bundle())


def fresh(name, manifest):
    """A student as training begins, and inputs for it."""
    frames = round(manifest.audio.rate * manifest.window_s) // manifest.audio.hop
    if name == "audio":
        heard = torch.randn(4, manifest.audio.mels, frames), torch.randn(4, 128)
        return AudioStudent(manifest.audio, len(LABELS)), heard
    if name == "vision":
        return VisionStudent(len(LABELS)), (torch.randn(4, 1, manifest.vision.size, manifest.vision.size),)
    ids = torch.randint(manifest.text.vocabulary, (4, manifest.text.length), dtype=torch.int32)
    return TextStudent(manifest.text, len(LABELS)), (ids, torch.ones(ids.shape))


def trained(name, manifest):
    """A student whose every weight and statistic is far from where it began."""
    student, inputs = fresh(name, manifest)
    for key, value in student.state_dict().items():
        if "running_var" in key:
            value.uniform_(0.5, 2.0)
        elif value.is_floating_point():
            value.add_(0.1 * torch.randn_like(value))
    return student.eval(), inputs


def put_back(name, starter, folder):
    """A trained student, another that begins as its graph, and inputs for both."""
    manifest = starter.manifest
    student, inputs = trained(name, manifest)
    shapes = (manifest.audio, manifest.vision, manifest.text, manifest.window_s)
    write_networks({name: student}, *shapes, folder)
    found = fresh(name, manifest)[0]
    begin_as(found, name, replace(starter, folder=folder))
    return student, found, inputs


@pytest.mark.parametrize("name", MODALITIES)
@torch.no_grad()
def test_a_network_comes_back_out_of_its_graph(name, starter, tmp_path):
    torch.manual_seed(3)
    student, found, inputs = put_back(name, starter, tmp_path)
    for mine, other in zip(found(*inputs), student(*inputs), strict=True):
        assert torch.allclose(mine, other, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("name", ["audio", "vision"])
@torch.no_grad()
def test_norms_that_wake_change_no_output_and_know_their_input(name, starter, tmp_path):
    torch.manual_seed(4)
    _, found, inputs = put_back(name, starter, tmp_path)
    before = found(*inputs)
    wake_norms(found, lambda network: network(*inputs))
    for mine, other in zip(found(*inputs), before, strict=True):
        assert torch.allclose(mine, other, rtol=1e-3, atol=1e-3)
    seen = []
    norm = next(module for module in found.modules() if isinstance(module, torch.nn.BatchNorm2d))
    hook = norm.register_forward_hook(lambda module, given, out: seen.append(out))
    found(*inputs)
    hook.remove()
    as_shown = torch.cat(seen)
    assert torch.allclose(as_shown.mean((0, 2, 3)), norm.bias, atol=1e-2)
    assert torch.allclose(as_shown.std((0, 2, 3)), norm.weight.abs(), rtol=0.02, atol=1e-3)


@torch.no_grad()
def test_the_starter_network_of_faces_reads_the_same_in_torch(starter):
    faces = torch.from_numpy(np.random.default_rng(5).normal(size=(2, 1, 48, 48)).astype(np.float32))
    student = VisionStudent(len(LABELS))
    begin_as(student, "vision", starter)
    session = onnxruntime.InferenceSession(starter.path("vision"))
    tokens, _ = session.run(["tokens", "logits"], {"faces": faces.numpy()})
    assert torch.cosine_similarity(student(faces)[0], torch.from_numpy(tokens)).min() > 0.98


def test_a_network_of_another_shape_is_refused(tiny_bundle, starter):
    other = replace(starter, folder=tiny_bundle.folder, manifest=tiny_bundle.manifest)
    with pytest.raises(ConfigError, match=r"another shape than this version trains; leave it out"):
        begin_as(VisionStudent(len(LABELS)), "vision", other)


def test_a_recipe_names_the_bundle_a_network_begins_as(starter, tmp_path):
    assert started_from(recipe(), "text", tmp_path) is None
    wanted = recipe(start="starter", epochs=0)
    assert started_from(wanted, "text", tmp_path).folder == starter.folder
    (tmp_path / "before").symlink_to(starter.folder)
    assert started_from(recipe(start="before"), "text", tmp_path).manifest == starter.manifest
    assert started_from(recipe(start=str(starter.folder)), "text", tmp_path).manifest == starter.manifest


def test_other_features_cannot_go_on_from_a_bundle(tmp_path):
    wanted = recipe(start="starter")
    other = wanted.model_copy(update={"tokens": wanted.tokens.model_copy(update={"length": 32})})
    with pytest.raises(ConfigError, match=r"text.start: starter takes other features"):
        started_from(other, "text", tmp_path)


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"epochs": 0}, "name its bundle with start"),
        ({"epochs": 0, "start": "starter", "teacher": "ear"}, "leave it out"),
    ],
)
def test_a_network_that_is_kept_wants_a_bundle_and_no_teacher(said, told):
    with pytest.raises(ValueError, match=told):
        recipe(**said)


def test_noise_is_learned_after_the_labels_only():
    audio = RECIPE["audio"] | {"start": "starter", "epochs": 0, "adapt_epochs": 3}
    with pytest.raises(ValueError, match="adapt_epochs needs epochs"):
        Recipe.model_validate(RECIPE | {"audio": audio})


def test_sound_that_goes_on_from_a_network_stays_near_what_that_makes_of_clean_sound(rng):
    """What the network before makes of clean windows holds the one in training, in noise as well."""
    spec = AudioSpec()
    times = np.arange(4 * spec.rate) / spec.rate
    clips = [np.sin(2 * np.pi * (150 + 40 * n) * times).astype(np.float32) for n in range(6)]
    examples = [Example(name=str(n), label=n % 3, speaker=f"s{n % 2}") for n in range(6)]
    windows = NoisyWindows(examples, clips, tinted_noises(8 * spec.rate, rng, 4), spec)
    bank = windows.bank(windows.places(1), rng)
    torch.manual_seed(0)
    model = FrameMatcher(AudioStudent(spec, len(LABELS)))
    before = copy.deepcopy(model.student)
    wanted = recipe().model_copy(update={"audio": AudioRecipe(corpora=("voices",), epochs=1, batch=32)})
    trainer = AudioTrainer(
        wanted, windows, np.full(6, 1 / 6), None, DevWindows(examples, clips, spec), before
    )
    task = trainer.task(Phase("audio", 1, 1e-3), model, bank)
    (heard, weight, clean), right = next(iter(task.batches(rng)))
    assert heard.shape == clean.shape == (32, spec.mels, 400)
    model.eval()

    @torch.no_grad()
    def forgotten(shown):
        """The loss, were the labels of no weight."""
        return float(task.loss(model, ((shown, weight, clean), right), lambda logits, _: 0 * logits.sum()))

    assert forgotten(clean) == pytest.approx(0.0, abs=1e-5)
    assert forgotten(heard) > 0.1
    with torch.no_grad():
        for parameter in model.student.into.parameters():
            parameter.mul_(-1.0)
    assert forgotten(clean) > 1.0
