"""Whom a bundle learned from is kept in it, and nobody is learned from and judged on by mistake."""

from dataclasses import replace

import pytest

from calibration.data.dataset import Example
from calibration.site.known import require_unknown, tell_known
from edge.bundle.evidence import Evidence, kept_in
from edge.bundle.folder import open_bundle, write_bundle
from edge.bundle.site import Learned, person_digest
from edge.errors import DatasetError
from edge.starter_labels import STARTER
from export.corpora.readers import Split
from export.deliver.learned import known_to_start, learned_of


def people(*names):
    return [Example(f"{name}.wav", 0, name) for name in names]


def digests(*names):
    return tuple(sorted(person_digest(name) for name in names))


def saying(bundle, **fields):
    return replace(bundle, manifest=bundle.manifest.model_copy(update=fields))


@pytest.fixture
def start(tiny_bundle):
    return saying(tiny_bundle, learned=Learned(trained=digests("anna", "bob"), tuned=digests("cleo")))


def test_a_bundle_keeps_whom_it_learned_from_and_whom_its_start_did(tiny_bundle, start):
    splits = {
        "audio": Split(people("dan"), people("eva"), people("fred")),
        "vision": Split([Example("x.png", 0, "x.png")], people("dan", "gil"), []),
        "text": Split([Example("hello", 0, "hello", named=False)], [], []),
    }
    found = learned_of(splits, {"audio": start})
    assert found.trained == digests("anna", "bob", "dan")
    assert found.tuned == digests("cleo", "eva", "gil")
    assert learned_of(splits, {}).trained == digests("dan")
    again = learned_of({"audio": Split(people("hal"), [], [])}, {"audio": saying(tiny_bundle, learned=found)})
    assert again.trained == digests("anna", "bob", "dan", "hal")  # of every bundle on the way


def test_people_of_the_start_are_not_judged(start, monkeypatch):
    said = []
    monkeypatch.setattr("export.deliver.learned.say_once", said.append)
    (error,) = known_to_start("audio", start, Split([], people("eva"), people("bob", "eva")))
    assert "was trained on 1 of the 2 people of test (bob)" in str(error)
    assert said == []
    (error,) = known_to_start("audio", start, Split([], people("anna"), people("cleo")))
    assert "people of dev (anna)" in str(error)
    assert "fitted on 1 test people (cleo)" in said[0]
    assert list(known_to_start("audio", start, Split(people("anna"), people("x"), people("y")))) == []
    assert len(said) == 1


def test_a_start_that_does_not_say_is_told(tiny_bundle, monkeypatch):
    said = []
    monkeypatch.setattr("export.deliver.learned.say_once", said.append)
    assert list(known_to_start("audio", tiny_bundle, Split([], [], people("x")))) == []
    assert "does not say whom it learned from" in said[0]


def table(folder, *rows):
    folder.mkdir(exist_ok=True)
    (folder / "metadata.csv").write_text("\n".join(["file_name,speaker,emotion", *rows]) + "\n")
    for row in rows:
        (folder / row.split(",")[0]).touch()
    return folder


@pytest.fixture
def written(tiny_bundle, tmp_path):
    """A bundle on disk that says whom it learned from."""
    manifest = tiny_bundle.manifest
    facts = manifest.model_dump(by_alias=True, mode="json", exclude={"models", "files", "digest", "schema_"})
    facts["learned"] = {"trained": digests("anna"), "tuned": digests("cleo")}
    few = {"clips": 3, "people": 2, "effective": 2.4}
    much = {"clips": 90, "people": 12, "effective": 30.0}
    facts["evidence"] = {name: [*[much] * 5, few] for name in ("fused audio", "audio")}
    models = {
        name: (tiny_bundle.path(name), entry.model_dump(exclude={"file", "sha256"}))
        for name, entry in manifest.models.items()
    }
    files = {file: tiny_bundle.path(file) for file in manifest.files}
    return write_bundle(tmp_path / "bundle", facts, models, files)


def test_people_a_bundle_was_trained_on_are_not_judged(written, tiny_bundle, tmp_path):
    said = []
    folder = table(tmp_path / "a", "1.wav,anna,angry", "2.wav,bob,sad", "3.wav,cleo,")
    with pytest.raises(DatasetError, match="trained on 1 of the 2 people judged"):
        require_unknown(written.folder, folder, said.append)
    require_unknown(written.folder, table(tmp_path / "b", "2.wav,bob,sad", "3.wav,cleo,sad"), said.append)
    assert len(said) == 1
    assert "fitted on 1 of the 2 people judged" in said[0]
    require_unknown(tiny_bundle.folder, folder)
    tell_known(written.manifest, ["bob", "anna", "eva"], said.append)
    assert "trained on 1 of the 3 people recorded" in said[1]
    tell_known(written.manifest, ["bob"], said.append)
    assert len(said) == 2


def test_labels_that_are_never_ruled_out_are_named(written):
    manifest = open_bundle(written.folder).manifest
    assert manifest.evidence["audio"][5] == Evidence(clips=3, people=2, effective=2.4)
    assert kept_in(manifest.evidence, STARTER, "en") == [
        "never ruled out, for too few clips or people set the limit (fused (audio), audio): "
        "surprise (clips: 3, people: 2)"
    ]
    assert "驚き（3 件、2 人）" in kept_in(manifest.evidence, STARTER, "ja", ["audio"])[0]
    assert kept_in(manifest.evidence, STARTER, "en", ["vision"]) == []
