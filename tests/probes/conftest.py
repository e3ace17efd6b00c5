"""No test of the probes leaves a process behind."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from leftovers import family, left_by


@pytest.fixture
def no_process_left() -> Iterator[None]:
    before = family(os.getpid())
    yield
    assert not left_by(os.getpid(), family, before=before)
