"""Tokens -> Prediction, on the real tiny fusion network."""

import numpy as np
import pytest

from edge.errors import EngineError
from edge.items import Quality
from edge.reading.confidence import softmax
from edge.reading.encoders import Tokens
from edge.reading.fusion import Fusion

QUALITY = Quality(speech_snr=20.0, face_score=0.9, transcript_confidence=0.5)
SIZES = {"audio": 50, "vision": 5, "text": 7}


class Recording:
    """An engine that keeps what it was given."""

    def __init__(self, engine):
        self.engine, self.given = engine, {}

    @property
    def inputs(self):
        return self.engine.inputs

    def run(self, inputs):
        self.given = inputs
        return self.engine.run(inputs)


@pytest.fixture
def engine(engines):
    return Recording(engines["fusion"])


@pytest.fixture
def fusion(tiny_bundle, engine):
    temperatures = {"audio": 2.0, "vision": 3.0, "text": 1.5, "fused": 4.0}
    return Fusion(tiny_bundle.manifest.model_copy(update={"temperature": temperatures}), engine)


@pytest.fixture
def found(rng):
    return {
        name: Tokens(
            rng.standard_normal((n, 128), np.float32),
            rng.standard_normal((n if name == "vision" else 1, 6), np.float32),
        )
        for name, n in SIZES.items()
    }


def test_masks_presence_and_quality(fusion, engine, found):
    fusion.predict(1.0, {name: found[name] for name in ("audio", "vision")}, QUALITY)
    given = engine.given
    np.testing.assert_array_equal(given["vision_mask"], [[1, 1, 1, 1, 1, 0, 0, 0]])
    np.testing.assert_array_equal(given["text_mask"], np.zeros((1, 48)))
    np.testing.assert_array_equal(given["present"], [[1, 1, 0]])
    np.testing.assert_allclose(given["quality"], [[0.5, 0.9, 0.0]])
    np.testing.assert_array_equal(given["vision"][0, :5], found["vision"].tokens)
    assert not given["vision"][0, 5:].any()
    assert not given["text"].any()


@pytest.mark.parametrize("names", [("audio",), ("vision",), ("text",), ("audio", "text"), tuple(SIZES)])
def test_weights_and_posteriors_of_present_modalities_only(fusion, found, names):
    prediction = fusion.predict(3.0, {name: found[name] for name in names}, QUALITY)
    assert prediction.time == 3.0
    assert prediction.present == names
    assert tuple(prediction.weights) == names
    assert sum(prediction.weights.values()) == pytest.approx(1.0)
    for posterior in (prediction.probabilities, *prediction.by_modality.values()):
        assert posterior.sum() == pytest.approx(1.0, abs=1e-5)


def test_temperatures(fusion, engine, found):
    prediction = fusion.predict(0.0, found, QUALITY)
    logits = engine.engine.run(engine.given)["logits"][0]
    np.testing.assert_allclose(prediction.probabilities, softmax(logits / 4.0), rtol=1e-4)
    np.testing.assert_allclose(
        prediction.by_modality["vision"], softmax(found["vision"].logits.mean(axis=0) / 3.0), rtol=1e-4
    )
    np.testing.assert_allclose(
        fusion.posterior("text", found["text"]), softmax(found["text"].logits[0] / 1.5), rtol=1e-4
    )


def test_what_lacks_a_modality_has_a_temperature_of_its_own(tiny_bundle, engine, found):
    temperatures = {"audio": 2.0, "vision": 3.0, "text": 1.5, "fused": 4.0, "fused audio+text": 7.0}
    fusion = Fusion(tiny_bundle.manifest.model_copy(update={"temperature": temperatures}), engine)
    for names, temperature in ((("audio", "text"), 7.0), (("audio",), 4.0), (tuple(SIZES), 4.0)):
        prediction = fusion.predict(0.0, {name: found[name] for name in names}, QUALITY)
        logits = engine.engine.run(engine.given)["logits"][0]
        np.testing.assert_allclose(prediction.probabilities, softmax(logits / temperature), rtol=1e-4)


def test_more_faces_than_the_network_takes(fusion, engine, rng):
    faces = Tokens(rng.standard_normal((11, 128), np.float32), rng.standard_normal((11, 6), np.float32))
    fusion.predict(0.0, {"vision": faces}, QUALITY)
    np.testing.assert_array_equal(engine.given["vision"][0], faces.tokens[-8:])


@pytest.mark.parametrize("name", ["logits", "weights"])
def test_a_nan_is_no_reading(tiny_bundle, engines, rng, name):
    class Broken(Recording):
        def run(self, inputs):
            found = super().run(inputs)
            found[name] = found[name] * np.nan
            return found

    audio = Tokens(rng.standard_normal((50, 128), np.float32), rng.standard_normal((1, 6), np.float32))
    with pytest.raises(EngineError, match="the fusion network gave NaN or infinity"):
        Fusion(tiny_bundle.manifest, Broken(engines["fusion"])).predict(0.0, {"audio": audio}, QUALITY)
