"""One measurement at a time on a machine: whoever measures, or would disturb one, holds the lock meanwhile."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from probes.directories import measuring_lock
from probes.words import _

POLL_S = 0.1

_log = logging.getLogger(__name__)


def never() -> bool:
    """For who is not to be stopped."""
    return False


def _untold() -> None:
    """For whom nobody looks at while they wait."""


@contextmanager
def machine_to_itself(
    stopped: Callable[[], bool] = never, path: Path | None = None, waiting: Callable[[], None] = _untold
) -> Iterator[str | None]:
    """Hold the machine's lock, after waiting for it; without it once `stopped` says so, which is asked meanwhile.
    `waiting` is called once where another holds it.

    Yields None, or where nothing can be locked a sentence that says so, which is logged too: others may disturb then.
    """
    path = path or measuring_lock()
    lock, problem = FileLock(path), None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _acquire(lock, stopped, waiting)
    except OSError as error:
        note = _("Other probes were not kept out: {path} cannot be locked ({reason}).")
        problem = note.format(path=path, reason=error.strerror or error)
        _log.warning(problem)
    try:
        yield problem
    finally:
        lock.release()


def _acquire(lock: FileLock, stopped: Callable[[], bool], waiting: Callable[[], None]) -> None:
    timeout_s = 0.0
    while not lock.is_locked and not stopped():
        try:
            lock.acquire(timeout=timeout_s)
        except Timeout:
            if not timeout_s:
                waiting()
            timeout_s = POLL_S
