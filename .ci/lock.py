"""Write requirements.lock: one exact version per package, the same on every supported Python.

Usage: python .ci/lock.py PYTHON [PYTHON ...]   (one per supported version, the oldest first; each needs pip)

The file is used as constraints, so that a pin for a package that one platform does not need (CUDA libraries, say)
costs nothing there. The oldest Python decides first: newer ones can run what it can, not the other way round.
"""

import json
import re
import subprocess
import sys
from pathlib import Path

LOCK = Path("requirements.lock")


def resolve(python: str, constraints: Path) -> dict[str, str]:
    """The versions pip would install for the project with its test tools: {normalised name: version}."""
    command = [python, "-m", "pip", "install", "--dry-run", "--ignore-installed", "--quiet", "--report", "-"]
    command += ["--constraint", str(constraints), ".[test]"]
    report = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)
    packages = (item["metadata"] for item in report["install"])
    return {
        re.sub(r"[-_.]+", "-", package["name"]).lower(): package["version"].split("+")[0]
        for package in packages
        if package["name"] != "probewise"
    }


def main(pythons: list[str]) -> None:
    """Resolve for each Python within the pins of those before it."""
    pins: dict[str, str] = {}
    LOCK.write_text("", encoding="utf-8")
    for python in pythons:
        pins |= resolve(python, LOCK)
        LOCK.write_text("".join(f"{name}=={pins[name]}\n" for name in sorted(pins)), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
