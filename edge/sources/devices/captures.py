"""What a camera thread reads from: OpenCV for USB and network cameras, a GStreamer child for CSI ones.

Every call here may hang (drivers and networks do), so it is made in a thread that can be left behind. What
is wrong is an InputError.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import re
import select
import shlex
import signal
import socket
import struct
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

import numpy as np

from edge.errors import InputError
from edge.items import Bytes
from edge.sources.devices.addresses import called, check_address, find_usb, shown
from edge.system.child import safe_path

WIDTH, HEIGHT, RATE = 1280, 720, 30
"""What USB and CSI cameras are asked for (pixels, frames a second); a USB one gives what comes nearest."""
CSI_SOURCE = (
    "nvarguscamerasrc sensor-id={sensor}"
    " ! video/x-raw(memory:NVMM),width={width},height={height},framerate={rate}/1 ! nvvidconv"
)
"""First part of the pipeline of a CSI camera."""
_TIMEOUT_MS = {"http": 2000, "rtsp": 5000}  # an RTSP camera first waits for a key picture
_SILENT_S = 1.8  # a little less than the shortest of them
_GST_SAYS = {
    "camera_busy": "device .*busy|resource busy|already in use",
    "camera_denied": "permission denied",
    "camera_away": "no cameras available|no such device",
}
"""Error -> what GStreamer and Argus write when that is the trouble."""
_REQUEST_BUFFERS = struct.Struct("IIIIB3x")  # v4l2_requestbuffers: count, type, memory, capabilities, flags
_VIDIOC_REQBUFS = 0xC0145608
_CONNECT_S = 2.0
_PATIENCE_S = 0.25
_LEAVE_S = 0.8
_PIPE_BYTES = 1 << 20
_ERRORS_ONLY = 2  # OpenCV's LOG_LEVEL_ERROR


class Capture(Protocol):
    """An opened camera; used by one thread only."""

    def read(self) -> Bytes | None:
        """The next picture, BGR [h, w, 3] or BGRx [h, w, 4]; None: none yet. Raises InputError."""
        ...

    def close(self) -> None:
        """Let the camera go."""
        ...


def open_capture(address: str) -> Capture:
    """Open the camera at an address that passed `check_address`. Raises InputError."""
    kind = check_address(address)
    if kind == "csi":
        return ChildCapture(csi_pipeline(address), address)
    return OpenCvCapture(address)


class OpenCvCapture:
    """A USB or network camera through OpenCV's V4L2 or FFMPEG."""

    def __init__(self, address: str) -> None:
        import cv2

        _settle(cv2)
        self._name = called(address)
        kind, began = check_address(address), time.monotonic()
        if kind == "usb":
            path = find_usb(address)
            _require_usable(path)
            self._capture = cv2.VideoCapture(str(path), cv2.CAP_V4L2)
            # JPEG: uncompressed pictures of this size pass USB 2 ten times a second only.
            self._capture.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter.fourcc(*"MJPG"))
            self._capture.set(cv2.CAP_PROP_FRAME_WIDTH, WIDTH)
            self._capture.set(cv2.CAP_PROP_FRAME_HEIGHT, HEIGHT)
            self._capture.set(cv2.CAP_PROP_FPS, RATE)
        else:
            _connect(address)
            began = time.monotonic()
            options = {
                cv2.CAP_PROP_OPEN_TIMEOUT_MSEC: _TIMEOUT_MS[kind],
                cv2.CAP_PROP_READ_TIMEOUT_MSEC: _TIMEOUT_MS["http"],
                cv2.CAP_PROP_N_THREADS: 1,  # each more holds one picture back
            }
            flat = [value for pair in options.items() for value in pair]
            self._capture = cv2.VideoCapture(address, cv2.CAP_FFMPEG, flat)
        if not self._capture.isOpened():
            self._capture.release()
            raise self._lost("camera_no_video", time.monotonic() - began)

    def read(self) -> Bytes | None:
        """The next picture, BGR [h, w, 3]. Raises InputError."""
        # isOpened() stays true when the camera is gone: only read() tells.
        began = time.monotonic()
        read, image = self._capture.read()
        if not read:
            raise self._lost("camera_stopped", time.monotonic() - began)
        return np.asarray(image, np.uint8)

    def close(self) -> None:
        """Let the camera go."""
        self._capture.release()

    def _lost(self, key: str, seconds: float) -> InputError:
        """Why it is lost: one that was waited for in vain is silent, one that failed sooner is not."""
        if seconds < _SILENT_S:
            return InputError.of(key, address=self._name)
        return InputError.of("camera_silent", address=self._name, seconds=seconds)


