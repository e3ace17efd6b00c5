"""A fresh visit: what was measured before is shown at once, and measured again where it must be, or on demand."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import streamlit as st
from filelock import FileLock
from streamlit.testing.v1 import AppTest

from assistant.project import Project
from assistant.target import interview_workloads
from assistant.views import measuring
from assistant.views.measuring import Measuring
from probes.campaign.controls import no_control
from probes.candidates import CANDIDATES
from probes.directories import measuring_lock
from probes.environments import installed_versions
from probes.hardware import machine
from probes.report import CandidateResult, Measurement, ProbeReport, Progress
from probes.schedule import MAX_BUDGET_S, ProbeSession
from probes.store import History
from tests.runs import a_report, a_row

APP = Path(__file__).parents[2] / "assistant" / "app.py"
YESTERDAY = (datetime.now(UTC) - timedelta(days=1)).replace(hour=14, minute=5, second=0, microsecond=0)
TABLES, IMAGES = interview_workloads(Project()), interview_workloads(Project(task="image_classification"))


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


@pytest.fixture
def session(monkeypatch) -> StandIn:
    # To Streamlit's tests all visits are one session.
    st.cache_resource.clear()
    session = StandIn()
    monkeypatch.setattr(measuring, "ProbeSession", session)
    return session


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


def test_what_still_applies_is_shown_and_not_measured_again(session) -> None:
    History().save(measured())
    app = visit()
    assert app.session_state["state"].report == measured()
    assert "I measured here yesterday at 14:05, and nothing has changed since." in words(app)
    assert "**Measured** yesterday at 14:05" in words(app)
    assert "Measuring has begun" not in words(app)
    assert not session.started


def test_on_demand_it_is_measured_again_while_the_earlier_figures_stay(session) -> None:
    History().save(measured())
    app = press(visit(), "Measure again")
    assert session.focused == [TABLES]
    assert "Until it is done you see what was measured yesterday at 14:05." in words(app)
    assert app.session_state["state"].report == measured()
    session.result = measured(measured_at=datetime.now(UTC).isoformat())
    app.run()
    assert "**Measured** in 12 s on this machine." in words(app)
    assert app.session_state["state"].report == session.result
    assert [run.report for run in History().runs()] == [measured(), session.result]


def test_what_no_longer_applies_stands_in_and_says_why(session) -> None:
    History().save(measured(contended=True))
    app = visit()
    assert session.focused == [TABLES]
    assert "Other programs were busy then. Until it is done you see what was measured yesterday" in words(app)
    assert app.session_state["state"].report == measured(contended=True)
    press(app, "Stop measuring")
    assert "Measuring is stopped. What you see was measured yesterday at 14:05." in words(app)


def begun(*candidates: str) -> ProbeReport:
    """What is known of some while the others are still to come."""
    rows = tuple(row.model_copy(update={"rounds": 3}) for row in measured().candidates if row.candidate in candidates)
    return measured(candidates=rows, rungs=(), measured_at=datetime.now(UTC).isoformat())


def test_what_was_measured_before_one_stopped_is_there_on_the_next_visit_until_there_is_more(session) -> None:
    app = visit()
    session.partial = begun("jax-jit", "pytorch-eager")
    press(app, "Stop measuring")
    assert session.closed
    assert [run.report for run in History().runs()] == [session.partial]
    assert app.session_state["state"].report == session.partial
    assert "Measuring is stopped. What is known so far counts." in words(app)
    kept = session.partial
    again = visit()
    assert again.session_state["state"].report == kept
    assert "Until it is done you see what was measured today" in words(again)


def test_who_had_a_round_or_two_when_one_stopped_is_shown_and_measured_again(session) -> None:
    app = visit()
    whole, others = begun("jax-jit"), begun(*(candidate.id for candidate in CANDIDATES if candidate.id != "jax-jit"))
    barely = tuple(row.model_copy(update={"rounds": 1}) for row in others.candidates)
    session.partial = whole.model_copy(update={"candidates": (*whole.candidates, *barely)})
    press(app, "Stop measuring")
    assert app.session_state["state"].report == session.partial
    assert [run.report for run in History().runs()] == [whole]
    assert "Until it is done you see what was measured today" in words(visit())


def test_what_one_stopped_takes_the_place_of_nothing_that_was_known_before(session) -> None:
    History().save(measured(contended=True))
    app = visit()
    session.partial = begun("jax-jit")
    press(app, "Stop measuring")
    assert [run.report for run in History().runs()] == [measured(contended=True)]
    assert app.session_state["state"].report == measured(contended=True)


def test_other_versions_are_another_history(session) -> None:
    History().save(measured(versions=installed_versions() | {"torch": "1.0"}))
    app = visit()
    assert session.focused == [TABLES]
    assert app.session_state["state"].report is None
    assert "Measuring has begun" in words(app)


def test_an_answer_turns_to_what_was_measured_of_the_other_network(session) -> None:
    History().save(measured(IMAGES))
    app = visit()
    assert session.focused == [TABLES]
    app.get("pills")[0].set_value("image_classification").run()
    assert app.session_state["state"].report == measured(IMAGES)
    assert "**Measured** yesterday at 14:05" in words(app)
    assert "Stop measuring" not in labels(app)


def test_what_another_window_has_measured_meanwhile_is_taken_over(session) -> None:
    session.stage = "waiting"
    app = visit()
    assert "Waiting to measure" in words(app)
    assert "Measuring has begun" not in words(app)
    History().save(measured())
    app.run()
    assert "**Measured** yesterday at 14:05" in words(app)
    assert app.session_state["state"].report == measured()


def test_a_second_window_says_from_the_first_that_it_waits(monkeypatch) -> None:
    st.cache_resource.clear()
    sessions: list[ProbeSession] = []
    monkeypatch.setattr(
        measuring, "ProbeSession", lambda **options: sessions.append(ProbeSession(**options)) or sessions[0]
    )
    measuring_lock().parent.mkdir(parents=True, exist_ok=True)
    with FileLock(measuring_lock()):
        app = visit()
        sessions[0].close()
    assert "Waiting to measure" in words(app)
    assert "Measuring has begun" not in words(app)
    st.cache_resource.clear()


@pytest.mark.parametrize("stage", ["starting", "importing"])
def test_a_session_that_begins_is_not_said_to_wait(session, stage) -> None:
    session.stage = stage
    app = visit()
    assert "Measuring has begun" in words(app)
    assert "Waiting to measure" not in words(app)


def test_whoever_asks_to_measure_again_waits_for_figures_of_their_own(session) -> None:
    History().save(measured())
    session.stage = "waiting"
    app = press(visit(), "Measure again").run()
    assert "Waiting to measure" in words(app)


def late(*candidates: str) -> ProbeReport:
    """What a budget left that did not reach these."""
    rows = tuple(
        CandidateResult(candidate=row.candidate, status="timeout", error="Late.")
        if row.candidate in candidates
        else row
        for row in measured().candidates
    )
    return measured(candidates=rows, measured_at=datetime.now(UTC).isoformat())


def test_while_one_answers_who_came_too_late_is_given_more_time_as_long_as_that_helps(session) -> None:
    app = visit()
    session.result = late("pytorch-eager", "keras-jax")
    app.run()
    assert session.focused == [TABLES] * 2
    assert not History().runs()
    session.result = late("keras-jax")
    app.run()
    assert session.focused == [TABLES] * 3
    session.result = late("keras-jax")
    app.run()
    assert session.focused == [TABLES] * 3, "the last budget reached nobody new"
    assert "**Measured** in 38 s on this machine." in words(app), "three budgets of 12.5 s"
    press(app, "Give the others up to 4 min more")
    assert session.focused == [TABLES] * 4
    assert session.budgets == [None, 60, 120, 240], "what was not enough is not given once more"
    session.result = late("keras-jax")
    app.run()
    assert "Give the others up to 8 min more" in labels(app)


@pytest.mark.parametrize(("needed_s", "label"), [(5.0, "60 s"), (150.0, "2 min 30 s"), (3000.0, "50 min")])
def test_the_button_says_how_long_and_gives_what_those_who_came_too_late_need(session, needed_s, label) -> None:
    session.further_budget_s = needed_s
    app = press(one_late(session), f"Give the others up to {label} more")
    assert session.budgets == [None, None, max(needed_s, 60)]
    assert "Stop measuring" in labels(app)


def test_where_no_budget_would_do_there_is_no_button(session) -> None:
    session.further_budget_s = 2 * MAX_BUDGET_S
    app = one_late(session)
    assert "**Measured** in 12 s" in words(app)
    assert not any("Give the others" in label for label in labels(app))


def test_where_the_rows_say_why_there_is_the_button_too(session) -> None:
    app = one_late(session)
    app.switch_page("views/measurements.py").run()
    press(app, "Give the others up to 60 s more")
    assert session.budgets == [None, None, 60]


def test_what_earlier_budgets_noted_is_kept(session) -> None:
    lacking = f"{no_control()} Time was too short to start another process."
    app = visit()
    session.result = late("pytorch-eager", "keras-jax").model_copy(update={"notes": ("On its battery.", lacking)})
    app.run()
    session.result = late("keras-jax").model_copy(update={"notes": ("On its battery.", "Too hot.")})
    app.run()
    assert session.focused == [TABLES] * 3
    session.result = late("keras-jax").model_copy(update={"notes": ()})
    app.run()
    assert app.session_state["state"].report.notes == ("On its battery.", "Too hot.")
    assert [run.report.notes for run in History().runs()] == [("On its battery.", "Too hot.")]


def test_what_was_spent_and_noted_before_one_turned_to_something_else_counts_when_one_turns_back(session) -> None:
    begun = Measuring(session)
    begun.turn_to(TABLES)
    session.result = measured(notes=("On its battery.",), seconds=20.0)
    begun.turn_to(IMAGES)
    session.result = measured(IMAGES, notes=("Too hot.",), seconds=50.0)
    assert begun.report == session.result, "another focus, other notes"
    begun.turn_to(TABLES)
    assert begun.report is None
    session.result = measured(notes=("Others use the GPU.",), seconds=30.0)
    assert (begun.report.notes, begun.report.seconds) == (("On its battery.", "Others use the GPU."), 50.0)


def test_who_came_too_late_is_named_and_not_measured_anew_for_on_every_visit(session) -> None:
    known = late("pytorch-compile").model_copy(update={"seconds": 221.0, "measured_at": YESTERDAY.isoformat()})
    History().save(known)
    app = visit()
    assert not session.started
    assert app.session_state["state"].report == known
    assert "**Measured** yesterday at 14:05" in words(app)
    assert "The time was too short for: PyTorch, compiled with torch.compile." in words(app)
    assert "could not be measured" not in words(app)
    assert "Measure again" in labels(app)


def test_a_report_of_little_time_is_made_anew_and_names_whom_it_lacks(session) -> None:
    History().save(late("pytorch-compile").model_copy(update={"measured_at": YESTERDAY.isoformat()}))
    app = visit()
    assert session.focused == [TABLES]
    assert "There was too little time then for: PyTorch, compiled with torch.compile. Until it is done" in words(app)


def test_another_window_that_waited_takes_over_a_report_that_lacks_who_came_too_late(session) -> None:
    session.stage = "waiting"
    app = visit()
    known = late("pytorch-compile").model_copy(update={"seconds": 59.0})
    History().save(known)
    app.run()
    assert app.session_state["state"].report == known
    assert "**Measured** today" in words(app)


def one_late(session: StandIn) -> AppTest:
    """A person who has heard enough when the budget ends, which did not reach Keras on JAX."""
    app = visit()
    app.get("pills")[0].set_value("image_classification").run()
    press(app, "Enough questions, show the answer")
    session.result = late("keras-jax").model_copy(update={"workload": IMAGES[0]})
    return app.run()


def test_who_has_heard_enough_is_not_kept_waiting(session) -> None:
    app = one_late(session)
    assert session.focused == [TABLES, IMAGES]
    assert "Give the others up to 60 s more" in labels(app)


def test_measuring_switched_off_shows_what_there_is(session, monkeypatch) -> None:
    monkeypatch.setenv(measuring.BUDGET_VARIABLE, "0")
    History().save(measured(contended=True))
    app = visit()
    assert "What you see was measured yesterday at 14:05." in words(app)
    assert not session.started


def test_a_damaged_history_is_told_and_what_is_measured_can_be_kept_later(session) -> None:
    history = History()
    history.path.parent.mkdir(parents=True)
    history.path.write_bytes(b"no database" * 1000)
    app = visit()
    assert session.focused == [TABLES]
    assert "is damaged" in words(app)
    session.result = measured()
    app.run()
    assert app.session_state["state"].report == measured()
    assert "it is forgotten when this tab is closed" in words(app)
    press(app, "Try to keep it again")
    assert "is damaged" in words(app)
    history.path.unlink()
    press(app, "Try to keep it again")
    assert "is damaged" not in words(app)
    assert "Try to keep it again" not in labels(app)
    assert [run.report for run in history.runs()] == [measured()]


def test_unreadable_runs_are_told_and_hide_no_others(session) -> None:
    history = History()
    history.save(measured())
    history.save(measured(seconds=1.0))
    with closing(sqlite3.connect(history.path, isolation_level=None)) as connection:
        connection.execute("UPDATE runs SET report = ? WHERE id = 2", ("of another time",))
    app = visit()
    assert "**Measured** yesterday at 14:05" in words(app)
    assert "cannot read these runs" in words(app)
