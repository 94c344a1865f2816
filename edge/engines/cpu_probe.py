"""What this CPU's integer kernels do, found by trying."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import onnx
import onnxruntime as ort
from onnx import helper, numpy_helper


@lru_cache(maxsize=1)
def saturates() -> bool:
    """Whether a uint8 x int8 product comes out wrong here.

    An x86 CPU without VNNI adds two products into 16 bits and clips them there; ARM and newer x86 do not.
    Tried with the largest values through the kernel in question rather than read from CPU flags.
    """
    weights = np.full((64, 32), 127, np.int8)
    graph = helper.make_graph(
        [helper.make_node("MatMulInteger", ["a", "b"], ["y"])],
        "probe",
        [helper.make_tensor_value_info("a", onnx.TensorProto.UINT8, [16, 64])],
        [helper.make_tensor_value_info("y", onnx.TensorProto.INT32, [16, 32])],
        [numpy_helper.from_array(weights, "b")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8)
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 4
    session = ort.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    (found,) = session.run(None, {"a": np.full((16, 64), 255, np.uint8)})
    return bool((found != 64 * 255 * 127).any())
