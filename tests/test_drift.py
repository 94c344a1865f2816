"""What changed since a calibration, told without labels: its numbers, its words, its way through a run."""

import time
import wave
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from panels import view

from calibration.site.reference import reference_of
from edge.app import Reader
from edge.bundle.reference import RESOLUTION, STATISTICS, Histogram, Reference
from edge.config import Site
from edge.display.panel.layout import FULL
from edge.display.panel.panel import draw
from edge.drift import compare
from edge.drift.observation import Observation, Observer
from edge.drift.observed import BLOCKS, Observed, spread
from edge.drift.stability import by_chance, independent, most_by_chance, stability
from edge.drift.watch import CONFIRMED, DriftWatch
from edge.items import AudioChunk, Face, Frame, Prediction, Reading, Window
from edge.perception.speech import Speech
from edge.perception.synchrony import CaptureClocks
from edge.sections import PrometheusSettings
from edge.sinks.health import HealthLine
from edge.sinks.prometheus import Prometheus
from edge.sinks.run_facts import RunFacts
from edge.sources.recorded.recording import RecordingSource
from edge.starter_labels import STARTER

HOUR = 3600
NEMO = Path(__file__).parents[2] / "shared" / "data" / "nemo" / "EB0"


def steady(rng, count, tau):
    """Values whose neighbours are alike: a mean of 0 and a deviation of 1, forgotten within tau windows."""
    kept = np.exp(-1.0 / tau)
    steps = rng.standard_normal(count) * np.sqrt(1.0 - kept**2)
    found = np.empty(count)
    value = rng.standard_normal()
    for i, step in enumerate(steps):
        found[i] = value = kept * value + step
    return found


def shift(seed, seconds=HOUR, snr=20.0, noise=-50.0, light=0.5, label=0, tau=20.0):
    """What a shift is like: speech in three of five windows."""
    rng = np.random.default_rng(seed)
    values = [steady(rng, seconds, tau) for _ in range(4)]
    for t, (a, b, c, d) in enumerate(zip(*values, strict=True)):
        shares = np.full(6, 0.08, np.float32)
        shares[label if d > -0.5 else 1] += 0.52
        yield Observation(float(t), noise=noise + 3.0 * a)
        if t % 5 < 3:
            face = {"brightness": light + 0.08 * c, "face_score": 0.9, "face_size": 0.3}
            yield Observation(float(t), snr=snr + 4.0 * b, band=8000.0, probabilities=shares, **face)


@pytest.fixture(scope="module")
def reference():
    return reference_of({"morning": list(shift(1)), "evening": list(shift(2))})


def watched(reference, observations, **options):
    """The drift after these observations, and the minutes until it was named (None: never)."""
    said = []
    watch = DriftWatch(reference, STARTER, 1.0, said.append, **options)
    named = None
    for one in observations:
        watch.take(one)
        if named is None and watch.now and watch.now.large:
            named = one.time / 60.0
    return watch.now, named, said


# The index.


def test_the_same_shares_have_an_index_of_nothing():
    for seed in range(20):
        shares = np.random.default_rng(seed).dirichlet(np.ones(8))
        assert stability(shares, 500.0, shares, 500.0) == pytest.approx(0.0, abs=1e-12)


def test_the_index_rises_with_the_shift_and_is_the_same_both_ways():
    edges = np.array([-1.5, -1.0, -0.5, 0.0, 0.5, 1.0, 1.5])
    values = np.random.default_rng(0).standard_normal(4000)

    def shares(moved):
        counts = np.bincount(np.searchsorted(edges, values + moved), minlength=8)
        return counts / counts.sum()

    found = [stability(shares(moved), 4000.0, shares(0.0), 4000.0) for moved in (0.0, 0.2, 0.5, 1.0, 2.0)]
    assert found == sorted(found)
    assert found[0] == 0.0
    assert found[2] == pytest.approx(0.25, abs=0.06)  # of two normal distributions: the square of the shift
    assert stability(shares(1.0), 100.0, shares(0.0), 4000.0) == pytest.approx(
        stability(shares(0.0), 4000.0, shares(1.0), 100.0)
    )


@pytest.mark.parametrize(("n", "m"), [(30, 3000), (200, 200), (1000, 5000)])
def test_chance_is_what_the_index_comes_to_where_nothing_changed(n, m):
    rng, k = np.random.default_rng(3), 8
    true = np.full(k, 1.0 / k)
    found = [stability(rng.multinomial(n, true) / n, n, rng.multinomial(m, true) / m, m) for _ in range(1000)]
    assert np.mean(found) == pytest.approx(by_chance(k, n, m), rel=0.15)
    assert np.max(found) < most_by_chance(k, n, m) * 1.1


