"""A real RTSP camera: its pictures come, and come again after whatever happened to it."""

import time

import pytest
import rig_rtsp
from test_camera import gone, running, waited

from edge.sources.devices.camera import Camera

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(bool(rig_rtsp.missing()), reason=rig_rtsp.missing() or " "),
]


def test_an_rtsp_camera_is_back_within_three_seconds():
    frames = []
    with rig_rtsp.RtspCamera() as rig, Camera(frames.append, rig.url) as camera:
        waited(running(camera))
        waited(lambda: len(frames) > 20)
        assert frames[-1].image.shape == (240, 320, 3)
        for break_it, mend, down_s in (
            (rig.stop, rig.start, 1.0),
            (rig.stop, rig.start, 5.0),
            (rig.freeze, rig.thaw, 4.0),
        ):
            break_it()
            waited(gone(camera))
            time.sleep(down_s)
            mended = mend()
            waited(lambda since=mended: running(camera)() and frames[-1].time > since)
            assert time.monotonic() - mended < 3.0, break_it.__name__
        assert camera.health().reopened == 3


def test_pictures_of_an_rtsp_camera_are_fresh():
    """Nothing is held back: what is given was read just now, at the rate it is sent."""
    frames, lateness = [], []

    def give(frame):
        frames.append(frame)
        lateness.append(time.monotonic() - frame.time)

    with rig_rtsp.RtspCamera() as rig, Camera(give, rig.url) as camera:
        waited(lambda: frames and frames[-1].time - frames[0].time > 4.0)
        assert camera.health().rate > 10.0
    assert sorted(lateness)[len(lateness) // 2] < 0.2
