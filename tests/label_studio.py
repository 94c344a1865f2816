"""A real Label Studio, in a virtual environment of its own, for the tests that need one.

EDGE_LABEL_STUDIO names the folder of the environment; it is made there once (1 GB), in the folder of
temporary files without.
"""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
from contextlib import contextmanager
from http.cookiejar import CookieJar
from pathlib import Path

VERSION = "1.23.2"
TOKEN, PASSWORD = "0123456789abcdef0123456789abcdef01234567", "only-for-tests-1"
START_S = 180
"""Until the server answers: its database is made first (seconds)."""


def program():
    """The command label-studio, installed where it is not. Raises CalledProcessError without a network."""
    default = Path(tempfile.gettempdir()) / f"edge-label-studio-{VERSION}"
    folder = Path(os.environ.get("EDGE_LABEL_STUDIO") or default)
    command = folder / "bin" / "label-studio"
    if not command.is_file():
        subprocess.run([sys.executable, "-m", "venv", folder], check=True, timeout=120)
        pip = [folder / "bin" / "python", "-m", "pip", "install", "-q", f"label-studio=={VERSION}"]
        subprocess.run(pip, check=True, timeout=900)
    return command


class Server:
    """Its API, as the first user."""

    def __init__(self, url):
        self.url = url

    def call(self, method, path, content=None, token=TOKEN):
        """Status and body of a request; content is sent as JSON."""
        data = None if content is None else json.dumps(content).encode()
        head = {"Authorization": f"Token {token}", "Content-Type": "application/json"}
        request = urllib.request.Request(self.url + path, data, head, method=method)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()

    def json(self, method, path, content=None, token=TOKEN):
        """What is answered, where it is fine."""
        status, body = self.call(method, path, content, token)
        assert status < 300, (path, status, body[:500])
        return json.loads(body)

    def user(self, email):
        """Token of a new user, who signs up as people do."""
        opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
        page = opener.open(f"{self.url}/user/signup/", timeout=60).read().decode()
        csrf = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)[1]
        form = {"csrfmiddlewaretoken": csrf, "email": email, "password": PASSWORD}
        asked = urllib.request.Request(
            f"{self.url}/user/signup/",
            urllib.parse.urlencode(form).encode(),
            {"Referer": f"{self.url}/user/signup/"},
        )
        opener.open(asked, timeout=60)
        return json.loads(opener.open(f"{self.url}/api/current-user/token", timeout=60).read())["token"]


@contextmanager
def label_studio(data, served):
    """A running server; data: a folder of its own, served: the root of local files."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = {
        "LABEL_STUDIO_BASE_DATA_DIR": str(data),
        "LABEL_STUDIO_LOCAL_FILES_SERVING_ENABLED": "true",
        "LABEL_STUDIO_LOCAL_FILES_DOCUMENT_ROOT": str(served),
        "LABEL_STUDIO_USERNAME": "first@example.org",
        "LABEL_STUDIO_PASSWORD": PASSWORD,
        "LABEL_STUDIO_USER_TOKEN": TOKEN,
        "LABEL_STUDIO_ENABLE_LEGACY_API_TOKEN": "true",
        "COLLECT_ANALYTICS": "false",
        "LATEST_VERSION_CHECK": "false",
        "SENTRY_DSN": "",
        "FRONTEND_SENTRY_DSN": "",
    }
    command = [program(), "start", "--no-browser", "--port", str(port), "--internal-host", "127.0.0.1"]
    with (data / "server.log").open("wb") as log:
        process = subprocess.Popen(
            command, env=os.environ | settings, stdout=log, stderr=log, start_new_session=True
        )
        try:
            server = Server(f"http://127.0.0.1:{port}")
            end = time.monotonic() + START_S
            while not _answers(server):
                assert process.poll() is None, (data / "server.log").read_text()[-2000:]
                assert time.monotonic() < end, "Label Studio does not answer"
                time.sleep(1.0)
            yield server
        finally:
            os.killpg(process.pid, signal.SIGTERM)
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait(20)


def _answers(server):
    try:
        return server.call("GET", "/api/current-user/whoami")[0] == 200
    except OSError:
        return False
