"""Inputs damaged at random, given to the product's own commands: nothing breaks, nothing changes unsaid.

    python tests/fuzz.py [--seed 1] [--share 1.0] [--out TABLE.md]

Each case is damaged by a generator of its own (seed, kind, number), so that one can be run again by
`--only KIND:NUMBER`. A case runs in a process of its own, forked from one that has everything loaded: its
time, its memory and what it prints are looked at. Counted, and printed as a table:

    traceback   an exception that is none of ours, or a crash
    hang        more than HANG_S seconds
    over 1 GB   resident memory grew by more than 1 GB, or an allocation beyond 1 GB failed
    unclear     refused with more than one line, or with none
    altered     accepted, and the readings differ from those of the whole input although nobody said so

Altered, by kind. bundle.json and tar: any reading that differs. site.toml: any reading that differs while
every setting is what it was; a damaged digit that makes another setting within its bounds is what the file
now says, and is counted as "other settings". Readings and media: not judged, for a damaged letter is another
letter and a damaged picture another picture. Exit code 1 when anything is counted.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import resource
import shutil
import signal
import sys
import tarfile
import tempfile
import time
import traceback
import wave
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import av
import cv2
import numpy as np

ROOT = Path(__file__).parents[1]
ASSETS = ROOT / "edge" / "assets"
MEDIA = ROOT.parent / "shared" / "data" / "media"
CASES = {"bundle.json": 300, "site.toml": 300, "tar": 30, "readings": 200, "media": 50}
LIVE = 10
"""Every LIVE-th site.toml is run on live devices, played by the demo clip."""
HANG_S = 30.0
CRASHED = 99
MOST_BYTES = 1 << 30
COUNTS = ("accepted", "refused", "other settings", "traceback", "hang", "over 1 GB", "unclear", "altered")
BAD = COUNTS[3:]
NASTY = (
    "0", "1", "2", "7", "64", "0.1", "0.5", "0.9", "100",
    "-1", "1e308", "1e999", "-1e999", "2147483648", "99999999999999999999", "NaN", "nan",
    "inf", "Infinity", "null", "true", "[]", "{}", '""', '"x"', "0.0000000001", "-0.0", "1.5",
    "[" * 2000, "9" * 5000, '"\\u0000"',
)  # fmt: skip


@dataclass(slots=True)
class Outcome:
    """What one case came to."""

    counted: list[str] = field(default_factory=list)
    said: str = ""


@dataclass(slots=True)
class Ran:
    """What a command did in its process."""

    code: int
    out: str


# Damage.


def flipped(data: bytes, draw: random.Random) -> bytes:
    """A few bits turned over."""
    found = bytearray(data)
    for _ in range(draw.choice((1, 1, 1, 2, 8, 64))):
        if found:
            found[draw.randrange(len(found))] ^= 1 << draw.randrange(8)
    return bytes(found)


def cut(data: bytes, draw: random.Random) -> bytes:
    """The end, the beginning or the middle lost."""
    a, b = sorted(draw.randrange(len(data) + 1) for _ in range(2))
    return draw.choice((data[:a], data[b:], data[:a] + data[b:]))


def doubled(data: bytes, draw: random.Random) -> bytes:
    """A part written twice."""
    a = draw.randrange(len(data))
    b = min(len(data), a + draw.choice((1, 8, 64, 512)))
    return data[:b] + data[a:b] + data[b:]


def overwritten(data: bytes, draw: random.Random) -> bytes:
    """A block of zeros or of noise, as from a bad disk; often in the header."""
    at = draw.randrange(min(len(data), draw.choice((64, 512, len(data)))))
    size = draw.choice((1, 4, 16, 512))
    block = bytes(size) if draw.random() < 0.5 else draw.randbytes(size)
    return data[:at] + block + data[at + size :]


def renumbered(data: bytes, draw: random.Random) -> bytes:
    """A number, a word or a line of text replaced by something nasty."""
    text = data.decode("utf-8", "surrogateescape")
    places = [i for i, c in enumerate(text) if c.isdigit() and (i == 0 or not text[i - 1].isalnum())]
    if not places:
        return flipped(data, draw)
    at = draw.choice(places)
    end = at
    while end < len(text) and (text[end].isalnum() or text[end] in ".+-"):
        end += 1
    return (text[:at] + draw.choice(NASTY) + text[end:]).encode("utf-8", "surrogateescape")


def relined(data: bytes, draw: random.Random) -> bytes:
    """A line lost, doubled, moved or given a strange character."""
    lines = data.split(b"\n")
    at = draw.randrange(len(lines))
    kind = draw.randrange(5)
    if kind == 0:
        del lines[at]
    elif kind == 1:
        lines.insert(draw.randrange(len(lines)), lines[at])
    elif kind == 2:
        lines[at] = lines[at] + draw.choice((b"\x00", "\u2028".encode(), b"\xff", b"\r", b"\x1b[2J"))
    elif kind == 3:
        other = draw.randrange(len(lines))
        lines[at], lines[other] = lines[other], lines[at]
    else:
        lines[at] = lines[at][: draw.randrange(len(lines[at]) + 1)]
    return b"\n".join(lines)


def redone(data: bytes, draw: random.Random) -> bytes:
    """JSON with one value, anywhere, replaced, taken out, or swapped with its neighbour."""
    content = json.loads(data)
    holders, level = [], [content]
    while level:
        item = level.pop()
        if isinstance(item, (dict, list)) and item:
            holders.append(item)
            level += item.values() if isinstance(item, dict) else item
    holder = draw.choice(holders)
    key = draw.choice(list(holder) if isinstance(holder, dict) else range(len(holder)))
    kind = draw.randrange(4)
    if kind == 0:
        del holder[key]
    elif kind == 1 and isinstance(holder[key], (int, float)) and not isinstance(holder[key], bool):
        holder[key] *= draw.choice((0.5, 1.01, 2, 1e6, -1))
    elif kind == 2 and isinstance(holder, list) and len(holder) > 1:
        holder.reverse()
    else:
        holder[key] = draw.choice((0, -1, 2**31, 2**70, 1e300, True, None, "", "x", [], {}, [[]]))
    return json.dumps(content).encode()


TEXT = (flipped, cut, doubled, overwritten, renumbered, renumbered, relined, relined)
BINARY = (flipped, cut, doubled, overwritten)


# Running a case.


def guarded(work: Callable[[], object]) -> tuple[str, Ran]:
    """Run `work` in a forked process: what went wrong ("" when nothing), how it ended and what it said."""
    with tempfile.TemporaryFile() as said:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        child = os.fork()
        if child == 0:
            _child(work, said.fileno())
        ends, hung, status, used = time.monotonic() + HANG_S, False, 0, None
        while used is None:
            done, status, usage = os.wait4(child, os.WNOHANG)
            if done:
                used = usage.ru_maxrss
            elif time.monotonic() > ends and not hung:
                hung = True
                os.kill(child, signal.SIGKILL)
            else:
                time.sleep(0.005)
        said.seek(0)
        ran = Ran(os.waitstatus_to_exitcode(status), said.read().decode("utf-8", "replace"))
    if hung:
        return "hang", ran
    if "MemoryError" in ran.out or "bad_alloc" in ran.out or (used - before) << 10 > MOST_BYTES:
        return "over 1 GB", ran
    broken = ran.code < 0 or ran.code == CRASHED or "Traceback (most recent call last)" in ran.out
    return "traceback" if broken else "", ran


def _child(work: Callable[[], object], said: int) -> None:
    """In the forked process: run and leave."""
    os.dup2(said, 1)
    os.dup2(said, 2)
    size = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (size + MOST_BYTES + (768 << 20),) * 2)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    code = 0
    try:
        work()
    except SystemExit as error:
        code = error.code if isinstance(error.code, int) else 1
    except BaseException:
        traceback.print_exc()
        code = CRASHED
    with contextlib.suppress(OSError, ValueError):
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(code)


def command(*arguments: object) -> None:
    """`edge ...`, as a person types it."""
    from edge.cli.main import main

    sys.argv = ["edge", *map(str, arguments)]
    main()


def judged(wrong: str, ran: Ran) -> Outcome:
    """What a run came to by itself."""
    said = ran.out[-2000:]
    if wrong:
        return Outcome([wrong], said)
    if ran.code == 0:
        return Outcome(["accepted"], said)
    errors = [line for line in ran.out.splitlines() if line.startswith("edge: ")]
    errors = [line for line in errors if "TensorRT" not in line]  # a notice, where it is installed
    return Outcome(["refused"] if len(errors) == 1 else ["refused", "unclear"], said)


def readings(path: Path) -> list[object]:
    """Records of a run without what no two runs share."""
    if not path.is_file():
        return []
    found = [json.loads(line) for line in path.read_bytes().splitlines()]
    return [
        {
            key: value
            for key, value in record.items()
            if key not in ("wall_time", "run", "delay_ms", "started")
        }
        for record in found
    ]


class Fuzz:
    """The whole inputs, what they give, and one method a kind."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.folder, self.seed = folder, seed
        self.clip = folder / "clip.mp4"
        shutil.copy(ASSETS / "demo.mp4", self.clip)
        self.bundle = Path(shutil.copytree(ASSETS / "starter", folder / "bundle"))
        self.manifest = (self.bundle / "bundle.json").read_bytes()
        self.site = self._site()
        self.media = self._media()
        self.tar = folder / "whole.tar"
        with tarfile.open(self.tar, "w") as archive:
            archive.add(self.bundle, "starter")
        self.wanted = self._read(bundle=self.bundle)
        self.wanted_site = self._read(site=self.site)
        self.records = (folder / "reference.jsonl").read_bytes()
        self.whole = {file: self._settings(file) for file in (self.site,)}

    def run(self, kind: str, number: int) -> Outcome:
        """One case."""
        draw = random.Random(f"{self.seed}/{kind}/{number}")
        place = Path(tempfile.mkdtemp(dir=self.folder))
        try:
            return {
                "bundle.json": self._bundle_json,
                "site.toml": self._site_toml,
                "tar": self._tar,
                "readings": self._readings,
                "media": self._one_of_media,
            }[kind](draw, place, number)
        finally:
            shutil.rmtree(place, ignore_errors=True)

    def _bundle_json(self, draw: random.Random, place: Path, number: int) -> Outcome:
        damage = draw.choice((*TEXT, redone, redone, redone, redone))
        (self.bundle / "bundle.json").write_bytes(damage(self.manifest, draw))
        return self._against(place, self.wanted, "--bundle", self.bundle)

    def _tar(self, draw: random.Random, place: Path, number: int) -> Outcome:
        archive = place / "b.tar"
        data = draw.choice(BINARY)(self.tar.read_bytes(), draw)
        if draw.random() < 0.3:  # in a header: those are where a reader can be led astray
            at = 512 * draw.randrange(len(data) // 512)
            data = data[:at] + overwritten(data[at : at + 512], draw) + data[at + 512 :]
        archive.write_bytes(data)
        found = self._against(place, self.wanted, "--bundle", archive)
        if "refused" in found.counted and {path.name for path in place.iterdir()} - {"b.tar", "out.jsonl"}:
            found.counted.append("altered")
            found.said += "left behind: " + ", ".join(path.name for path in place.iterdir())
        return found

    def _site_toml(self, draw: random.Random, place: Path, number: int) -> Outcome:
        path = self.folder / "damaged.toml"
        path.write_bytes(draw.choice(TEXT)(self.site.read_bytes(), draw))
        if number % LIVE == 0:
            return judged(*guarded(lambda: self._live(path, place)))
        found = self._against(place, self.wanted_site, "--config", path)
        if "altered" in found.counted and self._settings(path) != self.whole[self.site]:
            found.counted.remove("altered")
            found.counted.append("other settings")
        return found

    def _readings(self, draw: random.Random, place: Path, number: int) -> Outcome:
        path = place / "r.jsonl"
        path.write_bytes(draw.choice(TEXT)(self.records, draw))
        verbs = (
            ("replay", path, "--save", place / "p.png", "--bundle", ASSETS / "starter"),
            ("relabel", path, "--config", self.site, "--out", place / "o.jsonl"),
        )
        return judged(*guarded(lambda: command(*verbs[number % 2])))

    def _one_of_media(self, draw: random.Random, place: Path, number: int) -> Outcome:
        whole = self.media[number % len(self.media)]
        path = place / f"m{whole.suffix}"
        path.write_bytes(draw.choice(BINARY)(whole.read_bytes(), draw))
        return judged(
            *guarded(lambda: command("run", "--source", path, "--headless", "--jsonl", place / "o.jsonl"))
        )

    def _against(self, place: Path, wanted: object, *given: object) -> Outcome:
        out = place / "out.jsonl"
        found = judged(
            *guarded(lambda: command("run", "--source", self.clip, "--headless", "--jsonl", out, *given))
        )
        if "accepted" in found.counted and readings(out) != wanted:
            found.counted.append("altered")
        return found

    def _live(self, path: Path, place: Path) -> None:
        """`edge run --config` on devices that the demo clip plays, for a few seconds."""
        import threading

        from test_live import Player

        import edge.watch
        from edge.sources.devices.live import LiveSource

        edge.watch.live_source = lambda *_: LiveSource([lambda give: Player(self.clip, give)])
        threading.Timer(3.0, os.kill, (os.getpid(), signal.SIGTERM)).start()
        command("run", "--config", path, "--headless", "--jsonl", place / "o.jsonl")

    def _read(self, bundle: Path | None = None, site: Path | None = None) -> object:
        out = self.folder / "reference.jsonl"
        out.unlink(missing_ok=True)
        read = ("run", "--source", self.clip, "--headless", "--jsonl", out)
        given = ("--bundle", bundle) if bundle else ("--config", site)
        wrong, ran = guarded(lambda: command(*read, *given))
        if wrong or ran.code:
            raise SystemExit(f"the whole input does not run: {wrong} {ran.out}")
        return readings(out)

    def _settings(self, path: Path) -> object:
        """What a file says, by the product's own reading; None when it is refused."""
        from edge.config import read_site
        from edge.errors import EdgeError

        try:
            return read_site(path).model_dump()
        except EdgeError:
            return None

    def _site(self) -> Path:
        path = self.folder / "site.toml"
        (self.folder / "log").mkdir()
        path.write_text(
            f"""bundle = "{self.bundle.name}x"
checks_a_day = 20
threads = 1
backend = "onnxrt"
faces = "nearest"
[site_prior]
neutral = 0.5
angry = 0.1
happy = 0.1
sad = 0.1
worried = 0.1
surprise = 0.1
[voting]
dwell_s = 1.5
tau_s = 10.0
events = {{worried = 0.4}}
[display]
language = "ja"
purpose = "Training of line 3"
[log]
folder = "log"
format = "csv"
file_mb = 5
quota_mb = 50
""",
            encoding="utf-8",
        )
        shutil.copytree(ASSETS / "starter", self.folder / f"{self.bundle.name}x")
        return path

    def _media(self) -> list[Path]:
        """The demo clip, sounds and pictures made of it, and real recordings where there are."""
        found = [self.clip]
        with av.open(str(self.clip)) as clip:
            sound = av.AudioResampler("s16", "mono", 16000)
            samples = b"".join(
                bytes(part.planes[0])[: 2 * part.samples]
                for frame in clip.decode(audio=0)
                for part in sound.resample(frame)
            )
        with av.open(str(self.clip)) as clip:
            picture = next(clip.decode(video=0)).to_ndarray(format="bgr24")
        with wave.open(str(self.folder / "m.wav"), "wb") as out:
            out.setparams((1, 2, 16000, 0, "NONE", ""))
            out.writeframes(samples[: 2 * 16000 * 5])
        found.append(self.folder / "m.wav")
        for name in ("m.png", "m.jpg"):
            cv2.imwrite(str(self.folder / name), picture)
            found.append(self.folder / name)
        with av.open(str(self.folder / "m.opus"), "w", format="ogg") as container:
            stream = container.add_stream("libopus", rate=16000, layout="mono")
            frame = av.AudioFrame.from_ndarray(
                np.frombuffer(samples[: 2 * 16000 * 5], np.int16)[None], "s16", "mono"
            )
            frame.rate = 16000
            container.mux([*stream.encode(frame), *stream.encode(None)])
        found.append(self.folder / "m.opus")
        real = sorted(MEDIA.rglob("*")) if MEDIA.is_dir() else []
        return found + [path for path in real if path.is_file() and path.stat().st_size < 3_000_000][:12]


def cases(share: float) -> Iterator[tuple[str, int]]:
    """Kind and number of each case; share: of the whole numbers of cases."""
    for kind, count in CASES.items():
        for number in range(max(1, round(share * count))):
            yield kind, number


def table(found: dict[str, Counter[str]]) -> str:
    """The counts as markdown."""
    rows = [f"| input | cases | {' | '.join(COUNTS)} |", "|---" * (len(COUNTS) + 2) + "|"]
    for kind, counts in found.items():
        numbers = " | ".join(str(counts[name]) for name in COUNTS)
        rows.append(f"| {kind} | {counts['cases']} | {numbers} |")
    return "\n".join(rows)


def fuzz(
    seed: int, share: float, only: str | None = None, kinds: str | None = None
) -> dict[str, Counter[str]]:
    """Run the cases; prints those that went wrong."""
    for name in ("edge.cli", "edge.app", "edge.replay", "edge.relabel", "edge.engines.onnxrt"):
        __import__(name)
    found: dict[str, Counter[str]] = {}
    with tempfile.TemporaryDirectory(prefix="edge-fuzz-") as folder:
        run = Fuzz(Path(folder), seed)
        for kind, number in cases(share):
            if (only and only != f"{kind}:{number}") or (kinds and kind not in kinds.split(",")):
                continue
            outcome = run.run(kind, number)
            found.setdefault(kind, Counter()).update(["cases", *outcome.counted])
            if only or any(name in BAD for name in outcome.counted):
                print(f"{kind}:{number} {', '.join(outcome.counted)}\n{outcome.said}", flush=True)
    return found


def main() -> None:
    """The command line."""
    arguments = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--share", type=float, default=1.0, help="of the cases")
    arguments.add_argument("--kinds", help="only these, with commas")
    arguments.add_argument("--only", help="one case, as KIND:NUMBER")
    arguments.add_argument("--out", type=Path, help="write the table here as well")
    given = arguments.parse_args()
    found = fuzz(given.seed, given.share, given.only, given.kinds)
    text = f"Seed {given.seed}.\n\n{table(found)}"
    print(text)
    if given.out:
        given.out.write_text(text + "\n", encoding="utf-8")
    sys.exit(any(counts[name] for counts in found.values() for name in BAD))


if __name__ == "__main__":
    main()
