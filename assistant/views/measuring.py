"""Measuring while the person talks: one probe session per browser session, ended with it."""

from __future__ import annotations

import math
import os
import threading
from dataclasses import dataclass, field

import streamlit as st

from assistant.errors import InvalidInput
from assistant.language import _
from assistant.reuse import Earlier, came_too_late, find_earlier
from assistant.target import interview_workloads
from assistant.views.state import State
from probes.campaign.controls import no_control
from probes.campaign.pacing import MIN_ROUNDS
from probes.environments import installed_versions
from probes.hardware import machine
from probes.report import CandidateResult, ProbeReport, Progress
from probes.schedule import DEFAULT_BUDGET_S, MAX_BUDGET_S, ProbeSession
from probes.store import History
from probes.workloads import Workload

BUDGET_VARIABLE = "PROBEWISE_BUDGET_S"

# Many times what it takes to get the lock of the machine, or to see that another has it.
BEGINNING_S = 0.5

# A further budget that nobody asked for is at most so many times the ordinary one.
MOST_UNASKED = 2


def budget_s() -> float:
    """Seconds to measure for, 0 for not at all: from PROBEWISE_BUDGET_S, 60 unless set. Raises `InvalidInput`."""
    text = os.environ.get(BUDGET_VARIABLE, str(DEFAULT_BUDGET_S))
    try:
        budget = float(text)
    except ValueError:
        budget = math.nan
    if not 0 <= budget <= MAX_BUDGET_S:
        raise InvalidInput(
            _(
                "{variable} is {value!r}; expected seconds from 0 (do not measure) to {most:g}. "
                "Set it and start again."
            ).format(variable=BUDGET_VARIABLE, value=text, most=MAX_BUDGET_S)
        )
    return budget


def require_budget() -> None:
    """End the page with a sentence when PROBEWISE_BUDGET_S is set to something that is no budget."""
    try:
        budget_s()
    except InvalidInput as problem:
        st.error(str(problem))
        st.stop()


def enabled() -> bool:
    """Whether anything is to be measured at all."""
    return budget_s() > 0


@dataclass
class Measuring:
    """A started probe session, what it was last asked to measure, what earlier budgets told of that, and what was
    known of the focuses before it when they were left; the last budget that only who came too late shared had
    `given_s`.
    """

    session: ProbeSession
    focus: tuple[Workload, ...] = ()
    earlier: ProbeReport | None = None
    given_s: float = 0.0
    left: dict[tuple[Workload, ...], ProbeReport] = field(default_factory=dict)

    def turn_to(self, workloads: tuple[Workload, ...]) -> bool:
        """Measure these from now on; false when that is what it does already."""
        if workloads == self.focus:
            return False
        if (report := self.report) is not None:
            self.left[self.focus] = report
        self.session.focus(workloads)
        # What is said first is not to be that measuring has begun where it waits.
        self.session.wait_to_begin(BEGINNING_S)
        self.focus, self.earlier, self.given_s = workloads, self.left.get(workloads), 0.0
        return True

    def go_on(self) -> None:
        """Spend another budget on the same workloads: who came too late is tried again, what is measured is kept."""
        self.earlier, self.given_s = self.report, self.further_budget_s
        self.session.focus(self.focus, self.given_s)

    @property
    def further_budget_s(self) -> float:
        """Seconds of another budget: enough for the starts of those who came too late, by all that is known of them,
        and twice what was not enough when they had it for themselves.
        """
        needed_s = max(budget_s(), 2 * self.given_s, self.session.further_budget_s)
        return min(needed_s, MAX_BUDGET_S)

    @property
    def report(self) -> ProbeReport | None:
        """What is known of the present focus, with what all its budgets took and noted; None before a figure."""
        report = self.session.report()
        if report is None or (report.workload,) != self.focus[:1]:
            return None
        return report if self.earlier is None else _after(self.earlier, report)


def _after(earlier: ProbeReport, report: ProbeReport) -> ProbeReport:
    """The report, with what was spent and noted before it on the same."""
    wall_s = {
        activity: earlier.wall_s.get(activity, 0.0) + report.wall_s.get(activity, 0.0)
        for activity in (*earlier.wall_s, *report.wall_s)
    }
    # Whether there is a control, and if not why, the last budget knows.
    noted = (note for note in earlier.notes if not note.startswith(no_control()))
    notes = tuple(dict.fromkeys((*noted, *report.notes)))
    spent = {"seconds": earlier.seconds + report.seconds, "budget_s": _given_s(earlier) + _given_s(report)}
    return report.model_copy(update={**spent, "wall_s": wall_s, "notes": notes})


def _given_s(report: ProbeReport) -> float:
    return report.budget_s or report.seconds


def _end(measuring: Measuring) -> None:
    # Called on the server's event loop when a tab closes: killing the workers must not hold up the others.
    threading.Thread(target=measuring.session.close, name="end of probe session").start()


@st.cache_resource(scope="session", show_spinner=False, on_release=_end)
def _measuring() -> Measuring:
    session = ProbeSession(budget_s=budget_s())
    session.start()
    return Measuring(session)


