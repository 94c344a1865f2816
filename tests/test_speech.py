"""Speech is told from noise, measured in step with time, and scored once."""

from pathlib import Path

import numpy as np
import pytest
from conftest import MEDIA

from calibration.judge.speech_trial import held_out_clips, measure_detection, table
from edge.errors import DatasetError, InputError
from edge.items import AudioChunk
from edge.perception.speech import (
    CHUNK,
    LOUD_DB,
    RATE,
    Speech,
    SpeechDetector,
    _stretches,
    speech_in,
    spoken_chunks,
)
from edge.reading.windows import Windower
from edge.sources.recorded.recording import RecordingSource

DATA = MEDIA.parent
DEMO = Path(__file__).parents[1] / "edge" / "assets" / "demo.mp4"


def load(path):
    with RecordingSource(path, RATE) as source:
        return np.concatenate([item.samples for item in source if isinstance(item, AudioChunk)])


@pytest.fixture(scope="module")
def voice():
    """The two sentences of the demo clip."""
    return load(DEMO)


def hum(seconds, level, seed=0):
    return np.random.default_rng(seed).normal(0.0, level, int(seconds * RATE)).astype(np.float32)


def machine(seconds, level, seed=0):
    """Something that turns 23 times a second: harmonics that sway, blade by blade, over a broad roar."""
    rng = np.random.default_rng(seed)
    time = np.arange(int(seconds * RATE)) / RATE
    turns = 2 * np.pi * 23 * (time + 0.002 * np.sin(2 * np.pi * 0.4 * time))
    tones = sum(np.sin(n * turns + rng.uniform(0, 6)) / n**0.7 for n in range(1, 40))
    roar = np.convolve(rng.normal(0, 1, len(time)), np.ones(6) / 6, "same") * (1 + 0.3 * np.sin(turns / 2))
    sound = tones / np.std(tones) + roar / np.std(roar)
    return (sound / np.std(sound) * level).astype(np.float32)


def scored(samples):
    """Which chunks are speech, [chunks]; whole seconds of silence are left out by the detector."""
    detector = SpeechDetector()
    detector.measure(samples)
    return _stretches(np.array([score for _, score in sorted(detector._scores.items())]))


def drowned(voice, noise, ratio):
    """voice [n] in noise [m], the speech `ratio` dB over it, and which chunks are speech in the clear."""
    voice = voice + hum(len(voice) / RATE, 1e-5)[: len(voice)]
    spoken = scored(voice)
    speech = np.mean(np.square(voice[: len(spoken) * CHUNK].reshape(-1, CHUNK)[spoken]))
    noise = np.resize(noise, len(voice))
    return voice + noise * np.sqrt(speech / np.mean(np.square(noise)) / 10 ** (ratio / 10)), spoken


def windows(samples, size=1000, start=0.0):
    cutter = Windower(window_s=4.0, hop_s=1.0, rate=RATE, faces=8)
    found = []
    for first in range(0, len(samples), size):
        found += cutter.add(AudioChunk(start + first / RATE, RATE, samples[first : first + size]))
    return found + cutter.flush()


def measured(samples):
    """What each window of 4 s holds."""
    detector = SpeechDetector()
    return [detector.measure(window.audio, window.start) for window in windows(samples)]


def counting(detector):
    """A detector that notes every chunk its network scores."""
    detector.measure(hum(0.1, 0.01))
    network, scored = detector._network, []

    class Counting:
        def reset(self):
            network.reset()

        def process_samples(self, samples):
            scored.append(samples)
            return network.process_samples(samples)

    detector._network = Counting()
    return scored


def test_speech_is_found_and_measured(voice):
    speech = SpeechDetector().measure(voice)
    assert 4.0 < speech.seconds < 7.0
    assert speech.present
    assert speech.snr_db > 25
    assert speech.noise_db == pytest.approx(-60, abs=3)


@pytest.mark.parametrize("samples", [hum(4, 0.05), np.zeros(4 * RATE, np.float32)], ids=["hum", "nothing"])
def test_no_speech(samples):
    speech = SpeechDetector().measure(samples)
    assert speech.seconds == 0.0
    assert speech.snr_db == 0.0
    assert not speech.present


@pytest.mark.parametrize("count", range(12))
def test_a_window_that_just_began_holds_a_few_chunks(count):
    """So it is behind a device that came back: the rest of the window is silence."""
    power = np.logspace(-5, -2, count, dtype=np.float32)
    for score in (0.0, 0.3, 0.9):
        scores = np.where(np.arange(count) % 2, score, 0.9)
        speech = speech_in(scores, power)
        assert speech.seconds <= count * CHUNK / RATE
        assert 0.0 <= speech.snr_db <= 40.0


def test_sound_shorter_than_a_chunk():
    assert SpeechDetector().measure(hum(0.01, 0.1)) == Speech()
    assert SpeechDetector().measure(np.zeros(0, np.float32)) == Speech()


