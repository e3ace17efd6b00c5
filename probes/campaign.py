"""One campaign: every candidate on the workloads of one focus, within one budget.

Import, build and first step happen one candidate at a time. Then the candidates take turns, in an order shuffled
anew for every round, so that whatever the machine does meanwhile falls on all of them alike.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from operator import itemgetter

import numpy as np

from probes import pacing
from probes.candidates import Candidate
from probes.crew import Crew
from probes.errors import WorkerFailed
from probes.ledger import Ledger, Row
from probes.protocol import Block
from probes.report import Machine, ProbeReport, ProgressStage
from probes.statistics import CONTENDED_SHARE, CpuClock
from probes.supervisor import Worker
from probes.workloads import Workload

# A message to a live worker and back, with a wide margin.
ANSWER_S = 5.0


class Interrupted(Exception):
    """The session is closing or has a newer focus."""


@dataclass(frozen=True)
class Focus:
    """What to measure: the main workload first, then further sizes."""

    workloads: tuple[Workload, ...]


@dataclass(frozen=True)
class Deadline:
    """A moment of the monotonic clock."""

    at: float

    @staticmethod
    def after(seconds: float) -> Deadline:
        return Deadline(time.monotonic() + seconds)

    @property
    def left_s(self) -> float:
        return max(self.at - time.monotonic(), 0.0)

    def share(self, parts: int) -> Deadline:
        """An earlier deadline that leaves equal time for `parts - 1` more like it."""
        return Deadline.after(self.left_s / parts)


class Campaign:
    """Fills the ledger. `announce` is called before every stage and `check` after every failure; both raise
    `Interrupted` to end the campaign.
    """

    def __init__(
        self,
        focus: Focus,
        candidates: Sequence[Candidate],
        *,
        budget_s: float,
        seed: int,
        ledger: Ledger,
        crew: Crew,
        announce: Callable[[Candidate, ProgressStage, Workload], None],
        check: Callable[[], None],
    ) -> None:
        self.focus = focus
        self.notes: dict[str, None] = {}
        self._started = time.monotonic()
        self._deadline = Deadline(self._started + budget_s * (1 - pacing.ENDING_SHARE))
        self._repeats_s = budget_s * pacing.REPEAT_SHARE
        self._candidates = candidates
        self._budget_s = budget_s
        self._seed = seed
        self._order = np.random.default_rng(seed)
        self._ledger = ledger
        self._crew = crew
        self._announce = announce
        self._check = check

    @property
    def expected_left_s(self) -> float:
        """Seconds until the end: what is probably left to do, or the rest of the budget if that is less."""
        expected_s = pacing.expected_left_s(self._ledger, self._candidates, self.focus.workloads, self._crew.alive)
        return min(expected_s, self._deadline.left_s)

    @property
    def seconds(self) -> float:
        """Seconds since this campaign began."""
        return time.monotonic() - self._started

    def report(self, machine: Machine) -> ProbeReport | None:
        """What is known now; None before the first figure."""
        return self._ledger.report(machine, self.focus.workloads, self.seconds, tuple(self.notes))

    def run(self) -> None:
        """Measure until all is settled or the budget ends; what was not reached is then a row that says so."""
        workloads = self.focus.workloads
        for index, workload in enumerate(workloads):
            # The main workload may take all there is; the further sizes share what it leaves.
            self._cover(workload, self._deadline.share(1 if index == 0 else len(workloads) - index))
        for workload in workloads:
            # What took too long for its share may fit into what the others left over.
            self._cover(workload, self._deadline)
            self._close(workload)

    def _cover(self, workload: Workload, deadline: Deadline) -> None:
        waiting = [candidate for candidate in self._candidates if not self._ledger.settled(candidate, workload)]
        waiting.sort(key=self._precedence)
        while waiting:
            group: list[Worker] = []
            room = self._crew.capacity()
            if room < len(waiting):
                self.notes[_groups_note(room)] = None
            while waiting and len(group) < room:
                candidate = waiting.pop(0)
                worker = self._prepare(candidate, workload, deadline, beside=group, waiting=len(waiting))
                group += [worker] if worker else []
            self._take_turns(group, workload, deadline)

    def _precedence(self, candidate: Candidate) -> tuple[float, float]:
        """At first what starts quickly; on further sizes what was fast on the main one: time may not do for all."""
        main = self._ledger.row(candidate, self.focus.workloads[0]) or Row()
        step_ms = 0.0 if main.refused else main.step_ms or math.inf
        start_s = pacing.expected_start_s(self._ledger, candidate, alive=candidate.id in self._crew.alive)
        return step_ms, start_s

    def _prepare(
        self, candidate: Candidate, workload: Workload, deadline: Deadline, *, beside: Sequence[Worker], waiting: int
    ) -> Worker | None:
        """Import if needed, build, take the first step and warm up; None when that failed or time is too short."""
        known_s = pacing.known_start_s(self._ledger, candidate, alive=candidate.id in self._crew.alive)
        limit_s = pacing.start_limit_s(deadline.left_s, known_s, ready=len(beside), waiting=waiting)
        if not limit_s:
            return None
        own = Deadline.after(min(limit_s, self._deadline.left_s))
        self._announce(candidate, "starting", workload)
        try:
            worker = self._crew.hire(candidate, keep={other.candidate.id for other in beside})
            self._import(worker, workload, own)
            self._build(worker, workload, own)
        except WorkerFailed as failure:
            self._fail(candidate, workload, failure)
            return None
        return worker

    def _import(self, worker: Worker, workload: Workload, own: Deadline) -> None:
        if worker.imported:
            return
        candidate = worker.candidate
        self._announce(candidate, "importing", workload)
        try:
            imported = worker.import_framework(self._seed, own.left_s)
        except WorkerFailed as failure:
            self._check()
            self._ledger.import_failures[candidate.id] = self._with_budget(failure, candidate, workload)
            raise
        # A later import finds the files in memory; the first is what a person meets.
        self._ledger.import_s.setdefault(candidate.id, imported.import_s)
        self._ledger.versions.update(imported.versions)

    def _build(self, worker: Worker, workload: Workload, own: Deadline) -> None:
        row = self._ledger.open_row(worker.candidate, workload)
        self._announce(worker.candidate, "building", workload)
        built = worker.build(workload, self._seed, own.left_s)
        row.build_s, row.device, row.precision = built.build_s, built.device, built.precision
        self._announce(worker.candidate, "first step", workload)
        first = worker.first_step(own.left_s)
        row.first_step_s, row.loss = first.first_step_s, first.loss
        row.step_ms = _step_ms(worker.measure(pacing.BLOCK_MS, own.left_s))
        row.memory_mb = worker.peak_memory(ANSWER_S).memory_mb

    def _take_turns(self, group: Sequence[Worker], workload: Workload, deadline: Deadline) -> None:
        taken, rows = 0, self._open_rows(group, workload)
        while rows and pacing.another_round(taken, [row for _, row in rows], deadline.left_s):
            for index in self._order.permutation(len(rows)):
                worker, row = rows[index]
                self._block(worker, row, workload, deadline)
            taken, rows = taken + 1, self._open_rows(group, workload)
        for _worker, row in rows:
            row.finished = bool(row.samples)

    def _close(self, workload: Workload) -> None:
        for candidate in self._candidates:
            if not self._ledger.settled(candidate, workload):
                self._ledger.fail(candidate, workload, self._not_reached(candidate, workload))

    def _open_rows(self, group: Sequence[Worker], workload: Workload) -> list[tuple[Worker, Row]]:
        rows = ((worker, self._ledger.row(worker.candidate, workload)) for worker in group)
        return [(worker, row) for worker, row in rows if row is not None and row.failure is None]

    def _block(self, worker: Worker, row: Row, workload: Workload, deadline: Deadline) -> None:
        if pacing.block_s(row) > deadline.left_s:
            return
        self._announce(worker.candidate, "measuring", workload)
        try:
            block, share = _watched_block(worker, row, self._deadline)
            if share > CONTENDED_SHARE and pacing.block_s(row) < min(self._repeats_s, deadline.left_s):
                self._repeats_s -= pacing.block_s(row)
                block, share = min((block, share), _watched_block(worker, row, self._deadline), key=itemgetter(1))
        except WorkerFailed as failure:
            self._fail(worker.candidate, workload, failure)
            return
        row.samples.append(_step_ms(block))
        row.contended += share > CONTENDED_SHARE

    def _fail(self, candidate: Candidate, workload: Workload, failure: WorkerFailed) -> None:
        # A worker that was killed to end the campaign has not failed.
        self._check()
        self._ledger.fail(candidate, workload, self._with_budget(failure, candidate, workload))

    def _with_budget(self, failure: WorkerFailed, candidate: Candidate, workload: Workload) -> WorkerFailed:
        if failure.reason != "timeout":
            return failure
        if not self._deadline.left_s:
            return self._not_reached(candidate, workload)
        share = f"The budget of {self._budget_s:.0f} s was for {len(self._candidates)} candidates."
        return WorkerFailed(f"{failure} {share}", "timeout")

    def _not_reached(self, candidate: Candidate, workload: Workload) -> WorkerFailed:
        return WorkerFailed(
            f"The budget of {self._budget_s:.0f} s was spent before {candidate.id} could be measured on "
            f"{workload.id}. Give more seconds, or fewer candidates.",
            "timeout",
        )


def _watched_block(worker: Worker, row: Row, deadline: Deadline) -> tuple[Block, float]:
    """A block, and the share of all cores that others used meanwhile."""
    before = CpuClock.read()
    block = worker.measure(pacing.BLOCK_MS, pacing.block_limit_s(row, deadline.left_s))
    return block, before.others_share(CpuClock.read(), block.cpu_s)


def _step_ms(block: Block) -> float:
    return 1000 * block.seconds / block.steps


def _groups_note(room: int) -> str:
    return (
        f"Memory was enough for {room} frameworks at a time, so they were measured in groups; "
        "figures of different groups are less comparable."
    )
