from __future__ import annotations

import pytest

from assistant.advice.forecast import Forecaster
from assistant.conversation.interview import Interview
from assistant.conversation.questions import outlook
from assistant.errors import InvalidInput
from assistant.project import Project
from assistant.target import target
from knowledge.load import load
from probes.workloads import REFERENCE
from tests.assistant.recorded import rungs


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


def test_a_network_waits_while_the_task_is_one_that_it_is_not_for(interview) -> None:
    photos = interview.answer("task", "image_classification").answer("model_scale", "resnet-18")
    assert target(photos.project).workload == REFERENCE["resnet-18"]
    table = photos.revisit("task").answer("task", "tabular_classification")
    assert table.project.model_scale is None
    assert "model_scale" not in {line.id for line in table.settled}
    assert table.revisit("model_scale").open_question.value is None
    back = table.revisit("task").answer("task", "object_detection")
    assert back.project.model_scale == "resnet-18"


def test_a_network_of_another_task_is_refused(interview) -> None:
    with pytest.raises(InvalidInput, match="BERT-base is not for this task"):
        interview.answer("task", "image_classification").answer("model_scale", "bert-base")


def test_the_input_of_a_network_with_a_name_need_not_be_asked(interview) -> None:
    photos = interview.answer("task", "image_classification").answer("model_scale", "resnet-18")
    assert "input_size" not in {line.id for line in passed_over(photos).settled}
    assert "input_size" in {line.id for line in passed_over(photos.answer("model_scale", "large")).settled}


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


def passed_over(interview: Interview) -> Interview:
    """The interview after being "not sure" of all that it asks."""
    while question := interview.open_question:
        interview = interview.answer(question.id, None)
    return interview


def test_the_interview_ends_by_itself_and_goes_on_when_wanted(interview) -> None:
    ended = passed_over(interview.answer("task", "image_classification"))
    assert ended.unasked > 0
    everything = passed_over(ended.go_through())
    assert everything.unasked == 0
    asked_for = [line.id for line in everything.settled if not line.detected]
    assert len(asked_for) == len(set(asked_for)) == len(ended.settled) + ended.unasked - 3


def test_what_was_answered_stands_in_the_order_of_asking(interview) -> None:
    fields = ("experience", "task", "goal")
    answered = interview.answer("experience", None).answer("task", "other").answer("goal", "learning")
    assert tuple(line.id for line in answered.settled if not line.detected) == fields
    changed = answered.revisit("task").answer("task", "image_classification")
    assert tuple(line.id for line in changed.settled if not line.detected) == fields


def test_figures_that_come_in_do_not_replace_the_question_being_read(interview, monkeypatch) -> None:
    answered = interview.answer("task", "image_classification")
    before = answered.open_question

    def refuse(*_arguments: object, **_options: object) -> None:
        raise AssertionError("the open question was chosen again")

    monkeypatch.setattr("assistant.conversation.interview.next_question", refuse)
    assert answered.open_question is before


def test_what_is_measured_decides_about_the_next_question(interview) -> None:
    report = rungs("cnn")
    photos = interview.answer("task", "image_classification").answer("performance", "fastest")
    sizes = {"dataset_rows": 50_000, "input_size": 64, "existing_code": "none"}
    for field, value in sizes.items():
        photos = photos.answer(field, value)
    measured = photos.measured(Forecaster(report))
    look = [outlook(each.project, load(), each.machine, each.forecaster) for each in (photos, measured)]
    assert look[0].expected_bits("model_scale") < 0.01 < look[1].expected_bits("model_scale")
