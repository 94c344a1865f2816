"""The review queue: what waits for people, what they say, and what comes of it."""

import csv
import datetime
import os
import shutil
import sqlite3
import stat
import tempfile
import threading
import time
import wave
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from panels import picture, read, state

from calibration.data.dataset import read_folder
from calibration.data.labels import LabelReader
from edge.app import Reader
from edge.bundle.folder import MANIFEST, sha256
from edge.cli import main as cli
from edge.config import Site
from edge.consent.store import Consents
from edge.errors import InputError
from edge.items import Prediction, Quality, Window
from edge.reading.confidence import Run
from edge.review import intake as intake_module
from edge.review import schema
from edge.review import store as store_module
from edge.review.checks import OpenChecks
from edge.review.export import export
from edge.review.results import Share, kappa, results
from edge.review.store import DATABASE, Store
from edge.sections import ConsentSettings, ReviewSettings
from edge.sinks import review as review_module
from edge.sinks.review import Review
from edge.starter_labels import STARTER as LABELS

CONSENT = ConsentSettings(who=("Yamada", "Sato"), date=datetime.date(2026, 11, 1), scope=("face", "sound"))


def doubtful(time, label="sad", **changes):
    alone = np.full(6, 1 / 6, np.float32)
    prediction = Prediction(
        time, alone, {"audio": alone}, {"audio": 1.0}, Quality(speech_snr=12.0, face_score=0.5)
    )
    values = {"state": "needs_check", "candidates": (label, "neutral"), "prediction": prediction}
    return read(time, label, 0.4, **(values | changes))


@pytest.fixture
def settings(tmp_path):
    folder = tmp_path / "review"
    folder.mkdir()
    return ReviewSettings(folder=folder)


@pytest.fixture
def queue(settings, tiny_bundle):
    """Writes readings through the sink, each with a window before it; gives what the sink said and lost."""

    def queue(*readings, consent=None, heard="oh no", consents=None):
        said = []
        frame, people = picture()
        (face,) = people.values()
        sound = np.sin(np.arange(64000, dtype=np.float32) / 20)
        wished = settings.model_copy(update={"consent": consent})
        with Review(wished, tiny_bundle, said.append, consents=consents) as sink:
            for reading in readings:
                window = Window(reading.time - 4.0, reading.time, sound, (frame, frame), heard)
                sink.sensed(window, (None, face))
                sink.write(reading)
        assert sink.lost == 0
        return said

    return queue


def table(path):
    return list(csv.DictReader(path.read_text(encoding="utf-8-sig").splitlines()))


def media(settings):
    folder = settings.folder / "media"
    return sorted(path.name for path in folder.glob("[!.]*"))


def test_each_run_of_readings_that_need_a_check_is_one_item_with_its_numbers(queue, settings, tiny_bundle):
    said = queue(
        read(1),
        doubtful(2),
        doubtful(3, "worried"),
        read(4),
        state(5, "no_face"),
        doubtful(6, "happy"),
        doubtful(1, source="other.mp4"),
    )
    assert said == []
    with Store(settings.folder) as store:
        items = store.items(waiting=True)
        tallies = {label: (seconds, checks) for _, label, seconds, checks in store.tallies()}
    assert [(item.label, item.source, len(item.readings)) for item in items] == [
        ("sad", "clip.mp4", 1),
        ("worried", "clip.mp4", 1),
        ("happy", "clip.mp4", 1),
        ("sad", "other.mp4", 1),
    ]
    first = items[0]
    assert (first.bundle, first.bundle_sha256) == ("tiny", sha256(tiny_bundle.folder / MANIFEST))
    numbers = first.readings[0]
    assert numbers["probabilities"]["sad"] == 0.4
    assert numbers["candidates"] == ["sad", "neutral"]
    assert numbers["window"] == numbers["by_modality"]["audio"] == dict.fromkeys(LABELS, 0.1667)
    assert numbers["quality"] == {"speech_snr": 12.0, "face_score": 0.5, "transcript_confidence": 0.0}
    assert numbers["weights"] == {"audio": 0.4, "vision": 0.6}
    assert tallies == {"happy": (3.0, 1), "sad": (2.0, 2), "worried": (1.0, 1), "": (1.0, 0)}


def test_each_person_s_checks_are_their_own(queue, settings):
    def seconds(*people):
        return (person(second) for second in range(6) for person in people)

    def first(second):
        return doubtful(second, "sad", person=1)

    queue(*seconds(first, lambda second: doubtful(second, "angry", person=2)))
    queue(*seconds(first, lambda second: read(second, person=2)))
    with Store(settings.folder) as store:
        items = store.items()
        tallies = {label: (seconds, checks) for _, label, seconds, checks in store.tallies()}
    assert [(item.label, [r["person"] for r in item.readings]) for item in items] == [
        ("sad", [1] * 6),
        ("angry", [2] * 6),
        ("sad", [1] * 6),
    ]
    assert all([r["time"] for r in item.readings] == [0, 1, 2, 3, 4, 5] for item in items)
    assert all(r["probabilities"][item.label] == 0.4 for item in items for r in item.readings)
    assert tallies == {"sad": (12.0, 2), "angry": (6.0, 1), "happy": (6.0, 0)}


def test_a_check_goes_on_over_a_state_and_ends_with_its_votes(queue, settings):
    queue(doubtful(1, person=1), state(2, "no_face"), doubtful(3, person=1), doubtful(13, person=2))
    queue(doubtful(1), read(2), doubtful(3), state(4, "no_speech"), doubtful(22))  # a vote lives 18 s
    queue(doubtful(9), state(1, "warming_up"), doubtful(10))  # another recording of that name
    with Store(settings.folder) as store:
        assert [[r["time"] for r in item.readings] for item in store.items()] == [
            *([1, 3], [13]),
            *([1], [3], [22]),
            *([9], [10]),
        ]


