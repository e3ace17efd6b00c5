"""The answers in the address: a reload brings them back, and nothing else that stands there does harm."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

import assistant.app
from assistant.advice.own_weights import own_weights, weighted
from assistant.views import measuring
from knowledge.load import load
from knowledge.vocabulary import CRITERIA

APP = Path(assistant.app.__file__)
OWN = dict.fromkeys(CRITERIA, 0.5) | {"pretrained_models": 10.0}


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


def test_own_weights_come_back_with_the_answer_they_give_and_can_be_given_up(arrive) -> None:
    first = arrive(task="image_classification")
    state = first.session_state["state"]
    state.move(state.interview.knowing(weighted(load(), OWN)))
    state.enough = True
    first.run()
    again = arrive(**dict(first.query_params.items()))
    again.button(key="enough").click().run()
    assert not again.exception
    frameworks = [app.session_state["state"].advised.recommendation.frameworks for app in (first, again)]
    assert frameworks[0] == frameworks[1]
    assert {slider.key: slider.value for slider in again.slider} == {
        f"weight-{criterion}": weight for criterion, weight in OWN.items()
    }
    next(button for button in again.button if button.label == "Use these weights").click().run()
    assert own_weights(again.session_state["state"].interview.knowledge) == OWN
    again.button(key="reset-weights").click().run()
    assert "weights" not in again.query_params
    assert not again.session_state["state"].advised.recommendation.own_weights


@pytest.mark.parametrize(
    "value",
    ["", "heavy", "[1, 2]", "[" * 5000, '{"debugging": 1}', json.dumps(OWN | {"debugging": "1"})]
    + [json.dumps(OWN | {"debugging": wrong}) for wrong in (11.0, -1.0, float("nan"))],
)
def test_weights_that_are_none_are_left_out(arrive, value: str) -> None:
    app = arrive(weights=value, goal="research")
    assert not own_weights(app.session_state["state"].interview.knowledge)
    assert answers(app) == {"goal": "research"}


def test_other_parameters_stay_where_they_are(arrive) -> None:
    app = arrive(verdict="holds", task="text_classification")
    assert app.query_params["verdict"] == "holds"
