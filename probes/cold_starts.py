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

# What one stage of a start may take before it counts as hung; cold compilers need half a minute on slow machines.
STAGE_LIMIT_S = 120.0


@dataclass(frozen=True)
class ColdStart:
    """One start; `contended` when others used much of the machine meanwhile."""

    import_s: float
    first_step_s: float
    memory_mb: float
    contended: bool


@dataclass
class ColdStarts:
    """The starts of each candidate, one per round and in the order of the rounds, and why one gave none.

    `seconds` is what they took; waiting for the machine does not count.
    """

    starts: dict[str, list[ColdStart]] = field(default_factory=dict)
    failures: dict[str, WorkerFailed] = field(default_factory=dict)
    seconds: float = 0.0


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
    """At most `rounds` rounds within `budget_s`, whatever a start does. A candidate that fails takes no further part;
    a start that the end of the budget cuts off is no failure.

    Waits for the machine's lock first; a contended start is repeated once. `say` is told the share of the starts
    that is done; `stopped` is asked before each start, and while waiting, whether to end with what there is.
    """
    found = ColdStarts({candidate.id: [] for candidate in candidates})
    chosen = chosen_interpreters() | dict(interpreters or {})
    order = np.random.default_rng(seed)
    with machine_to_itself(stopped):
        began = time.monotonic()
        deadline = began + budget_s
        round_s = 0.0
        for round_ in range(rounds):
            round_began = time.monotonic()
            if stopped() or round_began + round_s > deadline:
                break
            for place, index in enumerate(order.permutation(len(candidates))):
                if stopped():
                    break
                say((round_ * len(candidates) + place) / (rounds * len(candidates)))
                candidate = candidates[index]
                _start_once(candidate, workload, chosen[candidate.id], seed, deadline=deadline, found=found)
            round_s = time.monotonic() - round_began
        found.seconds = time.monotonic() - began
    return found


def _start_once(
    candidate: Candidate, workload: Workload, interpreter: str, seed: int, *, deadline: float, found: ColdStarts
) -> None:
    if candidate.id in found.failures or time.monotonic() >= deadline:
        return
    try:
        start = _start(candidate, workload, interpreter, seed, deadline)
        if start.contended and time.monotonic() < deadline:
            start = _start(candidate, workload, interpreter, seed, deadline)
    except WorkerFailed as failure:
        if time.monotonic() < deadline:
            found.failures[candidate.id] = failure
        return
    found.starts[candidate.id].append(start)


def _start(candidate: Candidate, workload: Workload, interpreter: str, seed: int, deadline: float) -> ColdStart:
    def left_s() -> float:
        return max(min(STAGE_LIMIT_S, deadline - time.monotonic()), 0.0)

    before = CpuClock.read()
    with Worker(candidate, interpreter) as worker:
        imported = worker.import_framework(seed, left_s())
        worker.build(workload, seed, left_s())
        first = worker.first_step(left_s())
        memory_mb = worker.peak_memory(left_s()).memory_mb
        own_s = worker.cpu_s()
        share = before.others_share(CpuClock.read(), own_s)
    return ColdStart(imported.import_s, first.first_step_s, memory_mb, share > CONTENDED_SHARE)
