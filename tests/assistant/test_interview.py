from __future__ import annotations

import pytest

from assistant.conversation.interview import Interview
from assistant.errors import InvalidInput
from assistant.project import Project
from knowledge.load import load


@pytest.fixture
def interview(laptop) -> Interview:
    return Interview(load(), laptop)


def asked(interview: Interview) -> str | None:
    return interview.open_question.id if interview.open_question else None


def test_answers_become_the_project(interview) -> None:
    answered = interview.answer("task", "image_classification").answer("dataset_rows", 50_000)
    assert answered.project == Project(task="image_classification", dataset_rows=50_000)


def test_an_answered_question_is_not_asked_again(interview) -> None:
    assert asked(interview) == "task"
    assert asked(interview.answer("task", "other")) != "task"


def test_a_question_passed_over_is_settled_but_unknown(interview) -> None:
    passed = interview.answer("task", None)
    assert asked(passed) != "task"
    assert passed.project.task is None
    assert passed.settled[0].id == "task"
    assert passed.settled[0].value is None


def test_a_reopened_question_shows_its_answer_and_returns_to_where_one_was(interview) -> None:
    answered = interview.answer("task", "other").answer("goal", "research")
    before = asked(answered)
    reopened = answered.revisit("task")
    assert reopened.open_question.value == "other"
    assert asked(reopened.keep()) == before
    assert reopened.keep().project == answered.project


def test_an_answer_counts_only_in_the_wording_it_was_given_to(interview) -> None:
    table = interview.answer("task", "tabular_classification").answer("input_size", 30)
    photos = table.revisit("task").answer("task", "image_classification")
    assert photos.project.input_size is None, "30 columns are not 30 pixels"
    back = photos.revisit("task").answer("task", "tabular_regression")
    assert back.project.input_size == 30, "what was given comes back with its wording"


def test_an_answer_waits_while_its_question_does_not_apply(interview) -> None:
    photos = interview.answer("task", "image_classification").answer("pretrained", "yes")
    table = photos.answer("task", "tabular_classification")
    assert table.project.pretrained is None
    assert "pretrained" not in {line.id for line in table.settled}
    assert table.answer("task", "image_classification").project.pretrained == "yes"


def test_what_the_machine_answers_is_shown_and_can_be_changed(interview) -> None:
    detected = {line.id: line.value for line in interview.settled if line.detected}
    assert detected == {"operating_system": "linux", "python": "3.12", "accelerator": "none"}
    elsewhere = interview.revisit("accelerator").answer("accelerator", "nvidia")
    assert elsewhere.project.accelerator == "nvidia"
    assert not [line for line in elsewhere.settled if line.detected], "another machine trains: nothing is known of it"


@pytest.mark.parametrize(("field", "value"), [("task", "poetry"), ("dataset_rows", -1), ("price", 1)])
def test_what_does_not_fit_is_refused(interview, field, value) -> None:
    with pytest.raises(InvalidInput):
        interview.answer(field, value)


def test_the_interview_ends(interview) -> None:
    seen = []
    while question := interview.open_question:
        seen.append(question.id)
        interview = interview.answer(question.id, None)
    assert len(seen) == len(set(seen))
    assert {line.id for line in interview.settled} >= set(seen)