@pytest.mark.parametrize("expected", [20, 10, 5])
def test_the_ratio_is_the_one_that_was_mixed(voice, expected):
    detector = SpeechDetector()
    detector.measure(voice)
    spoken = np.zeros(len(voice), bool)
    for (place, _), score in detector._scores.items():
        spoken[place * CHUNK : (place + 1) * CHUNK] = score >= 0.5
    level = np.sqrt(np.mean(voice[spoken] ** 2) / 10 ** (expected / 10))
    speech = SpeechDetector().measure(voice + hum(len(voice) / RATE, level)[: len(voice)])
    assert speech.snr_db == pytest.approx(expected, abs=1.5)


@pytest.mark.parametrize("down_db", [0, 10, 20, 30, 40, 50, 60])
def test_a_quiet_recording_is_not_loud(voice, down_db):
    found = measured(voice * 10 ** (-down_db / 20))
    assert not any(speech.loud for speech in found)
    assert down_db > 20 or any(speech.present for speech in found)


@pytest.mark.parametrize("down_db", [0, 20, 30, 40, 50])
def test_real_voices_are_never_loud_by_themselves_at_any_level(down_db):
    """Short clips of acted emotions, cries among them."""
    clips = [
        clip for corpus in ("ravdess", "nemo") for clip in sorted((DATA / corpus).glob("*/*.opus"))[::97]
    ]
    if not clips:
        pytest.skip("needs the corpora of speech")
    loud = [
        clip.name
        for clip in clips[: len(clips) if down_db == 40 else 8]
        if any(speech.loud for speech in measured(load(clip) * 10 ** (-down_db / 20)))
    ]
    assert loud == []


@pytest.mark.parametrize(("kind", "gain_db"), [("helicopter", -15), ("rain", 0), ("chainsaw", 0)])
def test_speech_that_real_noise_drowns_is_loud(voice, kind, gain_db):
    sounds = sorted((DATA / "noise" / kind).glob("*.opus"))[:2]
    if not sounds:
        pytest.skip("needs the recordings of noise")
    for ratio, expected in ((-8, True), (10, False)):
        found = []
        for sound in sounds:
            mixed, _ = drowned(voice, load(sound), ratio)
            found += measured(mixed * 10 ** (gain_db / 20) / max(1.0, np.abs(mixed).max()))
        share = np.mean([speech.loud or not speech.present for speech in found])
        assert share > 0.6 if expected else share < 0.3, (ratio, share)  # a saw revs


def test_speech_is_heard_over_a_machine(voice):
    mixed, spoken = drowned(voice, machine(len(voice) / RATE, 0.1), 0)
    assert scored(mixed)[spoken].mean() >= 0.9
    assert SpeechDetector().measure(mixed).present


def test_a_machine_alone_is_not_speech():
    assert scored(machine(6, 0.05)).mean() <= 0.05
    assert not SpeechDetector().measure(machine(6, 0.05)).present


@pytest.mark.parametrize("ratio", [20, 10, 0])
def test_the_ratio_to_a_machine_is_measured(voice, ratio):
    mixed, _ = drowned(voice, machine(len(voice) / RATE, 0.1), ratio)
    speech = SpeechDetector().measure(mixed)
    assert speech.snr_db == pytest.approx(ratio, abs=3)
    assert not speech.loud


def test_what_drowns_speech_is_loud(voice):
    assert SpeechDetector().measure(machine(4, 0.2)).loud
    assert not SpeechDetector().measure(machine(4, 0.8 * 10 ** (LOUD_DB / 20))).loud
    mixed, _ = drowned(voice, machine(len(voice) / RATE, 0.1), -10)
    assert SpeechDetector().measure(mixed * 4).loud


def test_a_stretch_lasts_until_it_is_quiet():
    scores = np.array([0.4, 0.4, 0.1, 0.35, 0.6, 0.35, 0.21, 0.19, 0.4])
    assert _stretches(scores).tolist() == [False] * 3 + [True] * 4 + [False] * 2
    assert _stretches(np.zeros(0)).tolist() == []


def test_padding_is_neither_speech_nor_noise(voice):
    alone = SpeechDetector().measure(voice[: 2 * RATE])
    padded = SpeechDetector().measure(np.concatenate([np.zeros(125 * CHUNK, np.float32), voice[: 2 * RATE]]))
    assert padded == alone


@pytest.mark.parametrize("start", [0.0, 81234.567])
def test_what_windows_share_is_scored_once(voice, start):
    detector = SpeechDetector()
    scored = counting(detector)
    for window in windows(voice, start=start):
        detector.measure(window.audio, window.start)
    assert len(scored) <= len(voice) // CHUNK + 1
    assert len(detector._scores) <= 4 * RATE // CHUNK + 1


