"""Window -> tokens, on real tiny networks."""

import numpy as np
import pytest

from edge.features.audio import log_mel
from edge.features.vision import crop, standardise
from edge.items import Face, Frame, Window
from edge.reading.encoders import Encoders
from edge.reading.stopwatch import Stopwatch
from edge.reading.voice import PRIOR

FACE = Face(left=20, top=10, width=40, height=40, score=0.9)


@pytest.fixture
def encoders(tiny_bundle, engines, tokenizer):
    return Encoders(tiny_bundle.manifest, engines, tokenizer)


class Counting:
    """An engine that counts its calls."""

    def __init__(self, engine):
        self.engine, self.calls = engine, 0

    @property
    def inputs(self):
        return self.engine.inputs

    def run(self, inputs):
        self.calls += 1
        return self.engine.run(inputs)


def frames(rng, times):
    return [Frame(float(t), rng.integers(0, 255, (72, 96, 3), dtype=np.uint8)) for t in times]


def window(start, audio=None, frames=(), text=None):
    return Window(start=start, end=start + 4.0, audio=audio, frames=tuple(frames), text=text)


def sound(rng):
    return (0.1 * rng.standard_normal(64000)).astype(np.float32)


def test_sound_goes_through_the_features_and_the_engine(encoders, engines, tiny_bundle, rng):
    samples = sound(rng)
    found = encoders.audio(samples)
    features, unknown = log_mel(samples, tiny_bundle.manifest.audio)[None], np.zeros((1, 128), np.float32)
    expected = engines["audio"].run({"features": features, "voice": unknown})
    np.testing.assert_array_equal(found.tokens, expected["tokens"][0])
    np.testing.assert_array_equal(found.logits, expected["logits"])
    assert found.tokens.shape == (50, 128)


def test_the_voice_is_learned_as_it_speaks(encoders, rng):
    samples = sound(rng)
    token = encoders.audio(samples).tokens.mean(axis=0)
    left = [
        np.abs(encoders.window(window(float(s), samples), [])["audio"].tokens.mean(axis=0)) for s in range(40)
    ]
    np.testing.assert_allclose(left[0], np.abs(token), atol=1e-5)
    np.testing.assert_allclose(left[1], np.abs(token) * PRIOR / (1 + PRIOR), rtol=1e-2, atol=1e-5)
    assert np.mean(left[39]) < 0.4 * np.mean(left[0])


def test_windows_without_speech_teach_nothing_of_the_voice(encoders, rng):
    samples = sound(rng)
    for second in range(5):
        encoders.window(window(float(second), text="so happy"), [])
    found = encoders.window(window(5.0, samples), [])["audio"]
    np.testing.assert_array_equal(found.tokens, encoders.audio(samples).tokens)


@pytest.mark.parametrize("count", [1, 2, 3, 4, 7])
def test_any_number_of_faces_goes_through_a_static_batch(encoders, engines, rng, count):
    crops = rng.integers(0, 255, (count, 48, 48), dtype=np.uint8)
    found = encoders.vision(crops)
    assert found.tokens.shape == (count, 128)
    assert found.logits.shape == (count, 6)
    for row, one in enumerate(crops):
        alone = engines["vision"].run({"faces": np.repeat(standardise(one[None]), 3, axis=0)})
        np.testing.assert_allclose(found.logits[row], alone["logits"][0], rtol=1e-4, atol=1e-5)


def test_text_gives_its_real_tokens_only(encoders):
    assert encoders.text("I am so happy").tokens.shape == (4, 128)
    assert encoders.text("so " * 100).tokens.shape == (48, 128)
    assert encoders.text("  ") is None


def test_an_absent_modality_is_not_in_the_result(encoders, rng):
    seen = frames(rng, [0.5, 1.0])
    assert encoders.window(window(0), []) == {}
    assert encoders.window(window(0, frames=seen, text=""), [None, None]) == {}
    assert list(encoders.window(window(0, audio=sound(rng), text="oh no"), [])) == ["audio", "text"]
    assert list(encoders.window(window(0, frames=seen), [None, FACE])) == ["vision"]


def test_each_frame_is_embedded_once_while_windows_overlap(tiny_bundle, engines, tokenizer, rng):
    counting = Counting(engines["vision"])
    encoders = Encoders(tiny_bundle.manifest, {**engines, "vision": counting}, tokenizer)
    seen = frames(rng, np.arange(0.5, 6.5, 0.5))
    first = encoders.window(window(0, frames=seen[:8]), [FACE] * 8)["vision"]
    assert counting.calls == 3  # 8 faces, 3 a call
    second = encoders.window(window(1, frames=seen[2:10]), [FACE] * 8)["vision"]
    assert counting.calls == 4  # 2 new faces
    np.testing.assert_array_equal(first.tokens[2:], second.tokens[:6])
    afresh = encoders.vision([crop(f.image, FACE, tiny_bundle.manifest.vision) for f in seen[2:10]])
    np.testing.assert_allclose(second.tokens, afresh.tokens, rtol=1e-4, atol=1e-5)


def test_the_memory_of_frames_stays_small(encoders, rng):
    for start in range(20):
        encoders.window(window(start, frames=frames(rng, [start, start + 0.5])), [FACE, FACE])
    assert len(encoders._seen) == 2


def test_stages_are_timed(tiny_bundle, engines, tokenizer, rng):
    stopwatch = Stopwatch()
    encoders = Encoders(tiny_bundle.manifest, engines, tokenizer, stopwatch)
    encoders.window(window(0, sound(rng), frames(rng, [1.0]), "yes"), [FACE])
    assert set(stopwatch.stages) == {
        "audio features",
        "audio engine",
        "face crops",
        "vision features",
        "vision engine",
        "text features",
        "text engine",
    }
    assert all(len(values) == 1 and values[0] >= 0 for values in stopwatch.stages.values())
