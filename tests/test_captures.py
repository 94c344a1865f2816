"""A CSI camera through a GStreamer child: its pictures, its death, its silence, its end."""

import errno
import os
import shutil
import signal
import time
from pathlib import Path

import numpy as np
import pytest
from processes import children

from edge.errors import InputError
from edge.sources.devices import captures
from edge.sources.devices.camera import Camera
from edge.sources.devices.captures import HEIGHT, WIDTH, ChildCapture, csi_pipeline

needs_gst = pytest.mark.skipif(not shutil.which("gst-launch-1.0"), reason="needs gst-launch-1.0")


@pytest.fixture
def pattern(monkeypatch):
    """A pattern in place of the sensor."""
    caps = "video/x-raw,width={width},height={height},framerate={rate}/1"
    monkeypatch.setattr(
        captures, "CSI_SOURCE", f"videotestsrc is-live=true pattern=ball ! {caps} ! videoconvert"
    )


def waited(what, limit_s=100.0):
    began = time.monotonic()
    while not what():
        assert time.monotonic() < began + limit_s, "never came"
        time.sleep(0.02)
    return time.monotonic() - began


def test_the_pipeline_follows_from_the_address():
    assert csi_pipeline("csi://1") == (
        "nvarguscamerasrc sensor-id=1 ! video/x-raw(memory:NVMM),width=1280,height=720,framerate=30/1"
        " ! nvvidconv ! video/x-raw,format=BGRx,width=1280,height=720"
    )


@needs_gst
def test_raw_pictures_come_whole_and_in_their_colours():
    red = "videotestsrc pattern=red num-buffers=3 ! video/x-raw,format=BGRx,width=1280,height=720"
    capture = ChildCapture(red)
    seen = []

    def read():
        while True:
            image = capture.read()
            if image is not None:
                seen.append(image)

    with pytest.raises(InputError, match=r"gst-launch-1\.0 ended"):
        read()
    capture.close()
    assert [image.shape for image in seen] == [(HEIGHT, WIDTH, 4)] * 3
    assert len({id(image) for image in seen}) == 3
    assert seen[0][..., :3].mean(axis=(0, 1)) == pytest.approx([0, 0, 255], abs=4)
    assert children() == []


@needs_gst
def test_a_child_that_dies_or_stands_still_is_replaced(pattern):
    frames = []
    with Camera(frames.append, "csi://0") as camera:
        waited(lambda: frames)
        assert frames[0].image.shape == (HEIGHT, WIDTH, 3)
        assert np.ptp(frames[0].image) > 100
        for kind in (signal.SIGKILL, signal.SIGSTOP):
            (child,) = children()
            os.kill(child, kind)
            waited(lambda: camera.health().state == "gone")
            assert waited(lambda: camera.health().state == "running") < 3.0
            waited(lambda old=child: old not in children())
        assert camera.health().reopened == 2
        os.kill(children()[0], signal.SIGSTOP)
        began = time.monotonic()
    assert time.monotonic() - began < 2.0
    waited(lambda: not children(), 5.0)


@needs_gst
def test_a_machine_without_the_sensor_says_so():
    with Camera(lambda frame: None, "csi://0") as camera:
        waited(lambda: camera.health().state == "gone")
        assert 'no element "nvarguscamerasrc"' in camera.health().error
    assert children() == []


@pytest.mark.parametrize(
    ("said", "key"),
    [
        ("ERROR: from element /GstPipeline:p/GstNvArgus: Resource busy or not available.", "camera_busy"),
        ("Error generated. /dvs/nvargus.cpp, execute:751 No cameras available", "camera_away"),
        ("ERROR: cannot open device: Permission denied", "camera_denied"),
        ("WARNING: erroneous pipeline: no element 'nvarguscamerasrc'", "gst_ended"),
        ("", "gst_ended"),
    ],
)
def test_what_gstreamer_says_becomes_a_reason(said, key, monkeypatch, tmp_path):
    program = tmp_path / "gst-launch-1.0"
    program.write_text(f"#!/bin/sh\necho '{said}' >&2\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    capture = ChildCapture("videotestsrc", "csi://1")
    with pytest.raises(InputError) as ended:
        waited(capture.read)
    capture.close()
    assert ended.value.key == key
    assert "csi://1" in str(ended.value)


@pytest.mark.parametrize(("number", "key"), [(errno.EBUSY, "camera_busy"), (errno.EINVAL, None)])
def test_a_usb_camera_another_program_has_is_busy(number, key, monkeypatch, tmp_path):
    def control(*_):
        raise OSError(number, "")

    (tmp_path / "video0").touch()
    monkeypatch.setattr(captures.fcntl, "ioctl", control)
    if key is None:  # a driver that does it another way
        assert captures._require_usable(tmp_path / "video0") is None
        return
    with pytest.raises(InputError) as refused:
        captures._require_usable(tmp_path / "video0")
    assert refused.value.key == key


@pytest.mark.parametrize(("number", "key"), [(errno.EACCES, "camera_denied"), (errno.ENODEV, "camera_away")])
def test_a_usb_camera_that_may_not_be_opened(number, key, monkeypatch, tmp_path):
    def refuse(*_):
        raise OSError(number, "")

    monkeypatch.setattr(captures.os, "open", refuse)
    with pytest.raises(InputError) as refused:
        captures._require_usable(tmp_path)
    assert refused.value.key == key


def test_a_machine_without_gstreamer_says_what_to_install(monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    before = len(list(Path("/proc/self/fd").iterdir()))
    with pytest.raises(InputError, match="apt-get install gstreamer1"):
        ChildCapture("videotestsrc")
    assert len(list(Path("/proc/self/fd").iterdir())) == before
