"""One measurement at a time on a machine: whoever measures, or would disturb one, holds the lock meanwhile."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from filelock import FileLock, Timeout

from probes.directories import measuring_lock

POLL_S = 0.2

_log = logging.getLogger(__name__)


def never() -> bool:
    """For who is not to be stopped."""
    return False


@contextmanager
def machine_to_itself(stopped: Callable[[], bool] = never) -> Iterator[None]:
    """Hold the machine's lock, after waiting for it; without it once `stopped` says so, which is asked meanwhile.

    Where nothing can be locked, a warning is logged and others are not kept out.
    """
    path = measuring_lock()
    lock = FileLock(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _acquire(lock, stopped)
    except OSError as error:
        _log.warning("Other probes are not kept out: %s cannot be locked (%s).", path, error.strerror or error)
    try:
        yield
    finally:
        lock.release()


def _acquire(lock: FileLock, stopped: Callable[[], bool]) -> None:
    while not lock.is_locked and not stopped():
        try:
            lock.acquire(timeout=POLL_S)
        except Timeout:
            continue
