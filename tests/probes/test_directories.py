"""Where Probewise keeps its files."""

from __future__ import annotations

from pathlib import Path

import pytest

from probes.directories import cache_directory, data_directory, settle


def test_one_variable_moves_everything(home: Path) -> None:
    assert data_directory() == cache_directory() == home


def test_it_means_the_same_from_every_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The server changes to another folder than the one a person is in."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PROBEWISE_HOME", "here")
    assert data_directory() == tmp_path / "here"
    settle()
    monkeypatch.chdir(tmp_path.parent)
    assert data_directory() == tmp_path / "here"


def test_a_home_folder_is_meant_where_there_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PROBEWISE_HOME", "~/there")
    assert data_directory() == Path.home() / "there"
    monkeypatch.setenv("PROBEWISE_HOME", "~nobody-of-this-name/there")
    assert data_directory() == Path.cwd() / "~nobody-of-this-name" / "there"


def test_without_it_the_system_says_where(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PROBEWISE_HOME")
    assert data_directory().name == cache_directory().name == "probewise"
    assert data_directory() != cache_directory()
