"""A live camera that comes back: USB, network or CSI."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from types import TracebackType
from typing import Literal

import numpy as np
from typing_extensions import Self

from edge.errors import EdgeError, InputError
from edge.items import Bytes, Frame, Health
from edge.perception.view import hindrance
from edge.sources.devices.addresses import called, check_address
from edge.sources.devices.captures import Capture, open_capture
from edge.sources.devices.reasons import reason
from edge.sources.recorded.recording import FRAMES_PER_S, LARGEST_SIDE
from edge.words import Language

FREEZE_S = 2.0
"""A camera that sends nothing for this long is gone (seconds)."""
REPEAT_S = 5.0
"""A camera that sends the very same picture for this long is gone (seconds)."""
PROVE_S = 0.5
"""A camera just opened may by chance send the picture it was lost with: it has this long to send another."""
OPEN_S = 8.0
"""Longest wait for the first picture after opening began (seconds)."""
PAUSES_S = (0.25, 2.0)
"""First and longest pause between the beginnings of two attempts to open (seconds)."""
LOOK_S = 1.0
"""How often a picture is looked at for what hampers the view (seconds)."""
_RATE_S = 3.0  # health's frames a second are those of this long
_TICK_S = 0.1  # how soon a fault, or being left, is noticed
_LEAVE_S = 1.5  # longest wait for the threads when left
_STUCK = 3  # readers that hang; with so many no further attempt is made


class Camera:
    """Gives the pictures of a live camera, at most FRAMES_PER_S a second, RGB, stamped right after reading.

    `give` is called from one thread with each Frame, no larger than LARGEST_SIDE. address: a form that
    `check_address` knows; raises ConfigError for others. It is made, entered and left once.

    A camera is gone when it cannot be opened, read, sends nothing for FREEZE_S or one picture for REPEAT_S
    (a dark or covered one may: a closed shutter sends the same black). It is then opened anew until it is
    back. health().rate counts all it sends; pictures beyond FRAMES_PER_S are not wanted and no drops:
    `dropped` counts wanted ones that a newer one replaced before they were given.
    """

    def __init__(self, give: Callable[[Frame], None], address: str, language: Language = "en") -> None:
        """language: what is wrong is said in, as far as there are words for it."""
        check_address(address)
        self.address = address
        self._language = language
        self._give = give
        self._leaving = threading.Event()
        self._giver = threading.Thread(target=self._run, name="camera giver", daemon=True)
        self._readers: list[threading.Thread] = []
        self._repeats = _Repeats()
        # What follows is written by the giver alone, each field at once: health() may read at any time.
        self._box = _Box()
        self._state: Literal["opening", "running", "gone"] = "opening"
        self._given: float | None = None  # time of the newest frame given
        self._looked = float("-inf")
        self._warning = ""
        self._dropped = 0  # in boxes before this one
        self._ran = False
        self._reopened = 0
        self._error: EdgeError | None = None

    def __enter__(self) -> Self:
        self._giver.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._leaving.set()
        until = time.monotonic() + _LEAVE_S
        for thread in (self._giver, *self._readers):
            thread.join(max(0.0, until - time.monotonic()))

    def health(self) -> Health:
        """How it is doing now; cheap, from any thread."""
        now = time.monotonic()
        state, given, box = self._state, self._given, self._box
        return Health(
            name="camera",
            state=state,
            warning=self._warning if state == "running" else "",
            age_s=0.0 if given is None else now - given,
            rate=box.rate(now),
            dropped=self._dropped + box.dropped,
            reopened=self._reopened,
            error=self._error.told(self._language) if self._error else "",
            reason=reason(self._error, self._ran) if self._error and state == "gone" else "",
        )

    def _run(self) -> None:
        shortest, longest = PAUSES_S
        pause = shortest
        while not self._leaving.is_set():
            began = time.monotonic()
            error = self._watch(began)
            if self._leaving.is_set():
                return
            self._error, self._state = error, "gone"
            ended = time.monotonic()
            # Pauses count from the beginning: an attempt that hung has been pause enough.
            pause = shortest if ended - began > longest + FREEZE_S else min(2.0 * pause, longest)
            self._leaving.wait(max(shortest, began + pause - ended))

    def _watch(self, began: float) -> EdgeError:
        """Open the camera and give its pictures until it is left or lost; why it was lost."""
        self._readers = [reader for reader in self._readers if reader.is_alive()]
        if len(self._readers) >= _STUCK:
            return InputError.of("camera_hangs", address=called(self.address))
        self._dropped, self._box = self._dropped + self._box.dropped, _Box()
        box, self._looked = self._box, float("-inf")
        reader = threading.Thread(target=_read, args=(self.address, box), name="camera reader", daemon=True)
        self._readers.append(reader)
        reader.start()
        try:
            while not self._leaving.is_set():
                taken = box.take()
                error = box.error
                if taken is not None:
                    error = error or self._pass_on(*taken)
                silent = time.monotonic() - (box.newest or began)
                if not error and silent > (FREEZE_S if box.newest else OPEN_S):
                    error = InputError.of("camera_silent", address=called(self.address), seconds=silent)
                if error:
                    return error
            return InputError.of("camera_stopped", address=called(self.address))
        finally:
            box.left = True

    def _pass_on(self, moment: float, raw: Bytes) -> EdgeError | None:
        """Give a picture, unless it has been the same for too long; what is wrong with it then."""
        image = _rgb(raw)
        if moment - self._looked >= LOOK_S:
            self._looked = moment
            self._warning = hindrance(image)
        same_s = self._repeats.seconds(moment, raw)
        if same_s > REPEAT_S and self._warning not in ("dark", "covered"):
            if moment - self._box.first < PROVE_S:
                return None
            return InputError.of("camera_repeats", address=called(self.address))
        if self._state != "running":
            self._reopened += self._ran
            self._ran, self._state = True, "running"
        self._given = moment
        self._give(Frame(moment, image))
        return None


class _Box:
    """Holds the newest wanted picture between the thread that reads and the one that gives."""

    def __init__(self) -> None:
        self.first = 0.0  # when the first picture was read; 0: none yet
        self.newest = 0.0  # the same of the last
        self.dropped = 0
        self.error: EdgeError | None = None  # why reading ended
        self.left = False  # nobody wants more
        self._changed = threading.Condition()
        self._held: tuple[float, Bytes] | None = None
        self._due = float("-inf")  # when the next picture is wanted
        self._times: deque[float] = deque(maxlen=1000)

    def put(self, moment: float, image: Bytes) -> None:
        """Keep a picture if one is due."""
        with self._changed:
            self.first, self.newest = self.first or moment, moment
            self._times.append(moment)
            if moment >= self._due:
                self._due = max(self._due + 1.0 / FRAMES_PER_S, moment)
                self.dropped += self._held is not None
                self._held = (moment, image)
                self._changed.notify()

    def end(self, error: EdgeError) -> None:
        """Reading is over."""
        with self._changed:
            self.error = error
            self._changed.notify()

    def take(self) -> tuple[float, Bytes] | None:
        """The picture held; None when none came within a tick or reading is over."""
        with self._changed:
            self._changed.wait_for(lambda: self._held is not None or self.error, _TICK_S)
            taken, self._held = self._held, None
        return taken

    def rate(self, now: float) -> float:
        """Pictures read a second, over the last seconds."""
        with self._changed:
            recent = [moment for moment in self._times if moment > now - _RATE_S]
        # At least a second: what was held up before the first one comes all at once.
        return (len(recent) - 1) / max(1.0, now - recent[0]) if recent else 0.0


class _Repeats:
    """For how long a camera has been sending one picture: sensor noise makes real ones differ."""

    def __init__(self) -> None:
        self._last: Bytes | None = None
        self._since = 0.0

    def seconds(self, moment: float, raw: Bytes) -> float:
        """How long the picture has been this very one; opening the camera anew does not end that."""
        rows = raw[::8]
        if self._last is None or not np.array_equal(rows, self._last):
            self._last, self._since = rows.copy(), moment
        return moment - self._since


def _read(address: str, box: _Box) -> None:
    """Read pictures into a box until it is left. Runs in a thread of its own, which may hang."""
    capture: Capture | None = None
    try:
        capture = open_capture(address)
        while not box.left:
            image = capture.read()
            if image is not None:
                box.put(time.monotonic(), image)
    except EdgeError as error:
        box.end(error)
    except Exception as error:  # whatever OpenCV or a driver may raise: the camera is opened anew
        why = f"{type(error).__name__}: {' '.join(str(error).split())}"
        box.end(InputError.of("camera_failed", address=called(address), why=why))
    finally:
        if capture is not None:
            capture.close()


def _rgb(raw: Bytes) -> Bytes:
    """RGB [h, w, 3], no larger than LARGEST_SIDE, of BGR [h, w, 3] or BGRx [h, w, 4]."""
    import cv2

    image = cv2.cvtColor(raw, cv2.COLOR_BGRA2RGB if raw.shape[2] == 4 else cv2.COLOR_BGR2RGB)
    shrink = LARGEST_SIDE / max(image.shape[:2])
    if shrink < 1.0:
        height, width = image.shape[:2]
        size = (round(width * shrink), round(height * shrink))
        image = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    return np.asarray(image, np.uint8)
