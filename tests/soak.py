"""A long live run on a fake microphone, a fake camera and a real broker, with faults drawn at random.

    python tests/soak.py MINUTES [--faults SEED] [--out REPORT.json]

Prints, and writes as JSON: readings and their longest gap, latency, CPU, memory, threads and open files at
the start and the end, samples and frames a second, and how long each fault's device took to come back.
Exit code 1 when a limit is broken. Needs the packages the microphone's tests name, and mosquitto. The disk
is filled where a small one can be mounted (as root), the clock of the run is stepped where faketime is
installed: the machine's own is never touched; what cannot be done is printed first.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections import Counter
from contextlib import ExitStack, suppress
from datetime import datetime
from pathlib import Path

import av
import numpy as np
from rig_audio import RATE, FakeMicrophone, missing
from rig_camera import FakeCamera

DEMO = Path(__file__).parents[1] / "edge" / "assets" / "demo.mp4"
SETTLE_S = 20.0
"""Memory, threads and files are first counted when this has passed (seconds)."""
BACK_S = 3.0
"""A device must be back this long after it can be (seconds)."""
LOGGED_S = 4.0
"""The log must go on, and wall times follow the clock, this long after they can: a hop later (seconds)."""
DISK_MB = 16
END_S = 2.0
"""SIGTERM must end the run within this (seconds)."""
LATENCY_S, CPU_SHARE = 0.15, 0.6
"""Without faults: sound in to reading out, beyond the hop (seconds, 95th percentile); share of one core."""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def speech():
    """The sound of the demo clip, mono [n] at RATE."""
    with av.open(str(DEMO)) as clip:
        resampler = av.AudioResampler("s16", "mono", RATE)
        parts = [part for frame in clip.decode(audio=0) for part in resampler.resample(frame)]
    return np.concatenate([part.to_ndarray()[0] for part in parts]).astype(np.float32) / 32768.0


class Broker:
    """A real mosquitto."""

    def __init__(self, folder):
        self.port = free_port()
        self._conf = folder / "mosquitto.conf"
        self._conf.write_text(f"listener {self.port} 127.0.0.1\nallow_anonymous true\n")
        self._process = None

    def start(self):
        self._process = subprocess.Popen(
            [shutil.which("mosquitto") or "/usr/sbin/mosquitto", "-c", self._conf], stderr=subprocess.DEVNULL
        )

    def stop(self):
        if self._process is not None:
            self._process.kill()
            self._process.wait()


class Rig:
    """Everything around the run: sound, picture, broker, and the run itself."""

    def __init__(self, folder, held, *, clock_steps):
        self.folder = folder
        self.microphone = FakeMicrophone(folder / "sound")
        self.camera = held.enter_context(FakeCamera())
        self.broker = Broker(folder)
        self.microphone.start()
        self.broker.start()
        held.callback(self.microphone.stop)
        held.callback(self.broker.stop)
        self.metrics_port = free_port()
        self.disk = small_disk(folder / "disk", held)
        self.log = folder / "disk" / "log"
        self.log.mkdir()
        self.clock, self.offset_s = folder / "clock", 0
        self.clock.write_text("+0\n")
        # Only where the clock is stepped: it makes every look at a clock many times dearer.
        self.faketime = (
            next(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"), None) if clock_steps else None
        )
        (folder / "site.toml").write_text(
            f'microphone = "workbench"\ncamera = "{self.camera.url}"\nbackend = "onnxrt"\n'
            f'[log]\nfolder = "disk/log"\n[prometheus]\nport = {self.metrics_port}\n'
            f'[mqtt]\nhost = "127.0.0.1"\nport = {self.broker.port}\ntopic = "soak"\nclient_id = "soak"\n'
        )
        self._ending = threading.Event()
        self._talker = threading.Thread(target=self._talk, daemon=True)
        self._talker.start()
        held.callback(self._ending.set)
        with (folder / "stderr").open("w") as stderr, (folder / "stdout").open("w") as stdout:
            self.run = subprocess.Popen(
                [sys.executable, "-m", "edge.cli", "run", "--headless", "--config", folder / "site.toml"],
                env=os.environ | self.microphone.environment | self.stepped(),
                stdout=stdout,
                stderr=stderr,
            )
        held.callback(self.run.kill)

    def _talk(self):
        """Speech for ever, a few seconds apart."""
        sound = speech()
        while not self._ending.is_set():
            with suppress(
                OSError, ValueError, subprocess.SubprocessError
            ):  # a player that is broken meanwhile
                self.microphone.play(sound)
            self._ending.wait(len(sound) / RATE + 2.0)

    def stepped(self):
        """Environment in which the wall clock is what the file says, the monotonic one untouched."""
        if self.faketime is None:
            return {}
        return {
            "LD_PRELOAD": str(self.faketime),
            "FAKETIME_TIMESTAMP_FILE": str(self.clock),
            "FAKETIME_CACHE_DURATION": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }

    def step(self, seconds):
        self.offset_s = seconds
        new = self.clock.with_suffix(".new")
        new.write_text(f"{seconds:+d}\n")
        new.replace(self.clock)

    def fill(self):
        with suppress(OSError), (self.folder / "disk" / "filler").open("wb", buffering=0) as filler:
            while True:
                filler.write(bytes(4096))
        # The page that was begun takes some lines more.
        until = time.monotonic() + 15.0
        while not self.metrics().get('edge_sink_trouble{sink="log"}') and time.monotonic() < until:
            time.sleep(0.2)

    def free(self):
        (self.folder / "disk" / "filler").unlink()

    def written(self):
        """Lines of the log, each file's in order."""
        return [json.loads(line) for file in sorted(self.log.glob("*.jsonl")) for line in file.open()]

    def logged(self):
        """Time of the newest reading in the log, on its source's clock, and how far its wall time is off."""
        newest = max(self.written(), key=lambda line: line["time"])
        wall = datetime.fromisoformat(newest["wall_time"]).timestamp()
        return newest["time"], abs(wall - time.time() - self.offset_s)

    def metrics(self):
        """Name with labels -> number; empty while nothing answers."""
        try:
            address = f"http://127.0.0.1:{self.metrics_port}/metrics"
            with urllib.request.urlopen(address, timeout=5) as reply:
                text = reply.read().decode()
        except OSError:
            return {}
        return {name: float(value) for name, value in re.findall(r"^(edge_\S+) (\S+)$", text, re.MULTILINE)}

    def process(self):
        """What the run and the process that listens for it hold and have used."""
        own = Path(f"/proc/{self.run.pid}")
        found = {"cpu_s": 0.0, "rss_mb": 0.0}
        children = [pid for begun in own.glob("task/*/children") for pid in begun.read_text().split()]
        for proc in (own, *(Path("/proc") / pid for pid in children)):
            with suppress(OSError):  # one that has just ended
                fields = (proc / "stat").read_text().rsplit(")", 1)[1].split()
                rss = re.search(r"VmRSS:\s+(\d+)", (proc / "status").read_text())
                found["cpu_s"] += sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")
                found["rss_mb"] += int(rss[1]) / 1024 if rss else 0.0
        return found | {
            "threads": len(list((own / "task").iterdir())),
            "files": len(list((own / "fd").iterdir())),
        }

    def age(self, device):
        return self.metrics().get(f'edge_age_seconds{{device="{device}"}}', float("inf"))


