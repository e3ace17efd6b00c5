"""Getting contenders ready: their frameworks imported side by side, then built and warmed up one at a time."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

import psutil

from probes.campaign import pacing
from probes.campaign.bench import Bench
from probes.campaign.clock import Deadline
from probes.campaign.contenders import Contender
from probes.campaign.ledger import Row
from probes.errors import WorkerFailed
from probes.member import Member
from probes.workloads import Workload

# A message to a live worker and back, with a wide margin.
ANSWER_S = 5.0

# Reading files and running Python's imports keeps one core busy; more at once than this fight over the disk.
MOST_IMPORTS_AT_ONCE = 4


def imports_at_once() -> int:
    """How many frameworks are imported at the same time: one a physical core."""
    return max(1, min(psutil.cpu_count(logical=False) or 1, MOST_IMPORTS_AT_ONCE))


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
    ) -> list[Contender]:
        """Those of the contenders that are warm on the workload now, in the order given; those `beside` stay warm.
        `later` others are to be started when these are measured.
        """
        _Imports(self._bench, contenders, workload, deadline, beside=beside, later=later).run()
        ready: list[Contender] = []
        for index, contender in enumerate(contenders):
            if self._bench.crew.imported(contender):
                waiting = len(contenders) - index - 1
                warm = len(beside) + len(ready)
                limit_s = self._start_limit_s(contender, deadline, ready=warm, waiting=waiting, later=later)
                ready += [contender] * self.build(contender, workload, deadline, limit_s)
        return ready

    def _start_limit_s(
        self, contender: Contender, deadline: Deadline, *, ready: int, waiting: int, later: int
    ) -> float:
        known_s = pacing.known_start_s(self._bench.ledger, contender, alive=True)
        typical_s = contender.candidate.start_s
        return pacing.start_limit_s(
            deadline.left_s, known_s, ready=ready, waiting=waiting, later=later, typical_s=typical_s
        )

    def build(self, contender: Contender, workload: Workload, deadline: Deadline, limit_s: float) -> bool:
        """Build, take the first step and warm up within `limit_s`, with a fresh row; false when that failed or there
        is no time.
        """
        if not limit_s:
            return False
        own = deadline.within(min(limit_s, self._bench.deadline.left_s))
        try:
            self._warm(contender, workload, self._bench.ledger.open_row(contender, workload), own)
        except WorkerFailed as failure:
            self._bench.fail(contender, workload, failure)
            return False
        return True

    def build_again(self, contender: Contender, workload: Workload, deadline: Deadline) -> bool:
        """The same for a contender whose row on this workload is complete; false when that failed."""
        try:
            self._warm(contender, workload, Row(), deadline)
        except WorkerFailed:
            self._bench.check()
            return False
        return True

    def _warm(self, contender: Contender, workload: Workload, row: Row, own: Deadline) -> None:
        bench, worker = self._bench, self._bench.worker(contender)
        bench.say(contender, "building", workload)
        row.tunings = self._tunings(contender, workload)
        with bench.wall.spent("building"):
            built = worker.build(workload, bench.seed, own.left_s, row.tunings)
        row.build_s, row.device, row.settings = built.build_s, built.device, built.settings
        bench.say(contender, "first step", workload)
        with bench.wall.spent("first steps"):
            first = worker.first_step(own.left_s)
        row.first_step_s, row.loss = first.first_step_s, first.loss
        with bench.wall.spent("warming up"):
            warmed = worker.warm_up(pacing.BLOCK_MS / 2, pacing.MOST_WINDOWS, own.left_s)
        row.step_ms, row.steady = warmed.windows_ms[-1], warmed.steady
        if bench.crew.is_largest(contender, workload):
            with bench.wall.spent("reading memory"):
                row.memory_mb = worker.peak_memory(ANSWER_S).memory_mb

    def _tunings(self, contender: Contender, workload: Workload) -> tuple[str, ...]:
        """Ids of the tunings that the contender is built with: those that apply where its default trained."""
        default = self._bench.ledger.row(contender.twin, workload)
        return () if default is None or default.device is None else contender.tunings(workload, default.device)


class _Imports:
    """Imports whatever of some contenders is not imported yet, several at a time."""

    def __init__(
        self,
        bench: Bench,
        contenders: Sequence[Contender],
        workload: Workload,
        deadline: Deadline,
        *,
        beside: Sequence[Contender],
        later: int,
    ) -> None:
        self._bench = bench
        self._workload = workload
        self._deadline = deadline
        self._beside = len(beside)
        self._later = later
        self._keep = {contender.name for contender in (*contenders, *beside)}
        self._waiting = deque(each for each in contenders if not bench.crew.imported(each))
        self._running: dict[Contender, tuple[Member, Deadline]] = {}

    def run(self) -> None:
        while self._waiting or self._running:
            while self._waiting and len(self._running) < imports_at_once():
                self._begin(self._waiting.popleft())
            with self._bench.wall.spent("importing"):
                for contender in self._next_done():
                    self._finish(contender)

    def _begin(self, contender: Contender) -> None:
        bench = self._bench
        known_s = bench.ledger.import_s.get(contender.candidate.id)
        waiting = len(self._waiting)
        ready = self._beside + len(self._running)
        limit_s = pacing.start_limit_s(
            self._deadline.left_s,
            known_s,
            ready=ready,
            waiting=waiting,
            later=self._later,
            typical_s=contender.candidate.start_s,
        )
        if not limit_s:
            return
        bench.say(contender, "importing", self._workload)
        try:
            with bench.wall.spent("starting workers"):
                worker = bench.crew.hire(contender, keep=self._keep)
            worker.begin_import(bench.seed)
        except WorkerFailed as failure:
            self._fail(contender, failure)
            return
        self._running[contender] = worker, self._deadline.within(min(limit_s, bench.deadline.left_s))

    def _next_done(self) -> list[Contender]:
        """Those that have answered or whose time is up; waits for the first."""
        if not self._running:
            return []
        soonest_s = min(own.left_s for _, own in self._running.values())
        answered = self._bench.clock.first_to_answer([worker for worker, _ in self._running.values()], soonest_s)
        return [each for each, (worker, own) in self._running.items() if worker in answered or not own.left_s]

    def _finish(self, contender: Contender) -> None:
        worker, own = self._running.pop(contender)
        try:
            imported = worker.import_framework(self._bench.seed, own.left_s)
        except WorkerFailed as failure:
            self._fail(contender, failure)
            return
        # A later import finds the files in memory; the first is what a person meets.
        self._bench.ledger.import_s.setdefault(contender.candidate.id, imported.import_s)
        self._bench.ledger.versions.update(imported.versions)

    def _fail(self, contender: Contender, failure: WorkerFailed) -> None:
        self._bench.check()
        told = self._bench.with_budget(failure, contender, self._workload)
        self._bench.ledger.import_failures[contender] = told
