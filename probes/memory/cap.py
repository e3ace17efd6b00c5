"""A ceiling on the memory of a process and all it started; whoever goes above it is killed.

Watched from outside, because the limits of the system do not count what fills a machine. RLIMIT_AS counts what is
reserved: JAX reserves 1.4 GB to use 0.2, and with 1.2 GB TensorFlow cannot even be imported. RLIMIT_DATA leaves out
files in memory (0.4 GB of TensorFlow) and counts stacks nobody uses (0.1 GB of scikit-learn), holds for each process
alone, and a framework that is refused memory ends in its own way, TensorFlow by an abort. Neither binds on macOS, and
a control group needs rights that a person seldom has.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress

import psutil

# Memory is filled at 1 to 2 GB/s a core, so a process may get some tens of MB above its cap; 0 to 5 were measured.
POLL_S = 0.02

# Finding children means asking every process of the machine for its parent, some 6 ms for a hundred of them.
FIND_CHILDREN_S = 1.0

STOP_WAIT_S = 0.5


class MemoryCap:
    """Watches the process `pid` and its descendants; when together they hold more than `limit_mb`, calls `kill`.

    What counts is resident memory in MiB; pages that several of them share count for each. `reached_mb` is what they
    held then, None as long as they stayed below. Polling takes half a percent of one core.
    """

    def __init__(self, pid: int, limit_mb: float, kill: Callable[[], None]) -> None:
        self.limit_mb = limit_mb
        self.reached_mb: float | None = None
        self._kill = kill
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._watch, args=(pid,), name="memory cap", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Watch no more."""
        self._stopped.set()
        self._thread.join(STOP_WAIT_S)

    def _watch(self, pid: int) -> None:
        # No such process: it has ended before it could take anything.
        with suppress(psutil.Error):
            tree = _Tree(psutil.Process(pid))
            while not self._stopped.wait(POLL_S):
                held_mb = tree.resident_mb()
                if held_mb > self.limit_mb:
                    self.reached_mb = held_mb
                    self._kill()
                    return


class _Tree:
    """A process and its descendants, which are looked for now and then."""

    def __init__(self, root: psutil.Process) -> None:
        self._root = root
        self._children: list[psutil.Process] = []
        self._found_at = time.monotonic()

    def resident_mb(self) -> float:
        """Resident memory of all, in MiB; raises `psutil.Error` when the root is gone."""
        if time.monotonic() - self._found_at > FIND_CHILDREN_S:
            self._children = self._root.children(recursive=True)
            self._found_at = time.monotonic()
        held = self._root.memory_info().rss
        for child in self._children:
            with suppress(psutil.Error):
                held += child.memory_info().rss
        return held / 2**20
