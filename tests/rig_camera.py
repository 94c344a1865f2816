"""A network camera to test against: MJPEG over HTTP on loopback, in a process of its own.

    with FakeCamera() as camera: camera.url, camera.mode("freeze")

run: pictures that change; flash: the same, white for FLASH_S from each FLASH_EVERY_S of time.monotonic() on;
repeat: one picture again and again; dark: a black one; freeze: connections stay, nothing is sent; drop: all
are closed, new ones are served; refuse: all are closed, new ones too; silent: new ones are never answered.
"""

import http.server
import subprocess
import sys
import threading
import time
import urllib.parse
import urllib.request
from collections import deque

FLASH_EVERY_S = 1.3
FLASH_S = 0.2


class FakeCamera:
    """Runs the camera while its `with` block lasts. latency: how late each picture is sent (seconds).

    video: a file whose pictures it sends, in place of its own.
    """

    def __init__(self, fps=30, size=(640, 480), latency=0.0, video=None):
        self._command = [sys.executable, __file__, *map(str, (fps, *size, latency)), str(video or "")]

    def __enter__(self):
        self._process = subprocess.Popen(self._command, stdout=subprocess.PIPE, text=True)
        self.port = int(self._process.stdout.readline())
        self.url = f"http://127.0.0.1:{self.port}/video.mjpg"
        return self

    def __exit__(self, *_):
        self._process.kill()
        self._process.wait()
        self._process.stdout.close()

    def mode(self, name):
        """Change what it does; returns when that was."""
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}/{name}", method="POST")
        urllib.request.urlopen(request, timeout=10).close()
        return time.monotonic()


class _State:
    def __init__(self):
        self.mode = "run"
        self.closed = 0  # connections older than this count are closed
        self.newest = deque([(-1, b"")], maxlen=90)  # number, JPEG
        self.news = threading.Condition()


STATE = _State()


def _pictures(width, height, video):
    """JPEGs that change, and a white and a black one."""
    import cv2
    import numpy as np

    if video:
        film, pictures = cv2.VideoCapture(video), []
        while (read := film.read())[0]:
            pictures.append(cv2.imencode(".jpg", cv2.resize(read[1], (width, height)))[1].tobytes())
        plain = np.zeros((height, width, 3), np.uint8)
        return pictures, *(cv2.imencode(".jpg", plain + level)[1].tobytes() for level in (250, 2))
    rng = np.random.default_rng(0)
    texture = rng.integers(40, 160, (height // 20, width // 20, 3), np.uint8)
    scene = cv2.resize(texture, (width, height), interpolation=cv2.INTER_NEAREST)
    pictures = []
    for step in range(15):
        picture = scene.copy()
        cv2.circle(picture, (width // 4 + step * width // 30, height // 2), height // 8, (170, 190, 230), -1)
        pictures.append(cv2.imencode(".jpg", picture)[1].tobytes())
    return pictures, *(cv2.imencode(".jpg", np.full_like(scene, level))[1].tobytes() for level in (250, 2))


def _produce(fps, latency, pictures, white, black):
    began, number, waiting = time.monotonic(), 0, deque()
    while True:
        taken = began + number / fps
        time.sleep(max(0.0, taken - time.monotonic()))
        lit = STATE.mode == "flash" and taken % FLASH_EVERY_S < FLASH_S
        step = 0 if STATE.mode == "repeat" else number % len(pictures)
        jpeg = white if lit else black if STATE.mode == "dark" else pictures[step]
        waiting.append((taken + latency, number, jpeg))
        number += 1
        while waiting and waiting[0][0] <= time.monotonic():
            with STATE.news:
                STATE.newest.append(waiting.popleft()[1:])
                STATE.news.notify_all()


class _Handler(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def do_POST(self):
        STATE.mode = urllib.parse.urlparse(self.path).path.strip("/")
        STATE.closed += STATE.mode in ("drop", "refuse")
        self.send_response(204)
        self.end_headers()

    def do_GET(self):
        if STATE.mode == "refuse":
            return
        while STATE.mode == "silent":
            time.sleep(0.05)
        self.send_response(200)
        self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=frame")
        self.end_headers()
        last, closed = STATE.newest[-1][0], STATE.closed
        try:
            while STATE.closed == closed:
                with STATE.news:
                    if STATE.newest[-1][0] == last:
                        STATE.news.wait(0.2)
                    due = [jpeg for number, jpeg in STATE.newest if number > last]
                    last = STATE.newest[-1][0]
                for jpeg in [] if STATE.mode in ("freeze", "silent") else due:
                    head = f"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: {len(jpeg)}\r\n\r\n"
                    self.wfile.write(head.encode() + jpeg + b"\r\n")
        except OSError:  # the reader has left
            pass


if __name__ == "__main__":
    fps, width, height, latency = (float(value) for value in sys.argv[1:5])
    made = _pictures(int(width), int(height), sys.argv[5])
    threading.Thread(target=_produce, args=(fps, latency, *made), daemon=True).start()
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.daemon_threads = True
    print(server.server_port, flush=True)
    server.serve_forever()
