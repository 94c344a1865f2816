"""What a bundle is familiar with: centres, limits, the state of a run, the file in the bundle."""

from dataclasses import replace

import numpy as np
import pytest
from test_pipeline import FACE, Follower, Kept, SpeechMeter, merged, pictures, sound

from calibration.confidence.familiar import fit_home, fit_noisy_home, shrunk_covariance
from calibration.site.fit.familiar import site_homes
from calibration.site.playback import Played
from edge.bundle.folder import MANIFEST, open_bundle, write_bundle
from edge.bundle.site import FAMILIAR_FILE
from edge.errors import BundleError
from edge.items import Reading
from edge.reading.encoders import Encoders, Tokens
from edge.reading.familiar import Familiarity, Home, arrays_of, load_homes, unadapted_summary
from edge.reading.fusion import Fusion
from edge.reading.pipeline import Pipeline
from edge.reading.stages import Stages
from edge.reading.voting import Rules
from edge.reading.windows import Windower
from edge.sinks.files.jsonl import record
from edge.words import word


def people(rng, count, windows=30, size=12, at=0.0, own=0.5):
    """Windows of so many people, each with a place of their own, and who each is of."""
    places = at + own * rng.standard_normal((count, 1, size))
    rows = (places + rng.standard_normal((count, windows, size))).reshape(-1, size)
    return rows, np.repeat(np.arange(count), windows)


def home(size, window=1.0, minute=1.0):
    return Home(np.zeros(size), np.eye(size), window, minute)


def test_few_people_like_those_of_training_are_refused_and_all_others_are(rng):
    refused, softened = [], []
    for _ in range(8):
        known = fit_home(*people(rng, 24))
        new, of = people(rng, 100)
        refused += [known.distances(new[of == p][:15]).mean() > known.minute for p in range(100)]
        softened.append((known.distances(new) > known.window).mean())
        far, foreign = people(rng, 10, at=2.0)
        assert all(known.distances(far[foreign == p][:15]).mean() > known.minute for p in range(10))
    assert np.mean(refused) <= 0.05
    assert np.mean(softened) == pytest.approx(0.05, abs=0.02)


@pytest.mark.parametrize("count", [2, 3, 6])
def test_a_limit_from_few_people_refuses_few_others(rng, count):
    refused = []
    for _ in range(30):
        known = fit_home(*people(rng, count))
        new, of = people(rng, 20)
        refused += [known.distances(new[of == p][:15]).mean() > known.minute for p in range(20)]
    assert np.mean(refused) <= 0.05


def in_noise(rng, rows):
    """The same windows in noise, which moves and spreads some of their values."""
    moved, spread = np.zeros(rows.shape[1]), np.ones(rows.shape[1])
    moved[:3], spread[:3] = 8.0, 2.0
    return rows + moved + spread * rng.standard_normal(rows.shape)


def test_people_in_noise_have_a_centre_of_their_own_and_clear_foreign_sound_is_told_as_before(rng):
    def refused(rows, who, homes):
        far = np.min([one.distances(rows) / one.minute for one in homes], axis=0)
        return np.mean([far[who == p][:15].mean() > 1.0 for p in np.unique(who)])

    found = []
    for _ in range(8):
        rows, who = people(rng, 24)
        clear, noisy = fit_home(rows, who), fit_noisy_home(rows, in_noise(rng, rows), who)
        new, of = people(rng, 100)
        loud = in_noise(rng, new)
        asked = ((new, [clear, noisy]), (loud, [clear, noisy]), (loud, [clear]))
        found.append([refused(rows, of, homes) for rows, homes in asked])
        foreign, of = people(rng, 20, at=2.0)
        assert refused(foreign, of, [clear, noisy]) == refused(foreign, of, [clear]) == 1.0
    at_home, beside_machines, before = np.mean(found, axis=0)
    assert at_home <= 0.05
    assert beside_machines <= 0.05
    assert before == 1.0


