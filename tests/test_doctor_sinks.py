"""What the doctor says of where readings go: real folders, a real broker, a real port."""

import socket
import subprocess

import pytest
from test_mqtt import broker, make_broker, needs_broker, wait  # noqa: F401 - fixtures

from edge.config import Site
from edge.doctor.sinks import examine_sinks
from edge.sinks.mqtt.client import Mqtt


def looked(language="en", **site):
    return [(check.ok, check.text) for check in examine_sinks(Site(**site), language)]


def mqtt(port, **more):
    return {"host": "127.0.0.1", "port": port, "topic": "plant/line3", "client_id": "line3", **more}


def test_what_is_not_there_is_not_looked_at():
    assert looked() == []


def test_folders_that_can_be_written_and_not(tmp_path):
    (log, review) = looked(log={"folder": tmp_path}, review={"folder": tmp_path / "none"})
    assert log[0]
    assert log[1].startswith(f"[log] {tmp_path} can be written, ")
    assert review == (
        False,
        f"[review] {tmp_path / 'none'} cannot be written (No such file or directory); "
        "make it, check its permissions, or name another folder",
    )
    assert list(tmp_path.iterdir()) == []
    ((_, text),) = looked("ja", log={"folder": tmp_path / "none"})
    assert "に書き込めません" in text


def test_a_port_free_and_taken():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        ((ok, text),) = looked(prometheus={"port": port})
        assert not ok
        assert f"port {port} of 127.0.0.1 cannot be used (Address already in use" in text
    assert looked(prometheus={"port": port}) == [(True, f"[prometheus] port {port} of 127.0.0.1 is free")]


@needs_broker
def test_a_broker_that_lets_this_device_in_and_a_run_that_is_not_disturbed(broker, tiny_bundle):  # noqa: F811
    site = Site(mqtt=mqtt(broker.port))
    with Mqtt(site.mqtt, tiny_bundle.manifest) as run:
        wait(lambda: run._connected)
        assert looked(mqtt=mqtt(broker.port)) == [
            (True, f"[mqtt] broker 127.0.0.1:{broker.port} lets this device in")
        ]
        assert run._connected


@needs_broker
def test_a_broker_that_refuses_the_password(make_broker, tmp_path):  # noqa: F811
    known = tmp_path / "passwords"
    subprocess.run(["mosquitto_passwd", "-b", "-c", known, "line3", "right"], check=True, capture_output=True)
    broker = make_broker("allow_anonymous false", f"password_file {known}").start()  # noqa: F811
    secret = tmp_path / "mqtt.password"
    secret.write_text("wrong\n")
    secret.chmod(0o600)
    given = mqtt(broker.port, username="line3", password_file=secret)
    ((ok, text),) = looked(mqtt=given)
    assert (ok, text) == (
        False,
        f"broker 127.0.0.1:{broker.port} refused the connection (Not authorized), "
        "check username and password_file in [mqtt]",
    )
    secret.write_text("right\n")
    assert looked(mqtt=given)[0][0]
    secret.chmod(0o644)
    assert "chmod 600" in looked(mqtt=given)[0][1]


@pytest.mark.parametrize("language", ["en", "ja"])
def test_a_broker_that_is_not_there_and_one_that_hangs_up(language):
    ((ok, text),) = looked(language, mqtt=mqtt(1))
    assert not ok
    assert ("Connection refused" if language == "en" else "接続拒否") in text
    with socket.create_server(("127.0.0.1", 0)) as server:  # takes the connection and says nothing
        ((ok, text),) = looked(language, mqtt=mqtt(server.getsockname()[1]))
    assert not ok
    assert ("port and tls in [mqtt]" if language == "en" else "port と tls") in text


def test_a_recogniser_that_is_none(tmp_path):
    ((ok, text),) = looked(asr=tmp_path)
    assert not ok
    assert "holds no speech recogniser" in text