def faults(rig):
    """Name -> (device that suffers, what breaks it, what mends it)."""
    camera, microphone = rig.camera, rig.microphone
    found = {
        f"camera {mode}": ("camera", lambda mode=mode: camera.mode(mode), lambda: camera.mode("run"))
        for mode in ("freeze", "drop", "refuse", "silent")
    }
    found["microphone unplug"] = ("microphone", microphone.unplug, microphone.plug)
    found["sound server frozen"] = ("microphone", microphone.freeze, microphone.thaw)
    found["sound server crash"] = ("microphone", microphone.crash, microphone.start)
    found["broker restart"] = ("", rig.broker.stop, rig.broker.start)
    away = rig.log.with_name("away")
    found["log folder gone"] = ("log", lambda: rig.log.rename(away), lambda: away.rename(rig.log))
    if rig.disk:
        found["disk full"] = ("log", rig.fill, rig.free)
    if rig.faketime:
        days = random.Random(0)
        found["clock step"] = ("clock", lambda: None, lambda: rig.step(days.randint(-200_000, 200_000)))
    return found


def small_disk(folder, held):
    """A disk of DISK_MB in a folder; whether that could be mounted."""
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK_MB}m", "tmpfs", str(folder)]
    if not shutil.which("mount") or subprocess.run(mount, capture_output=True, check=False).returncode:
        return False
    held.callback(subprocess.run, ["umount", "-l", str(folder)], check=False)
    return True


def back(rig, device, mended):
    """Whether what a fault broke works again."""
    if device in ("microphone", "camera"):
        return rig.age(device) <= 1.0
    if not device:
        return True
    newest, off_s = rig.logged()
    return off_s < 2.5 if device == "clock" else newest > mended


def campaign(rig, end, seed):
    """Break something, mend it, wait for its device, again and again; name and seconds to come back each."""
    rng, known, report = random.Random(seed), faults(rig), []
    for name in {"disk full", "clock step"} - set(known):
        print(f"not done here: {name}", file=sys.stderr)
    while time.monotonic() < end:
        name = rng.choice(list(known))
        device, break_it, mend = known[name]
        break_it()
        time.sleep(rng.uniform(0.2, 4.0))
        mend()
        mended = time.monotonic()
        while not back(rig, device, mended) and time.monotonic() < mended + 20.0:
            time.sleep(0.05)
        report.append((name, round(time.monotonic() - mended, 2)))
        said = (rig.folder / "stderr").read_text()[-2000:]
        assert rig.run.poll() is None, f"the run ended with {rig.run.poll()} during: {name}\n{said}"
        time.sleep(rng.uniform(0.2, 1.0))
    return report


