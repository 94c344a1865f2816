"""What systemd hears: a start that compiles is given more time."""

import socket
import time

import pytest

from edge.engines.trt_build import Compiler
from edge.system import notify


@pytest.fixture
def manager(tmp_path, monkeypatch):
    """A service manager's socket; gives what came in so far."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as link:
        link.bind(str(tmp_path / "notify"))
        link.setblocking(False)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))

        def heard():
            found = []
            while True:
                try:
                    found.append(link.recv(1000).decode())
                except BlockingIOError:
                    return found

        yield heard


def test_a_message_arrives(manager):
    notify.notify("READY=1\nWATCHDOG=1")
    assert manager() == ["READY=1\nWATCHDOG=1"]


def test_a_manager_that_is_gone_is_no_fault(monkeypatch, tmp_path):
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "nobody"))
    notify.notify("READY=1")
    monkeypatch.setenv("NOTIFY_SOCKET", "@nobody-of-this-name")
    notify.notify("READY=1")
    with notify.more_time():
        assert True


def test_more_time_is_asked_for_again_and_again_and_not_after(manager, monkeypatch):
    monkeypatch.setattr(notify, "EVERY_S", 0.05)
    with notify.more_time():
        time.sleep(0.4)
    heard = manager()
    assert len(heard) >= 3
    assert set(heard) == {"EXTEND_TIMEOUT_USEC=60000000"}
    time.sleep(0.2)
    assert manager() == []


def test_a_start_that_hangs_is_not_extended_for_ever(manager, monkeypatch):
    monkeypatch.setattr(notify, "EVERY_S", 0.01)
    monkeypatch.setattr(notify, "LONGEST_S", 0.05)
    with notify.more_time():
        time.sleep(0.4)
    assert len(manager()) == 5


def test_compiling_asks_for_more_time(rig, tiny_bundle, manager, monkeypatch):
    from edge.engines.plans import plan_for

    plan_for(tiny_bundle.path("text"), Compiler("tensorrt", "10.3.0"), None)
    assert "EXTEND_TIMEOUT_USEC=60000000" in manager()
    plan_for(tiny_bundle.path("text"), Compiler("tensorrt", "10.3.0"), None)
    assert manager() == []  # found in the cache
