"""What workers have left running, wherever it went."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from collections.abc import Set as AbstractSet
from contextlib import suppress
from pathlib import Path

import psutil

from probes.scratch import PREFIX, place

# What was killed is found until it is gone.
DYING_S, ASKED_EVERY_S = 5.0, 0.1

Processes = AbstractSet[psutil.Process]


def started_by(parent: int) -> Processes:
    """Every living process that workers of this parent are or have started, whoever is its parent by now: it has the
    scratch folder of its worker in its environment.
    """
    scratch = str(Path(tempfile.gettempdir(), f"{PREFIX}{place()}-{parent}-"))
    found = set()
    for each in psutil.process_iter():
        with suppress(psutil.Error):
            if _lives(each) and each.environ().get("TMPDIR", "").startswith(scratch):
                found.add(each)
    return found


def family(parent: int) -> Processes:
    """The same and every living descendant of this parent."""
    descendants = psutil.Process(parent).children(recursive=True)
    return started_by(parent) | {each for each in descendants if _lives(each)}


def left_by(
    parent: int, find: Callable[[int], Processes] = started_by, *, before: Processes = frozenset()
) -> Processes:
    """Those found that were not there before and do not end within a few seconds."""
    until = time.monotonic() + DYING_S
    while (left := find(parent) - before) and time.monotonic() < until:
        psutil.wait_procs(left, timeout=ASKED_EVERY_S)
    return left


def _lives(process: psutil.Process) -> bool:
    with suppress(psutil.NoSuchProcess):
        return process.status() != psutil.STATUS_ZOMBIE
    return False
