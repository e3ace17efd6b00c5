"""Where Probewise keeps its own files. PROBEWISE_HOME, when set, holds all of them."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs

APPLICATION = "probewise"
HOME = "PROBEWISE_HOME"


def data_directory() -> Path:
    """What must last, such as the history of runs; it may not exist yet."""
    return _home_or(platformdirs.user_data_path(APPLICATION, appauthor=False))


def cache_directory() -> Path:
    """What can be made again, and the lock of all who measure here; it may not exist yet."""
    return _home_or(platformdirs.user_cache_path(APPLICATION, appauthor=False))


def measuring_lock() -> Path:
    """The file that whoever measures holds locked meanwhile: one for each person, or for each PROBEWISE_HOME."""
    return cache_directory() / "measuring.lock"


def settle() -> None:
    """Let PROBEWISE_HOME keep its meaning, here and in processes that are started, after a change of folder."""
    if os.environ.get(HOME):
        os.environ[HOME] = str(data_directory())


def _home_or(default: Path) -> Path:
    home = os.environ.get(HOME)
    # As it stands where there is no such person.
    return Path(os.path.expanduser(home)).absolute() if home else default  # noqa: PTH111
