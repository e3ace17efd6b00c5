"""Which Python runs which candidate, and what is installed there.

The rule, for each candidate: the registered interpreter that is preferred for its framework, then the built-in one
(that runs this), then the others in the order they were registered; the first that has all the candidate needs is
taken. Where none has, it is the built-in one, whose worker then says what is missing.
"""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterable

from packaging.version import Version

from probes.candidates import CANDIDATES, FRAMEWORKS, Candidate
from probes.errors import InterpreterFailed, InvalidEnvironment
from probes.installed.inventory import Inventory, inventory
from probes.installed.registry import BUILT_IN, Registered, Registry, registry
from probes.report import EnvironmentState
from probes.versions import together
from probes.words import _

# What the code that a worker runs is written for. There is no newest: what a framework cannot do yet, it says.
OLDEST_PYTHON = Version("3.11")

# A worker makes weights and batches with it; PyTorch does without it.
ALWAYS_NEEDED = ("numpy",)


def chosen_interpreters() -> dict[str, str]:
    """The interpreter of every candidate, by candidate id."""
    return {candidate_id: entry.interpreter for candidate_id, entry in _chosen(registry()).items()}


def installed_versions() -> dict[str, str]:
    """{distribution: version} of the packages candidates need, in the interpreters that run them; none is imported.

    With them those of the packages that give these their devices; what is missing is left out. Which version is told
    of packages that candidates share, `versions.together` says.
    """
    chosen = _chosen(registry())
    return together(
        {
            each.id: inventory(chosen[each.id].interpreter).versions((*each.distributions, *each.device_packages))
            for each in CANDIDATES
        }
    )


def installed_mb(candidate: Candidate) -> float | None:
    """MiB on disk of the candidate's packages with all that they require, where it runs; None if one does not say."""
    return inventory(_chosen(registry())[candidate.id].interpreter).size_mb(candidate.distributions)


def known_environments() -> tuple[EnvironmentState, ...]:
    """The built-in interpreter and every registered one: what it has, and which candidates run with it."""
    known = registry()
    chosen = _chosen(known)
    return tuple(_state(entry, chosen) for entry in (_BUILT_IN, *known.interpreters))


def placement_notes(candidates: Collection[str]) -> tuple[str, ...]:
    """Which of these candidates run elsewhere than in the built-in interpreter, in sentences; by candidate id."""
    if not registry().interpreters:
        return ()
    elsewhere = (
        (state, [candidate for candidate in state.candidates if candidate in candidates])
        for state in known_environments()
        if state.name != BUILT_IN
    )
    return tuple(
        _("{candidates}: measured in the environment {name}, Python {python}.").format(
            candidates=", ".join(own), name=state.name, python=state.python
        )
        for state, own in elsewhere
        if own
    )


def proven(interpreter: str) -> Inventory:
    """What an interpreter has, if probes can run with it; raises `InvalidEnvironment` otherwise."""
    has = inventory(interpreter)
    # One that was built from a repository marks that with a plus, which is no version.
    if Version(has.python.rstrip("+")) < OLDEST_PYTHON:
        raise InvalidEnvironment(
            _("{interpreter} is Python {python}; expected {oldest} or later.").format(
                interpreter=interpreter, python=has.python, oldest=OLDEST_PYTHON
            )
        )
    if not any(can_run(has, candidate) for candidate in CANDIDATES):
        raise InvalidEnvironment(
            _("{interpreter} has no framework that can be probed; expected one of {frameworks}, and NumPy.").format(
                interpreter=interpreter, frameworks=", ".join(FRAMEWORKS)
            )
        )
    return has


def can_run(has: Inventory, candidate: Candidate) -> bool:
    """Whether all that the candidate needs is installed there."""
    return has.has((*candidate.distributions, *ALWAYS_NEEDED))


_BUILT_IN = Registered(name=BUILT_IN, interpreter=sys.executable)


def _chosen(known: Registry) -> dict[str, Registered]:
    inventories = {entry.name: _readable(entry.interpreter) for entry in (_BUILT_IN, *known.interpreters)}
    return {candidate.id: _choose(candidate, known, inventories) for candidate in CANDIDATES}


def _choose(candidate: Candidate, known: Registry, inventories: dict[str, Inventory | None]) -> Registered:
    preferred = [entry for entry in known.interpreters if candidate.framework in entry.preferred_for]
    for entry in (*preferred, _BUILT_IN, *known.interpreters):
        has = inventories[entry.name]
        if has is not None and can_run(has, candidate):
            return entry
    return _BUILT_IN


def _readable(interpreter: str) -> Inventory | None:
    try:
        return inventory(interpreter)
    except InterpreterFailed:
        # An environment that was moved or deleted; `environments` says so.
        return None


def _distributions() -> Iterable[str]:
    return dict.fromkeys(name for candidate in CANDIDATES for name in candidate.distributions)


def _state(entry: Registered, chosen: dict[str, Registered]) -> EnvironmentState:
    runs = tuple(candidate_id for candidate_id, taken in chosen.items() if taken.name == entry.name)
    state = EnvironmentState(
        name=entry.name, interpreter=entry.interpreter, preferred_for=entry.preferred_for, candidates=runs
    )
    try:
        has = inventory(entry.interpreter)
    except InterpreterFailed as failure:
        return state.model_copy(update={"problem": str(failure)})
    return state.model_copy(
        update={"python": has.python, "versions": has.versions(_distributions()), "size_mb": has.total_mb}
    )
