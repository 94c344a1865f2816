"""The few functions of the CUDA driver that are called without pycuda; they return error codes as it does."""

import pycuda.driver as drv


class Library:
    """refused: name of a function that fails. empty: a capture records nothing, without an error."""

    def __init__(self, refused=""):
        self.refused = refused
        self.empty = False
        self.graphs = {}

    def __getattr__(self, name):
        if not name.startswith("cu"):
            raise AttributeError(name)

        def call(*arguments):
            if name.startswith(("cuStream", "cuGraph")):
                drv.note(name)
            if name == self.refused:
                return 900
            getattr(self, f"_{name}", lambda *_: None)(*arguments)
            return 0

        return call

    def _cuDeviceGetName(self, name, length, device):  # noqa: N802
        name.value = b"Rig"

    def _cuDeviceGetAttribute(self, value, attribute, device):  # noqa: N802
        value._obj.value = {16: 8, 75: 8, 76: 7}[attribute]

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
