"""The interview: which questions matter for these answers, and which comes next.

The order is that of the questionnaire. Whatever chooses better later replaces `in_order`, nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from assistant.project import Project
from assistant.target import known_answers
from knowledge.collection import Knowledge
from knowledge.schema import NumberRange, Question
from probes.report import Machine

Chooser = Callable[[Sequence[Question], Project], Question]


def questions_for(project: Project, knowledge: Knowledge) -> tuple[Question, ...]:
    """The questions that matter for what is known so far, answered ones included, in the order of asking."""
    return knowledge.questions_for(project.answers)


def open_questions(
    project: Project, skipped: Collection[str], knowledge: Knowledge, machine: Machine | None = None
) -> tuple[Question, ...]:
    """Those neither answered, nor skipped ("not sure"), nor answered by this machine."""
    closed = {*known_answers(project, machine), *skipped}
    return tuple(question for question in questions_for(project, knowledge) if question.id not in closed)


def in_order(questions: Sequence[Question], _project: Project) -> Question:
    """The first in the questionnaire's order."""
    return questions[0]


def next_question(
    project: Project,
    skipped: Collection[str],
    knowledge: Knowledge,
    machine: Machine | None = None,
    choose: Chooser = in_order,
) -> Question | None:
    """The question to ask now; None when nothing is left to ask.

    `skipped` are the fields that the person was asked about and left open.
    """
    questions = open_questions(project, skipped, knowledge, machine)
    return choose(questions, project) if questions else None


def phrasing(question: Question, project: Project) -> tuple[str, NumberRange | None]:
    """The question's text (an English msgid) and range for these answers: those of the variant that fits, if any."""
    for variant in question.variant:
        if variant.when.matches(project.answers):
            return variant.text, variant.number
    return question.text, question.number
