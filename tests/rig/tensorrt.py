"""A TensorRT without a GPU: its plan holds the ONNX file, which ONNX Runtime runs.

Set by environment, because the compiler is another process:

    RIG_VERSION   of this TensorRT
    RIG_REFUSE    nodes it has no INT8 kernel for
    RIG_SIGNAL    the compiler dies of it
    RIG_BUILDS    file that gets a line a build
    RIG_SLOW      seconds a build takes
"""

import json
import os
import time
from types import SimpleNamespace

import numpy as np
import onnx

__version__ = os.environ.get("RIG_VERSION", "10.3.0")
CAPTURABLE = True
REFUSES_PLANS = False
FAILS = []
"""Put something in, and running fails."""


class ILogger:
    INTERNAL_ERROR, ERROR, WARNING = 0, 1, 2

    def __init__(self, severity=1):
        pass


class Logger(ILogger):
    pass


class IProgressMonitor:
    def __init__(self):
        pass


NetworkDefinitionCreationFlag = SimpleNamespace(EXPLICIT_BATCH=0, STRONGLY_TYPED=1)
BuilderFlag = SimpleNamespace(INT8="INT8", FP16="FP16")
MemoryPoolType = SimpleNamespace(WORKSPACE="workspace")
TensorIOMode = SimpleNamespace(INPUT="in", OUTPUT="out")


class Config:
    def __init__(self):
        self.flags, self.pools, self.timing, self.progress_monitor = [], {}, None, None

    def set_flag(self, flag):
        self.flags.append(flag)

    def set_memory_pool_limit(self, pool, size):
        self.pools[pool] = size

    def create_timing_cache(self, data):
        return SimpleNamespace(data=data, serialize=lambda: data + b"+")

    def set_timing_cache(self, cache, ignore_mismatch):
        self.timing = cache
        return True

    def get_timing_cache(self):
        return self.timing


class Builder:
    def __init__(self, logger):
        self.logger = logger

    def create_network(self, flags):
        return SimpleNamespace(flags=flags, model=None)

    def create_builder_config(self):
        return Config()

    def build_serialized_network(self, network, config):
        if os.environ.get("RIG_BUILDS"):
            with open(os.environ["RIG_BUILDS"], "a") as file:  # noqa: PTH123
                file.write("build\n")
        time.sleep(float(os.environ.get("RIG_SLOW", "0")))
        if os.environ.get("RIG_SIGNAL"):
            os.kill(os.getpid(), int(os.environ["RIG_SIGNAL"]))
        print("chatter of the compiler")
        config.progress_monitor.phase_start("Timing graph nodes", None, 7)
        config.progress_monitor.step_complete("Timing graph nodes", 2)
        config.progress_monitor.phase_finish("Timing graph nodes")
        makers = {name: node for node in network.model.graph.node for name in node.output}
        for node in network.model.graph.node:
            quantized = any(
                name in makers and makers[name].op_type == "DequantizeLinear" for name in node.input
            )
            if quantized and node.name in os.environ.get("RIG_REFUSE", "").split(","):
                self.logger.log(ILogger.ERROR, f"Could not find any implementation\nfor node {node.name}.")
                return None
        told = {"network": network.flags, "flags": config.flags, "pools": config.pools}
        return json.dumps(told).encode() + b"\nPLAN\n" + network.model.SerializeToString()


class OnnxParser:
    num_errors = 0

    def __init__(self, network, logger):
        self.network = network

    def parse(self, data):
        self.network.model = onnx.load_from_string(data)
        return True


class Runtime:
    def __init__(self, logger):
        import pycuda.driver as drv

        drv.note("runtime")
        self.drv = drv

    def deserialize_cuda_engine(self, data):
        self.drv.note("deserialize")
        return None if REFUSES_PLANS else Engine(self.drv, data.split(b"\nPLAN\n", 1)[1])

    def __del__(self):
        self.drv.CALLS.append("runtime gone")


class Engine:
    def __init__(self, drv, data):
        import onnxruntime

        self.drv = drv
        self.session = onnxruntime.InferenceSession(data, providers=["CPUExecutionProvider"])
        self.tensors = {
            value.name: value for value in (*self.session.get_inputs(), *self.session.get_outputs())
        }
        self.num_io_tensors = len(self.tensors)

    def get_tensor_name(self, index):
        return list(self.tensors)[index]

    def get_tensor_shape(self, name):
        return self.tensors[name].shape

    def get_tensor_dtype(self, name):
        kinds = {"tensor(float)": "FLOAT", "tensor(int32)": "INT32", "tensor(int64)": "INT64"}
        return SimpleNamespace(name=kinds[self.tensors[name].type])

    def get_tensor_mode(self, name):
        given = [value.name for value in self.session.get_inputs()]
        return TensorIOMode.INPUT if name in given else TensorIOMode.OUTPUT

    def create_execution_context(self):
        self.drv.note("context")
        return Execution(self)

    def __del__(self):
        self.drv.CALLS.append("engine gone")


class Execution:
    def __init__(self, engine):
        self.engine, self.addresses, self.drv = engine, {}, engine.drv

    def is_stream_capturable(self):
        return CAPTURABLE

    def set_tensor_address(self, name, address):
        self.addresses[name] = address
        return True

    def execute_async_v3(self, handle):
        self.drv.note("execute")
        if FAILS:
            return False
        self.drv.STREAMS[handle].add(self.work)
        return True

    def work(self):
        feed, memory = {}, self.drv.MEMORY
        kinds = {"FLOAT": np.float32, "INT32": np.int32, "INT64": np.int64}
        for value in self.engine.session.get_inputs():
            kind = kinds[self.engine.get_tensor_dtype(value.name).name]
            feed[value.name] = memory[self.addresses[value.name]].view(kind).reshape(value.shape)
        outputs = [value.name for value in self.engine.session.get_outputs()]
        for name, values in zip(outputs, self.engine.session.run(outputs, feed), strict=True):
            memory[self.addresses[name]][:] = np.ascontiguousarray(values).reshape(-1).view(np.uint8)

    def __del__(self):
        self.drv.CALLS.append("context gone")