def test_who_is_long_gone_is_forgotten():
    checks = OpenChecks(12.0)
    found = [checks.of(doubtful(second, person=second)) for second in range(1000)]
    assert found == [(second + 1, True) for second in range(1000)]
    assert len(checks._open) == 13
    for number in range(1000):
        checks.of(doubtful(5, source=f"{number}.mp4"))
    assert len(checks._open) == 100
    assert checks.of(doubtful(6, source="999.mp4")) == (2000, False)


def test_a_database_made_anew_meanwhile_mixes_nobody(settings, tiny_bundle):
    def waited(sink):
        until = time.monotonic() + 10
        while sink._waiting and time.monotonic() < until:
            time.sleep(0.01)

    with Review(settings, tiny_bundle, print) as sink:
        sink.write(doubtful(1, person=1))
        sink.write(doubtful(1, "angry", person=2))
        waited(sink)
        (settings.folder / DATABASE).unlink()
        sink.write(doubtful(2, "angry", person=2))
        sink.write(doubtful(2, person=1))
        waited(sink)
        assert sink.trouble == ""
    with Store(settings.folder) as store:
        assert [(item.label, [r["person"] for r in item.readings]) for item in store.items()] == [
            ("angry", [2]),
            ("sad", [1]),
        ]


def test_without_consent_nothing_but_numbers_is_kept(queue, settings):
    queue(doubtful(2))
    assert media(settings) == []
    with Store(settings.folder) as store:
        (item,) = store.items()
    assert (item.face, item.sound, item.words, item.consent) == (None, None, None, None)
    assert b"oh no" not in (settings.folder / DATABASE).read_bytes()


def test_with_consent_a_face_and_the_sound_of_the_first_window_are_kept(queue, settings, tiny_bundle):
    queue(doubtful(2), doubtful(3), consent=CONSENT)
    with Store(settings.folder) as store:
        (item,) = store.items()
    face = cv2.imread(str(item.face), cv2.IMREAD_UNCHANGED)
    size = tiny_bundle.manifest.vision.size
    assert face.shape == (size, size)
    assert abs(face.mean() - 200) < 25  # the light square of the picture
    with wave.open(str(item.sound)) as sound:
        assert (sound.getframerate(), sound.getnframes(), sound.getnchannels()) == (16000, 64000, 1)
    assert item.words == "oh no"
    assert item.consent == {"who": ["Yamada", "Sato"], "date": "2026-11-01", "scope": ["face", "sound"]}
    assert len(media(settings)) == 2
    for path in (item.face, item.sound, settings.folder / DATABASE):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(item.face.parent.stat().st_mode) == 0o700


def test_consent_covers_what_it_names(queue, settings):
    queue(doubtful(2), consent=CONSENT.model_copy(update={"scope": ("face",)}))
    with Store(settings.folder) as store:
        (item,) = store.items()
    assert item.face
    assert (item.sound, item.words) == (None, None)


def test_a_consent_of_the_future_is_none_yet(queue, settings):
    queue(doubtful(2), consent=CONSENT.model_copy(update={"date": datetime.date(2999, 1, 1)}))
    assert media(settings) == []


def test_who_stands_in_the_file_of_consents_must_have_one_in_force(queue, settings, tmp_path):
    path, today = tmp_path / "consent.sqlite", datetime.date.today()
    assert queue(doubtful(2), consent=CONSENT, consents=path) == []  # no file: the section alone counts
    with Consents(path) as consents:
        consents.add("S01", ["sound", "picture", "label"], "Aoki", today, name="Yamada")
        consents.add("S02", ["sound"], "Aoki", today, name="Somebody else")
    assert queue(doubtful(9), consent=CONSENT, consents=path) == []
    assert len(media(settings)) == 4
    path.rename(tmp_path / "away")
    path.write_text("no database at all, but long enough to be looked at " * 9)
    (line,) = queue(doubtful(16), consent=CONSENT, consents=path)
    assert "cannot be read" in line
    assert len(media(settings)) == 4  # what is there waits
    (tmp_path / "away").rename(path)
    with Consents(path) as consents:
        consents.withdraw("S01", today, ["label"])
    (line,) = queue(doubtful(23), consent=CONSENT, consents=path)
    assert "no consent in force" in line
    assert "Yamada" not in line
    assert media(settings) == []
    with Store(settings.folder) as store:
        assert len(store.items()) == 4  # numbers stay


def test_withdrawn_consent_deletes_the_media_and_keeps_the_numbers(queue, settings):
    queue(doubtful(2), doubtful(9), consent=CONSENT)
    with Store(settings.folder) as store:
        with pytest.raises(InputError, match=r"Yamato gave no consent here; .*: Sato, Yamada"):
            store.withdraw("Yamato")
        assert len(media(settings)) == 2
        assert store.withdraw("Yamada") == 1
        assert media(settings) == []
    assert b"oh no" not in (settings.folder / DATABASE).read_bytes()
    queue(doubtful(2), consent=CONSENT)  # site.toml still names the old one
    assert media(settings) == []
    later = datetime.date.today() + datetime.timedelta(days=1)
    with Store(settings.folder) as store:
        assert [len(item.readings) for item in store.items()] == [2, 1]
        assert not store.in_force(CONSENT)
        assert not store.in_force(CONSENT.model_copy(update={"date": later}))  # tomorrow
        store._db.execute("UPDATE withdrawals SET day = '2026-10-31'")  # as the version before kept it
        assert store.in_force(CONSENT)  # given again after it


