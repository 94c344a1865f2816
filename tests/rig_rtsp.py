"""An RTSP camera to test against: GStreamer's own server with H.264, in a process of the system's Python.

with RtspCamera() as camera: camera.url; camera.freeze(); camera.thaw(); camera.stop(); camera.start()
"""

import signal
import socket
import subprocess
import sys
import time

PYTHON = "/usr/bin/python3"
INSTALL = (
    "apt install python3-gi gir1.2-gst-rtsp-server-1.0 gstreamer1.0-plugins-good gstreamer1.0-plugins-bad"
)
_PROBE = (
    "import gi; gi.require_version('GstRtspServer', '1.0'); from gi.repository import Gst, GstRtspServer; "
    "Gst.init(None); assert Gst.ElementFactory.find('openh264enc') and Gst.ElementFactory.find('rtph264pay')"
)


def missing():
    """Why there can be no RTSP camera here; empty when there can."""
    try:
        found = subprocess.run([PYTHON, "-c", _PROBE], capture_output=True, timeout=30, check=False)
    except OSError:
        return f"needs {PYTHON}"
    return f"needs {INSTALL}" if found.returncode else ""


class RtspCamera:
    """Runs the camera while its `with` block lasts; a key picture comes every second."""

    def __init__(self):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.url = f"rtsp://127.0.0.1:{self.port}/live"
        self._process = None

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()

    def start(self):
        """Switch it on; returns when it answers."""
        self._process = subprocess.Popen(
            [PYTHON, __file__, str(self.port)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        assert self._process.stdout.readline() == "up\n"
        return time.monotonic()

    def stop(self):
        """Pull its plug."""
        self._process.kill()
        self._process.wait()
        self._process.stdout.close()

    def freeze(self):
        """Connections stay, nothing is sent and nothing is answered."""
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self):
        """Go on."""
        self._process.send_signal(signal.SIGCONT)
        return time.monotonic()


def _serve(port):
    import gi

    gi.require_version("GstRtspServer", "1.0")
    from gi.repository import GLib, Gst, GstRtspServer

    Gst.init(None)
    server = GstRtspServer.RTSPServer()
    server.set_address("127.0.0.1")
    server.set_service(port)
    factory = GstRtspServer.RTSPMediaFactory()
    factory.set_launch(
        "( videotestsrc is-live=true pattern=ball ! video/x-raw,width=320,height=240,framerate=15/1"
        " ! openh264enc gop-size=15 ! rtph264pay name=pay0 pt=96 config-interval=1 )"
    )
    factory.set_shared(True)
    server.get_mount_points().add_factory("/live", factory)
    assert server.attach(None)
    sys.stdout.write("up\n")
    sys.stdout.flush()
    GLib.MainLoop().run()


if __name__ == "__main__":
    _serve(sys.argv[1])
