"""A site folder with three people in every place a site keeps people, and a search of all its bytes."""

import csv
import io
import json
import sqlite3
import tarfile
import unicodedata
import zipfile
from datetime import date, datetime, timedelta
from fractions import Fraction

import av
import numpy as np

from edge.audit.chain import Audit
from edge.bundle.site import person_digest
from edge.bundle.tiny import write_tiny_bundle
from edge.consent.store import SCOPES, Consents
from edge.forget.traces import SHORT_DIGEST
from edge.recording.keys import Secret
from edge.recording.sealed import open_media, write_sealed
from edge.review.media_folder import MediaFolder
from edge.review.store import Store, stamp

KEY = bytes(range(32))
NAMES = {"S01": "佐藤 葵", "S02": "Tanaka Ken", "S03": "鈴木 翼"}
SETTINGS = """# Line 3
microphone = "default"
[policy]
operator = "Example Works"
contact = "extension 1234"
place = "Line 3"
region = "jp"
purpose = "Noticing a worker in danger"
purpose_kind = "safety"
people = ["worker"]
risk_assessment = "RA-1"
retention_days = 30
media = true
{policy}
[review]
folder = "review"
[review.consent]
who = ["S01", "S02"]
date = 2026-11-20
scope = ["face", "sound"]
[display]
language = "en"
"""
COLUMNS = ["file_name", "speaker", "session", "recorded", "seconds", "emotion", "transcript", "subjects"]
COLUMNS += ["consent", "faces", "split"]
SHADES = {"S01": 40, "S02": 120, "S03": 200}


def voices(demo, folder):
    """Sound of three people, [n] at 16 kHz: real speech of as many people where it is there, else of one."""
    from calibration.data.recordings import load_sound

    clips = sorted((folder.parent / "ravdess").rglob("*.opus")) if folder.is_dir() else []
    if len(clips) > 900:
        return {who: load_sound(clips[i], 16000)[:32000] for who, i in zip(NAMES, (3, 200, 700), strict=True)}
    whole = load_sound(demo, 16000)
    return {who: whole[i * 32000 : (i + 1) * 32000] * (0.5 + 0.1 * i) for i, who in enumerate(NAMES)}


def encoded(suffix, sound=None, pictures=()):
    """A recording as bytes."""
    out = io.BytesIO()
    with av.open(out, "w", format={"flac": "flac", "mkv": "matroska"}[suffix]) as container:
        if sound is not None:
            stream = container.add_stream("flac", rate=16000, layout="mono")
            stream.codec_context.format = "s16"
            samples = np.ascontiguousarray((sound * 32767).astype(np.int16)[None])
            frame = av.AudioFrame.from_ndarray(samples, "s16", "mono")
            frame.rate, frame.pts, frame.time_base = 16000, 0, Fraction(1, 16000)
        if len(pictures):
            film = container.add_stream("mpeg4", rate=5, width=96, height=96)
            film.pix_fmt = "yuv420p"
        packets = [*stream.encode(frame), *stream.encode(None)] if sound is not None else []
        for i, picture in enumerate(pictures):
            shown = av.VideoFrame.from_ndarray(picture, "rgb24").reformat(format="yuv420p")
            shown.pts, shown.time_base = i, Fraction(1, 5)
            packets += film.encode(shown)
        packets += film.encode(None) if len(pictures) else []
        for packet in packets:
            container.mux(packet)
    return out.getvalue()


def faces(demo, who):
    """A few frames of a face, other for each person."""
    with av.open(str(demo)) as container:
        frames = []
        for i, frame in enumerate(container.decode(video=0)):
            if i >= SHADES[who] // 2 + 3:
                break
            if i >= SHADES[who] // 2:
                picture = frame.reformat(96, 96, "rgb24").to_ndarray()
                frames.append(np.clip(picture.astype(np.int16) + SHADES[who] - 120, 0, 255).astype(np.uint8))
    return frames