def test_a_site_without_consent_any_more_keeps_no_media(queue, settings):
    queue(doubtful(2), consent=CONSENT)
    assert len(media(settings)) == 2
    queue(read(1))
    assert media(settings) == []


def test_what_ran_out_is_deleted(queue, settings, monkeypatch):
    queue(doubtful(2), doubtful(1), consent=CONSENT)
    (settings.folder / "media" / "stray.png").touch()
    with Store(settings.folder) as store:
        assert len(media(settings)) == 5
        store.judge(1, "Tanaka", "sad")
    now = store_module.stamp
    monkeypatch.setattr(store_module, "stamp", lambda days=0.0: now(days + 31))
    with Store(settings.folder) as store:
        (item,) = store.items()
    assert (item.id, item.label, item.face, item.words) == (1, "sad", None, None)
    assert media(settings) == ["stray.png"]  # somebody else's


def test_only_the_first_minute_of_a_long_check_is_kept(queue, settings):
    queue(*(doubtful(second) for second in range(200)))
    with Store(settings.folder) as store:
        (item,) = store.items()
    assert len(item.readings) == intake_module.MOST


def test_a_locked_database_holds_up_nothing_and_loses_nothing(settings, tiny_bundle, monkeypatch):
    monkeypatch.setattr(store_module, "BUSY_S", 0.05)
    monkeypatch.setattr(review_module, "RETRY_S", 0.05)
    with Store(settings.folder, make=True):
        pass
    said = []
    other = sqlite3.connect(settings.folder / DATABASE, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    with Review(settings, tiny_bundle, said.append) as sink:
        began = time.monotonic()
        for second in range(5):
            sink.write(doubtful(second))
        assert time.monotonic() - began < 0.5
        until = time.monotonic() + 10
        while not sink.trouble and time.monotonic() < until:
            time.sleep(0.01)
        assert "database is locked" in sink.trouble
        assert "readings go on" in sink.trouble
        other.execute("ROLLBACK")
        while sink.trouble and time.monotonic() < until:
            time.sleep(0.01)
    other.close()
    assert (said, sink.lost) == ([], 0)
    with Store(settings.folder) as store:
        assert [len(item.readings) for item in store.items()] == [5]


def test_a_full_disk_is_one_line_and_what_waits_is_bounded(settings, tiny_bundle, monkeypatch):
    monkeypatch.setattr(review_module, "WAITING", 3)
    monkeypatch.setattr(review_module, "RETRY_S", 0.02)
    said = []

    class Full(Store):  # as a disk without room: SQLite may not grow the file
        def __enter__(self):
            super().__enter__()
            self._db.execute("PRAGMA max_page_count = 1")
            return self

    with Store(settings.folder, make=True):
        pass
    monkeypatch.setattr(intake_module, "Store", Full)
    with Review(settings, tiny_bundle, said.append) as sink:
        for second in range(20):
            sink.write(doubtful(second, source="x" * 9000))
            time.sleep(0.02)
        assert "database or disk is full" in sink.trouble
        assert sink.lost >= 16
        monkeypatch.setattr(intake_module, "Store", Store)
        until = time.monotonic() + 10
        while sink.trouble and time.monotonic() < until:
            time.sleep(0.01)
    assert said == []
    with Store(settings.folder) as store:
        (item,) = store.items()
    assert item.readings[-1]["time"] == 19.0


def test_a_damaged_database_is_set_aside(queue, settings):
    (settings.folder / DATABASE).write_bytes(b"not a database " * 1000)
    said = queue(doubtful(2))
    assert len(said) == 1
    assert "is damaged (file is not a database); it is kept as queue.db.damaged-" in said[0]
    assert len(list(settings.folder.glob("queue.db.damaged-*"))) == 1
    with Store(settings.folder) as store:
        assert len(store.items()) == 1


def test_a_folder_that_is_not_there(tiny_bundle, tmp_path):
    with (
        pytest.raises(InputError, match=r"is not a folder; make it, or change folder in \[review\]"),
        Review(ReviewSettings(folder=tmp_path / "no"), tiny_bundle, print),
    ):
        pass
    with pytest.raises(InputError, match=r"holds no queue\.db"), Store(tmp_path):
        pass
    (tmp_path / DATABASE).write_bytes(b"x" * 5000)
    with pytest.raises(InputError, match=r"cannot be used .* it is damaged: move it aside"), Store(tmp_path):
        pass


def test_people_judge_change_their_minds_and_take_it_back(queue, settings):
    queue(doubtful(2), doubtful(1))
    with Store(settings.folder) as store:
        store.judge(1, "Tanaka", "angry", "line stopped")
        store.judge(1, "Tanaka", "worried")
        store.judge(1, "Suzuki", None)
        assert [item.id for item in store.items(waiting=True)] == [2]
        said = store.item(1).verdicts
        assert [(v.reviewer, v.label, v.note) for v in said] == [
            ("Tanaka", "worried", ""),
            ("Suzuki", None, ""),
        ]
        store.undo(1, "Suzuki")
        assert [v.reviewer for v in store.item(1).verdicts] == ["Tanaka"]
        for wrong, message in (
            (lambda: store.judge(9, "Tanaka", "sad"), "there is no check 9"),
            (lambda: store.judge(1, "Tanaka", "bored"), "no label 'bored'; use neutral, angry"),
            (lambda: store.undo(1, "Suzuki"), "Suzuki gave no verdict on check 1"),
        ):
            with pytest.raises(InputError, match=message):
                wrong()


def test_the_kpis_of_a_queue(queue, settings):
    read_as = ["sad", "sad", "worried", "neutral", "happy", "angry"]
    said = ["sad", "neutral", "angry", "worried", "happy", None]
    # Each of another source, so each a check of its own; then an hour in which all was sure.
    queue(*(doubtful(2, label, source=str(i)) for i, label in enumerate(read_as)), *map(read, range(3594)))
    with Store(settings.folder) as store:
        for number, label in enumerate(said, 1):
            store.judge(number, "Tanaka", label)
        store.judge(5, "Suzuki", "happy")
        store.judge(2, "Suzuki", "sad")
        found = results(store)
    assert (found.judged, found.waiting, found.cannot_tell, found.disputed) == (4, 0, 1, 1)
    assert (found.recall.hits, found.recall.of) == (2, 3)  # sad, angry found; worried read as neutral
    assert (found.false.hits, found.false.of) == (0, 2)
    assert {label: (s.hits, s.of) for label, s in found.agreement.items()} == {
        "happy": (1, 1),
        "neutral": (0, 1),
        "sad": (1, 1),
        "worried": (0, 1),
    }
    assert found.hours == pytest.approx(1.0)
    assert found.alarms == 4
    rate, low, high = found.false_alarms(found.hours)
    assert rate == low == 0.0
    assert high == pytest.approx(4 * Share(0, 2).interval[1])
    # Suzuki: happy, sad. Tanaka: happy, neutral. By chance 1/4 of the time, here half of it.
    assert found.kappa == {("Suzuki", "Tanaka"): (pytest.approx(1 / 3), 2)}


@pytest.mark.parametrize(
    ("hits", "of", "low", "high"),
    [(0, 10, 0.0, 0.2775), (8, 10, 0.4902, 0.9433), (50, 100, 0.4038, 0.5962), (0, 0, 0.0, 1.0)],
)
def test_wilson_intervals_as_published(hits, of, low, high):
    assert Share(hits, of).interval == pytest.approx((low, high), abs=1e-4)


def test_kappa_as_published():
    # Cohen 1960 as in every textbook: 20 yes-yes, 5 yes-no, 10 no-yes, 15 no-no.
    pairs = [("y", "y")] * 20 + [("y", "n")] * 5 + [("n", "y")] * 10 + [("n", "n")] * 15
    assert kappa(pairs) == pytest.approx(0.4)
    assert kappa([("y", "y")] * 3) is None


def test_an_export_is_read_for_training(queue, settings, tmp_path):
    queue(doubtful(2), consent=CONSENT)
    queue(doubtful(3), consent=CONSENT, heard=None)
    queue(doubtful(4), consent=CONSENT)
    with Store(settings.folder) as store:
        store.judge(1, "田中", "worried", "ライン停止")
        store.judge(2, "田中", None)
        store.judge(3, "田中", "happy")
        store.judge(3, "鈴木", "sad")
        counts = export(store, tmp_path / "out")
        with pytest.raises(InputError, match="is there already"):
            export(store, tmp_path / "out")
    assert counts == {"verdicts": 4, "faces": 1, "sound": 1}
    (sound,) = read_folder(tmp_path / "out" / "sound", LabelReader(LABELS))
    assert (LABELS[sound.label], sound.transcript) == ("worried", "oh no")
    (face,) = read_folder(tmp_path / "out" / "faces", LabelReader(LABELS))
    assert (LABELS[face.label], face.path.name) == ("worried", "1.png")
    assert face.speaker == sound.speaker
    assert "Yamada" not in face.speaker
    rows = table(tmp_path / "out" / "verdicts.csv")
    assert [(row["id"], row["reading"], row["verdict"], row["reviewer"]) for row in rows] == [
        ("1", "sad", "worried", "田中"),
        ("2", "sad", "cannot_tell", "田中"),
        ("3", "sad", "happy", "田中"),
        ("3", "sad", "sad", "鈴木"),
    ]
    assert float(rows[0]["probability_sad"]) == 0.4
    kpis = {row["measure"]: row for row in table(tmp_path / "out" / "kpi.csv")}
    assert kpis["negative_recall"]["value"] == "1.0"
    assert kpis["disputed"]["value"] == "1"


def test_without_media_only_tables_are_exported(queue, settings, tmp_path):
    queue(doubtful(2))
    with Store(settings.folder) as store:
        with pytest.raises(InputError, match="holds no verdict yet"):
            export(store, tmp_path / "out")
        store.judge(1, "Tanaka", "sad")
        export(store, tmp_path / "out")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["kpi.csv", "verdicts.csv"]


def test_people_and_a_run_work_on_it_at_once(settings, tiny_bundle):
    with Review(settings, tiny_bundle, print) as sink:
        sink.write(doubtful(0))
        until = time.monotonic() + 10
        while not (settings.folder / DATABASE).is_file() and time.monotonic() < until:
            time.sleep(0.01)

        def judge():
            for _ in range(4):
                with Store(settings.folder) as store:
                    for item in store.items(waiting=True):
                        store.judge(item.id, "Tanaka", "sad")

        judging = threading.Thread(target=judge)
        judging.start()
        for second in range(10):
            sink.write(doubtful(2 * second, source=str(second)))
            time.sleep(0.02)
        judging.join()
    assert sink.lost == 0
    with Store(settings.folder) as store:
        assert len(store.items()) == 11


@pytest.fixture
def edge(capsys, monkeypatch):
    """Runs `edge review` in this process; gives its exit code and what it printed."""

    def edge(*arguments):
        monkeypatch.setattr("sys.argv", ["edge", "review", *map(str, arguments)])
        code = 0
        try:
            cli.main()
        except SystemExit as stop:
            code = stop.code or 0
        captured = capsys.readouterr()
        return code, captured.out + captured.err

    return edge


def test_the_verbs_from_the_list_to_the_export(queue, settings, edge, tmp_path):
    queue(doubtful(2), doubtful(1), consent=CONSENT)
    folder = settings.folder
    code, out = edge("list", folder, "--lang", "ja")
    assert (code, len(out.splitlines())) == (0, 3)
    assert "悲しみ 0.40  誤報の可能性 36%  平静  顔, 音声, 発話  判定待ち" in out
    code, out = edge("show", folder, 1)
    assert "consent of Yamada, Sato, 2026-11-01" in out
    assert f"edge review judge {folder} 1 LABEL --by NAME" in out
    assert edge("judge", folder, 1, "不安", "--by", "田中") == (0, "check 1: worried, by 田中\n")
    assert edge("judge", folder, 1, " Worried", "--by", "田中")[1] == "check 1: worried, by 田中\n"
    assert edge("judge", folder, 2, "判断できない", "--by", "Suzuki")[1].startswith("check 2: cannot tell,")
    assert edge("judge", folder, 2, "cannot_tell", "--by", "Suzuki", "--lang", "ja")[1] == (
        "確認 2：判断できない（Suzuki）\n"
    )
    assert edge("list", folder)[1] == "nothing waits for a verdict\n"
    assert "田中: worried" in edge("list", folder, "--all")[1]
    code, out = edge("kpi", folder)
    assert "1 checks judged, 0 wait, 1 nobody can tell, 0 disputed" in out
    assert "angry, sad, worried: found     1.00   0.21 - 1.00   of 1" in out
    code, out = edge("export", folder, "--out", tmp_path / "out")
    assert "2 verdicts, 1 faces and 1 sounds written to" in out
    assert "delete them by" in out
    assert edge("undo", folder, 1, "--by", "田中")[0] == 0
    assert "判定待ち" in edge("list", folder, "--lang", "ja")[1]
    assert "media of 2 checks are deleted" in edge("withdraw", folder, "--who", "Sato")[1]
    assert media(settings) == []


@pytest.fixture
def forbid():
    """Lets a block meet a folder and its queue.db under other permissions; root becomes nobody meanwhile."""

    @contextmanager
    def forbid(folder, mode, of_file):
        (folder / DATABASE).chmod(of_file)
        folder.chmod(mode)
        if root := os.geteuid() == 0:
            os.seteuid(65534)
        try:
            yield
        finally:
            if root:
                os.seteuid(0)
            folder.chmod(0o700)

    return forbid


@pytest.fixture
def shelf(queue, settings):
    """A queue of two checks, the first judged, in a folder everybody can reach."""
    queue(doubtful(2), doubtful(1))
    with Store(settings.folder) as store:
        store.judge(1, "Tanaka", "sad")
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(settings.folder / DATABASE, folder)
        yield Path(folder)


@pytest.mark.parametrize("mode", [(0o555, 0o444), (0o555, 0o666), (0o777, 0o444)])
def test_a_queue_that_may_only_be_read_is_read(shelf, edge, forbid, mode, monkeypatch):
    now = store_module.stamp
    monkeypatch.setattr(store_module, "stamp", lambda days=0.0: now(days + 31))  # there is something to sweep
    edge("kpi", shelf.parent)  # all that is imported is, before it may not be
    with forbid(shelf, *mode):
        found = [edge("list", shelf, "--all"), edge("show", shelf, 2), edge("kpi", shelf)]
        refused = [
            edge("judge", shelf, 2, "sad", "--by", "Suzuki"),
            edge("undo", shelf, 1, "--by", "Tanaka"),
            edge("withdraw", shelf, "--who", "Sato"),
        ]
    assert [code for code, _ in found] == [0, 0, 0]
    assert len(found[0][1].splitlines()) == 3
    assert "1 checks judged, 1 wait" in found[2][1]
    for code, out in refused[:2]:
        assert code == 1
        assert out.startswith(f"edge: {shelf / DATABASE} cannot be used (")
        assert out.endswith(f"); check the permissions of {shelf}\n")
    assert "Sato gave no consent here" in refused[2][1]
    with Store(shelf) as store:
        assert [item.id for item in store.items()] == [1]  # who may, sweeps


@pytest.mark.parametrize("mode", [(0o755, 0o000), (0o000, 0o666)])
def test_a_queue_that_may_not_even_be_read_is_one_line(shelf, edge, forbid, mode):
    edge("kpi", shelf)
    with forbid(shelf, *mode):
        code, out = edge("list", shelf)
    assert code == 1
    assert out.count("\n") == 1
    assert out.endswith(f"; check the permissions of {shelf}\n")


def test_it_is_told_why_a_check_was_asked_for(settings, tiny_bundle, edge):
    def voted(**probabilities):
        rest = (1.0 - sum(probabilities.values())) / (6 - len(probabilities))
        return {
            "probabilities": np.array([probabilities.get(name, rest) for name in LABELS], np.float32),
        }

    with Review(settings, tiny_bundle, print) as sink:
        for second, (label, changes) in enumerate(
            (
                ("happy", voted(happy=0.5, worried=0.4)),
                ("sad", voted(sad=0.4, neutral=0.35)),
                ("happy", voted(happy=0.5, surprise=0.42)),
            )
        ):
            sink.write(replace(doubtful(second, label, source=str(second)), **changes))
    told = ("may be a miss: 45%", "may be a false alarm: 48%", "may be another label: 44%")
    listed = edge("list", settings.folder)[1].splitlines()
    assert listed[0].split() == ["check", "when", "read", "as", "why", "could", "be", "kept", "verdicts"]
    for number, (line, why) in enumerate(zip(listed[1:], told, strict=True), 1):
        assert f"  {why}  " in line
        assert f"\nasked because: {why}\n" in edge("show", settings.folder, number)[1]
    assert "確認の理由：見逃しの可能性 45%" in edge("show", settings.folder, 1, "--lang", "ja")[1]


def test_wrong_uses_are_one_line(queue, settings, edge, tmp_path):
    queue(doubtful(2))
    for arguments, message in (
        (("list", tmp_path), "holds no queue.db; give the folder of [review]"),
        (("show", settings.folder, 7), "there is no check 7"),
        (("judge", settings.folder, 1, "bored", "--by", "Tanaka"), "no label 'bored'"),
        (("judge", settings.folder, 1, "sound", "--by", "Tanaka"), "no label 'sound'; use neutral"),
        (("judge", settings.folder, 1, "未接続", "--by", "Tanaka"), "no label '未接続'; use neutral"),
        (("judge", settings.folder, 1, "unknown", "--by", "Tanaka"), "no label 'unknown'; use neutral"),
        (("judge", settings.folder, 1, "sad", "--by", " "), "--by is empty"),
        (("withdraw", settings.folder, "--who", "Sato"), "Sato gave no consent here; those who did: nobody"),
    ):
        code, out = edge(*arguments)
        assert code == 1
        assert message in out
        assert out.count("\n") == 1


def test_a_restart_goes_on_with_the_checks_of_the_day(queue, settings, tiny_bundle):
    queue(doubtful(1), read(2), doubtful(3), doubtful(4), read(5), doubtful(6))  # three runs: three checks
    today = datetime.date.today()
    midnight = datetime.datetime.combine(today, datetime.time()).astimezone()
    with Store(settings.folder) as store, store.change() as db:
        before = (store_module.stamp_of(midnight - datetime.timedelta(milliseconds=1)),)
        db.execute("UPDATE items SET made = ? WHERE id = 1", before)
        for ago, seconds in ((9, 50.0), (3, 3000.0)):
            day = (today - datetime.timedelta(days=ago)).isoformat()
            db.execute("INSERT INTO tallies VALUES (?, 'x', 'sad', ?, 0)", (day, seconds))
        db.execute("INSERT INTO tallies VALUES (?, 'x', 'happy', 600, 0)", (day,))
        db.execute("INSERT INTO tallies VALUES (?, 'x', '', 70000, 0)", (day,))
    with Store(settings.folder) as store:
        assert store.begun_on(today) == 2
        assert store.begun_on(today - datetime.timedelta(days=1)) == 1
    for limit, may in ((2, False), (3, True)):
        site = Site(bundle=tiny_bundle.folder, backend="onnxrt", checks_a_day=limit, review=settings)
        with Reader(site) as reader:
            checks = reader._checks
            assert (checks.asked, checks.day_readings) == (2, 3600.0)  # an hour was read on the last day
            checks.threshold = 0.0
            assert checks.ask(Run(), 0, 0.9, today.toordinal()) is may


def test_a_day_of_the_calendar_is_the_local_one(queue, settings, monkeypatch):
    queue(doubtful(1))
    day = datetime.date(2026, 11, 2)
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    try:
        with Store(settings.folder) as store:
            for made, count in (("2026-11-01T14:59:59.999", 0), ("2026-11-01T15:00:00.000", 1)):
                with store.change() as db:
                    db.execute("UPDATE items SET made = ?", (f"{made}+00:00",))
                assert store.begun_on(day) == count
    finally:
        monkeypatch.undo()
        time.tzset()


def test_a_queue_that_cannot_be_counted_is_said_and_holds_nothing_up(queue, settings, tiny_bundle):
    queue(doubtful(1))
    (settings.folder / DATABASE).write_bytes(b"no database at all, but long enough" * 40)
    said = []
    site = Site(bundle=tiny_bundle.folder, backend="onnxrt", checks_a_day=1, review=settings)
    with Reader(site, say=said.append) as reader:
        assert (reader._checks.asked, reader._checks.day_readings) == (0, 28800.0)
    assert len(said) == 1
    assert "is damaged" in said[0]


def test_a_recording_s_doubtful_readings_wait_for_people(demo, tiny_bundle, tmp_path, monkeypatch, capsys):
    (tmp_path / "queue").mkdir()
    config = tmp_path / "site.toml"
    config.write_text(
        f"source = '{demo}'\nbundle = '{tiny_bundle.folder}'\nbackend = 'onnxrt'\n"
        "checks_a_day = 100000\n[review]\nfolder = 'queue'\n"
        "[review.consent]\nwho = ['Yamada']\ndate = 2026-11-01\nscope = ['face', 'sound']\n"
    )
    monkeypatch.setattr("sys.argv", ["edge", "run", "--config", str(config), "--headless", "--lang", "ja"])
    with suppress(SystemExit):
        cli.main()
    assert capsys.readouterr().out.startswith("推定 9 件：")
    with Store(tmp_path / "queue") as store:
        (item,) = store.items()
    assert (item.source, len(item.readings)) == ("demo.mp4", 4)  # those of one window
    assert set(item.readings[0]["by_modality"]) == {"audio", "vision"}
    face = cv2.imread(str(item.face), cv2.IMREAD_GRAYSCALE)
    assert face.std() > 10  # somebody is on it


STRANGERS = ("1.png", "2.wav", "0123456789abcdef.png", "holiday.mp4", "1.png.part", "notes")


@pytest.fixture
def strangers(settings):
    """Files and a folder of somebody else in media/; gives what is there of them now."""
    folder = settings.folder / "media"
    (folder / "takes").mkdir(parents=True)
    for name in (*STRANGERS, "takes/1.png"):
        (folder / name).write_text(f"{name} of somebody")

    def there():
        return {
            name
            for name in (*STRANGERS, "takes/1.png")
            if (folder / name).is_file() and (folder / name).read_text() == f"{name} of somebody"
        }

    return there


def later(monkeypatch, days):
    """Lets the queue think it is so many days later."""
    now = store_module.stamp
    monkeypatch.setattr(store_module, "stamp", lambda more=0.0: now(more + days))


def test_somebody_else_s_files_are_never_deleted_or_written_over(
    queue, settings, strangers, monkeypatch, edge
):
    every = {*STRANGERS, "takes/1.png"}
    said = queue(doubtful(2), doubtful(1), consent=CONSENT)
    assert [line.partition(" holds ")[2][:29] for line in said] == ["3 files of an earlier queue t"]
    assert strangers() == every
    with Store(settings.folder) as store:
        assert [item.face.is_file() and item.sound.is_file() for item in store.items()] == [True, True]
        store.judge(1, "Tanaka", "sad")
    code, out = edge("withdraw", settings.folder, "--who", "Sato")
    assert (code, out.count("\n")) == (0, 2)
    assert "3 files of an earlier queue" in out
    assert strangers() == every
    later(monkeypatch, 31)
    queue(read(1))
    with Store(settings.folder) as store:
        assert [item.face for item in store.items()] == [None]
    assert strangers() == every
    assert set(media(settings)) == {*STRANGERS, "takes"}


def first_version(folder, *names):
    """A queue as version 1 of the schema kept it, without a marker; an item a face name, all run out."""
    with sqlite3.connect(folder / DATABASE) as db:
        for statement in schema._FIRST.split(";\n"):
            db.execute(statement)
        for name in names:
            db.execute(
                "INSERT INTO items (made, expires, source, bundle, bundle_sha256, label, consent, face) "
                "VALUES ('2026-01-01T00:00:00.000+00:00', '2026-01-31T00:00:00.000+00:00', 'live', 'b', '0', "
                "'sad', ?, ?)",
                ('{"who": ["Sato"], "date": "2026-01-01", "scope": ["face"]}', name),
            )
        db.execute("INSERT INTO consents VALUES ('Sato')")
        db.execute("PRAGMA user_version = 1")
    db.close()


def test_a_queue_of_the_version_before_deletes_only_what_it_lists(queue, settings, strangers):
    first_version(settings.folder, "5.png", "takes", "../queue.db", "holiday.mp4", "gone.png")
    (settings.folder / "media" / "5.png").touch()
    queue(read(1))
    assert strangers() == {*STRANGERS, "takes/1.png"}
    assert not (settings.folder / "media" / "5.png").exists()
    with Store(settings.folder) as store:
        assert store.items() == []
        assert store.unlisted() == 3


@pytest.mark.parametrize("damage", ["header", "page", "gone"])
def test_a_damaged_or_lost_database_takes_no_media_with_it(queue, settings, damage, edge):
    queue(*(doubtful(second, source=str(second)) for second in range(0, 80, 2)), consent=CONSENT)
    with Store(settings.folder) as store:
        store.withdraw("Sato")
    again = CONSENT.model_copy(update={"who": ("Yamada",)})
    queue(doubtful(2), consent=again)
    kept, path = media(settings), settings.folder / DATABASE
    assert len(kept) == 2
    content = bytearray(path.read_bytes())
    if damage == "gone":
        path.unlink()
    else:
        where = 0 if damage == "header" else len(content) // 3 // 4096 * 4096
        content[where : where + 4096] = b"\xa5" * 4096
        path.write_bytes(content)
        code, out = edge("list", settings.folder)
        assert (code, media(settings)) == (code, kept)
        assert out.count("\n") == 1 or code == 0
    said = queue(doubtful(3), consent=CONSENT)
    new = [name for name in media(settings) if name not in kept]
    assert set(kept) <= set(media(settings))
    assert any("2 files of an earlier queue" in line for line in said)
    if damage != "gone":
        assert "is damaged" in said[0]
        assert new == []  # Sato's withdrawal, or that nobody knows of any, still holds
    queue(read(1))
    assert media(settings) == kept


def test_an_older_database_put_back_deletes_nothing_it_does_not_know(queue, settings, tmp_path):
    queue(doubtful(1), consent=CONSENT)
    shutil.copy(settings.folder / DATABASE, tmp_path)
    queue(doubtful(2), doubtful(1), consent=CONSENT)
    kept = media(settings)
    assert len(kept) == 6
    shutil.copy(tmp_path / DATABASE, settings.folder)
    queue(doubtful(3), consent=CONSENT)
    assert set(kept) < set(media(settings))
    queue(read(1))
    assert len(media(settings)) == 4  # of the checks only the lost database knew


def test_a_stop_between_file_and_database_leaves_no_face_behind(queue, settings, monkeypatch):
    begin = intake_module.Intake._begin

    def stopped(self, *more):
        begin(self, *more)
        assert len(media(settings)) == 2
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(intake_module.Intake, "_begin", stopped)
    with pytest.raises(AssertionError):
        queue(doubtful(2), consent=CONSENT)
    monkeypatch.setattr(intake_module.Intake, "_begin", begin)
    assert len(media(settings)) == 2
    queue(doubtful(2))
    assert media(settings) == []


def test_media_that_cannot_be_kept_cost_the_numbers_nothing(queue, settings):
    (settings.folder / "media").write_text("a file")
    said = queue(doubtful(2), doubtful(1), consent=CONSENT)
    assert len(said) == 1
    assert "no face and no sound can be kept" in said[0]
    with Store(settings.folder) as store:
        assert [(item.label, item.face) for item in store.items()] == [("sad", None), ("sad", None)]
    assert (settings.folder / "media").read_text() == "a file"


def test_media_may_lie_on_another_disk(queue, settings, tmp_path):
    (tmp_path / "disk").mkdir()
    (tmp_path / "disk" / "1.png").write_text("somebody's")
    (settings.folder / "media").symlink_to(tmp_path / "disk")
    queue(doubtful(2), consent=CONSENT)
    assert len(media(settings)) == 3
    with Store(settings.folder) as store:
        store.withdraw("Sato")
    assert media(settings) == ["1.png"]


def test_a_database_of_something_else_is_left_alone(queue, settings):
    with sqlite3.connect(settings.folder / DATABASE) as db:
        db.execute("CREATE TABLE orders (id)")
    db.close()
    with pytest.raises(InputError, match="is not a review queue"), Store(settings.folder, make=True):
        pass
    with sqlite3.connect(settings.folder / DATABASE) as db:
        assert db.execute("SELECT name FROM sqlite_master").fetchall() == [("orders",)]
    db.close()


def test_a_group_reads_a_queue_whose_folder_is_set_up_for_it(queue, settings):
    settings.folder.chmod(0o2770)
    queue(doubtful(2), consent=CONSENT)
    with Store(settings.folder) as store:
        (item,) = store.items()
    modes = [p.stat().st_mode & 0o7777 for p in (item.face, settings.folder / DATABASE, item.face.parent)]
    assert modes == [0o660, 0o660, 0o2770]


@pytest.fixture
def zone(monkeypatch):
    """Sets the zone of the site's clock."""

    def zone(name):
        monkeypatch.setenv("TZ", name)
        time.tzset()

    yield zone
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize(
    ("name", "withdrawn", "day"),
    [
        ("Asia/Tokyo", "2026-11-29T23:30:00.000+00:00", datetime.date(2026, 11, 30)),  # half past eight there
        ("Asia/Tokyo", "2026-11-29T14:59:59.999+00:00", datetime.date(2026, 11, 29)),
        ("Asia/Tokyo", "2026-11-29T15:00:00.000+00:00", datetime.date(2026, 11, 30)),
        ("America/Los_Angeles", "2026-11-30T07:59:00.000+00:00", datetime.date(2026, 11, 29)),
        ("UTC", "2026-11-29T23:59:59.999+00:00", datetime.date(2026, 11, 29)),
    ],
)
def test_consent_is_withdrawn_for_the_whole_day_as_the_site_counts_days(
    queue, settings, zone, monkeypatch, name, withdrawn, day
):
    queue(doubtful(1), consent=CONSENT)
    zone(name)
    now = [withdrawn]
    monkeypatch.setattr(store_module, "stamp", lambda days=0.0: now[0])
    with Store(settings.folder) as store:
        signed = [CONSENT.model_copy(update={"date": day + datetime.timedelta(days=d)}) for d in (-1, 0, 1)]
        assert [store.in_force(consent) for consent in signed] == [True, True, False]
        store.withdraw("Sato")
        assert [store.in_force(consent) for consent in signed] == [False, False, False]
        local = datetime.datetime.combine(day, datetime.time(23, 59, 59)).astimezone()
        for seconds, found in ((0, False), (1, True)):  # the last second of that day, and the next day
            now[0] = store_module.stamp_of(local + datetime.timedelta(seconds=seconds))
            assert [store.in_force(consent) for consent in signed] == [False, False, found]


def test_a_withdrawal_the_version_before_noted_holds_on_every_day_it_may_have_been(settings, zone):
    first_version(settings.folder)
    with sqlite3.connect(settings.folder / DATABASE) as db:
        db.execute("INSERT INTO withdrawals VALUES ('Sato', '2026-10-29')")  # of UTC
    db.close()
    zone("Asia/Tokyo")
    with Store(settings.folder) as store:
        days = [datetime.date(2026, 10, 29 + more) for more in range(3)]
        assert [store.in_force(CONSENT.model_copy(update={"date": day})) for day in days] == [
            False,
            False,
            True,
        ]


def test_tallies_and_exports_are_of_local_days(queue, settings, zone, tmp_path):
    # Where it is another day than in UTC just now.
    zone("Pacific/Kiritimati" if datetime.datetime.now(datetime.timezone.utc).hour >= 10 else "Etc/GMT+12")
    queue(doubtful(1), consent=CONSENT.model_copy(update={"date": datetime.date(2026, 10, 1)}))
    today = datetime.date.today().isoformat()
    with Store(settings.folder) as store:
        assert {day for day, *_ in store.tallies()} == {today}
        store.judge(1, "Tanaka", "sad")
        export(store, tmp_path / "out")
    (row,) = table(tmp_path / "out" / "faces" / "metadata.csv")
    assert row["session"] == today


def test_what_an_export_writes_is_private_and_starts_no_formula(queue, settings, tmp_path):
    queue(doubtful(1), consent=CONSENT, heard="=cmd|' /C calc'!A0")
    with Store(settings.folder) as store:
        store.judge(1, "+Tanaka", "sad", "@SUM(1)")
        export(store, tmp_path / "out")
    (row,) = table(tmp_path / "out" / "verdicts.csv")
    assert (row["reviewer"], row["note"]) == ("'+Tanaka", "'@SUM(1)")
    (row,) = table(tmp_path / "out" / "sound" / "metadata.csv")
    assert row["transcript"] == "'=cmd|' /C calc'!A0"
    for path in (tmp_path / "out").rglob("*"):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600)


def test_a_source_whose_name_is_no_utf_8_is_kept(queue, settings, edge):
    assert queue(doubtful(1, source="\udc83\udc65.mp4"), consent=CONSENT, heard="\ud83d") == []
    with Store(settings.folder) as store:
        (item,) = store.items()
    assert item.readings[0]["source"] == "\udc83\udc65.mp4"
    assert "\\udc83\\udc65.mp4" in edge("show", settings.folder, 1)[1]
