"""Every test has a Probewise home of its own, and no file of tests leaves a worker to those after it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No history, cache or lock of the person who runs the tests."""
    monkeypatch.setenv("PROBEWISE_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture(scope="module", autouse=True)
def _no_worker_left() -> Iterator[None]:
    yield
    _, living = psutil.wait_procs([each for each in psutil.Process().children() if _is_worker(each)], timeout=5)
    for each in living:
        # Only these tests are to blame.
        each.kill()
    assert not living, "these tests began to measure and did not end it"


def _is_worker(process: psutil.Process) -> bool:
    with suppress(psutil.Error):
        return "probes.worker" in process.cmdline()
    return False