class Made:
    """The site, and what must be found of each person before and after."""

    def __init__(self, folder, demo, media, sealed=True):
        self.folder, self.settings = folder, folder / "site.toml"
        self.sealed = sealed
        self.plain = {who: [] for who in NAMES}  # bytes of media, by whose they are
        self.names = {who: set() for who in NAMES}  # of files
        self.rows = []
        for name in ("recordings/clips", "labels", "reports", "review", "shadow", "bundles"):
            (folder / name).mkdir(parents=True)
        policy = f'audit_keys = "{folder.parent / "keys"}"'
        self.settings.write_text(SETTINGS.format(policy=policy), encoding="utf-8")
        self._consents()
        sounds = voices(demo, media)
        for i, who in enumerate(NAMES):
            for take in range(2):
                self._clip(
                    who, f"20261125-0{i}0000_00000{take}000.flac", encoded("flac", sounds[who][take * 9000 :])
                )
            self._clip(who, f"20261125-0{i}0000_000009000.mkv", encoded("mkv", sounds[who], faces(demo, who)))
        both = {"subjects": "S01 S02", "session": "20261126-100000"}
        film = encoded("mkv", sounds["S01"][::-1] * 0.9, [*faces(demo, "S01"), *faces(demo, "S02")])
        self._clip("S01", "20261126-100000_000000000.mkv", film, speaker="", faces="2", **both)
        alone = encoded("mkv", sounds["S02"][::-1] * 0.8, faces(demo, "S02"))
        self._clip("S02", "20261126-100000_000004000.mkv", alone, speaker="S02", faces="1", **both)
        self._session(sounds)
        self._table()
        self._labels()
        self._review(sounds, demo)
        self._rest(demo)

    def _consents(self):
        with Consents(self.folder / "consent.sqlite") as consents:
            for who, name in NAMES.items():
                consents.add(who, SCOPES, "Aoki", date(2026, 11, 20), name=name)

    def _clip(self, who, name, data, **cells):
        self.plain[who].append(data)
        self.names[who].add(name)
        place = f"clips/{name}" + (".sealed" if self.sealed else "")
        path = self.folder / "recordings" / place
        self._write(path, data)
        self.plain[who] += [path.read_bytes()] if self.sealed else []
        row = dict.fromkeys(COLUMNS, "") | {"file_name": place, "speaker": who, "subjects": who, "faces": "1"}
        row |= {"session": name[:15], "recorded": recorded(name), "emotion": "happy", "split": "calibration"}
        self.rows.append(row | {"transcript": "今日はいい天気です", "consent": "1 2"} | cells)

    def _write(self, path, data):
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.name.endswith(".sealed"):
            write_sealed(path, data, Secret(KEY))
        else:
            path.write_bytes(data)

    def _session(self, sounds):
        folder = self.folder / "recordings" / "sessions" / "20261127-080000"
        folder.mkdir(parents=True)
        data = encoded("flac", sounds["S01"] * 0.7 + sounds["S02"] * 0.2)
        self.plain["S01"].append(data)
        self._write(folder / ("000000.mka.sealed" if self.sealed else "000000.mka"), data)
        facts = {"session": folder.name, "began": "2026-11-27T08:00:00+09:00", "subjects": ["S01", "S02"]}
        (folder / "session.json").write_text(json.dumps(facts))

    def _table(self):
        with (self.folder / "recordings" / "metadata.csv").open(
            "w", newline="", encoding="utf-8-sig"
        ) as file:
            table = csv.DictWriter(file, COLUMNS)
            table.writeheader()
            table.writerows(self.rows)

    def _labels(self):
        from edge.bundle.folder import sha256

        told = ["annotation,file_name,clip,rater,label,note\r\n"]
        tasks = []
        studio = self.folder / "label-studio" / "one"
        for number, row in enumerate(self.rows, 1):
            path = self.folder / "recordings" / row["file_name"]
            clip = sha256(path)[:SHORT_DIGEST]
            for rater in ("R1", "R2", "R3"):
                told.append(f'{number}{rater},{row["file_name"]},{clip},{rater},happy,"said, twice"\r\n')
            copy = f"media/{number:05d}.{'mkv' if 'mkv' in row['file_name'] else 'flac'}"
            with open_media(path, Secret(KEY)) as source:
                self._write(studio / copy, source.read())
            tasks.append({"id": number, "data": {"audio": f"/data/local-files/?d={copy}", "clip": clip}})
        (self.folder / "labels" / "labels.csv").write_text("".join(told), encoding="utf-8-sig", newline="")
        (studio / "tasks-audio.json").write_text(json.dumps(tasks, indent=1))
        done = [task | {"annotations": [{"id": 1, "result": []}]} for task in tasks]
        (self.folder / "labels" / "export.json").write_text(json.dumps(done))
        disputed = "".join(f"{row['file_name']}\t0.9\n" for row in self.rows)
        (self.folder / "labels" / "disputed.tsv").write_text("file_name\tdisagreement\n" + disputed)

    def _review(self, sounds, demo):
        with Store(self.folder / "review", make=True) as store:
            media = MediaFolder(store.folder / "media", store.read("SELECT id FROM queue")[0][0])
            media.claim()
            with store.change() as db:
                for i, who in enumerate((["S01", "S02"], ["S03"])):
                    data = encoded("flac", sounds[who[0]] * 0.6)
                    name = f"{i:016x}.wav"
                    media.write(name, data)
                    self.plain[who[0]].append(data)
                    consent = json.dumps({"who": who, "date": "2026-11-20", "scope": ["sound"]})
                    row = (
                        i + 1,
                        stamp(),
                        stamp(30),
                        "live",
                        "b",
                        "0" * 64,
                        "sad",
                        consent,
                        name,
                        "what was said",
                    )
                    db.execute(
                        "INSERT INTO items (id, made, expires, source, bundle, bundle_sha256, label, "
                        "consent, sound, words) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                        row,
                    )
                    reading = json.dumps({"time": 1.0, "probabilities": {"sad": 1.0}, "margin": 0.1})
                    db.execute("INSERT INTO readings VALUES (?, 1.0, ?)", (i + 1, reading))
                    db.executemany("INSERT OR IGNORE INTO consents VALUES (?)", [(one,) for one in who])

    def _rest(self, demo):
        folder = self.folder
        files = [row["file_name"] for row in self.rows]
        readings = [{"source": name.rpartition("/")[2], "label": "happy", "person": None} for name in files]
        text = "".join(json.dumps(one) + "\n" for one in [*readings, {"source": "live", "label": "sad"}])
        (folder / "shadow" / "readings-20261126-001.jsonl").write_text(text)
        events = "開始,終了,内容,氏名\r\n10:00,10:05,呼び止めた,佐藤葵\r\n11:00,11:05,停止,鈴木 翼\r\n"
        (folder / "shadow" / "events.csv").write_bytes(events.encode("cp932"))
        people = [{"name": who, "hours": 1.0} for who in NAMES]
        (folder / "reports" / "coverage.json").write_text(json.dumps({"people": people}))
        (folder / "reports" / "agreement.json").write_text(json.dumps({"alpha": 0.61}))
        page = '<html><img src="data:image/png;base64,iVBORw0KGgo="></html>'
        (folder / "reports" / "evaluation.html").write_text(page)
        (folder / "split.txt").write_text("".join(f"{name}\n" for name in files))
        (folder / "notes.md").write_text(
            "S01 (佐藤 葵) speaks softly. S03 and S011 do not.\n", encoding="utf-8"
        )
        work = folder / "bundles" / "site.work"
        work.mkdir()
        np.savez(work / "features.npz", **{"0": np.ones(4)})
        for name in ("faces/0123.npy", "heldout/vision/films/faces/00000.png"):  # faces cut from films
            (work / name).parent.mkdir(parents=True)
            self._write(work / (f"{name}.sealed" if self.sealed else name), b"a face" * 100)
        np.savez(folder / "speakers.npz", speaker=np.array(list(NAMES)), values=np.ones(3))
        mine = folder / "recordings" / self.rows[0]["file_name"]
        with zipfile.ZipFile(folder / "copy.zip", "w") as archive:
            archive.write(mine, "1.bin")
        with tarfile.open(folder / "old.tar", "w") as archive:
            archive.add(folder / "labels" / "disputed.tsv", "disputed.tsv")
        with zipfile.ZipFile(folder / "other.zip", "w") as archive:
            archive.writestr("readme.txt", "nobody")
        for name, people in (("site", NAMES), ("two", ["S02", "S03"])):
            bundle = write_tiny_bundle(folder / "bundles" / name).folder / "bundle.json"
            manifest = json.loads(bundle.read_bytes())
            told = {"recordings": {"people": [person_digest(who) for who in people]}}
            bundle.write_text(json.dumps(manifest | {"site": told}))

    def audit(self):
        return Audit(self.folder / "audit", self.folder.parent / "keys")


