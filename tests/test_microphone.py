"""A microphone for real: sound, and what happens when it is unplugged, frozen, crashed or missing."""

import subprocess
import sys
import threading
import time
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from rig_audio import Ear, FakeMicrophone, missing, until

from edge.errors import InputError
from edge.items import AudioChunk
from edge.sources.devices import portaudio
from edge.sources.devices.capture_process import BLOCK_S, HEADER, Input, _trouble, choose, serial
from edge.sources.devices.microphone import LATE_S, Microphone, microphones
from edge.sources.devices.portaudio import SoundCapture
from edge.sources.recorded.recording import RecordingSource

needs_rig = pytest.mark.skipif(bool(missing()), reason=missing() or "a fake microphone")

BACK_S = 20.0  # until there is sound again; script/soak holds it to 3 s on a machine of its own
LINE = Input(3, "USB Mic: Audio (hw:2,0)", 48000.0, "A1B2")
INPUTS = [Input(0, "Tegra: APE (hw:1,0)", 44100.0), LINE, Input(4, "default", 44100.0)]


def test_a_microphone_is_chosen_by_name_or_serial():
    assert choose(INPUTS, 4, None).name == "default"
    assert choose(INPUTS, 4, "usb mic") is LINE
    assert choose(INPUTS, 4, "a1b2") is LINE
    assert choose(INPUTS, 4, "DEFAULT").index == 4


@pytest.mark.parametrize(
    ("inputs", "name", "message"),
    [
        (
            INPUTS,
            "headset",
            "no microphone is called 'headset': there are Tegra: APE (hw:1,0), USB Mic: Audio",
        ),
        (
            INPUTS,
            "(hw:",
            r"several microphones are called '(hw:' (Tegra: APE (hw:1,0), USB Mic: Audio (hw:2,0))",
        ),
        ([], None, "there is no microphone: plug one in"),
        ([], "headset", "there is no microphone: plug one in"),
    ],
)
def test_a_microphone_that_is_not_there_is_told(inputs, name, message):
    with pytest.raises(InputError) as refused:
        choose(inputs, None, name)
    assert message in str(refused.value)
    assert "\n" not in str(refused.value)


def test_serial_number_of_a_sound_card(tmp_path):
    interface = tmp_path / "usb" / "1-2" / "1-2:1.0"
    interface.mkdir(parents=True)
    (interface.parent / "serial").write_text("A1B2\n")
    (tmp_path / "card2").mkdir()
    (tmp_path / "card2" / "device").symlink_to(interface)
    assert serial("USB Mic: Audio (hw:2,0)", tmp_path) == "A1B2"
    assert serial("Tegra: APE (hw:1,0)", tmp_path) == ""
    assert serial("default", tmp_path) == ""


def process(monkeypatch, *lines):
    """Captures run these lines of Python before they begin."""
    code = "\n".join(
        ("import sys, edge.sources.devices.capture_process as process", *lines, "process.main()")
    )
    monkeypatch.setattr(portaudio, "_COMMAND", (sys.executable, "-c", code))


def test_without_portaudio_the_microphone_is_gone_and_says_what_to_install(monkeypatch):
    process(monkeypatch, "sys.modules['sounddevice'] = None")
    with Microphone(lambda chunk: None, 16000) as microphone:
        until(lambda: microphone.health().state == "gone", 5)
        health = microphone.health()
    assert "apt install libportaudio2" in health.error
    assert health.reason == "why_not_installed"
    assert (health.reopened, health.level_db, health.rate) == (0, None, 0.0)
    with pytest.raises(InputError, match="libportaudio2"):
        microphones()


@pytest.mark.parametrize(
    ("found", "told"),
    [
        ("([], None)", "マイクが見つかりません。マイクの接続と、"),
        ("1 / 0", "マイクを使用できません（division by zero）"),
        ("process.os._exit(1)", "マイクを使用できません（応答なし）"),
    ],
)
def test_why_it_does_not_open_is_told_in_japanese(monkeypatch, found, told):
    process(monkeypatch, f"process._inputs = lambda: {found}")
    with Microphone(lambda chunk: None, 16000, language="ja") as microphone:
        until(lambda: microphone.health().state == "gone", 5)
        assert microphone.health().error.startswith(told)


