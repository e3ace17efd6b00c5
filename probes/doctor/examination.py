"""Whether each framework works here, and on what: proven by a training step, and a product on every device."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

from probes.candidates import CANDIDATES, FRAMEWORKS, Candidate
from probes.doctor.device_trials import COMPANIONS
from probes.doctor.surroundings import Surroundings, surroundings
from probes.doctor.usability import accelerator_states
from probes.doctor.usability.case import FrameworkFacts
from probes.environments import chosen_interpreters, known_environments
from probes.errors import InterpreterFailed, NotInstalled, WorkerFailed
from probes.hardware import machine
from probes.installed.inventory import inventory
from probes.installed.registry import registry
from probes.report import Examination, FrameworkState
from probes.supervisor import Worker
from probes.versions import together
from probes.words import in_this_context, sentences
from probes.workloads import find_workload

# A cold import of TensorFlow from a slow disk, and then one tiny step.
EXAMINATION_S = 60.0
EXAMINED_AT_ONCE = 2

# Every candidate, scikit-learn's included, can train it.
EXAMINATION_WORKLOAD = "mlp-tiny"

# `probes` is all that a worker can import of ours.
ASKING = "from probes.doctor.device_trials import told\nholds, figure = True, told({package!r})"


@dataclass(frozen=True)
class Proof:
    """What came of one candidate's training step: a device, or why there was none; and what its framework said."""

    candidate: Candidate
    interpreter: str
    versions: dict[str, str]
    device: str | None = None
    facts: FrameworkFacts | None = None
    failure: WorkerFailed | None = None


def examine(say: Callable[[str, float], None] = lambda _candidate, _share: None) -> Examination:
    """The machine, every framework and every environment; a worker for each set of packages that can run here.

    `say` is told which candidate is examined and the share of all that is done. Interrupted, it leaves no worker.
    """
    interpreters, around = chosen_interpreters(), surroundings()
    proofs = _proofs([each for framework in FRAMEWORKS for each in _distinct(framework)], interpreters, say)
    problem = registry().problem
    return Examination(
        machine=machine(),
        frameworks=tuple(
            _state([proof for proof in proofs if proof.candidate.framework == framework], around)
            for framework in FRAMEWORKS
        ),
        environments=known_environments(),
        problems=() if problem is None else (problem,),
    )


class _Workers:
    """Those that are at work in any thread: all of them end at once."""

    def __init__(self) -> None:
        self._started: list[Worker] = []
        self._ended = False
        self._lock = threading.Lock()

    def started(self, worker: Worker) -> None:
        with self._lock:
            self._started.append(worker)
        if self._ended:
            worker.close()

    def end(self) -> None:
        self._ended = True
        with self._lock:
            started = tuple(self._started)
        for worker in started:
            worker.close()


def _proofs(
    examined: Sequence[Candidate], interpreters: Mapping[str, str], say: Callable[[str, float], None]
) -> list[Proof]:
    workers, proofs = _Workers(), []
    prove_it = in_this_context(partial(prove, started=workers.started))
    with ThreadPoolExecutor(EXAMINED_AT_ONCE) as pool:
        try:
            waited_for = pool.map(prove_it, examined, [interpreters[candidate.id] for candidate in examined])
            for number, candidate in enumerate(examined):
                say(candidate.id, number / len(examined))
                proofs.append(next(waited_for))
        except BaseException:
            # Leaving the pool waits for its threads, and these for their workers.
            pool.shutdown(wait=False, cancel_futures=True)
            workers.end()
            raise
    return proofs


def prove(
    candidate: Candidate, interpreter: str, started: Callable[[Worker], object] = lambda _worker: None
) -> Proof:
    """Let a worker, which `started` is told of, import the framework, take one step, and try every device that the
    framework sees.

    A device with a failure is one that took the step, while another one hung or crashed.
    """
    versions: dict[str, str] = {}
    device = None
    try:
        with Worker(candidate, interpreter) as worker:
            started(worker)
            versions = worker.import_framework(seed=0, timeout_s=EXAMINATION_S).versions
            built = worker.build(find_workload(EXAMINATION_WORKLOAD), seed=0, timeout_s=EXAMINATION_S)
            worker.first_step(timeout_s=EXAMINATION_S)
            device = built.device
            return Proof(candidate, interpreter, versions, device, _facts(candidate, worker))
    except WorkerFailed as failure:
        facts = _facts_of_failure(candidate, interpreter, failure)
        return Proof(candidate, interpreter, versions, device, facts, failure)


def _distinct(framework: str) -> Iterable[Candidate]:
    """The first candidate of each set of packages; further modes of it stand or fall with the same packages."""
    by_packages: dict[frozenset[str], Candidate] = {}
    for candidate in CANDIDATES:
        if candidate.framework == framework:
            by_packages.setdefault(frozenset(candidate.distributions), candidate)
    return by_packages.values()


def _facts(candidate: Candidate, worker: Worker) -> FrameworkFacts | None:
    if candidate.package is None:
        return None
    told = worker.run_script(ASKING.format(package=candidate.package), EXAMINATION_S).figure
    return FrameworkFacts.model_validate_json(told).model_copy(update={"log": worker.last_lines})


def _facts_of_failure(candidate: Candidate, interpreter: str, failure: WorkerFailed) -> FrameworkFacts | None:
    """What is known of a framework that did not get as far as to speak for itself."""
    package = candidate.package
    if package is None or isinstance(failure, NotInstalled):
        return None
    try:
        has = inventory(interpreter)
    except InterpreterFailed:
        return None
    return FrameworkFacts(
        package=package,
        version=has.versions([package]).get(package, ""),
        packages=has.versions(COMPANIONS[package]),
        failure=str(failure),
    )


def _state(proofs: list[Proof], around: Surroundings) -> FrameworkState:
    failures = [proof.failure for proof in proofs if proof.failure is not None]
    working = [proof for proof in proofs if proof.device is not None]
    missing = len(failures) == len(proofs) and all(isinstance(failure, NotInstalled) for failure in failures)
    told = [(proof, proof.facts) for proof in proofs if proof.facts is not None]
    return FrameworkState(
        framework=proofs[0].candidate.framework,
        status="usable" if working else "missing" if missing else "unusable",
        interpreter=proofs[0].interpreter,
        versions=together({proof.candidate.id: proof.versions for proof in proofs}),
        candidates=tuple(proof.candidate.id for proof in working),
        device=working[0].device if working else None,
        problem=sentences(*map(str, failures)) or None,
        trials=tuple(dict.fromkeys(trial for _, facts in told for trial in facts.trials)),
        accelerators=tuple(
            state
            for proof, facts in told
            for state in accelerator_states(proof.candidate, facts, around, proof.interpreter)
        ),
    )
