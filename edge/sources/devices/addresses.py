"""Camera addresses: which forms there are, and the cameras of this machine by names that stay."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from edge.errors import ConfigError, InputError

Kind = Literal["usb", "http", "rtsp", "csi"]

DEFAULT = "default"
"""The first USB camera, as soon as there is one."""
_SECRET = re.compile(
    r"((?<![\w.%-])(?:[\w.%-]*"
    r"(?:user|usr|login|account|pass|pwd|psw|token|key|secret|auth|sign|sid|session|cred)"
    r"[\w.%-]*|pw|pas|u|p)=)[^&;#\s]*",
    re.IGNORECASE,
)
"""A name and a value in an address, of which the value is nobody else's business."""
_SYSTEM = Path("/sys/class/video4linux")
_LINKS = Path("/dev/v4l")
_SCHEMES: dict[str, Kind] = {"http": "http", "https": "http", "rtsp": "rtsp", "csi": "csi"}


@dataclass(frozen=True, slots=True)
class UsbCamera:
    """One camera as V4L2 knows it."""

    name: str
    """The card's name; part of it is an address."""
    path: Path
    """/dev/v4l/by-id/... or by-path/..., which stay the same; /dev/videoN where the system makes no links."""


def check_address(address: str) -> Kind:
    """What kind of camera an address means. Raises ConfigError when it means none."""
    scheme, separator, rest = address.partition("://")
    if separator:
        kind = _SCHEMES.get(scheme)
        if kind == "csi" and not rest.isdecimal():
            raise ConfigError.of("camera_no_sensor", address=shown(address))
        if kind is None or not _reachable(address, kind):
            raise ConfigError.of("camera_form", address=shown(address), forms=_forms())
        return kind
    if address.strip().isdecimal() or re.fullmatch(r"/dev/video\d*", address):
        raise ConfigError.of("camera_number", address=shown(address), forms=_forms())
    if not address.strip() or ("/" in address and not address.startswith("/dev/")):
        raise ConfigError.of("camera_form", address=shown(address), forms=_forms())
    return "usb"


def shown(address: str) -> str:
    """The address without user name, password and keys, fit for messages and logs."""
    found = re.match(r"[A-Za-z][\w+.-]*:/+", address)
    scheme = found[0] if found else ""
    rest = address[len(scheme) :]
    host = re.split(r"[/?#]", rest, maxsplit=1)[0]
    if "@" in host and (scheme or ":" in host):  # else it is the name of a USB camera
        rest = rest[host.rindex("@") + 1 :]
    elif not re.fullmatch(r"[^:]*(:\d*)?|\[.*", host):  # a password with a slash in it, not a port
        rest = rest[rest.rfind("@") + 1 :]
    return scheme + _SECRET.sub(r"\1***", rest)


def called(address: str) -> str | InputError:
    """What a camera is called in messages."""
    return InputError.of("camera_default") if address == DEFAULT else shown(address)


def usb_cameras() -> list[UsbCamera]:
    """The USB cameras plugged in, sorted by name."""
    return [camera for camera, usb in _cards() if usb]


def find_usb(address: str) -> Path:
    """Where the camera with this path or name, or the default one, is.

    Raises InputError when it is not there, or not alone.
    """
    if address == DEFAULT:
        if first := next(iter(usb_cameras()), None):
            return first.path
        raise InputError.of("camera_none")
    if address.startswith("/"):
        path = Path(address)
        if not path.exists():
            raise InputError.of("camera_away", address=address)
        return path
    cameras = [camera for camera, _ in _cards()]
    found = [camera for camera in cameras if address.lower() in camera.name.lower()]
    if len(found) == 1:
        return found[0].path
    if found:
        *others, last = (str(camera.path) for camera in found)
        names = InputError.of("either", first=", ".join(others), last=last)
        raise InputError.of("camera_several", count=len(found), name=address, names=names)
    there = ", ".join(repr(camera.name) for camera in cameras) or InputError.of("nothing")
    raise InputError.of("camera_unknown", name=shown(address), there=there)


def _forms() -> ConfigError:
    return ConfigError.of("camera_forms")


def _reachable(address: str, kind: Kind) -> bool:
    try:
        parts = urlsplit(address)
        return kind == "csi" or (bool(parts.hostname) and parts.port != 0)
    except ValueError:  # a port that is no number
        return False


def _cards() -> list[tuple[UsbCamera, bool]]:
    """Every V4L2 capture card, and whether it hangs on USB, sorted by name."""
    links = {link.resolve().name: link for by in ("by-path", "by-id") for link in (_LINKS / by).glob("*")}
    cards = []
    for card in _SYSTEM.glob("video*"):
        try:
            name = (card / "name").read_text(encoding="utf-8", errors="replace").strip()
            index = (card / "index").read_text(encoding="utf-8").strip()
        except OSError:  # pulled out this moment
            continue
        if index != "0":  # the others of a card carry its metadata
            continue
        usb = any(part.startswith("usb") for part in (card / "device").resolve().parts)
        cards.append((UsbCamera(name, links.get(card.name, Path("/dev") / card.name)), usb))
    return sorted(cards, key=lambda entry: (entry[0].name, entry[0].path))
