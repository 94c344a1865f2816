"""`edge record` as a person runs it: real speech into a microphone, real faces through a network camera."""

import csv
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from datetime import date

import numpy as np
import pytest
from record_site import DEMO, ROUND_S, clip_items, site_folder
from rig_audio import RATE as RIG_RATE
from rig_audio import FakeMicrophone, missing, until
from rig_camera import FakeCamera

from edge.consent.store import Consents
from edge.items import AudioChunk
from edge.recording.session import sessions

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(900),
    pytest.mark.skipif(bool(missing()), reason=missing()),
]


@pytest.fixture
def microphone(tmp_path):
    rig = FakeMicrophone(tmp_path / "rig")
    try:
        rig.start()
        yield rig
    finally:
        rig.stop()


@pytest.fixture
def camera(media):
    """A camera that sees a person who speaks: 30 pictures a second of a real film."""
    with FakeCamera(fps=25, size=(640, 360), video=media / "WolfgangLanger_Pexels.mp4") as opened:
        yield opened


@pytest.fixture(scope="module")
def speech():
    import soxr

    whole = np.concatenate([item.samples for item in clip_items(DEMO) if isinstance(item, AudioChunk)])
    return soxr.resample(whole, 16000, RIG_RATE).astype(np.float32)


def speaking(rig, speech, stop):
    """Plays the speech again and again."""

    def play():
        while not stop.is_set():
            rig.play(speech, RIG_RATE)
            stop.wait(ROUND_S)

    thread = threading.Thread(target=play, daemon=True)
    thread.start()
    return thread


def edge(*words, environment=None, **options):
    command = [sys.executable, "-m", "edge.cli", *map(str, words)]
    return subprocess.Popen(
        command,
        env=os.environ | (environment or {}),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        **options,
    )


def rows(site):
    with (site.record.folder / "metadata.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_real_speech_and_real_faces_become_clips_that_coverage_reads(tmp_path, microphone, camera, speech):
    site = site_folder(
        tmp_path / "site", top=f'camera = "{camera.url}"', record='place = "hall"\nshift = "day"'
    )
    settings = tmp_path / "site" / "site.toml"
    stop = threading.Event()
    speaking(microphone, speech, stop)
    try:
        began = time.monotonic()
        process = edge(
            *("record", "--config", settings, "--subject", "S01", "--minutes", "0.6", "--headless"),
            environment=microphone.environment,
        )
        said = process.communicate(timeout=300)[0]
    finally:
        stop.set()
    assert process.returncode == 0, said
    assert time.monotonic() - began > 36
    assert "speech" in said
    found = rows(site)
    spoken = [row for row in found if float(row["speech_s"] or 0) > 0]
    assert len(spoken) >= 4
    assert sum(row["faces"] == "1" for row in spoken) >= len(spoken) - 1
    assert {row["place"] for row in found} == {"hall"}
    covered = edge("coverage", site.record.folder, "--json", tmp_path / "c.json")
    told = covered.communicate(timeout=300)[0]
    content = json.loads((tmp_path / "c.json").read_text())
    print(said, told)
    assert "0 could not be read" in told
    assert content


def test_a_camera_that_goes_and_a_microphone_that_goes(tmp_path, microphone, camera, speech):
    site = site_folder(tmp_path / "site", top=f'camera = "{camera.url}"')
    stop = threading.Event()
    speaking(microphone, speech, stop)
    try:
        process = edge(
            *("record", "--config", tmp_path / "site" / "site.toml", "--subject", "S01", "--headless"),
            environment=microphone.environment,
        )
        until(lambda: list(site.record.folder.rglob("*.mkv.sealed")), 60)
        time.sleep(6)
        camera.mode("refuse")
        time.sleep(15)
        camera.mode("run")
        time.sleep(8)
        stop.set()
        microphone.unplug()
        time.sleep(12)
        process.send_signal(signal.SIGTERM)
        said = process.communicate(timeout=200)[0]
    finally:
        stop.set()
    assert process.returncode == 0, said
    found = rows(site)
    assert any(row["speech_s"] and not row["faces"] for row in found), said
    assert any(row["speech_s"] and row["faces"] for row in found), said
    assert said.count("camera") >= 2  # gone, and back


def test_a_consent_withdrawn_by_another_process_ends_it_within_seconds(tmp_path, microphone, speech):
    site = site_folder(tmp_path / "site", top='camera = "off"', scopes=("sound",))
    process = edge(
        *("record", "--config", tmp_path / "site" / "site.toml", "--subject", "S01", "--headless"),
        environment=microphone.environment,
    )
    until(lambda: list(site.record.folder.rglob("*.mka.sealed")), 60)
    with Consents(site.policy.consents) as consents:
        consents.withdraw("S01", date.today())
    began = time.monotonic()
    said = process.communicate(timeout=60)[0]
    print(f"ended {time.monotonic() - began:.1f} s after the withdrawal")
    assert time.monotonic() - began < 10
    assert process.returncode == 1
    assert "everything recorded since its start was deleted" in said
    assert not list(site.record.folder.rglob("*.sealed"))


def test_a_few_kills_of_the_real_thing(tmp_path, microphone, camera, speech):
    stop, lost = threading.Event(), []
    speaking(microphone, speech, stop)
    try:
        for seed in range(4):
            folder = tmp_path / f"site{seed}"
            site = site_folder(folder, top=f'camera = "{camera.url}"')
            process = edge(
                *("record", "--config", folder / "site.toml", "--subject", "S01", "--headless"),
                environment=microphone.environment,
            )
            until(lambda site=site: list(site.record.folder.rglob("*.sealed")), 60)
            time.sleep(random.Random(seed).uniform(3, 12))
            process.kill()
            process.communicate()
            killed = time.time()
            (session,) = sessions(site.record.folder)
            lost.append(killed - max(path.stat().st_mtime for path in session.glob("*.mka.sealed")))
            recovered = edge("record", "--config", folder / "site.toml", "--recover")
            said = recovered.communicate(timeout=200)[0]
            assert recovered.returncode == 0, said
            assert "sessions finished: 1" in said
            assert rows(site)
    finally:
        stop.set()
    # A file holds what was heard up to a second before it was written, so that much more may be lost.
    print(f"written last {max(lost):.1f} s before the kill at most")
    assert max(lost) <= 4.2
