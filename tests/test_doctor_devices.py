"""What the doctor says of real devices: sound server, network camera and screen, there and not there."""

import os
import re
import shutil
import subprocess
import threading

import numpy as np
import pytest
from rig_audio import RATE as RIG_RATE
from rig_audio import FakeMicrophone, missing
from rig_camera import FakeCamera
from test_microphone import process

from edge.config import Site
from edge.doctor.devices import examine_devices
from edge.words import word


def tone(level_db, seconds=40.0):
    moments = np.arange(round(seconds * RIG_RATE)) / RIG_RATE
    return np.sqrt(2.0) * 10.0 ** (level_db / 20.0) * np.sin(2 * np.pi * 440.0 * moments)


@pytest.fixture
def microphone(tmp_path, monkeypatch):
    """A sound server with a microphone, for this process and its children as well."""
    if missing():
        pytest.skip(missing())
    fake = FakeMicrophone(tmp_path / "sound")
    for name, value in fake.environment.items():
        if name != "HOME":
            monkeypatch.setenv(name, value)
    fake.start()
    yield fake
    fake.stop()


def looked(language="en", **site):
    checks = examine_devices(Site(**site), language)
    return [(check.ok, check.text) for check in checks if check.name != "glyphs"]  # test_doctor_board.py


def test_a_microphone_that_hears_is_named_with_its_level(microphone):
    threading.Thread(target=microphone.play, args=(tone(-20.0),), daemon=True).start()
    heard, server, screen = looked(camera="off")
    assert heard[0], heard[1]
    name, level, rate = re.fullmatch(
        r"microphone (\S+): (-\d+) dB, (\d+) samples a second \(the device's own rate: \d+\)", heard[1]
    ).groups()
    assert name == "fake_mic"
    assert -23 <= int(level) <= -17
    assert 14000 < int(rate) < 18000
    assert server[0]
    assert "default source fake_mic" in server[1]
    assert screen == (True, word("doctor_no_screen", "en"))


def test_a_muted_microphone_and_one_that_is_not_there_say_what_to_do(microphone):
    (ok, text), *_ = looked(microphone="workbench", camera="off")
    assert not ok
    assert re.fullmatch(
        r"microphone workbench: -120 dB, \d+ samples a second \(.*: \d+\); nothing is heard: unmute it, .*",
        text,
    )
    (ok, text), *_ = looked("ja", microphone="no such thing", camera="off")
    assert not ok
    assert text.startswith("マイク：「no such thing」という名前のマイクはありません。接続中のもの：")
    microphone.crash()
    (ok, text), (server_ok, server), *_ = looked(camera="off")
    assert (ok, server_ok) == (False, False)
    assert "microphone" in text.lower()
    assert server.startswith("no sound server answers: start it (systemctl --user start")


def test_a_camera_that_sends_is_told_with_size_and_light():
    with FakeCamera(fps=15, size=(320, 240)) as camera:
        (ok, text), _ = looked(microphone="off", camera=camera.url)
        found = re.fullmatch(
            rf"camera {camera.url}: 320x240, (\d+) pictures a second, brightness (\d+)%", text
        )
        assert 10 <= int(found[1]) <= 18, text
        assert 5 <= int(found[2]) <= 95
        assert ok
        camera.mode("dark")
        (ok, text), _ = looked("ja", microphone="off", camera=camera.url)
        assert not ok
        assert text.endswith("。暗すぎます。レンズカバーを外すか、照明を点けてください")
        camera.mode("refuse")
        (ok, text), _ = looked(microphone="off", camera=camera.url)
        assert not ok
        assert text.startswith(f"Camera: {camera.url}")


def test_with_nothing_there_each_thing_is_bad_and_says_what_to_do(monkeypatch, tmp_path):
    monkeypatch.setattr("edge.sources.devices.addresses._SYSTEM", tmp_path)
    process(monkeypatch, "process._inputs = lambda: ([], None)")
    monkeypatch.setenv("PULSE_SERVER", f"unix:{tmp_path}/none")
    checks = looked()
    assert [ok for ok, _ in checks] == [False, False, False, True]
    assert "there is no microphone: plug one in" in checks[0][1]
    assert "no sound server answers" in checks[1][1]
    assert checks[2][1].startswith("Camera: no USB camera is plugged in; plug one in, name one in site.toml")
    for ok, text in looked("ja"):
        assert ok or not text.isascii()


def test_what_is_off_is_not_looked_at(tmp_path):
    assert looked(microphone="off", camera="off") == [
        (False, word("no_devices", "en")),
        (True, word("doctor_no_screen", "en")),
    ]
    assert looked(source=tmp_path) == [(True, word("doctor_no_screen", "en"))]
    assert looked(source=tmp_path, display={"full_screen": True}) == [(False, word("doctor_no_screen", "en"))]


def test_a_screen_that_does_not_answer_is_bad(monkeypatch, tmp_path):
    monkeypatch.setenv("DISPLAY", ":987")
    ((ok, text),) = looked(source=tmp_path)
    assert not ok
    assert text.startswith("the screen :987 does not answer: check that DISPLAY=:987 is the screen")


@pytest.mark.skipif(not shutil.which("Xvfb"), reason="needs Xvfb")
def test_a_screen_that_is_there(monkeypatch, tmp_path):
    reader, writer = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(writer), "-screen", "0", "1280x720x24", "-nolisten", "tcp"],
        pass_fds=[writer],
        stderr=subprocess.DEVNULL,
    )
    os.close(writer)
    with os.fdopen(reader) as number, server:
        monkeypatch.setenv("DISPLAY", f":{number.readline().strip()}")
        found = looked(source=tmp_path)
        server.kill()
    assert found == [(True, f"screen {os.environ['DISPLAY']}: a window opens")]
