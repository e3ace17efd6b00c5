"""Folders that last as long as a process of ours. What one that was killed has left, a later one removes."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
import time
from contextlib import suppress
from functools import cache
from pathlib import Path

import psutil

PREFIX = "probewise-"

# As `tempfile` names a folder with our prefix: nobody else's is taken for one of ours.
OURS = re.compile(rf"{PREFIX}(\d{{1,9}})-[a-z0-9_]{{8}}")

# A process that is gone from here may live on elsewhere, in a container that shares the folder: leave what is young.
ABANDONED_AFTER_S = 24 * 3600.0


def scratch_folder() -> tempfile.TemporaryDirectory[str]:
    """A new empty folder, removed when it is closed."""
    _clear_once()
    return tempfile.TemporaryDirectory(prefix=f"{PREFIX}{os.getpid()}-", ignore_cleanup_errors=True)


def clear_abandoned(folder: Path) -> None:
    """Remove what processes of this user that are gone have left in a folder."""
    for left in folder.glob(f"{PREFIX}*"):
        ours = OURS.fullmatch(left.name)
        if ours and not psutil.pid_exists(int(ours[1])) and _is_old_and_own(left):
            shutil.rmtree(left, ignore_errors=True)


@cache
def _clear_once() -> None:
    clear_abandoned(Path(tempfile.gettempdir()))


def _is_old_and_own(path: Path) -> bool:
    with suppress(OSError):
        found = path.lstat()
        own = not hasattr(os, "getuid") or found.st_uid == os.getuid()
        return own and not path.is_symlink() and time.time() - found.st_mtime > ABANDONED_AFTER_S
    return False
