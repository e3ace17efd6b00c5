"""What is measured when every default row is settled, as far as the time goes: tuned rows, warm starts, memory."""

from __future__ import annotations

import math
from collections.abc import Sequence

from probes.campaign import pacing
from probes.campaign.bench import Bench
from probes.campaign.contenders import Contender, Part
from probes.campaign.preparation import Preparation
from probes.campaign.rounds import Rounds
from probes.errors import WorkerFailed
from probes.memory.ladder import batch_growth
from probes.report import WarmStart
from probes.words import _
from probes.workloads import Workload

# Two processes, each of which builds several times what the measured one built once.
GROWTH_STARTS = 6

TUNED_PARTS: tuple[Part, ...] = ("tuned", "reduced precision")


class Refinements:
    """Of the main workload only, the fastest candidates first."""

    def __init__(self, bench: Bench, preparation: Preparation, workload: Workload) -> None:
        self._bench = bench
        self._preparation = preparation
        self._workload = workload

    def run(self, contenders: Sequence[Contender]) -> None:
        """Refine what was measured; without time, or after a failure, a row stays as it is."""
        measured = [each for each in contenders if self._step_ms(each) < math.inf]
        measured.sort(key=self._step_ms)
        for part in TUNED_PARTS:
            for contender in measured:
                self._tune(contender, part)
        for contender in measured:
            if contender.candidate.compiles:
                self._start_warm(contender)
        for contender in measured:
            self._grow(contender)

    def _step_ms(self, contender: Contender) -> float:
        row = self._bench.ledger.row(contender, self._workload)
        return row.step_ms if row and row.compared and row.step_ms is not None else math.inf

    def _tune(self, default: Contender, part: Part) -> None:
        """Measure a tuned row in turns with its default, which is built anew for that unless it is still held."""
        bench, tuned = self._bench, Contender(default.candidate, part)
        row = bench.ledger.row(default, self._workload)
        if row is None or row.device is None or bench.ledger.settled(tuned, self._workload):
            return
        if not tuned.tunings(self._workload, row.device) or not self._fits(default, starts=2):
            return
        if self._preparation.prepare([tuned], self._workload, bench.deadline, beside=[default]):
            if self._preparation.ready_again(default, self._workload, bench.deadline, ready=1):
                Rounds(bench, [default, tuned], self._workload, bench.deadline).take(bench.effort.most_rounds)
            bench.crew.dismiss(tuned)

    def _start_warm(self, default: Contender) -> None:
        """Start a fresh process that finds the caches of the one that was measured."""
        bench, row = self._bench, self._bench.ledger.row(default, self._workload)
        if row is None or row.warm_start is not None or not self._fits(default, starts=1):
            return
        if not bench.crew.imported(default):
            # Its caches went with it.
            return
        measured = bench.worker(default)
        bench.say(default, "starting", self._workload)
        again = Contender(default.candidate, "warm start")
        own = bench.deadline.within(self._limit_s(default))
        try:
            with bench.wall.spent("starting workers"):
                worker = bench.crew.hire(again, self._workload, {default.name}, measured.cache_variables)
            with bench.wall.spent("importing"):
                imported = worker.import_framework(bench.seed, own.left_s)
            with bench.wall.spent("building"):
                worker.build(self._workload, bench.seed, own.left_s)
            with bench.wall.spent("first steps"):
                first = worker.first_step(own.left_s)
        except WorkerFailed as failure:
            bench.check()
            bench.notes[_no_warm_start_note(default, failure)] = None
            return
        finally:
            bench.crew.dismiss(again)
        row.warm_start = WarmStart(import_s=imported.import_s, first_step_s=first.first_step_s)

    def _grow(self, default: Contender) -> None:
        """Find how its memory grows with the batch, in processes of its own."""
        bench, row = self._bench, self._bench.ledger.row(default, self._workload)
        if row is None or row.memory_growth is not None or not self._fits(default, starts=GROWTH_STARTS):
            return
        bench.say(default, "measuring", self._workload)
        own, limit_mb = Contender(default.candidate, "memory"), bench.crew.free_mb()
        try:
            with bench.wall.spent("memory growth"):
                row.memory_growth = batch_growth(
                    default.candidate,
                    self._workload,
                    budget_s=bench.deadline.left_s,
                    seed=bench.seed,
                    hire=lambda variables: bench.crew.hire(own, self._workload, (default.name,), variables, limit_mb),
                )
        except WorkerFailed as failure:
            bench.check()
            bench.notes[_no_growth_note(default, failure)] = None
        finally:
            bench.crew.dismiss(own)

    def _fits(self, default: Contender, *, starts: int) -> bool:
        """Whether so many starts like the one measured, and rounds of it and another, would end in time."""
        ledger = self._bench.ledger
        known_s = pacing.known_start_s(ledger, default, self._workload, alive=False)
        row = ledger.row(default, self._workload)
        if known_s is None or row is None:
            return False
        return starts * known_s + 2 * pacing.MIN_ROUNDS * pacing.block_s(row) < self._bench.deadline.left_s

    def _limit_s(self, default: Contender) -> float:
        """Seconds for a start like the one measured: whoever hangs is not to cost the others theirs."""
        left_s = self._bench.deadline.left_s
        known_s = pacing.known_start_s(self._bench.ledger, default, self._workload, alive=False)
        return min(pacing.start_limit_s(left_s, known_s, ready=0, waiting=0), left_s)


def _no_warm_start_note(default: Contender, failure: WorkerFailed) -> str:
    return _("{candidate} could not be started again with what it had compiled: {reason}").format(
        candidate=default.candidate.id, reason=failure.message
    )


def _no_growth_note(default: Contender, failure: WorkerFailed) -> str:
    return _("How the memory of {candidate} grows with the batch could not be measured: {reason}").format(
        candidate=default.candidate.id, reason=failure.message
    )
