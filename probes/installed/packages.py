"""What is installed for the Python that runs this.

Needs only the standard library: `probes.installed.inventory` hands the text of this file to interpreters that have
nothing of ours, as `INTERPRETER -c TEXT`.
"""

from __future__ import annotations

import importlib.metadata
import json
import os
import platform
import re
import sys
from typing import Any


def described() -> dict[str, Any]:
    """The interpreter and its packages as plain data; `mb` (MiB) is None where a package does not list its files."""
    return {
        "python": platform.python_version(),
        "architecture": platform.machine(),
        "markers": _markers(),
        "directories": [path for path in sys.path if path and os.path.isdir(path)],  # noqa: PTH112  no import for it
        "packages": _packages(),
    }


def _packages() -> dict[str, dict[str, Any]]:
    packages: dict[str, dict[str, Any]] = {}
    for distribution in importlib.metadata.distributions():
        # Each access parses the file anew.
        metadata = distribution.metadata
        name = re.sub(r"[-_.]+", "-", metadata["Name"] or "").lower()
        # The first on the path is what an import finds; a removal that broke off leaves a folder without a name.
        if name and name not in packages:
            packages[name] = {
                "version": metadata["Version"],
                "requires": metadata.get_all("Requires-Dist") or [],
                "mb": _listed_mb(distribution.read_text("RECORD")),
            }
    return packages


def _listed_mb(record: str | None) -> float | None:
    """The sum of the sizes in a RECORD file, which has `path,hash,size` on every line."""
    if not record:
        return None
    sizes = (line.rpartition(",")[2] for line in record.splitlines())
    return sum(int(size) for size in sizes if size.isdigit()) / 2**20


def _markers() -> dict[str, str]:
    """The environment markers in which one Python of a machine may differ from another."""
    return {
        "implementation_name": sys.implementation.name,
        "platform_machine": platform.machine(),
        "platform_python_implementation": platform.python_implementation(),
        "python_full_version": platform.python_version(),
        "python_version": ".".join(platform.python_version_tuple()[:2]),
    }


if __name__ == "__main__":
    # On a line of its own, whatever a sitecustomize has written before.
    sys.stdout.write("\n" + json.dumps(described()) + "\n")
