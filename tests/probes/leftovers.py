"""What workers have left running, wherever it went."""

from __future__ import annotations

import tempfile
from contextlib import suppress
from pathlib import Path

import psutil

from probes.scratch import PREFIX, place


def started_by(parent: int) -> list[psutil.Process]:
    """Every living process that workers of this parent are or have started, whoever is its parent by now: it has the
    scratch folder of its worker in its environment.
    """
    scratch = str(Path(tempfile.gettempdir(), f"{PREFIX}{place()}-{parent}-"))
    found = []
    for each in psutil.process_iter():
        with suppress(psutil.Error):
            if each.status() != psutil.STATUS_ZOMBIE and each.environ().get("TMPDIR", "").startswith(scratch):
                found.append(each)
    return found
