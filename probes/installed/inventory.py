"""What an interpreter has: its version and packages. Told by the interpreter itself, and kept until they change."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from pydantic import ValidationError

from probes.directories import cache_directory
from probes.errors import InterpreterFailed
from probes.installed import packages
from probes.records import Record
from probes.scratch import scratch_folder
from probes.supervisor import PASSED_VARIABLES
from probes.words import _

# A cold start of Python and a hundred small files, from a network disk.
READING_S = 30.0

SHOWN_CHARACTERS = 200

# Builds of a framework that are published under names of their own.
OTHER_NAMES: Mapping[str, tuple[str, ...]] = {
    "tensorflow": ("tensorflow-cpu", "tensorflow-macos", "tensorflow-rocm", "tf-nightly"),
}

_known: dict[str, _Read] = {}


class Package(Record):
    """One installed distribution; `mb` is None where it does not list its files."""

    version: str
    requires: tuple[str, ...]
    mb: float | None


class Inventory(Record):
    """An interpreter and everything that is installed for it, by normalised distribution name."""

    python: str
    architecture: str
    markers: dict[str, str]
    directories: tuple[str, ...]
    packages: dict[str, Package]

    def has(self, distributions: Iterable[str]) -> bool:
        """Whether all of them are installed."""
        return all(self._found(name) in self.packages for name in distributions)

    def versions(self, distributions: Iterable[str]) -> dict[str, str]:
        """{distribution: version}, without those that are not installed."""
        found = ((name, self.packages.get(self._found(name))) for name in distributions)
        return {name: package.version for name, package in found if package is not None}

    def size_mb(self, distributions: Sequence[str]) -> float | None:
        """MiB on disk of these with all that they require, extras aside; None when one of them does not say."""
        named = [self.packages.get(self._found(name)) for name in distributions]
        if any(package is None or package.mb is None for package in named):
            return None
        return sum(self.packages[name].mb or 0.0 for name in self.closure(distributions))

    @property
    def total_mb(self) -> float:
        """MiB on disk of all packages that list their files, without what Python has compiled."""
        return sum(package.mb or 0.0 for package in self.packages.values())

    def closure(self, distributions: Iterable[str]) -> frozenset[str]:
        """Normalised names of the installed packages that these need, themselves included."""
        closure: set[str] = set()
        waiting = list(distributions)
        while waiting:
            name = self._found(waiting.pop())
            if name in closure or name not in self.packages:
                continue
            closure.add(name)
            required = map(Requirement, self.packages[name].requires)
            waiting += [each.name for each in required if self._applies(each)]
        return frozenset(closure)

    def _found(self, distribution: str) -> str:
        """The name under which a distribution is installed, its own where it is not."""
        names = (canonicalize_name(distribution), *OTHER_NAMES.get(distribution, ()))
        return next((name for name in names if name in self.packages), names[0])

    def _applies(self, requirement: Requirement) -> bool:
        return requirement.marker is None or requirement.marker.evaluate({**self.markers, "extra": ""})


class _Read(Record):
    """An inventory, and when the files it came from had last changed."""

    stamp: tuple[int, ...]
    inventory: Inventory


def inventory(interpreter: str) -> Inventory:
    """What this interpreter has; raises `InterpreterFailed` when it cannot tell.

    Kept, also on disk, until the interpreter or a folder that it imports from changes.
    """
    known = _known.get(interpreter) or _kept(interpreter)
    if known is None or known.stamp != _stamp(interpreter, known.inventory.directories):
        fresh = _own() if interpreter == sys.executable else _told_by(interpreter)
        known = _Read(stamp=_stamp(interpreter, fresh.directories), inventory=fresh)
        _keep(interpreter, known)
    _known[interpreter] = known
    return known.inventory


def _own() -> Inventory:
    return Inventory.model_validate(packages.described())


def _told_by(interpreter: str) -> Inventory:
    # An empty folder to stand in: Python looks there first for what `-c` imports.
    with scratch_folder() as nowhere:
        text = _output(interpreter, passed_on(os.environ), nowhere)
    try:
        return Inventory.model_validate_json(text.strip().rpartition("\n")[2])
    except ValidationError as error:
        raise _cannot_tell(interpreter, _("it is no Python")) from error


def passed_on(environment: Mapping[str, str]) -> dict[str, str]:
    """What a worker would get of these variables, so that both find the same packages."""
    return {name: value for name, value in environment.items() if name in PASSED_VARIABLES}


def _output(interpreter: str, variables: dict[str, str], directory: str) -> str:
    try:
        ended = subprocess.run(  # noqa: S603  the interpreter is one of ours or one the person named
            [interpreter, "-c", Path(packages.__file__).read_text(encoding="utf-8")],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            env=variables,
            cwd=directory,
            timeout=READING_S,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise _cannot_tell(interpreter, _("no answer in {seconds:.0f} s").format(seconds=READING_S)) from error
    except OSError as error:
        raise _cannot_tell(interpreter, error.strerror or str(error)) from error
    if ended.returncode:
        last = next((line for line in reversed(ended.stderr.splitlines()) if line.strip()), "")
        ending = _("it ended with exit code {code}").format(code=ended.returncode)
        raise _cannot_tell(interpreter, f"{ending}: {last[:SHOWN_CHARACTERS]}" if last else ending)
    return ended.stdout


def _cannot_tell(interpreter: str, reason: str) -> InterpreterFailed:
    return InterpreterFailed(
        _("{interpreter} cannot say which packages it has: {reason}. Expected a Python that can be run.").format(
            interpreter=interpreter, reason=reason
        )
    )


def _stamp(interpreter: str, directories: Iterable[str]) -> tuple[int, ...]:
    """When these last changed, in nanoseconds; installing and removing a package changes the folder it lies in."""
    return tuple(_changed_ns(path) for path in (interpreter, *directories))


def _changed_ns(path: str) -> int:
    try:
        return Path(path).stat().st_mtime_ns
    except OSError:
        return 0


def _kept(interpreter: str) -> _Read | None:
    try:
        return _Read.model_validate_json(_file(interpreter).read_bytes())
    except (OSError, ValidationError):
        return None


def _keep(interpreter: str, known: _Read) -> None:
    """What cannot be kept is read again next time."""
    file = _file(interpreter)
    draft = file.with_suffix(f".{os.getpid()}")
    with suppress(OSError):
        file.parent.mkdir(parents=True, exist_ok=True)
        draft.write_text(known.model_dump_json(), encoding="utf-8")
        draft.replace(file)


def _file(interpreter: str) -> Path:
    name = hashlib.sha256(interpreter.encode()).hexdigest()[:16]
    return cache_directory() / "inventories" / f"{name}.json"
