"""What native libraries read from the environment: set once at the start, before any thread looks at it.

The C library's environment has no lock: to set it while another thread reads it ends the process.
"""

from __future__ import annotations

import os

from edge.child import safe_path

_QUIET = {
    # A camera that is away would fill the journal; its health says what is wrong.
    "OPENCV_FFMPEG_LOGLEVEL": "-8",
    # Half a second of an RTSP stream tells what it is; FFMPEG's own five made each opening three seconds.
    "OPENCV_FFMPEG_CAPTURE_OPTIONS": "rtsp_transport;tcp|analyzeduration;500000",
}


def prepare_environment() -> None:
    """Call it on the main thread before anything heavy is imported; what a person set stays."""
    os.environ["PATH"] = safe_path()
    for name, value in _QUIET.items():
        os.environ.setdefault(name, value)
