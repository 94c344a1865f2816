"""The doctor's look at where a site sends its readings, and at its speech recogniser."""

from __future__ import annotations

import shutil
import socket
import ssl
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from edge.config import Site
from edge.doctor.check import Check
from edge.errors import EdgeError, InputError, MissingExtraError
from edge.sections import MqttSettings
from edge.sinks.mqtt.broker_access import REFUSALS, password, use_tls
from edge.sinks.prometheus import LOOPBACK
from edge.words import Language, word

BROKER_S = 5.0
"""A broker that takes longer does not answer (seconds)."""


def examine_sinks(site: Site, language: Language) -> Iterator[Check]:
    """Check each section that is there: folders are written to, the broker is asked, the port is tried."""
    for section, settings in (("log", site.log), ("review", site.review)):
        if settings:
            yield _folder(section, settings.folder, language)
    if site.mqtt:
        yield _told("broker", _broker, site.mqtt, language)
    if site.prometheus:
        yield _told("prometheus", _port, site.prometheus.port, language)
    if site.asr:
        yield _told("recogniser", _recogniser, site.asr, language)


def _told(name: str, look: Any, what: Any, language: Language) -> Check:
    try:
        return Check(name, True, look(what, language))
    except EdgeError as error:
        return Check(name, False, error.told(language))


def _folder(section: str, folder: Path, language: Language) -> Check:
    values = {"section": section, "folder": folder}
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"x")
        free = shutil.disk_usage(folder).free / 1e9
    except OSError as error:
        return Check(
            section, False, word("doctor_folder_bad", language, **values, why=error.strerror or error)
        )
    return Check(section, True, word("doctor_folder", language, **values, free=free))


def _port(port: int, language: Language) -> str:
    """Raises InputError."""
    try:
        with socket.create_server((LOOPBACK, port)):
            return word("doctor_port", language, host=LOOPBACK, port=port)
    except OSError as error:
        values = {"host": LOOPBACK, "port": port, "why": error.strerror or error}
        raise InputError.of("doctor_port_bad", **values) from error


def _recogniser(folder: Path, language: Language) -> str:
    """Raises ConfigError and MissingExtraError."""
    from edge.perception.transcribe import transcriber

    with transcriber(folder):
        return word("doctor_asr", language, folder=folder)


def _broker(settings: MqttSettings, language: Language) -> str:
    """Connect under a name of its own, so that no run is disturbed, and send nothing.

    Raises InputError and MissingExtraError.
    """
    try:
        from paho.mqtt.client import Client
        from paho.mqtt.enums import CallbackAPIVersion
    except ImportError as error:
        raise MissingExtraError("paho-mqtt", "mqtt") from error
    broker = f"{settings.host}:{settings.port}"
    answers: list[Any] = []
    over = threading.Event()

    def connected(client: Any, data: Any, flags: Any, reason: Any, properties: Any) -> None:
        answers.append(reason)
        over.set()

    client = Client(CallbackAPIVersion.VERSION2, f"{settings.client_id}-doctor")
    if settings.username:
        secret = password(settings.password_file) if settings.password_file else None
        client.username_pw_set(settings.username, secret)
    if settings.tls:
        use_tls(client, settings.tls)
    client.connect_timeout = BROKER_S
    client.on_connect = connected
    client.on_disconnect = lambda *_: over.set()
    try:
        client.connect(settings.host, settings.port)
        client.loop_start()
        over.wait(BROKER_S)
    except ssl.SSLError as error:
        raise InputError.of("mqtt_distrusted", broker=broker, why=error) from error
    except OSError as error:
        raise InputError.of("mqtt_unreached", broker=broker, why=error) from error
    finally:
        client.on_connect = client.on_disconnect = None
        client.disconnect()
        client.loop_stop()
    if not answers:
        raise InputError.of("mqtt_no_answer", broker=broker)
    if answers[0].is_failure:
        key = REFUSALS.get(answers[0].getName(), "mqtt_refused")
        raise InputError.of(key, broker=broker, why=answers[0], client_id=settings.client_id)
    return word("doctor_broker", language, broker=broker)
