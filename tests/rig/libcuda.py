"""The few functions of the CUDA driver that are called without pycuda; they return error codes as it does."""

import ctypes

import pycuda.driver as drv

HANDLE, INT, COUNT, FLAGS = ctypes.c_void_p, ctypes.c_int, ctypes.c_uint, ctypes.c_ulonglong
WHERE = type(ctypes.byref(ctypes.c_int()))
"""A pointer to what is filled in."""
ARGUMENTS = {
    "cuInit": (COUNT,),
    "cuDeviceGet": (WHERE, INT),
    "cuDeviceGetName": (ctypes.Array, INT, INT),
    "cuDeviceGetAttribute": (WHERE, INT, INT),
    "cuCtxGetCurrent": (WHERE,),
    "cuCtxPopCurrent_v2": (WHERE,),
    "cuStreamBeginCapture_v2": (HANDLE, INT),
    "cuStreamEndCapture": (HANDLE, WHERE),
    "cuGraphInstantiateWithFlags": (WHERE, HANDLE, FLAGS),
    "cuGraphLaunch": (HANDLE, HANDLE),
    "cuGraphExecDestroy": (HANDLE,),
    "cuGraphDestroy": (HANDLE,),
}
"""Function -> types of its arguments in cuda.h of CUDA 12; a plain Python int is passed as an int."""


class Library:
    """refused: name of a function that fails. empty: a capture records nothing, without an error."""

    def __init__(self, refused=""):
        self.refused = refused
        self.empty = False
        self.graphs = {}

    def __getattr__(self, name):
        if name not in ARGUMENTS:
            raise AttributeError(f"libcuda.so.1: undefined symbol: {name}")

        def call(*arguments):
            assert len(arguments) == len(ARGUMENTS[name]), name
            for given, kind in zip(arguments, ARGUMENTS[name], strict=True):
                assert isinstance(given, kind) or (kind in (INT, COUNT) and isinstance(given, int)), name
            if name.startswith(("cuStream", "cuGraph")):
                drv.note(name)
            if name == self.refused:
                return 900
            return getattr(self, f"_{name}", lambda *_: None)(*arguments) or 0

        return call

    def _cuDeviceGetName(self, name, length, device):  # noqa: N802
        name.value = b"Rig"

    def _cuDeviceGetAttribute(self, value, attribute, device):  # noqa: N802
        value._obj.value = {16: 8, 75: 8, 76: 7}[attribute]

    def _cuCtxGetCurrent(self, context):  # noqa: N802
        context._obj.value = drv.driver()[-1] if drv.driver() else None

    def _cuCtxPopCurrent_v2(self, context):  # noqa: N802
        if not drv.driver():
            return 201
        context._obj.value = drv.driver().pop()
        return 0

    def _cuStreamBeginCapture_v2(self, stream, mode):  # noqa: N802
        assert mode.value == 1
        drv.STREAMS[stream.value].captured = []

    def _cuStreamEndCapture(self, stream, graph):  # noqa: N802
        stream = drv.STREAMS[stream.value]
        graph._obj.value = 7000 + len(self.graphs)
        self.graphs[graph._obj.value] = [] if self.empty else stream.captured
        stream.captured = None

    def _cuGraphInstantiateWithFlags(self, ready, graph, flags):  # noqa: N802
        assert flags.value == 0
        ready._obj.value = graph.value

    def _cuGraphLaunch(self, ready, stream):  # noqa: N802
        for work in self.graphs[ready.value]:
            drv.STREAMS[stream.value].add(work)

    def _cuGraphDestroy(self, graph):  # noqa: N802
        del self.graphs[graph.value]
