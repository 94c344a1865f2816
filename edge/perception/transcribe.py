"""Speech to text, and how far the text can be trusted. No recogniser ships: the site names a folder."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from pathlib import Path
from threading import Lock, Thread
from types import TracebackType
from typing import Any

from typing_extensions import Self

from edge.errors import ConfigError, InputError, MissingExtraError
from edge.interfaces import Transcriber
from edge.items import Floats, Transcript
from edge.reading.stages import TranscriptSource
from edge.words import Language, word

RATE = 16000
"""The sample rate every recogniser here wants (hertz)."""
UNKNOWN = 0.5
"""Confidence of a text whose recogniser says nothing of it (sherpa-onnx: SenseVoice and Whisper)."""
PAUSES_S = (10.0, 600.0)
"""First and longest pause before a recogniser that failed is asked again (seconds of what is heard)."""
_CTRANSLATE2 = ("model.bin", "tokenizer.json")
_SHERPA: Mapping[str, Mapping[str, str]] = {
    "transducer": {
        "encoder": "*encoder*.onnx",
        "decoder": "*decoder*.onnx",
        "joiner": "*joiner*.onnx",
        "tokens": "*tokens.txt",
    },
    "whisper": {"encoder": "*encoder*.onnx", "decoder": "*decoder*.onnx", "tokens": "*tokens.txt"},
    "sense_voice": {"model": "model*.onnx", "tokens": "tokens.txt"},
}
_SETTINGS: Mapping[str, Mapping[str, Any]] = {
    "transducer": {},
    "whisper": {"language": ""},  # empty: the model finds it out
    "sense_voice": {"use_itn": True},
}


def transcriber(folder: Path) -> Transcriber:
    """The recogniser that reads the weights in a folder. Raises ConfigError when there are none."""
    if not folder.is_dir():
        raise ConfigError.of("asr_no_folder", folder=folder)
    if all((folder / name).is_file() for name in _CTRANSLATE2):
        return WhisperTranscriber(folder)
    _sherpa_files(folder)
    return SherpaTranscriber(folder)


class WhisperTranscriber:
    """Whisper through faster-whisper (extra `asr`), INT8 on one CPU thread.

    folder: a CTranslate2 model: model.bin, config.json, tokenizer.json, vocabulary.txt or .json.
    Raises MissingExtraError and ConfigError on entering.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._model: Any = None

    def __enter__(self) -> Self:
        try:
            from faster_whisper import WhisperModel
        except ImportError:
            raise MissingExtraError("faster-whisper", "asr") from None
        try:
            self._model = WhisperModel(
                str(self.folder), device="cpu", compute_type="int8", cpu_threads=1, local_files_only=True
            )
        except Exception as error:  # a damaged file raises whatever the parser of that file raises
            raise _broken(self.folder, error) from None
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._model = None

    def transcribe(self, samples: Floats, start: float, rate: int) -> Transcript | None:
        """Confidence: the mean probability of a token, exp of the mean log-probability. Raises InputError."""
        _check_rate(rate)
        # One pass and no memory: retries at higher temperatures and the last text make windows take longer.
        segments, _ = self._model.transcribe(
            samples, beam_size=1, temperature=0.0, condition_on_previous_text=False, without_timestamps=True
        )
        said = [(part.text.strip(), part.avg_logprob, len(part.tokens)) for part in segments]
        text = " ".join(words for words, _, _ in said if words)
        if not text:
            return None
        total = sum(mean * count for _, mean, count in said) / max(1, sum(count for _, _, count in said))
        return Transcript(text, _probability(total), start, start + len(samples) / rate)


