"""Readings to an MQTT broker (3.1.1), each at least once while this process lives.

<topic>/reading     the record of edge/sinks/files/jsonl.py and a key more, QoS 1:
                    sequence    1, 2, 3, ... within the run; a number seen before is a repetition
<topic>/state       online or offline, retained; offline is also the last will
<topic>/birth       {run, version, bundle, labels, window_s, hop_s}, retained
"""

from __future__ import annotations

import json
import ssl
import sys
import threading
import time
from collections import deque
from contextlib import ExitStack, suppress
from types import TracebackType
from typing import TYPE_CHECKING, Any

from typing_extensions import Self

from edge import __version__
from edge.bundle.manifest import Manifest
from edge.errors import InputError, MissingExtraError
from edge.items import Reading
from edge.sections import MqttSettings
from edge.sinks.claim import claimed_name
from edge.sinks.files.jsonl import new_run, record
from edge.sinks.mqtt.broker_access import REFUSALS, password, use_tls
from edge.sinks.mqtt.namesake import Namesake
from edge.words import Language

if TYPE_CHECKING:
    from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags
    from paho.mqtt.properties import Properties
    from paho.mqtt.reasoncodes import ReasonCode

WAITING = 10_000
"""Readings kept for a broker that is away, nearly three hours at one a second; then the oldest is lost."""
UNDERWAY = 20
"""Readings sent and not yet acknowledged; paho sends these again after a break."""
KEEPALIVE_S = 30
"""A device that falls silent is declared offline by the broker after one and a half of it (seconds)."""
RETRY_S = 30
"""Longest pause between two attempts to connect (seconds)."""
CLOSE_S = 1.0
"""How long leaving waits in all, for what is still to be sent and the connection to end (seconds)."""
RECORDING_CLOSE_S, CONNECT_S = 10.0, 3.0
"""The same after a recording, which is read faster than a broker takes its readings, and how much of it for a
broker that is not reached (seconds)."""


