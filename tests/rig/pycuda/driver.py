"""Device memory is numpy, a stream is a list of work, and every call is written down in CALLS.

Contexts are as pycuda 2026.1 keeps them (its src/cpp/cuda.hpp): its own stack of a thread, CURRENT.stack, of
which only the top lies on the driver's stack, CURRENT.driver. Releasing a primary context pops neither.
"""

import threading

import numpy as np

CALLS = []
MEMORY = {}
STREAMS = {}
CURRENT = threading.local()
HANDLE = 500
"""Of the primary context, which is one and the same for all that retain it."""


class Error(Exception):
    """What pycuda raises."""


def own():
    """pycuda's stack of contexts of this thread."""
    if not hasattr(CURRENT, "stack"):
        CURRENT.stack = []
    return CURRENT.stack


def driver():
    """The driver's stack of this thread: handles."""
    if not hasattr(CURRENT, "driver"):
        CURRENT.driver = []
    return CURRENT.driver


def note(call):
    """Write a call down; like CUDA, refuse it where no context is current."""
    if not own() or not driver():
        raise Error(f"{call}: invalid device context")
    CALLS.append(call)


def init(flags=0):
    CALLS.append("init")


class Device:
    def __init__(self, number):
        assert number == 0

    def retain_primary_context(self):
        CALLS.append("retain")
        return Context()


class Context:
    handle = HANDLE

    def __init__(self):
        self.valid = True

    def push(self):
        if own():
            driver().pop()
        driver().append(HANDLE)
        own().append(self)

    @staticmethod
    def pop():
        if not own():
            raise Error("context::pop failed: invalid device context - cannot pop non-current context")
        driver().pop()
        own().pop()
        if own():
            driver().append(HANDLE)

    def detach(self):
        if not self.valid:
            raise Error("context::detach failed: invalid device context")
        current = bool(own()) and own()[-1] is self
        if not current:
            driver().append(HANDLE)
        CALLS.append("detach")
        self.valid = False
        if current:
            while own() and (own()[-1] is self or not own()[-1].valid):
                own().pop()
            if own():
                driver().append(HANDLE)


class Stream:
    def __init__(self, flags=0):
        note("stream")
        self.handle = 1000 + len(STREAMS)
        self.waiting = []
        self.captured = None
        STREAMS[self.handle] = self

    def add(self, work):
        (self.waiting if self.captured is None else self.captured).append(work)

    def synchronize(self):
        note("synchronize")
        waiting, self.waiting = self.waiting, []
        for work in waiting:
            work()


class PagelockedHostAllocation(bytearray):
    def free(self):
        note("free pages")


def pagelocked_empty(shape, dtype, order="C", mem_flags=0):
    note("pages")
    size = int(np.prod(shape)) * np.dtype(dtype).itemsize
    return np.ndarray(shape, dtype, buffer=PagelockedHostAllocation(size))


class DeviceAllocation:
    def __init__(self, size):
        self.address = 4096 * (1 + len(MEMORY))
        MEMORY[self.address] = np.full(size, 0xAA, np.uint8)

    def __int__(self):
        return self.address

    def free(self):
        note("free memory")
        MEMORY[self.address] = None


def mem_alloc(bytes):
    note("memory")
    return DeviceAllocation(bytes)


def memcpy_htod_async(dest, src, stream=None):
    note("upload")
    # What is read is the host memory at the time of the copy, so a graph copies the newest input.
    stream.add(lambda: MEMORY[int(dest)].__setitem__(slice(None), src.reshape(-1).view(np.uint8)))


def memcpy_dtoh_async(dest, src, stream=None):
    note("download")
    stream.add(lambda: dest.reshape(-1).view(np.uint8).__setitem__(slice(None), MEMORY[int(src)]))


DOCUMENTED = {
    "init": ("flags=",),
    "Device": ("number",),
    "Device.retain_primary_context": ("self",),
    "Context.push": ("self",),
    "Context.pop": (),
    "Context.detach": ("self",),
    "Stream": ("flags=",),
    "Stream.synchronize": ("self",),
    "PagelockedHostAllocation.free": ("self",),
    "pagelocked_empty": ("shape", "dtype", "order=", "mem_flags="),
    "DeviceAllocation.free": ("self",),
    "mem_alloc": ("bytes",),
    "memcpy_htod_async": ("dest", "src", "stream="),
    "memcpy_dtoh_async": ("dest", "src", "stream="),
}
"""Arguments by pycuda's own documentation (doc/driver.rst, 2026.1); = stands for a default."""
