"""A program that takes uv's commands, makes real environments, and installs by writing packages down."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import fake_environments
from packaging.requirements import Requirement


def put_on_path(directory: Path, *, lines: str = "", code: int = 0, hangs: bool = False) -> dict[str, str]:
    """Write the program; returns the PATH with it. Installing writes `lines` and ends with `code`, or not at all."""
    directory.mkdir(parents=True)
    plan = {"lines": lines, "code": code, "hangs": hangs, "log": str(directory / "log.json")}
    (directory / "plan.json").write_text(json.dumps(plan), encoding="utf-8")
    program = directory / "uv"
    program.write_text(
        f'#!/bin/sh\nexec {sys.executable} {__file__} {directory / "plan.json"} "$@"\n', encoding="utf-8"
    )
    program.chmod(0o755)
    return {"PATH": f"{directory}:/usr/bin:/bin"}


def asked(directory: Path) -> list[list[str]]:
    """The commands that were given, and the constraints as the last of an installation's."""
    log = directory / "log.json"
    return [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()] if log.exists() else []


def main() -> int:
    plan = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    arguments = sys.argv[2:]
    if arguments[0] == "pip":
        arguments.append(Path(arguments[arguments.index("--constraint") + 1]).read_text(encoding="utf-8"))
    with Path(plan["log"]).open("a", encoding="utf-8") as log:
        log.write(json.dumps(arguments) + "\n")
    if arguments[0] == "venv":
        fake_environments.make(Path(arguments[-1]), {})
        return 0
    sys.stdout.write(plan["lines"])
    sys.stdout.flush()
    if plan["hangs"]:
        import signal

        signal.pause()
    if not plan["code"]:
        _install(Path(arguments[arguments.index("--python") + 1]).parents[1], arguments)
    return int(plan["code"])


def _install(folder: Path, arguments: list[str]) -> None:
    first = arguments.index("--constraint") + 2
    for text in arguments[first:-1]:
        requirement = Requirement(text)
        version = next((each.version for each in requirement.specifier), "1.0")
        fake_environments.add(folder, requirement.name, version)


if __name__ == "__main__":
    sys.exit(main())
