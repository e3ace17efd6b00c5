"""How many questions it takes: the order by information against the questionnaire's and a random one."""

from __future__ import annotations

import pytest

from assistant.conversation.length import Course, Lengths, completed, lengths
from assistant.project import parse_project
from knowledge.load import load
from tests.assistant.scenarios import SCENARIOS

# Every so many of the scenarios: the whole comparison takes minutes and belongs to `probewise evaluate`.
EVERY = 6


@pytest.fixture(scope="module")
def people():
    said = [parse_project(scenario["says"]) for scenario in SCENARIOS[::EVERY]]
    return [completed(person, load(), seed) for seed, person in enumerate(said)]


@pytest.fixture(scope="module")
def measured(people):
    return lengths(people, load(), draws=1_000)


def test_the_final_framework_leads_no_later_than_in_the_fixed_order(measured) -> None:
    ours, fixed = measured["most telling"], measured["in order"]
    assert ours.settled(50) <= fixed.settled(50)
    assert ours.asked(50) <= fixed.asked(50)


def test_stopping_early_seldom_misses_the_final_framework(measured) -> None:
    assert measured["most telling"].right >= 0.75


def test_a_completed_person_answers_everything_that_matters(people) -> None:
    for person in people:
        assert {question.id for question in load().questions_for(person.answers)} <= set(person.answers)


def test_the_percentiles_are_those_of_the_courses() -> None:
    counted = Lengths(tuple(Course(settled, settled + 1, right=settled < 3) for settled in range(1, 6)))
    assert (counted.settled(50), counted.settled(90)) == (3, 4.6)
    assert counted.asked(50) == 4
    assert counted.right == 0.4
