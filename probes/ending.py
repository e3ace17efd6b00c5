"""Ending a process with all that it started."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path

import psutil

# A killed process is gone at once unless the kernel holds it (a hung device); then it is left to the kernel.
KILL_WAIT_S = 1.5

# How often what was killed is asked for while it dies.
DYING_CHECK_S = 0.01


def kill_group(process: subprocess.Popen[bytes]) -> None:
    """Kill the process's group and any descendant that left it; returns when the process is reaped."""
    with suppress(psutil.Error):
        for descendant in psutil.Process(process.pid).children(recursive=True):
            descendant.kill()
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    with suppress(subprocess.TimeoutExpired):
        process.wait(KILL_WAIT_S)
        _reap_orphans(process.pid)


def _reap_orphans(group: int) -> None:
    """Reap what the leader of this group left to us, its guardian for one: in a container without an init the parent
    of all orphans may be this process.
    """
    until = time.perf_counter() + KILL_WAIT_S
    with suppress(ChildProcessError):
        while time.perf_counter() < until:
            reaped, _ = os.waitpid(-group, os.WNOHANG)
            if not reaped:
                time.sleep(DYING_CHECK_S)


def kill_lost(scratch: Path) -> None:
    """Kill what a process started that has neither its group nor a living parent, by the TMPDIR in its environment
    (Linux only; elsewhere there are no such files).
    """
    mark = f"TMPDIR={scratch}".encode()
    for environment in Path("/proc").glob("[0-9]*/environ"):
        # Gone meanwhile, or somebody else's.
        with suppress(OSError):
            if mark in environment.read_bytes().split(b"\0"):
                os.kill(int(environment.parent.name), signal.SIGKILL)
