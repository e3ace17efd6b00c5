"""Getting contenders ready: started on a workload, then warmed up one at a time."""

from __future__ import annotations

from collections.abc import Sequence

from probes.campaign import pacing
from probes.campaign.bench import Bench
from probes.campaign.clock import Deadline
from probes.campaign.contenders import Contender
from probes.campaign.ledger import Row
from probes.campaign.starts import Starts, first_step
from probes.errors import WorkerFailed
from probes.workloads import Workload

# A message to a live worker and back, with a wide margin.
ANSWER_S = 5.0


class Preparation:
    """Takes contenders to where blocks can be measured. What fails or has no time costs its own row only."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench

    def prepare(
        self,
        contenders: Sequence[Contender],
        workload: Workload,
        deadline: Deadline,
        *,
        beside: Sequence[Contender] = (),
        later: int = 0,
        at_once: int = 1,
    ) -> list[Contender]:
        """Those of the contenders that are warm on the workload now, in the order given; those `beside` stay warm.
        `later` others are to be started when these are measured; `at_once` are built at the same time.
        """
        Starts(self._bench, workload, deadline, beside=beside, later=later).run(contenders, at_once=at_once)
        self._bench.ledger.compare_losses(workload)
        started = [each for each in contenders if self._started(each, workload)]
        ready: list[Contender] = []
        for index, contender in enumerate(started):
            warm, waiting = len(beside) + len(ready), len(started) - index - 1
            limit_s = self._warm_up_limit_s(workload, deadline, ready=warm, waiting=waiting)
            ready += [contender] * self._warmed(contender, workload, limit_s)
        return ready

    def ready_again(self, contender: Contender, workload: Workload, deadline: Deadline, *, ready: int) -> bool:
        """Whether a contender whose row on this workload is complete is warm once more, beside `ready` others.
        Not when that failed, or would leave too little time to measure them, or its worker is gone. Nothing is built
        where its worker holds the network still.
        """
        ledger, left_s = self._bench.ledger, deadline.left_s
        held = self._bench.crew.holds(contender, workload)
        known_s = 0.0 if held else pacing.known_start_s(ledger, contender, workload, alive=True)
        step_s = pacing.least_step_s(ledger, workload)
        limit_s = pacing.start_limit_s(left_s, known_s, ready=ready, waiting=0, step_s=step_s)
        if not limit_s or not self._bench.crew.imported(contender):
            return False
        row, until = Row(), deadline.within(min(limit_s, left_s))
        try:
            for wait in () if held else first_step(self._bench, contender, workload, row, until):
                with self._bench.wall.spent(wait.activity):
                    self._bench.clock.first_to_answer([wait.worker], wait.until.left_s)
            self._warm_up(contender, workload, row, until.left_s)
        except WorkerFailed:
            self._bench.check()
            return False
        return True

    def _started(self, contender: Contender, workload: Workload) -> bool:
        row = self._bench.ledger.row(contender, workload)
        taken = row is not None and row.failure is None and row.first_step_s is not None
        return taken and self._bench.crew.imported(contender)

    def _warm_up_limit_s(self, workload: Workload, deadline: Deadline, *, ready: int, waiting: int) -> float:
        step_s = pacing.least_step_s(self._bench.ledger, workload)
        return pacing.start_limit_s(
            min(deadline.left_s, self._bench.deadline.left_s),
            None,
            ready=ready,
            waiting=waiting,
            typical_s=pacing.MOST_WINDOWS * max(step_s, pacing.BLOCK_MS / 2000),
            step_s=step_s,
        )

    def _warmed(self, contender: Contender, workload: Workload, limit_s: float) -> bool:
        row = self._bench.ledger.row(contender, workload)
        assert row is not None, "it took its first step"
        if not limit_s:
            return False
        try:
            self._warm_up(contender, workload, row, limit_s)
        except WorkerFailed as failure:
            self._bench.fail(contender, workload, failure)
            return False
        return True

    def _warm_up(self, contender: Contender, workload: Workload, row: Row, limit_s: float) -> None:
        bench, worker = self._bench, self._bench.worker(contender)
        bench.say(contender, "measuring", workload)
        with bench.wall.spent("warming up"):
            warmed = worker.warm_up(pacing.BLOCK_MS / 2, pacing.MOST_WINDOWS, limit_s)
        row.step_ms, row.steady = warmed.windows_ms[-1], warmed.steady
        bench.crew.has_warmed_up(contender, workload)
        if bench.crew.is_largest(contender, workload):
            with bench.wall.spent("reading memory"):
                peak = worker.peak_memory(ANSWER_S)
            row.memory_mb, row.resident_mb = peak.memory_mb, peak.resident_mb
