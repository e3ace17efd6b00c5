"""Scratch folders: gone with their process, and if that was killed, removed by the next one."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from probes.scratch import ABANDONED_AFTER_S, PREFIX, clear_abandoned, place, scratch_folder

ELSEWHERE = "0123abcd"


def test_a_folder_is_removed_when_closed() -> None:
    folder = scratch_folder()
    path = Path(folder.name)
    assert path.is_dir()
    assert f"{PREFIX}{place()}-{os.getpid()}-" in path.name
    folder.cleanup()
    assert not path.exists()


def test_only_what_a_process_that_is_gone_has_left_is_removed(tmp_path: Path) -> None:
    left, gone = left_by_a_killed_process(tmp_path)
    kept = [
        tmp_path / f"{PREFIX}{name}"
        for name in (
            *(f"{place()}-{os.getpid()}-own_one_", f"{ELSEWHERE}-{gone}-new_one_", f"{gone}-abcdefgh"),
            *("20261121-results", "20261121153000-abcdefgh", "starter", "2026-demo", "-abcdefgh"),
        )
    ]
    old_of_elsewhere = tmp_path / f"{PREFIX}{ELSEWHERE}-{gone}-old_one_"
    for folder in (*kept, old_of_elsewhere):
        folder.mkdir()
    # Age makes nothing ours that is not; of another place it is all there is to go by.
    for folder in (old_of_elsewhere, *(each for each in kept if "new_one_" not in each.name)):
        long_ago = folder.stat().st_mtime - 2 * ABANDONED_AFTER_S
        os.utime(folder, (long_ago, long_ago))
    clear_abandoned(tmp_path)
    assert not left.exists()
    assert sorted(tmp_path.iterdir()) == sorted(kept)


def left_by_a_killed_process(directory: Path) -> tuple[Path, int]:
    """The scratch folder that it had, and its process id."""
    script = "import time, probes.scratch as s; a = s.scratch_folder(); print(a.name, flush=True); time.sleep(600)"
    with subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, env=os.environ | {"TMPDIR": str(directory)}
    ) as process:
        left = Path(process.stdout.readline().strip())
        process.kill()
    assert left.is_dir()
    assert left.parent == directory
    return left, process.pid
