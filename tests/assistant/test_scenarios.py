"""Scenarios: what a senior engineer would accept and would not, written down as data in tests/scenarios/."""

from __future__ import annotations

from typing import Any

import pytest

from assistant.advice.criteria import Situation
from assistant.advice.ranking import rank
from assistant.advice.recommend import recommend
from assistant.project import parse_project
from knowledge.load import load
from probes.candidates import FRAMEWORKS
from tests.assistant.recorded import rungs_for
from tests.assistant.scenarios import SCENARIOS

UNDECIDED = 0.6
CONFIDENT = 0.8


def check(scenario: dict[str, Any], advice: Any) -> None:
    if not scenario["acceptable"]:
        assert advice.winner is None, scenario["why"]
        assert set(scenario["relax"]) <= set(advice.relax)
        return
    assert advice.winner is not None
    assert advice.winner.framework in scenario["acceptable"], scenario["why"]
    assert advice.winner.framework not in scenario["unacceptable"], scenario["why"]
    if "candidate" in scenario:
        assert advice.winner.candidate in scenario["candidate"], scenario["why"]
    excluded = {row.candidate for row in advice.ranking if row.excluded}
    assert set(scenario.get("excluded", ())) <= excluded
    if scenario.get("simpler_first"):
        assert advice.simpler_first
    if scenario.get("undecided"):
        assert advice.confidence < UNDECIDED


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario["id"])
def test_the_winner_is_acceptable_without_measurements(scenario) -> None:
    check(scenario, recommend(parse_project(scenario["says"])))


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario["id"])
def test_the_winner_is_acceptable_with_measurements(scenario) -> None:
    project = parse_project(scenario["says"])
    check(scenario, recommend(project, rungs_for(project)))


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario["id"])
def test_with_any_one_answer_less_nothing_unacceptable_is_said_with_confidence(scenario) -> None:
    for left_out in scenario["says"]:
        answers = {field: value for field, value in parse_project(scenario["says"]) if value and field != left_out}
        outcome = rank(answers, Situation({}, steps_per_epoch=100), load(), seed=0, draws=1_000)
        winner = FRAMEWORKS[outcome.order[0]] if outcome.order else None
        assert winner not in scenario["unacceptable"] or outcome.frameworks.max() <= CONFIDENT, left_out


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_always_answering_the_same_fails_a_third_at_least(framework) -> None:
    wrong = sum(framework not in scenario["acceptable"] for scenario in SCENARIOS)
    assert wrong * 3 >= len(SCENARIOS)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario["id"])
def test_the_scenario_is_well_formed(scenario) -> None:
    assert set(scenario) <= {
        "id",
        "says",
        "acceptable",
        "unacceptable",
        "candidate",
        "excluded",
        "relax",
        "simpler_first",
        "undecided",
        "why",
        "sources",
    }
    assert scenario["why"].endswith(".")
    assert not set(scenario["acceptable"]) & set(scenario["unacceptable"])
    assert set(scenario["acceptable"]) | set(scenario["unacceptable"]) <= set(FRAMEWORKS)
    assert all(load().fact(fact) for fact in scenario["sources"])


def test_there_are_enough_scenarios_and_no_id_twice() -> None:
    assert len(SCENARIOS) >= 60
    assert len({scenario["id"] for scenario in SCENARIOS}) == len(SCENARIOS)