@pytest.mark.parametrize(
    ("code", "host", "key"),
    [
        (-9985, None, "microphone_busy"),
        (-9999, -16, "microphone_busy"),
        (-9999, -13, "microphone_denied"),
        (-9999, -5, "microphone_away"),
        (-9999, -19, "microphone_away"),
        (-9997, None, "microphone_unopened"),
    ],
)
def test_what_portaudio_says_becomes_a_reason(code, host, key):
    told = ("Error opening RawInputStream", code)
    assert _trouble(told if host is None else (*told, (0, host, "said"))) == key


def test_a_microphone_that_comes_later_is_taken_by_the_same_process(monkeypatch, tmp_path):
    there = tmp_path / "there"
    process(
        monkeypatch,
        "import pathlib, time",
        "process.AGAIN_S = process.ANEW_S = 0.1",
        "def opened(name, blocks):",
        f"    if not pathlib.Path({str(there)!r}).exists():",
        "        raise process.InputError.of('microphone_none')",
        "    import threading",
        "    def play():",
        "        for block in range(10**6):",
        "            head = process.HEADER.pack(time.monotonic(), 320 * block, 320, 0, 0)",
        "            blocks.blocks.put(head + bytes(1280))",
        "            time.sleep(0.02)",
        "    threading.Thread(target=play, daemon=True).start()",
        "    return None, 16000.0",
        "process._opened = opened",
    )
    ear = Ear()
    with Microphone(ear.hear, 16000) as microphone:
        until(lambda: microphone.health().state == "gone", 10)
        assert microphone.health().reason == "why_not_there"
        first = microphone._capture._process.pid
        time.sleep(0.5)
        there.touch()
        assert until(lambda: running(microphone), 5) < 3.0
        assert microphone._capture._process.pid == first
        assert (microphone.health().reason, microphone.health().reopened) == ("", 0)


def test_the_module_needs_no_portaudio():
    code = "import sys, edge.sources.devices.microphone; assert 'sounddevice' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


def test_a_capture_that_spins_for_ever_is_ended_and_the_next_one_works(monkeypatch, tmp_path):
    # What PortAudio does when a sound server crashes at the wrong moment, and what it writes meanwhile.
    process(
        monkeypatch,
        "import itertools, os, pathlib, time",
        f"tries = pathlib.Path({str(tmp_path)!r})",
        "def capture(name):",
        "    number = len(list(tries.iterdir()))",
        "    (tries / str(os.getpid())).touch()",
        "    process._say(rate=16000.0)",
        "    for block in itertools.count():",
        "        head = process.HEADER.pack(time.monotonic(), 320 * block, 320, False, 0)",
        "        sys.stdout.buffer.write(head + bytes(4 * 320))",
        "        sys.stdout.buffer.flush()",
        "        time.sleep(0.02)",
        "        while number == 0 and block == 50:",
        "            print('Expression failed', file=sys.stderr)",
        "process._capture = capture",
    )
    ear = Ear()
    with Microphone(ear.hear, 16000) as microphone:
        until(lambda: microphone.health().reopened == 1 and running(microphone), 20)
        assert "gave nothing for 1 s" in microphone.health().error
    until(lambda: not any(Path(f"/proc/{pid.name}").exists() for pid in tmp_path.iterdir()), 5)


def test_a_block_that_is_cut_short_is_the_last_one():
    capture = SoundCapture(None)
    whole = HEADER.pack(1.0, 0, 2, False, 3) + np.float32([0.5, -0.5]).tobytes()
    stream = BytesIO(whole + whole[:-3])
    assert capture._take(stream)
    assert not capture._take(stream)
    assert capture.blocks.get().samples.tolist() == [0.5, -0.5]
    assert capture.blocks.empty()
    assert capture.dropped == 3


def test_a_capture_ends_with_the_process_that_began_it(monkeypatch):
    with subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import time, edge.sources.devices.capture_process as p\n"
            "p._inputs = lambda: time.sleep(60)\nimport sys; sys.argv = ['', 'capture']; p.main()",
        ],
        stdin=subprocess.PIPE,
    ) as hanging:
        time.sleep(0.5)
        assert hanging.poll() is None
        hanging.stdin.close()
        assert hanging.wait(10) == 0


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    rig = FakeMicrophone(tmp_path_factory.mktemp("rig"))
    with pytest.MonkeyPatch.context() as patch:
        for name, value in rig.environment.items():
            patch.setenv(name, value)
        rig.start()
        try:
            yield rig
        finally:
            rig.thaw()
            rig.stop()