def test_a_centre_of_some_windows_is_infinitely_far_from_the_others():
    one = Home(np.zeros(2), np.eye(2), 1.0, 1.0, np.array([1.0, 0.0, -1.0]))  # first value over 1
    assert one.distances(np.array([[2.0, 0.0], [0.5, 0.0]])).tolist() == [pytest.approx(2**0.5), np.inf]


@pytest.mark.parametrize("count", [1, 5])
def test_few_windows_in_noise_or_one_person_give_no_centre(rng, count):
    rows, who = people(rng, count, windows=200 if count == 1 else 4)
    assert fit_noisy_home(rows, in_noise(rng, rows), who) is None


def test_one_person_alone_gives_a_centre(rng):
    rows, who = people(rng, 1)
    known = fit_home(rows, who)
    assert np.isfinite([known.window, known.minute]).all()


def test_the_covariance_can_be_inverted_where_windows_are_fewer_than_features(rng):
    rows = rng.standard_normal((6, 40))
    found = shrunk_covariance(rows)
    assert np.linalg.eigvalsh(found).min() > 0
    many = rng.standard_normal((50_000, 3)) @ np.diag([1.0, 2.0, 3.0])
    assert shrunk_covariance(many) == pytest.approx(np.cov(many.T, bias=True), abs=0.02)
    assert np.linalg.eigvalsh(shrunk_covariance(np.ones((5, 3)))).min() > 0


def tokens(value, size=4, count=3):
    return Tokens(np.full((count, size), value, np.float32), np.zeros((1, 6), np.float32))


def run(familiarity, values, name="vision", start=0.0):
    """What is unfamiliar after each window, a second apart."""
    return [
        familiarity.meet(start + second, {name: tokens(value)}, None).unfamiliar
        for second, value in enumerate(values)
    ]


def test_a_modality_is_unfamiliar_when_a_minute_of_it_is_and_says_so_once():
    said = []
    known = Familiarity({"vision": [home(4)]}, 1.0, said.append)
    states = run(known, [3.0] * 20 + [0.0] * 60)
    assert states[8] == frozenset()  # ten seconds are too few
    assert states[9] == {"vision"}
    back = states.index(frozenset(), 10)
    assert 20 < back <= 80
    assert not any(states[back:])
    assert said == [word("unfamiliar_vision", "en"), word("familiar_vision", "en")]


def test_single_windows_far_away_are_softened_and_no_more():
    known = Familiarity({"vision": [home(4)]}, 1.0)
    run(known, [0.1] * 50)
    met = known.meet(50.0, {"vision": tokens(2.0)}, None)
    assert met.weights == {"vision": pytest.approx(0.25)}
    assert met.unfamiliar == frozenset()
    assert known.meet(51.0, {"vision": tokens(0.5)}, None).weights == {"vision": 1.0}


def test_it_does_not_come_and_go_at_the_limit():
    said = []
    known = Familiarity({"vision": [home(4)]}, 1.0, said.append)
    run(known, [1.05] * 30 + [0.98, 1.01] * 100)
    assert said == [word("unfamiliar_vision", "en")]


def test_the_nearest_centre_counts():
    near = Home(np.full(4, 3.0), np.eye(4), 1.0, 1.0)
    assert run(Familiarity({"vision": [home(4), near]}, 1.0), [3.0] * 30)[-1] == frozenset()


def test_sound_is_compared_as_that_of_an_unknown_voice():
    found = tokens(1.0)
    voice = np.full(4, 7.0, np.float32)
    assert unadapted_summary("audio", found, voice).tolist() == [7.0] * 4 + [0.0] * 4
    assert unadapted_summary("text", found, voice).tolist() == [1.0] * 4 + [0.0] * 4
    assert unadapted_summary("vision", found, voice).tolist() == [1.0] * 4


