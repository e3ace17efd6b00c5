"""Toys in place of frameworks, and no process left behind."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from leftovers import family, left_by
from toys import Toys

from probes.campaign import crew, pacing, rounds


@pytest.fixture
def no_process_left() -> Iterator[None]:
    before = family(os.getpid())
    yield
    assert not left_by(os.getpid(), family, before=before)


@pytest.fixture
def short_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pacing, "BLOCK_MS", 4.0)


@pytest.fixture
def undisturbed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever else this machine does meanwhile, no round counts as disturbed and is measured again."""
    monkeypatch.setattr(rounds, "CONTENDED_SHARE", 1.0)


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Toys start in no time, so that there is always enough of it."""
    monkeypatch.setattr(pacing, "HURRY_SHARE", 0.0)
    monkeypatch.setattr(crew.Crew, "starts_at_once", lambda self: 2)


@pytest.fixture
def toys(tmp_path: Path) -> Toys:
    return Toys(tmp_path)