@pytest.fixture
def rig(server):
    """The fake microphone, plugged in; a test that breaks it mends it."""
    return server


@pytest.fixture
def heard(rig):
    """(microphone, ear): a microphone that is running."""
    ear = Ear()
    with Microphone(ear.hear, 16000) as microphone:
        until(lambda: running(microphone), 30)
        yield microphone, ear


def running(microphone):
    return microphone.health().state == "running"


def back(microphone, ear, limit_s=30.0):
    """Wait for sound that was heard after now; how long it took (seconds)."""
    now = time.monotonic()
    return until(lambda: running(microphone) and bool(ear.chunks) and ear.chunks[-1].start > now, limit_s)


def found(sound, pattern):
    """(offset in samples, correlation) of the place in sound [n] most like pattern [m]."""
    size = 1 << int(np.ceil(np.log2(len(sound) + len(pattern))))
    product = np.fft.rfft(sound, size) * np.conj(np.fft.rfft(pattern, size))
    offset = int(np.argmax(np.fft.irfft(product, size)[: len(sound) - len(pattern) + 1]))
    part = sound[offset : offset + len(pattern)]
    return offset, float(np.dot(part, pattern) / (np.linalg.norm(part) * np.linalg.norm(pattern) + 1e-9))


def compared(sound, played, piece_s=0.5):
    """(lag in seconds, correlation) of each loud piece of what was played at 16 kHz, [pieces, 2]."""
    size = round(piece_s * 16000)
    loud = np.std(played) * 0.5
    first, _ = found(sound, played[: 4 * size])
    rows = []
    for at in range(0, len(played) - size, size):
        low = max(0, first + at - 800)
        piece = played[at : at + size]
        if np.std(piece) > loud:
            offset, likeness = found(sound[low : low + size + 1600], piece)
            rows.append(((low + offset - at) / 16000, likeness))
    return np.array(rows)


@needs_rig
def test_speech_arrives_as_it_was_said(rig, heard, demo):
    microphone, ear = heard
    with RecordingSource(demo, 16000) as source:
        speech = np.concatenate([item.samples for item in source if isinstance(item, AudioChunk)])
    speech = speech[: 4 * 16000]
    since = time.monotonic()
    began = rig.play(speech, 16000)
    until(lambda: ear.chunks[-1].start > began + 4.5, 30)
    start, sound = ear.sound(since)
    lags, likeness = compared(sound, speech).T
    assert np.median(likeness) > 0.95
    assert lags.max() - lags.min() < 0.005
    assert start + np.median(lags) == pytest.approx(began, abs=0.05)
    health = microphone.health()
    assert health.rate == pytest.approx(16000, rel=0.05)
    assert 0.0 < health.age_s < 0.3
    assert health.level_db is not None
    assert (health.warning, health.dropped, health.reopened, health.error) == ("", 0, 0, "")


@needs_rig
@pytest.mark.slow
def test_no_sample_is_lost_in_20_s(rig, heard, rng):
    _, ear = heard
    # A slow rumble that never repeats: following the device's clock shifts it by less than its waves.
    bands = rng.standard_normal(20 * 8000 + 1) * (np.arange(20 * 8000 + 1) < 20 * 400)
    rumble = np.fft.irfft(bands * np.exp(2j * np.pi * rng.random(len(bands))))
    rumble *= 0.2 / np.std(rumble)
    since = time.monotonic()
    began = rig.play(np.clip(rumble, -1, 1), 16000)
    until(lambda: ear.chunks[-1].start > began + 20.5, 60)
    _, sound = ear.sound(since)
    lags, likeness = compared(sound, rumble).T
    assert len(lags) == 39
    assert likeness.min() > 0.9
    assert np.abs(np.diff(lags)).max() < 0.001  # a lost block is 0.02


@needs_rig
def test_unplugged_and_plugged_in_again(rig, heard):
    microphone, ear = heard
    rig.unplug()
    until(lambda: microphone.health().state == "gone", 5)
    assert "unplugged" in microphone.health().error
    assert microphone.health().reason == "why_unplugged"
    time.sleep(3.0)
    assert microphone.health().reason == "why_unplugged"
    assert microphone.health().state == "gone"
    assert microphone.health().age_s > 2.5
    rig.plug()
    took = back(microphone, ear)
    assert took < BACK_S
    assert microphone.health().reopened == 1
    assert microphone.health().error