def soak(minutes, seed):
    """Run it; returns the report."""
    with ExitStack() as held:
        folder = Path(held.enter_context(tempfile.TemporaryDirectory(prefix="edge-soak-")))
        rig = Rig(folder, held, clock_steps=seed is not None)
        began = time.monotonic()
        while rig.age("microphone") > 1.0 or rig.age("camera") > 1.0:
            assert time.monotonic() < began + 30.0, (folder / "stderr").read_text()
            assert rig.run.poll() is None, (folder / "stderr").read_text()
            time.sleep(0.1)
        time.sleep(SETTLE_S)
        first, counted = rig.process(), time.monotonic()
        end = counted + 60.0 * minutes
        happened = [] if seed is None else campaign(rig, end, seed)
        time.sleep(max(0.0, end - time.monotonic()))
        time.sleep(3.0 if happened else 0.0)
        last, passed, metrics = rig.process(), time.monotonic() - counted, rig.metrics()
        asked = time.monotonic()
        rig.run.send_signal(signal.SIGTERM)
        code = rig.run.wait(30)
        times = sorted(line["time"] for line in rig.written())  # files sort by a clock that was stepped
        counted_faults = Counter(name for name, _ in happened)
        slowest: dict[str, float] = {}
        for name, seconds in happened:
            slowest[name] = max(seconds, slowest.get(name, 0.0))
        return {
            "minutes": round(passed / 60, 1),
            "readings": len(times),
            "longest_gap_s": round(max(np.diff(times), default=0.0), 2),
            "latency_p95_s": percentile(metrics, 0.95),
            "cpu_share": round((last["cpu_s"] - first["cpu_s"]) / passed, 3),
            "start": first,
            "end": last,
            "samples_per_s": metrics.get("edge_samples_per_second"),
            "frames_per_s": metrics.get("edge_frames_per_second"),
            "dropped": {
                name: value for name, value in metrics.items() if name.startswith("edge_dropped_total")
            },
            "lost_by_log": metrics.get('edge_sink_lost_total{sink="log"}'),
            "faults": len(happened),
            "each": dict(sorted(counted_faults.items())),
            "slowest_return_s": slowest,
            "ended_in_s": round(time.monotonic() - asked, 2),
            "exit_code": code,
        }


def percentile(metrics, share):
    """Upper bound of the histogram's bucket that holds this share of the readings (seconds)."""
    buckets = sorted(
        (float(found[1].replace("+Inf", "inf")), value)
        for name, value in metrics.items()
        if (found := re.match(r'edge_latency_seconds_bucket{le="(.+)"}', name))
    )
    total = buckets[-1][1] if buckets else 0.0
    return next((bound for bound, count in buckets if count >= share * total), None)


def broken(report):
    """The limits a run did not keep."""
    start, end = report["start"], report["end"]
    in_time = dict.fromkeys(("log folder gone", "disk full", "clock step"), LOGGED_S)
    slowest = report["slowest_return_s"]
    late = {name: seconds for name, seconds in slowest.items() if seconds > in_time.get(name, BACK_S)}
    checks = {
        f"back later than {BACK_S} s, or {LOGGED_S} s for the log: {late}": not late,
        f"{report['ended_in_s']} s to end": report["ended_in_s"] <= END_S,
        f"exit code {report['exit_code']}": report["exit_code"] == 0,
        f"threads {start['threads']} -> {end['threads']}": end["threads"] <= start["threads"] + 2,
        f"open files {start['files']} -> {end['files']}": end["files"] <= start["files"] + 4,
        f"memory {start['rss_mb']:.0f} -> {end['rss_mb']:.0f} MB": end["rss_mb"] <= 1.2 * start["rss_mb"],
    }
    if not report["faults"]:
        lost = report["dropped"]['edge_dropped_total{device="microphone"}']
        checks |= {
            f"latency {report['latency_p95_s']} s": report["latency_p95_s"] <= LATENCY_S,
            f"{report['cpu_share']} of a core": report["cpu_share"] <= CPU_SHARE,
            f"{lost:.0f} blocks of sound lost": lost == 0,
        }
    return [text for text, kept in checks.items() if not kept]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("minutes", type=float)
    parser.add_argument("--faults", type=int, metavar="SEED")
    parser.add_argument("--out", type=Path)
    wanted = parser.parse_args()
    if why := missing():
        sys.exit(f"soak: {why}")
    report = soak(wanted.minutes, wanted.faults)
    text = json.dumps(report, indent=1)
    print(text)
    if wanted.out:
        wanted.out.write_text(text + "\n")
    if wrong := broken(report):
        sys.exit("soak: " + "; ".join(wrong))


if __name__ == "__main__":
    main()
