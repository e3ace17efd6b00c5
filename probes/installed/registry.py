"""The interpreters that a person has registered: any Python of a virtual or conda environment, or the system's.

One JSON file in the data directory. A file that cannot be read is said and counts as empty; it is never written over.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable
from pathlib import Path

from filelock import FileLock
from pydantic import Field, ValidationError

from probes.directories import data_directory
from probes.errors import InvalidEnvironment
from probes.records import Record
from probes.words import _

BUILT_IN = "built-in"

# A folder of this name is made for an environment, so it must be one on every system.
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,39}")

_IN_A_FOLDER = ("bin/python", "bin/python3", "Scripts/python.exe", "python.exe")


class Registered(Record):
    """An interpreter under a name; it is taken before all others for the frameworks it is `preferred_for`."""

    name: str
    interpreter: str
    preferred_for: tuple[str, ...] = ()


class Registry(Record):
    """All registered interpreters in the order they came; `problem` says why the file could not be read."""

    interpreters: tuple[Registered, ...] = ()
    problem: str | None = Field(default=None, exclude=True)

    def find(self, name: str) -> Registered | None:
        """The interpreter of this name."""
        return next((each for each in self.interpreters if each.name == name), None)


def registry() -> Registry:
    """What is registered; empty, with the `problem`, when the file cannot be read."""
    path = _path()
    try:
        return Registry.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return Registry()
    except OSError as error:
        reason = error.strerror or str(error)
    except ValidationError as error:
        reason = error.errors(include_url=False)[0]["msg"]
    message = _(
        "The list of environments {path} cannot be read: {reason}. Mend the file, or delete it to start anew."
    )
    return Registry(problem=message.format(path=path, reason=reason))


def register(entry: Registered) -> None:
    """Keep an interpreter; raises `InvalidEnvironment` when its name is taken or the list cannot be written.

    What others were preferred for and this one is, they are no more.
    """

    def add(known: Registry) -> Registry:
        if known.find(entry.name):
            raise _taken(entry.name)
        others = (
            each.model_copy(update={"preferred_for": _without(each.preferred_for, entry.preferred_for)})
            for each in known.interpreters
        )
        return Registry(interpreters=(*others, entry))

    _change(add)


def forget(name: str) -> Registered:
    """Take an interpreter off the list and return what it was; raises `InvalidEnvironment` for an unknown name."""
    gone: list[Registered] = []

    def remove(known: Registry) -> Registry:
        gone.append(_known(known, name))
        return Registry(interpreters=tuple(each for each in known.interpreters if each.name != name))

    _change(remove)
    return gone[0]


def checked_name(name: str) -> str:
    """The name, if it can be given to a new environment; raises `InvalidEnvironment`."""
    if name == BUILT_IN or not _NAME.fullmatch(name):
        raise InvalidEnvironment(
            _(
                "The name {name!r} cannot be used; expected up to 40 lower-case letters, digits, dots, dashes and "
                "underscores, and not {built_in}."
            ).format(name=name, built_in=BUILT_IN)
        )
    if registry().find(name):
        raise _taken(name)
    return name


def interpreter_at(path: Path) -> str:
    """The interpreter at this path, or in the environment whose folder it is; raises `InvalidEnvironment`."""
    # Links are kept: the interpreter of a virtual environment is one, and is another Python than what it points to.
    try:
        place = Path(os.path.abspath(path.expanduser()))  # noqa: PTH100  Path.resolve would follow them
    except RuntimeError as error:
        raise InvalidEnvironment(
            _("There is no home folder for {path}; expected the path of an interpreter.").format(path=path)
        ) from error
    if place.is_dir():
        found = next((place / name for name in _IN_A_FOLDER if (place / name).is_file()), None)
        if found is None:
            raise InvalidEnvironment(
                _(
                    "There is no Python in {path}; expected one at bin/python. Give the path of the interpreter."
                ).format(path=place)
            )
        place = found
    if not place.is_file():
        raise InvalidEnvironment(
            _("There is nothing at {path}; expected an interpreter, or the folder of an environment.").format(
                path=place
            )
        )
    if not os.access(place, os.X_OK):
        raise InvalidEnvironment(_("{path} cannot be executed; expected a Python interpreter.").format(path=place))
    return str(place)


def _without(frameworks: Iterable[str], others: Iterable[str]) -> tuple[str, ...]:
    return tuple(framework for framework in frameworks if framework not in others)


def _taken(name: str) -> InvalidEnvironment:
    return InvalidEnvironment(
        _(
            "There is an environment {name} already; give another name, or take it off with: "
            "probewise env remove {name}"
        ).format(name=name)
    )


def _known(known: Registry, name: str) -> Registered:
    entry = known.find(name)
    if entry is not None:
        return entry
    names = ", ".join(each.name for each in known.interpreters)
    if not names:
        raise InvalidEnvironment(_("There is no environment {name}; none is registered.").format(name=name))
    raise InvalidEnvironment(
        _("There is no environment {name}; expected one of {names}.").format(name=name, names=names)
    )


def _change(change: Callable[[Registry], Registry]) -> None:
    path = _path()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(path.with_suffix(".lock")):
            known = registry()
            if known.problem is not None:
                raise InvalidEnvironment(known.problem)
            draft = path.with_suffix(".new")
            draft.write_text(change(known).model_dump_json(indent=2), encoding="utf-8")
            draft.replace(path)
    except OSError as error:
        raise InvalidEnvironment(
            _(
                "The list of environments {path} cannot be written: {reason}. Free some space, or make it writable."
            ).format(path=path, reason=error.strerror or error)
        ) from error


def _path() -> Path:
    return data_directory() / "environments.json"
