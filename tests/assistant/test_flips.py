from __future__ import annotations

from typing import Any

import pytest

from assistant.advice.criteria import Situation
from assistant.advice.flips import LAST, Changes, Search, flips, single_changes
from assistant.advice.ranking import rank
from assistant.project import parse_project
from knowledge.load import load
from probes.candidates import FRAMEWORKS
from tests.assistant.scenarios import SCENARIOS

UNMEASURED = Situation({}, steps_per_epoch=100)


def asked_for(answers: dict[str, Any]) -> list[Changes]:
    """The changes that would be told if the one before did not do: in the order in which they are confirmed."""
    asked: list[Changes] = []

    def after(changes: Changes) -> dict[str, Any]:
        return {**answers, **{change.field: change.after for change in changes}}

    outcome = rank(answers, UNMEASURED, load(), seed=0)
    rival = FRAMEWORKS[outcome.order[1]]
    search = Search(answers, UNMEASURED, load(), 0, outcome.frameworks, after, confirm=asked.append)
    assert flips(search, [rival]) == {rival: ()}
    return asked


def last(changes: Changes) -> int:
    return sum(change.field in LAST for change in changes)


@pytest.mark.parametrize("scenario", SCENARIOS[::6], ids=lambda scenario: scenario["id"])
def test_the_likeliest_change_is_told_and_another_project_only_last(scenario) -> None:
    asked = asked_for(parse_project(scenario["says"]).answers)
    for count in (1, 2):
        sizes = [(last(each), sum(change.bits for change in each)) for each in asked if len(each) == count]
        assert sizes == sorted(sizes)


def bits(answers: dict[str, Any]) -> dict[tuple[str, Any], float]:
    return {(change.field, change.after): change.bits for change in single_changes(answers, load())}


def test_what_most_projects_answer_is_a_smaller_change_than_what_few_do() -> None:
    changes = bits({"task": "image_classification", "accelerator": "none"})
    assert changes["accelerator", "nvidia"] < changes["accelerator", "tpu"]
    assert changes["deployment", "server"] < changes["deployment", "microcontroller"]


def test_to_take_an_answer_back_is_a_larger_change_than_to_give_an_open_one() -> None:
    changed, given = (bits(answers) for answers in ({"operating_system": "linux"}, {}))
    assert changed["operating_system", "windows"] > given["operating_system", "windows"]


def test_the_neighbour_on_a_line_is_a_smaller_change_than_its_end() -> None:
    changes = bits({"experience": "beginner"})
    assert changes["experience", "intermediate"] < changes["experience", "expert"]
