"""Hides packages from the imports of this process, as if they were not installed."""

from __future__ import annotations

import sys
from collections.abc import Collection, Sequence
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType


def hide(names: Collection[str]) -> None:
    """From now on nothing of these top-level packages can be found; what is imported already stays.

    Python's own search of the path is replaced by one that leaves them out. An empty entry in `sys.modules` would be
    shorter, but libraries take a name in there for a module that is loaded.
    """
    hidden = frozenset(names)

    class Finder(PathFinder):
        @classmethod
        def find_spec(
            cls, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
        ) -> ModuleSpec | None:
            return None if fullname.partition(".")[0] in hidden else super().find_spec(fullname, path, target)

    sys.meta_path[:] = [Finder if each is PathFinder else each for each in sys.meta_path]
