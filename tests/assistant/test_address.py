"""The answers in the address: a reload brings them back, and nothing else that stands there does harm."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

import assistant.app
from assistant.views import measuring

APP = Path(assistant.app.__file__)


@pytest.fixture
def arrive(monkeypatch, tmp_path):
    """Open the app at an address with these parameters."""
    monkeypatch.setenv("PROBEWISE_HOME", str(tmp_path))
    monkeypatch.setenv(measuring.BUDGET_VARIABLE, "0")

    def at(**parameters: str) -> AppTest:
        app = AppTest.from_file(str(APP), default_timeout=30)
        for name, value in parameters.items():
            app.query_params[name] = value
        app.run()
        assert not app.exception
        return app

    return at


def answers(app: AppTest) -> dict[str, object]:
    return app.session_state["state"].interview.project.answers


def test_what_was_answered_stands_in_the_address_and_comes_back(arrive) -> None:
    first = arrive()
    interview = first.session_state["state"].interview
    for field, value in {"task": "image_classification", "dataset_rows": 5000, "knows": ("keras", "jax")}.items():
        interview = interview.answer(field, value)
    interview = interview.answer("goal", None)
    first.session_state["state"].interview = interview
    first.run()
    address = dict(first.query_params.items())
    assert address == {
        "task": "image_classification",
        "dataset_rows": "5000",
        "knows": '["keras", "jax"]',
        "goal": "null",
    }
    again = arrive(**address)
    assert answers(again) == answers(first)
    assert again.session_state["state"].interview.given == interview.given


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("task", "banana"),
        ("task", "[" * 5000),
        ("dataset_rows", "-1"),
        ("dataset_rows", '{"a": 1}'),
        ("dataset_rows", "1e999"),
        ("knows", '["keras", 1]'),
        ("model_scale", '"<script>alert(1)</script>"'),
        ("colour", '"red"'),
    ],
)
def test_what_is_no_answer_is_left_out(arrive, name: str, value: str) -> None:
    app = arrive(**{name: value, "goal": "research"})
    assert answers(app) == {"goal": "research"}


def test_other_parameters_stay_where_they_are(arrive) -> None:
    app = arrive(verdict="holds", task="text_classification")
    assert app.query_params["verdict"] == "holds"
