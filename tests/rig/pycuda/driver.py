"""Device memory is numpy, a stream is a list of work, and every call is written down in CALLS."""

import threading

import numpy as np

CALLS = []
MEMORY = {}
STREAMS = {}
CURRENT = threading.local()


class Error(Exception):
    """What pycuda raises."""


def note(call):
    """Write a call down; like CUDA, refuse it where no context is current."""
    if not getattr(CURRENT, "stack", None):
        raise Error(f"{call}: invalid device context")
    CALLS.append(call)


def init():
    CALLS.append("init")


class Device:
    def __init__(self, index):
        assert index == 0

    def retain_primary_context(self):
        CALLS.append("retain")
        return Context()


class Context:
    def push(self):
        CURRENT.stack = [*getattr(CURRENT, "stack", []), self]

    @staticmethod
    def pop():
        CURRENT.stack = CURRENT.stack[:-1]

    def detach(self):
        CALLS.append("detach")


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


class Pages(bytearray):
    def free(self):
        note("free pages")


def pagelocked_empty(shape, dtype):
    note("pages")
    size = int(np.prod(shape)) * np.dtype(dtype).itemsize
    return np.ndarray(shape, dtype, buffer=Pages(size))


class Allocation:
    def __init__(self, size):
        self.address = 4096 * (1 + len(MEMORY))
        MEMORY[self.address] = np.full(size, 0xAA, np.uint8)

    def __int__(self):
        return self.address

    def free(self):
        note("free memory")
        MEMORY[self.address] = None


def mem_alloc(size):
    note("memory")
    return Allocation(size)


def memcpy_htod_async(target, source, stream):
    note("upload")
    # What is read is the host memory at the time of the copy, so a graph copies the newest input.
    stream.add(lambda: MEMORY[int(target)].__setitem__(slice(None), source.reshape(-1).view(np.uint8)))


def memcpy_dtoh_async(target, source, stream):
    note("download")
    stream.add(lambda: target.reshape(-1).view(np.uint8).__setitem__(slice(None), MEMORY[int(source)]))
