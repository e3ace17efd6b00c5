"""How small a difference is found: `python -m tests.probes.detection [TRIALS]`, some minutes on an idle machine.

Two processes of one candidate race as any two candidates do. One of them does extra work in every block: more steps
of its own, which count as time but not as steps. Prints how often which share of extra work was found, and when.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from statistics import median

from probes.campaign.bench import Bench
from probes.campaign.clock import Clock, Deadline
from probes.campaign.contenders import Contender
from probes.campaign.crew import Crew
from probes.campaign.ledger import Ledger
from probes.campaign.pacing import MOST_ROUNDS, Effort
from probes.campaign.preparation import Preparation
from probes.campaign.rounds import Rounds
from probes.candidates import find_candidate
from probes.comparison import paired_ratio
from probes.environments import chosen_interpreters
from probes.machine_lock import machine_to_itself
from probes.member import Member
from probes.protocol import Block
from probes.supervisor import Worker
from probes.workloads import find_workload

SHARES = (0.0, 0.03, 0.05, 0.10)
CANDIDATE, WORKLOAD = find_candidate("pytorch-eager"), find_workload("mlp-small")
PLAIN, BURDENED = Contender(CANDIDATE), Contender(CANDIDATE, "warm start")
BUDGET_S = 60.0


class Burdened(Worker):
    """A worker that does a share of extra work."""

    share = 0.0

    def measure(self, block_ms: float, timeout_s: float) -> Block:
        block = super().measure(block_ms, timeout_s)
        if not self.share:
            return block
        extra = super().measure(block_ms * self.share, timeout_s)
        extra_s = extra.seconds / extra.steps * block.steps * self.share
        return replace(block, seconds=block.seconds + extra_s, cpu_s=block.cpu_s + extra.cpu_s)


class BurdenedCrew(Crew):
    """Its second contender bears extra work."""

    def __init__(self, share: float) -> None:
        super().__init__(chosen_interpreters())
        self._share = share

    def started(self, contender: Contender, variables: Mapping[str, str] | None, limit_mb: float | None) -> Member:
        if contender != BURDENED:
            return super().started(contender, variables, limit_mb)
        worker = Burdened(contender.candidate, chosen_interpreters()[contender.candidate.id], variables, limit_mb)
        worker.share = self._share
        return worker


@dataclass(frozen=True)
class Finding:
    """What one trial said of the burdened process, as a measurement tells it; after how many rounds and seconds."""

    slower: bool
    faster: bool
    rounds: int
    seconds: float


def trial(share: float, seed: int) -> Finding:
    """One race in fresh processes."""
    clock, crew = Clock(), BurdenedCrew(share)
    bench = Bench(
        ledger=Ledger((CANDIDATE,)),
        crew=crew,
        deadline=Deadline.after(BUDGET_S, clock),
        budget_s=BUDGET_S,
        repeats_s=BUDGET_S,
        candidates=2,
        seed=seed,
        effort=Effort(refined=False),
        announce=lambda *_stage: None,
        check=lambda: None,
        clock=clock,
    )
    try:
        ready = Preparation(bench).prepare((PLAIN, BURDENED), WORKLOAD, bench.deadline)
        began = time.perf_counter()
        Rounds(bench, ready, WORKLOAD, bench.deadline).take(MOST_ROUNDS)
        seconds = time.perf_counter() - began
    finally:
        crew.close()
    plain, burdened = (bench.ledger.row(each, WORKLOAD) for each in (PLAIN, BURDENED))
    assert plain is not None, "no row of the plain process"
    assert burdened is not None, "no row of the burdened process"
    ratio = paired_ratio(burdened, plain)
    assert ratio is not None, "too few rounds"
    told = not ratio.equal
    return Finding(told and ratio.low > 1, told and ratio.high < 1, ratio.pairs, seconds)


def findings(share: float, trials: int) -> Iterator[Finding]:
    """As many as asked for, one at a time on the machine."""
    for seed in range(trials):
        with machine_to_itself():
            yield trial(share, seed)


def main(trials: int) -> None:
    """Print a line for each share."""
    for share in SHARES:
        found = list(findings(share, trials))
        slower, faster = (sum(getattr(each, way) for each in found) for way in ("slower", "faster"))
        rounds, seconds = (median(getattr(each, figure) for each in found) for figure in ("rounds", "seconds"))
        line = f"{share:4.0%} extra work: slower in {slower}, faster in {faster} of {trials} trials;"
        sys.stdout.write(f"{line} {rounds:.0f} rounds, {seconds:.1f} s (medians)\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20)
