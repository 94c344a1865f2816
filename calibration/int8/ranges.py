"""Which values the tensors of a network take on real clips."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

import numpy as np
import onnx
import onnxruntime as ort
from numpy.typing import NDArray

from edge.errors import InputError

Method = Literal["minmax", "99.999 %", "99.99 %", "99.9 %", "entropy", "mse"]
METHODS: tuple[Method, ...] = get_args(Method)
"""Which values a range keeps: all, a share of them, or those that cost least."""

BINS = 4096
"""Bins of absolute values: 32 a level of INT8, or the searches below would compare a grid with itself."""
LEVELS = 128
STEP = 16
"""Bins between two limits that are tried."""


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
        """The absolute value that still has to be represented.

        minmax: the largest. A percentage: that percentile. entropy: where cutting and rounding change the
        distribution least (Migacz 2017, Kullback-Leibler). mse: where they cost the least squared error.
        """
        largest = max(-self.low, self.high)
        if method == "minmax" or self.top == 0.0:
            return largest
        if method == "entropy":
            kept = _least(self.counts, _divergence)
        elif method == "mse":
            kept = _least(self.counts, _squared_error)
        else:
            share = np.cumsum(self.counts) / max(int(self.counts.sum()), 1)
            kept = int(np.searchsorted(share, float(method.split()[0]) / 100.0)) + 1
        return min(largest, kept * self.top / BINS)


def _least(counts: NDArray[np.int64], cost: Callable[[NDArray[np.int64], int], float]) -> int:
    """How many bins to keep, from LEVELS to all that hold something, for the least cost."""
    filled = int(np.flatnonzero(counts)[-1]) + 1
    tried: list[int] = [*range(LEVELS, filled, STEP), max(filled, LEVELS)]
    return min(tried, key=lambda kept: cost(counts, kept))


def _divergence(counts: NDArray[np.int64], kept: int) -> float:
    """Kullback-Leibler divergence of the cut and rounded distribution from the cut one."""
    # The first bin is what ReLU and padding make zero: exact on every grid, and it would drown the rest.
    inside = counts[:kept].astype(np.float64)
    inside[0] = 0.0
    wished = inside.copy()
    wished[-1] += counts[kept:].sum()
    level = np.arange(kept) * LEVELS // kept
    used = inside > 0
    mass, bins = np.bincount(level, inside, LEVELS), np.bincount(level, used, LEVELS)
    given = np.where(used, (mass / np.maximum(bins, 1))[level], 0.0)
    if given.sum() == 0.0:
        return float("inf")
    p, q = wished / wished.sum(), np.maximum(given / given.sum(), 1e-12)
    there = p > 0
    return float((p[there] * np.log(p[there] / q[there])).sum())


def _squared_error(counts: NDArray[np.int64], kept: int) -> float:
    """Squared error of cutting at `kept` bins and rounding to LEVELS, in squared bins."""
    values = np.arange(len(counts)) + 0.5
    step = kept / (LEVELS - 1)
    rounded = np.minimum(np.rint(values / step), LEVELS - 1) * step
    return float((counts * np.square(values - rounded)).sum())


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
                raise InputError.of("ranges_infinite", call=calls, name=name)
            ranges[name].add(values)
    if calls == 0:
        raise InputError.of("ranges_none")
    return ranges, calls
