"""The path of a site, end to end, on a tenth of the clips."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

DATA = Path(__file__).parents[2] / "shared" / "data"


@pytest.mark.slow
@pytest.mark.timeout(1500)
def test_the_path_of_a_site(tmp_path):
    if not (DATA / "emogator").is_dir():
        pytest.skip("needs published corpora")
    script = Path(__file__).parent / "site_rehearsal.py"
    command = [sys.executable, str(script), str(DATA), str(tmp_path), "--small"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    table = {
        (site, what): (before, after)
        for site, what, before, after in json.loads((tmp_path / "table.json").read_text())
    }
    before, after = map(float, table["foreign, 60 labels", "unweighted recall"])
    assert after > before
    before, after = map(float, table["gate, 3 people", "unweighted recall"])
    assert after >= before - 0.02  # the ranges alone may move a clip
    assert ("noisy line, decided", "false alarms an hour") in table
    for page in ("coverage.html", "kpi.html", "decide.html", "trial.html"):
        assert "<svg" in (tmp_path / page).read_text(encoding="utf-8") or page == "trial.html"
