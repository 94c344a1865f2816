"""A site folder to record in, and sources that are faster than life; also a process to be killed.

python record_site.py FOLDER [SPEED]     records the demo clip again and again, prints how far it is
"""

import os
import sys
import time
from dataclasses import replace
from datetime import date
from importlib.resources import files
from pathlib import Path

from edge.config import read_site
from edge.consent.store import Consents
from edge.items import AudioChunk, Frame
from edge.recording import record as module
from edge.recording.keys import make_key_file
from edge.sources.recorded.recording import RecordingSource

DEMO = Path(str(files("edge") / "assets" / "demo.mp4"))
KEEP = 3
"""Rounds of the demo clip are this long, without its silence at the end (times 3 s)."""
ROUND_S = 9.0


def site_folder(folder, record="", policy=True, top="", subjects=("S01",), scopes=("sound", "picture")):
    """A folder with site.toml, a key and consents; gives the settings as they are read."""
    folder.mkdir(exist_ok=True)
    if not (folder / "record.key").exists():
        make_key_file(folder / "record.key")
    rules = (
        '[policy]\noperator = "Example"\ncontact = "+81 3"\nplace = "line 3"\nregion = "other"\n'
        'purpose = "trial"\npurpose_kind = "research"\npeople = ["volunteer"]\naudit_keys = "keys"\n'
    )
    (folder / "site.toml").write_text(
        f'{top}\n{rules if policy else ""}[record]\nkey_file = "record.key"\n{record}\n', encoding="utf-8"
    )
    with Consents(folder / "consent.sqlite") as consents:
        for subject in subjects:
            consents.add(subject, scopes, "the trainer", date.today())
    return read_site(folder / "site.toml")


def clip_items(path=DEMO):
    with RecordingSource(path, 16000) as source:
        return list(source)


def later(item, seconds):
    if isinstance(item, AudioChunk):
        return replace(item, start=item.start + seconds)
    return Frame(item.time + seconds, item.image)


class FastSource:
    """Gives items as if they were captured now, as fast as they are taken; `each` is called before each."""

    def __init__(self, items, rounds=1, speed=None, each=lambda at: None):
        self.items, self.rounds, self.speed, self.each = items, rounds, speed, each
        self.stopped = False

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def __iter__(self):
        began = time.monotonic()
        for number in range(self.rounds):
            for item in self.items:
                at = number * ROUND_S + (item.start if isinstance(item, AudioChunk) else item.time)
                if self.stopped:
                    return
                if self.speed:
                    time.sleep(max(0.0, began + at / self.speed - time.monotonic()))
                self.each(at)
                yield later(item, began + number * ROUND_S)

    def stop(self):
        self.stopped = True

    def health(self):
        return []


def recorded(site, wishes, source, monkeypatch):
    """Record from a source; the lines that were said."""
    said = []
    monkeypatch.setattr(module, "live_source", lambda *_: source)
    module.record(site, wishes, said.append)
    return said


def main():
    """For each folder that stdin names: fork, say the child's number, record there until it is killed."""
    items, speed = clip_items(), float(sys.argv[1])

    def each(at):
        os.write(1, f"{at:.3f}\n".encode())

    module.live_source = lambda *_: FastSource(items, 1000, speed, each)
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            site = read_site(Path(line.strip()) / "site.toml")
            module.record(site, module.RecordOptions(("S01",), headless=True), lambda _: None)
        os.write(1, f"child {child}\n".encode())
        os.waitpid(child, 0)
        os.write(1, b"over\n")


if __name__ == "__main__":
    main()
