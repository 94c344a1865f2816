"""A CSI camera through a GStreamer child: its pictures, its death, its silence, its end."""

import os
import shutil
import signal
import time
from pathlib import Path

import numpy as np
import pytest
from processes import children

from edge.errors import InputError
from edge.sources import captures
from edge.sources.camera import Camera
from edge.sources.captures import HEIGHT, WIDTH, ChildCapture, csi_pipeline

needs_gst = pytest.mark.skipif(not shutil.which("gst-launch-1.0"), reason="needs gst-launch-1.0")


@pytest.fixture
def pattern(monkeypatch):
    """A pattern in place of the sensor."""
    caps = "video/x-raw,width={width},height={height},framerate={rate}/1"
    monkeypatch.setattr(
        captures, "CSI_SOURCE", f"videotestsrc is-live=true pattern=ball ! {caps} ! videoconvert"
    )


def waited(what, limit_s=20.0):
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


def test_a_machine_without_gstreamer_says_what_to_install(monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    before = len(list(Path("/proc/self/fd").iterdir()))
    with pytest.raises(InputError, match="apt-get install gstreamer1"):
        ChildCapture("videotestsrc")
    assert len(list(Path("/proc/self/fd").iterdir())) == before