class ChildCapture:
    """Raw BGRx pictures from a gst-launch-1.0 child: PyPI's OpenCV has no GStreamer.

    pipeline: GStreamer's text up to a video/x-raw,format=BGRx of WIDTH x HEIGHT, without a sink.
    address: what the camera is called.
    """

    def __init__(self, pipeline: str, address: str = "csi://0") -> None:
        self._name = address
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115  (a pipe nobody reads would fill up)
        self._pipe, end = os.pipe()
        with contextlib.suppress(OSError):  # fewer, larger pieces
            fcntl.fcntl(self._pipe, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
        # A pipe of its own, not fd 1: the Argus source prints to standard output.
        command = ["gst-launch-1.0", "-q", *shlex.split(f"{pipeline} ! fdsink fd={end} sync=false")]
        try:
            self._child = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=self._errors,
                stderr=self._errors,
                pass_fds=[end],
                env=os.environ | {"PATH": safe_path()},
                start_new_session=True,
            )
        except FileNotFoundError:
            os.close(self._pipe)
            self._errors.close()
            raise InputError.of("gst_missing") from None
        finally:
            os.close(end)
        self._poll = select.poll()
        self._poll.register(self._pipe, select.POLLIN)
        self._image = self._blank()
        self._filled = 0

    def read(self) -> Bytes | None:
        """The next picture, BGRx [h, w, 4]; None when it is not whole yet. Raises InputError."""
        space = self._image.data.cast("B")
        while self._filled < len(space):
            if not self._poll.poll(1000.0 * _PATIENCE_S):
                return None
            count = os.readv(self._pipe, [space[self._filled :]])
            if count == 0:
                raise self._ended()
            self._filled += count
        image, self._image, self._filled = self._image, self._blank(), 0
        return image

    def close(self) -> None:
        """End the child; it is killed when it does not leave by itself."""
        os.close(self._pipe)
        self._child.send_signal(signal.SIGINT)  # Argus needs a tidy end, or the sensor stays taken
        try:
            self._child.wait(_LEAVE_S)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.wait()
        self._errors.close()

    def _ended(self) -> InputError:
        """Why the child ended, from what it wrote."""
        self._errors.seek(0)
        text = self._errors.read().decode(errors="replace")
        for key, pattern in _GST_SAYS.items():
            if re.search(pattern, text, re.IGNORECASE):
                return InputError.of(key, address=self._name)
        errors = (line.strip() for line in text.splitlines() if re.search("error|erroneous", line, re.I))
        why = next(errors, None) or InputError.of("no_reason")
        return InputError.of("gst_ended", address=self._name, why=why)

    @staticmethod
    def _blank() -> Bytes:
        return np.empty((HEIGHT, WIDTH, 4), np.uint8)


def csi_pipeline(address: str) -> str:
    """GStreamer's text for csi://SENSOR, up to raw BGRx pictures of WIDTH x HEIGHT."""
    sensor = address.removeprefix("csi://")
    source = CSI_SOURCE.format(sensor=sensor, width=WIDTH, height=HEIGHT, rate=RATE)
    return f"{source} ! video/x-raw,format=BGRx,width={WIDTH},height={HEIGHT}"


def _connect(address: str) -> None:
    """Whether somebody listens there: FFMPEG would not say why it cannot open. Raises InputError."""
    parts = urlsplit(address)
    port = parts.port or {"http": 80, "https": 443, "rtsp": 554}[parts.scheme]
    try:
        socket.create_connection((parts.hostname or "", port), _CONNECT_S).close()
    except OSError as error:
        if isinstance(error, ConnectionRefusedError):
            raise InputError.of("camera_refused", address=shown(address)) from None
        why = error.strerror.lower() if error.strerror else InputError.of("no_answer")
        raise InputError.of("camera_unreachable", address=shown(address), why=why) from None


def _require_usable(path: Path) -> None:
    """Whether a V4L2 camera may be opened and is free: OpenCV would not say why not. Raises InputError."""
    try:
        camera = os.open(path, os.O_RDWR | os.O_NONBLOCK)
    except OSError as error:
        keys = {errno.EACCES: "camera_denied", errno.EPERM: "camera_denied", errno.EBUSY: "camera_busy"}
        raise InputError.of(keys.get(error.errno or 0, "camera_away"), address=path) from None
    try:
        for count in (1, 0):  # ask for a buffer as a recording would, and give it back
            fcntl.ioctl(camera, _VIDIOC_REQBUFS, _REQUEST_BUFFERS.pack(count, 1, 1, 0, 0))
    except OSError as error:
        if error.errno == errno.EBUSY:
            raise InputError.of("camera_busy", address=path) from None
    finally:
        os.close(camera)


def _settle(cv2: Any) -> None:
    """One thread, no messages: a camera that is away would fill the journal; health() says what is wrong."""
    cv2.setNumThreads(1)  # more take the cores from the networks
    logging: Any = getattr(cv2.utils, "logging", cv2)  # where OpenCV 5 and 4 keep it
    logging.setLogLevel(_ERRORS_ONLY)
