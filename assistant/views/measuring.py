"""Measuring while the person talks: one probe session per browser session, ended with it."""

from __future__ import annotations

import math
import os
import threading
from dataclasses import dataclass

import streamlit as st

from assistant.errors import InvalidInput
from assistant.language import _
from assistant.target import probe_workloads
from assistant.views.state import State
from probes.environments import installed_versions
from probes.hardware import machine
from probes.report import ProbeReport, Progress
from probes.schedule import DEFAULT_BUDGET_S, MAX_BUDGET_S, ProbeSession
from probes.store import History
from probes.workloads import Workload

BUDGET_VARIABLE = "PROBEWISE_BUDGET_S"


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
    """A started probe session and what it was last asked to measure."""

    session: ProbeSession
    focus: tuple[Workload, ...] = ()

    def turn_to(self, workloads: tuple[Workload, ...]) -> bool:
        """Measure these from now on; false when that is what it does already."""
        if workloads == self.focus:
            return False
        self.session.focus(workloads)
        self.focus = workloads
        return True

    @property
    def report(self) -> ProbeReport | None:
        """What is known of the present focus; None before its first figure."""
        report = self.session.report()
        return report if report is not None and report.workload == self.focus[0] else None


def _end(measuring: Measuring) -> None:
    # Called on the server's event loop when a tab closes: killing the workers must not hold up the others.
    threading.Thread(target=measuring.session.close, name="end of probe session").start()


@st.cache_resource(scope="session", show_spinner=False, on_release=_end)
def _measuring() -> Measuring:
    session = ProbeSession(budget_s=budget_s())
    session.start()
    return Measuring(session)


def follow(state: State) -> Progress | None:
    """Measure what the answers need and take over what is known; None when nothing is being measured."""
    workloads = probe_workloads(state.interview.project)
    if state.stopped or state.measured == workloads:
        return None
    if not enabled():
        state.report, state.measured = _earlier(workloads[0]), workloads
        return None
    measuring = _measuring()
    if measuring.turn_to(workloads):
        state.earlier = _earlier(workloads[0])
    done = measuring.session.wait(0)
    if done and measuring.report is not None:
        state.report, state.earlier, state.measured = measuring.report, None, workloads
        History().save(measuring.report)
        return None
    state.report = state.earlier or measuring.report or state.report
    return measuring.session.progress


def _earlier(workload: Workload) -> ProbeReport | None:
    """The last report of this machine on the workload, unless nothing could be measured then."""
    report = History().latest(machine().fingerprint, installed_versions(), workload.id)
    return report if report is not None and any(row.status == "ok" for row in report.candidates) else None


def stop(state: State) -> None:
    """End the measuring and its processes; what is known so far is kept."""
    state.stopped = True
    _measuring.clear()


def begin_again(state: State) -> None:
    """Measure once more from the start; the figures so far are shown until there are new ones."""
    _measuring.clear()
    state.stopped, state.broken, state.measured = False, False, ()
