"""What every part of one campaign works with: its means, its time, and how it says what it does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from probes.campaign.clock import Clock, Deadline
from probes.campaign.contenders import Contender
from probes.campaign.crew import Crew
from probes.campaign.ledger import Ledger
from probes.campaign.pacing import Effort, expected_row_s, expected_start_s
from probes.campaign.wall_time import WallTime
from probes.candidates import Candidate
from probes.errors import WorkerFailed
from probes.member import Member
from probes.report import ProgressStage
from probes.words import _, sentences
from probes.workloads import Workload


@dataclass
class Bench:
    """`announce` is called before every stage and `check` after every failure; both raise to end the campaign.

    `repeats_s` is what may still be spent on measuring again what others disturbed.
    """

    ledger: Ledger
    crew: Crew
    deadline: Deadline
    budget_s: float
    repeats_s: float
    candidates: int
    seed: int
    effort: Effort
    announce: Callable[[Candidate, ProgressStage, Workload], None]
    check: Callable[[], object]
    clock: Clock
    notes: dict[str, None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.wall = WallTime(self.clock.now)
        self.order = np.random.default_rng(self.seed)

    def say(self, contender: Contender, stage: ProgressStage, workload: Workload) -> None:
        """Announce what is done next."""
        self.announce(contender.candidate, stage, workload)

    def worker(self, contender: Contender) -> Member:
        """The contender's live worker."""
        return self.crew.worker(contender)

    def expected_start_s(self, contender: Contender, workload: Workload) -> float:
        """Seconds until it has taken its first step, with its import unless its worker is alive."""
        return expected_start_s(self.ledger, contender, workload, alive=contender.name in self.crew.alive)

    def fail(self, contender: Contender, workload: Workload, failure: WorkerFailed) -> None:
        """Close the row with what happened, unless its worker was killed to end the campaign."""
        self.check()
        self.ledger.fail(contender, workload, self.with_budget(failure))

    def with_budget(self, failure: WorkerFailed) -> WorkerFailed:
        """The failure, with what the budget had to do with it."""
        if failure.reason != "timeout":
            return failure
        told = self.not_reached()
        if self.deadline.left_s:
            share = _("The budget of {seconds:.0f} s was for {count} candidates.")
            share = share.format(seconds=self.budget_s, count=self.candidates)
            told = WorkerFailed(sentences(failure.message, share), "timeout")
        told.last_lines = failure.last_lines
        return told

    def not_reached(self) -> WorkerFailed:
        """Why a row that was begun has no figure when the budget is spent."""
        message = _("The budget of {seconds:.0f} s was spent before it could be measured. Give it more time.")
        return WorkerFailed(message.format(seconds=self.budget_s), "timeout")

    def too_late(self, contender: Contender, workload: Workload) -> WorkerFailed:
        """Why a row is not finished when the time is over."""
        row = self.ledger.row(contender, workload)
        if row is None:
            return self._not_begun(contender, workload)
        return self._cut_short() if row.times_ms else self.not_reached()

    def _cut_short(self) -> WorkerFailed:
        message = _("The time was over before it was measured often enough. Give it more time.")
        return WorkerFailed(message, "timeout")

    def _not_begun(self, contender: Contender, workload: Workload) -> WorkerFailed:
        """Why a row has no figure whose start would have taken more time than there was."""
        alive, left_s = contender.name in self.crew.alive, self.deadline.left_s
        needed_s = expected_row_s(self.ledger, contender, workload, alive=alive)
        message = _(
            "It was not started: to start and measure it takes about {needed:.0f} s here, and {left:.0f} s of the "
            "budget of {seconds:.0f} s were left. Give it more time."
        )
        if needed_s <= left_s:
            # Then it is others that time was kept back for, or the share of this workload was spent.
            message = _(
                "It was not started: of the budget of {seconds:.0f} s too little was left to measure it beside the "
                "others. Give it more time."
            )
        return WorkerFailed(message.format(needed=needed_s, left=left_s, seconds=self.budget_s), "timeout")
