from __future__ import annotations

from functools import partial

import numpy as np
import pytest

from assistant.advice.criteria import JOB_FIELDS
from assistant.advice.information import Draws
from assistant.advice.worlds import sample
from assistant.conversation.questions import (
    EFFORT,
    ENOUGH,
    MostTelling,
    next_question,
    open_questions,
    outlook,
    phrasing,
    questions_for,
)
from assistant.project import FIELDS, Project
from assistant.target import detected_answers
from knowledge.conditions import Condition
from knowledge.load import load


def test_every_field_can_be_asked_about_while_nothing_is_known() -> None:
    assert sorted(question.id for question in questions_for(Project(), load())) == sorted(FIELDS)


def test_questions_that_do_not_matter_for_the_task_are_left_out() -> None:
    asked = {question.id for question in questions_for(Project(task="tabular_classification"), load())}
    assert "pretrained" not in asked
    assert "dataset_rows" in asked


def test_the_first_question_is_what_to_build(laptop) -> None:
    question = next_question(Project(), (), load(), laptop)
    assert question is not None
    assert question.id == "task"


def test_answered_skipped_and_detected_questions_are_not_asked(laptop) -> None:
    project, skipped = Project(task="other", goal="learning"), {"experience"}
    seen = []
    while question := next_question(project, skipped | set(seen), load(), laptop):
        seen.append(question.id)
    assert not set(seen) & {"task", "goal", "experience", *detected_answers(Project(), laptop)}
    assert len(seen) == len(set(seen))


def test_the_wording_follows_the_task() -> None:
    rows = load().question("dataset_rows")
    general, _ = phrasing(rows, Project())
    photos, number = phrasing(rows, Project(task="image_classification"))
    assert photos != general
    assert number is not None
    assert number.unit == "photos"


def test_the_way_of_choosing_can_be_replaced() -> None:
    question = next_question(Project(), (), load(), None, choose=lambda questions, _project: questions[-1])
    assert question is not None
    assert question.id == list(load().questions)[-1]


LOOK = partial(outlook, knowledge=load())
PHOTOS = Project(task="image_classification")


def certain_outlook(share: float):
    """The plausible worlds of a project, of which one framework wins this share whatever the answers."""

    def look(project: Project) -> Draws:
        worlds = sample(project.answers, load(), 1_000, seed=0)
        return Draws(worlds, (np.arange(1_000) >= share * 1_000).astype(int))

    return look


def test_the_question_that_tells_most_for_its_effort_comes_next() -> None:
    question = next_question(PHOTOS, (), load(), choose=MostTelling(LOOK))
    assert question is not None
    draws = LOOK(PHOTOS)
    worth = {each.id: draws.expected_bits(each.id) / EFFORT[each.kind] for each in open_questions(PHOTOS, (), load())}
    assert question.id == max(worth, key=lambda field: worth[field])
    assert question.id == "existing_code"


def test_the_task_comes_first_whatever_tells_more() -> None:
    question = next_question(Project(), (), load(), choose=MostTelling(LOOK))
    assert question is not None
    assert question.id == "task"
    passed = next_question(Project(), ("task",), load(), choose=MostTelling(LOOK))
    assert passed is not None
    assert passed.id != "task"


def test_no_more_is_asked_once_one_framework_is_certain_enough() -> None:
    """One that wins nine worlds of ten, in each of which some rare answer could make another one win."""

    def look(project: Project) -> Draws:
        draws = LOOK(project)
        rare = draws.worlds.matches(Condition({"existing_code": ("jax",)}))
        return Draws(draws.worlds, np.where(rare, 3, 0))

    assert look(PHOTOS).confidence >= ENOUGH
    assert look(PHOTOS).could_change(["existing_code"])
    assert next_question(PHOTOS, (), load(), choose=MostTelling(look)) is None
    assert next_question(PHOTOS, (), load(), choose=MostTelling(look, thorough=True)) is not None


@pytest.mark.parametrize("share", [0.7, 0.95])
def test_what_no_answer_could_change_is_not_asked(share) -> None:
    choose = MostTelling(certain_outlook(share))
    assert next_question(PHOTOS, (), load(), choose=choose) is None


def test_the_size_of_the_job_is_asked_for_where_it_is_forecast(laptop) -> None:
    choose = MostTelling(certain_outlook(1.0), laptop)
    skipped: list[str] = []
    while question := next_question(PHOTOS, skipped, load(), laptop, choose):
        skipped.append(question.id)
    assert sorted(skipped) == sorted(JOB_FIELDS)
    elsewhere = PHOTOS.with_answer("accelerator", "tpu")
    assert next_question(elsewhere, (), load(), laptop, choose) is None, "nothing is forecast for another machine"


def test_the_rest_is_asked_by_who_wants_it() -> None:
    choose = MostTelling(certain_outlook(1.0), thorough=True)
    asked: list[str] = []
    while question := next_question(PHOTOS, asked, load(), choose=choose):
        asked.append(question.id)
    assert sorted([*asked, "task"]) == sorted(FIELDS)
