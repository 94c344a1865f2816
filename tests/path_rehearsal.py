"""The whole path of one site, as its engineer would walk it: published voices are its people.

begin, policy, consent, record through a fake microphone and camera (encrypted), share the people out,
coverage, label by three raters who err in one of ten, agreement, calibrate, evaluate, decide, shadow, forget
one person, audit. Each step is a command of the product; what a person would do (sign, speak, judge) is here.
"""

from __future__ import annotations

import csv
import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
from rig_audio import RATE, FakeMicrophone
from rig_camera import FakeCamera

from calibration.data.recordings import load_sound
from calibration.labels.media import clip_id
from edge.app import starter_bundle
from edge.starter_labels import STARTER

DEMO = Path(__file__).parents[1] / "edge" / "assets" / "demo.mp4"
PAUSE_S = 1.2
"""Silence after each clip."""
ERRORS = 0.1
"""Share of clips that a rater gets wrong."""
RATERS = 3
FORGOTTEN = "S01"
POLICY = {
    "operator": "Plant 1, safety department",
    "contact": "safety desk, telephone 123",
    "place": "line 3",
    "purpose": "To see strain at line 3 early",
    "risk_assessment": "RA-2026-17",
}


class WholePath:
    """One site in a folder; table: what came out of each step."""

    def __init__(self, data: Path, out: Path, people: int, clips: int, seed: int = 0) -> None:
        self.data, self.out, self.people, self.clips = data, out, people, clips
        self.rng = random.Random(seed)
        self.site = out / "line3"
        self.config = self.site / "site.toml"
        self.recordings = self.site / "recordings"
        self.played: list[tuple[datetime, datetime, str]] = []
        """When each clip was played, and the label it shows."""
        self.table: list[tuple[str, str]] = []
        self.facts: dict[str, object] = {}
        """Numbers behind the table, for a test."""
        self.environment = os.environ | {
            "XDG_CONFIG_HOME": str(out / "config"),
            "XDG_STATE_HOME": str(out / "state"),
        }

    def walk(self) -> None:
        """All steps; raises where one fails."""
        self.begin()
        self.record()
        self.prepare()
        self.label()
        self.fit()
        self.try_out()
        self.status("steps done")
        self.forget()
        (self.out / "path.json").write_text(json.dumps(self.facts, indent=1), encoding="utf-8")

    def begin(self) -> None:
        self.edge("site", "init", self.site)
        text = self.config.read_text(encoding="utf-8")
        for name, value in POLICY.items():
            text = text.replace(f'{name} = ""', f'{name} = "{value}"')
        self.config.write_text(text, encoding="utf-8")
        for subject in self.subjects:
            self.edge(
                *("consent", "add", subject, "--scope", "sound,picture,label,training"),
                *("--by", "Sato", "--config", self.config),
            )
        self.edge("consent", "form", "--config", self.config, "--out", self.out / "form.html")
        self.edge("notice", "--config", self.config, "--out", self.out / "notice.html")
        self.note("consents", f"{self.people} people, sound, picture, label, training")

    @property
    def subjects(self) -> list[str]:
        return [f"S{number:02}" for number in range(1, self.people + 1)]

    def record(self) -> None:
        """Every person speaks their clips into the microphone while the camera shows a face."""
        voices = self.voices()
        with ExitStack() as rig:
            microphone = FakeMicrophone(self.out / "rig")
            rig.callback(microphone.stop)
            microphone.start()
            camera = rig.enter_context(FakeCamera(fps=15, video=DEMO))
            text = self.config.read_text(encoding="utf-8")
            self.config.write_text(
                text.replace('camera = "default"', f'camera = "{camera.url}"'), encoding="utf-8"
            )
            self.environment |= microphone.environment | {"HOME": os.environ.get("HOME", "/")}
            for subject, clips in zip(self.subjects, voices, strict=True):
                self.speak(subject, clips, microphone)
        rows = self.rows()
        minutes = sum(float(row["seconds"]) for row in rows) / 60
        spoken = [row for row in rows if self.truth(row)]
        said = f"{len(rows)} clips, {minutes:.1f} minutes; {len(spoken)} show a known label"
        self.note("recorded", said, played=len(self.played), clips=len(rows), spoken=len(spoken))
        plain = [path.name for path in self.recordings.rglob("*") if path.suffix in (".flac", ".mkv", ".wav")]
        assert not plain, plain

    def speak(self, subject: str, clips: Sequence[tuple[Path, str]], microphone: FakeMicrophone) -> None:
        """One person's session: recording runs until all their clips were played."""
        command = [
            *(sys.executable, "-m", "edge.cli", "record", "--config", str(self.config)),
            *("--subject", subject, "--headless", "--minutes", "60", "--lang", "en"),
        ]
        with subprocess.Popen(
            command, env=self.environment, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as process:
            try:
                self.wait_for_sound(process)
                for path, label in clips:
                    sound = load_sound(path, RATE)
                    began = datetime.now().astimezone()
                    microphone.play(np.concatenate([sound, np.zeros(int(PAUSE_S * RATE), np.float32)]), RATE)
                    length = len(sound) / RATE
                    time.sleep(length + PAUSE_S)
                    self.played.append((began, began + timedelta(seconds=length + 1.0), label))
            finally:
                process.terminate()
            _, said = process.communicate(timeout=600)
        assert process.returncode in (0, 130, 143), said

    def wait_for_sound(self, process: subprocess.Popen[str]) -> None:
        """Until the recording runs: its first session stands in the folder."""
        end = time.monotonic() + 60
        before = set(self.recordings.rglob("*"))
        while time.monotonic() < end and process.poll() is None:
            if set(self.recordings.rglob("*")) - before:
                time.sleep(2.0)
                return
            time.sleep(0.2)
        raise AssertionError(process.stderr.read() if process.poll() is not None else "nothing is recorded")

    def prepare(self) -> None:
        self.edge("site", "split", self.site)
        coverage = self.site / "reports" / "coverage.json"
        self.edge("coverage", self.recordings, "--json", coverage, ok=(0, 1))
        found = json.loads(coverage.read_text(encoding="utf-8"))
        leaks, shortcuts = len(found["leaks"]), len(found["shortcuts"])
        self.note("coverage", f"{leaks} leaks, {shortcuts} shortcuts", leaks=leaks, shortcuts=shortcuts)

    def label(self) -> None:
        """Three raters judge every clip that somebody can judge."""
        studio, votes = self.site / "label-studio", self.site / "labels" / "labels.csv"
        self.edge("label", "export", starter_bundle(), self.recordings, "--out", studio)
        digests = {clip_id(self.recordings / row["file_name"]): self.truth(row) for row in self.rows()}
        tasks = [
            task
            for path in sorted(studio.glob("tasks-*.json"))
            for task in json.loads(path.read_text(encoding="utf-8"))
        ]
        for number, task in enumerate(tasks):
            truth = digests[task["data"]["clip"]]
            task["annotations"] = [
                self.judged(RATERS * number + rater + 1, rater, truth) for rater in range(RATERS)
            ]
        export = self.out / "annotations.json"
        export.write_text(json.dumps(tasks), encoding="utf-8")
        self.edge(
            *("label", "import", export, "--recordings", self.recordings, "--out", votes, "--close", studio)
        )
        agreement = self.site / "reports" / "agreement.json"
        self.edge("label", "agree", votes, "--json", agreement, "--report", self.out / "agreement.html")
        alpha = json.loads(agreement.read_text(encoding="utf-8"))["alpha"]["value"]
        rows = [row for row in self.rows() if row["emotion"] and self.truth(row)]
        right = sum(row["emotion"] == self.truth(row) for row in rows)
        said = f"alpha {alpha:.2f}; {right} of {len(rows)} majority labels are right"
        self.note("raters", said, alpha=alpha, right=right, majority=len(rows))

    def judged(self, number: int, rater: int, truth: str) -> Mapping[str, object]:
        """An annotation as Label Studio exports it."""
        said = truth
        if truth and self.rng.random() < ERRORS:
            said = self.rng.choice([label for label in STARTER if label != truth])
        result = [
            {
                "from_name": "emotion",
                "to_name": "media",
                "type": "choices",
                "value": {"choices": [said or "cannot_tell"]},
            }
        ]
        return {
            "id": number,
            "completed_by": rater + 1,
            "result": result,
            "was_cancelled": False,
            "ground_truth": False,
            "lead_time": 4.0,
            "created_at": "2026-11-20T09:00:00Z",
        }

    def fit(self) -> None:
        bundle, reports = self.site / "bundles" / "site", self.site / "reports"
        self.edge("calibrate", starter_bundle(), self.recordings, "--out", bundle, "--site", "line 3")
        self.config.write_text(
            'bundle = "bundles/site"\n' + self.config.read_text(encoding="utf-8"), encoding="utf-8"
        )
        before, after = self.out / "before.json", reports / "evaluation.json"
        self.edge("evaluate", starter_bundle(), self.recordings, "--json", before)
        self.edge("evaluate", bundle, self.recordings, "--json", after, "--report", reports / "kpi.html")
        recalls = [json.loads(path.read_text())["unweighted_recall"] for path in (before, after)]
        shown = " -> ".join(f"{recall:.3f}" for recall in recalls)
        self.note("recall of people kept back", shown, recalls=recalls)
        said = self.edge(
            *("decide", bundle, self.recordings, "--false-alarms-per-hour", "60"),
            *("--out", self.config, "--sign", "Sato"),
            ok=(0, 1),
        )
        self.note("operating point", said.strip().splitlines()[-1][:70])

    def try_out(self) -> None:
        trial = self.site / "shadow"
        self.edge(
            *("shadow", "start", trial, "--config", self.config, "--criteria", self.site / "criteria.toml"),
            *("--source", DEMO),
            ok=(0, 1),
        )
        verdict = self.site / "reports" / "shadow.json"
        said = self.edge("shadow", "report", trial, "--json", verdict, ok=(0, 1))
        self.note("shadow", said.splitlines()[0][:70])

    def forget(self) -> None:
        before = self.rows()
        sessions = {row["session"] for row in before if row["speaker"] == FORGOTTEN}
        kept = [row["file_name"] for row in before if row["speaker"] != FORGOTTEN]
        assert sessions
        assert kept
        said = self.edge("forget", "--subject", FORGOTTEN, "--config", self.config, "--yes")
        left = [
            path
            for path in self.site.rglob("*")
            if path.is_file()
            and path.parent.name != "audit"  # says when something was recorded, not of whom
            and any(mark.encode() in path.read_bytes() for mark in (f"{FORGOTTEN},", *sessions))
        ]
        assert not left, left
        assert [row["file_name"] for row in self.rows()] == kept
        assert all((self.recordings / name).is_file() for name in kept)
        cut = len(before) - len(kept)
        self.note("forgotten", said.strip().splitlines()[0][:70], cut=cut, left=len(left))
        verified = self.edge("audit", "verify", "--config", self.config)
        self.note("audit", verified.strip().splitlines()[-1][:70], audit=verified)
        self.status("steps done then")

    def status(self, step: str) -> None:
        """What the site says is done."""
        path = self.out / "status.json"
        self.edge("site", "status", self.site, "--json", path, ok=(0, 1))
        states = {one["step"]: one["state"] for one in json.loads(path.read_text())}
        done = [name for name, state in states.items() if state == "done"]
        self.note(step, " ".join(done), **{step: states})

    def truth(self, row: Mapping[str, str]) -> str:
        """The label of what was played while a clip was recorded; empty where nothing was."""
        began = datetime.fromisoformat(row["recorded"])
        ended = began + timedelta(seconds=float(row["seconds"]))
        shared = [
            ((min(ended, until) - max(began, since)).total_seconds(), label)
            for since, until, label in self.played
        ]
        most, label = max(shared, default=(0.0, ""))
        return label if most > 0.5 else ""

    def rows(self) -> list[dict[str, str]]:
        with (self.recordings / "metadata.csv").open(encoding="utf-8-sig", newline="") as table:
            return list(csv.DictReader(table))

    def voices(self) -> list[list[tuple[Path, str]]]:
        """Clips of each person with their label: the same number of each."""
        spoken: dict[str, list[tuple[Path, str]]] = {}
        for corpus in ("nemo", "ravdess"):
            with (self.data / corpus / "metadata.csv").open(encoding="utf-8", newline="") as table:
                for row in csv.DictReader(table):
                    label = STARTER.find(row["emotion"])
                    if label:
                        clip = (self.data / corpus / row["file_name"], label)
                        spoken.setdefault(row["speaker"], []).append(clip)
        people = list(spoken)[: self.people]
        found = []
        for who in people:
            self.rng.shuffle(spoken[who])
            few = [
                clip
                for label in STARTER
                for clip in [one for one in spoken[who] if one[1] == label][: self.clips // len(STARTER)]
            ]
            self.rng.shuffle(few)
            found.append(few)
        return found

    def note(self, step: str, what: str, **facts: object) -> None:
        self.table.append((step, what))
        self.facts |= facts
        print(f"{step:28} {what}", flush=True)

    def edge(self, *words: object, ok: Sequence[int] = (0,)) -> str:
        """Run a command of the product; returns what it said."""
        command = [sys.executable, "-m", "edge.cli", *map(str, words)]
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True)
        with (self.out / "transcript.txt").open("a", encoding="utf-8") as file:
            file.write(f"$ edge {' '.join(map(str, words))}\n{done.stdout}{done.stderr}\n")
        assert done.returncode in ok, f"{' '.join(command)}\n{done.stdout}{done.stderr}"
        return done.stdout
