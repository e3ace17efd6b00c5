"""Which Python runs which candidate, what is installed there, and whether it works."""

from __future__ import annotations

import importlib.metadata
import sys
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from probes.candidates import CANDIDATES, FRAMEWORKS, Candidate
from probes.errors import NotInstalled, WorkerFailed
from probes.report import FrameworkState
from probes.supervisor import Worker
from probes.workloads import find_workload

# A cold import of TensorFlow from a slow disk, and then one tiny step.
EXAMINATION_S = 60.0
EXAMINED_AT_ONCE = 2

# Every candidate, scikit-learn's included, can train it.
EXAMINATION_WORKLOAD = "mlp-tiny"


def chosen_interpreters() -> dict[str, str]:
    """The interpreter of every candidate, by candidate id: the one that runs this."""
    return {candidate.id: sys.executable for candidate in CANDIDATES}


def installed_versions() -> dict[str, str]:
    """{distribution: version} of the packages candidates need, without importing any; what is missing is left out."""
    names = dict.fromkeys(name for candidate in CANDIDATES for name in candidate.distributions)
    found = ((name, _installed_version(name)) for name in names)
    return {name: version for name, version in found if version is not None}


def installed_mb(distributions: Sequence[str]) -> float | None:
    """MiB on disk of these packages with all that they require, extras aside; None when one does not say."""
    if not all(_lists_files(name) for name in distributions):
        return None
    files = {path for name in _requirements_of(distributions) for path in importlib.metadata.files(name) or ()}
    sizes = (path.size if path.size is not None else 0 for path in files)
    return sum(sizes) / 2**20


def examine() -> tuple[FrameworkState, ...]:
    """Whether each framework works: one training step in a worker for every set of packages that it can run on."""
    interpreters = chosen_interpreters()
    examined = [candidate for framework in FRAMEWORKS for candidate in _distinct(framework)]
    with ThreadPoolExecutor(EXAMINED_AT_ONCE) as pool:
        proofs = list(pool.map(lambda candidate: _prove(candidate, interpreters[candidate.id]), examined))
    return tuple(
        _state([proof for proof in proofs if proof.candidate.framework == framework]) for framework in FRAMEWORKS
    )


@dataclass(frozen=True)
class _Proof:
    """What came of one candidate's training step: a device, or why there was none."""

    candidate: Candidate
    interpreter: str
    versions: dict[str, str]
    device: str | None = None
    failure: WorkerFailed | None = None


def _distinct(framework: str) -> Iterable[Candidate]:
    """The first candidate of each set of packages; further modes of it stand or fall with the same packages."""
    by_packages: dict[frozenset[str], Candidate] = {}
    for candidate in CANDIDATES:
        if candidate.framework == framework:
            by_packages.setdefault(frozenset(candidate.distributions), candidate)
    return by_packages.values()


def _prove(candidate: Candidate, interpreter: str) -> _Proof:
    versions: dict[str, str] = {}
    try:
        with Worker(candidate, interpreter) as worker:
            versions = worker.import_framework(seed=0, timeout_s=EXAMINATION_S).versions
            built = worker.build(find_workload(EXAMINATION_WORKLOAD), seed=0, timeout_s=EXAMINATION_S)
            worker.first_step(timeout_s=EXAMINATION_S)
    except WorkerFailed as failure:
        return _Proof(candidate, interpreter, versions, failure=failure)
    return _Proof(candidate, interpreter, versions, device=built.device)


def _state(proofs: list[_Proof]) -> FrameworkState:
    failures = [proof.failure for proof in proofs if proof.failure is not None]
    working = [proof for proof in proofs if proof.device is not None]
    missing = len(failures) == len(proofs) and all(isinstance(failure, NotInstalled) for failure in failures)
    return FrameworkState(
        framework=proofs[0].candidate.framework,
        status="usable" if working else "missing" if missing else "unusable",
        interpreter=proofs[0].interpreter,
        versions={name: version for proof in proofs for name, version in proof.versions.items()},
        candidates=tuple(proof.candidate.id for proof in working),
        device=working[0].device if working else None,
        problem=" ".join(map(str, failures)) or None,
    )


def _lists_files(distribution: str) -> bool:
    return _installed_version(distribution) is not None and bool(importlib.metadata.files(distribution))


def _requirements_of(distributions: Iterable[str]) -> set[str]:
    """Names of the installed packages that these need, themselves included, whatever their order."""
    closure: set[str] = set()
    waiting = list(distributions)
    while waiting:
        name = canonicalize_name(waiting.pop())
        if name in closure or _installed_version(name) is None:
            continue
        closure.add(name)
        required = map(Requirement, importlib.metadata.requires(name) or ())
        waiting += [each.name for each in required if each.marker is None or each.marker.evaluate({"extra": ""})]
    return closure


def _installed_version(distribution: str) -> str | None:
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return None
