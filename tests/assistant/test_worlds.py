from __future__ import annotations

import numpy as np
import pytest

from assistant.advice.worlds import certain, sample
from assistant.project import FIELDS, parse_project
from knowledge.conditions import Condition
from knowledge.load import load

SOME = {"task": "image_classification", "goal": "product", "python": "3.12"}


@pytest.fixture(scope="module")
def worlds():
    return sample(SOME, load(), 400, seed=3)


def world(worlds, index):
    drawn = {name: column.values[column.codes[index]] for name, column in worlds.columns.items()}
    return {**worlds.known, **{name: value for name, value in drawn.items() if value is not None}}


def test_a_world_is_a_project_that_agrees_with_the_answers(worlds) -> None:
    for index in range(20):
        answers = world(worlds, index)
        parse_project(answers)
        assert {**answers, **SOME} == answers


def test_conditions_hold_in_the_same_worlds_as_one_by_one(worlds) -> None:
    rules = (*load().eligibility, *load().criteria, *load().weights)
    for rule in rules:
        holds = np.broadcast_to(worlds.matches(rule.when), worlds.size)
        for index in range(0, worlds.size, 37):
            assert holds[index] == rule.when.matches(world(worlds, index)), rule.id


def test_questions_that_do_not_matter_stay_without_an_answer() -> None:
    tables = sample({"task": "tabular_classification"}, load(), 50, seed=0)
    assert "pretrained" not in tables.columns
    open_task = sample({}, load(), 500, seed=0)
    for index in range(500):
        answers = world(open_task, index)
        assert "pretrained" not in answers or not answers["task"].startswith("tabular")


def test_answering_one_question_does_not_shake_the_others() -> None:
    before, after = sample({}, load(), 300, seed=1), sample({"goal": "research"}, load(), 300, seed=1)
    for field in set(FIELDS) - {"goal"}:
        assert (before.columns[field].codes == after.columns[field].codes).all(), field


def test_what_is_unknown_matches_nothing_in_the_certain_world() -> None:
    assert certain({}).matches(Condition({"goal": ("learning",)})) is False
    assert certain({"goal": "learning"}).matches(Condition({"goal": ("learning",)})) is True


def test_ordinary_answers_are_likelier_than_rare_ones() -> None:
    column = sample({}, load(), 4_000, seed=0).columns["deployment"]
    shares = dict(zip(column.values, np.bincount(column.codes, minlength=len(column.values)) / 4_000, strict=True))
    assert shares["server"] > 2 * shares["microcontroller"] > 0


@pytest.mark.parametrize(
    ("said", "field", "never"),
    [
        ({}, "operating_system", ()),
        ({"operating_system": "linux"}, "accelerator", ("apple",)),
        ({"accelerator": "nvidia"}, "operating_system", ("macos",)),
        ({"accelerator": "apple"}, "operating_system", ("linux", "windows")),
    ],
)
def test_no_world_has_a_machine_that_nobody_has(said, field, never) -> None:
    worlds = sample(said, load(), 3_000, seed=0)
    drawn = [world(worlds, index) for index in range(3_000)]
    assert not {answers[field] for answers in drawn} & set(never)
    pairs = {(answers["accelerator"], answers["operating_system"]) for answers in drawn}
    assert ("nvidia", "macos") not in pairs
    assert ("apple", "linux") not in pairs
