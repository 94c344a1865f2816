"""`edge record`: from the settings to clips in the folder of the site."""

from __future__ import annotations

import platform
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from types import TracebackType

from typing_extensions import Self

from edge.app import Reader, live_source, starter_bundle
from edge.audit.chain import audit_of
from edge.bundle.folder import Bundle, open_bundle
from edge.config import Site
from edge.consent.given import subject_of
from edge.errors import EdgeError, InputError
from edge.items import LIVE, AudioChunk, Frame, Reading, Tick
from edge.perception.speech import RATE
from edge.policy.rules import ask
from edge.recording.clips import cut, require_readable
from edge.recording.guard import NO_CONSENT, ConsentGuard, Space, scopes_of
from edge.recording.keys import Secret, secret_from
from edge.recording.meter import QualityMeter
from edge.recording.panel.front import Front, name_undrawable
from edge.recording.recorder import Plan, Recorder, Trigger
from edge.recording.script import read_script
from edge.recording.session import Facts, Session, new_name, sessions, sweep
from edge.sources.devices.addresses import shown as shown_address
from edge.sources.devices.live import LiveSource
from edge.system.disk import reason
from edge.system.private import make_private, open_private
from edge.watch import stopping
from edge.words import word

if sys.platform != "win32":
    import fcntl

LOCK = ".lock"
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class RecordOptions:
    """What the command line asks for."""

    subjects: tuple[str, ...]
    script: Path | None = None
    minutes: float | None = None
    headless: bool = False
    trigger: bool = False


def record(site: Site, options: RecordOptions, say: Say) -> None:
    """Record until somebody ends it, then cut clips. Raises EdgeError, also for what ended it early."""
    language = site.language
    ask(site, "record", language, say)
    assert site.policy is not None  # else it was refused
    scopes = scopes_of(site)
    if not scopes:
        raise InputError.of("no_devices")
    options = replace(options, subjects=tuple(dict.fromkeys(map(subject_of, options.subjects))))
    consents = ConsentGuard(site.policy.consents, options.subjects, scopes)
    numbers = consents.require()
    bundle = open_bundle(site.bundle or starter_bundle())
    script = read_script(options.script, bundle.manifest.full_labels, language) if options.script else []
    secret = secret_of(site, say)
    with _alone(site):
        recover(site, secret, bundle, say)
        space = Space(site.record.folder, site.record.quota_gb)
        space.require()
        trigger = Trigger(site.record.before_s, site.record.after_s) if options.trigger else None
        most = 60.0 * options.minutes if options.minutes else float("inf")
        meter = QualityMeter(bundle.path("face_detector.onnx"))
        plan = Plan(consents, space, secret, meter, tuple(script), trigger, most)
        name_undrawable(plan.script, language, say)
        recorder = _recorded(site, options, bundle, plan, numbers, say)
        _finish(site, recorder, bundle, say)


def recover(site: Site, secret: Secret | None, bundle: Bundle, say: Say) -> int:
    """Cut what earlier recordings left; how many sessions. What cannot be cut is named and stays."""
    language, count = site.language, 0
    sweep(site.record.folder)
    for folder in sessions(site.record.folder):
        try:
            session = Session.opened(folder)
        except InputError as error:
            if not any(folder.iterdir()):
                folder.rmdir()  # power was cut before anything was written
                continue
            say(error.told(language))
            continue
        if not session.segments():
            session.delete()
            continue
        if session.facts.cut:
            continue
        say(word("record_recovers", language, session=session.facts.session))
        try:
            require_readable(session, secret)
            _still_consented(site, session)
            _cut(site, session, secret, bundle, say)
            count += 1
        except EdgeError as error:
            say(word("record_left_over", language, session=session.facts.session, why=error.told(language)))
    return count


def recover_alone(site: Site, say: Say) -> int:
    """What `edge record --recover` does: as `recover`, with nothing recorded after it. Raises EdgeError."""
    ask(site, "record", site.language, say)
    with _alone(site):
        return recover(site, secret_of(site, say), open_bundle(site.bundle or starter_bundle()), say)


def secret_of(site: Site, say: Say) -> Secret | None:
    """The site's secret; None where its settings say that nothing is encrypted. Raises InputError."""
    if not site.record.encrypt:
        say(word("record_plain_said", site.language))
        return None
    return secret_from(site.record.key_file, ask=True, again=not sessions(site.record.folder))


@contextmanager
def _alone(site: Site) -> Iterator[None]:
    """The folder of recordings, made and held: two recordings at once would cut each other's sessions."""
    folder = site.record.folder
    try:
        make_private(folder)
        file = open_private(folder / LOCK, "a")
    except OSError as error:
        raise InputError.of("record_folder", path=folder, why=reason(error)) from error
    with file:
        if sys.platform != "win32":
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                raise InputError.of("record_busy", path=folder) from None
        yield


