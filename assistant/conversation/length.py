"""How long the interview is: how many questions until the framework is the final one, in this order and others."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from assistant.advice.information import Draws
from assistant.advice.worlds import sample
from assistant.conversation.questions import (
    QUESTION_DRAWS,
    Chooser,
    MostTelling,
    in_order,
    next_question,
    open_questions,
    outlook,
    worthwhile,
)
from assistant.project import Project
from knowledge.collection import Knowledge
from knowledge.schema import Question


@dataclass(frozen=True)
class Course:
    """One interview. `settled`: after so many questions the leader is the final one, whatever comes later. `asked`:
    after so many the rule for stopping holds; `right` says whether the leader is the final one by then.
    """

    settled: int
    asked: int
    right: bool


@dataclass(frozen=True)
class Lengths:
    """The courses of many interviews in one order, one for each person."""

    courses: tuple[Course, ...]

    def settled(self, percentile: float) -> float:
        """Questions until the leader is the final one."""
        return float(np.percentile([course.settled for course in self.courses], percentile))

    def asked(self, percentile: float) -> float:
        """Questions until the interview stops."""
        return float(np.percentile([course.asked for course in self.courses], percentile))

    @property
    def right(self) -> float:
        """The share of interviews that stop with the final framework."""
        return float(np.mean([course.right for course in self.courses]))


def lengths(
    people: Sequence[Project], knowledge: Knowledge, *, seed: int = 0, draws: int = QUESTION_DRAWS
) -> dict[str, Lengths]:
    """What interviewing `people` takes in our order, in the questionnaire's and in a random one.

    A person answers what the project says and "not sure" to all else; nothing is measured and no machine is known.
    All three orders stop by the same rule.
    """
    look = cache(lambda project: outlook(project, knowledge, seed=seed, draws=draws))
    orders: Mapping[str, Chooser] = {
        "most telling": MostTelling(look, thorough=True),
        "in order": in_order,
        "at random": _at_random(seed),
    }
    return {
        name: Lengths(tuple(_course(person, knowledge, look, choose) for person in people))
        for name, choose in orders.items()
    }


def completed(person: Project, knowledge: Knowledge, seed: int) -> Project:
    """The person with an answer to everything: what was not said is drawn as the ranking draws it."""
    world = sample(person.answers, knowledge, 1, seed)
    drawn = {name: column.values[column.codes[0]] for name, column in world.columns.items()}
    return person.model_copy(update=drawn)


@dataclass(frozen=True)
class _Moment:
    """What is known at a moment of an interview, and what was passed over."""

    project: Project
    passed: tuple[str, ...] = ()

    def after(self, field: str, value: object) -> _Moment:
        if value is None:
            return _Moment(self.project, (*self.passed, field))
        return _Moment(self.project.with_answer(field, value), self.passed)


def _course(person: Project, knowledge: Knowledge, look: Callable[[Project], Draws], choose: Chooser) -> Course:
    moments = list(_interview(person, knowledge, choose))
    leaders = [look(moment.project).leader for moment in moments]
    final = look(person).leader
    wrong = [count for count, leader in enumerate(leaders) if leader != final]
    enough = (
        count
        for count, moment in enumerate(moments)
        if not worthwhile(open_questions(moment.project, moment.passed, knowledge), look(moment.project))
    )
    asked = next(enough)
    return Course(settled=wrong[-1] + 1 if wrong else 0, asked=asked, right=leaders[asked] == final)


def _interview(person: Project, knowledge: Knowledge, choose: Chooser) -> Iterator[_Moment]:
    """The moments of the whole interview: before it and after every question, until none is left."""
    moment = _Moment(Project())
    yield moment
    while question := next_question(moment.project, moment.passed, knowledge, choose=choose):
        moment = moment.after(question.id, getattr(person, question.id))
        yield moment


def _at_random(seed: int) -> Chooser:
    generator = np.random.default_rng(seed)

    def choose(questions: Sequence[Question], _project: Project) -> Question:
        return questions[int(generator.integers(len(questions)))]

    return choose
