"""Who came too late for a budget: named, given more time while one answers, and on demand."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from assistant.views.measuring import Measuring
from probes.campaign.controls import no_control
from probes.schedule import MAX_BUDGET_S
from probes.store import History
from tests.assistant.visits import IMAGES, TABLES, YESTERDAY, StandIn, labels, late, measured, press, visit, words


def one_late(session: StandIn) -> AppTest:
    """A person who has heard enough when the budget ends, which did not reach Keras on JAX."""
    app = visit()
    app.get("pills")[0].set_value("image_classification").run()
    press(app, "Enough questions, show the answer")
    session.result = late("keras-jax").model_copy(update={"workload": IMAGES[0]})
    return app.run()


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


def test_who_has_heard_enough_is_not_kept_waiting(session) -> None:
    app = one_late(session)
    assert session.focused == [TABLES, IMAGES]
    assert "Give the others up to 60 s more" in labels(app)
