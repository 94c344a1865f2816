"""A fake microphone: a sound server of our own; what is played into it is heard by PortAudio.

Needs no sound card, no systemd and no desktop, and leaves the sound of the user alone.
"""

import os
import shutil
import signal
import subprocess
import time
from contextlib import suppress
from ctypes.util import find_library
from pathlib import Path

import numpy as np

RATE = 48000
TOOLS = ("pulseaudio", "pactl", "pacat")
INSTALL = "apt install pulseaudio pulseaudio-utils libportaudio2 libasound2-plugins"


def missing():
    """Why there can be no fake microphone here; empty when there can."""
    lacking = [tool for tool in TOOLS if not shutil.which(tool)]
    if not find_library("portaudio"):
        lacking.append("libportaudio2")
    if not list(Path("/usr/lib").glob("*/alsa-lib/libasound_module_pcm_pulse.so")):
        lacking.append("libasound2-plugins")
    return f"needs {', '.join(lacking)}: {INSTALL}" if lacking else ""


class FakeMicrophone:
    """Sound server, null sink and a source named fake_mic on it; each can be broken and mended."""

    def __init__(self, folder):
        self.folder = folder
        self._server = None
        self._players = []
        for name in ("home", "run/pulse", "config", "state"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        (folder / "run").chmod(0o700)
        # PortAudio lists the inputs of this file: the default one and one named workbench.
        (folder / "asound.conf").write_text(
            "</usr/share/alsa/alsa.conf>\n"
            "pcm.!default { type pulse }\nctl.!default { type pulse }\n"
            "pcm.workbench { type pulse device fake_mic }\n"
        )
        (folder / "server.pa").write_text(
            f"load-module module-native-protocol-unix auth-anonymous=1 socket={folder}/run/pulse/native\n"
        )
        self.environment = {
            "HOME": f"{folder}/home",
            "XDG_RUNTIME_DIR": f"{folder}/run",
            "XDG_CONFIG_HOME": f"{folder}/config",
            "PULSE_RUNTIME_PATH": f"{folder}/run/pulse",
            "PULSE_STATE_PATH": f"{folder}/state",
            "PULSE_COOKIE": f"{folder}/cookie",
            "PULSE_SERVER": f"unix:{folder}/run/pulse/native",
            "ALSA_CONFIG_PATH": f"{folder}/asound.conf",
        }

    def start(self):
        """Start the sound server and plug the microphone in; returns when its sound flows."""
        self._server = self._run(
            *("pulseaudio", "-n", "-F", f"{self.folder}/server.pa", "--daemonize=no", "--use-pid-file=no"),
            *("--exit-idle-time=-1", "--realtime=no", "--high-priority=no", "--disable-shm=yes"),
        )
        until(lambda: self._control("info", check=False).returncode == 0, 15)
        self.plug()

    def plug(self):
        self._control(
            *("load-module", "module-null-sink", "sink_name=fake_speaker", f"rate={RATE}", "channels=1"),
            *("channel_map=mono", "format=s16le"),
        )
        self._control(
            *("load-module", "module-remap-source", "source_name=fake_mic", "master=fake_speaker.monitor"),
            "channels=1",
        )
        self._control("set-default-source", "fake_mic")
        # Without a player an idle server gives its first block up to 2 s late.
        with Path("/dev/zero").open("rb") as silence:
            self._player(stdin=silence)

    def unplug(self):
        self._control("unload-module", "module-remap-source")
        self._control("unload-module", "module-null-sink")
        self._quit_players()

    def freeze(self):
        self._server.send_signal(signal.SIGSTOP)

    def thaw(self):
        self._server.send_signal(signal.SIGCONT)

    def crash(self):
        self._server.kill()
        self._server.wait()
        self._quit_players()

    def stop(self):
        if self._server is not None:
            self.crash()

    def play(self, samples, rate=RATE):
        """Play mono samples [n] in -1..1; returns time.monotonic() when they were handed over."""
        player = self._player(rate, 500, stdin=subprocess.PIPE)  # a busy computer must not interrupt it
        data = (samples * 32767).astype("<i2").tobytes()
        time.sleep(0.5)  # until it is connected: it plays as soon as it is fed
        began = time.monotonic()
        with suppress(BrokenPipeError):
            player.stdin.write(data)
        player.stdin.close()
        return began

    def _player(self, rate=RATE, latency_ms=20, **pipes):
        verb = ("pacat", "--raw", f"--rate={rate}", "--channels=1", "--format=s16le")
        player = self._run(*verb, f"--latency-msec={latency_ms}", "-d", "fake_speaker", **pipes)
        self._players.append(player)
        return player

    def _quit_players(self):
        while self._players:
            player = self._players.pop()
            player.kill()
            player.wait()
            if player.stdin is not None:
                player.stdin.close()

    def _control(self, *words, check=True):
        return subprocess.run(
            ["pactl", *words], env=os.environ | self.environment, capture_output=True, timeout=20, check=check
        )

    def _run(self, *words, stdin=subprocess.DEVNULL, **options):
        return subprocess.Popen(
            words,
            env=os.environ | self.environment,
            stdin=stdin,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            **options,
        )


class Ear:
    """Keeps what a microphone gives."""

    def __init__(self):
        self.chunks = []

    def hear(self, chunk):
        self.chunks.append(chunk)

    def sound(self, since=0.0):
        """(time of the first sample, samples) of the chunks from `since` on; they must follow each other."""
        chunks = [chunk for chunk in list(self.chunks) if chunk.start >= since]
        ends = np.array([chunk.start + len(chunk.samples) / chunk.rate for chunk in chunks])
        starts = np.array([chunk.start for chunk in chunks])
        assert np.allclose(starts[1:], ends[:-1], rtol=0, atol=1e-6), "the sound has holes"
        return chunks[0].start, np.concatenate([chunk.samples for chunk in chunks])


def until(ready, limit_s):
    """Wait for something to become true; how long it took (seconds). Fails after limit_s."""
    began = time.monotonic()
    while not ready():
        assert time.monotonic() - began < limit_s, f"nothing within {limit_s} s"
        time.sleep(0.02)
    return time.monotonic() - began