def follow(state: State) -> Progress | None:
    """Measure what the answers need, unless it was measured before, and take over what is known.

    None when nothing is being measured.
    """
    workloads = interview_workloads(state.interview.project, machine())
    if workloads != state.focus:
        _turn(state, workloads)
    if state.settled or state.stopped or not enabled():
        return None
    measuring = _measuring()
    measuring.turn_to(workloads)
    if measuring.session.wait(0) and (report := measuring.report) is not None:
        before, late = state.late, frozenset(came_too_late(report))
        state.late = late
        if not _goes_on(state, measuring, late, before):
            _conclude(state, report)
            return None
        measuring.go_on()
    progress = measuring.session.progress
    if progress.stage == "waiting" and not state.again and _reuse(state, _look_up(state)):
        # Who measured on this machine before us has measured the same.
        return None
    state.report = (state.earlier.report if state.earlier else None) or _newest(measuring.report, state.report)
    return progress


def _newest(report: ProbeReport | None, known: ProbeReport | None) -> ProbeReport | None:
    """The report that is being made, once it tells of another candidate; what is known, until then.

    To advise anew after every block would take the time of what is being measured.
    """
    if report is None or (known is not None and _told(report) == _told(known)):
        return known
    return report


def _told(report: ProbeReport) -> set[tuple[str, str, str]]:
    """Of which candidates on which network it has a figure that will hardly change, or why there is none."""
    return {
        (measurement.workload.id, row.candidate, row.status)
        for measurement in report.measurements
        for row in measurement.candidates
        if _tells(row)
    }


def _tells(row: CandidateResult) -> bool:
    """Whether its figure will hardly change, or there is none."""
    return row.status != "ok" or row.rounds >= MIN_ROUNDS


def _goes_on(state: State, measuring: Measuring, late: frozenset[str], before: frozenset[str] | None) -> bool:
    """Whether to spend another budget on who is `late`: the person still answers, the last one reached one of those
    who were late `before` it, and another need not be much longer.
    """
    talking = state.interview.open_question is not None and not state.enough
    short = measuring.further_budget_s <= MOST_UNASKED * budget_s()
    return talking and short and bool(late) and (before is None or late < before)


def further_budget_s(state: State) -> float:
    """Seconds of another budget that could reach those who came too late, without measuring the others again; 0
    where there is nobody to reach, or no budget would do.
    """
    if state.report is None or not (enabled() and state.settled) or state.stopped or state.earlier is not None:
        return 0.0
    measuring = _measuring()
    reachable = measuring.session.further_budget_s <= MAX_BUDGET_S
    return measuring.further_budget_s if came_too_late(state.report) and reachable else 0.0


def go_on(state: State) -> None:
    """Spend another budget on those who came too late."""
    state.settled = False
    measuring = _measuring()
    if not measuring.turn_to(state.focus):
        measuring.go_on()


def stop(state: State) -> None:
    """End the measuring; what is known so far is shown, and what is complete kept where nothing else was known."""
    report = _measuring().report
    if state.earlier is None and report is not None and any(row.status == "ok" for row in report.candidates):
        complete = _without_begun(report)
        if any(row.status == "ok" for row in complete.candidates):
            _keep(state, complete)
        state.report = report
    give_up(state)


def _without_begun(report: ProbeReport) -> ProbeReport:
    """The report without rows of which a visit to come should not think that they are complete."""
    measurements = [
        each.model_copy(update={"candidates": tuple(filter(_tells, each.candidates))}) for each in report.measurements
    ]
    main, *rungs = measurements
    return report.model_copy(
        update={"candidates": main.candidates, "rungs": tuple(each for each in rungs if each.candidates)}
    )


def give_up(state: State) -> None:
    """End the measuring and its processes."""
    state.stopped = True
    _measuring.clear()


def begin_again(state: State) -> None:
    """Measure once more from the start; the figures so far are shown until there are new ones."""
    _measuring.clear()
    state.focus = interview_workloads(state.interview.project, machine())
    state.stopped, state.broken, state.settled, state.again, state.late = False, False, False, True, None
    known = state.report is not None and state.report.workload == state.focus[0]
    state.earlier = Earlier(state.report) if state.report is not None and known else None


def save_unsaved(state: State) -> None:
    """Give the history what it did not take so far, once more."""
    history = History()
    state.unsaved = tuple(report for report in state.unsaved if not history.save(report))
    state.history_problem = history.problem


def _turn(state: State, workloads: tuple[Workload, ...]) -> None:
    """Begin with these workloads: with what the history holds of them, if that is anything."""
    state.focus, state.settled, state.again, state.earlier, state.late = workloads, False, False, None, None
    found = _look_up(state)
    if found is not None and not _reuse(state, found):
        state.earlier, state.report = found, found.report


def _look_up(state: State) -> Earlier | None:
    history = History()
    found = find_earlier(history, machine().fingerprint, installed_versions(), state.focus, budget_s())
    if history.problem or not state.unsaved:
        state.history_problem = history.problem
    return found


def _reuse(state: State, found: Earlier | None) -> bool:
    """Take over what still applies, and measure no more; false when it does not."""
    if found is None or found.outdated:
        return False
    state.earlier, state.report, state.settled = found, found.report, True
    _measuring.clear()
    return True


def _conclude(state: State, report: ProbeReport) -> None:
    state.earlier, state.settled, state.again = None, True, False
    _keep(state, report)


def _keep(state: State, report: ProbeReport) -> None:
    state.report, state.unsaved = report, (*state.unsaved, report)
    save_unsaved(state)