def recorded(name):
    """Local time of a session, ISO 8601."""
    return datetime.strptime(name[:15], "%Y%m%d-%H%M%S").astimezone().isoformat()


def aged(made, who, days):
    """Make all rows of a person older."""
    for row in made.rows:
        if row["speaker"] == who:
            began = datetime.fromisoformat(row["recorded"]) - timedelta(days=days)
            row["recorded"] = began.isoformat()
    made._table()


def traces_left(made, who):
    """Where anything of a person is in any file of the site: names, pseudonym, media, also packed ones."""
    words = [who, *made.names[who], *(name.partition(".")[0] for name in made.names[who])]
    words += [NAMES[who], NAMES[who].replace(" ", "")]
    names = [
        form.encode(encoding, "ignore")
        for word in words
        for form in {unicodedata.normalize("NFC", word), unicodedata.normalize("NFD", word)}
        for encoding in ("utf-8", "utf-16-le", "utf-32-le", "cp932")
    ]
    escaped = [json.dumps(word)[1:-1].encode() for word in words]
    needles = {name for name in [*names, *escaped] if len(name) > 2}
    others = [data for one, own in made.plain.items() if one != who for data in own]
    probes = {
        probe
        for data in made.plain[who]
        for at in range(64, len(data) - 48, max(1, len(data) // 40))
        if len(set(probe := data[at : at + 48])) > 20 and not any(probe in other for other in others)
    }
    assert len(probes) > 50
    found = []
    for path in sorted(made.folder.rglob("*")):
        if not path.is_file():
            continue
        if any(word in str(path.relative_to(made.folder)) for word in words):
            found.append((path, "name"))
        for place, data in contents(path):
            for needle in needles:
                at = data.find(needle)
                while at >= 0:
                    if needle != who.encode() or not around(data, at, len(needle)):
                        found.append((place, needle))
                        break
                    at = data.find(needle, at + 1)
            found += [(place, "media") for probe in probes if probe in data]
    return found


def around(data, at, length):
    """Whether a short pseudonym is part of a longer word, or stands in bytes that are no text."""
    near = data[max(0, at - 1) : at] + data[at + length : at + length + 1]
    if any(chr(byte).isalnum() and byte < 128 for byte in near):
        return True
    wide = data[max(0, at - 6) : at + length + 6]
    return sum(32 <= byte < 127 or byte in b"\r\n\t" for byte in wide) < 0.7 * len(wide)


def contents(path):
    """The bytes of a file, of what is packed in it, and of media decrypted."""
    data = path.read_bytes()
    yield path, data
    if path.suffix in (".zip", ".npz"):
        with zipfile.ZipFile(path) as archive:
            for name in archive.namelist():
                yield path, name.encode() + archive.read(name)
    if path.suffix == ".tar":
        with tarfile.open(path) as archive:
            for one in archive.getmembers():
                yield path, one.name.encode() + (archive.extractfile(one).read() if one.isfile() else b"")
    if path.suffix == ".sealed":
        with open_media(path, Secret(KEY)) as file:
            yield path, file.read()
    if path.suffix in (".db", ".sqlite"):
        with sqlite3.connect(path) as db:
            yield path, "\n".join(db.iterdump()).encode()
        db.close()
