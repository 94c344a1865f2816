"""The path of a site, end to end, on people of published corpora: a table of before -> after.

    noisy line    nEMO EB0 and MK0 with a helicopter at 10 dB: half of their clips calibrate, half are judged
    foreign site  EmoGator, vocal bursts of people on hardware of their own: 60 and 480 labels of half of the
                  people, judged on the other half
    gate          EMOVO: three people calibrate, the other three are judged; nothing may get worse

Each step is a command of the product, run as a person would.
"""

from __future__ import annotations

import argparse
import csv
import json
import random
import subprocess
import sys
import time
import wave
from pathlib import Path

import numpy as np
from path_rehearsal import WholePath

from calibration.data.noise import Surroundings, load_noises
from calibration.data.recordings import load_sound
from edge.app import starter_bundle

RATE = 16000
FOUND = 0.9
"""Share of negative emotions at which false alarms are compared."""
Row = dict[str, str]


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("data", type=Path)
    words.add_argument("out", type=Path)
    words.add_argument("--small", action="store_true", help="a tenth of the clips")
    words.add_argument("--path", action="store_true", help="walk one site whole instead")
    words.add_argument("--seed", type=int, default=0, help="which people and clips are drawn")
    given = words.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    began = time.monotonic()
    if given.path:
        people, clips = (4, 18) if given.small else (10, 30)
        WholePath(given.data.resolve(), given.out.resolve(), people, clips, given.seed).walk()
        print(f"{(time.monotonic() - began) / 60:.1f} minutes")
        return
    rehearsal = Rehearsal(given.data, given.out, 0.1 if given.small else 1.0, given.seed)
    for site in (rehearsal.foreign, rehearsal.gate, rehearsal.noisy):
        site()
    print(f"{'site':22} {'what':44} {'before':>8} {'after':>8}")
    for name, what, before, after in rehearsal.table:
        print(f"{name:22} {what:44} {before:>8} {after:>8}")
    print(f"{(time.monotonic() - began) / 60:.1f} minutes")
    (given.out / "table.json").write_text(json.dumps(rehearsal.table, indent=1))


