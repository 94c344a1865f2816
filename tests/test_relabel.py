"""`edge relabel`: a finished run under the shares its labels are known to have."""

import dataclasses
import json

import numpy as np
import pytest
from panels import read, state

from edge.cli import main as cli
from edge.config import Site
from edge.errors import ConfigError, InputError
from edge.relabel import relabel
from edge.replay import last_run
from edge.sinks.files.jsonl import JsonLines
from edge.starter_labels import STARTER as LABELS

SHARES = {"neutral": 0.6, "angry": 0.1, "happy": 0.1, "sad": 0.1, "worried": 0.1, "surprise": 0.0}


@pytest.fixture
def shift(tmp_path):
    """200 readings of which six in ten are neutral, read with a leaning to surprise, between two states."""
    rng = np.random.default_rng(5)
    truth = rng.permutation(np.repeat(np.arange(5), [120, 20, 20, 20, 20]))
    path = tmp_path / "shift.jsonl"
    with JsonLines(path, LABELS) as sink:
        sink.write(state(0, "warming_up"))
        for second, index in enumerate(truth, 1):
            scores = rng.normal(size=6) + 1.5 * np.eye(6)[index] + 1.5 * np.eye(6)[5]
            shares = (np.exp(scores) / np.exp(scores).sum()).astype(np.float32)
            label = LABELS[int(shares.argmax())]
            sink.write(dataclasses.replace(read(second, label, held=True), probabilities=shares))
        sink.write(state(300, "no_face"))
    return path, [LABELS[index] for index in truth]


def test_labels_get_their_shares_and_more_of_them_are_right(shift, tmp_path, tiny_bundle):
    path, truth = shift
    out = tmp_path / "out.jsonl"
    found = relabel(path, Site(bundle=tiny_bundle.folder, site_prior=SHARES), out)
    before, after = ([reading for reading, _ in last_run(file, None)] for file in (path, out))
    labels = [[reading.label for reading in run if reading.label] for run in (before, after)]
    assert {label: labels[1].count(label) for label in LABELS} == {
        label: round(200 * share) for label, share in SHARES.items()
    }
    right = [np.mean([label == true for label, true in zip(run, truth, strict=True)]) for run in labels]
    assert right[1] > right[0] + 0.1
    assert found.changed == sum(a != b for a, b in zip(*labels, strict=True))
    assert found.after["neutral"] == 120
    assert found.before["surprise"] > 50
    assert [(r.time, r.state) for r in after] == [(r.time, r.state) for r in before]
    assert all(
        (a.probabilities == b.probabilities).all() for a, b in zip(after[1:-1], before[1:-1], strict=True)
    )
    assert not any(reading.held for reading in after)


def test_margin_and_candidates_belong_to_the_new_label(shift, tmp_path, tiny_bundle):
    path, _ = shift
    relabel(path, Site(bundle=tiny_bundle.folder, site_prior=SHARES), tmp_path / "out.jsonl")
    before, after = (
        [reading for reading, _ in last_run(file, None) if reading.label]
        for file in (path, tmp_path / "out.jsonl")
    )
    behind = 0
    for old, new in zip(before, after, strict=True):
        shares = dict(zip(LABELS, new.probabilities, strict=True))
        first = LABELS[int(new.probabilities.argmax())]
        assert old.candidates[0] == first == new.candidates[0]  # likeliest first, as before
        assert set(new.candidates) == {*old.candidates, new.label}
        assert [shares[name] for name in new.candidates] == sorted(
            (shares[name] for name in new.candidates), reverse=True
        )
        assert new.margin == (old.margin if new.label == first else 0.0)
        behind += new.label != first
    assert behind > 20


def test_what_cannot_be_labelled_is_one_line_and_leaves_no_file(shift, tmp_path, tiny_bundle):
    site, out = Site(bundle=tiny_bundle.folder, site_prior=SHARES), tmp_path / "out.jsonl"
    states = tmp_path / "states.jsonl"
    with JsonLines(states, LABELS) as sink:
        sink.write(state(1, "no_face"))
    other = tmp_path / "other.jsonl"
    with JsonLines(other, ("calm",)) as sink:
        sink.write(
            dataclasses.replace(read(1), label="calm", probabilities=np.ones(1, np.float32), candidates=())
        )
    for file, settings, kind, message in (
        (shift[0], Site(), ConfigError, r"the quotas are those of \[site_prior\]"),
        (states, site, InputError, "holds no reading with a label"),
        (other, site, InputError, "has the labels calm, not neutral"),
        (tmp_path / "no.jsonl", site, InputError, "cannot be read"),
    ):
        with pytest.raises(kind, match=message):
            relabel(file, settings, out)
    with pytest.raises(InputError, match="cannot be written"):
        relabel(shift[0], site, tmp_path / "no" / "out.jsonl")
    assert not out.exists()


def test_the_verb(shift, tmp_path, tiny_bundle, capsys, monkeypatch):
    config, out = tmp_path / "site.toml", tmp_path / "out.jsonl"
    config.write_text(
        f"bundle = '{tiny_bundle.folder}'\n[site_prior]\n"
        + "\n".join(f"{label} = {share}" for label, share in SHARES.items())
    )
    arguments = ["relabel", shift[0], "--config", config, "--out", out, "--lang", "ja"]
    monkeypatch.setattr("sys.argv", ["edge", *map(str, arguments)])
    with pytest.raises(SystemExit) as stop:
        cli.main()
    assert stop.value.code in (0, None)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("200 件中 ")
    assert lines[1].startswith("  平静: ")
    assert lines[1].endswith(" -> 120")
    assert lines[-1] == f"{out} に保存しました"
    assert len([json.loads(line) for line in out.read_text().splitlines()]) == 202


def test_what_is_read_is_not_written_over(shift, tmp_path, tiny_bundle):
    site = Site(bundle=tiny_bundle.folder, site_prior=SHARES)
    path, before = shift[0], shift[0].read_bytes()
    (tmp_path / "link.jsonl").symlink_to(path)
    for out in (path, tmp_path / "link.jsonl"):
        with pytest.raises(InputError, match="is one of the files to read"):
            relabel(path, site, out)
    assert path.read_bytes() == before
    (tmp_path / "mine.part").write_text("mine")
    relabel(path, site, tmp_path / "mine")
    assert (tmp_path / "mine.part").read_text() == "mine"
    assert (tmp_path / "mine").stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.glob(".edge*")) == []


def test_a_torn_line_is_named_and_the_others_are_labelled(shift, tmp_path, tiny_bundle):
    path, _ = shift
    path.write_bytes(path.read_bytes()[:-20])
    said = []
    relabel(path, Site(bundle=tiny_bundle.folder, site_prior=SHARES), tmp_path / "out", said.append)
    assert len((tmp_path / "out").read_text().splitlines()) == 201
    assert len(said) == 1
    assert "line 202 is no reading" in said[0]
