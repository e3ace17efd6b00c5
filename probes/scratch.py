"""Folders that last as long as a process of ours. What one that was killed has left, the next one removes."""

from __future__ import annotations

import hashlib
import os
import platform
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
OURS = re.compile(rf"{PREFIX}(?P<place>[0-9a-f]{{8}})-(?P<process>\d{{1,9}})-[a-z0-9_]{{8}}")

# Whether a process of another place lives on cannot be seen from here: what is young is left.
ABANDONED_AFTER_S = 24 * 3600.0


def scratch_folder() -> tempfile.TemporaryDirectory[str]:
    """A new empty folder, removed when it is closed."""
    _clear_once()
    return tempfile.TemporaryDirectory(prefix=f"{PREFIX}{place()}-{os.getpid()}-", ignore_cleanup_errors=True)


def clear_abandoned(folder: Path) -> None:
    """Remove what processes of this user that are gone have left in a folder."""
    for left in folder.glob(f"{PREFIX}*"):
        ours = OURS.fullmatch(left.name)
        if ours and not psutil.pid_exists(int(ours["process"])):
            least_age_s = 0.0 if ours["place"] == place() else ABANDONED_AFTER_S
            if _is_own(left, least_age_s):
                shutil.rmtree(left, ignore_errors=True)


@cache
def place() -> str:
    """Eight hexadecimal digits for where process ids mean what they mean here: this start of this computer and, on
    Linux, this container. A folder may be shared with others.
    """
    parts = [platform.node()]
    with suppress(OSError):
        parts.append(Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii"))
    with suppress(OSError):
        parts.append(os.readlink("/proc/self/ns/pid"))  # noqa: PTH115  it names no path
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:8]


@cache
def _clear_once() -> None:
    clear_abandoned(Path(tempfile.gettempdir()))


def _is_own(path: Path, least_age_s: float) -> bool:
    with suppress(OSError):
        found = path.lstat()
        own = not hasattr(os, "getuid") or found.st_uid == os.getuid()
        return own and not path.is_symlink() and (not least_age_s or time.time() - found.st_mtime > least_age_s)
    return False
