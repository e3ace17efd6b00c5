"""Scratch folders: gone with their process, and if that was killed, removed by a later one."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from probes.scratch import ABANDONED_AFTER_S, PREFIX, clear_abandoned, scratch_folder


def test_a_folder_is_removed_when_closed() -> None:
    folder = scratch_folder()
    path = Path(folder.name)
    assert path.is_dir()
    assert f"{PREFIX}{os.getpid()}-" in path.name
    folder.cleanup()
    assert not path.exists()


def test_only_what_a_process_that_is_gone_left_long_ago_is_removed(tmp_path) -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    old, new = (tmp_path / f"{PREFIX}{gone.pid}-{name}" for name in ("old_one_", "new_one_"))
    own = tmp_path / f"{PREFIX}{os.getpid()}-own_one_"
    of_others = [
        tmp_path / f"{PREFIX}{name}"
        for name in ("20261121-results", "20261121153000-abcdefgh", "starter", "2026-demo", "-abcdefgh")
    ]
    for folder in (old, new, own, *of_others):
        folder.mkdir()
    for folder in (old, own, *of_others):
        long_ago = folder.stat().st_mtime - 2 * ABANDONED_AFTER_S
        os.utime(folder, (long_ago, long_ago))
    clear_abandoned(tmp_path)
    assert sorted(tmp_path.iterdir()) == sorted((new, own, *of_others))
