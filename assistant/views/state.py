"""What a browser session remembers between runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, cast

import streamlit as st

from assistant.advice.forecast import UNMEASURED, Forecaster
from assistant.advice.recommendation import Recommendation
from assistant.conversation.interview import Interview
from assistant.reuse import Earlier
from assistant.table.records import TableTrial
from assistant.table.running import RunningTrial
from assistant.views.address import with_kept_answers
from knowledge.load import load
from probes.hardware import machine
from probes.report import ProbeReport
from probes.workloads import Workload


@dataclass(frozen=True)
class Advised:
    """A recommendation and what it was made from."""

    interview: Interview
    report: ProbeReport | None
    table: TableTrial | None
    recommendation: Recommendation

    def still(self, interview: Interview, report: ProbeReport | None, table: TableTrial | None) -> bool:
        """Whether the same would be made from these."""
        same = self.interview.project == interview.project and self.interview.knowledge is interview.knowledge
        return same and self.report is report and self.table is table


@dataclass(frozen=True)
class Brought:
    """What came of a file of runs, in a sentence; `reports` are those that the history did not take."""

    outcome: Literal["refused", "unsaved", "added"]
    sentence: str
    reports: tuple[ProbeReport, ...] = ()


@dataclass
class Table:
    """The person's own table: its bytes, the column to predict if one was chosen, the trial of models on it while it
    is under way, and what came of it, or in a sentence why nothing did.
    """

    name: str
    content: bytes
    target: str | None = None
    running: RunningTrial | None = None
    trial: TableTrial | None = None
    problem: str = ""


@dataclass
class State:
    """One session's state. `notice` is a sentence about what was typed last; `enough` ends the questions early.

    `report` is what the advice rests on, kept when the session that measured it is gone. `focus` are the workloads
    that the answers ask for, `earlier` what was measured of them on another visit and `settled` whether there is
    nothing more to measure of them; `late` are the candidates that the last budget did not reach. `again` says that
    they are measured anew although there was something, `stopped` that the measuring was stopped, `broken` that it
    broke off.

    `history_problem` says in a sentence why the history could not be used; `unsaved` is what it did not take so far.
    `table` is what the person gave of their own, `table_told` what it answered.
    """

    interview: Interview
    notice: str = ""
    enough: bool = False
    report: ProbeReport | None = None
    focus: tuple[Workload, ...] = ()
    earlier: Earlier | None = None
    settled: bool = False
    late: frozenset[str] | None = None
    again: bool = False
    stopped: bool = False
    broken: bool = False
    history_problem: str | None = None
    unsaved: tuple[ProbeReport, ...] = ()
    brought: Brought | None = None
    table: Table | None = None
    table_told: Mapping[str, object] = field(default_factory=dict)
    advised: Advised | None = None
    fitted: Forecaster = UNMEASURED
    turns: int = 0

    @property
    def forecaster(self) -> Forecaster:
        """What `report` teaches; kept while it is the same, because fitting takes longer than a question may."""
        if self.fitted.probe is not self.report:
            self.fitted = Forecaster(self.report)
        return self.fitted

    @property
    def reused(self) -> ProbeReport | None:
        """The report of an earlier visit that still applies, if that is what is shown."""
        return self.earlier.report if self.earlier and not self.earlier.outdated and not self.again else None

    def move(self, interview: Interview) -> None:
        """Go on with `interview`; widgets of the question before are not reused for the next."""
        self.interview = interview.measured(self.forecaster)
        self.notice = ""
        self.turns += 1


def state() -> State:
    """The state of this session, made at its first run."""
    if "state" not in st.session_state:
        st.session_state.state = State(with_kept_answers(Interview(load(), machine())))
    return cast(State, st.session_state.state)


def advice() -> Recommendation:
    """The recommendation for the answers and the measurements of now; computed once for each of them."""
    from assistant.advice.recommend import recommend  # noqa: PLC0415  the first question does not wait for SciPy

    now = state()
    interview, report = now.interview, now.report
    trial = now.table.trial if now.table else None
    if now.advised is None or not now.advised.still(interview, report, trial):
        advised = recommend(
            interview.project,
            report,
            machine=machine(),
            forecaster=now.forecaster,
            knowledge=interview.knowledge,
            table=trial,
        )
        now.advised = Advised(interview, report, trial, advised)
    return now.advised.recommendation
