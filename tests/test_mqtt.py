"""Readings over a real broker: restarts, a killed client, passwords, TLS."""

import csv
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from contextlib import ExitStack, suppress

import pytest
from paho.mqtt.client import CallbackAPIVersion, Client

from edge import __version__
from edge.errors import InputError, MissingExtraError
from edge.items import Reading
from edge.sections import MqttSettings
from edge.sinks.mqtt import client as mqtt
from edge.sinks.mqtt import namesake as namesake_module
from edge.sinks.mqtt.client import Mqtt

MOSQUITTO = shutil.which("mosquitto", path=f"{os.environ['PATH']}:/usr/sbin")
needs_broker = pytest.mark.skipif(not MOSQUITTO, reason="needs mosquitto")


def wait(condition, seconds=100.0):
    """Wait until a condition holds; its value."""
    end = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < end, "it never came"
        time.sleep(0.02)
    return value


def answers(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


class Broker:
    """A mosquitto that keeps its sessions over a restart."""

    def __init__(self, folder, lines=("allow_anonymous true",)):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.config = folder / "mosquitto.conf"
        kept = ["persistence true", f"persistence_location {folder}/", "user root"]
        self.config.write_text("\n".join([*kept, f"listener {self.port} 127.0.0.1", *lines, ""]))
        self.process = None

    def start(self):
        self.process = subprocess.Popen(
            [MOSQUITTO, "-c", self.config], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        wait(lambda: answers(self.port))
        return self

    def stop(self):
        if self.process:
            self.process.terminate()
            self.process.wait(10)
            self.process = None


@pytest.fixture
def make_broker(tmp_path):
    brokers = []

    def make(*lines):
        broker = Broker(tmp_path, lines or ("allow_anonymous true",))
        brokers.append(broker)
        return broker

    yield make
    for broker in brokers:
        broker.stop()


@pytest.fixture
def broker(make_broker):
    return make_broker().start()


@pytest.fixture
def hear():
    """Subscribes to a topic and everything below; messages come as (topic below it, payload, retained)."""
    clients = []

    def start(port, topic="plant/line3"):
        heard, ready = [], threading.Event()
        client = Client(CallbackAPIVersion.VERSION2, f"listener{len(clients)}", clean_session=False)
        client.reconnect_delay_set(1, 1)
        client.on_connect = lambda *_: client.subscribe(f"{topic}/#", qos=1)
        client.on_subscribe = lambda *_: ready.set()
        client.on_message = lambda _, __, message: heard.append(
            (message.topic.removeprefix(f"{topic}/"), message.payload.decode(), message.retain)
        )
        client.connect("127.0.0.1", port)
        client.loop_start()
        clients.append(client)
        assert ready.wait(10)
        return heard

    yield start
    for client in clients:
        client.disconnect()
        client.loop_stop()


def settings(port, **more):
    return MqttSettings(host="127.0.0.1", port=port, topic="plant/line3", client_id="line3", **more)


def sequences(heard):
    return [json.loads(payload)["sequence"] for topic, payload, _ in heard if topic == "reading"]


def silence(number):
    return Reading(time=float(number), state="no_speech", source="line3")


@needs_broker
def test_what_is_sent(broker, hear, tiny_bundle):
    manifest = tiny_bundle.manifest
    with Mqtt(settings(broker.port), manifest) as sink:
        first = hear(broker.port)
        wait(lambda: "state" in [topic for topic, *_ in first])
        heard = hear(broker.port)  # comes later, and is told what is retained
        wait(lambda: len(heard) == 2)
        birth, state = sorted(heard)
        sink.write(silence(1))
        wait(lambda: len(heard) == 3)
    assert state == ("state", "online", True)
    assert (birth[0], birth[2]) == ("birth", True)
    about = json.loads(birth[1])
    assert about | {"run": ""} == {
        "run": "",
        "version": __version__,
        "bundle": manifest.name,
        "labels": list(manifest.labels),
        "window_s": manifest.window_s,
        "hop_s": manifest.hop_s,
    }
    made = json.loads(heard[2][1])
    assert (made["state"], made["time"], made["sequence"]) == ("no_speech", 1.0, 1)
    assert made["run"] == about["run"]
    wait(lambda: len(heard) == 4)
    assert heard[3] == ("state", "offline", False)  # said on leaving, the last will is for accidents
    assert sink.lost == 0


@needs_broker
def test_nothing_is_lost_over_a_restart_of_the_broker(broker, hear, tiny_bundle):
    heard = hear(broker.port)
    with Mqtt(settings(broker.port), tiny_bundle.manifest) as sink:
        for number in range(1, 101):
            sink.write(silence(number))
            time.sleep(0.02)
            if number == 30:
                broker.stop()
            elif number == 70:
                assert "is not reached" in sink.trouble or "closed the connection" in sink.trouble
                assert sink.waiting >= 40 - mqtt.UNDERWAY
                broker.start()
        wait(lambda: set(sequences(heard)) == set(range(1, 101)))
        wait(lambda: not sink.trouble)
    assert sink.lost == 0
    times = {
        (made := json.loads(payload))["sequence"]: made["time"]
        for topic, payload, _ in heard
        if topic == "reading"
    }
    assert times == {number: float(number) for number in range(1, 101)}


@needs_broker
def test_a_broker_that_is_away_at_the_start_gets_everything_later(broker, hear, tiny_bundle):
    heard = hear(broker.port)
    broker.stop()
    with Mqtt(settings(broker.port), tiny_bundle.manifest) as sink:
        for number in range(1, 51):
            sink.write(silence(number))
        trouble = wait(lambda: "refused" in sink.trouble and sink.trouble)
        assert trouble == (
            f"broker 127.0.0.1:{broker.port} is not reached ([Errno 111] Connection refused), "
            "check host and port in [mqtt] and the network; readings wait, the newest 10000 of them"
        )
        assert sink.waiting == 50
        broker.start()
        wait(lambda: set(sequences(heard)) == set(range(1, 51)))
        assert sink.trouble == ""
    assert sink.lost == 0


def test_the_oldest_are_lost_when_too_many_wait(tiny_bundle, monkeypatch):
    monkeypatch.setattr(mqtt, "WAITING", 10)
    monkeypatch.setattr(mqtt, "CLOSE_S", 0.2)
    with Mqtt(settings(1), tiny_bundle.manifest) as sink:
        for number in range(15):
            sink.write(silence(number))
        assert (sink.waiting, sink.lost) == (10, 5)
        assert json.loads(sink._waiting[0])["sequence"] == 6
    assert (sink.waiting, sink.lost) == (0, 15)


CHILD = """
import sys, time
from pathlib import Path
from edge.bundle.folder import open_bundle
from edge.sections import MqttSettings
from edge.items import Reading
from edge.sinks.mqtt.client import Mqtt
manifest = open_bundle(Path(sys.argv[1])).manifest
settings = MqttSettings(host="127.0.0.1", port=int(sys.argv[2]), topic="plant/line3", client_id="line3")
with Mqtt(settings, manifest) as sink:
    sink.write(Reading(time=1.0, state="no_speech"))
    time.sleep(60)
"""


@needs_broker
def test_a_killed_client_is_declared_offline(broker, hear, tiny_bundle):
    heard = hear(broker.port)
    child = subprocess.Popen([sys.executable, "-c", CHILD, tiny_bundle.folder, str(broker.port)])
    try:
        wait(lambda: sequences(heard) == [1])
        assert ("state", "offline", False) not in heard
        child.send_signal(signal.SIGKILL)
        wait(lambda: heard[-1] == ("state", "offline", False))
    finally:
        child.kill()
        child.wait()
    later = hear(broker.port)  # retained: who comes later is told as well
    wait(lambda: ("state", "offline", True) in later)


@needs_broker
def test_a_wrong_password_is_trouble_until_it_is_put_right(make_broker, tiny_bundle, tmp_path):
    known = tmp_path / "passwords"
    subprocess.run(["mosquitto_passwd", "-b", "-c", known, "line3", "right"], check=True, capture_output=True)
    broker = make_broker("allow_anonymous false", f"password_file {known}").start()
    secret = tmp_path / "mqtt.password"
    secret.write_text("wrong\n")
    secret.chmod(0o600)
    with Mqtt(settings(broker.port, username="line3", password_file=secret), tiny_bundle.manifest) as sink:
        sink.write(silence(1))
        trouble = wait(lambda: "refused" in sink.trouble and sink.trouble)
        assert trouble == (
            f"broker 127.0.0.1:{broker.port} refused the connection (Not authorized), "
            "check username and password_file in [mqtt]; readings wait, the newest 10000 of them"
        )
        secret.write_text("right\n")  # read at each connection
        wait(lambda: not sink.trouble)
        wait(lambda: sink.waiting == 0)
    assert sink.lost == 0


def openssl(*arguments):
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)


@needs_broker
@pytest.mark.filterwarnings("ignore:unclosed <ssl.SSLSocket:ResourceWarning")  # paho, after a bad handshake
@pytest.mark.skipif(not shutil.which("openssl"), reason="needs openssl")
def test_tls(make_broker, tiny_bundle, tmp_path):
    for name in ("ca", "other"):
        openssl(
            *("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", 2),
            *("-subj", f"/CN={name}", "-keyout", tmp_path / f"{name}.key", "-out", tmp_path / f"{name}.pem"),
        )
    openssl(
        *("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=broker"),
        *("-keyout", tmp_path / "server.key", "-out", tmp_path / "server.csr"),
    )
    names = tmp_path / "names"
    names.write_text("subjectAltName=IP:127.0.0.1")
    openssl(
        *("x509", "-req", "-in", tmp_path / "server.csr", "-days", 2, "-CAcreateserial", "-extfile", names),
        *("-CA", tmp_path / "ca.pem", "-CAkey", tmp_path / "ca.key", "-out", tmp_path / "server.pem"),
    )
    broker = make_broker(
        "allow_anonymous true", f"certfile {tmp_path}/server.pem", f"keyfile {tmp_path}/server.key"
    ).start()
    with Mqtt(settings(broker.port, tls=tmp_path / "ca.pem"), tiny_bundle.manifest) as sink:
        sink.write(silence(1))
        wait(lambda: not sink.trouble and sink.waiting == 0)
    assert sink.lost == 0
    for distrusting in (tmp_path / "other.pem", True):
        with Mqtt(settings(broker.port, tls=distrusting), tiny_bundle.manifest) as sink:
            wait(lambda: "certificate verify failed" in sink.trouble)
    with (
        pytest.raises(InputError, match=r"server.key is not a CA certificate in PEM"),
        Mqtt(settings(broker.port, tls=tmp_path / "server.key"), tiny_bundle.manifest),
    ):
        pass


@pytest.mark.parametrize(
    ("mode", "text", "message"),
    [
        (0o644, "secret", "can be read by others than its owner; run: chmod 600"),
        (0o600, "", "is empty; write the MQTT password to it"),
        (None, "", "cannot be read"),
    ],
)
def test_a_password_file_that_cannot_be_used(tmp_path, tiny_bundle, mode, text, message):
    path = tmp_path / "mqtt.password"
    if mode:
        path.write_text(text)
        path.chmod(mode)
    with (
        pytest.raises(InputError, match=message) as error,
        Mqtt(settings(1, username="line3", password_file=path), tiny_bundle.manifest),
    ):
        pass
    assert "\n" not in str(error.value)
    assert "secret" not in str(error.value)


def test_without_paho(tiny_bundle, monkeypatch):
    monkeypatch.setitem(sys.modules, "paho.mqtt.client", None)
    with (
        pytest.raises(MissingExtraError, match=r"pip install 'edge-emotion\[mqtt\]'"),
        Mqtt(settings(1), tiny_bundle.manifest),
    ):
        pass


def test_a_host_that_hangs_does_not_hold_up_the_end(tiny_bundle, monkeypatch):
    over = threading.Event()

    def hang(*_, **__):
        over.wait(60)
        raise TimeoutError("timed out")

    monkeypatch.setattr(socket, "create_connection", hang)
    begun = time.monotonic()
    with Mqtt(settings(1), tiny_bundle.manifest) as sink:
        sink.write(silence(1))
        assert sink.trouble.endswith("is not reached yet; readings wait, the newest 10000 of them")
    assert time.monotonic() - begun < 2 * mqtt.CLOSE_S
    over.set()
    wait(lambda: "timed out" in sink.trouble)
    wait(lambda: not any(thread.name == "mqtt stop" for thread in threading.enumerate()))
    assert sink.lost == 1


def namesake(port, ends):
    """Another client of the same name that comes back as quickly as it can; how often it was connected."""
    connections = []
    client = Client(CallbackAPIVersion.VERSION2, "line3")
    client.reconnect_delay_set(1, 1)
    client.on_connect = lambda *_: connections.append(time.monotonic())
    client.connect("127.0.0.1", port)
    client.loop_start()
    ends.callback(client.loop_stop)
    ends.callback(client.disconnect)
    wait(lambda: connections)
    return connections


@needs_broker
def test_a_namesake_is_named_and_left_alone(broker, hear, tiny_bundle):
    heard = hear(broker.port)
    with ExitStack() as ends, Mqtt(settings(broker.port), tiny_bundle.manifest) as sink:
        wait(lambda: sink._connected)
        connections = namesake(broker.port, ends)
        trouble = wait(lambda: "another client" in sink.trouble and sink.trouble)
        assert trouble == (
            f"another client uses client_id line3 at broker 127.0.0.1:{broker.port}, which drops the one for "
            "the other; give each run a client_id of its own in [mqtt]; "
            "readings wait, the newest 10000 of them"
        )
        count = len(connections)
        time.sleep(3)
        assert len(connections) <= count + 1  # nobody is dropped for the other any more
        assert "another client" in sink.trouble
        sink.write(silence(1))
        ends.close()  # the other is gone: after its pause this one is well again
        sink._client.reconnect_delay_set(1, 1)
    assert sum(topic == "state" and payload == "online" for topic, payload, _ in heard) <= 4


@pytest.mark.slow
@needs_broker
def test_it_is_well_again_when_the_namesake_is_gone(broker, tiny_bundle, monkeypatch):
    monkeypatch.setattr(namesake_module, "KICKED_S", 3.0)
    monkeypatch.setattr(namesake_module, "PAUSES_S", (4, 4))
    with ExitStack() as ends, Mqtt(settings(broker.port), tiny_bundle.manifest) as sink:
        namesake(broker.port, ends)
        wait(lambda: "another client" in sink.trouble)
        ends.close()
        sink.write(silence(1))
        wait(lambda: sink._connected)
        wait(lambda: not sink.trouble and not sink.waiting)
    assert sink.lost == 0


@needs_broker
def test_a_second_run_with_the_same_client_id_is_refused_here(broker, tiny_bundle):
    with Mqtt(settings(broker.port), tiny_bundle.manifest) as first:
        with (
            pytest.raises(
                InputError, match=r"client_id line3 at broker .* is in use by another run"
            ) as error,
            Mqtt(settings(broker.port), tiny_bundle.manifest),
        ):
            pass
        assert "別の edge run が使用中です" in error.value.told("ja")
        first.write(silence(1))
        wait(lambda: first._connected and not first.waiting)
    with Mqtt(settings(broker.port), tiny_bundle.manifest) as again:
        wait(lambda: again._connected)


@needs_broker
def test_a_restart_of_the_broker_is_no_namesake(broker, tiny_bundle, monkeypatch):
    with Mqtt(settings(broker.port), tiny_bundle.manifest) as sink:
        wait(lambda: sink._connected)
        broker.stop()
        wait(lambda: "closed the connection" in sink.trouble or "not reached" in sink.trouble)
        broker.start()
        wait(lambda: sink._connected)
        assert sink.trouble == ""


def test_a_port_that_speaks_something_else_is_named(tiny_bundle):
    with socket.create_server(("127.0.0.1", 0)) as server:

        def hang_up():
            with suppress(OSError):
                while True:
                    server.accept()[0].close()

        threading.Thread(target=hang_up, daemon=True).start()
        with Mqtt(settings(server.getsockname()[1]), tiny_bundle.manifest, language="ja") as sink:
            trouble = wait(lambda: "応答せずに" in sink.trouble and sink.trouble)
        server.shutdown(socket.SHUT_RDWR)
    assert trouble.endswith("[mqtt] の port と tls を確認してください。推定結果は最新 10000 件まで保持します")


def test_a_broker_s_name_that_nobody_knows_is_named(tiny_bundle):
    given = MqttSettings(host="no-such-broker.invalid", topic="a", client_id="line3")
    with Mqtt(given, tiny_bundle.manifest) as sink:
        wait(lambda: "check host and port in [mqtt] and the network" in sink.trouble)


@needs_broker
def test_a_recording_s_readings_go_where_the_site_says_as_live_ones_do(
    broker, hear, tiny_bundle, demo, tmp_path
):
    heard = hear(broker.port)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    (tmp_path / "log").mkdir()
    site = tmp_path / "site.toml"
    site.write_text(
        f"source = '{demo}'\nbundle = '{tiny_bundle.folder}'\nbackend = 'onnxrt'\n"
        f"[log]\nfolder = 'log'\nformat = 'csv'\n[prometheus]\nport = {port}\n[mqtt]\n"
        f"host = '127.0.0.1'\nport = {broker.port}\ntopic = 'plant/line3'\nclient_id = 'line3'\n"
    )
    command = [sys.executable, "-m", "edge.cli", "run", "--config", str(site), "--headless"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert done.stderr == ""
    wait(lambda: sequences(heard) == list(range(1, 10)))
    sent = [json.loads(payload) for topic, payload, _ in heard if topic == "reading"]
    (path,) = (tmp_path / "log").glob("readings-*.csv")
    rows = list(csv.DictReader(path.read_text().splitlines()))
    assert [(row["source"], float(row["time"]), row["run"]) for row in rows] == [
        ("demo.mp4", made["time"], made["run"]) for made in sent
    ]
    process = subprocess.Popen([*command, "--realtime"], stdout=subprocess.DEVNULL)
    try:

        def scraped():
            with suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as answer:
                text = answer.read().decode()
                return "edge_readings_total{" in text and text

        text = wait(scraped)
        assert 'backend="onnxrt",bundle="tiny"' in text or 'bundle="tiny",backend="onnxrt"' in text
        assert 'edge_sink_trouble{sink="mqtt"} 0.0' in text
    finally:
        process.kill()
        process.wait()
    assert process.returncode


def test_a_broker_that_is_not_there_holds_up_the_end_of_a_recording_for_moments_only(tiny_bundle):
    begun = time.monotonic()
    with Mqtt(settings(1), tiny_bundle.manifest, live=False) as sink:
        sink.write(silence(1))
    assert time.monotonic() - begun < mqtt.CONNECT_S + 2.5
    assert sink.lost == 1
