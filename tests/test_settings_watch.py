"""Settings while a run lasts: a new [alarm] is taken from a real file, everything else waits for a start."""

import os
import time
from pathlib import Path

import pytest

from edge.config import read_site
from edge.settings_watch import SettingsWatch
from edge.system.private import write_whole

OLD = '[alarm]\nthreshold = 0.6\n[display]\nlanguage = "en"\n'


@pytest.fixture
def site(tmp_path):
    path = tmp_path / "site.toml"
    path.write_text(OLD)
    return path


@pytest.fixture
def watching(site, monkeypatch):
    """The watcher at work on the file; what it took and said."""
    monkeypatch.setattr("edge.settings_watch.EVERY_S", 0.05)
    taken, said = [], []
    with SettingsWatch(site, read_site(site).alarm, [taken.append], said.append):
        yield taken, said


def until(found, limit_s=100.0):
    end = time.monotonic() + limit_s
    while not found() and time.monotonic() < end:
        time.sleep(0.02)
    return found()


def replaced(path: Path, text: str) -> None:
    write_whole(path, text)


def written(path: Path, text: str) -> None:
    path.write_text(text)


def moved_back(path: Path, text: str) -> None:
    """As an editor that moves the old file away first."""
    path.rename(path.with_suffix(".bak"))
    time.sleep(0.2)
    path.write_text(text)


@pytest.mark.parametrize("change", [replaced, written, moved_back])
def test_a_new_threshold_is_taken_and_told(site, watching, change):
    taken, said = watching
    change(site, OLD.replace("0.6", "0.8"))
    assert until(lambda: said)
    assert [alarm.threshold for alarm in taken] == [0.8]
    (line,) = said
    assert "[alarm] has changed and is in use: threshold 0.8" in line
    assert "(before: threshold 0.6" in line


def test_an_alarm_that_is_taken_out_is_none(site, watching):
    taken, said = watching
    replaced(site, '[display]\nlanguage = "en"\n')
    assert until(lambda: said)
    assert taken == [None]
    assert "is in use: no alarm" in said[0]


def test_a_broken_file_keeps_what_was_with_one_line_until_it_is_mended(site, watching):
    taken, said = watching
    replaced(site, "[alarm]\nthreshold = 7\n")
    assert until(lambda: said)
    time.sleep(0.3)
    assert taken == []
    (line,) = said
    assert "cannot be used, the settings before stay" in line
    replaced(site, OLD.replace("0.6", "0.7"))
    assert until(lambda: taken)
    assert taken[0].threshold == 0.7


def test_other_settings_wait_for_the_next_start(site, watching):
    taken, said = watching
    replaced(site, OLD.replace('"en"', '"ja"'))
    assert until(lambda: said)
    assert taken == []
    assert "the rest holds from the next start on" in said[0]


def test_a_file_touched_or_gone_says_nothing(site, watching):
    taken, said = watching
    os.utime(site)
    time.sleep(0.2)
    site.unlink()
    time.sleep(0.2)
    assert (taken, said) == ([], [])


def test_a_change_since_the_start_of_the_run_is_taken(site):
    before, taken, said = read_site(site).alarm, [], []
    replaced(site, OLD.replace("0.6", "0.9"))
    with SettingsWatch(site, before, [taken.append], said.append):
        assert taken[0].threshold == 0.9
        assert len(said) == 1