def test_windows_that_are_like_their_neighbours_are_worth_less():
    rng = np.random.default_rng(4)
    alone = rng.multinomial(60, [0.25] * 4, size=60).astype(float)
    bound = np.eye(4)[rng.integers(4, size=60)] * 60.0
    assert independent(alone) > 500
    assert independent(bound) < 80  # 3600 windows, but each minute is one
    assert independent(bound[:3]) == 3.0
    assert independent(np.zeros((5, 4))) == 1.0


# From observations to words.


def test_a_shift_like_the_calibration_is_no_drift(reference):
    found, named, said = watched(reference, shift(5))
    assert (named, said) == (None, [])
    assert set(found.psi) == {"noise", "snr", "band", "brightness", "face_score", "face_size", "labels"} | {
        "confidence"
    }
    assert found.told("en") == ""
    assert found.accuracy == pytest.approx(0.6, abs=0.01)


def test_a_machine_that_was_put_up_is_named_within_minutes(reference):
    found, named, said = watched(reference, shift(6, 1500, snr=9.0, noise=-35.0))
    assert named <= 12.0
    assert {change.name for change in found.large} == {"noise", "snr"}
    assert said == [said[0]]
    assert said[0].startswith("calibrate again: the sound has changed (")
    assert "SNR 20 -> 9 dB" in found.told("en")
    assert "noise -50 -> -35 dB" in found.told("en")
    assert found.told("ja").startswith("再校正してください：音が変わりました（")
    assert found.accuracy_told("en").endswith("true only if the relation of sound and label has not changed")


@pytest.mark.parametrize(
    ("change", "english", "japanese"),
    [
        ({"light": 0.15}, "the picture has changed (brightness of faces 49% -> 16%)", "映像が変わりました"),
        ({"label": 4}, "the readings have changed (", "推定の傾向が変わりました"),
    ],
)
def test_what_changed_is_named(reference, change, english, japanese):
    found, _, _ = watched(reference, shift(7, **change))
    assert english in found.told("en")
    assert japanese in found.told("ja")


def test_a_machine_put_up_in_the_middle_of_a_run_is_named(reference):
    after = (
        Observation(one.time + HOUR, one.noise, one.snr, one.band) for one in shift(9, snr=6.0, noise=-30.0)
    )
    _, named, said = watched(reference, [*shift(8), *after])
    assert 60.0 < named < 85.0
    assert len(said) == 1


def hours(rng, count, tau):
    return 20.0 + 4.0 * steady(rng, count * HOUR, tau).reshape(count, HOUR)


@pytest.mark.slow
@pytest.mark.parametrize("tau", [5.0, 30.0])
def test_hours_like_the_calibration_hardly_ever_alarm(tau):
    """500 hours, looked at every minute, against 25 calibrations."""
    rng, alarms = np.random.default_rng(10), 0
    for _ in range(25):
        seen = [Observation(float(t), snr=v) for t, v in enumerate(hours(rng, 2, tau).ravel())]
        before = reference_of({"one": seen}).histograms["snr"]
        for hour in hours(rng, 20, tau):
            blocks = spread("snr", hour, np.array(before.edges)).reshape(60, 60, -1).sum(axis=1)
            large = [
                compare._change("snr", before, blocks[:minutes], 0.0, STARTER).large
                for minutes in range(compare.LEAST_BLOCKS, 61)
            ]
            alarms += any(all(large[i : i + CONFIRMED]) for i in range(len(large) - CONFIRMED + 1))
    assert alarms < 5  # 1 %


def test_few_windows_never_alarm(reference):
    for seed in range(20):
        _, named, _ = watched(reference, shift(100 + seed, 240, snr=0.0, noise=-10.0))
        assert named is None  # four minutes


# The reference.


def test_a_reference_is_small_and_survives_its_manifest(reference):
    text = reference.model_dump_json()
    assert len(text) < 8000
    assert Reference.model_validate_json(text) == reference
    assert set(reference.histograms) <= set(STATISTICS)


def test_of_clips_chosen_by_label_balance_and_confidence_are_not_kept():
    found = reference_of({"a": list(shift(1, 600))}, chosen=True)
    assert not {"labels", "confidence"} & set(found.histograms)
    assert "snr" in found.histograms
    assert found.confidence is None
    assert watched(found, shift(2, 900))[0].accuracy == pytest.approx(0.6, abs=0.01)


def test_what_was_hardly_met_is_left_out():
    found = reference_of({"a": [Observation(float(t), noise=-50.0) for t in range(29)]})
    assert found.histograms == {}
    assert found.confidence is None
    assert watched(found, shift(1, 600))[0] is None