class Rehearsal:
    """Three sites, each in a folder of its own."""

    def __init__(self, data: Path, out: Path, share: float, seed: int) -> None:
        self.data, self.out, self.share = data, out, share
        self.rng = random.Random(seed)
        self.table: list[tuple[str, str, str, str]] = []

    def foreign(self) -> None:
        rows = self.rows("emogator")
        first, second = self.halves(rows)
        judged = self.folder("emogator", "foreign-judged", self.some(second, 360))
        before = self.evaluate(starter_bundle(), judged, "foreign-before")
        for count in (60, 480):
            clips = self.some(first, count, at_least=60)
            site = self.folder("emogator", f"foreign-{count}", clips)
            after = self.evaluate(self.calibrate(site, f"foreign-{count}"), judged, f"foreign-{count}-after")
            self.compare(f"foreign, {len(clips)} labels", before, after)

    def gate(self) -> None:
        first, second = self.halves(self.rows("emovo"))
        judged = self.folder("emovo", "gate-judged", self.some(second, 252))
        before = self.evaluate(starter_bundle(), judged, "gate-before")
        site = self.folder("emovo", "gate", self.some(first, 252, at_least=60))
        self.compare(
            "gate, 3 people", before, self.evaluate(self.calibrate(site, "gate"), judged, "gate-after")
        )

    def noisy(self) -> None:
        rows = [row for row in self.rows("nemo") if row["speaker"] in ("nemo-EB0", "nemo-MK0")]
        self.rng.shuffle(rows)
        half = len(rows) // 2
        noises = load_noises(self.data / "noise" / "helicopter", RATE, judged=False)
        mixed = Surroundings(noises, 10.0)
        site = self.folder("nemo", "noisy", self.some(rows[:half], 240, at_least=60), mixed)
        judged = self.folder("nemo", "noisy-judged", self.some(rows[half:], 240, at_least=60), mixed)
        self.run(
            "coverage",
            site,
            "--report",
            self.out / "coverage.html",
            "--json",
            self.out / "coverage.json",
            ok=(0, 1),
        )
        bundle = self.calibrate(site, "noisy")
        before = self.evaluate(starter_bundle(), judged, "noisy-before", kpi=True)
        after = self.evaluate(bundle, judged, "noisy-after", "--report", self.out / "kpi.html", kpi=True)
        self.compare("noisy line", before, after)
        self.pair("noisy line", before, after)
        settings = self.out / "site.toml"
        self.run(
            *("decide", bundle, site, "--false-alarms-per-hour", "4", "--out", settings),
            *("--sign", "rehearsal", "--report", self.out / "decide.html"),
            ok=(0, 1),
        )
        decided = self.evaluate(bundle, judged, "noisy-decided", "--config", settings, kpi=True)
        self.pair("noisy line, decided", before, decided)
        self.equal("noisy line", before, after)
        self.equal("noisy line, decided", before, decided)
        self.shadow(bundle, judged, settings)

    def shadow(self, bundle: Path, recordings: Path, settings: Path) -> None:
        criteria, trial = self.out / "criteria.toml", self.out / "trial"
        criteria.write_text(
            "[negative]\ndetection = 0.7\nfalse_alarms_per_hour = 4\n"
            "[minimum]\ndays = 5\npeople = 2\nevents = 20\n"
        )
        if not (trial / "start.json").exists():
            few = self.out / "shadow-source"
            few.mkdir(exist_ok=True)
            for path in sorted(recordings.glob("*.wav"))[:5]:
                (few / path.name).write_bytes(path.read_bytes())
            self.run(
                "shadow",
                "start",
                trial,
                "--bundle",
                bundle,
                "--criteria",
                criteria,
                "--config",
                settings,
                "--source",
                few,
                ok=(0, 1),  # a clip in which the helicopter drowns the voice is named
            )
        said = self.run("shadow", "report", trial, "--report", self.out / "trial.html", ok=(0, 1))
        self.table.append(("noisy line, shadow", said.splitlines()[0][:44], "", ""))

    def calibrate(self, site: Path, name: str) -> Path:
        out = self.out / f"bundle-{name}"
        self.run("calibrate", starter_bundle(), site, "--out", out, "--json", self.out / f"{name}.json")
        return out

    def evaluate(self, bundle: Path, folder: Path, name: str, *more: object, kpi: bool = False) -> dict:
        """Scores of a bundle; kpi: also alarms on streams, which take longer than all else."""
        file = self.out / f"{name}.json"
        more = more if kpi else (*more, "--drop", "vision")  # there are no pictures
        self.run("evaluate", bundle, folder, "--json", file, "--known-people", *more)
        return json.loads(file.read_text())

    def compare(self, site: str, before: dict, after: dict) -> None:
        rows = {
            "unweighted recall": "unweighted_recall",
            "weighted F1": "weighted_f1",
            "calibration error": "expected_calibration_error",
            "coverage (0.90 is meant)": "coverage",
            "labels in a set": "mean_set_size",
        }
        for what, key in rows.items():
            self.table.append((site, what, f"{before[key]:.3f}", f"{after[key]:.3f}"))

    def pair(self, site: str, before: dict, after: dict) -> None:
        found = [device(report) for report in (before, after)]
        for what, key in (("negative found", "detection"), ("false alarms an hour", "false_alarms_per_hour")):
            shown = ["-" if one.get(key) is None else f"{one[key]:.2f}" for one in found]
            self.table.append((site, what, *shown))

    def equal(self, site: str, before: dict, after: dict) -> None:
        """False alarms where as many negative emotions are found."""
        shown = [least_false(report) for report in (before, after)]
        self.table.append((site, f"false alarms an hour at {FOUND:.0%} found", *shown))

    def rows(self, corpus: str) -> list[Row]:
        with (self.data / corpus / "metadata.csv").open(newline="", encoding="utf-8") as file:
            return [row for row in csv.DictReader(file) if row["emotion"] != "disgust"]

    def halves(self, rows: list[Row]) -> tuple[list[Row], list[Row]]:
        people = sorted({row["speaker"] for row in rows})
        self.rng.shuffle(people)
        first = set(people[: len(people) // 2])
        return [r for r in rows if r["speaker"] in first], [r for r in rows if r["speaker"] not in first]

    def some(self, rows: list[Row], count: int, at_least: int = 0) -> list[Row]:
        drawn = list(rows)
        self.rng.shuffle(drawn)
        return drawn[: max(at_least, round(count * self.share))]

    def folder(self, corpus: str, name: str, rows: list[Row], mixed: Surroundings | None = None) -> Path:
        """A folder with these clips; mixed: with noise in them."""
        folder, kept = self.out / name, []
        folder.mkdir(exist_ok=True)
        for row in rows:
            source = self.data / corpus / row["file_name"]
            target = folder / Path(row["file_name"].replace("/", "-")).with_suffix(
                ".wav" if mixed else source.suffix
            )
            if not target.exists() and mixed is None:
                target.symlink_to(source.resolve())
            elif not target.exists():
                write(target, mixed.around(load_sound(source, RATE), 4 * RATE, source.name))
            kept.append(
                {name: row.get(name, "") for name in ("emotion", "speaker", "transcript")}
                | {"file_name": target.name}
            )
        with (folder / "metadata.csv").open("w", newline="", encoding="utf-8") as file:
            table = csv.DictWriter(file, kept[0].keys())
            table.writeheader()
            table.writerows(kept)
        return folder

    def run(self, *words: object, ok: tuple[int, ...] = (0,)) -> str:
        began = time.monotonic()
        command = [sys.executable, "-m", "edge.cli", *map(str, words)]
        done = subprocess.run(command, capture_output=True, text=True)
        print(f"  {time.monotonic() - began:6.1f} s  edge {' '.join(map(str, words[:2]))}", flush=True)
        if done.returncode not in ok:
            sys.exit(f"edge {words[0]} ended with {done.returncode}: {done.stderr.strip()}")
        return done.stdout


def device(report: dict) -> dict:
    """The pair of KPIs as a device has it: INT8, vote and prior."""
    rows = (report.get("kpi") or {"negative": {"rows": []}})["negative"]["rows"]
    return next((one for one in rows if (one["precision"], one["way"]) == ("int8", "prior")), {})


def least_false(report: dict) -> str:
    """The fewest false alarms an hour over all thresholds that find a share FOUND."""
    curve = next(
        one
        for one in report["kpi"]["negative"]["curves"]
        if (one["precision"], one["way"]) == ("int8", "prior")
    )
    rates = [p["false_alarms_per_hour"] for p in curve["points"] if (p["detection"] or 0.0) >= FOUND]
    return f"{min(rates):.2f}" if rates else "-"


def write(path: Path, samples: np.ndarray) -> None:
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, RATE, 0, "NONE", ""))
        file.writeframes((np.clip(samples, -1, 1) * 32767).astype(np.int16).tobytes())


if __name__ == "__main__":
    main()