class Mqtt:
    """Sends each reading from a thread of its own; write() only queues it.

    A broker that is away, refuses or restarts is tried again for ever; meanwhile readings wait, and `lost`
    counts those that found no room and those left at the end. What waits does not outlive the process.
    Where another client goes by the same client_id the broker drops the one for the other: that is said, and
    this one tries again after long pauses only. run: of `new_run`; None: its own. live: whether readings
    come as time passes.
    Raises MissingExtraError, and InputError for a password or CA file that cannot be used and for a
    client_id in use on this machine, on entering.
    """

    kind = "reading"

    def __init__(
        self,
        settings: MqttSettings,
        manifest: Manifest,
        run: str | None = None,
        language: Language = "en",
        *,
        live: bool = True,
    ) -> None:
        self._language = language
        self._close_s = CLOSE_S if live else RECORDING_CLOSE_S
        self._settings = settings
        self._manifest = manifest
        self._waiting: deque[str] = deque()
        self._underway: set[int] = set()
        self._acknowledged: set[int] = set()
        self._changed = threading.Condition()
        self._connected = False
        self._closing = False
        self._sequence = 0
        self._run = run or new_run()
        self._connected_at = 0.0
        self._answered = False  # whether the broker answered the newest attempt
        self._namesake = Namesake()
        self._claim = ExitStack()
        self._trouble = ""
        self.lost = 0

    def __enter__(self) -> Self:
        try:
            from paho.mqtt.client import Client
            from paho.mqtt.enums import CallbackAPIVersion
        except ImportError as error:
            raise MissingExtraError("paho-mqtt", "mqtt") from error
        settings = self._settings
        if settings.password_file:
            password(settings.password_file)
        client = Client(CallbackAPIVersion.VERSION2, settings.client_id, clean_session=False)
        if settings.tls:
            use_tls(client, settings.tls)
        client_name = f"mqtt {settings.host}:{settings.port} {settings.client_id}"
        refusal = InputError.of("mqtt_claimed", client_id=settings.client_id, broker=self._broker)
        self._claim.enter_context(claimed_name(client_name, refusal))
        client.reconnect_delay_set(1, RETRY_S)
        client.will_set(f"{settings.topic}/state", "offline", qos=1, retain=True)
        client.on_pre_connect = self._on_pre_connect
        client.on_connect = self._on_connect
        client.on_connect_fail = self._on_connect_fail
        client.on_disconnect = self._on_disconnect
        client.on_publish = self._on_publish
        self._client = client
        self._say("mqtt_not_yet")
        self._sender = threading.Thread(target=self._send, name="mqtt sender", daemon=True)
        self._sender.start()
        client.connect_async(settings.host, settings.port, KEEPALIVE_S)
        client.loop_start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        end = time.monotonic() + (self._close_s if kind is None else CLOSE_S)

        def left() -> float:
            return max(0.2, end - time.monotonic())

        with self._changed:
            if not self._connected:
                self._changed.wait_for(lambda: self._connected or self._all_sent(), min(CONNECT_S, left()))
            if self._connected:
                self._changed.wait_for(self._all_sent, left())
            self._closing = True
            self._changed.notify_all()
        self._sender.join(left())
        if self._connected:
            # A broker that is told goodbye keeps the last will to itself.
            goodbye = self._client.publish(f"{self._settings.topic}/state", "offline", qos=1, retain=True)
            with suppress(RuntimeError, ValueError):
                goodbye.wait_for_publish(left())
        self._client.disconnect()
        # paho waits without limit for its thread, which may be held up by a name server.
        stop = threading.Thread(target=self._stop, name="mqtt stop", daemon=True)
        stop.start()
        stop.join(left())
        with self._changed:
            self.lost += len(self._waiting) + len(self._underway - self._acknowledged)
            self._waiting.clear()
        self._claim.close()

    def _stop(self) -> None:
        client = self._client
        client.loop_stop()
        # Each of the two holds the other: paho closes its last sockets when it is freed, at once like this.
        client.on_pre_connect = client.on_connect = client.on_connect_fail = None
        client.on_disconnect = client.on_publish = None

    @property
    def trouble(self) -> str:
        """What is wrong now and what to do, one line; empty when all is well."""
        if self._namesake.suspected(time.monotonic() - self._connected_at if self._connected else 0.0):
            return self._text("mqtt_taken", client_id=self._settings.client_id)
        return self._trouble

    @property
    def waiting(self) -> int:
        """Readings not sent yet."""
        return len(self._waiting)

    def write(self, reading: Reading) -> None:
        """Queue one reading."""
        self.put(record(reading, self._manifest.labels, self._run))

    def put(self, made: dict[str, Any]) -> None:
        """Queue one record."""
        with self._changed:
            self._sequence += 1
            if len(self._waiting) >= WAITING:
                self._waiting.popleft()
                self.lost += 1
            self._waiting.append(json.dumps(made | {"sequence": self._sequence}))
            self._changed.notify_all()

    def _send(self) -> None:
        topic = f"{self._settings.topic}/{self.kind}"
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._closing or self._may_send())
                if self._closing:
                    return
                message = self._waiting.popleft()
                # Not yet known by its number: 0, which MQTT never gives, stands for it.
                self._underway.add(0)
            # Outside the lock: paho holds its own lock while it calls _on_publish.
            number = self._client.publish(topic, message, qos=1).mid
            with self._changed:
                self._underway.discard(0)
                self._underway.add(number)

    def _may_send(self) -> bool:
        self._underway -= self._acknowledged
        self._acknowledged.clear()
        return self._connected and bool(self._waiting) and len(self._underway) < UNDERWAY

    def _all_sent(self) -> bool:
        return not self._waiting and self._underway <= self._acknowledged

    @property
    def _broker(self) -> str:
        return f"{self._settings.host}:{self._settings.port}"

    def _text(self, key: str, **values: object) -> str:
        what = InputError.of(key, broker=self._broker, **values)
        return InputError.of("mqtt_trouble", what=what, count=WAITING).told(self._language)

    def _say(self, key: str, **values: object) -> None:
        self._trouble = self._text(key, **values)

    def _on_pre_connect(self, client: Client, data: Any) -> None:
        settings, self._answered = self._settings, False
        if settings.password_file is None:
            client.username_pw_set(settings.username)
            return
        try:
            client.username_pw_set(settings.username, password(settings.password_file))
        except InputError as error:  # the one read before may still do
            self._trouble = error.told(self._language)

    def _on_connect(
        self,
        client: Client,
        data: Any,
        flags: ConnectFlags,
        reason: ReasonCode,
        properties: Properties | None,
    ) -> None:
        self._answered = True
        if reason.is_failure:
            key = REFUSALS.get(reason.getName(), "mqtt_refused")
            self._say(key, why=reason, client_id=self._settings.client_id)
            return
        birth = {
            "run": self._run,
            "version": __version__,
            "bundle": self._manifest.name,
            "labels": self._manifest.labels,
            "window_s": self._manifest.window_s,
            "hop_s": self._manifest.hop_s,
        }
        # QoS 0: said again at each connection, so nothing of it need be kept for the next.
        client.publish(f"{self._settings.topic}/birth", json.dumps(birth), retain=True)
        client.publish(f"{self._settings.topic}/state", "online", retain=True)
        self._trouble = ""
        self._connected_at = time.monotonic()
        with self._changed:
            self._connected = True
            self._changed.notify_all()

    def _on_connect_fail(self, client: Client, data: Any) -> None:
        # paho calls this while it handles the error, and tells it in no other way.
        error = sys.exc_info()[1]
        self._say("mqtt_distrusted" if isinstance(error, ssl.SSLError) else "mqtt_unreached", why=error)

    def _on_disconnect(
        self,
        client: Client,
        data: Any,
        flags: DisconnectFlags,
        reason: ReasonCode,
        properties: Properties | None,
    ) -> None:
        if not self._connected:
            if not self._answered and not self._closing:
                self._say("mqtt_no_answer")
            return
        self._connected = False
        self._say("mqtt_closed", why=reason)
        pause = self._namesake.ended(self._connected_at, time.monotonic())
        client.reconnect_delay_set(pause or 1, pause or RETRY_S)

    def _on_publish(
        self, client: Client, data: Any, number: int, reason: ReasonCode, properties: Properties
    ) -> None:
        with self._changed:
            self._acknowledged.add(number)
            self._changed.notify_all()
