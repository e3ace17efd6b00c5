"""The machine's lock as those use it who measure outside a probe session."""

from __future__ import annotations

import threading

import pytest
from filelock import FileLock, Timeout

from probes.directories import measuring_lock
from probes.machine_lock import machine_to_itself


@pytest.fixture(autouse=True)
def _home(monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("PROBEWISE_HOME", str(tmp_path / "home"))


def test_nobody_else_gets_the_machine_meanwhile() -> None:
    other = FileLock(measuring_lock())
    with machine_to_itself(), pytest.raises(Timeout):
        other.acquire(timeout=0)
    other.acquire(timeout=0)
    other.release()


def test_it_waits_for_who_has_the_machine() -> None:
    begun, asked = threading.Event(), threading.Event()
    told: list[str] = []

    def asked_to_stop() -> bool:
        if told:
            asked.set()
        return False

    def work() -> None:
        with machine_to_itself(asked_to_stop, waiting=lambda: told.append("waiting")):
            begun.set()

    measuring_lock().parent.mkdir()
    with FileLock(measuring_lock()):
        thread = threading.Thread(target=work)
        thread.start()
        assert asked.wait(10)
        assert not begun.is_set()
    thread.join(10)
    assert begun.is_set()
    assert told == ["waiting"]


def test_nobody_waits_for_a_machine_that_is_free() -> None:
    told: list[str] = []
    with machine_to_itself(waiting=lambda: told.append("waiting")):
        pass
    assert not told


def test_who_is_stopped_waits_no_longer() -> None:
    with machine_to_itself(), machine_to_itself(lambda: True):
        pass


def test_where_nothing_can_be_locked_it_says_so_and_goes_on(monkeypatch, tmp_path, caplog) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("PROBEWISE_HOME", str(tmp_path / "file"))
    with machine_to_itself() as problem:
        assert problem is not None
    assert "Other probes were not kept out" in problem
    assert problem in caplog.text
