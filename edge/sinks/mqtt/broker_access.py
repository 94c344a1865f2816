"""What a broker wants to know before it lets this device in: a password, a certificate it trusts."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import TYPE_CHECKING

from edge.errors import InputError

if TYPE_CHECKING:
    from paho.mqtt.client import Client

REFUSALS = {
    "Bad user name or password": "mqtt_password",
    "Not authorized": "mqtt_password",
    "Client identifier not valid": "mqtt_client_id",
}
"""What a broker says -> what to do about it."""


def password(path: Path) -> str:
    """The first line of a password file. Raises InputError when others may read it, or it holds nothing."""
    try:
        if stat.S_IMODE(path.stat().st_mode) & 0o077:
            raise InputError.of("password_open", path=path)
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        why = (error.strerror if isinstance(error, OSError) else None) or error
        raise InputError.of("password_unreadable", path=path, why=why) from error
    if not lines or not lines[0]:
        raise InputError.of("password_empty", path=path)
    return lines[0]


def use_tls(client: Client, tls: Path | bool) -> None:
    """Have the broker's certificate checked; see MqttSettings.tls. Raises InputError."""
    try:
        client.tls_set(ca_certs=str(tls) if isinstance(tls, Path) else None)
    except OSError as error:
        raise InputError.of("mqtt_ca", path=tls, why=error) from error
