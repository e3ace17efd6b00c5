"""What one check may take in all, whichever part of it the seconds go to. Waiting for the machine is free."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager


class Allowance:
    """Seconds of work: so many in all, fewer with all that is done."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._spent_s = 0.0
        self._working_since: float | None = None

    @property
    def spent_s(self) -> float:
        """Seconds of work so far, with what is under way."""
        under_way_s = 0.0 if self._working_since is None else time.monotonic() - self._working_since
        return self._spent_s + under_way_s

    @property
    def left_s(self) -> float:
        """Seconds that are left, at least 0."""
        return max(self._seconds - self.spent_s, 0.0)

    def spend(self, seconds: float) -> None:
        """Count what somebody else has timed."""
        self._spent_s += seconds

    @contextmanager
    def working(self) -> Iterator[None]:
        """Count what is done within."""
        self._working_since = time.monotonic()
        try:
            yield
        finally:
            self._spent_s, self._working_since = self.spent_s, None
