"""How the speaker sounds on average: taken off every window, so that what is left is how they speak now.

The mean over what a person says holds the person, and the mood they are mostly in: taken off whole, it would
take what is neutral off a person who mostly is. So what the labels usually add, weighed by their posterior,
is taken off each window first; what is left is the person.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from edge.bundle.onnx_file import load_graph
from edge.engines.float_graph import float_graph
from edge.engines.half_rest import widened
from edge.engines.wiring import Wiring, attribute
from edge.items import Floats
from edge.reading.confidence import softmax
from edge.reading.familiar import load_homes

if TYPE_CHECKING:
    from edge.bundle.folder import Bundle

PRIOR = 20.0
"""Windows an unknown voice counts as: the first words of a person say little of their voice."""
HALF_LIFE_S = 300.0
"""Time in which half of what was heard is forgotten, so that the voice follows who sits there (seconds)."""
BASELINE_SHARE = 0.6
"""How often speech is taken to show the first label, which people show most; the others share the rest."""


@dataclass(frozen=True, slots=True, eq=False)
class LastLayer:
    """How the audio network reads its labels from mean and deviation of its tokens."""

    weight: Floats
    """[labels, 2 d]."""
    bias: Floats
    """[labels]."""
    added: Floats
    """What each label adds to the mean token, [labels, d]; they sum to 0."""

    def expected(self, token: Floats, spread: Floats, voice: Floats) -> Floats:
        """What the labels of a window probably add to its mean token, [d].

        token, spread: mean, as of an unknown voice, and deviation of its tokens, [d]. voice: what is known of
        it, [d].
        """
        logits = self.weight @ np.concatenate([token - voice, spread]) + self.bias
        others = (1.0 - BASELINE_SHARE) / (len(logits) - 1)
        prior = np.full(len(logits), others)
        prior[0] = BASELINE_SHARE
        return np.asarray(softmax(logits + np.log(prior)) @ self.added, np.float32)


def shrunk(total: Floats, windows: float) -> Floats:
    """The voice [d] from the sum [d] of mean tokens over so many windows; zeros for none."""
    return np.asarray(total / (windows + PRIOR), np.float32)


class Voice:
    """The voice at this workplace: in memory only, never written.

    Speaker-level mean normalisation, with forgetting; tokens are those of an unknown voice.
    """

    def __init__(self, size: int, layer: LastLayer | None = None) -> None:
        """layer: tells what labels add; None: nothing is known of that."""
        self._layer = layer
        self._total = np.zeros(size)
        self._windows = 0.0
        self._time = -math.inf

    def known(self, time: float) -> Floats:
        """What is known of it at a time (seconds), [size]."""
        kept = 0.5 ** (max(0.0, time - self._time) / HALF_LIFE_S)
        return shrunk(kept * self._total, kept * self._windows)

    def update(self, time: float, token: Floats, spread: Floats) -> None:
        """One window of speech that ended at a time (seconds); mean and deviation of its tokens, [size]."""
        if self._layer is not None:
            token = token - self._layer.expected(token, spread, self.known(time))
        kept = 0.5 ** (max(0.0, time - self._time) / HALF_LIFE_S)
        self._total = kept * self._total + token
        self._windows = kept * self._windows + 1.0
        self._time = time


def load_last_layer(bundle: Bundle) -> LastLayer | None:
    """The last layer of a bundle's audio network; None where that is no such layer, or nothing is familiar.

    Raises BundleError and EngineError.
    """
    homes = load_homes(bundle).get("audio")
    found = _weights(bundle)
    if not homes or found is None:
        return None
    weight, bias = found
    whitening = homes[0].whitening  # the first is of training
    if weight.shape[1] != len(whitening):
        return None
    size = bundle.manifest.models["audio"].outputs["tokens"][2]
    added = label_means(weight, np.linalg.inv(whitening @ whitening.T))[:, :size]
    return LastLayer(weight, bias, np.asarray(added, np.float32))


def label_means(weight: Floats, covariance: NDArray[np.float64]) -> NDArray[np.float64]:
    """What each of k labels adds to what a linear layer reads, [k, d]; the rows sum to 0.

    weight: of the layer W, [k, d]. covariance: of all that it reads T, [d, d], labels in even shares. Where
    the layer tells the labels apart best, M = S W', S the covariance within a label (Fisher's discriminant).
    As T = S + M M' / k, M = T W' (I + H / k)^-1 with H (I + H / k) = W T W'. Haufe et al. 2014, "On the
    interpretation of weight vectors of linear models".
    """
    even = weight - weight.mean(axis=0)
    scales, axes = np.linalg.eigh(even @ covariance @ even.T)
    held = (1.0 + np.sqrt(1.0 + 4.0 * np.maximum(scales, 0.0) / len(even))) / 2.0  # of I + H / k
    return np.asarray(axes @ np.diag(1.0 / held) @ axes.T @ even @ covariance)


def _weights(bundle: Bundle) -> tuple[Floats, Floats] | None:
    """Weight [labels, n] and bias [labels] of the node that gives the logits, if it is such a layer."""
    graph = widened(load_graph(bundle.path("audio")))
    last = next((node for node in graph.graph.node if "logits" in node.output), None)
    if last is None or last.op_type != "Gemm" or len(last.input) != 3:
        return None
    wiring = Wiring(graph)
    if any(name not in wiring.constants for name in last.input[1:]):  # the weight is INT8
        wiring = Wiring(float_graph(graph, ["logits"]))
        last = wiring.makers["logits"]
        if any(name not in wiring.constants for name in last.input[1:]):
            return None
    weight, bias = (wiring.array(name).astype(np.float32) for name in last.input[1:])
    return (weight if attribute(last, "transB", 0.0) else weight.T), bias