def test_people_who_differ_in_the_calibration_are_no_drift_later():
    known = reference_of({"quiet": list(shift(1, snr=12.0)), "loud": list(shift(2, snr=26.0))})
    assert known.histograms["snr"].usual > 0.5
    found, _, _ = watched(known, shift(3, snr=26.0))
    assert "snr" not in {change.name for change in found.large}
    found, _, _ = watched(known, shift(3, snr=2.0))
    assert "snr" in {change.name for change in found.large}


def test_voices_are_compared_by_their_distance():
    rng = np.random.default_rng(11)

    def voices(moved, count=1800):
        return [Observation(float(t), voice=rng.normal(moved, 1.0, 32)) for t in range(count)]

    known = reference_of({"a": voices(0.0)})
    assert len(known.voice_mean) == 32
    assert watched(known, voices(0.0))[0].large == ()
    found, _, _ = watched(known, voices(1.5))
    assert [change.name for change in found.large] == ["voice"]
    assert "voices 1.0 -> " in found.told("en")


def test_values_that_are_all_alike_tell_of_no_tiny_change():
    known = reference_of({"a": [Observation(float(t), noise=-50.0) for t in range(HOUR)]})
    close = [Observation(float(t), noise=-49.0) for t in range(HOUR)]
    far = [Observation(float(t), noise=-42.0) for t in range(HOUR)]
    assert watched(known, close)[0].large == ()
    assert watched(known, far)[1] is not None


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"edges": (1.0, 1.0)}, "edges must rise"),
        ({"edges": (1.0,)}, "1 edges make no 3 bins"),
        ({"shares": (0.5, 0.5, 0.5)}, "shares must sum to 1"),
    ],
)
def test_a_histogram_that_contradicts_itself_is_refused(change, why):
    good = {"edges": (1.0, 2.0), "shares": (0.2, 0.3, 0.5), "mean": 1.0, "windows": 9, "independent": 9.0}
    assert Histogram(**good).windows == 9
    with pytest.raises(ValueError, match=why):
        Histogram(**good | change)


def test_a_reference_of_unknown_statistics_is_refused():
    histogram = Histogram(edges=(1.0,), shares=(0.5, 0.5), mean=1.0, windows=9, independent=9.0)
    with pytest.raises(ValueError, match="unknown statistics: smell"):
        Reference(histograms={"smell": histogram})
    with pytest.raises(ValueError, match="equally long"):
        Reference(histograms={}, voice_mean=(1.0,))


# Observing.


def test_memory_is_bounded_and_time_that_begins_anew_goes_on(reference):
    observed = Observed(reference, 1.0)
    for _ in range(5):
        for one in shift(12, 1800):
            observed.add(one)
    counts = observed.counts("noise")
    assert len(counts) == BLOCKS
    assert counts.sum() <= BLOCKS * 61
    assert spread("noise", [-50.0, 10.0], np.array([-50.0, -20.0])).sum() == pytest.approx(2.0)
    assert set(RESOLUTION) == set(STATISTICS) - {"labels"}


def test_a_window_is_observed_as_it_is():
    given = []
    observer = Observer(16000, given.append)
    sound = np.random.default_rng(0).normal(0.0, 0.1, 64000).astype(np.float32)
    frame = Frame(4.0, np.full((100, 200, 3), 51, np.uint8))
    for end in range(4, 12):
        observer.hear(Window(end - 4.0, float(end), sound), Speech(2.0, 18.0, -45.0))
    observer.hear(Window(8.0, 12.0, None), Speech())
    observer.hear(Window(9.0, 13.0, sound), Speech(0.0, 0.0, -60.0))
    assert [one.snr for one in given] == [18.0] * 8 + [None]
    assert [one.noise for one in given] == [-45.0] * 8 + [-60.0]
    assert given[0].band == 8000.0  # a window of four seconds
    probabilities = np.full(6, 1 / 6, np.float32)
    prediction = Prediction(12.0, probabilities, {}, {"vision": 1.0})
    faces = [Face(-10.0, 20.0, 40.0, 50.0, 0.8), None]
    window = Window(8.0, 12.0, None, (frame, frame))
    observer.read(window, faces, None, prediction)
    seen = given[-1]
    assert (seen.face_score, seen.face_size, seen.voice) == (0.8, 0.5, None)
    assert seen.brightness == pytest.approx(0.2)
    assert seen.probabilities is probabilities


# With real sound.


