"""No test of the probes leaves a process behind."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from leftovers import started_by


@pytest.fixture
def no_process_left() -> Iterator[None]:
    before = set(started_by(os.getpid()))
    yield
    assert set(started_by(os.getpid())) <= before
