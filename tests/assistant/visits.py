"""Visits of the interview with a stand-in for measuring, all at one moment of one day."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from pathlib import Path

from streamlit.testing.v1 import AppTest

from assistant.project import Project
from assistant.target import interview_workloads
from probes.candidates import CANDIDATES
from probes.environments import installed_versions
from probes.hardware import machine
from probes.report import CandidateResult, Measurement, ProbeReport, Progress
from tests.runs import a_report, a_row

APP = Path(__file__).parents[2] / "assistant" / "app.py"
NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
YESTERDAY = datetime(2026, 11, 21, 14, 5, tzinfo=UTC)
TABLES, IMAGES = interview_workloads(Project()), interview_workloads(Project(task="image_classification"))


class StoppedClock(datetime):
    """In place of `datetime`: a day that does not end while a test runs."""

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> datetime:
        return NOW.astimezone(tz)


def measured(workloads=TABLES, **changes) -> ProbeReport:
    """A report of this machine with what is installed here, from yesterday."""
    rows = tuple(a_row(candidate.id) for candidate in CANDIDATES)
    main, *rungs = workloads
    return a_report(
        machine(),
        YESTERDAY.isoformat(),
        versions=installed_versions(),
        workload=main,
        candidates=rows,
        rungs=tuple(Measurement(workload=rung, candidates=rows) for rung in rungs),
    ).model_copy(update=changes)


@dataclass
class StandIn:
    """In place of a probe session: what it was asked for, and what it says."""

    started: bool = False
    closed: bool = False
    focused: list = field(default_factory=list)
    budgets: list = field(default_factory=list)
    further_budget_s: float = 0.0
    stage: str = "measuring"
    result: ProbeReport | None = None
    partial: ProbeReport | None = None

    def __call__(self, **_options) -> StandIn:
        self.started = True
        return self

    def start(self) -> None:
        pass

    def focus(self, workloads, budget_s=None) -> None:
        self.focused.append(workloads)
        self.budgets.append(budget_s)
        self.result = self.partial = None

    def wait(self, _timeout_s) -> bool:
        return self.result is not None

    def wait_to_begin(self, _timeout_s) -> None:
        pass

    def report(self) -> ProbeReport | None:
        return self.result or self.partial

    @property
    def progress(self) -> Progress:
        return Progress(candidate=None, stage=self.stage, workload=None, share=0.5, seconds_left=30)

    def close(self) -> None:
        self.closed = True


def visit() -> AppTest:
    app = AppTest.from_file(str(APP), default_timeout=30).run()
    assert not app.exception
    return app


def words(app: AppTest) -> str:
    elements = [*app.markdown, *app.caption, *app.warning]
    return "\n".join(str(element.value) for element in elements)


def press(app: AppTest, label: str) -> AppTest:
    next(button for button in app.button if button.label == label).click().run()
    assert not app.exception
    return app


def labels(app: AppTest) -> list[str]:
    return [button.label for button in app.button]


def late(*candidates: str) -> ProbeReport:
    """What a budget left that did not reach these."""
    rows = tuple(
        CandidateResult(candidate=row.candidate, status="timeout", error="Late.")
        if row.candidate in candidates
        else row
        for row in measured().candidates
    )
    return measured(candidates=rows, measured_at=NOW.isoformat())