@pytest.fixture
def strange(tiny_bundle, engines, tokenizer):
    """A pipeline for which the modalities named are far from everything known."""

    def build(*names, follower=None):
        manifest = tiny_bundle.manifest
        width = manifest.models["audio"].outputs["tokens"][2]
        sizes = {"audio": 2 * width, "vision": width, "text": 2 * width}
        limits = {name: 1e-6 if name in names else 1e6 for name in sizes}
        homes = {name: [home(size, limits[name], limits[name])] for name, size in sizes.items()}
        return Pipeline(
            manifest,
            Rules.of(manifest),
            Stages(
                Windower(manifest.window_s, manifest.hop_s, manifest.audio.rate, manifest.vision.faces),
                SpeechMeter(),
                follower or Follower(),
                Encoders(manifest, engines, tokenizer),
                Fusion(manifest, engines["fusion"]),
                familiarity=Familiarity(homes, manifest.hop_s),
            ),
        )

    return build


def test_what_is_unfamiliar_is_left_aside(strange):
    kept = Kept()
    strange("audio").run(merged(sound(20.0), pictures(20.0)), "x", [kept])
    last = kept.readings[-1]
    assert last.unfamiliar == ("audio",)
    assert [*last.weights] == ["vision"]
    assert last.prediction.familiar == 1.0
    assert kept.readings[3].unfamiliar == ()
    assert kept.readings[3].prediction.familiar < 1.0


def test_where_all_is_unfamiliar_there_is_a_state_and_no_emotion(strange):
    kept = Kept()
    strange("audio", "vision").run(merged(sound(20.0), pictures(20.0)), "x", [kept])
    last = kept.readings[-1]
    assert (last.state, last.label, last.unfamiliar) == ("unfamiliar", None, ("audio", "vision"))


def test_a_record_names_what_is_unfamiliar(tiny_bundle):
    reading = Reading(time=1.0, state="unfamiliar", unfamiliar=("audio",))
    assert record(reading, tiny_bundle.manifest.labels)["unfamiliar"] == ["audio"]


def with_homes(bundle, homes, target):
    """The bundle with what is familiar."""
    facts = bundle.manifest.model_dump(
        by_alias=True, mode="json", exclude={"models", "files", "digest", "schema_"}
    )
    facts["familiar"] = {name: len(centres) for name, centres in homes.items()}
    path = target.parent / FAMILIAR_FILE
    np.savez_compressed(path, **arrays_of(homes))
    models = {
        name: (bundle.path(name), entry.model_dump(exclude={"file", "sha256"}))
        for name, entry in bundle.manifest.models.items()
    }
    files = {name: bundle.path(name) for name in bundle.manifest.files} | {FAMILIAR_FILE: path}
    return write_bundle(target, facts, models, files)


def test_a_bundle_keeps_what_is_familiar(tiny_bundle, tmp_path):
    homes = {"audio": [home(256, 1.5, 1.25), home(256, 2.0, 1.75)], "vision": [home(128)]}
    found = load_homes(open_bundle(with_homes(tiny_bundle, homes, tmp_path / "b").folder))
    assert {name: [(one.window, one.minute) for one in several] for name, several in found.items()} == {
        "audio": [(1.5, 1.25), (2.0, 1.75)],
        "vision": [(1.0, 1.0)],
    }
    assert load_homes(tiny_bundle) == {}


def test_a_bundle_keeps_of_which_windows_a_centre_is(tiny_bundle, tmp_path):
    side = np.linspace(-1.0, 1.0, 257)
    homes = {"audio": [home(256), replace(home(256), side=side)]}
    every, some = load_homes(open_bundle(with_homes(tiny_bundle, homes, tmp_path / "b").folder))["audio"]
    assert every.side is None
    assert some.side == pytest.approx(side)


@pytest.mark.parametrize(
    "wrong",
    [
        {"audio": [home(255)]},
        {"audio": [home(256, window=-1.0)]},
        {"audio": [home(256, minute=float("nan"))]},
        {"vision": [home(256)]},
        {"audio": [replace(home(256), side=np.ones(256))]},
        {"audio": [replace(home(256), side=np.full(257, np.inf))]},
    ],
    ids=["size", "limit", "nan", "vision", "side", "endless"],
)
def test_a_file_that_does_not_fit_is_refused_in_one_line(tiny_bundle, tmp_path, wrong):
    bundle = open_bundle(with_homes(tiny_bundle, wrong, tmp_path / "b").folder)
    with pytest.raises(BundleError, match="is not what the manifest states"):
        load_homes(bundle)


