"""Which values the tensors of a network take on real clips."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import onnx
import onnxruntime as ort
from numpy.typing import NDArray

from edge.errors import InputError

Method = Literal["minmax", "percentile"]

BINS = 4096
PERCENTILE = 99.99


@dataclass(slots=True)
class Range:
    """The values one tensor took."""

    low: float = np.inf
    """Smallest value seen."""
    high: float = -np.inf
    """Largest value seen."""
    top: float = 0.0
    """Upper edge of the histogram of absolute values; doubles when a larger value comes."""
    counts: NDArray[np.int64] = field(default_factory=lambda: np.zeros(BINS, np.int64))

    def add(self, values: NDArray[np.float32]) -> None:
        """Take in the values of one call."""
        self.low = min(self.low, float(values.min()))
        self.high = max(self.high, float(values.max()))
        largest = max(-self.low, self.high)
        if self.top == 0.0:
            self.top = largest
        if self.top == 0.0:
            return
        while self.top < largest:
            self.counts = np.concatenate([self.counts.reshape(-1, 2).sum(1), np.zeros(BINS // 2, np.int64)])
            self.top *= 2.0
        self.counts += np.histogram(np.abs(values), BINS, (0.0, self.top))[0]

    def limit(self, method: Method) -> float:
        """The absolute value that still has to be represented: the largest, or the 99.99th percentile."""
        largest = max(-self.low, self.high)
        if method == "minmax" or self.top == 0.0:
            return largest
        share = np.cumsum(self.counts) / max(int(self.counts.sum()), 1)
        edge = (int(np.searchsorted(share, PERCENTILE / 100.0)) + 1) * self.top / BINS
        return min(largest, edge)


def collect_ranges(
    model: onnx.ModelProto, tensors: Sequence[str], feeds: Iterable[Mapping[str, NDArray[Any]]]
) -> tuple[dict[str, Range], int]:
    """Run the float model on every feed and watch the named float32 tensors.

    feeds: one dict a call, input name -> array. Returns the ranges and the number of calls. Raises
    InputError when there is none, or a value is not finite.
    """
    watched = onnx.ModelProto()
    watched.CopyFrom(model)
    outputs = {value.name for value in watched.graph.output}
    watched.graph.output.extend(
        onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, None)
        for name in tensors
        if name not in outputs
    )
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    session = ort.InferenceSession(watched.SerializeToString(), options, providers=["CPUExecutionProvider"])
    ranges = {name: Range() for name in tensors}
    calls = 0
    for calls, feed in enumerate(feeds, 1):
        found = session.run(list(tensors), dict(feed)) if tensors else []
        for name, values in zip(tensors, found, strict=True):
            if not np.isfinite(values).all():
                raise InputError(f"calibration call {calls}: {name} is not finite; look at that recording")
            ranges[name].add(values)
    if calls == 0:
        raise InputError(
            "no calibration data: the feed gave no window; check that the recordings hold speech"
        )
    return ranges, calls
