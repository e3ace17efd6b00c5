"""How small a difference is found: `python -m tests.probes.detection [RACES] [CANDIDATE@WORKLOAD ...]`, about a
minute a race on an idle machine.

Eight processes of one candidate race for the most rounds there are, and each does a little extra work after every
block. Every two of them are then compared round by round as a measurement compares two candidates, until it would
stop (who is much slower would have dropped out before): as they are, and with a share of extra work counted for one
of them. Pairs of one race share their processes, so they say less than as many races of two. Prints how far the
processes are apart, how often two that are alike were told apart, and how often and after how many seconds which
share of extra work was found.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import permutations
from statistics import fmean, median

import numpy as np

from probes.campaign import pacing
from probes.campaign.bench import Bench
from probes.campaign.clock import Clock, Deadline
from probes.campaign.contenders import Contender
from probes.campaign.crew import Crew
from probes.campaign.ledger import Ledger, Row
from probes.campaign.preparation import Preparation
from probes.campaign.rounds import Rounds
from probes.candidates import Candidate, find_candidate
from probes.comparison import Ratio, paired_ratio, settled
from probes.environments import chosen_interpreters
from probes.machine_lock import machine_to_itself
from probes.member import Member
from probes.protocol import Block
from probes.supervisor import Worker
from probes.workloads import Workload, find_workload

PROCESSES = 8
SHARES = (0.03, 0.05, 0.10, 0.20)
USUAL = ("pytorch-eager@mlp-small", "pytorch-eager@cnn-small", "jax-jit@mlp-small")
BUDGET_S = 600.0


class Diligent(Worker):
    """After every block it does some more, and keeps what a step of that took, in ms, by that of the block."""

    def __init__(self, candidate: Candidate, *arguments: object) -> None:
        super().__init__(candidate, *arguments)  # type: ignore[arg-type]
        self.extra_ms: dict[float, float] = {}

    def measure(self, block_ms: float, timeout_s: float) -> Block:
        block = super().measure(block_ms, timeout_s)
        extra = super().measure(block_ms * max(SHARES), timeout_s)
        self.extra_ms[1000 * block.seconds / block.steps] = 1000 * extra.seconds / extra.steps
        return replace(block, cpu_s=block.cpu_s + extra.cpu_s)


class Twins(Crew):
    """Its contenders are all the same candidate under different names."""

    def __init__(self, candidate: Candidate) -> None:
        super().__init__(chosen_interpreters())
        self.candidate = candidate
        self.members: dict[Contender, Diligent] = {}

    def started(self, contender: Contender, variables: Mapping[str, str] | None, limit_mb: float | None) -> Member:
        interpreter = chosen_interpreters()[self.candidate.id]
        self.members[contender] = Diligent(self.candidate, interpreter, variables, limit_mb)
        return self.members[contender]


class WholeRace(Rounds):
    """Nobody drops out, and it ends after the most rounds."""

    def _another(self, taken: int, most: int, racing: Sequence[Contender], share: float) -> bool:
        return bool(racing) and taken < most

    def _still_racing(self) -> list[Contender]:
        return self._going()


@dataclass(frozen=True)
class Runner:
    """One process's rounds, and what a step of extra work took in each, in ms."""

    row: Row
    extra_ms: Mapping[int, float]

    def until(self, rounds: int, share: float = 0.0) -> Row:
        """What was known after so many rounds, with a share of extra work."""
        numbers = sorted(self.row.times_ms)[:rounds]
        times_ms = {number: self.row.times_ms[number] + share * self.extra_ms[number] for number in numbers}
        return replace(self.row, times_ms=times_ms, disturbed=self.row.disturbed & set(numbers))


def race(candidate: Candidate, workload: Workload, seed: int) -> list[Runner]:
    """One race in fresh processes."""
    clock, crew = Clock(), Twins(candidate)
    contenders = [Contender(replace(candidate, id=f"{candidate.id} {number}")) for number in range(PROCESSES)]
    bench = Bench(
        ledger=Ledger([each.candidate for each in contenders]),
        crew=crew,
        deadline=Deadline.after(BUDGET_S, clock),
        budget_s=BUDGET_S,
        repeats_s=BUDGET_S,
        candidates=PROCESSES,
        seed=seed,
        effort=pacing.Effort(refined=False),
        announce=lambda *_stage: None,
        check=lambda: None,
        clock=clock,
    )
    try:
        ready = Preparation(bench).prepare(contenders, workload, bench.deadline)
        WholeRace(bench, ready, workload, bench.deadline).take(pacing.MOST_ROUNDS)
        return [_runner(bench.ledger.row(each, workload), crew.members[each]) for each in ready]
    finally:
        crew.close()


def _runner(row: Row | None, member: Diligent) -> Runner:
    assert row is not None, "it was ready"
    return Runner(row, {number: member.extra_ms[ms] for number, ms in row.times_ms.items()})


def verdict(mine: Runner, other: Runner, share: float) -> tuple[Ratio, float]:
    """What a measurement says of the two, and after how many seconds of their blocks, when one does extra work."""
    for rounds in range(pacing.FULL_ROUNDS, pacing.MOST_ROUNDS + 1):
        rows = mine.until(rounds, share), other.until(rounds)
        if settled(*rows):
            break
    ratio = paired_ratio(*rows)
    assert ratio is not None, "more than enough rounds"
    return ratio, rounds * sum(map(pacing.block_s, rows))


def process_sd(runners: Sequence[Runner]) -> float:
    """How far the processes are apart beyond what their rounds explain: a standard deviation of log step times."""
    logs = np.log([list(each.row.times_ms.values()) for each in runners])
    residuals = logs - logs.mean(axis=0)
    middles = np.median(residuals, axis=1)
    # The median of n normal samples has 1.57 times the variance of their mean.
    explained = math.pi / 2 * residuals.var(axis=1, ddof=1).mean() / logs.shape[1]
    return math.sqrt(max(middles.var(ddof=1) - explained, 0.0))


def lines(races: Sequence[Sequence[Runner]]) -> Iterator[str]:
    """What is told of the races of one candidate on one workload."""
    yield f"apart from process to process by {math.sqrt(fmean(process_sd(each) ** 2 for each in races)):.1%} (sd)"
    for share in (0.0, *SHARES):
        found = [verdict(*pair, share) for each in races for pair in permutations(each, 2)]
        told = [(ratio, seconds) for ratio, seconds in found if ratio.differs and not ratio.equal]
        if not share:
            # The other way round it is the same pair.
            yield f"alike: {len(told) // 2} of {len(found) // 2} told apart ({len(told) / len(found):.1%})"
            continue
        slower = [(ratio, seconds) for ratio, seconds in told if ratio.low > 1]
        after = f", after {median(seconds for _, seconds in slower):.1f} s (median)" if slower else ""
        rate = len(slower) / len(found)
        wrong = (len(told) - len(slower)) / len(found)
        yield f"{share:.0%} extra work: found in {rate:.1%} of {len(found)}{after}, the wrong way in {wrong:.1%}"


def main(count: int, names: Sequence[str]) -> None:
    """Race for each candidate and workload in turn, and tell after each race what all of them say."""
    known: dict[str, list[list[Runner]]] = {name: [] for name in names}
    for seed in range(count):
        for name, races in known.items():
            candidate, workload = name.split("@")
            with machine_to_itself():
                races.append(race(find_candidate(candidate), find_workload(workload), seed))
            sys.stdout.write("".join(f"{name} ({len(races)} races): {line}\n" for line in lines(races)) + "\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10, sys.argv[2:] or USUAL)
