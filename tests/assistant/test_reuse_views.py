"""A fresh visit: what was measured before is shown at once, and measured again where it must be, or on demand."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest
import streamlit as st
from filelock import FileLock

from assistant.views import measuring
from probes.candidates import CANDIDATES
from probes.directories import measuring_lock
from probes.environments import installed_versions
from probes.report import ProbeReport
from probes.schedule import ProbeSession
from probes.store import History
from tests.assistant.visits import IMAGES, NOW, TABLES, labels, measured, press, visit, words


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
    session.result = measured(measured_at=NOW.isoformat())
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
    return measured(candidates=rows, rungs=(), measured_at=NOW.isoformat())


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
