"""Starts: contenders taken to their first step on a workload, one after the other or several side by side."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass

from probes.campaign import pacing
from probes.campaign.bench import Bench
from probes.campaign.clock import Deadline
from probes.campaign.contenders import Contender
from probes.campaign.ledger import Row
from probes.campaign.wall_time import Activity
from probes.errors import WorkerFailed
from probes.member import Member
from probes.tunings import device_kind
from probes.workloads import Workload


@dataclass(frozen=True)
class Wait:
    """What a start waits for: its worker's answer, at the longest until `until`."""

    worker: Member
    activity: Activity
    until: Deadline


# Goes on, and so asks for the answer, when that is there or its time is up.
Start = Generator[Wait, None, None]


class Starts:
    """Imports and builds for one group of contenders. What fails or has no time costs its own row only.

    Those `beside` stay warm meanwhile; `later` others are to be started when these are measured.
    """

    def __init__(
        self, bench: Bench, workload: Workload, deadline: Deadline, *, beside: Sequence[Contender], later: int
    ) -> None:
        self._bench = bench
        self._workload = workload
        self._deadline = deadline
        self._beside = beside
        self._later = later
        self._keep: set[str] = set()
        self._waiting: deque[Contender] = deque()
        self._begun = 0

    def run(self, contenders: Sequence[Contender], *, at_once: int) -> None:
        """Import what is not imported yet, side by side; then build each and take its first step, one after the other
        or `at_once` of them at the same time.
        """
        self._keep = {contender.name for contender in (*contenders, *self._beside)}
        if at_once > 1 and len(contenders) > 1:
            self._side_by_side(self._in_turn(contenders), self._whole, at_once)
            return
        imported = self._bench.crew.imported
        lacking = [each for each in contenders if not imported(each)]
        self._side_by_side(lacking, self._import, self._bench.crew.starts_at_once())
        self._side_by_side([each for each in contenders if imported(each)], self._network, at_once)

    def _in_turn(self, contenders: Sequence[Contender]) -> list[Contender]:
        """The longest start goes on while the others take turns, the shortest first: should time run out, most have
        been started.
        """
        ordered = sorted(contenders, key=self._expected_s)
        return [*ordered[-1:], *ordered[:-1]]

    def _side_by_side(
        self, contenders: Sequence[Contender], start: Callable[[Contender], Start], at_once: int
    ) -> None:
        self._waiting, self._begun = deque(contenders), 0
        running: dict[Contender, tuple[Start, Wait]] = {}
        try:
            while self._waiting or running:
                while self._waiting and len(running) < at_once:
                    contender = self._waiting.popleft()
                    self._go_on(contender, start(contender), running)
                    self._begun += 1
                for contender in self._answered(running):
                    begun, _ = running.pop(contender)
                    self._go_on(contender, begun, running)
        except BaseException:
            # Nobody waits any more for what these were asked for, so they cannot be asked anything else.
            for contender in running:
                self._bench.crew.dismiss(contender)
            raise

    def _go_on(self, contender: Contender, start: Start, running: dict[Contender, tuple[Start, Wait]]) -> None:
        wait = next(start, None)
        if wait is not None:
            running[contender] = start, wait

    def _answered(self, running: dict[Contender, tuple[Start, Wait]]) -> list[Contender]:
        """Those that have answered or whose time is up; waits for the first."""
        if not running:
            return []
        waits = [wait for _, wait in running.values()]
        soonest_s = min(wait.until.left_s for wait in waits)
        with self._bench.wall.spent(*(wait.activity for wait in waits)):
            first = self._bench.clock.first_to_answer([wait.worker for wait in waits], soonest_s)
        return [each for each, (_, wait) in running.items() if wait.worker in first or not wait.until.left_s]

    def _expected_s(self, contender: Contender) -> float:
        alive = self._bench.crew.imported(contender)
        return pacing.expected_start_s(self._bench.ledger, contender, self._workload, alive=alive)

    def _whole(self, contender: Contender) -> Start:
        if not self._bench.crew.imported(contender):
            yield from self._import(contender)
        if self._bench.crew.imported(contender):
            yield from self._network(contender, beside=True)

    def _import(self, contender: Contender) -> Start:
        bench, ledger = self._bench, self._bench.ledger
        candidate = contender.candidate
        until = self._until(ledger.latest_import_s.get(candidate.id), candidate.import_s * pacing.slowness(ledger))
        if until is None:
            return
        bench.say(contender, "importing", self._workload)
        try:
            with bench.wall.spent("starting workers"):
                worker = bench.crew.hire(contender, self._workload, keep=self._keep)
            worker.begin_import(bench.seed)
            yield Wait(worker, "importing", until)
            imported = worker.import_framework(bench.seed, until.left_s)
        except WorkerFailed as failure:
            bench.check()
            ledger.import_failures[contender] = bench.with_budget(failure)
            return
        ledger.take_import(contender, imported)

    def _network(self, contender: Contender, *, beside: bool = False) -> Start:
        bench = self._bench
        known_s = pacing.known_start_s(bench.ledger, contender, self._workload, alive=True)
        typical_s = pacing.typical_start_s(contender, self._workload, alive=True) * pacing.slowness(bench.ledger)
        typical_s *= pacing.BESIDE_FACTOR if beside else 1.0
        until = self._until(known_s, typical_s)
        if until is None:
            return
        row = bench.ledger.open_row(contender, self._workload)
        row.start_beside = beside
        try:
            yield from first_step(bench, contender, self._workload, row, until)
        except WorkerFailed as failure:
            bench.fail(contender, self._workload, failure)

    def _until(self, known_s: float | None, typical_s: float) -> Deadline | None:
        """How long a start may take; None when beginning would be a waste."""
        bench = self._bench
        limit_s = pacing.start_limit_s(
            self._deadline.left_s,
            known_s,
            ready=len(self._beside) + self._begun,
            waiting=len(self._waiting),
            later=self._later,
            typical_s=typical_s,
            step_s=pacing.least_step_s(bench.ledger, self._workload),
        )
        return self._deadline.within(min(limit_s, bench.deadline.left_s)) if limit_s else None


def first_step(bench: Bench, contender: Contender, workload: Workload, row: Row, until: Deadline) -> Start:
    """Build and take the first step, and fill in the row; raises `WorkerFailed`."""
    worker = bench.worker(contender)
    bench.say(contender, "building", workload)
    row.tunings = _tunings(bench, contender, workload)
    row.fresh = bench.crew.is_fresh(contender)
    bench.crew.lets_go(contender)
    worker.begin_build(workload, bench.seed, row.tunings)
    yield Wait(worker, "building", until)
    built = worker.build(workload, bench.seed, until.left_s, row.tunings)
    row.build_s, row.device, row.settings = built.build_s, built.device, built.settings
    row.process_sd = contender.candidate.process_sd_on(device_kind(built.device))
    bench.crew.has_built(contender, workload, built.device)
    bench.say(contender, "first step", workload)
    worker.begin_first_step()
    yield Wait(worker, "first steps", until)
    first = worker.first_step(until.left_s)
    row.first_step_s, row.loss = first.first_step_s, first.loss


def _tunings(bench: Bench, contender: Contender, workload: Workload) -> tuple[str, ...]:
    """Ids of the tunings that the contender is built with: those that apply where its default trained."""
    default = bench.ledger.row(contender.twin, workload)
    return () if default is None or default.device is None else contender.tunings(workload, default.device)
