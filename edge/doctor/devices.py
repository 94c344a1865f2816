"""The doctor's look at the devices a site names: each is opened, and what it gives is told."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from typing import Any

from edge.config import Site
from edge.doctor.check import Check
from edge.doctor.modes import offered
from edge.errors import EdgeError, InputError
from edge.interfaces import Device
from edge.items import AudioChunk, Floats, Frame, Health
from edge.words import Language, word

RATE = 16000
"""Sample rate the microphone is heard at (hertz)."""
OPEN_S = 9.0
"""A device that gives nothing for so long is not there (seconds): cameras take up to 8."""
GIVE_UP_S = 4.0
"""The same once it said why it cannot be opened (seconds)."""
GLYPHS = ("needs_check", "no_speech", "no_face", "warming_up", "paused", "dark", "loud")
"""Words of the panel that are drawn to see whether its font has them."""
MODES_SAID = 3
"""Modes of a camera that are told, the largest first."""
LISTEN_S = 4.0
"""How long a device that runs is watched (seconds)."""


def examine_devices(site: Site, language: Language) -> Iterator[Check]:
    """Check microphone, sound server, camera and screen, as far as the settings want them."""
    live = site.source is None
    if live and site.microphone == "off" and site.camera == "off":
        yield Check("devices", False, word("no_devices", language))
    if live and site.microphone != "off":
        server = _sound_server(language)
        heard = _microphone(site, server, language)
        yield heard
        if server or not heard.ok:
            found = server[0] if server else word("doctor_no_server", language)
            yield Check("sound_server", bool(server), found)
    if live and site.camera != "off":
        yield _camera(site, language)
    yield _screen(site, language)
    yield _glyphs(language)


def _watched(device: Device, given: list[AudioChunk | Frame]) -> Health:
    """Let a device run for a while; how it is doing then."""
    began = time.monotonic()
    with device:
        first: float | None = None
        while True:
            time.sleep(0.05)
            now, health = time.monotonic(), device.health()
            first = now if first is None and given else first
            if first is not None and now - first > LISTEN_S:
                return health
            patience = GIVE_UP_S if health.state == "gone" else OPEN_S
            if first is None and now - began > patience:
                return health


def _microphone(site: Site, server: tuple[str, str] | None, language: Language) -> Check:
    from edge.sources.devices.microphone import Microphone, microphones

    name = None if site.microphone == "default" else site.microphone
    chunks: list[AudioChunk | Frame] = []
    try:
        names = microphones()
    except InputError as error:
        return Check("microphone", False, _bad("microphone", error.told(language), language))
    microphone = Microphone(chunks.append, RATE, name, language)
    health = _watched(microphone, chunks)
    if health.state != "running":
        why = health.error or word("no_answer", language)
        return Check("microphone", False, _bad("microphone", why, language))
    matching = [one for one in names if name and name.casefold() in one.casefold()]
    shown = matching[0] if matching else (server[1] if server and not name else "") or name or names[0]
    level = _decibels([chunk.samples for chunk in chunks if isinstance(chunk, AudioChunk)])
    values = {"name": shown, "db": level, "rate": health.rate, "own": microphone.own_rate}
    found = word("doctor_microphone", language, **values)
    facts = {"name": shown, "own_rate_hz": microphone.own_rate, "level_db": round(level, 1)}
    return _with_advice("microphone", found, health.warning, language, facts)


def _decibels(pieces: list[Floats]) -> float:
    """Level of all the pieces together (decibels relative to full scale), -120 at least."""
    import numpy as np

    power = float(np.mean(np.concatenate(pieces).astype(np.float64) ** 2))
    return max(-120.0, 10.0 * float(np.log10(max(power, 1e-12))))


def _camera(site: Site, language: Language) -> Check:
    from edge.sources.devices.addresses import check_address, shown, usb_cameras
    from edge.sources.devices.camera import Camera

    address, name = site.camera, ""
    if address == "default":
        cameras = usb_cameras()
        if not cameras:
            return Check("camera", False, word("doctor_no_camera", language))
        address, name = str(cameras[0].path), cameras[0].name
    frames: list[AudioChunk | Frame] = []
    try:
        check_address(address)
        health = _watched(Camera(frames.append, address, language), frames)
    except EdgeError as error:
        return Check("camera", False, _bad("camera", error.told(language), language))
    newest = next((frame for frame in reversed(frames) if isinstance(frame, Frame)), None)
    if health.state != "running" or newest is None:
        why = health.error or word("no_answer", language)
        return Check("camera", False, _bad("camera", why, language))
    height, width = newest.image.shape[:2]
    values = {
        "name": name or shown(address),
        "width": width,
        "height": height,
        "rate": health.rate,
        "light": float(newest.image.mean()) / 255.0,
    }
    found = word("doctor_camera", language, **values)
    modes = offered(address)
    if modes:
        said = ", ".join(map(str, modes[:MODES_SAID]))
        found = word("doctor_modes", language, found=found, modes=said, count=len(modes))
    warning = "dimmed" if health.warning == "dark" else health.warning
    facts = {"name": values["name"], "width": width, "height": height, "modes": list(map(str, modes))}
    return _with_advice("camera", found, warning, language, facts)


def _with_advice(name: str, found: str, warning: str, language: Language, facts: dict[str, Any]) -> Check:
    """What was found, and what to do about a warning of the device."""
    if not warning:
        return Check(name, True, found, facts)
    advice = word(f"doctor_{warning}", language)
    return Check(name, False, word("doctor_advice", language, found=found, advice=advice), facts)


def _bad(device: str, why: str, language: Language) -> str:
    return word("doctor_device", language, device=word(device, language), why=why)


def _sound_server(language: Language) -> tuple[str, str] | None:
    """What answers as a sound server, and its default source; None when nothing does."""
    if not shutil.which("pactl"):
        return None
    try:
        done = subprocess.run(
            ["pactl", "info"],
            env=os.environ | {"LC_ALL": "C"},
            capture_output=True,
            text=True,
            errors="replace",
            timeout=5.0,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    found = dict(line.split(": ", 1) for line in done.stdout.splitlines() if ": " in line)
    name = f"{found.get('Server Name', 'pulseaudio')} {found.get('Server Version', '')}".strip()
    source = found.get("Default Source", "")
    return word("doctor_server", language, name=name, source=source), source


def _screen(site: Site, language: Language) -> Check:
    from edge.display.view import Setup, ViewOptions
    from edge.display.window.screen import Screen, has_screen

    if not has_screen():
        wanted = site.display.full_screen
        return Check("screen", not wanted, word("doctor_no_screen", language))
    name = os.environ.get("DISPLAY", "")
    try:
        with Screen(Setup(), ViewOptions(language), quit=lambda: None, gone=lambda: None):
            return Check("screen", True, word("doctor_screen", language, name=name))
    except InputError as error:
        values = {"why": error.told(language), "name": name}
        return Check("screen", False, word("doctor_screen_bad", language, **values))


def _glyphs(language: Language) -> Check:
    """Whether the panel's font has the letters of its Japanese words."""
    from edge.display.panel.charset import undrawable

    try:
        missing = undrawable("".join(word(key, "ja") for key in GLYPHS))
    except InputError as error:
        return Check("glyphs", False, error.told(language))
    if missing:
        return Check("glyphs", False, word("doctor_no_glyphs", language, letters=missing))
    return Check("glyphs", True, word("doctor_glyphs", language))
