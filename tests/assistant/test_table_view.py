"""The person's table in the interview: while it is tried, when it cannot be, and taken back."""

from __future__ import annotations

import errno
from dataclasses import dataclass

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from assistant.errors import InvalidInput
from assistant.table.records import ModelResult, TableFacts, TableTrial
from assistant.table.running import RunningTrial
from assistant.views import checking, measuring, table
from assistant.views.state import Table
from tests.assistant.visits import StandIn, visit

CONTENT = b"age,stays\n1,yes\n2,no\n"
FACTS = TableFacts(
    name="customers.csv",
    columns=("age", "stays"),
    target="stays",
    task="tabular_classification",
    rows=400,
    inputs=1,
    size_gb=0.1,
)
MODELS = tuple(ModelResult(model=model, scores=(share,) * 5, fit_s=0.5) for model, share in (("linear", 0.8),))
TRIAL = TableTrial(facts=FACTS, metric="accuracy", sampled=400, models=MODELS)


@dataclass
class Trial:
    """In place of a trial in a process."""

    done: bool = False
    has_machine: bool = False
    closed: bool = False

    def __call__(self, *_table: object) -> Trial:
        return self

    def result(self) -> TableTrial:
        return TRIAL

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def trial(monkeypatch) -> Trial:
    st.cache_resource.clear()
    stand_in = Trial()
    monkeypatch.setattr(table, "RunningTrial", stand_in)
    monkeypatch.setattr(measuring, "ProbeSession", StandIn(stage="waiting"))
    return stand_in


def given(app: AppTest) -> AppTest:
    app.session_state["state"].table = Table("customers.csv", CONTENT)
    app.run()
    assert not app.exception
    return app


def words(app: AppTest) -> str:
    return "\n".join(str(element.value) for element in [*app.markdown, *app.caption, *app.error]).replace("\\", "")


def test_who_waits_for_the_own_table_is_not_told_of_another_window(trial) -> None:
    app = given(visit())
    assert "Another window or program is measuring" in words(app), "the table waits, too"
    trial.has_machine = True
    app.run()
    assert "Models are being tried on your table." in words(app)
    assert "Another window" not in words(app)


def test_who_waits_for_the_own_check_of_claims_is_not_told_of_another_window(trial, monkeypatch) -> None:
    monkeypatch.setattr(checking.Checks, "running", True)
    app = visit()
    assert "Claims are being decided, as you asked." in words(app)
    assert "Another window" not in words(app)


def test_a_table_that_cannot_be_tried_says_so_beside_the_columns_and_is_not_tried_again(trial, monkeypatch) -> None:
    tried = []

    def full(*_table: object) -> RunningTrial:
        tried.append(True)
        raise InvalidInput(f"It could not be tried: {errno.ENOSPC}.")

    monkeypatch.setattr(table, "RunningTrial", full)
    app = given(visit()).run()
    assert f"It could not be tried: {errno.ENOSPC}." in words(app)
    assert len(tried) == 1


def forget(app: AppTest) -> AppTest:
    next(button for button in app.button if button.label == "Forget this table").click().run()
    assert not app.exception
    return app


def test_a_table_is_taken_back_with_what_it_answered_and_nothing_else(trial) -> None:
    app = visit()
    state = app.session_state["state"]
    state.move(state.interview.answer("task", "tabular_classification"))
    trial.done = True
    given(app).run()
    assert state.interview.project.dataset_rows == 400
    assert "On your table" in words(app)
    uploader = app.file_uploader[0].id
    forget(app)
    assert state.table is None
    assert state.interview.project.answers == {"task": "tabular_classification"}
    assert "On your table" not in words(app)
    assert app.file_uploader[0].id != uploader, "the file is gone from it, too"
    assert "Forget this table" not in [button.label for button in app.button]


def test_a_table_can_be_taken_back_while_it_is_tried(trial) -> None:
    app = forget(given(visit()))
    assert app.session_state["state"].table is None
    assert "Trying simple models" not in words(app)
