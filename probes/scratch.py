"""Folders that last as long as a process of ours. What one that was killed has left, a later one removes."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from contextlib import suppress
from functools import cache
from pathlib import Path

import psutil

PREFIX = "probewise-"

# A process that is gone from here may live on elsewhere, in a container that shares the folder: leave what is young.
ABANDONED_AFTER_S = 3600.0


def scratch_folder() -> tempfile.TemporaryDirectory[str]:
    """A new empty folder, removed when it is closed."""
    _clear_once()
    return tempfile.TemporaryDirectory(prefix=f"{PREFIX}{os.getpid()}-", ignore_cleanup_errors=True)


def clear_abandoned(folder: Path) -> None:
    """Remove what processes that are gone have left in a folder."""
    for left in folder.glob(f"{PREFIX}*-*"):
        owner = left.name.removeprefix(PREFIX).partition("-")[0]
        if owner.isdecimal() and not psutil.pid_exists(int(owner)) and _untouched_s(left) > ABANDONED_AFTER_S:
            shutil.rmtree(left, ignore_errors=True)


@cache
def _clear_once() -> None:
    clear_abandoned(Path(tempfile.gettempdir()))


def _untouched_s(path: Path) -> float:
    with suppress(OSError):
        return time.time() - path.stat().st_mtime
    return 0.0