def test_a_file_with_more_or_less_in_it_is_refused(tiny_bundle, tmp_path):
    made = with_homes(tiny_bundle, {"audio": [home(256)]}, tmp_path / "b")
    (made.folder / FAMILIAR_FILE).write_bytes(b"PK no zip")
    with pytest.raises(BundleError, match="cannot be read"):
        load_homes(made)
    np.savez(made.folder / FAMILIAR_FILE, **arrays_of({"audio": [home(256)], "text": [home(256)]}))
    with pytest.raises(BundleError, match="text/0"):
        load_homes(made)


@pytest.mark.parametrize("familiar", [{"smell": 1}, {"audio": 0}, {"audio": 1}])
def test_a_manifest_that_names_what_is_not_there_is_refused(tiny_copy, familiar):
    import json

    from edge.bundle.folder import sealed

    path = tiny_copy / MANIFEST
    path.write_text(json.dumps(sealed(json.loads(path.read_text()) | {"familiar": familiar})))
    with pytest.raises(BundleError):
        open_bundle(tiny_copy)


def played(rng, count, windows, at):
    rows, who = people(rng, count, windows, size=8, at=at)
    return [
        Played(str(person), ("audio",), np.zeros(1), np.zeros(1), {"audio": row})
        for row, person in zip(rows, who, strict=True)
    ]


def test_the_recordings_of_a_site_move_what_is_familiar(rng):
    rows, who = people(rng, 24, size=8)
    known = {"audio": [fit_home(rows, who)]}
    homes, parts = site_homes(known, played(rng, 6, 30, 3.0))
    part = parts["familiar audio"]
    assert (part.taken, part.people) == (True, 6)
    assert part.before > 0.9
    assert part.after < 0.15
    others, of = people(rng, 40, size=8, at=3.0)
    nearest = np.min([one.distances(others) / one.minute for one in homes["audio"]], axis=0)
    assert np.mean([nearest[of == p][:15].mean() > 1.0 for p in range(40)]) <= 0.05
    assert len(known["audio"]) == 1


def test_none_of_the_people_of_a_calibrated_site_is_refused_and_others_are_still(rng):
    rows, who = people(rng, 24, size=8)
    known = {"audio": [fit_home(rows, who)]}
    refused = []
    for _ in range(2):
        homes, _ = site_homes(known, played(rng, 60, 8, 3.0))
        own = homes["audio"][-1]
        new, of = people(rng, 60, windows=8, size=8, at=3.0)
        far = own.distances(new) / own.minute
        refused += [far[of == p].mean() > 1.0 for p in range(60)]
        foreign, of = people(rng, 10, windows=8, size=8, at=6.0)
        far = own.distances(foreign) / own.minute
        assert all(far[of == p].mean() > 1.0 for p in range(10))
    assert np.mean(refused) <= 0.01


@pytest.mark.parametrize(
    ("count", "windows", "why"), [(1, 60, "site_one_person"), (2, 10, "site_familiar_few")]
)
def test_too_little_of_a_site_moves_nothing(rng, count, windows, why):
    rows, who = people(rng, 24, size=8)
    known = {"audio": [fit_home(rows, who)]}
    homes, parts = site_homes(known, played(rng, count, windows, 3.0))
    assert homes == known
    assert (parts["familiar audio"].taken, parts["familiar audio"].why) == (False, why)


def test_the_face_goes_on_where_nobody_is_heard(strange):
    kept = Kept()
    strange("text").run(pictures(15.0), "x", [kept])
    assert FACE.score > 0
    assert {reading.state for reading in kept.readings[3:]} <= {"reading", "needs_check"}