def _recorded(
    site: Site, options: RecordOptions, bundle: Bundle, plan: Plan, consents: Sequence[int], say: Say
) -> Recorder:
    with ExitStack() as stack:
        front = Front(
            bundle.manifest.full_labels,
            site.language,
            say,
            headless=options.headless,
            full_screen=site.display.full_screen,
        )
        reader = stack.enter_context(Reader(site, realtime=True, say=say)) if plan.trigger else None
        source = live_source(site, RATE, front.tell)
        stack.enter_context(stopping(source.stop))
        stack.enter_context(front)
        stack.enter_context(source)
        session = _begun(site, options.subjects, consents)
        recorder = Recorder(session, time.monotonic(), plan, front.tell, site.language)
        tee = Tee(source, recorder, front)
        if reader:
            events = reader.rules.settings.events or {}
            labels = reader.bundle.manifest.labels
            reader.pipeline().run(tee, LIVE, [_Interest(events, labels, recorder)])
        else:
            for _ in tee:
                pass
        recorder.close()
    return recorder


def _begun(site: Site, subjects: tuple[str, ...], consents: Sequence[int]) -> Session:
    settings, now = site.record, datetime.now().astimezone()
    facts = Facts(
        session=new_name(settings.folder, now),
        began=now.isoformat(timespec="milliseconds"),
        subjects=subjects,
        scopes=scopes_of(site),
        consents=tuple(consents),
        device=settings.device or platform.node(),
        microphone="" if site.microphone == "off" else site.microphone,
        camera="" if site.camera == "off" else shown_address(site.camera),
        place=settings.place,
        shift=settings.shift,
        distance_m=settings.distance_m,
        sealed=settings.encrypt,
    )
    try:
        return Session.begin(settings.folder, facts)
    except OSError as error:
        raise InputError.of("record_folder", path=settings.folder, why=reason(error)) from error


def _finish(site: Site, recorder: Recorder, bundle: Bundle, say: Say) -> None:
    """Cut the session, note it in the audit, say what came of it. Raises what ended it early."""
    language, session, ended = site.language, recorder.session, recorder.ended
    if recorder.withdrawn:
        _audit(site, "deleted", session)
        assert ended is not None
        raise InputError.of("record_withdrawn", why=ended)
    name, minutes = session.facts.session, recorder.recorded_s / 60
    if not session.segments():
        session.delete()
        say(word("record_nothing", language, session=name))
    else:
        say(word("record_cutting", language, session=name))
        _still_consented(site, session)
        clips = _cut(site, session, recorder.plan.secret, bundle, say)
        values = {"session": name, "minutes": minutes, "clips": clips}
        say(word("record_closed", language, path=site.record.folder, **values))
    if ended is not None:
        raise ended


def _cut(site: Site, session: Session, secret: Secret | None, bundle: Bundle, say: Say) -> int:
    folder, language = site.record.folder, site.language
    try:
        clips = cut(
            session, folder, secret, bundle.path("face_detector.onnx"), lambda e: say(e.told(language))
        )
    except OSError as error:
        raise InputError.of("record_write", path=folder, why=reason(error)) from error
    _audit(site, "recorded", session, clips=clips)
    return clips


def _still_consented(site: Site, session: Session) -> None:
    """Raises InputError where a consent of a session is no longer in force: it is deleted then."""
    facts = session.facts
    assert site.policy is not None
    try:
        ConsentGuard(site.policy.consents, facts.subjects, facts.scopes).require()
    except InputError as error:
        if error.key != NO_CONSENT:
            raise
        session.discard()
        _audit(site, "deleted", session)
        raise InputError.of("record_withdrawn", why=error) from error


def _audit(site: Site, event: str, session: Session, **facts: int) -> None:
    if audit := audit_of(site):
        subjects = " ".join(audit.hashed(subject) for subject in session.facts.subjects)
        audit.append(event, session=session.facts.session, subjects=subjects, **facts)


class Tee:
    """What a source gives, taken by the recorder on the way; ends when recording is over."""

    def __init__(self, source: LiveSource, recorder: Recorder, front: Front) -> None:
        self._source, self._recorder, self._front = source, recorder, front

    def __iter__(self) -> Iterator[AudioChunk | Frame | Tick]:
        for item in self._source:
            self._recorder.take(item)
            self._front.turn(self._recorder, self._source.health)
            if self._recorder.over:
                return
            yield item


class _Interest:
    """A sink: a reading in which an event of the bundle is above its threshold fires the trigger."""

    def __init__(self, events: dict[str, float], labels: Sequence[str], recorder: Recorder) -> None:
        self._events = {labels.index(name): least for name, least in events.items() if name in labels}
        self._recorder = recorder

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        pass

    def write(self, reading: Reading) -> None:
        shares = reading.probabilities
        if shares is not None and any(shares[index] >= least for index, least in self._events.items()):
            self._recorder.fire(reading.time)
