"""Every test has a Probewise home of its own: no history, cache or lock of the person who runs the tests."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PROBEWISE_HOME", str(tmp_path / "home"))
    return tmp_path / "home"
