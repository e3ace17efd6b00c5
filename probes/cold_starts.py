"""Cold starts: import, build and first step, each time in a fresh process, several candidates in shuffled rounds."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from probes.candidates import Candidate
from probes.environments import chosen_interpreters
from probes.errors import WorkerFailed
from probes.machine_lock import machine_to_itself, never
from probes.statistics import CONTENDED_SHARE, CpuClock
from probes.supervisor import Worker
from probes.workloads import Workload

# What one start may take before it counts as hung; cold compilers need half a minute on slow machines.
START_LIMIT_S = 120.0


@dataclass(frozen=True)
class ColdStart:
    """One start; `contended` when others used much of the machine meanwhile."""

    import_s: float
    first_step_s: float
    memory_mb: float
    contended: bool


@dataclass
class ColdStarts:
    """The starts of each candidate, one per round and in the order of the rounds, and why one gave none."""

    starts: dict[str, list[ColdStart]] = field(default_factory=dict)
    failures: dict[str, WorkerFailed] = field(default_factory=dict)


def cold_starts(
    candidates: Sequence[Candidate],
    workload: Workload,
    *,
    rounds: int,
    budget_s: float,
    seed: int,
    interpreters: Mapping[str, str] | None = None,
    say: Callable[[float], None] = lambda _share: None,
    stopped: Callable[[], bool] = never,
) -> ColdStarts:
    """At most `rounds` rounds, fewer when the budget ends. A candidate that fails takes no further part.

    Waits for the machine's lock first; a contended start is repeated once. `say` is told the share of the starts
    that is done; `stopped` is asked before each start, and while waiting, whether to end with what there is.
    """
    found = ColdStarts({candidate.id: [] for candidate in candidates})
    chosen = chosen_interpreters() | dict(interpreters or {})
    order = np.random.default_rng(seed)
    with machine_to_itself(stopped):
        deadline = time.monotonic() + budget_s
        round_s = 0.0
        for round_ in range(rounds):
            began = time.monotonic()
            if began + round_s > deadline:
                break
            for place, index in enumerate(order.permutation(len(candidates))):
                if stopped():
                    return found
                say((round_ * len(candidates) + place) / (rounds * len(candidates)))
                _start_once(candidates[index], workload, chosen[candidates[index].id], seed, found)
            round_s = time.monotonic() - began
    return found


def _start_once(candidate: Candidate, workload: Workload, interpreter: str, seed: int, found: ColdStarts) -> None:
    if candidate.id in found.failures:
        return
    try:
        start = _start(candidate, workload, interpreter, seed)
        if start.contended:
            start = _start(candidate, workload, interpreter, seed)
    except WorkerFailed as failure:
        found.failures[candidate.id] = failure
        return
    found.starts[candidate.id].append(start)


def _start(candidate: Candidate, workload: Workload, interpreter: str, seed: int) -> ColdStart:
    before = CpuClock.read()
    with Worker(candidate, interpreter) as worker:
        imported = worker.import_framework(seed, START_LIMIT_S)
        worker.build(workload, seed, START_LIMIT_S)
        first = worker.first_step(START_LIMIT_S)
        memory_mb = worker.peak_memory(START_LIMIT_S).memory_mb
        own_s = worker.cpu_s()
        share = before.others_share(CpuClock.read(), own_s)
    return ColdStart(imported.import_s, first.first_step_s, memory_mb, share > CONTENDED_SHARE)
