"""A recording as a source: any video, sound or picture file."""

from __future__ import annotations

import stat
import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType

from typing_extensions import Self

from edge.errors import MediaError
from edge.items import AudioChunk, Frame
from edge.recording.sealed import is_sealed, media_suffix
from edge.sources.recorded.part import CUT_S, FRAMES_PER_S, LARGEST_SIDE, Note, Part
from edge.sources.recorded.parts import Span, parts

__all__ = ["FRAMES_PER_S", "LARGEST_SIDE", "MEDIA", "MOVING", "RecordingSource", "recordings"]

_VIDEO = (
    ".3g2 .3gp .asf .avi .divx .dv .f4v .flv .m1v .m2t .m2ts .m2v .m4v .mjpeg .mjpg .mkv .mov .mp4 .mpe "
    ".mpeg .mpg .mts .mxf .ogm .ogv .qt .rm .rmvb .ts .vob .webm .wmv .wtv"
)
_SOUND = (
    ".aac .ac3 .aif .aifc .aiff .amr .ape .au .awb .bwf .caf .dts .eac3 .flac .gsm .m4a .m4b .m4r .mka .mp1 "
    ".mp2 .mp3 .mpa .oga .ogg .opus .qcp .rf64 .snd .spx .tta .voc .w64 .wav .weba .wma .wv"
)
_PICTURE = (
    ".apng .avif .bmp .dib .exr .gif .heic .heics .heif .hif .j2k .jfif .jp2 .jpe .jpeg .jpg .jxl .pbm .pgm "
    ".png .pnm .ppm .tga .tif .tiff .webp"
)
MOVING = frozenset(f"{_VIDEO} {_SOUND}".split())
"""Ends of file names of what lasts: films and sounds."""
MEDIA = MOVING | frozenset(_PICTURE.split())
"""File names taken for recordings when a folder is given."""
_OWN = frozenset({".csv", ".json", ".jsonl", ".toml"})
_NAMED = 3  # names of files passed over that are told


def recordings(path: Path, note: Note = lambda _: None) -> list[Path]:
    """The file itself, or the media files directly in a folder, sorted by name. Raises MediaError.

    note: told of what a folder holds besides: other files, and folders. Tables, settings and hidden files are
    passed over without a word.
    """
    try:
        kind = path.stat().st_mode
        if not stat.S_ISDIR(kind):
            return [path]
        inside = sorted(entry for entry in path.iterdir() if not entry.name.startswith("."))
        # A link to nowhere is kept: what is wrong with it is told when it is opened.
        folders = [entry for entry in inside if entry.is_dir()]
    except FileNotFoundError:
        raise MediaError.of("media_missing", path=path) from None
    except OSError as error:
        raise MediaError.of("media_unreadable", path=path, why=error.strerror or error) from None
    files = [entry for entry in inside if entry not in set(folders)]
    found = [file for file in files if media_suffix(file) in MEDIA]
    other = [file for file in files if media_suffix(file) not in MEDIA | _OWN]
    if not found:
        raise MediaError.of(
            "media_none", path=path, held=_names(inside) or MediaError.of("media_nothing_inside")
        )
    if other:
        note(MediaError.of("media_passed_over", path=path, count=len(other), names=_names(other)))
    if folders:
        note(MediaError.of("media_folders", path=path, count=len(folders), names=_names(folders)))
    return found


def _names(paths: list[Path]) -> str:
    shown = ", ".join(path.name for path in paths[:_NAMED])
    return f"{shown}, ..." if len(paths) > _NAMED else shown


class RecordingSource:
    """Sound and pictures of a file, each at its own time since the recording began, merged in order of time.

    Sound comes as mono float32 at `rate` hertz, pictures as upright RGB of square pixels. `realtime` paces
    them as live devices would; otherwise they come as fast as they decode. A still picture gives one Frame.
    Recordings joined in one file follow one another. It can be iterated once.

    note: told what is unusual about it though it is read: time stamps that jump, tracks that are not read.

    Raises MediaError: on opening, when there is nothing to read; and at the END of iterating, after all that
    decodes was given, when the recording turns out to be cut or damaged.
    """

    def __init__(self, path: Path, rate: int, realtime: bool = False, note: Note = lambda _: None) -> None:
        self.path = path
        self.rate = rate
        self.realtime = realtime
        self._tell = note
        self._noted: set[str] = set()
        self._part: Part | None = None
        self._spans: list[Span] = []  # of the parts to come

    def __enter__(self) -> Self:
        self._require_file()
        self._part = self._opened(None, 0.0)
        try:
            # An encrypted file is one that this package wrote: it is joined from nothing.
            spans = [] if is_sealed(self.path) else parts(self.path, self._part.form)
        except OSError as error:
            self._part.close()
            raise MediaError.of("media_unreadable", path=self.path, why=error.strerror or error) from None
        if len(spans) > 1:
            self._part.close()
            self._part = self._opened(spans[0], 0.0)
            self._spans = spans[1:]
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._part is not None:
            self._part.close()

    def __iter__(self) -> Iterator[AudioChunk | Frame]:
        began = time.monotonic()
        given, cut, failed = False, False, list[float]()
        for part in self._parts():
            for item in part.items():
                if self.realtime:
                    time.sleep(max(0.0, began + _end(item) - time.monotonic()))
                given = True
                yield item
            failed += part.failed_s
            cut = cut or part.cut
        if not given:
            raise MediaError.of("media_nothing", path=self.path)
        if part.stated_s - part.end_s > CUT_S:
            raise MediaError.of("media_cut_of", path=self.path, end=part.end_s, stated=part.stated_s)
        if cut:
            raise MediaError.of("media_cut", path=self.path, end=part.end_s)
        if failed:
            first, last = min(failed), max(failed)
            raise MediaError.of("media_damaged", path=self.path, first=first, last=last, count=len(failed))

    def _parts(self) -> Iterator[Part]:
        """The recordings in the file, each opened when the one before was read."""
        assert self._part is not None
        yield self._part
        if self._spans:
            values = {"count": len(self._spans) + 1, "at": self._part.end_s}
            self._note(MediaError.of("media_joined", path=self.path, **values))
        for span in self._spans:
            self._part.close()
            self._part = self._opened(span, self._part.end_s)
            yield self._part

    def _opened(self, span: Span | None, begins: float) -> Part:
        part = Part(self.path, span, begins, self.rate, self._note)
        try:
            part.open()
        except BaseException:
            part.close()
            raise
        return part

    def _require_file(self) -> None:
        """Raises MediaError for what is no file that holds something."""
        try:
            found = self.path.stat()
        except FileNotFoundError:
            raise MediaError.of("media_missing", path=self.path) from None
        except OSError as error:
            raise MediaError.of("media_unreadable", path=self.path, why=error.strerror or error) from None
        if stat.S_ISDIR(found.st_mode):
            raise MediaError.of("media_folder", path=self.path)
        if not stat.S_ISREG(found.st_mode):  # a pipe would be waited for
            raise MediaError.of("media_no_file", path=self.path)
        if not found.st_size:
            raise MediaError.of("media_empty", path=self.path)

    def _note(self, note: MediaError) -> None:
        """Tell it, once."""
        if note.key not in self._noted:
            self._noted.add(note.key)
            self._tell(note)


def _end(item: AudioChunk | Frame) -> float:
    return item.start + len(item.samples) / item.rate if isinstance(item, AudioChunk) else item.time
