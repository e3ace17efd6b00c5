"""Where Probewise keeps its files."""

from __future__ import annotations

from pathlib import Path

import pytest

from probes.directories import cache_directory, data_directory


def test_one_variable_moves_everything(home: Path) -> None:
    assert data_directory() == cache_directory() == home


def test_without_it_the_system_says_where(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PROBEWISE_HOME")
    assert data_directory().name == cache_directory().name == "probewise"
    assert data_directory() != cache_directory()
