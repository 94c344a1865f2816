"""The start and the end of the process.

What native libraries read from the environment is set once at the start, before any thread looks at it: the C
library's environment has no lock, and to set it while another thread reads it ends the process.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress

from edge.system.child import safe_path

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


def leave(code: int) -> None:
    """End without freeing every module, which takes a busy machine seconds; all must be closed by now."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            stream.flush()
    os._exit(code)
