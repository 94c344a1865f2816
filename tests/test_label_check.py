"""`edge label check`: labels that were changed on purpose are found; needs the extra `labels`."""

import csv
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from test_calibrate import rows_of, site, write  # noqa: F401 - a fixture
from test_cli import edge  # noqa: F401 - a fixture


@pytest.fixture
def _cleanlab():
    pytest.importorskip("cleanlab")


@pytest.fixture
def spoiled(site, tmp_path):  # noqa: F811
    """The site's recordings with every eighth label wrong; and which these are."""
    folder = tmp_path / "spoiled"
    folder.mkdir()
    for path in site.glob("*.wav"):
        (folder / path.name).symlink_to(path)
    rows, wrong = rows_of(site), []
    for row in rows[::8]:
        row["emotion"] = {"angry": "happy", "happy": "sad", "sad": "angry"}[row["emotion"]]
        wrong.append(row["file_name"])
    write(folder, rows)
    return folder, wrong


@pytest.mark.usefixtures("_cleanlab")
def test_wrong_labels_are_found(edge, spoiled, tmp_path):  # noqa: F811
    folder, wrong = spoiled
    out = tmp_path / "check.csv"
    done = edge("label", "check", folder, "--out", out)
    assert done.code == 0, done.err
    with out.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    found = [row["file_name"] for row in rows]
    assert np.all(np.diff([float(row["probability"]) for row in rows]) >= 0)
    hits = sum(name in wrong for name in found)
    assert hits >= len(wrong) / 3
    assert hits / max(1, len(found)) > 1.5 * len(wrong) / 54  # better than drawing clips at random
    assert "site head" in done.out
    assert done.out.count(".wav") == min(20, len(found))
    assert edge("label", "check", folder / "metadata.csv", "--lang", "ja").code == 0


@pytest.mark.usefixtures("_cleanlab")
def test_few_labels_are_refused(spoiled, edge):  # noqa: F811
    folder, _ = spoiled
    write(folder, rows_of(folder)[:12])
    done = edge("label", "check", folder)
    assert done.code == 1
    assert "12 labelled clips of 2 people" in done.err


def test_without_the_extra_the_line_that_installs_it_is_said(edge, site, monkeypatch):  # noqa: F811
    monkeypatch.setitem(sys.modules, "cleanlab", None)
    monkeypatch.setitem(sys.modules, "cleanlab.filter", None)
    done = edge("label", "check", site)
    assert done.code == 1
    assert "pip install 'edge-emotion[labels]'" in done.err


@pytest.mark.usefixtures("_cleanlab")
def test_the_figures_of_the_page_can_be_printed(site):  # noqa: F811
    script = Path(__file__).parents[1] / "script" / "label-check"
    environment = os.environ | {"PYTHON": sys.executable}
    done = subprocess.run([script, site, "--clips", "2"], env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "36 clips of 6 people, 4 labels changed; " in done.stdout
    assert (site / "metadata.csv").read_text(encoding="utf-8").count(
        "happy"
    ) == 36  # names and labels as they were
    empty = subprocess.run(
        [script, site, "--people", "nobody"], env=environment, capture_output=True, text=True
    )
    assert empty.returncode == 1
    assert "holds no labelled clip of these people" in empty.stderr