def day_of_speech(seed, seconds, noise=()):
    """A person who reads sentences, with pauses; noise: sounds, 10 dB under the speech."""
    rng, parts, length = np.random.default_rng(seed), [], 0
    clips = sorted(NEMO.rglob("*.opus"))
    while length < seconds * 16000:
        pause = 1e-3 * rng.standard_normal(rng.integers(4800, 24000)).astype(np.float32)
        parts += [sound_of(clips[rng.integers(len(clips))]), pause]
        length += len(parts[-2]) + len(pause)
    speech = np.concatenate(parts)[: round(seconds * 16000)]
    if not noise:
        return speech
    every = [sound_of(path) for path in noise]
    hum = np.concatenate([every[i] for i in rng.integers(len(every), size=seconds // 4)])[: len(speech)]
    return speech + hum * np.sqrt(np.mean(speech**2) / np.mean(hum**2) / 10.0)


def sound_of(path):
    with RecordingSource(path, 16000) as source:
        return np.concatenate([item.samples for item in source if isinstance(item, AudioChunk)])


def observed(sound, path):
    """What the pipeline of the starter bundle notes of a recording."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16000)
        file.writeframes((np.clip(sound, -1.0, 1.0) * 32767).astype("<i2").tobytes())
    found = []
    with Reader(Site()) as reader, RecordingSource(path, 16000) as source:
        pipeline = reader.pipeline()
        pipeline._stages = replace(pipeline._stages, observer=Observer(16000, found.append))
        pipeline.run(source, path.name, [])
    return found


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.skipif(not NEMO.is_dir(), reason="needs the nemo corpus")
def test_a_helicopter_over_a_site_is_named_within_minutes(tmp_path):
    path = tmp_path / "sound.wav"
    site = reference_of({"a shift": observed(day_of_speech(1, 600), path)})
    found, named, _ = watched(site, observed(day_of_speech(2, 600), path))
    assert (named, found.large) == (None, ())
    noise = sorted((NEMO.parents[1] / "noise" / "helicopter").iterdir())
    found, named, said = watched(site, observed(day_of_speech(3, 600, noise), path))
    assert named < 9.0
    assert {"noise", "snr"} <= {change.name for change in found.large}
    assert said[0].startswith("calibrate again: the sound has changed (")


# Its way through a run.


def drifted(reference, **changes):
    return watched(reference, shift(6, 1500, **changes))[0]


def test_the_health_line_names_it_with_the_caveat(reference):
    lines, found = [], drifted(reference, snr=9.0)
    health = HealthLine(RunFacts(drift=lambda: found), CaptureClocks(), lines.append)
    health._due = 0.0
    health.write(Reading(time=time.monotonic(), state="no_speech"))
    assert "calibrate again: the sound has changed (SNR 20 -> 9 dB)" in lines[0]
    assert "expected accuracy 60% -> 60%, true only if" in lines[0]


def test_prometheus_serves_it(reference):
    found = drifted(reference, snr=9.0)
    sink = Prometheus(PrometheusSettings(port=9464), RunFacts(drift=lambda: found), {})
    samples = {
        (sample.name, sample.labels.get("statistic")): sample.value
        for family in sink.collect()
        for sample in family.samples
    }
    assert samples["edge_drift_psi", "snr"] > 1.0
    assert samples["edge_drift_large", "snr"] == 1.0
    assert samples["edge_drift_large", "noise"] == 0.0
    assert samples["edge_expected_accuracy", None] == pytest.approx(0.6, abs=0.01)
    without = Prometheus(PrometheusSettings(port=9464), RunFacts(), {})
    assert not [family.name for family in without.collect() if "drift" in family.name]


def test_the_panel_shows_it_in_the_corner_of_the_picture(reference):
    plain = view()
    shown = replace(plain, drift=drifted(reference, snr=9.0))
    calm = replace(plain, drift=drifted(reference))
    assert np.array_equal(draw(plain), draw(calm))
    changed = np.argwhere((draw(plain) != draw(shown)).any(axis=2))
    left, top, wide, high = FULL.picture
    assert changed[:, 0].min() > top + high / 2
    assert (changed[:, 1].max(), changed[:, 0].max()) < (left + wide, top + high)


def test_a_bundle_with_a_reference_is_watched_and_one_without_is_not(tiny_bundle, reference, demo):
    with Reader(Site(bundle=tiny_bundle.folder)) as reader:
        reader.read(demo, [])
        assert reader.drifted() is None
        assert reader.pipeline()._stages.observer is None
        reader._watch = DriftWatch(reference, STARTER, 1.0)
        reader.read(demo, [])
        assert reader._watch._observed.means()["noise"] < 0.0
