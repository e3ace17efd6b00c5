"""What a browser session remembers between runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import streamlit as st

from assistant.advice.recommendation import Recommendation
from assistant.conversation.interview import Interview
from assistant.project import Project
from knowledge.load import load
from probes.hardware import machine
from probes.report import ProbeReport
from probes.workloads import Workload


@dataclass(frozen=True)
class Advised:
    """A recommendation and what it was made from."""

    project: Project
    report: ProbeReport | None
    recommendation: Recommendation


@dataclass
class State:
    """One session's state. `notice` is a sentence about what was typed last; `enough` ends the questions early.

    `report` is what the advice rests on, kept when the session that measured it is gone; `earlier` one from another
    day that stands in for it until this one's measuring is done. `measured` are the workloads of the last
    focus that was measured to its end; `stopped` says that the measuring was stopped, `broken` that it broke off.
    """

    interview: Interview
    notice: str = ""
    enough: bool = False
    report: ProbeReport | None = None
    earlier: ProbeReport | None = None
    measured: tuple[Workload, ...] = ()
    stopped: bool = False
    broken: bool = False
    advised: Advised | None = None
    turns: int = 0

    def move(self, interview: Interview) -> None:
        """Go on with `interview`; widgets of the question before are not reused for the next."""
        self.interview = interview
        self.notice = ""
        self.turns += 1


def state() -> State:
    """The state of this session, made at its first run."""
    if "state" not in st.session_state:
        st.session_state.state = State(Interview(load(), machine()))
    return cast(State, st.session_state.state)


def advice() -> Recommendation:
    """The recommendation for the answers and the measurements of now; computed once for each of them."""
    from assistant.advice.recommend import recommend  # noqa: PLC0415  the first question does not wait for SciPy

    now = state()
    project, report = now.interview.project, now.report
    if now.advised is None or now.advised.project != project or now.advised.report is not report:
        now.advised = Advised(project, report, recommend(project, report, machine=machine()))
    return now.advised.recommendation
