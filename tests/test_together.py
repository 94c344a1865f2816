"""Things that are left all at once."""

import time

import pytest

from edge.system.together import Together


class Thing:
    def __init__(self, log, name, seconds=0.0, error=None):
        self.log, self.name, self.seconds, self.error = log, name, seconds, error

    def __enter__(self):
        if self.error == "enter":
            raise ValueError(self.name)
        self.log.append(f"in {self.name}")
        return self

    def __exit__(self, *_):
        time.sleep(self.seconds)
        self.log.append(f"out {self.name}")
        if self.error == "leave":
            raise ValueError(self.name)


def test_leaving_takes_as_long_as_the_slowest():
    log = []
    with Together([Thing(log, name, 0.5) for name in "abc"]):
        assert log == ["in a", "in b", "in c"]
        began = time.monotonic()
    assert 0.4 < time.monotonic() - began < 1.2
    assert sorted(log[3:]) == ["out a", "out b", "out c"]


def test_one_that_cannot_be_entered_leaves_the_others():
    log = []
    with pytest.raises(ValueError, match="b"), Together([Thing(log, "a"), Thing(log, "b", error="enter")]):
        log.append("never")
    assert log == ["in a", "out a"]


def test_one_that_fails_while_it_is_left_holds_no_other_up():
    log = []
    with (
        pytest.raises(ValueError, match="a"),
        Together([Thing(log, "a", error="leave"), Thing(log, "b", 0.2)]),
    ):
        pass
    assert log == ["in a", "in b", "out a", "out b"]