class SherpaTranscriber:
    """SenseVoice, a Zipformer transducer or Whisper through sherpa-onnx (extra `asr`), on one CPU thread.

    folder, as the project's releases come: transducer: encoder, decoder and joiner .onnx; Whisper: encoder
    and decoder .onnx; SenseVoice: model.onnx; and tokens.txt in each. INT8 files are taken first. Streaming
    models are not read. Only transducers say how sure they are; for the others it is UNKNOWN.
    Raises MissingExtraError and ConfigError on entering.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._recogniser: Any = None

    def __enter__(self) -> Self:
        kind, found = _sherpa_files(self.folder)
        try:
            from sherpa_onnx import OfflineRecognizer
        except ImportError:
            raise MissingExtraError("sherpa-onnx", "asr") from None
        _check_metadata(kind, found)
        make = getattr(OfflineRecognizer, f"from_{kind}")
        try:
            files = {name: str(path) for name, path in found.items()}
            self._recogniser = make(**files, **_SETTINGS[kind], num_threads=1)
        except Exception as error:  # ONNX Runtime's errors arrive without a type of their own
            raise _broken(self.folder, error) from None
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._recogniser = None

    def transcribe(self, samples: Floats, start: float, rate: int) -> Transcript | None:
        """Confidence: the mean probability of a token, exp of the mean log-probability. Raises InputError."""
        _check_rate(rate)
        stream = self._recogniser.create_stream()
        stream.accept_waveform(rate, samples)
        self._recogniser.decode_stream(stream)
        result = stream.result
        text = result.text.strip()
        if not text:
            return None
        logs = list(result.ys_log_probs)
        confidence = _probability(sum(logs) / len(logs)) if logs else UNKNOWN
        return Transcript(text, confidence, start, start + len(samples) / rate)


class SteadyTranscriber:
    """A recogniser whose errors cost the text of the windows they last for, nothing else.

    What fails is tried again after growing pauses of the time that is heard. say: gets one line when it
    begins to fail and one when it works again.
    """

    def __init__(
        self, recogniser: Transcriber, say: Callable[[str], None], language: Language = "en"
    ) -> None:
        self._recogniser, self._say, self._language = recogniser, say, language
        self._failed: float | None = None  # start of the sound that failed last; None: it works
        self._pause = PAUSES_S[0]

    def transcribe(self, samples: Floats, start: float, rate: int) -> Transcript | None:
        """What is said; None while it fails as well. Never raises."""
        # What is heard earlier than the failure is another recording: it is tried.
        if self._failed is not None and 0.0 <= start - self._failed < self._pause:
            return None
        try:
            said = self._recogniser.transcribe(samples, start, rate)
        except Exception as error:  # whatever a recogniser raises
            if self._failed is None:
                why = error.told(self._language) if isinstance(error, InputError) else _line(error)
                self._say(word("asr_failed", self._language, why=why))
                self._pause = PAUSES_S[0]
            else:
                self._pause = min(2.0 * self._pause, PAUSES_S[1])
            self._failed = start
            return None
        if self._failed is not None:
            self._failed = None
            self._say(word("asr_again", self._language))
        return said


class BackgroundTranscriber:
    """Never keeps a reading waiting: takes what is heard and gives the newest transcript that is ready.

    What is heard lies in a box for one, where the newest wins, until a thread has time for it. Make a new
    one for each recording.
    """

    def __init__(self, recogniser: TranscriptSource) -> None:
        """recogniser: one that never raises, as a SteadyTranscriber is."""
        self._recogniser = recogniser
        self._lock = Lock()
        self._box: tuple[Floats, float, int] | None = None
        self._working = False
        self._ready: Transcript | None = None

    def transcribe(self, samples: Floats, start: float, rate: int) -> Transcript | None:
        """The newest transcript that is ready, of sound heard earlier."""
        with self._lock:
            self._box = (samples, start, rate)
            if not self._working:
                self._working = True
                Thread(target=self._work, name="transcripts", daemon=True).start()
            return self._ready

    def _work(self) -> None:
        while True:
            with self._lock:
                if self._box is None:
                    self._working = False
                    return
                heard, self._box = self._box, None
            said = self._recogniser.transcribe(*heard)
            with self._lock:
                self._ready = said


def _sherpa_files(folder: Path) -> tuple[str, dict[str, Path]]:
    """Which kind of model lies in a folder and where its parts are, the largest kind first."""
    for kind, patterns in _SHERPA.items():
        found = {}
        for part, pattern in patterns.items():
            files = sorted(file for file in folder.glob(pattern) if file.is_file() and file.stat().st_size)
            if files:
                found[part] = min(files, key=lambda file: ".int8." not in file.name)
        if len(found) == len(patterns):
            return kind, found
    raise ConfigError.of("asr_none", folder=folder)


def _check_metadata(kind: str, found: Mapping[str, Path]) -> None:
    """sherpa-onnx ends the whole process, without an exception, when a model lacks what it looks for."""
    import onnx
    from google.protobuf.message import DecodeError

    path = found.get("model") or found["encoder"]
    try:
        properties = onnx.load(str(path), load_external_data=False).metadata_props
    except DecodeError as error:
        raise _broken(path, error) from None
    noted = {entry.key: entry.value for entry in properties}
    name = noted.get("model_type", "")
    if kind != "transducer" and kind.replace("_", "") not in name.replace("_", ""):
        found_kind = name or ConfigError.of("asr_no_kind")
        raise ConfigError.of("asr_kind", path=path, found=found_kind, kind=kind)
    if "decode_chunk_len" in noted:
        raise ConfigError.of("asr_streaming", path=path)


def _check_rate(rate: int) -> None:
    if rate != RATE:
        raise InputError.of("asr_rate", needed=RATE, rate=rate)


def _probability(log: float) -> float:
    return min(1.0, math.exp(min(0.0, log)))


def _broken(path: Path, error: Exception) -> ConfigError:
    return ConfigError.of("asr_broken", path=path, why=_line(error))


def _line(error: Exception) -> str:
    return next(iter(str(error).splitlines()), "") or type(error).__name__