@needs_rig
def test_a_frozen_sound_server_thaws(rig, heard):
    microphone, ear = heard
    try:
        rig.freeze()
        lost = until(lambda: microphone.health().state == "gone", 5)
        assert microphone.health().reason == "why_frozen"
        time.sleep(2.0)
    finally:
        rig.thaw()
    took = back(microphone, ear)
    assert lost > 0.9
    assert took < BACK_S
    assert any(words in microphone.health().error for words in ("gave nothing for 1 s", "does not answer"))


@needs_rig
@pytest.mark.parametrize("frozen", [False, True])
def test_a_sound_server_that_crashed_is_started_again(rig, heard, frozen):
    microphone, ear = heard
    if frozen:
        rig.freeze()
        time.sleep(1.5)
    rig.crash()
    until(lambda: microphone.health().state == "gone", 5)
    time.sleep(1.0)
    rig.start()
    took = back(microphone, ear)
    assert took < BACK_S


@needs_rig
def test_leaving_while_the_server_is_frozen(rig):
    ear = Ear()
    before = threading.active_count()
    try:
        with Microphone(ear.hear, 16000) as microphone:
            until(lambda: running(microphone), 30)
            rig.freeze()
            until(lambda: microphone.health().state == "gone", 5)
            leaving = time.monotonic()
        took = time.monotonic() - leaving
        assert threading.active_count() == before
        entered = time.monotonic()
        with Microphone(ear.hear, 16000):
            time.sleep(0.2)
        again = time.monotonic() - entered
    finally:
        rig.thaw()
    assert took < 2.0
    assert again < 2.2


@needs_rig
def test_a_process_without_any_sound_gets_a_server_later(rig):
    rig.crash()
    code = (
        "import sys, time\n"
        "from edge.sources.devices.microphone import Microphone\n"
        "chunks = []\n"
        "with Microphone(chunks.append, 16000) as microphone:\n"
        "    while microphone.health().state != 'gone':\n        time.sleep(0.02)\n"
        "    print(microphone.health().error, flush=True)\n"
        "    while not chunks:\n        time.sleep(0.02)\n"
        "    print(microphone.health().state, flush=True)\n"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as process:
        try:
            error = process.stdout.readline()
            rig.start()
            began = time.monotonic()
            assert process.stdout.readline() == "running\n"
            assert time.monotonic() - began < BACK_S
            assert process.wait(10) == 0
        finally:
            process.kill()
    assert "microphone" in error


@needs_rig
def test_names_of_the_fake_microphone(rig):
    assert {"default", "workbench"} <= set(microphones())
    ear = Ear()
    with Microphone(ear.hear, 16000, "workben") as microphone:
        until(lambda: running(microphone), 30)
    with Microphone(ear.hear, 16000, "headset") as microphone:
        until(lambda: microphone.health().state == "gone", 10)
        assert "no microphone is called 'headset': there are" in microphone.health().error
        assert "workbench" in microphone.health().error


@needs_rig
@pytest.mark.slow
def test_faults_leave_no_thread_and_no_file_behind(rig):
    ear = Ear()

    def held():
        folders = (Path("/proc/self/task"), Path("/proc/self/fd"))
        return threading.active_count(), *(len(list(folder.iterdir())) for folder in folders)

    with Microphone(ear.hear, 16000) as microphone:
        until(lambda: running(microphone), 30)
    before = held()
    with Microphone(ear.hear, 16000) as microphone:
        until(lambda: running(microphone), 30)
        for fault in range(5):
            rig.freeze() if fault % 2 else rig.unplug()
            until(lambda: microphone.health().state == "gone", 5)
            rig.thaw() if fault % 2 else rig.plug()
            back(microphone, ear)
        assert microphone.health().reopened == 5
    assert all(now <= then for now, then in zip(held(), before, strict=True))


@needs_rig
@pytest.mark.slow
def test_a_slow_reader_is_late_and_is_opened_again(rig, monkeypatch):
    process(
        monkeypatch,
        "import time",
        "hear = process.BlockQueue.take",
        "process.BlockQueue.take = lambda *sound: (time.sleep(0.03), hear(*sound))",
    )
    ear = Ear()
    with Microphone(ear.hear, 16000) as microphone:
        until(lambda: microphone.health().warning == "late", 30)
        assert microphone.health().age_s > LATE_S
        until(lambda: microphone.health().reopened == 1, 30)
        assert "late" in microphone.health().error
        assert microphone.health().dropped > LATE_S / BLOCK_S
