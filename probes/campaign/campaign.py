"""One campaign: every candidate on the workloads of one focus, within one budget.

First every candidate's defaults on every workload, the main one first; a second process of one of them runs along on
the main workload as the control. What time is left then goes to what is told apart: tuned rows and warm starts.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from probes.campaign import pacing
from probes.campaign.bench import Bench
from probes.campaign.clock import Clock, Deadline
from probes.campaign.contenders import Contender
from probes.campaign.controls import Controls
from probes.campaign.crew import Crew
from probes.campaign.disturbances import disturbance_notes, drift_note
from probes.campaign.ledger import Ledger, Row
from probes.campaign.opponents import Opponents
from probes.campaign.preparation import Preparation
from probes.campaign.refinements import Refinements
from probes.campaign.rounds import Rounds
from probes.candidates import Candidate
from probes.comparison import leader
from probes.report import Machine, ProbeReport, ProgressStage
from probes.words import _
from probes.workloads import Workload


class Interrupted(Exception):
    """The session is closing or has a newer focus."""


@dataclass(frozen=True)
class Focus:
    """What to measure, the main workload first, then further sizes; and for at most how many seconds."""

    workloads: tuple[Workload, ...]
    budget_s: float


class Campaign:
    """Fills the ledger. `announce` is called before every stage and `check` after every failure; both raise
    `Interrupted` to end the campaign.
    """

    def __init__(
        self,
        focus: Focus,
        candidates: Sequence[Candidate],
        *,
        seed: int,
        ledger: Ledger,
        crew: Crew,
        effort: pacing.Effort,
        announce: Callable[[Candidate, ProgressStage, Workload], None],
        check: Callable[[], object],
        clock: Clock | None = None,
    ) -> None:
        self.focus = focus
        self._clock = clock or Clock()
        self._started = self._clock.now()
        budget_s = focus.budget_s
        self._contenders = tuple(Contender(candidate) for candidate in candidates)
        self._bench = Bench(
            ledger=ledger,
            crew=crew,
            deadline=Deadline.after(budget_s * (1 - pacing.ENDING_SHARE), self._clock),
            budget_s=budget_s,
            repeats_s=budget_s * pacing.REPEAT_SHARE,
            candidates=len(candidates),
            seed=seed,
            effort=effort,
            announce=announce,
            check=check,
            clock=self._clock,
        )
        self._preparation = Preparation(self._bench)
        self._controls = Controls(self._bench, self._preparation, focus.workloads[0])

    @property
    def notes(self) -> dict[str, None]:
        """What a reader of the report must know, in the order it happened."""
        return self._bench.notes

    @property
    def expected_left_s(self) -> float:
        """Seconds until the end: what is probably left to do, or the rest of the budget if that is less."""
        bench = self._bench
        expected_s = pacing.expected_left_s(bench.ledger, self._contenders, self.focus.workloads, bench.crew.alive)
        return min(expected_s, bench.deadline.left_s)

    @property
    def further_budget_s(self) -> float:
        """Seconds of a further budget in which whoever came too late is measured; 0 where nobody did."""
        return pacing.further_budget_s(self._bench.ledger, self._contenders, self.focus.workloads)

    @property
    def seconds(self) -> float:
        """Seconds since this campaign began."""
        return self._clock.now() - self._started

    def report(self, machine: Machine) -> ProbeReport | None:
        """What is known now; None before the first figure."""
        bench = self._bench
        report = bench.ledger.report(machine, self.focus.workloads, self.seconds, tuple(bench.notes), bench.wall)
        return None if report is None else report.model_copy(update={"budget_s": bench.budget_s})

    def run(self) -> None:
        """Measure until all is settled or the budget ends; what was not reached is then a row that says so."""
        before = self._clock.conditions()
        self._measure()
        if note := self._controls.missing():
            self.notes[note] = None
        self.notes.update(dict.fromkeys(disturbance_notes(before, self._clock.conditions())))

    def _measure(self) -> None:
        workloads, deadline = self.focus.workloads, self._bench.deadline
        for index, workload in enumerate(workloads):
            # The main workload may take all there is; the further sizes share what it leaves.
            self._cover(workload, deadline.share(1 if index == 0 else len(workloads) - index), put_off=True)
        for workload in workloads:
            # What took too long for its share may fit into what the others left over.
            self._cover(workload, deadline)
            self._close(workload)
        self._decide(workloads[0])
        if self._bench.effort.refined:
            Refinements(self._bench, self._preparation, workloads[0]).run(self._contenders)

    def _decide(self, workload: Workload) -> None:
        """What may still be the fastest is measured further, as far as processes hold the network still: the fastest
        and who may be faster.
        """
        bench = self._bench
        known = {each: bench.ledger.row(each, workload) for each in self._contenders}
        rows = {each: row for each, row in known.items() if row is not None and row.compared and row.failure is None}
        first = leader({each.name: row for each, row in rows.items()})
        holding = [each for each in rows if bench.crew.holds(each, workload)]
        if len(holding) > 1 and first in {each.name for each in holding}:
            rounds = Rounds(bench, holding, workload, bench.deadline)
            rounds.decide(bench.effort.most_rounds)
            self._note_drift(rounds)

    def _cover(self, workload: Workload, deadline: Deadline, *, put_off: bool = False) -> None:
        """Measure whoever is not measured yet; with `put_off` those may wait whose start takes very long."""
        waiting = sorted(self._unsettled(workload), key=lambda each: self._precedence(each, workload))
        late = self._late(waiting, workload, deadline) if put_off else []
        waiting = [each for each in waiting if each not in late]
        opponents = Opponents(self._bench, self._preparation, self._contenders, workload, deadline)
        while waiting:
            opponents.make_room(waiting)
            settled = self._settled(workload)
            group, ready = self._start_next(waiting, opponents, workload, deadline)
            # Losses of this group may have overturned what was found of an earlier one.
            overturned = [each for each in self._unsettled(workload) if each in settled]
            waiting = [each for each in waiting if each not in group] + overturned
            controlled = not waiting and self._controls.owed(workload) and self._all_fit(late, workload, deadline)
            ready += opponents.joining(ready, needed=bool(ready) or controlled)
            if controlled:
                ready += self._controls.prepared(ready, deadline)
            opponents.racing = self._raced(ready, workload, deadline, more=bool(waiting))

    def _late(self, waiting: Sequence[Contender], workload: Workload, deadline: Deadline) -> list[Contender]:
        """Who may wait until the others were measured on every size; nobody where all fit."""
        if self._all_fit(waiting, workload, deadline):
            return []
        return [each for each in waiting if self._starts_late(each, workload)]

    def _start_next(
        self, waiting: Sequence[Contender], opponents: Opponents, workload: Workload, deadline: Deadline
    ) -> tuple[Sequence[Contender], list[Contender]]:
        """The group that is started now, and those of it that are warm then."""
        at_once = self._at_once(waiting, workload, deadline)
        if at_once > 1:
            self.notes[_hurry_note()] = None
        group = self._next_group(waiting, opponents.racing, workload, deadline, at_once)
        ready = self._preparation.prepare(
            group,
            workload,
            deadline,
            beside=opponents.choose(group),
            later=len(self._unsettled(workload)) - len(group),
            at_once=at_once if all(each.candidate.compiles for each in group) else 1,
        )
        return group, ready

    def _raced(
        self, ready: Sequence[Contender], workload: Workload, deadline: Deadline, *, more: bool
    ) -> list[Contender]:
        """Who may still be the fastest after rounds of those that are ready; few rounds where more are to come."""
        rounds = Rounds(self._bench, ready, workload, deadline)
        racing = rounds.take(pacing.MIN_ROUNDS if more else self._bench.effort.most_rounds)
        self._note_drift(rounds)
        return racing

    def _note_drift(self, rounds: Rounds) -> None:
        if note := drift_note(rounds.samples):
            self.notes[note] = None

    def _settled(self, workload: Workload) -> set[Contender]:
        return {each for each in self._contenders if self._bench.ledger.settled(each, workload)}

    def _unsettled(self, workload: Workload) -> list[Contender]:
        return [each for each in self._contenders if not self._bench.ledger.settled(each, workload)]

    def _at_once(self, waiting: Sequence[Contender], workload: Workload, deadline: Deadline) -> int:
        """How many networks are built at the same time: one, so that each first step is what it is alone, unless all
        that wait would then take too much of the time.
        """
        at_once = self._bench.crew.starts_at_once() if self._bench.effort.hurried else 1
        expected_s = self._expected_s(waiting, workload)
        if at_once == 1 or len(waiting) == 1 or sum(expected_s) <= pacing.HURRY_SHARE * deadline.left_s:
            return 1
        return at_once

    def _all_fit(self, waiting: Sequence[Contender], workload: Workload, deadline: Deadline) -> bool:
        """Whether all that wait will surely be started and measured in time."""
        at_once = self._at_once(waiting, workload, deadline) if waiting else 1
        left_s = pacing.FITTING_SHARE * deadline.left_s
        return self._fitting(waiting, workload, left_s, at_once, beside=0) == len(waiting)

    def _fitting(
        self, waiting: Sequence[Contender], workload: Workload, left_s: float, at_once: int, *, beside: int
    ) -> int:
        step_s = pacing.least_step_s(self._bench.ledger, workload)
        expected_s = self._expected_s(waiting, workload)
        return pacing.fitting(expected_s, left_s, beside=beside, at_once=at_once, step_s=step_s)

    def _expected_s(self, contenders: Sequence[Contender], workload: Workload) -> list[float]:
        return [self._bench.expected_start_s(each, workload) for each in contenders]

    def _next_group(
        self,
        waiting: Sequence[Contender],
        racing: Sequence[Contender],
        workload: Workload,
        deadline: Deadline,
        at_once: int,
    ) -> Sequence[Contender]:
        """Who is started next: as many of the first as memory and time will probably do for, at least one. When time
        is short, first those that compile nothing: they tell how long a step takes.
        """
        uncompiled = [each for each in waiting if not each.candidate.compiles]
        if at_once > 1 and uncompiled:
            waiting = uncompiled
        room = self._bench.crew.capacity(workload)
        if room < len(waiting):
            self.notes[_groups_note(room)] = None
        fitting = self._fitting(waiting, workload, deadline.left_s, at_once, beside=len(racing))
        return waiting[: max(1, min(fitting, room - len(racing)))]

    def _starts_late(self, contender: Contender, workload: Workload) -> bool:
        start_s = self._bench.expected_start_s(contender, workload)
        cores = self._bench.crew.starts_at_once() if self._bench.effort.hurried else 1
        return start_s > pacing.LONGEST_START_SHARE * cores * self._bench.budget_s

    def _precedence(self, contender: Contender, workload: Workload) -> tuple[float, float]:
        """At first what starts quickly; on further sizes what was fast on the main one: time may not do for all."""
        main = self._bench.ledger.row(contender, self.focus.workloads[0]) or Row()
        step_ms = 0.0 if main.refused else main.step_ms or math.inf
        start_s = self._bench.expected_start_s(contender, workload)
        return step_ms, start_s

    def _close(self, workload: Workload) -> None:
        ledger = self._bench.ledger
        for contender in self._contenders:
            if not ledger.settled(contender, workload):
                ledger.fail(contender, workload, self._bench.too_late(contender, workload))


def _hurry_note() -> str:
    return _(
        "Time was short, so networks were built and compiled side by side: their first steps took longer than they "
        "do alone."
    )


def _groups_note(room: int) -> str:
    return _(
        "Memory was enough for {count} frameworks at a time, so they were measured in groups; "
        "figures of different groups are less comparable."
    ).format(count=room)
