"""A TensorRT without a GPU: its plan holds the ONNX file, which ONNX Runtime runs.

REAL maps each class here to its name in the real package: tests/test_rig.py compares the methods' arguments.
Set by environment, because the compiler is another process:

    RIG_VERSION   of this TensorRT
    RIG_REFUSE    nodes it has no INT8 kernel for
    RIG_SIGNAL    the compiler dies of it
    RIG_BUILDS    file that gets a line a build
    RIG_SLOW      seconds a build takes
    RIG_TIMING    "none", "raises", "refused" or "dies": what a damaged timing cache does
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
SPOILS = []
"""Put something in, and what comes out of a network is wrong."""


class ILogger:
    INTERNAL_ERROR, ERROR, WARNING = 0, 1, 2

    def __init__(self):
        pass

    def log(self, severity, msg):
        pass


class Logger(ILogger):
    def __init__(self, min_severity=ILogger.WARNING):
        super().__init__()


class IProgressMonitor:
    def __init__(self):
        pass

    def phase_start(self, phase_name, parent_phase, num_steps):
        raise NotImplementedError

    def step_complete(self, phase_name, step):
        raise NotImplementedError

    def phase_finish(self, phase_name):
        raise NotImplementedError


NetworkDefinitionCreationFlag = SimpleNamespace(EXPLICIT_BATCH=0, STRONGLY_TYPED=1)
BuilderFlag = SimpleNamespace(INT8="INT8", FP16="FP16", TF32="TF32")
MemoryPoolType = SimpleNamespace(WORKSPACE="workspace")
TensorIOMode = SimpleNamespace(INPUT="in", OUTPUT="out")


class TimingCache:
    def __init__(self, data):
        self.data = data

    def serialize(self):
        return memoryview(self.data + b"+")


class Config:
    def __init__(self):
        self.flags, self.cleared, self.pools, self.timing, self.progress_monitor = [], [], {}, None, None

    def set_flag(self, flag):
        self.flags.append(flag)

    def clear_flag(self, flag):
        self.cleared.append(flag)

    def set_memory_pool_limit(self, pool, pool_size):
        self.pools[pool] = pool_size

    def create_timing_cache(self, serialized_timing_cache):
        data = bytes(serialized_timing_cache)
        trouble = os.environ.get("RIG_TIMING", "none") if data.strip(b"+") else ""
        if trouble == "dies":
            os.abort()
        if trouble == "raises":
            raise RuntimeError("Timing cache: magic number differs")
        return None if trouble == "none" else TimingCache(data)

    def set_timing_cache(self, cache, ignore_mismatch):
        if not isinstance(cache, TimingCache):
            raise TypeError("set_timing_cache(): incompatible function arguments")
        if cache.data.strip(b"+"):
            return False
        self.timing = cache
        return True

    def get_timing_cache(self):
        return self.timing


class Builder:
    def __init__(self, logger):
        self.logger = logger

    def create_network(self, flags=0):
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
        told = {
            "network": network.flags,
            "flags": config.flags,
            "cleared": config.cleared,
            "pools": config.pools,
        }
        # A buffer and no bytes, as the real one's IHostMemory.
        return memoryview(json.dumps(told).encode() + b"\nPLAN\n" + network.model.SerializeToString())


class OnnxParser:
    num_errors = 0

    def __init__(self, network, logger):
        self.network = network

    def parse(self, model, path=None):
        self.network.model = onnx.load_from_string(model)
        return True

    def get_error(self, index):
        raise IndexError(index)


class Runtime:
    def __init__(self, logger):
        import pycuda.driver as drv

        drv.note("runtime")
        self.drv = drv

    def deserialize_cuda_engine(self, serialized_engine):
        self.drv.note("deserialize")
        plan = bytes(serialized_engine).split(b"\nPLAN\n", 1)
        return None if REFUSES_PLANS else Engine(self.drv, plan[1])

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
        return tuple(self.tensors[name].shape)

    def get_tensor_dtype(self, name):
        kinds = {"tensor(float)": "FLOAT", "tensor(int32)": "INT32", "tensor(int64)": "INT64"}
        return SimpleNamespace(name=kinds[self.tensors[name].type])

    def get_tensor_mode(self, name):
        given = [value.name for value in self.session.get_inputs()]
        return TensorIOMode.INPUT if name in given else TensorIOMode.OUTPUT

    def create_execution_context(self, strategy=None):
        self.drv.note("context")
        return Execution(self)

    def __del__(self):
        self.drv.CALLS.append("engine gone")


class Execution:
    def __init__(self, engine):
        self.engine, self.addresses, self.drv = engine, {}, engine.drv

    def is_stream_capturable(self, stream):
        assert stream in self.drv.STREAMS
        return CAPTURABLE

    def set_tensor_address(self, name, memory):
        self.addresses[name] = memory
        return True

    def execute_async_v3(self, stream_handle):
        self.drv.note("execute")
        if FAILS:
            return False
        self.drv.STREAMS[stream_handle].add(self.work)
        return True

    def work(self):
        feed, memory = {}, self.drv.MEMORY
        kinds = {"FLOAT": np.float32, "INT32": np.int32, "INT64": np.int64}
        for value in self.engine.session.get_inputs():
            kind = kinds[self.engine.get_tensor_dtype(value.name).name]
            feed[value.name] = memory[self.addresses[value.name]].view(kind).reshape(value.shape)
        outputs = [value.name for value in self.engine.session.get_outputs()]
        for name, values in zip(outputs, self.engine.session.run(outputs, feed), strict=True):
            values = -values if SPOILS else values
            memory[self.addresses[name]][:] = np.ascontiguousarray(values).reshape(-1).view(np.uint8)

    def __del__(self):
        self.drv.CALLS.append("context gone")


REAL = {
    ILogger: "ILogger",
    Logger: "Logger",
    IProgressMonitor: "IProgressMonitor",
    TimingCache: "ITimingCache",
    Config: "IBuilderConfig",
    Builder: "Builder",
    OnnxParser: "OnnxParser",
    Runtime: "Runtime",
    Engine: "ICudaEngine",
    Execution: "IExecutionContext",
}
"""Class here -> its name in the real package."""