def test_measuring_in_steps_finds_what_measuring_at_once_does(voice):
    detector = SpeechDetector()
    last = [detector.measure(window.audio, window.start) for window in windows(voice)][-1]
    alone = SpeechDetector().measure(voice[-4 * RATE :], len(voice) / RATE - 4.0)
    assert last.seconds == pytest.approx(alone.seconds, abs=0.3)
    assert last.snr_db == pytest.approx(alone.snr_db, abs=2)


def test_another_recording_at_the_same_time_is_scored_anew(voice):
    detector = SpeechDetector()
    detector.measure(voice[: 4 * RATE])
    assert detector.measure(hum(4, 0.01)).seconds == 0.0
    assert detector.measure(voice[: 4 * RATE]) == SpeechDetector().measure(voice[: 4 * RATE])


def test_another_rate_is_refused():
    with pytest.raises(InputError, match="16000 Hz, not 8000"):
        SpeechDetector().measure(hum(1, 0.1), rate=8000)


@pytest.mark.skipif(not MEDIA.exists(), reason="real recordings are not in the repository")
def test_real_voices_over_real_machines():
    """People and sounds on which nothing was chosen; the noise is as strong as the speech."""
    data, heard, alone = MEDIA.parent, [], []
    people = [
        *sorted((data / "ravdess").glob("actor_1[046]/*.opus"))[::60][:3],
        *sorted(p for name in ("MK0", "TP0", "WR0") for p in (data / "nemo").glob(f"{name}/*.opus"))[::350][
            :3
        ],
    ]
    for number, person in enumerate(people):
        kind = ("helicopter", "chainsaw")[number % 2]
        noise = load(sorted((data / "noise" / kind).glob("[345]-*.opus"))[4 * number])
        noise = noise[noise != 0]
        mixed, spoken = drowned(load(person), noise, 0)
        heard.append(scored(mixed)[spoken])
        alone.append(scored(noise[: 4 * RATE]))
    assert len(people) == 6
    assert np.concatenate(heard).mean() >= 0.90
    assert np.concatenate(alone).mean() <= 0.05


@pytest.mark.skipif(not MEDIA.exists(), reason="real recordings are not in the repository")
def test_a_real_voice_and_real_noises():
    assert SpeechDetector().measure(load(MEDIA / "ravdess-01-neutral.mp4")).present
    noises = sorted((MEDIA.parent / "noise").rglob("*.opus"))[::40]
    assert noises
    for path in noises:
        assert not SpeechDetector().measure(load(path)).present, path.name


def test_the_threshold_adapts_to_the_noise_floor():
    scores = np.array([0.01] * 10 + [0.1] * 5 + [0.9] * 20 + [0.1] * 5 + [0.01] * 10)
    speech, quiet, loud = 1e-3, 1e-6, 5e-4
    for noise, spoken in ((quiet, 20), (loud, 30)):
        power = np.where(scores > 0.5, speech + noise, noise).astype(np.float32)
        assert spoken_chunks(scores, power).sum() == spoken
    # What sounds like speech for a moment only is not drawn out.
    short = np.where(np.arange(50) // 8 == 2, scores, np.minimum(scores, 0.1))
    power = np.where(short > 0.5, speech + loud, loud).astype(np.float32)
    assert spoken_chunks(short, power).sum() == 8


def test_a_machine_that_revs_counts_with_its_mean(voice):
    """Twice a second it is ten times as loud for a fifth of the time."""
    sound = machine(len(voice) / RATE, 0.1)
    revs = np.where(np.arange(len(sound)) / RATE % 0.5 < 0.1, 1.0, 0.3)
    mixed, _ = drowned(voice, (sound * revs).astype(np.float32), 5)
    assert SpeechDetector().measure(mixed).snr_db == pytest.approx(5, abs=3)


@pytest.mark.slow
def test_people_over_machines_nothing_was_tuned_on(media, capsys):
    """script/speech: the whole measurement, its table printed."""
    found = measure_detection(*held_out_clips(media.parent))
    with capsys.disabled():
        print(f"\n{table(found)}")
    for heard in found.values():
        assert heard.recall >= 0.90
        assert heard.false_alarms <= 0.05


def test_the_trial_counts_what_it_should(media):
    speech, machines = held_out_clips(media.parent, people=1)
    found = measure_detection(speech, {"helicopter": machines["helicopter"][:2]}, mixtures=2)
    heard = found["helicopter"]
    assert heard.alone == 2 * (4 * RATE // CHUNK)
    assert 0 < heard.hits <= heard.spoken
    assert {ratio: len(errors) for ratio, errors in heard.errors_db.items()} == {0: 4, 5: 2, 10: 2, 20: 2}
    assert table(found).count("|\n") == 2


def test_a_folder_without_the_corpora_is_refused(tmp_path):
    with pytest.raises(DatasetError, match="lacks ravdess, nemo or noise"):
        held_out_clips(tmp_path)
