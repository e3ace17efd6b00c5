from __future__ import annotations

from assistant.conversation.questions import next_question, phrasing, questions_for
from assistant.project import FIELDS, Project
from assistant.target import detected_answers
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
